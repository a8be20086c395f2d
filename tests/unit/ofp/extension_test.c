/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors, settings of tables, the table of options, conntrack and IPFIX messages, continuations and what
 * controllers hear of each other: encoded, decoded, printed and read, in every version that has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "lib/ofp/action_codec.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/ipfix_stats.h"
#include "lib/ofp/stats.h"
#include "tests/unit/ofp/generate.h"

static void decode(const struct ofpbuf *buf, enum ofp_msg_type type, struct ofp_message *msg)
{
    assert_int_equal(ofp_message_len(buf->data, buf->size), buf->size);
    assert_int_equal(ofp_decode(buf->data, buf->size, false, msg), OFPERR_OK);
    assert_int_equal(msg->type, type);
}

static void request(enum ofp_msg_type type, enum ofp_version version, bool nx, struct ofp_message *msg)
{
    memset(msg, 0, sizeof *msg);
    msg->type = type;
    msg->version = version;
    msg->xid = htonl(9);
    msg->nx = nx;
}

static void test_monitor_requests(void **state)
{
    struct generator g = { 7 };

    for (int i = 0; i < 100; i++) {
        for (int v = OFP10; v <= OFP15; v++) {
            struct ofp_flow_monitor_request r = {
                .id = generate_u32(&g),
                .flags = OFPFMF_ADD | (uint16_t) generate_below(&g, 64),
                .out_port = 1 + generate_below(&g, 100),
                .out_group = OFPG_ANY,
                .table = (uint8_t) generate_below(&g, 200),
            }, back;
            struct ofpbuf buf = { 0 };
            struct ofp_stats_iter iter;
            struct ofp_message msg;

            generate_match(&g, &r.match, 3);
            ofp_encode_flow_monitor_request(&buf, (enum ofp_version) v, &r, htonl(9));
            decode(&buf, OFPMSG_FLOW_MONITOR_REQUEST, &msg);
            ofp_stats_iter_init(&iter, &msg);
            assert_int_equal(ofp_flow_monitor_request_next(&iter, &back), OFPERR_OK);
            assert_int_equal(iter.n, 0);
            assert_int_equal(back.id, r.id);
            assert_int_equal(back.flags, r.flags);
            assert_int_equal(back.out_port, r.out_port);
            assert_int_equal(back.table, r.table);
            assert_true(match_equal(&back.match, &r.match));
            ofpbuf_destroy(&buf);
        }
    }
}

/* Who wants nothing but its own changes says so in 1.4 with both flags. */
static void test_monitor_only_own(void **state)
{
    struct ofp_flow_monitor_request r = { .flags = OFPFMF_ADD | OFPFMF_ONLY_OWN | OFPFMF_NO_ABBREV,
                                          .out_port = OFPP_NONE }, back;
    struct ofpbuf buf = { 0 };
    struct ofp_stats_iter iter;
    struct ofp_message msg;

    match_init(&r.match);
    ofp_encode_flow_monitor_request(&buf, OFP14, &r, 0);
    decode(&buf, OFPMSG_FLOW_MONITOR_REQUEST, &msg);
    ofp_stats_iter_init(&iter, &msg);
    assert_int_equal(ofp_flow_monitor_request_next(&iter, &back), OFPERR_OK);
    assert_int_equal(back.flags, r.flags);
    ofpbuf_destroy(&buf);
}

static void make_update(struct generator *g, struct ofp_flow_update *u, struct ofpbuf *actions)
{
    memset(u, 0, sizeof *u);
    u->event = (enum ofp_flow_update_event) (OFPFME_ADDED + generate_below(g, 4));
    if (u->event == OFPFME_ABBREV) {
        u->xid = htonl(generate_u32(g));
        return;
    }
    u->reason = u->event == OFPFME_REMOVED ? (uint8_t) generate_below(g, 6) : 0;
    u->table = (uint8_t) generate_below(g, 254);
    u->priority = (uint16_t) generate_u32(g);
    u->idle_timeout = (uint16_t) generate_u32(g);
    u->hard_timeout = (uint16_t) generate_u32(g);
    u->cookie = be64_from_host(generate_u64(g));
    generate_match(g, &u->match, 3);
    if (generate_below(g, 2)) {
        struct ofp_action_output *a = ofp_actions_put(actions, OFPACT_OUTPUT, sizeof *a);
        a->port = 5;
        u->actions = actions->data;
        u->actions_size = actions->size;
    }
}

