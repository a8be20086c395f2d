/* SPDX-License-Identifier: Apache-2.0 */
/* Each message that is encoded decodes to what it was, in each version; those that are cut off or
 * wrong are refused with the right error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "tests/unit/ofp/generate.h"

static const enum ofp_version versions[] = { OFP10, OFP11, OFP12, OFP13, OFP14, OFP15 };

/* Decodes the only message in 'buf', and empties it. The bytes must outlive 'msg'. */
static struct ofp_message decode(const struct ofpbuf *buf, enum ofp_msg_type type)
{
    struct ofp_message msg;

    assert_int_equal(ofp_message_len(buf->data, buf->size), buf->size);
    assert_int_equal(ofp_decode(buf->data, buf->size, true, &msg), OFPERR_OK);
    assert_int_equal(msg.type, type);
    return msg;
}

static void test_hello(void **state)
{
    static const uint32_t bitmaps[] = {1 << OFP10, 1 << OFP10 | 1 << OFP13, 0x1e, 0x7e, 1 << OFP15};

    for (size_t i = 0; i < ARRAY_SIZE(bitmaps); i++) {
        struct ofpbuf buf = { 0 };

        ofp_encode_hello(&buf, bitmaps[i], htonl(7));
        struct ofp_message msg = decode(&buf, OFPMSG_HELLO);
        assert_int_equal(msg.u.hello.versions, bitmaps[i]);
        assert_int_equal(ntohl(msg.xid), 7);
        ofpbuf_destroy(&buf);
    }
}

static void test_error(void **state)
{
    uint8_t request[100] = { OFP13, 14, 0, 100, 0, 0, 0, 9 };

    for (int e = OFPERR_OK + 1; e < OFPERR_N; e++) {
        for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
            struct ofpbuf buf = { 0 };

            ofp_encode_error(&buf, versions[v], (enum ofp_error) e, request, sizeof request);
            struct ofp_message msg = decode(&buf, OFPMSG_ERROR);
            assert_int_equal(ntohl(msg.xid), 9);
            assert_int_equal(msg.u.error.data_len, sizeof request);
            assert_memory_equal(msg.u.error.data, request, sizeof request);
            /* What a version cannot say becomes an error that says so; some share a number. */
            assert_int_not_equal(msg.u.error.error, OFPERR_OK);
            ofpbuf_destroy(&buf);
        }
        assert_int_equal(ofp_error_from_name(ofp_error_name((enum ofp_error) e)), e);
    }
}

static void test_switch(void **state)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        enum ofp_version version = versions[v];
        struct ofpbuf buf = { 0 };
        struct ofp_phy_port port = { .no = 3, .name = "p3", .config = OFPPC_PORT_DOWN };
        struct ofp_features f = {
            .datapath_id = be64_from_host(0x123456789abc),
            .n_tables = 254,
            .capabilities = OFPC_FLOW_STATS | OFPC_QUEUE_STATS,
            .actions = version == OFP10 ? 0xfff : 0,
        };

        ofp_encode_features_reply(&buf, version, &f, &port, 1, 0);
        struct ofp_message msg = decode(&buf, OFPMSG_FEATURES_REPLY);
        assert_memory_equal(&msg.u.features, &f, sizeof f);
        struct ofp_stats_iter iter;
        assert_int_equal(ofp_features_ports(&iter, buf.data, buf.size), version <= OFP12);

        struct ofp_switch_config c = { 2, 128, version <= OFP12 ? 0 : -1 };
        buf.size = 0;
        ofp_encode_config(&buf, version, true, &c, 0);
        msg = decode(&buf, OFPMSG_SET_CONFIG);
        assert_memory_equal(&msg.u.config, &c, sizeof c);

        buf.size = 0;
        ofp_encode_role(&buf, version, false, OFPCR_ROLE_PRIMARY, 5, 0);
        msg = decode(&buf, OFPMSG_ROLE_REQUEST);
        assert_int_equal(msg.u.role.role, OFPCR_ROLE_PRIMARY);
        assert_true(msg.u.role.generation_id == (version <= OFP11 ? UINT64_MAX : 5));

        const uint32_t masks[2][OFP_N_ASYNC] = { { 1, 2, 4 }, { 7, 0, 15 } };
        buf.size = 0;
        ofp_encode_set_async(&buf, version, masks, 0);
        msg = decode(&buf, OFPMSG_SET_ASYNC);
        assert_memory_equal(msg.u.async.masks, masks, sizeof masks);

        struct ofp_desc d = { .mfr = "m", .hw = "h", .sw = "s", .serial = "None", .dp = "d" };
        buf.size = 0;
        ofp_encode_desc_reply(&buf, version, &d, 0);
        msg = decode(&buf, OFPMSG_DESC_REPLY);
        assert_memory_equal(&msg.u.desc, &d, sizeof d);
        ofpbuf_destroy(&buf);
    }
}

