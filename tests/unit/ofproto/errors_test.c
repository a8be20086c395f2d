/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are wrong, each answered with the error that says what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/group.h"
#include "lib/ofp/meter.h"
#include "lib/ofp/msg_header.h"
#include "lib/ofp/table_features.h"
#include "tests/unit/ofproto/bridge.h"
#include "tests/unit/ofproto/peer.h"

enum { XID = 0x77 };

static struct ofproto *br;

/* A connection of its own for each request. */
static void refused(enum ofp_version version, struct ofpbuf *message, enum ofp_error error)
{
    struct peer peer;
    peer_open(&peer, br, true, 1u << version);
    peer_send_buf(&peer, message);
    peer_run();
    peer_expect_error(&peer, error);
    peer_check_alive(&peer, (uint8_t) version);
    peer_close(&peer);
}

static void accepted(enum ofp_version version, struct ofpbuf *message)
{
    struct peer peer;
    peer_open(&peer, br, true, 1u << version);
    peer_send_buf(&peer, message);
    peer_run();
    peer_expect_nothing(&peer);
    peer_close(&peer);
}

/* A message as hexadecimal digits, with blanks wherever they help. */
static void hex(struct ofpbuf *to, const char *digits)
{
    for (unsigned int byte; sscanf(digits, " %2x", &byte) == 1;) {
        uint8_t b = (uint8_t) byte;
        ofpbuf_put(to, &b, 1);
        digits += strspn(digits, " ") + 2;
    }
}

/* The body of a message of the type. */
static void raw(enum ofp_version version, uint8_t type, const char *body, enum ofp_error error)
{
    struct ofpbuf m = { NULL, 0, 0 };
    uint8_t head[8] = { (uint8_t) version, type, 0, 0, 0, 0, 0, XID };
    ofpbuf_put(&m, head, sizeof head);
    hex(&m, body);
    put_be16(m.data + 2, htons((uint16_t) m.size));
    refused(version, &m, error);
}

static void encode_flow(struct ofpbuf *m, enum ofp_version version, const char *match, const char *actions)
{
    struct ofp_flow_stats_request parsed;
    struct ofp_flow_mod fm = { .command = OFPFC_ADD, .priority = 5, .buffer_id = UINT32_MAX, .out_port = OFPP_NONE,
                               .out_group = OFPG_ANY };
    char *error = ofp_flow_stats_request_parse(&parsed, match, NULL);
    assert_null(error);
    fm.match = parsed.match;
    error = ofp_actions_parse(actions, NULL, &fm.actions);
    assert_null(error);
    assert_true(ofp_encode_flow_mod(m, version, &fm, false, true, htonl(XID)));
    ofp_flow_mod_destroy(&fm);
}

static void flow(enum ofp_version version, const char *match, const char *actions, enum ofp_error error)
{
    struct ofpbuf m = { NULL, 0, 0 };
    encode_flow(&m, version, match, actions);
    refused(version, &m, error);
}

static void encode_group(struct ofpbuf *m, enum ofp_version version, enum ofp_group_command command, const char *text)
{
    struct ofp_group_mod gm;
    char *error = ofp_group_mod_parse(&gm, text, command, NULL);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    assert_true(ofp_encode_group_mod(m, version, &gm, htonl(XID)));
    ofp_group_mod_destroy(&gm);
}

static void group(enum ofp_version version, enum ofp_group_command command, const char *text, enum ofp_error error)
{
    struct ofpbuf m = { NULL, 0, 0 };
    encode_group(&m, version, command, text);
    refused(version, &m, error);
}

static void flows(void **state)
{
    flow(OFP13, "", "set_field:80->tcp_dst", OFPBAC_MATCH_INCONSISTENT);
    flow(OFP13, "", "group:77", OFPBAC_BAD_OUT_GROUP);
    flow(OFP13, "", "goto_table:0", OFPBIC_BAD_TABLE_ID);
    flow(OFP13, "", "meter:99,output:1", OFPMMFC_INVALID_METER);

    struct ofpbuf m = { NULL, 0, 0 };
    enum { FLAGS_AT = 44 };
    encode_flow(&m, OFP13, "", "output:1");
    put_be16(m.data + FLAGS_AT, htons(0x8000));
    refused(OFP13, &m, OFPFMFC_BAD_FLAGS);
}