static void assert_updates_equal(const struct ofp_flow_update *a, const struct ofp_flow_update *b)
{
    assert_int_equal(a->event, b->event);
    assert_int_equal(a->xid, b->xid);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->table, b->table);
    assert_int_equal(a->idle_timeout, b->idle_timeout);
    assert_int_equal(a->hard_timeout, b->hard_timeout);
    assert_int_equal(a->priority, b->priority);
    assert_true(a->cookie == b->cookie);
    assert_true(match_equal(&a->match, &b->match));
    assert_true(ofp_actions_equal(a->actions, a->actions_size, b->actions, b->actions_size));
}

/* More updates than one message holds. */
static void test_monitor_updates(void **state)
{
    enum { N = 4000 };

    for (int v = OFP10; v <= OFP15; v++) {
        struct generator g = { 9 }, again = { 9 };
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofpbuf actions = { 0 }, actions_back = { 0 };
        size_t n = 0, n_messages = 0;

        ofp_flow_updates_begin(&msgs, (enum ofp_version) v, 0);
        for (int i = 0; i < N; i++) {
            struct ofp_flow_update u;
            actions.size = 0;
            make_update(&g, &u, &actions);
            ofp_flow_updates_put(&msgs, &u);
        }
        for (size_t at = 0; at < msgs.buf.size; n_messages++) {
            int len = ofp_message_len(msgs.buf.data + at, msgs.buf.size - at);
            struct ofp_message msg;
            struct ofp_stats_iter iter;

            assert_int_equal(ofp_decode(msgs.buf.data + at, (size_t) len, false, &msg), OFPERR_OK);
            ofp_stats_iter_init(&iter, &msg);
            while (iter.n) {
                struct ofp_flow_update u, back;

                actions.size = 0;
                make_update(&again, &u, &actions);
                assert_int_equal(ofp_flow_update_next(&iter, &back, &actions_back), OFPERR_OK);
                assert_updates_equal(&u, &back);
                n++;
            }
            at += (size_t) len;
        }
        assert_int_equal(n, N);
        assert_true(n_messages > 1);
        ofpbuf_destroy(&actions);
        ofpbuf_destroy(&actions_back);
        ofp_msgs_destroy(&msgs);
    }
}

static void test_monitor_state(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        struct ofpbuf buf = { 0 }, actions = { 0 };
        struct ofp_flow_update u;
        struct ofp_stats_iter iter;
        struct ofp_message msg;

        ofp_encode_flow_monitor_state(&buf, (enum ofp_version) v, OFPFME_PAUSED);
        decode(&buf, v < OFP14 ? OFPMSG_FLOW_MONITOR_PAUSED : OFPMSG_FLOW_MONITOR_REPLY, &msg);
        buf.size = 0;
        ofp_encode_flow_monitor_state(&buf, (enum ofp_version) v, OFPFME_RESUMED);
        decode(&buf, v < OFP14 ? OFPMSG_FLOW_MONITOR_RESUMED : OFPMSG_FLOW_MONITOR_REPLY, &msg);
        if (v >= OFP14) {
            ofp_stats_iter_init(&iter, &msg);
            assert_int_equal(ofp_flow_update_next(&iter, &u, &actions), OFPERR_OK);
            assert_int_equal(u.event, OFPFME_RESUMED);
        }
        buf.size = 0;
        ofp_encode_flow_monitor_cancel(&buf, (enum ofp_version) v, 77, 0);
        decode(&buf, v < OFP14 ? OFPMSG_FLOW_MONITOR_CANCEL : OFPMSG_FLOW_MONITOR_REQUEST, &msg);
        if (v < OFP14) {
            assert_int_equal(msg.u.flow_monitor_cancel.id, 77);
        } else {
            struct ofp_flow_monitor_request r;
            ofp_stats_iter_init(&iter, &msg);
            assert_int_equal(ofp_flow_monitor_request_next(&iter, &r), OFPERR_OK);
            assert_int_equal(r.command, OFPFMC_DELETE);
            assert_int_equal(r.id, 77);
        }
        ofpbuf_destroy(&buf);
        ofpbuf_destroy(&actions);
    }
}