static void test_packet_in(void **state)
{
    struct generator g = { 11 };
    uint8_t packet[60] = { 1, 2, 3 };

    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (int format = OFP_PACKET_IN_STANDARD; format <= OFP_PACKET_IN_NXT2; format++) {
            struct ofpbuf buf = { 0 };
            struct ofp_packet_in pin = {
                .packet = packet, .packet_len = sizeof packet, .total_len = 1500,
                .reason = OFPR_INVALID_TTL, .table = 9, .cookie = be64_from_host(77),
                .userdata = packet, .userdata_len = 3,
            };
            bool standard = format == OFP_PACKET_IN_STANDARD;
            bool plain = standard && versions[v] <= OFP11;
            union field_value port = { .be32 = htonl(OFPP_LOCAL) };

            match_init(&pin.metadata);
            field_set_match(field_get(FIELD_IN_PORT_OXM), &pin.metadata, &port, NULL);
            if (!plain) {
                union field_value reg = { .be32 = generate_u32(&g) };
                field_set_match(field_get(FIELD_REG0), &pin.metadata, &reg, NULL);
            }
            ofp_encode_packet_in(&buf, versions[v], (enum ofp_packet_in_format) format, &pin);
            struct ofp_message msg = decode(&buf, OFPMSG_PACKET_IN);
            assert_int_equal(msg.u.packet_in.total_len, 1500);
            assert_int_equal(msg.u.packet_in.packet_len, sizeof packet);
            assert_memory_equal(msg.u.packet_in.packet, packet, sizeof packet);
            assert_int_equal(msg.u.packet_in.reason, OFPR_INVALID_TTL);
            assert_true(match_equal(&msg.u.packet_in.metadata, &pin.metadata));
            assert_int_equal(msg.u.packet_in.buffer_id, UINT32_MAX);
            if (!standard || versions[v] >= OFP11) {
                assert_int_equal(msg.u.packet_in.table, 9);
            }
            if (!standard || versions[v] >= OFP13) {
                assert_true(msg.u.packet_in.cookie == pin.cookie);
            }
            if (format == OFP_PACKET_IN_NXT2) {
                assert_int_equal(msg.u.packet_in.userdata_len, 3);
            }
            ofpbuf_destroy(&buf);
        }
    }
}

static void test_packet_out(void **state)
{
    uint8_t packet[60] = { 1, 2, 3 };

    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct ofpbuf buf = { 0 };
        struct ofp_packet_out po = {
            .packet = packet, .packet_len = sizeof packet, .buffer_id = UINT32_MAX,
            .in_port = OFPP_LOCAL,
        };

        assert_null(ofp_actions_parse("1,dec_ttl,2", NULL, &po.actions));
        assert_true(ofp_encode_packet_out(&buf, versions[v], &po, 0));
        struct ofp_message msg = decode(&buf, OFPMSG_PACKET_OUT);
        assert_int_equal(msg.u.packet_out.in_port, OFPP_LOCAL);
        assert_int_equal(msg.u.packet_out.packet_len, sizeof packet);
        assert_true(ofp_actions_equal(po.actions.data, po.actions.size,
                                      msg.u.packet_out.actions.data,
                                      msg.u.packet_out.actions.size));
        ofp_message_destroy(&msg);
        ofpbuf_destroy(&po.actions);
        ofpbuf_destroy(&buf);
    }
}

