/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the instructions of a flow (actions in 1.0): the first byte tells the version of OpenFlow, and whether the thread
 * uses a table of tunnel options. What is decoded comes back from the wire, prints, and what can be read of that
 * prints the same again; it is checked, bound and sent in every other version. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/message.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field_map *options(void)
{
    static struct field_map map;
    const struct ofp_tlv_mod tm = {
        .command = OFPTLV_ADD,
        .maps = { { 1, 1, 4, 0 }, { 1, 2, 124, 1 }, { 1, 3, 64, 2 } },
        .n = 3,
    };

    if (!map.space) {
        require(field_map_modify(&map, &tm, 0) == OFPERR_OK);
    }
    return &map;
}

static char *print(const struct ofpbuf *list)
{
    struct strbuf s = STRBUF_INIT;

    ofp_actions_format(&s, list->data, list->size, NULL);
    return strbuf_steal(&s);
}

static void check_text(const struct ofpbuf *list)
{
    struct ofpbuf again = { 0 };
    char *text = print(list);
    char *error = ofp_actions_parse(text, NULL, &again);

    if (!error) {
        char *text2 = print(&again);
        if (strcmp(text, text2)) {
            fprintf(stderr, "%s\n%s\n", text, text2);
        }
        require(!strcmp(text, text2));
        free(text2);
    }
    free(error);
    free(text);
    ofpbuf_destroy(&again);
}

/* What a version has two forms for may come back in the other, which then stands by itself. */
static void check_wire(const struct ofpbuf *list, enum ofp_version version)
{
    struct ofpbuf wire = { 0 }, wire2 = { 0 }, back = { 0 };

    instructions_encode(list->data, list->size, version, &wire);
    if (wire.size <= UINT16_MAX) {
        enum ofp_error error = instructions_decode(wire.data, wire.size, version, &back);
        if (error) {
            char *text = print(list);
            fprintf(stderr, "%s\n%s\n", ofp_error_name(error), text);
            free(text);
        }
        require(!error);
        instructions_encode(back.data, back.size, version, &wire2);
        require(wire.size == wire2.size);
        require(!wire.size || !memcmp(wire.data, wire2.data, wire.size));
    }
    ofpbuf_destroy(&wire);
    ofpbuf_destroy(&wire2);
    ofpbuf_destroy(&back);
}

static void check_others(struct ofpbuf *list, enum ofp_version version)
{
    const struct ofp_actions_limits limits = {
        .n_tables = OFP_N_TABLES, .max_ports = OFPP_MAX, .version = (uint8_t) version,
    };
    struct match match;

    match_init(&match);
    enum ofp_error error = ofp_actions_check(list->data, list->size, &match, &limits);
    require(error < OFPERR_N);
    ofp_actions_outputs_to(list->data, list->size, 1);
    ofp_actions_outputs_to_group(list->data, list->size, 1);
    ofp_actions_tun_metadata(list->data, list->size);
    for (int other = OFP10; other <= OFP15; other++) {
        struct ofpbuf wire = { 0 };
        instructions_encode(list->data, list->size, (enum ofp_version) other, &wire);
        ofpbuf_destroy(&wire);
    }
    ofp_actions_bind(list->data, list->size, &match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size || size > OFP_MAX_MESSAGE) {
        return 0;
    }
    enum ofp_version version = (enum ofp_version) (OFP10 + (data[0] & 0x7f) % 6);
    const struct field_map *before = field_map_use(data[0] & 0x80 ? options() : NULL);
    struct ofpbuf list = { 0 };
    uint8_t *exact = size > 1 ? xmemdup(data + 1, size - 1) : NULL; /* an end to run over */

    if (!instructions_decode(exact, size - 1, version, &list)) {
        check_wire(&list, version);
        check_text(&list);
        check_others(&list, version);
    }
    ofpbuf_destroy(&list);
    free(exact);
    field_map_use(before);
    return 0;
}