static void test_monitor_text(void **state)
{
    struct ofp_flow_monitor_request r;

    assert_null(ofp_flow_monitor_request_parse(&r, "", NULL));
    assert_int_equal(r.flags, OFPFMF_INITIAL | OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY |
                                  OFPFMF_INSTRUCTIONS | OFPFMF_NO_ABBREV);
    assert_int_equal(r.table, OFP_TABLE_ALL);
    assert_null(ofp_flow_monitor_request_parse(&r, "!initial,!own,table=3,out_port=4,ip", NULL));
    assert_int_equal(r.flags, OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY | OFPFMF_INSTRUCTIONS);
    assert_int_equal(r.table, 3);
    assert_int_equal(r.out_port, 4);
    char *error = ofp_flow_monitor_request_parse(&r, "!foo", NULL);
    assert_string_equal(error, "field !foo missing value");
    free(error);
}

static void test_table_mods(void **state)
{
    for (int v = OFP11; v <= OFP15; v++) {
        struct ofp_table_mod tm = { .table = 5, .eviction = -1, .vacancy = -1,
                                    .eviction_flags = UINT32_MAX };
        struct ofpbuf buf = { 0 };
        struct ofp_message msg;

        if (v < OFP13) {
            tm.miss = OFP_MISS_CONTINUE;
        } else if (v >= OFP14) {
            tm.eviction = 1;
            tm.vacancy = 1;
            tm.vacancy_down = 20;
            tm.vacancy_up = 80;
        }
        ofp_encode_table_mod(&buf, (enum ofp_version) v, &tm, htonl(9));
        decode(&buf, OFPMSG_TABLE_MOD, &msg);
        assert_memory_equal(&msg.u.table_mod, &tm, sizeof tm);
        ofpbuf_destroy(&buf);
    }
}

static void test_table_desc(void **state)
{
    for (int v = OFP14; v <= OFP15; v++) {
        static const struct ofp_table_desc descs[] = {
            { 0, true, false, OFPTMPEF_LIFETIME, 0, 0, 0 },
            { 1, false, true, UINT32_MAX, 20, 80, 33 },
        };
        static const struct ofp_table_status ts = {
            OFPTR_VACANCY_UP, { 1, false, true, UINT32_MAX, 20, 80, 33 },
        };
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_message req, msg;
        struct ofp_stats_iter iter;

        request(OFPMSG_TABLE_DESC_REQUEST, (enum ofp_version) v, false, &req);
        ofp_reply_begin(&msgs, &req);
        for (size_t i = 0; i < 2; i++) {
            ofp_reply_table_desc(&msgs, &descs[i]);
        }
        decode(&msgs.buf, OFPMSG_TABLE_DESC_REPLY, &msg);
        ofp_stats_iter_init(&iter, &msg);
        for (size_t i = 0; i < 2; i++) {
            struct ofp_table_desc back;
            assert_int_equal(ofp_table_desc_next(&iter, &back), OFPERR_OK);
            assert_memory_equal(&back, &descs[i], sizeof back);
        }
        assert_int_equal(iter.n, 0);
        msgs.buf.size = 0;
        ofp_encode_table_status(&msgs.buf, (enum ofp_version) v, &ts);
        decode(&msgs.buf, OFPMSG_TABLE_STATUS, &msg);
        assert_memory_equal(&msg.u.table_status, &ts, sizeof ts);
        ofp_msgs_destroy(&msgs);
    }
}