static void test_flow_removed(void **state)
{
    for (int form = OFP10; form <= OFP15 + 1; form++) {
        bool nxm = form > OFP15;
        enum ofp_version version = nxm ? OFP10 : (enum ofp_version) form;
        struct ofpbuf buf = { 0 };
        struct ofp_flow_removed fr = {
            .cookie = 9, .priority = 5, .reason = OFPRR_HARD_TIMEOUT, .table = 3,
            .duration_sec = 6, .duration_nsec = 7, .idle_timeout = 8, .hard_timeout = 10,
            .packets = 11, .bytes = 12,
        };
        union field_value port = { .be32 = htonl(4) };

        match_init(&fr.match);
        field_set_match(field_get(FIELD_IN_PORT_OXM), &fr.match, &port, NULL);
        ofp_encode_flow_removed(&buf, version, &fr, nxm);
        struct ofp_message msg = decode(&buf, OFPMSG_FLOW_REMOVED);
        const struct ofp_flow_removed *back = &msg.u.flow_removed;
        assert_true(match_equal(&fr.match, &back->match));
        assert_true(back->cookie == fr.cookie && back->packets == 11 && back->bytes == 12);
        assert_int_equal(back->priority, 5);
        assert_int_equal(back->reason, OFPRR_HARD_TIMEOUT);
        assert_int_equal(back->table, form == OFP10 ? OFP_TABLE_ALL : 3);
        assert_int_equal(back->duration_nsec, 7);
        assert_int_equal(back->hard_timeout, version >= OFP12 ? 10 : 0);
        ofpbuf_destroy(&buf);
    }
}

static void test_port(void **state)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct ofpbuf buf = { 0 };
        struct ofp_phy_port port = {
            .no = OFPP_LOCAL, .mac = { { 1, 2, 3, 4, 5, 6 } }, .name = "br0",
            .config = OFPPC_PORT_DOWN | OFPPC_NO_FWD, .state = OFPPS_LINK_DOWN,
            .curr = 1 << 6 | 1 << 11, .supported = 3 << 4, .curr_speed = 10000000,
            .max_speed = 1000000,
        };
        struct ofp_port_mod pm = { 3, { { 6, 5, 4, 3, 2, 1 } }, OFPPC_PORT_DOWN, 0x21, 1 << 13, { .present = false } };

        ofp_encode_port_status(&buf, versions[v], OFPPR_DELETE, &port);
        struct ofp_message msg = decode(&buf, OFPMSG_PORT_STATUS);
        assert_int_equal(msg.u.port_status.reason, OFPPR_DELETE);
        assert_memory_equal(&msg.u.port_status.port, &port, sizeof port);

        buf.size = 0;
        ofp_encode_port_mod(&buf, versions[v], &pm, 0);
        msg = decode(&buf, OFPMSG_PORT_MOD);
        assert_memory_equal(&msg.u.port_mod, &pm, sizeof pm);
        ofpbuf_destroy(&buf);
    }
}

static struct ofp_message request(struct ofpbuf *buf, enum ofp_version version,
                                  enum ofp_msg_type type, const void *body, bool nxm)
{
    buf->size = 0;
    ofp_encode_stats_request(buf, version, type, body, nxm, htonl(5));
    return decode(buf, type);
}

/* All messages but the last say that more follow, and no element is lost or cut. */
static void test_flow_stats(void **state)
{
    for (int form = OFP10; form <= OFP15 + 1; form++) {
        bool nxm = form > OFP15;
        enum ofp_version version = nxm ? OFP10 : (enum ofp_version) form;
        enum { N_FLOWS = 3000 };
        struct generator g = { 12 };
        struct ofpbuf buf = { 0 }, actions = { 0 };
        struct ofp_flow_stats_request body = { .table = 3, .out_port = 7, .out_group = OFPG_ANY };
        struct ofp_msgs msgs = { { 0 }, 0 };

        match_init(&body.match);
        struct ofp_message req =
            request(&buf, version, OFPMSG_FLOW_STATS_REQUEST, &body, nxm);
        assert_int_equal(req.u.flow_stats_request.table, 3);
        assert_int_equal(req.u.flow_stats_request.out_port, 7);
        ofp_reply_begin(&msgs, &req);
        assert_null(ofp_actions_parse("1,2,3", NULL, &actions));
        for (int i = 0; i < N_FLOWS; i++) {
            struct match match;
            struct ofp_flow_stats fs = {
                .match = &match, .cookie = be64_from_host((uint64_t) i), .priority = (uint16_t) i,
                .idle_age = 4, .hard_age = -1, .packets = 5, .bytes = 6, .duration_sec = 8,
                .actions = actions.data, .actions_size = actions.size,
            };
            generate_match(&g, &match, 0);
            ofp_reply_flow_stats(&msgs, &fs);
        }

        int n = 0, n_msgs = 0;
        for (size_t at = 0; at < msgs.buf.size; n_msgs++) {
            int len = ofp_message_len(msgs.buf.data + at, msgs.buf.size - at);
            struct ofp_message msg;
            struct ofp_stats_iter iter;

            assert_int_equal(ofp_decode(msgs.buf.data + at, (size_t) len, false, &msg), OFPERR_OK);
            at += (size_t) len;
            assert_int_equal(msg.more, at < msgs.buf.size);
            ofp_stats_iter_init(&iter, &msg);
            while (iter.n) {
                struct ofp_flow_stats fs;
                struct match match;
                struct ofpbuf back = { 0 };

                assert_int_equal(ofp_flow_stats_next(&iter, &fs, &match, &back), OFPERR_OK);
                assert_int_equal(be64_to_host(fs.cookie), n++);
                assert_int_equal(fs.idle_age, nxm || version >= OFP15 ? 4 : -1);
                assert_true(ofp_actions_equal(actions.data, actions.size, back.data, back.size));
                ofpbuf_destroy(&back);
            }
        }
        assert_int_equal(n, N_FLOWS);
        assert_true(n_msgs > 1);
        ofp_msgs_destroy(&msgs);
        ofpbuf_destroy(&buf);
        ofpbuf_destroy(&actions);
    }
}

