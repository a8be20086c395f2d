/* SPDX-License-Identifier: Apache-2.0 */
/* Groups, meters and bundles: what is encoded decodes to what it was, in every version, and is read
 * back from the text that it prints; what is wrong is refused with the right error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/group_codec.h"
#include "lib/ofp/stats.h"
#include "tests/unit/ofp/generate.h"

enum { ROUNDS = 200 };

/* A list that no encoding changes: outputs, and groups since 1.1. */
static void put_actions(struct generator *g, struct ofpbuf *actions)
{
    for (uint32_t n = generate_below(g, 4); n; n--) {
        struct ofp_action_output *a = ofp_actions_put(actions, OFPACT_OUTPUT, sizeof *a);
        a->port = 1 + generate_below(g, 200);
    }
}

static void put_bucket(struct generator *g, struct ofp_bucket *b, enum ofp_group_type type,
                       uint32_t id)
{
    *b = (struct ofp_bucket) { .id = id, .watch_port = OFPP_NONE, .watch_group = OFPG_ANY };
    b->weight = type == OFPGT_SELECT ? (uint16_t) generate_u32(g) : 0;
    if (type == OFPGT_FF || (type == OFPGT_SELECT && generate_below(g, 2))) {
        b->watch_port = 1 + generate_below(g, 100);
    }
    if (type == OFPGT_FF && generate_below(g, 2)) {
        b->watch_group = generate_below(g, 1000);
    }
    put_actions(g, &b->actions);
}

static void put_props(struct generator *g, struct ofp_group_props *props)
{
    static const uint8_t ids[] = { FIELD_ETH_SRC, FIELD_ETH_DST, FIELD_IPV4_SRC, FIELD_IPV6_DST,
                                   FIELD_REG0 };

    if (generate_below(g, 2)) {
        strcpy(props->selection_method, "dp_hash");
        props->selection_param = generate_u64(g);
        return;
    }
    strcpy(props->selection_method, "hash");
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        union field_value mask = { { 0 } };

        if (generate_below(g, 2)) {
            for (int j = 0; j < field_get((enum field_id) ids[i])->n_bytes; j++) {
                mask.b[j] = 0xff;
            }
            if (ids[i] == FIELD_IPV4_SRC) {
                mask.be32 = htonl(0xffffff00);
            }
            group_props_add_field(props, (enum field_id) ids[i], &mask);
        }
    }
}

/* 'with_props': buckets have numbers of their own, and the group a selection method. */
static void make_group(struct generator *g, bool with_props, struct ofp_group_mod *gm)
{
    memset(gm, 0, sizeof *gm);
    gm->command = generate_below(g, 2) ? OFPGC_ADD : OFPGC_MODIFY;
    gm->type = (enum ofp_group_type) generate_below(g, OFPGT_N);
    gm->id = generate_below(g, OFPG_MAX);
    gm->command_bucket = OFPG_BUCKET_ALL;
    gm->n_buckets = gm->type == OFPGT_INDIRECT ? 1 : generate_below(g, 6);
    gm->buckets = gm->n_buckets ? xcalloc(gm->n_buckets, sizeof *gm->buckets) : NULL;
    for (size_t i = 0; i < gm->n_buckets; i++) {
        put_bucket(g, &gm->buckets[i], gm->type, (uint32_t) (with_props ? 3 * i + 2 : i));
    }
    if (with_props && gm->type == OFPGT_SELECT && generate_below(g, 2)) {
        put_props(g, &gm->props);
    }
}

static void assert_buckets_equal(const struct ofp_bucket *a, size_t n_a, const struct ofp_bucket *b,
                                 size_t n_b)
{
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) {
        assert_int_equal(a[i].id, b[i].id);
        assert_int_equal(a[i].weight, b[i].weight);
        assert_int_equal(a[i].watch_port, b[i].watch_port);
        assert_int_equal(a[i].watch_group, b[i].watch_group);
        assert_true(ofp_actions_equal(a[i].actions.data, a[i].actions.size, b[i].actions.data,
                                      b[i].actions.size));
    }
}