static void actions(void **state)
{
    /* In packet-outs: set-field of ip_ecn with a mask; NXAST_CONTROLLER2 with two lots of userdata, and with a reason of no length. */
    raw(OFP15, 13, "ffffffff 0010 0000 0001000c 80000004 00000001 00000000 0019 0010 80001302 0101 000000000000", OFPBAC_BAD_SET_MASK);
    raw(OFP13, 13, "ffffffff 00000001 0020 000000000000 ffff0020 00002320 0025 000000000000 0003 0005 0100 0000 0003 0005 0100 0000",
        OFPBPC_DUP_TYPE);
    raw(OFP13, 13, "ffffffff 00000001 0018 000000000000 ffff0018 00002320 0025 000000000000 0002 0004 00000000", OFPBPC_BAD_LEN);
}

static void packet_outs(void **state)
{
    raw(OFP13, 13, "ffffffff ffffff05 0000 000000000000 020000000001 020000000002 1234", OFPBRC_BAD_PORT);
    raw(OFP13, 13, "ffffffff 00000001 0000 000000000000 0102030405", OFPBRC_BAD_PACKET);
    raw(OFP15, 13, "ffffffff 0000 0000 0001 0016 80000004 00000001 80000606 020000000001 0000", OFPBRC_PIPELINE_FIELDS_ONLY);
}

static void groups(void **state)
{
    raw(OFP13, 15, "0009 00 00 00000001", OFPGMFC_BAD_COMMAND);
    raw(OFP13, 15, "0000 03 00 00000001 0010 0000 00010000 ffffffff 00000000", OFPGMFC_BAD_WATCH);
    group(OFP13, OFPGC_ADD, "group_id=1,type=all,bucket=watch_port:1,output:1", OFPGMFC_WATCH_UNSUPPORTED);
    group(OFP13, OFPGC_MODIFY, "group_id=99,type=all,bucket=output:1", OFPGMFC_UNKNOWN_GROUP);
    raw(OFP13, 15, "0000 02 00 00000001", OFPGMFC_INVALID_GROUP);

    struct ofpbuf m = { NULL, 0, 0 };
    encode_group(&m, OFP15, OFPGC_ADD, "group_id=1,type=all,bucket=bucket_id:4,output:1");
    accepted(OFP15, &m);
    group(OFP15, OFPGC_INSERT_BUCKET, "group_id=1,command_bucket_id=last,bucket=bucket_id:4,output:2", OFPGMFC_BUCKET_EXISTS);
    group(OFP15, OFPGC_INSERT_BUCKET, "group_id=1,command_bucket_id=99,bucket=bucket_id:5,output:2", OFPGMFC_UNKNOWN_BUCKET);
    /* Two of one number. */
    raw(OFP15, 15, "0000 00 00 00000002 0010 0000 ffffffff 0008 0000 00000005 0008 0000 00000005", OFPGMFC_BAD_BUCKET);
    m.size = 0;
    hex(&m, "04 0f 0000 00000077 0000 00 00 00000003");
    for (int i = 0; i <= OFP_MAX_BUCKETS; i++) {
        hex(&m, "0010 0000 ffffffff ffffffff 00000000");
    }
    put_be16(m.data + 2, htons((uint16_t) m.size));
    refused(OFP13, &m, OFPGMFC_OUT_OF_BUCKETS);
}

static void meters(void **state)
{
    static const char band[] = "0001 0010 00000064 00000000 00000000";
    char text[512];
    raw(OFP13, 29, "0007 0001 00000001", OFPMMFC_BAD_COMMAND);
    snprintf(text, sizeof text, "0000 0010 00000001 %s", band);
    raw(OFP13, 29, text, OFPMMFC_BAD_FLAGS);
    raw(OFP13, 29, "0000 0001 00000001 0007 0010 00000064 00000000 00000000", OFPMMFC_BAD_BAND);
    raw(OFP13, 29, "0000 0001 00000001 0001 0010 00000000 00000000 00000000", OFPMMFC_BAD_RATE);
    snprintf(text, sizeof text, "0001 0001 00000009 %s", band);
    raw(OFP13, 29, text, OFPMMFC_UNKNOWN_METER);
    snprintf(text, sizeof text, "0000 0001 00000001 %s%s%s%s%s%s%s%s%s", band, band, band, band, band, band, band, band, band);
    raw(OFP13, 29, text, OFPMMFC_OUT_OF_BANDS);

    struct ofpbuf m = { NULL, 0, 0 };
    hex(&m, "04 1d 0020 00000077 0000 0001 00000005 0001 0010 00000064 00000000 00000000");
    accepted(OFP13, &m);
    snprintf(text, sizeof text, "0000 0001 00000005 %s", band);
    raw(OFP13, 29, text, OFPMMFC_METER_EXISTS);
}