static void test_other_stats(void **state)
{
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        enum ofp_version version = versions[v];
        struct ofpbuf buf = { 0 };
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_stats_iter iter;
        ofp_port_t port = OFPP_NONE;
        struct ofp_message req = request(&buf, version, OFPMSG_PORT_STATS_REQUEST, &port, false);
        assert_int_equal(req.u.port_stats_request.port, OFPP_NONE);
        struct ofp_port_stats ps = { .no = 2, .rx_packets = 1, .collisions = UINT64_MAX }, ps2;
        ofp_reply_begin(&msgs, &req);
        ofp_reply_port_stats(&msgs, &ps);
        struct ofp_message msg = decode(&msgs.buf, OFPMSG_PORT_STATS_REPLY);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_port_stats_next(&iter, &ps2), OFPERR_OK);
        if (version < OFP13) {
            assert_int_equal(ps2.duration_sec, UINT32_MAX);
            ps2.duration_sec = ps2.duration_nsec = 0;
        }
        assert_memory_equal(&ps, &ps2, sizeof ps);
        assert_int_equal(iter.n, 0);
        ofp_msgs_destroy(&msgs);

        struct ofp_queue_stats_request qr = { OFPP_ALL, OFPQ_ALL };
        req = request(&buf, version, OFPMSG_QUEUE_STATS_REQUEST, &qr, false);
        assert_int_equal(req.u.queue_stats_request.port, OFPP_ALL);
        struct ofp_queue_stats qs = { .port = 2, .queue = 3, .tx_bytes = 4 }, qs2;
        ofp_reply_begin(&msgs, &req);
        ofp_reply_queue_stats(&msgs, &qs);
        msg = decode(&msgs.buf, OFPMSG_QUEUE_STATS_REPLY);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_queue_stats_next(&iter, &qs2), OFPERR_OK);
        assert_int_equal(qs2.queue, 3);
        assert_int_equal(qs2.tx_bytes, 4);
        ofp_msgs_destroy(&msgs);

        req = request(&buf, version, OFPMSG_TABLE_STATS_REQUEST, NULL, false);
        struct ofp_table_stats ts = { .id = 7, .active = 8, .lookups = 9, .matched = 10 }, ts2;
        ofp_reply_begin(&msgs, &req);
        ofp_reply_table_stats(&msgs, &ts);
        msg = decode(&msgs.buf, OFPMSG_TABLE_STATS_REPLY);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_table_stats_next(&iter, &ts2), OFPERR_OK);
        assert_memory_equal(&ts, &ts2, sizeof ts);
        ofp_msgs_destroy(&msgs);
        ofpbuf_destroy(&buf);
    }
}