static void test_table_mod_text(void **state)
{
    struct ofp_table_mod tm;
    uint32_t versions = OFP_VERSIONS_IMPLEMENTED;

    assert_null(ofp_table_mod_parse(&tm, "3", "vacancy:20,80", &versions, NULL));
    assert_int_equal(versions, 1 << OFP14 | 1 << OFP15);
    assert_int_equal(tm.table, 3);
    assert_int_equal(tm.vacancy_up, 80);
    char *error = ofp_table_mod_parse(&tm, "3", "vacancy:20,101", &versions, NULL);
    assert_string_equal(error, "Invalid vacancy up value \"101\"");
    free(error);
    error = ofp_table_mod_parse(&tm, "3", "foo", &versions, NULL);
    assert_string_equal(error, "invalid table_mod setting foo");
    free(error);
}

static void test_tlv_tables(void **state)
{
    static const char text[] = "{class=0xffff,type=0,len=4}->tun_metadata0,"
                               "{class=0x102,type=0x80,len=124}->tun_metadata63";

    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_tlv_mod tm;
        struct ofp_tlv_reply tr = { .max_space = 256, .max_fields = 64, .n = 1,
                                    .maps = { { 0x102, 0x80, 8, 3 } } };
        struct ofpbuf buf = { 0 };
        struct ofp_message msg;

        assert_null(ofp_tlv_mod_parse(&tm, text, OFPTLV_ADD));
        assert_int_equal(tm.n, 2);
        ofp_encode_tlv_mod(&buf, (enum ofp_version) v, &tm, 0);
        decode(&buf, OFPMSG_NXT_TLV_TABLE_MOD, &msg);
        assert_memory_equal(&msg.u.tlv_mod, &tm, sizeof tm);
        buf.size = 0;
        ofp_encode_tlv_reply(&buf, (enum ofp_version) v, &tr, 0);
        decode(&buf, OFPMSG_NXT_TLV_TABLE_REPLY, &msg);
        assert_memory_equal(&msg.u.tlv_reply, &tr, sizeof tr);
        ofpbuf_destroy(&buf);
    }
}

static void test_ct_flush(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_ct_flush cf = { .has_zone = true, .zone = 5, .mark = 1, .mark_mask = 3,
                                   .labels = { 1 }, .labels_mask = { 0xff } };
        struct ofpbuf buf = { 0 };
        struct ofp_message msg;

        assert_null(ofp_ct_tuple_parse(&cf, &cf.orig, "ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80"));
        assert_null(ofp_ct_tuple_parse(&cf, &cf.reply, "ct_nw_dst=10.0.0.2"));
        ofp_encode_ct_flush(&buf, (enum ofp_version) v, &cf, 0);
        decode(&buf, OFPMSG_NXT_CT_FLUSH, &msg);
        assert_memory_equal(&msg.u.ct_flush, &cf, sizeof cf);

        memset(&cf, 0, sizeof cf);
        assert_null(ofp_ct_tuple_parse(&cf, &cf.orig,
                                       "ct_ipv6_src=2001:db8::1,ct_nw_proto=58,icmp_id=3,icmp_type=128"));
        buf.size = 0;
        ofp_encode_ct_flush(&buf, (enum ofp_version) v, &cf, 0);
        decode(&buf, OFPMSG_NXT_CT_FLUSH, &msg);
        assert_memory_equal(&msg.u.ct_flush, &cf, sizeof cf);

        buf.size = 0;
        ofp_encode_ct_flush_zone(&buf, (enum ofp_version) v, 7, 0);
        decode(&buf, OFPMSG_NXT_CT_FLUSH_ZONE, &msg);
        assert_int_equal(msg.u.ct_flush_zone.zone, 7);
        ofpbuf_destroy(&buf);
    }
}

