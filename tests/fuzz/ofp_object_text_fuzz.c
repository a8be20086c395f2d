/* SPDX-License-Identifier: Apache-2.0 */
/* Groups, meters, monitors, options and tuples as text: what can be read is printed and read again, and what is sent of it can be
 * decoded. The first byte says as what the rest is read. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/message.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Can what was encoded be decoded, and printed? */
static void check_wire(struct ofpbuf *wire)
{
    struct ofp_message msg;
    struct strbuf s = STRBUF_INIT;

    enum ofp_error error = ofp_decode(wire->data, wire->size, false, &msg);
    require(!error || error == OFPGMFC_INVALID_GROUP || error == OFPGMFC_WATCH_UNSUPPORTED ||
            error == OFPGMFC_BAD_BUCKET || error == OFPBPC_BAD_VALUE || error == OFPMMFC_BAD_FLAGS ||
            error == NXTTMFC_BAD_OPT_LEN || error == NXTTMFC_BAD_FIELD_IDX ||
            error == OFPMOFC_BAD_FLAGS);
    ofp_format(&s, wire->data, wire->size, NULL, 1);
    strbuf_destroy(&s);
    ofp_message_destroy(&msg);
    wire->size = 0;
}

static void check_group(const char *text, enum ofp_group_command command)
{
    struct ofpbuf wire = { 0 };
    struct ofp_group_mod gm, again;
    struct strbuf s = STRBUF_INIT;
    char *error = ofp_group_mod_parse(&gm, text, command, NULL);

    if (error) {
        free(error);
        return;
    }
    for (int version = OFP10; version <= OFP15; version++) {
        if (ofp_encode_group_mod(&wire, (enum ofp_version) version, &gm, 0)) {
            struct ofp_message msg;
            require(ofp_message_len(wire.data, wire.size) == (int) wire.size);
            (void) !ofp_decode(wire.data, wire.size, false, &msg);
            ofp_message_destroy(&msg);
        }
        wire.size = 0;
    }
    if (command == OFPGC_ADD && gm.id <= OFPG_MAX) {
        struct ofp_group_desc gd = { gm.id, gm.type, gm.buckets, gm.n_buckets, gm.props };
        ofp_group_desc_format(&s, &gd, OFP15, NULL);
        error = ofp_group_mod_parse(&again, strbuf_str(&s), OFPGC_ADD, NULL);
        if (error) {
            fprintf(stderr, "%s: %s\n", strbuf_str(&s), error);
        }
        require(!error && again.n_buckets == gm.n_buckets && again.id == gm.id);
        ofp_group_mod_destroy(&again);
    }
    strbuf_destroy(&s);
    ofp_group_mod_destroy(&gm);
    ofpbuf_destroy(&wire);
}

static void check_meter(const char *text)
{
    struct ofpbuf wire = { 0 };
    struct ofp_meter_mod mm, again;
    struct strbuf s = STRBUF_INIT;
    char *error = ofp_meter_mod_parse(&mm, text, OFPMC_ADD);

    if (!error) {
        ofp_encode_meter_mod(&wire, OFP13, &mm, 0);
        check_wire(&wire);
        ofp_meter_config_format(&s, &mm.config);
        error = ofp_meter_mod_parse(&again, strbuf_str(&s), OFPMC_ADD);
        require(!error && !memcmp(&mm, &again, sizeof mm));
    }
    free(error);
    strbuf_destroy(&s);
    ofpbuf_destroy(&wire);
}

static void check_others(const char *text)
{
    struct ofp_flow_monitor_request r;
    struct ofp_ct_flush cf = { 0 };
    struct ofp_tlv_mod tm;
    struct ofpbuf wire = { 0 };
    char *error = ofp_flow_monitor_request_parse(&r, text, NULL);

    for (int version = OFP10; !error && version <= OFP15; version++) {
        ofp_encode_flow_monitor_request(&wire, (enum ofp_version) version, &r, 0);
        check_wire(&wire);
    }
    free(error);
    error = ofp_tlv_mod_parse(&tm, text, OFPTLV_ADD);
    if (!error) {
        ofp_encode_tlv_mod(&wire, OFP13, &tm, 0);
        check_wire(&wire);
    }
    free(error);
    error = ofp_ct_tuple_parse(&cf, &cf.orig, text);
    if (!error) {
        ofp_encode_ct_flush(&wire, OFP13, &cf, 0);
        check_wire(&wire);
    }
    free(error);
    ofpbuf_destroy(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) {
        return 0;
    }
    char *text = xstrndup((const char *) data + 1, size - 1);

    switch (data[0]) {
    case 'g':
        check_group(text, OFPGC_ADD);
        break;
    case 'i':
        check_group(text, OFPGC_INSERT_BUCKET);
        check_group(text, OFPGC_REMOVE_BUCKET);
        check_group(text, OFPGC_DELETE);
        break;
    case 'm':
        check_meter(text);
        break;
    default:
        check_others(text);
        break;
    }
    free(text);
    return 0;
}