static void test_table_features(void **state)
{
    struct ofpbuf buf = { 0 };
    struct ofp_msgs msgs = { { 0 }, 0 };
    struct ofp_message req = request(&buf, OFP13, OFPMSG_TABLE_FEATURES_REQUEST, NULL, false);
    int n = 0;

    ofp_reply_begin(&msgs, &req);
    for (int i = 0; i < OFP_N_TABLES; i++) {
        ofp_reply_table_features(&msgs, (uint8_t) i, i ? "" : "first");
    }
    for (size_t at = 0; at < msgs.buf.size;) {
        int len = ofp_message_len(msgs.buf.data + at, msgs.buf.size - at);
        struct ofp_message msg;
        struct ofp_stats_iter iter;

        assert_int_equal(ofp_decode(msgs.buf.data + at, (size_t) len, false, &msg), OFPERR_OK);
        at += (size_t) len;
        ofp_stats_iter_init(&iter, &msg);
        while (iter.n) {
            struct ofp_table_features tf;

            assert_int_equal(ofp_table_features_next(&iter, &tf), OFPERR_OK);
            assert_int_equal(tf.id, n++);
            assert_true(field_set_has(&tf.match, FIELD_ETH_SRC));
            assert_true(field_set_has(&tf.mask, FIELD_ETH_SRC));
            assert_false(field_set_has(&tf.mask, FIELD_ETH_TYPE));
            assert_true(field_set_has(&tf.others.apply.set_field, FIELD_REG0));
            assert_true(field_set_has(&tf.others.apply.set_field, FIELD_ETH_TYPE));
            assert_false(field_set_has(&tf.others.apply.set_field, FIELD_IP_FRAG));
        }
    }
    assert_int_equal(n, OFP_N_TABLES);
    ofp_msgs_destroy(&msgs);
    ofpbuf_destroy(&buf);
}

/* Bytes in hexadecimal, blanks allowed. */
static void check_refused(const char *hex, enum ofp_error wanted)
{
    uint8_t bytes[512];
    size_t n = 0;
    struct ofp_message msg;

    for (const char *p = hex; *p; p++) {
        if (*p != ' ') {
            unsigned int x;
            assert_int_equal(sscanf(p, "%2x", &x), 1);
            bytes[n++] = (uint8_t) x;
            p++;
        }
    }
    put_be16(bytes + 2, htons((uint16_t) n));
    uint8_t *exact = xmemdup(bytes, n);
    enum ofp_error error = ofp_decode(exact, n, false, &msg);
    ofp_message_destroy(&msg);
    free(exact);
    if (error != wanted) {
        fail_msg("%s: %s, not %s", hex, ofp_error_name(error), ofp_error_name(wanted));
    }
}

/* Flow-mods of 1.3 up to the match: add to table 0. */
#define FLOW_MOD_13                                                                                \
    "040e0000 00000001 0000000000000000 0000000000000000 0000 0000 0000 8000 ffffffff ffffffff "   \
    "ffffffff 0000 0000 "
#define NO_MATCH "0001 0004 00000000 "
#define APPLY(LEN) "0004" LEN "00000000 "

