/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as text: what can be read is printed and read again, and what is sent of it can be decoded. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/message.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct ofp_flow_mod *fm)
{
    struct strbuf s = STRBUF_INIT;

    match_format(&s, &fm->match, NULL);
    strbuf_puts(&s, " actions=");
    ofp_actions_format(&s, fm->actions.data, fm->actions.size, NULL);
    return strbuf_steal(&s);
}

static void check_text(const struct ofp_flow_mod *fm)
{
    struct ofp_flow_mod again = { 0 };
    char *text = print(fm);
    struct ofp_flow_mod with_table = *fm;
    char *whole = xasprintf("table=%u,%s", with_table.table, text);
    char *error = ofp_flow_mod_parse(&again, whole, OFPFC_ADD, NULL);

    if (error) {
        fprintf(stderr, "%s: %s\n", whole, error);
    }
    require(!error);
    require(match_equal(&fm->match, &again.match));
    /* Not the same list: a load of more than 64 bits prints as several. */
    char *text2 = print(&again);
    if (strcmp(text, text2)) {
        fprintf(stderr, "%s\n%s\n", text, text2);
    }
    require(!strcmp(text, text2));
    free(text2);
    ofp_flow_mod_destroy(&again);
    free(text);
    free(whole);
}

static void check_wire(const struct ofp_flow_mod *fm, enum ofp_version version, bool nxm)
{
    struct ofpbuf wire = { 0 };
    struct ofp_message back;

    if (ofp_encode_flow_mod(&wire, version, fm, nxm, true, 0)) {
        enum ofp_error error = ofp_decode(wire.data, wire.size, true, &back);
        struct strbuf s = STRBUF_INIT;

        ofp_format(&s, wire.data, wire.size, NULL, 1);
        if (error) {
            fprintf(stderr, "%s\n", strbuf_str(&s));
        }
        require(!error);
        strbuf_destroy(&s);
        ofp_message_destroy(&back);
    }
    ofpbuf_destroy(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *) data, size);
    struct ofp_flow_stats_request request;

    for (int command = OFPFC_ADD; command <= OFPFC_DELETE_STRICT; command++) {
        struct ofp_flow_mod fm;
        char *error = ofp_flow_mod_parse(&fm, text, (enum ofp_flow_command) command, NULL);

        if (!error) {
            if (command == OFPFC_ADD) {
                check_text(&fm);
            }
            check_wire(&fm, OFP10, true);
            for (int version = OFP11; version <= OFP15; version++) {
                check_wire(&fm, (enum ofp_version) version, false);
            }
            ofp_flow_mod_destroy(&fm);
        }
        free(error);
    }
    free(ofp_flow_stats_request_parse(&request, text, NULL));
    free(text);
    return 0;
}