static void assert_props_equal(const struct ofp_group_props *a, const struct ofp_group_props *b)
{
    assert_string_equal(a->selection_method, b->selection_method);
    assert_true(a->selection_param == b->selection_param);
    assert_memory_equal(a->fields, b->fields, sizeof a->fields);
    for (int id = 0; id < FIELD_N_IDS; id++) {
        if (group_props_has_field(a, (enum field_id) id)) {
            assert_memory_equal(&a->masks[id], &b->masks[id], sizeof a->masks[id]);
        }
    }
}

static void decode(const struct ofpbuf *buf, enum ofp_msg_type type, struct ofp_message *msg)
{
    assert_int_equal(ofp_decode(buf->data, buf->size, false, msg), OFPERR_OK);
    assert_int_equal(msg->type, type);
    assert_int_equal(ntohl(msg->xid), 9);
}

static void test_group_mods(void **state)
{
    struct generator g = { 1 };

    for (int i = 0; i < ROUNDS; i++) {
        for (int v = OFP10; v <= OFP15; v++) {
            bool with_props = v == OFP10 || v == OFP15;
            struct ofp_group_mod gm;
            struct ofpbuf buf = { 0 };
            struct ofp_message msg;

            make_group(&g, with_props, &gm);
            assert_true(ofp_encode_group_mod(&buf, (enum ofp_version) v, &gm, htonl(9)));
            decode(&buf, OFPMSG_GROUP_MOD, &msg);
            assert_int_equal(msg.u.group_mod.command, gm.command);
            assert_int_equal(msg.u.group_mod.type, gm.type);
            assert_int_equal(msg.u.group_mod.id, gm.id);
            assert_buckets_equal(msg.u.group_mod.buckets, msg.u.group_mod.n_buckets, gm.buckets,
                                 gm.n_buckets);
            assert_props_equal(&msg.u.group_mod.props, &gm.props);
            ofp_message_destroy(&msg);
            ofpbuf_destroy(&buf);
            ofp_group_mod_destroy(&gm);
        }
    }
}

/* Commands on buckets, before 1.5 in Nicira's form. */
static void test_bucket_commands(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_group_mod gm = { .command = OFPGC_INSERT_BUCKET, .id = 5, .n_buckets = 1 };
        struct generator g = { 3 };
        struct ofpbuf buf = { 0 };
        struct ofp_message msg;

        gm.buckets = xcalloc(1, sizeof *gm.buckets);
        put_bucket(&g, gm.buckets, OFPGT_SELECT, 77);
        gm.command_bucket = OFPG_BUCKET_LAST;
        assert_true(ofp_encode_group_mod(&buf, (enum ofp_version) v, &gm, htonl(9)));
        decode(&buf, OFPMSG_GROUP_MOD, &msg);
        assert_int_equal(msg.nx, v < OFP15);
        assert_int_equal(msg.u.group_mod.command_bucket, OFPG_BUCKET_LAST);
        assert_buckets_equal(msg.u.group_mod.buckets, msg.u.group_mod.n_buckets, gm.buckets, 1);
        ofp_message_destroy(&msg);
        ofp_group_mod_destroy(&gm);

        buf.size = 0;
        gm = (struct ofp_group_mod) { .command = OFPGC_REMOVE_BUCKET, .id = 5, .command_bucket = 7 };
        assert_true(ofp_encode_group_mod(&buf, (enum ofp_version) v, &gm, htonl(9)));
        decode(&buf, OFPMSG_GROUP_MOD, &msg);
        assert_int_equal(msg.u.group_mod.command, OFPGC_REMOVE_BUCKET);
        assert_int_equal(msg.u.group_mod.command_bucket, 7);
        ofp_message_destroy(&msg);
        ofpbuf_destroy(&buf);
    }
}

/* The messages of a reply, one behind the other: 'next' takes the elements. */
static void request(enum ofp_msg_type type, enum ofp_version version, struct ofp_message *msg)
{
    memset(msg, 0, sizeof *msg);
    msg->type = type;
    msg->version = version;
    msg->xid = htonl(9);
    msg->nx = version == OFP10;
}