static void test_refused(void **state)
{
    check_refused("01 ff 0000 00000001", OFPBRC_BAD_TYPE);
    check_refused("09 05 0000 00000001", OFPBRC_BAD_VERSION);
    check_refused("00 05 0000 00000001", OFPBRC_BAD_VERSION);
    check_refused("01 05 0000 00000001 00", OFPBRC_BAD_LEN);
    check_refused("01 10 0000 00000001 ff01 0000", OFPBRC_BAD_STAT);
    check_refused("01 04 0000 00000001 00002320 000000ff", OFPBRC_BAD_SUBTYPE);
    check_refused("01 04 0000 00000001 0000aaaa 000000ff", OFPBRC_BAD_VENDOR);
    check_refused("04 18 0000 00000001 00000009 00000000 0000000000000000", OFPRRFC_BAD_ROLE);
    check_refused("01 09 0000 00000001 00ff 0080", OFPSCFC_BAD_FLAGS);

    /* The match. */
    check_refused(FLOW_MOD_13 "0000 0004 00000000", OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0002 0004 00000000", OFPBMC_BAD_TYPE);
    check_refused(FLOW_MOD_13 "0001 0040 00000000", OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0001 0003 00000000", OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0001 000a 80000004 0001 000000000000", OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0001 000a 80000a03 0800 000000000000", OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0001 000a 80007e02 0800 000000000000", OFPBMC_BAD_FIELD);
    check_refused(FLOW_MOD_13 "0001 000a 80001a02 0050 000000000000", OFPBMC_BAD_PREREQ);
    check_refused(FLOW_MOD_13 "0001 0010 80000a02 0800 80000a02 0800", OFPBMC_DUP_FIELD);
    check_refused(FLOW_MOD_13 "0001 000c 80000b04 0800 00ff 00000000", OFPBMC_BAD_MASK);
    check_refused(FLOW_MOD_13 "0001 0014 80000708 000000000001 00000000 0000 00000000",
                  OFPBMC_BAD_LEN);
    check_refused(FLOW_MOD_13 "0001 000f 80000a02 0800 80001201 04 00", OFPBMC_BAD_VALUE);
    check_refused(FLOW_MOD_13 "0001 0018 80000510 00000000000000ff 000000000000000f",
                  OFPBMC_BAD_WILDCARDS);

    /* Instructions and actions. */
    check_refused(FLOW_MOD_13 NO_MATCH "0009 0008 00000000", OFPBIC_UNKNOWN_INST);
    check_refused(FLOW_MOD_13 NO_MATCH "ffff 0008 00002320", OFPBIC_BAD_EXPERIMENTER);
    check_refused(FLOW_MOD_13 NO_MATCH "0001 0010 0100000000000000 00000000", OFPBIC_BAD_LEN);
    check_refused(FLOW_MOD_13 NO_MATCH "0001 0018 01000000", OFPBIC_BAD_LEN);
    check_refused(FLOW_MOD_13 NO_MATCH "0001 0008 01000000 0001 0008 02000000", OFPBIC_DUP_INST);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0010") "0063 0008 00000000", OFPBAC_BAD_TYPE);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0010") "0000 0008 00000001", OFPBAC_BAD_LEN);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0010") "0016 0000 00000001", OFPBAC_BAD_LEN);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0010") "0016 0018 00000001", OFPBAC_BAD_LEN);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "0000 0010 00020000 0000 000000000000",
                  OFPBAC_BAD_OUT_PORT);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0010") "0011 0008 0800 0000", OFPBAC_BAD_ARGUMENT);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "0019 0010 80007e04 00000000 00000000",
                  OFPBAC_BAD_SET_LEN); /* as OVS has it */
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "0019 0010 00013401 01 00000000000000",
                  OFPBAC_BAD_SET_TYPE);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "0019 0010 80000c02 0005 000000000000",
                  OFPBAC_BAD_SET_ARGUMENT);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "ffff 0010 00009999 0001 000000000000",
                  OFPBAC_BAD_VENDOR);
    check_refused(FLOW_MOD_13 NO_MATCH APPLY("0018") "ffff 0010 00002320 00fe 000000000000",
                  OFPBAC_BAD_VENDOR_TYPE);
    check_refused(FLOW_MOD_13 NO_MATCH "0003 0018 00000000 ffff 0010 00002320 0011 000000000000",
                  OFPBAC_BAD_TYPE);

    /* 1.0: a table's number without the extension, and the emergency cache. */
    check_refused("010e0000 00000001 003820ff" "00000000 00000000 00000000 00000000 00000000 "
                  "00000000 00000000 00000000 00000000 0000000000000000 0500 0000 0000 8000 "
                  "ffffffff ffff 0000", OFPFMFC_BAD_COMMAND);
    check_refused("010e0000 00000001 003820ff" "00000000 00000000 00000000 00000000 00000000 "
                  "00000000 00000000 00000000 00000000 0000000000000000 0000 0000 0000 8000 "
                  "ffffffff ffff 0004", OFPFMFC_TABLE_FULL);
}

/* A clone in a clone, and so on, as deep as 64 KiB allow. */
static void test_nesting(void **state)
{
    enum { DEPTH = 3000 };
    struct ofpbuf buf = { 0 };
    struct ofp_message msg;
    static const uint8_t head[] = { 1, 13, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255 };

    ofpbuf_put(&buf, head, sizeof head);
    ofpbuf_put_zeros(&buf, 2);
    for (int i = DEPTH; i > 0; i--) {
        uint8_t *p = ofpbuf_put_zeros(&buf, 16);

        put_be16(p, 0xffff);
        put_be16(p + 2, htons((uint16_t) (16 * i)));
        put_be32(p + 4, htonl(0x2320));
        put_be16(p + 8, htons(42));
    }
    put_be16(buf.data + 2, htons((uint16_t) buf.size));
    put_be16(buf.data + 14, htons(16 * DEPTH));
    assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPBAC_TOO_MANY);
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),       cmocka_unit_test(test_error),
        cmocka_unit_test(test_switch),      cmocka_unit_test(test_packet_in),
        cmocka_unit_test(test_packet_out),  cmocka_unit_test(test_flow_removed),
        cmocka_unit_test(test_port),        cmocka_unit_test(test_flow_stats),
        cmocka_unit_test(test_other_stats), cmocka_unit_test(test_table_features),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