static void test_ct_tuple_errors(void **state)
{
    static const char *const cases[][2] = {
        { "foo=1", "invalid conntrack tuple field: foo" },
        { "ct_tp_src=5", "port is set without protocol" },
        { "5", "field 5 missing value" },
        { "ct_nw_src=::1", "failed to parse field ct_nw_src" },
        { "ct_nw_src=10.0.0.1,ct_ipv6_src=::1", "the L3 protocol does not match ::1" },
        { "ct_nw_proto=300", "failed to parse field ct_nw_proto" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ofp_ct_flush cf = { 0 };
        char *error = ofp_ct_tuple_parse(&cf, &cf.orig, cases[i][0]);
        assert_string_equal(error, cases[i][1]);
        free(error);
    }
}

static void test_ipfix(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_ipfix_stats is = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, back;
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_message req, msg;
        struct ofp_stats_iter iter;

        request(OFPMSG_NXST_IPFIX_FLOW_REQUEST, (enum ofp_version) v, true, &req);
        ofp_reply_begin(&msgs, &req);
        ofp_reply_ipfix_stats(&msgs, &is);
        decode(&msgs.buf, OFPMSG_NXST_IPFIX_FLOW_REPLY, &msg);
        ofp_stats_iter_init(&iter, &msg);
        memset(&back, 0, sizeof back);
        assert_int_equal(ofp_ipfix_stats_next(&iter, &back), OFPERR_OK);
        assert_memory_equal(&back, &is, offsetof(struct ofp_ipfix_stats, collector_set_id) + 4);
        ofp_msgs_destroy(&msgs);
    }
}

static void test_resume(void **state)
{
    static const uint8_t packet[60] = { 1 }, userdata[] = { 2, 3 }, continuation[] = { 4, 5, 6 };

    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_packet_in pin = {
            packet, sizeof packet, sizeof packet, UINT32_MAX, OFPR_ACTION, 7, be64_from_host(8),
            .userdata = userdata, .userdata_len = sizeof userdata, .continuation = continuation,
            .continuation_len = sizeof continuation,
        };
        struct ofpbuf buf = { 0 };
        struct ofp_message msg;

        match_init(&pin.metadata);
        assert_true(ofp_encode_resume(&buf, (enum ofp_version) v, &pin, 0));
        decode(&buf, OFPMSG_NXT_RESUME, &msg);
        assert_int_equal(msg.u.packet_in.packet_len, sizeof packet);
        assert_int_equal(msg.u.packet_in.table, 7);
        assert_int_equal(msg.u.packet_in.continuation_len, sizeof continuation);
        assert_memory_equal(msg.u.packet_in.continuation, continuation, sizeof continuation);
        assert_int_equal(msg.u.packet_in.userdata_len, sizeof userdata);

        /* A switch has to know what it is told to resume with. */
        put_be16(buf.data + 16, htons(99));
        assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPBPC_BAD_TYPE);
        ofpbuf_destroy(&buf);
    }
}

static void test_controllers(void **state)
{
    struct ofp_controller_status cs = { 3, OFPCR_ROLE_PRIMARY, OFPCSR_ROLE, true, "tcp:192.0.2.1:6653" }, back;
    struct ofp_meter_mod mm = { OFPMC_DELETE, { .id = 5 } };
    struct ofp_msgs msgs = { { 0 }, 0 };
    struct ofp_message req, msg;
    struct ofp_stats_iter iter;

    ofp_encode_controller_status(&msgs.buf, OFP15, &cs);
    decode(&msgs.buf, OFPMSG_CONTROLLER_STATUS, &msg);
    assert_memory_equal(&msg.u.controller_status, &cs, sizeof cs);
    msgs.buf.size = 0;
    request(OFPMSG_CONTROLLER_STATUS_REQUEST, OFP15, false, &req);
    ofp_reply_begin(&msgs, &req);
    ofp_reply_controller_status(&msgs, &cs);
    decode(&msgs.buf, OFPMSG_CONTROLLER_STATUS_REPLY, &msg);
    ofp_stats_iter_init(&iter, &msg);
    assert_int_equal(ofp_controller_status_next(&iter, &back), OFPERR_OK);
    assert_memory_equal(&back, &cs, sizeof cs);

    msgs.buf.size = 0;
    assert_true(ofp_encode_requestforward(&msgs.buf, OFP14, NULL, &mm, htonl(3)));
    decode(&msgs.buf, OFPMSG_REQUESTFORWARD, &msg);
    assert_int_equal(msg.u.requestforward.message_len, 16);
    ofp_msgs_destroy(&msgs);
}