static void test_group_desc(void **state)
{
    struct generator g = { 5 };
    enum { N = 60 };

    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_group_mod groups[N];
        struct ofp_message req;
        size_t n = 0;

        request(OFPMSG_GROUP_DESC_REQUEST, (enum ofp_version) v, &req);
        ofp_reply_begin(&msgs, &req);
        for (size_t i = 0; i < N; i++) {
            make_group(&g, v == OFP10 || v == OFP15, &groups[i]);
            struct ofp_group_desc gd = { groups[i].id, groups[i].type, groups[i].buckets,
                                         groups[i].n_buckets, groups[i].props };
            ofp_reply_group_desc(&msgs, &gd);
        }
        for (size_t at = 0; at < msgs.buf.size;) {
            int len = ofp_message_len(msgs.buf.data + at, msgs.buf.size - at);
            struct ofp_message msg;
            struct ofp_stats_iter iter;

            assert_int_equal(ofp_decode(msgs.buf.data + at, (size_t) len, false, &msg), OFPERR_OK);
            ofp_stats_iter_init(&iter, &msg);
            while (iter.n) {
                struct ofp_group_desc gd;

                assert_int_equal(ofp_group_desc_next(&iter, &gd), OFPERR_OK);
                assert_int_equal(gd.id, groups[n].id);
                assert_buckets_equal(gd.buckets, gd.n_buckets, groups[n].buckets,
                                     groups[n].n_buckets);
                assert_props_equal(&gd.props, &groups[n].props);
                ofp_group_desc_destroy(&gd);
                n++;
            }
            at += (size_t) len;
        }
        assert_int_equal(n, N);
        for (size_t i = 0; i < N; i++) {
            ofp_group_mod_destroy(&groups[i]);
        }
        ofp_msgs_destroy(&msgs);
    }
}

static void test_group_stats(void **state)
{
    for (int v = OFP10; v <= OFP15; v++) {
        struct ofp_bucket_stats buckets[] = { { 1, 2 }, { 3, UINT64_MAX } };
        struct ofp_group_stats gs = { 7, 3, 100, 6400, 5, 6, buckets, 2 }, back;
        struct ofp_group_features gf = { 15, 7, { 1, 2, 3, 4 }, { 1u << 0, 1u << 25, 0, 1u << 21 } };
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_message req, msg;
        struct ofp_stats_iter iter;
        bool timed = v == OFP10 || v >= OFP13;

        request(OFPMSG_GROUP_STATS_REQUEST, (enum ofp_version) v, &req);
        ofp_reply_begin(&msgs, &req);
        ofp_reply_group_stats(&msgs, &gs);
        decode(&msgs.buf, OFPMSG_GROUP_STATS_REPLY, &msg);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_group_stats_next(&iter, &back), OFPERR_OK);
        assert_int_equal(iter.n, 0);
        assert_int_equal(back.id, 7);
        assert_int_equal(back.ref_count, 3);
        assert_int_equal(back.duration_sec, timed ? 5 : UINT32_MAX);
        assert_int_equal(back.n_buckets, 2);
        assert_memory_equal(back.buckets, buckets, sizeof buckets);
        free(back.buckets);

        msgs.buf.size = 0;
        ofp_encode_group_features_reply(&msgs.buf, (enum ofp_version) v, &gf, htonl(9));
        decode(&msgs.buf, OFPMSG_GROUP_FEATURES_REPLY, &msg);
        assert_memory_equal(&msg.u.group_features, &gf, sizeof gf);
        ofp_msgs_destroy(&msgs);
    }
}

/* What is printed reads back as the same. */
static void test_group_text(void **state)
{
    struct generator g = { 11 };

    for (int i = 0; i < ROUNDS; i++) {
        struct ofp_group_mod gm, back;
        struct strbuf s = STRBUF_INIT;

        make_group(&g, true, &gm);
        struct ofp_group_desc gd = { gm.id, gm.type, gm.buckets, gm.n_buckets, gm.props };
        ofp_group_desc_format(&s, &gd, OFP15, NULL);
        char *error = ofp_group_mod_parse(&back, strbuf_str(&s), OFPGC_ADD, NULL);
        assert_null(error);
        assert_int_equal(back.id, gm.id);
        assert_buckets_equal(back.buckets, back.n_buckets, gm.buckets, gm.n_buckets);
        assert_props_equal(&back.props, &gm.props);
        ofp_group_mod_destroy(&back);
        ofp_group_mod_destroy(&gm);
        strbuf_destroy(&s);
    }
}