static void ports(void **state)
{
    /* Port-mods, two of them with properties of an experimenter. */
    raw(OFP13, 16, "00000001 00000000 020000000001 0000 00000000 80000000 00000000 00000000", OFPPMFC_BAD_CONFIG);
    raw(OFP14, 16, "00000001 00000000 020000000001 0000 00000000 00000000 ffff 0010 00000000 00000001 00000000", OFPBPC_BAD_EXPERIMENTER);
    raw(OFP14, 16, "00000001 00000000 020000000001 0000 00000000 00000000 ffff 0010 00002320 00000001 00000000", OFPBPC_BAD_EXP_TYPE);
}

/* What the switch says of one table, asked for again, with some bytes of it changed. */
static void features(enum ofp_version version, size_t at, uint16_t change, size_t width, enum ofp_error error)
{
    struct ofp_message request = { .version = version, .type = OFPMSG_TABLE_FEATURES_REQUEST, .xid = htonl(XID) };
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    enum { TYPE_AT = 1, MULTIPART_REQUEST = 18 };
    ofp_reply_begin(&msgs, &request);
    ofp_reply_table_features(&msgs, 0, "table0");
    msgs.buf.data[TYPE_AT] = MULTIPART_REQUEST;
    if (width == 1) {
        msgs.buf.data[at] = (uint8_t) change;
    } else if (width) {
        put_be16(msgs.buf.data + at, htons(change));
    }
    refused(version, &msgs.buf, error);
}

static void table_features(void **state)
{
    enum { ENTRY = 16, ID_AT = ENTRY + 2, COMMAND_AT = ENTRY + 3, PROP_LEN_AT = ENTRY + 64 + 2 };
    features(OFP13, 0, 0, 0, OFPTFFC_EPERM); /* the others left out */
    features(OFP13, ID_AT, OFP_TABLE_ALL, 1, OFPTFFC_BAD_TABLE);
    features(OFP15, COMMAND_AT, 9, 1, OFPTFFC_BAD_COMMAND);
    features(OFP13, PROP_LEN_AT, 1, 2, OFPBPC_BAD_LEN);
    features(OFP15, PROP_LEN_AT, 1, 2, OFPBPC_BAD_LEN);
}

/* The same table twice. */
static void duplicate_table(void **state)
{
    struct ofp_message request = { .version = OFP15, .type = OFPMSG_TABLE_FEATURES_REQUEST, .xid = htonl(XID) };
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, &request);
    ofp_reply_table_features(&msgs, 0, "table0");
    ofp_reply_table_features(&msgs, 0, "table0");
    msgs.buf.data[1] = 18;
    refused(OFP15, &msgs.buf, NXTFFC_DUP_TABLE);
}

static void nicira(void **state)
{
    raw(OFP13, 4, "00002320 00000018 0009 000000000000", NXTTMFC_BAD_COMMAND);
}

static void bundles(void **state)
{
    /* An echo request of 1.3 in a bundle of 1.4. */
    raw(OFP14, 34, "00000001 0000 0001 04 02 0008 00000077", OFPBFC_BAD_VERSION);
}

static int make_bridge(void **state)
{
    br = bridge_create("br-test", false, true);
    return 0;
}

static int drop_bridge(void **state)
{
    bridge_destroy(br);
    return 0;
}

static int setup(void **state)
{
    bridge_tests_begin();
    return 0;
}

static int teardown(void **state)
{
    bridge_tests_end();
    return 0;
}

#define WITH_BRIDGE(TEST) cmocka_unit_test_setup_teardown(TEST, make_bridge, drop_bridge)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BRIDGE(flows),  WITH_BRIDGE(actions),          WITH_BRIDGE(packet_outs),    WITH_BRIDGE(groups),
        WITH_BRIDGE(meters), WITH_BRIDGE(ports), WITH_BRIDGE(table_features), WITH_BRIDGE(bundles),
        WITH_BRIDGE(duplicate_table), WITH_BRIDGE(nicira),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