static void from_hex(const char *hex, struct ofpbuf *out)
{
    unsigned int byte;
    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        ofpbuf_put(out, &(uint8_t) { (uint8_t) byte }, 1);
    }
}

/* Bytes put together by hand from the layout of the action, which Debian's tools do not know yet: subtype 51, probability, set of
 * collectors, then domain and point, each a header and a part of a field or 0 and a number, port, direction, zeros. */
static void test_sample4(void **state)
{
    static const struct {
        const char *hex, *text;
    } cases[] = {
        { "ffff0028000023200033" "ffff" "00000001" "00000000" "00000007" "00010204" "001f0000" "ffff" "00" "0000000000",
          "sample(probability=65535,collector_set_id=1,obs_domain_id=7,obs_point_id=NXM_NX_REG1[])" },
        { "ffff0028000023200033" "0001" "00000002" "00010004" "020f0000" "00000000" "00000009" "0003" "02" "0000000000",
          "sample(probability=1,collector_set_id=2,obs_domain_id=NXM_NX_REG0[8..23],obs_point_id=9,sampling_port=3,egress)" },
        { "ffff0028000023200033" "0001" "00000002" "00010004" "00070000" "00010204" "000a0000" "0003" "01" "0000000000",
          "sample(probability=1,collector_set_id=2,obs_domain_id=NXM_NX_REG0[0..7],obs_point_id=NXM_NX_REG1[0..10],sampling_port=3,ingress)" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (int v = OFP10; v <= OFP15; v++) {
            struct ofpbuf wire = { 0 }, actions = { 0 }, again = { 0 }, back = { 0 };
            struct strbuf s = STRBUF_INIT;
            from_hex(cases[i].hex, &wire);
            assert_int_equal(wire.size, 40);
            assert_int_equal(actions_decode(wire.data, wire.size, (enum ofp_version) v, 0, &actions), OFPERR_OK);
            ofp_actions_format(&s, (void *) actions.data, actions.size, NULL);
            assert_string_equal(strbuf_str(&s), cases[i].text);
            char *text = xstrdup(cases[i].text);
            assert_null(ofp_actions_parse(text, NULL, &again));
            actions_encode((void *) again.data, again.size, (enum ofp_version) v, &back);
            assert_int_equal(back.size, wire.size);
            assert_memory_equal(back.data, wire.data, wire.size);
            free(text);

            actions.size = 0;
            wire.data[39] = 1; /* behind the direction there is nothing */
            assert_int_not_equal(actions_decode(wire.data, wire.size, (enum ofp_version) v, 0, &actions), OFPERR_OK);
            actions.size = 0;
            wire.data[39] = 0;
            wire.data[34] = 3; /* a direction that there is not */
            assert_int_equal(actions_decode(wire.data, wire.size, (enum ofp_version) v, 0, &actions), OFPBAC_BAD_ARGUMENT);
            strbuf_destroy(&s);
            ofpbuf_destroy(&wire);
            ofpbuf_destroy(&actions);
            ofpbuf_destroy(&again);
            ofpbuf_destroy(&back);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monitor_requests), cmocka_unit_test(test_monitor_only_own),
        cmocka_unit_test(test_monitor_updates),  cmocka_unit_test(test_monitor_state),
        cmocka_unit_test(test_monitor_text),     cmocka_unit_test(test_table_mods),
        cmocka_unit_test(test_table_desc),       cmocka_unit_test(test_table_mod_text),
        cmocka_unit_test(test_tlv_tables),       cmocka_unit_test(test_ct_flush),
        cmocka_unit_test(test_ct_tuple_errors),  cmocka_unit_test(test_ipfix),
        cmocka_unit_test(test_resume),           cmocka_unit_test(test_controllers),
        cmocka_unit_test(test_sample4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