static void test_group_text_errors(void **state)
{
    static const struct {
        const char *text, *error;
        enum ofp_group_command command;
    } cases[] = {
        { "group_id=2,type=foo", "invalid group type foo", OFPGC_ADD },
        { "type=all", "must specify a group_id", OFPGC_ADD },
        { "group_id=2", "must specify a type", OFPGC_ADD },
        { "group_id=0xffffff05,type=all", "invalid group id 4294967045", OFPGC_ADD },
        { "group_id=7,type=indirect,bucket=1,bucket=2",
          "Indirect groups can have at most one bucket.", OFPGC_ADD },
        { "group_id=7,type=all,bucket=weight:3,actions=2",
          "Only select groups can have bucket weights.", OFPGC_ADD },
        { "group_id=12,type=ff,bucket=1", "fast failover bucket requires watch_port or watch_group",
          OFPGC_ADD },
        { "group_id=1,type=all,bucket=", "bucket must specify actions", OFPGC_ADD },
        { "group_id=1,type=all,foo=1", "unknown keyword foo", OFPGC_ADD },
        { "group_id=1,bucket=2", "bucket is not needed", OFPGC_DELETE },
        { "group_id=1,type=all", "type is not needed", OFPGC_INSERT_BUCKET },
        { "group_id=1,bucket=2", "must specify a command bucket id", OFPGC_INSERT_BUCKET },
        { "group_id=1,command_bucket_id=all,bucket=2", "command_bucket_id=all is not permitted",
          OFPGC_INSERT_BUCKET },
        { "group_id=1,type=select,selection_method=dp_hash,fields(eth_dst)",
          "fields may only be specified with \"selection_method=hash\"", OFPGC_ADD },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ofp_group_mod gm;
        char *error = ofp_group_mod_parse(&gm, cases[i].text, cases[i].command, NULL);

        assert_string_equal(error, cases[i].error);
        free(error);
    }
}

static void test_meters(void **state)
{
    for (int v = OFP13; v <= OFP15; v++) {
        struct ofp_meter_mod mm = {
            OFPMC_ADD,
            { 5, OFPMF_PKTPS | OFPMF_BURST, 2, { { OFPMBT_DROP, 0, 1000, 10 }, { 2, 3, 7, 5 } } },
        };
        struct ofp_meter_stats ms = { 5, 6, 7, 8, 9, 10, 1, { { 11, 12 } } }, ms_back;
        struct ofp_meter_features mf = { 100, 6, 15, 8, 0, v == OFP15 ? 3 : 0 };
        struct ofp_meter_config mc;
        struct ofp_msgs msgs = { { 0 }, 0 };
        struct ofp_message req, msg;
        struct ofp_stats_iter iter;

        ofp_encode_meter_mod(&msgs.buf, (enum ofp_version) v, &mm, htonl(9));
        decode(&msgs.buf, OFPMSG_METER_MOD, &msg);
        assert_memory_equal(&msg.u.meter_mod, &mm, sizeof mm);

        msgs.buf.size = 0;
        request(OFPMSG_METER_CONFIG_REQUEST, (enum ofp_version) v, &req);
        ofp_reply_begin(&msgs, &req);
        ofp_reply_meter_config(&msgs, &mm.config);
        decode(&msgs.buf, OFPMSG_METER_CONFIG_REPLY, &msg);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_meter_config_next(&iter, &mc), OFPERR_OK);
        assert_memory_equal(&mc, &mm.config, sizeof mc);

        msgs.buf.size = 0;
        request(OFPMSG_METER_STATS_REQUEST, (enum ofp_version) v, &req);
        ofp_reply_begin(&msgs, &req);
        ofp_reply_meter_stats(&msgs, &ms);
        decode(&msgs.buf, OFPMSG_METER_STATS_REPLY, &msg);
        ofp_stats_iter_init(&iter, &msg);
        assert_int_equal(ofp_meter_stats_next(&iter, &ms_back), OFPERR_OK);
        assert_memory_equal(&ms_back, &ms, sizeof ms);

        msgs.buf.size = 0;
        ofp_encode_meter_features_reply(&msgs.buf, (enum ofp_version) v, &mf, htonl(9));
        decode(&msgs.buf, OFPMSG_METER_FEATURES_REPLY, &msg);
        assert_memory_equal(&msg.u.meter_features, &mf, sizeof mf);
        ofp_msgs_destroy(&msgs);
    }
}

static void test_meter_text(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "meter=1", "must specify bands" },
        { "kbps,bands=type=drop,rate=5", "must specify 'meter'" },
        { "meter=1,bands=type=drop,rate=5", "meter must specify either 'kbps' or 'pktps'" },
        { "meter=1,kbps,bands=type=foo,rate=5", "field type unknown value foo" },
        { "meter=1,kbps,bands=rate=5", "band must start with the 'type' keyword" },
        { "meter=1,kbps,bands=type=drop", "band must have 'rate'" },
        { "meter=0,kbps,bands=type=drop,rate=1", "invalid value for meter" },
        { "meter=1,kbps,burst,bands=type=drop,rate=1",
          "band must have 'burst_size' when 'burst' flag is set" },
        { "meter=1,kbps,foo,bands=type=drop,rate=3", "field foo missing value" },
    };
    struct ofp_meter_mod mm, back;
    struct strbuf s = STRBUF_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *error = ofp_meter_mod_parse(&mm, cases[i].text, OFPMC_ADD);
        assert_string_equal(error, cases[i].error);
        free(error);
    }
    assert_null(ofp_meter_mod_parse(&mm,
                                    "meter=controller pktps burst stats bands=type=drop rate=9 "
                                    "burst_size=4,type=dscp_remark,rate=5,burst_size=3,prec_level=1",
                                    OFPMC_ADD));
    assert_int_equal(mm.config.n_bands, 2);
    assert_int_equal(mm.config.id, OFPM_CONTROLLER);
    ofp_meter_config_format(&s, &mm.config);
    assert_null(ofp_meter_mod_parse(&back, strbuf_str(&s), OFPMC_ADD));
    assert_memory_equal(&mm, &back, sizeof mm);
    strbuf_destroy(&s);
}

static void test_bundles(void **state)
{
    for (int v = OFP13; v <= OFP15; v++) {
        struct ofp_bundle_ctrl bc = { 0x1234, OFPBCT_COMMIT_REQUEST, OFPBF_ATOMIC };
        struct ofp_group_mod gm = { .command = OFPGC_DELETE, .id = OFPG_ALL,
                                    .command_bucket = OFPG_BUCKET_ALL };
        struct ofpbuf buf = { 0 }, inner = { 0 };
        struct ofp_message msg;

        ofp_encode_bundle_ctrl(&buf, (enum ofp_version) v, &bc, htonl(9));
        decode(&buf, OFPMSG_BUNDLE_CTRL, &msg);
        assert_int_equal(msg.nx, v == OFP13);
        assert_memory_equal(&msg.u.bundle_ctrl, &bc, sizeof bc);

        assert_true(ofp_encode_group_mod(&inner, (enum ofp_version) v, &gm, htonl(9)));
        struct ofp_bundle_add ba = { 0x1234, OFPBF_ORDERED, inner.data, inner.size };
        buf.size = 0;
        assert_true(ofp_encode_bundle_add(&buf, (enum ofp_version) v, &ba, htonl(9)));
        decode(&buf, OFPMSG_BUNDLE_ADD, &msg);
        assert_int_equal(msg.u.bundle_add.message_len, inner.size);
        assert_memory_equal(msg.u.bundle_add.message, inner.data, inner.size);

        /* The message inside has another transaction id. */
        buf.size = 0;
        assert_true(ofp_encode_bundle_add(&buf, (enum ofp_version) v, &ba, htonl(8)));
        assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPBFC_MSG_BAD_XID);
        ofpbuf_destroy(&buf);
        ofpbuf_destroy(&inner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group_mods),   cmocka_unit_test(test_bucket_commands),
        cmocka_unit_test(test_group_desc),   cmocka_unit_test(test_group_stats),
        cmocka_unit_test(test_group_text),   cmocka_unit_test(test_group_text_errors),
        cmocka_unit_test(test_meters),       cmocka_unit_test(test_meter_text),
        cmocka_unit_test(test_bundles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
