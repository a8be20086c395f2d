/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages of each kind: sessions, tables, groups, meters, bundles, monitors, extensions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/ofp/error_table.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/ipfix_stats.h"
#include "lib/ofp/msg_table.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "tests/unit/ofp/make_message.h"

static uint64_t rnd64(struct maker *m)
{
    return generate_u64(&m->g);
}

static uint32_t rnd32(struct maker *m)
{
    return generate_u32(&m->g);
}

static uint16_t rnd16(struct maker *m)
{
    return (uint16_t) generate_u32(&m->g);
}

static uint32_t below(struct maker *m, uint32_t n)
{
    return generate_below(&m->g, n);
}

/* Messages without a body: the type is the kind's. */

static void make_empty(struct maker *m)
{
    ofp_encode_empty(&m->out, m->version, m->kind->type, 7);
}

static void again_empty(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_empty(&m->out, m->version, msg->type, msg->xid);
}

static void make_bodiless_request(struct maker *m)
{
    ofp_encode_stats_request(&m->out, m->version, m->kind->type, NULL, m->nx, 7);
}

static void again_bodiless_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, NULL, msg->nx, msg->xid);
}

/* Sessions. */

static void make_hello(struct maker *m)
{
    uint32_t version = 1u << m->version;
    ofp_encode_hello(&m->out, version | (rnd32(m) & (version - 1) & ~1u), 7);
}

static void again_hello(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_hello(&m->out, msg->u.hello.versions, msg->xid);
}

static void make_error(struct maker *m)
{
    uint8_t request[90] = { (uint8_t) m->version, 2, 0, sizeof request, 0, 0, 0, 7 };
    enum ofp_error error;
    do {
        error = (enum ofp_error) (1 + below(m, OFPERR_N - 1));
    } while (!ofp_error_wire(error, m->version));
    ofp_encode_error(&m->out, m->version, error, request, sizeof request);
}

static void again_error(struct maker *m, const struct ofp_message *msg)
{
    const struct ofp_error_msg *e = &msg->u.error;
    assert_int_not_equal(e->error, OFPERR_OK);
    ofp_encode_error(&m->out, m->version, e->error, e->data, e->data_len);
}

static void make_echo_reply(struct maker *m)
{
    uint8_t data[40] = { 1, 2, 3 };
    ofp_encode_echo(&m->out, m->version, false, data, below(m, sizeof data), 7);
}

static void again_echo_reply(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_echo(&m->out, m->version, false, msg->u.echo.data, msg->u.echo.len, msg->xid);
}

static void make_config_reply(struct maker *m)
{
    struct ofp_switch_config c = { rnd16(m) & 3, rnd16(m), (int) below(m, 2) };
    ofp_encode_config(&m->out, m->version, false, &c, 7);
}

static void again_config_reply(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_config(&m->out, m->version, false, &msg->u.config, msg->xid);
}

static void make_role_reply(struct maker *m)
{
    ofp_encode_role(&m->out, m->version, false, 1 + below(m, 3), rnd64(m), 7);
}

static void again_role_reply(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_role(&m->out, m->version, false, msg->u.role.role, msg->u.role.generation_id, msg->xid);
}

static void make_async_reply(struct maker *m)
{
    static const uint32_t known[OFP_N_ASYNC] = { 0x3f, 7, 0x3f, 7, 0x18, 3 };
    uint32_t masks[2][OFP_N_ASYNC];
    for (int row = 0; row < 2; row++) {
        for (int kind = 0; kind < OFP_N_ASYNC; kind++) {
            masks[row][kind] = rnd32(m) & known[kind];
        }
    }
    ofp_encode_async_reply(&m->out, m->version, masks, 7);
}

static void again_async_reply(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_async_reply(&m->out, m->version, msg->u.async.masks, msg->xid);
}

static void make_controller_status(struct maker *m)
{
    struct ofp_controller_status cs = { rnd16(m), below(m, 4), (uint8_t) below(m, 5), below(m, 2), "tcp:192.0.2.1:6653" };
    ofp_encode_controller_status(&m->out, m->version, &cs);
}

static void again_controller_status(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_controller_status(&m->out, m->version, &msg->u.controller_status);
}

static void make_controller_statuses(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_CONTROLLER_STATUS_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_controller_status cs = { rnd16(m), below(m, 4), (uint8_t) below(m, 5), below(m, 2), "" };
        snprintf(cs.uri, sizeof cs.uri, "tls:192.0.2.%u:6653", below(m, 100));
        ofp_reply_controller_status(&msgs, &cs);
    }
    m->out = msgs.buf;
}

static void again_controller_statuses(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_CONTROLLER_STATUS_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_controller_status cs;
        assert_int_equal(ofp_controller_status_next(&iter, &cs), OFPERR_OK);
        ofp_reply_controller_status(&msgs, &cs);
    }
    m->out = msgs.buf;
}

/* Tables. */

static void make_aggregate_request(struct maker *m)
{
    struct ofp_flow_stats_request r = { .table = (uint8_t) rnd32(m), .out_port = generate_port(&m->g), .out_group = rnd32(m) };
    make_random_match(m, &r.match);
    ofp_encode_stats_request(&m->out, m->version, m->kind->type, &r, m->nx, 7);
}

static void again_flow_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, &msg->u.flow_stats_request, msg->nx, msg->xid);
}

static void make_table_features(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_FEATURES_REQUEST);
    ofp_reply_table_features(&msgs, (uint8_t) below(m, 254), "a table");
    m->out = msgs.buf;
}

static void again_table_features(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_FEATURES_REQUEST);
    struct ofp_stats_iter iter;
    struct ofp_table_features tf;
    ofp_stats_iter_init(&iter, msg);
    assert_int_equal(ofp_table_features_next(&iter, &tf), OFPERR_OK);
    assert_int_equal(iter.n, 0);
    ofp_reply_table_features(&msgs, tf.id, tf.name);
    m->out = msgs.buf;
}

static void make_table_mod(struct maker *m)
{
    struct ofp_table_mod tm = { .table = (uint8_t) rnd32(m), .eviction = -1, .eviction_flags = UINT32_MAX, .vacancy = -1 };
    if (m->version < OFP13) {
        tm.miss = (enum ofp_table_miss) (1 + below(m, 3));
    } else if (m->version >= OFP14) {
        tm.eviction = (int) below(m, 2);
        tm.vacancy = (int) below(m, 2);
        tm.vacancy_down = (uint8_t) (tm.vacancy ? 1 + below(m, 40) : 0);
        tm.vacancy_up = (uint8_t) (tm.vacancy ? 50 + below(m, 40) : 0);
    }
    ofp_encode_table_mod(&m->out, m->version, &tm, 7);
}

static void again_table_mod(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_table_mod(&m->out, m->version, &msg->u.table_mod, msg->xid);
}

static struct ofp_table_desc random_table_desc(struct maker *m)
{
    struct ofp_table_desc td = { .table = (uint8_t) rnd32(m), .eviction = below(m, 2), .vacancy = true, .eviction_flags = 4,
                                 .vacancy_down = 10, .vacancy_up = 90, .vacancy_now = (uint8_t) below(m, 100) };
    return td;
}

static void make_table_desc(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_DESC_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_table_desc td = random_table_desc(m);
        ofp_reply_table_desc(&msgs, &td);
    }
    m->out = msgs.buf;
}

static void again_table_desc(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_DESC_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_table_desc td;
        assert_int_equal(ofp_table_desc_next(&iter, &td), OFPERR_OK);
        ofp_reply_table_desc(&msgs, &td);
    }
    m->out = msgs.buf;
}

static void make_table_status(struct maker *m)
{
    struct ofp_table_status ts = { (uint8_t) (OFPTR_VACANCY_DOWN + below(m, 2)), random_table_desc(m) };
    ofp_encode_table_status(&m->out, m->version, &ts);
}

static void again_table_status(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_table_status(&m->out, m->version, &msg->u.table_status);
}

/* Groups. */

static struct ofp_bucket *random_buckets(struct maker *m, enum ofp_group_type type, size_t n)
{
    struct ofp_bucket *buckets = n ? xcalloc(n, sizeof *buckets) : NULL;
    for (size_t i = 0; i < n; i++) {
        buckets[i] = (struct ofp_bucket) { .id = (uint32_t) i, .watch_port = OFPP_NONE, .watch_group = OFPG_ANY };
        buckets[i].weight = type == OFPGT_SELECT ? rnd16(m) : 0;
        buckets[i].watch_port = type == OFPGT_FF ? 1 + below(m, 100) : OFPP_NONE;
        make_random_actions(m, &buckets[i].actions, 3, false);
    }
    return buckets;
}

static void random_group_mod(struct maker *m, struct ofp_group_mod *gm)
{
    static const enum ofp_group_command commands[] = { OFPGC_ADD, OFPGC_MODIFY, OFPGC_DELETE };
    memset(gm, 0, sizeof *gm);
    gm->command = m->nx && m->version > OFP10 ? OFPGC_INSERT_BUCKET : commands[below(m, 3)];
    gm->type = gm->command == OFPGC_ADD || gm->command == OFPGC_MODIFY ? (enum ofp_group_type) below(m, OFPGT_N) : OFPGT_ALL;
    gm->id = below(m, OFPG_MAX);
    gm->command_bucket = gm->command == OFPGC_INSERT_BUCKET ? OFPG_BUCKET_LAST : OFPG_BUCKET_ALL;
    gm->n_buckets = gm->command == OFPGC_DELETE ? 0 : gm->type == OFPGT_INDIRECT ? 1 : 1 + below(m, 4);
    gm->buckets = random_buckets(m, gm->type, gm->n_buckets);
}

static void make_group_mod(struct maker *m)
{
    struct ofp_group_mod gm;
    random_group_mod(m, &gm);
    assert_true(ofp_encode_group_mod(&m->out, m->version, &gm, 7));
    ofp_group_mod_destroy(&gm);
}

static void again_group_mod(struct maker *m, const struct ofp_message *msg)
{
    assert_true(ofp_encode_group_mod(&m->out, m->version, &msg->u.group_mod, msg->xid));
}

static void make_group_request(struct maker *m)
{
    struct ofp_group_request r = { rnd32(m) };
    ofp_encode_stats_request(&m->out, m->version, m->kind->type, &r, m->nx, 7);
}

static void again_group_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, &msg->u.group_request, msg->nx, msg->xid);
}

static void make_group_desc(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_GROUP_DESC_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_group_desc gd = { .id = below(m, OFPG_MAX), .type = (enum ofp_group_type) below(m, OFPGT_N) };
        gd.n_buckets = 1;
        gd.buckets = random_buckets(m, gd.type, gd.n_buckets);
        ofp_reply_group_desc(&msgs, &gd);
        ofp_group_desc_destroy(&gd);
    }
    m->out = msgs.buf;
}

static void again_group_desc(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_GROUP_DESC_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_group_desc gd;
        assert_int_equal(ofp_group_desc_next(&iter, &gd), OFPERR_OK);
        ofp_reply_group_desc(&msgs, &gd);
        ofp_group_desc_destroy(&gd);
    }
    m->out = msgs.buf;
}

static void make_group_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_GROUP_STATS_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_bucket_stats buckets[3];
        struct ofp_group_stats gs = { .id = below(m, OFPG_MAX), .ref_count = rnd32(m), .packets = rnd64(m), .bytes = rnd64(m),
                                      .duration_sec = rnd32(m), .duration_nsec = 5, .buckets = buckets, .n_buckets = below(m, 4) };
        for (size_t j = 0; j < ARRAY_SIZE(buckets); j++) {
            buckets[j] = (struct ofp_bucket_stats) { rnd64(m), rnd64(m) };
        }
        ofp_reply_group_stats(&msgs, &gs);
    }
    m->out = msgs.buf;
}

static void again_group_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_GROUP_STATS_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_group_stats gs;
        assert_int_equal(ofp_group_stats_next(&iter, &gs), OFPERR_OK);
        ofp_reply_group_stats(&msgs, &gs);
        free(gs.buckets);
    }
    m->out = msgs.buf;
}

static void make_group_features(struct maker *m)
{
    struct ofp_group_features gf = { rnd32(m) & 15, rnd32(m) & 15, { rnd32(m), rnd32(m), rnd32(m), rnd32(m) },
                                     { rnd32(m), rnd32(m), rnd32(m), rnd32(m) } };
    ofp_encode_group_features_reply(&m->out, m->version, &gf, 7);
}

static void again_group_features(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_group_features_reply(&m->out, m->version, &msg->u.group_features, msg->xid);
}

/* Meters. */

static struct ofp_meter_config random_meter(struct maker *m)
{
    struct ofp_meter_config config = { .id = 1 + below(m, OFPM_MAX - 1), .n_bands = (uint16_t) (1 + below(m, 3)) };
    config.flags = (uint16_t) ((below(m, 2) ? OFPMF_KBPS : OFPMF_PKTPS) | OFPMF_BURST | OFPMF_STATS);
    for (size_t i = 0; i < config.n_bands; i++) {
        bool drop = below(m, 2);
        config.bands[i] = (struct ofp_meter_band) { drop ? OFPMBT_DROP : OFPMBT_DSCP_REMARK, drop ? 0 : 1, 1 + below(m, 1000000), rnd32(m) };
    }
    return config;
}

static void make_meter_mod(struct maker *m)
{
    struct ofp_meter_mod mm = { (enum ofp_meter_command) below(m, 2), random_meter(m) };
    ofp_encode_meter_mod(&m->out, m->version, &mm, 7);
}

static void again_meter_mod(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_meter_mod(&m->out, m->version, &msg->u.meter_mod, msg->xid);
}

static void make_meter_request(struct maker *m)
{
    struct ofp_meter_request r = { 1 + below(m, 1000) };
    ofp_encode_stats_request(&m->out, m->version, m->kind->type, &r, m->nx, 7);
}

static void again_meter_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, &msg->u.meter_request, msg->nx, msg->xid);
}

static void make_meter_config(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_METER_CONFIG_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_meter_config config = random_meter(m);
        ofp_reply_meter_config(&msgs, &config);
    }
    m->out = msgs.buf;
}

static void again_meter_config(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_METER_CONFIG_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_meter_config config;
        assert_int_equal(ofp_meter_config_next(&iter, &config), OFPERR_OK);
        ofp_reply_meter_config(&msgs, &config);
    }
    m->out = msgs.buf;
}

static void make_meter_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_METER_STATS_REQUEST);
    for (uint32_t i = below(m, 4); i > 0; i--) {
        struct ofp_meter_stats ms = { .id = rnd32(m), .n_flows = rnd32(m), .packets_in = rnd64(m), .bytes_in = rnd64(m),
                                      .duration_sec = rnd32(m), .n_bands = 2, .bands = { { rnd64(m), rnd64(m) }, { 1, 2 } } };
        ofp_reply_meter_stats(&msgs, &ms);
    }
    m->out = msgs.buf;
}

static void again_meter_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_METER_STATS_REQUEST);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_meter_stats ms;
        assert_int_equal(ofp_meter_stats_next(&iter, &ms), OFPERR_OK);
        ofp_reply_meter_stats(&msgs, &ms);
    }
    m->out = msgs.buf;
}

static void make_meter_features(struct maker *m)
{
    struct ofp_meter_features mf = { rnd32(m), rnd32(m), rnd32(m), (uint8_t) rnd32(m), (uint8_t) rnd32(m),
                                     m->version >= OFP15 ? rnd32(m) : 0 };
    ofp_encode_meter_features_reply(&m->out, m->version, &mf, 7);
}

static void again_meter_features(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_meter_features_reply(&m->out, m->version, &msg->u.meter_features, msg->xid);
}

/* Bundles and what other controllers hear. */

static void make_bundle_ctrl(struct maker *m)
{
    struct ofp_bundle_ctrl bc = { rnd32(m), (uint16_t) below(m, 8), (uint16_t) below(m, 4) };
    ofp_encode_bundle_ctrl(&m->out, m->version, &bc, 7);
}

static void again_bundle_ctrl(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_bundle_ctrl(&m->out, m->version, &msg->u.bundle_ctrl, msg->xid);
}

static void make_bundle_add(struct maker *m)
{
    struct ofp_port_mod pm = { 1 + below(m, 100), { { 1, 2, 3, 4, 5, 6 } }, rnd32(m) & 1, 1, 0, { .present = false } };
    struct ofpbuf inner = { 0 };
    ofp_encode_port_mod(&inner, m->version, &pm, 7);
    struct ofp_bundle_add ba = { rnd32(m), (uint16_t) below(m, 4), inner.data, inner.size };
    assert_true(ofp_encode_bundle_add(&m->out, m->version, &ba, 7));
    ofpbuf_destroy(&inner);
}

static void again_bundle_add(struct maker *m, const struct ofp_message *msg)
{
    assert_true(ofp_encode_bundle_add(&m->out, m->version, &msg->u.bundle_add, msg->xid));
}

static void make_requestforward(struct maker *m)
{
    struct ofp_group_mod gm;
    random_group_mod(m, &gm);
    assert_true(ofp_encode_requestforward(&m->out, m->version, &gm, NULL, 7));
    ofp_group_mod_destroy(&gm);
}

static void again_requestforward(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_message inner;
    assert_int_equal(ofp_decode(msg->u.requestforward.message, msg->u.requestforward.message_len, true, &inner), OFPERR_OK);
    assert_true(ofp_encode_requestforward(&m->out, m->version, &inner.u.group_mod, NULL, msg->xid));
    ofp_message_destroy(&inner);
}

/* Flow monitors. */

static void make_monitor_request(struct maker *m)
{
    struct ofp_flow_monitor_request r = {
        .id = rnd32(m), .command = (uint8_t) (m->version < OFP14 ? OFPFMC_ADD : below(m, 2)), .flags = (uint16_t) (OFPFMF_ADD | below(m, 32)),
        .out_port = OFPP_NONE, .out_group = OFPG_ANY, .table = (uint8_t) below(m, 254),
    };
    make_random_match(m, &r.match);
    ofp_encode_flow_monitor_request(&m->out, m->version, &r, 7);
}

static void again_monitor_request(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofp_flow_monitor_request r;
    ofp_stats_iter_init(&iter, msg);
    assert_int_equal(ofp_flow_monitor_request_next(&iter, &r), OFPERR_OK);
    assert_int_equal(iter.n, 0);
    ofp_encode_flow_monitor_request(&m->out, m->version, &r, msg->xid);
}

static void make_monitor_update(struct maker *m)
{
    struct ofp_msgs msgs = { m->out, 0 };
    ofp_flow_updates_begin(&msgs, m->version, 7);
    for (uint32_t i = 1 + below(m, 3); i > 0; i--) {
        struct ofpbuf actions = { 0 };
        struct ofp_flow_update u = {
            .event = (enum ofp_flow_update_event) (OFPFME_ADDED + below(m, 4)), .table = (uint8_t) below(m, 254), .priority = rnd16(m),
            .idle_timeout = rnd16(m), .hard_timeout = rnd16(m), .cookie = (be64) rnd64(m),
        };
        u.reason = u.event == OFPFME_REMOVED ? OFPRR_DELETE : 0;
        u.xid = u.event == OFPFME_ABBREV ? rnd32(m) : 0;
        make_random_match(m, &u.match);
        make_random_actions(m, &actions, 3, m->version > OFP10);
        u.actions = actions.data;
        u.actions_size = actions.size;
        ofp_flow_updates_put(&msgs, &u);
        ofpbuf_destroy(&actions);
    }
    m->out = msgs.buf;
}

static void again_monitor_update(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = { m->out, 0 };
    struct ofp_stats_iter iter;
    struct ofpbuf actions = { 0 };
    ofp_flow_updates_begin(&msgs, m->version, msg->xid);
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_update u;
        assert_int_equal(ofp_flow_update_next(&iter, &u, &actions), OFPERR_OK);
        ofp_flow_updates_put(&msgs, &u);
    }
    ofpbuf_destroy(&actions);
    m->out = msgs.buf;
}

static void make_monitor_cancel(struct maker *m)
{
    ofp_encode_flow_monitor_cancel(&m->out, m->version, rnd32(m), 7);
}

static void again_monitor_cancel(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_flow_monitor_cancel(&m->out, m->version, msg->u.flow_monitor_cancel.id, msg->xid);
}

static void make_monitor_paused(struct maker *m)
{
    ofp_encode_flow_monitor_state(&m->out, m->version, OFPFME_PAUSED);
}

static void make_monitor_resumed(struct maker *m)
{
    ofp_encode_flow_monitor_state(&m->out, m->version, OFPFME_RESUMED);
}

static void again_monitor_state(struct maker *m, const struct ofp_message *msg)
{
    bool paused = msg->type == OFPMSG_FLOW_MONITOR_PAUSED;
    ofp_encode_flow_monitor_state(&m->out, m->version, paused ? OFPFME_PAUSED : OFPFME_RESUMED);
}

/* Nicira's extensions. */

/* Forms that are understood in versions that have a message of their own for the purpose, in which Weft sends that. They are the same in
 * all versions. */

static void put_role(struct maker *m, bool reply, uint32_t role, uint64_t generation_id)
{
    size_t start = m->out.size;
    ofp_encode_role(&m->out, OFP10, reply, role, generation_id, 7);
    m->out.data[start] = (uint8_t) m->version;
}

static void make_nx_role(struct maker *m)
{
    put_role(m, m->kind->type == OFPMSG_ROLE_REPLY, 1 + below(m, 3), UINT64_MAX);
}

static void again_nx_role(struct maker *m, const struct ofp_message *msg)
{
    assert_int_equal(msg->type, m->kind->type);
    put_role(m, msg->type == OFPMSG_ROLE_REPLY, msg->u.role.role, msg->u.role.generation_id);
}

static void put_nx_async(struct maker *m, const uint32_t masks[2][OFP_N_ASYNC])
{
    size_t start = m->out.size;
    ofp_encode_set_async(&m->out, OFP12, masks, 7);
    m->out.data[start] = (uint8_t) m->version;
}

static void make_nx_async(struct maker *m)
{
    const uint32_t masks[2][OFP_N_ASYNC] = { { rnd32(m) & 7, rnd32(m) & 7, rnd32(m) & 7 }, { rnd32(m) & 7, rnd32(m) & 7, rnd32(m) & 7 } };
    put_nx_async(m, masks);
}

static void again_nx_async(struct maker *m, const struct ofp_message *msg)
{
    put_nx_async(m, msg->u.async.masks);
}

/* The body is that of 1.4. */
static void put_nx_async2(struct maker *m, const uint32_t masks[2][OFP_N_ASYNC])
{
    struct ofpbuf set = { 0 };
    ofp_encode_set_async(&set, OFP14, masks, 7);
    size_t start = msg_begin_nx(&m->out, 27, m->version, 7);
    ofpbuf_put(&m->out, set.data + OFP_HEADER_LEN, set.size - OFP_HEADER_LEN);
    assert_true(msg_end(&m->out, start));
    ofpbuf_destroy(&set);
}

static void make_nx_async2(struct maker *m)
{
    const uint32_t masks[2][OFP_N_ASYNC] = { { rnd32(m) & 7, rnd32(m) & 7, rnd32(m) & 7, 3, 0x18, 3 }, { rnd32(m) & 7, rnd32(m) & 7 } };
    put_nx_async2(m, masks);
}

static void again_nx_async2(struct maker *m, const struct ofp_message *msg)
{
    put_nx_async2(m, msg->u.async.masks);
}

static void make_nx_setting(struct maker *m)
{
    enum ofp_msg_type type = m->kind->type;
    uint32_t value = type == OFPMSG_NXT_SET_FLOW_FORMAT ? (below(m, 2) ? OFP_FLOW_FORMAT_NXM : OFP_FLOW_FORMAT_OPENFLOW10) :
                     type == OFPMSG_NXT_SET_CONTROLLER_ID ? rnd16(m) : type == OFPMSG_NXT_FLOW_MOD_TABLE_ID ? below(m, 2) : below(m, 3);
    ofp_encode_nx_setting(&m->out, m->version, type, value, 7);
}

static void again_nx_setting(struct maker *m, const struct ofp_message *msg)
{
    uint32_t value = msg->type == OFPMSG_NXT_SET_FLOW_FORMAT ? msg->u.flow_format.flow_format :
                     msg->type == OFPMSG_NXT_SET_CONTROLLER_ID ? msg->u.controller_id.id :
                     msg->type == OFPMSG_NXT_FLOW_MOD_TABLE_ID ? msg->u.flow_mod_table_id.on : (uint32_t) msg->u.packet_in_format.format;
    ofp_encode_nx_setting(&m->out, m->version, msg->type, value, msg->xid);
}

static size_t random_maps(struct maker *m, struct ofp_tlv_map *maps)
{
    size_t n = below(m, 5);
    for (size_t i = 0; i < n; i++) {
        maps[i] = (struct ofp_tlv_map) { rnd16(m), (uint8_t) rnd32(m), (uint8_t) (4 * (1 + below(m, 31))), (uint16_t) i };
    }
    return n;
}

static void make_tlv_mod(struct maker *m)
{
    struct ofp_tlv_mod tm = { .command = (enum ofp_tlv_command) below(m, 3) };
    tm.n = random_maps(m, tm.maps);
    ofp_encode_tlv_mod(&m->out, m->version, &tm, 7);
}

static void again_tlv_mod(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_tlv_mod(&m->out, m->version, &msg->u.tlv_mod, msg->xid);
}

static void make_tlv_reply(struct maker *m)
{
    struct ofp_tlv_reply tr = { .max_space = rnd32(m), .max_fields = rnd16(m) };
    tr.n = random_maps(m, tr.maps);
    ofp_encode_tlv_reply(&m->out, m->version, &tr, 7);
}

static void again_tlv_reply(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_tlv_reply(&m->out, m->version, &msg->u.tlv_reply, msg->xid);
}

static void make_resume(struct maker *m)
{
    /* Nicira's property 0x8000 of a continuation: Open vSwitch's tools look into it. */
    static const uint8_t packet[60] = { 1, 2, 3 }, continuation[] = { 0, 0, 0, 0, 0x80, 0x04, 0, 5, 7, 0, 0, 0 };
    struct ofp_packet_in pin = { .packet = packet, .packet_len = sizeof packet, .total_len = sizeof packet, .reason = OFPR_ACTION,
                                 .table = (uint8_t) rnd32(m), .cookie = (be64) rnd64(m), .continuation = continuation,
                                 .continuation_len = sizeof continuation };
    union field_value port = { .be32 = htonl(7) };
    match_init(&pin.metadata);
    field_set_match(field_get(FIELD_IN_PORT_OXM), &pin.metadata, &port, NULL);
    assert_true(ofp_encode_resume(&m->out, m->version, &pin, 7));
}

static void again_resume(struct maker *m, const struct ofp_message *msg)
{
    assert_true(ofp_encode_resume(&m->out, m->version, &msg->u.packet_in, msg->xid));
}

static void make_ct_flush_zone(struct maker *m)
{
    ofp_encode_ct_flush_zone(&m->out, m->version, rnd16(m), 7);
}

static void again_ct_flush_zone(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_ct_flush_zone(&m->out, m->version, msg->u.ct_flush_zone.zone, msg->xid);
}

static void make_ct_flush(struct maker *m)
{
    struct ofp_ct_flush cf = { .has_zone = below(m, 2) };
    cf.zone = cf.has_zone ? rnd16(m) : 0;
    if (below(m, 2)) {
        char *error = ofp_ct_tuple_parse(&cf, &cf.orig, "ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80");
        assert_null(error);
    }
    cf.mark_mask = below(m, 2) ? 0xff : 0;
    cf.mark = rnd32(m) & cf.mark_mask;
    ofp_encode_ct_flush(&m->out, m->version, &cf, 7);
}

static void again_ct_flush(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_ct_flush(&m->out, m->version, &msg->u.ct_flush, msg->xid);
}

static void make_ipfix(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, m->kind->type);
    struct ofp_ipfix_stats s = { .total_flows = rnd64(m), .current_flows = rnd64(m), .packets = rnd64(m), .ipv4_packets = rnd64(m),
                                 .errors = rnd64(m), .tx_packets = rnd64(m), .tx_errors = rnd64(m),
                                 .collector_set_id = m->kind->type == OFPMSG_NXST_IPFIX_FLOW_REQUEST ? rnd32(m) : 0 };
    ofp_reply_ipfix_stats(&msgs, &s);
    m->out = msgs.buf;
}

static void again_ipfix(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, m->kind->type);
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_ipfix_stats s;
        assert_int_equal(ofp_ipfix_stats_next(&iter, &s), OFPERR_OK);
        ofp_reply_ipfix_stats(&msgs, &s);
    }
    m->out = msgs.buf;
}

#define EMPTY(NAME, FIRST, LAST, TYPE) { NAME, false, FIRST, LAST, false, make_empty, again_empty, OFPMSG_##TYPE }
#define ASKS(NAME, NX, FIRST, LAST, TYPE)                                                          \
    { NAME, NX, FIRST, LAST, false, make_bodiless_request, again_bodiless_request, OFPMSG_##TYPE }
#define ASKS_GROUP(NAME, NX, FIRST, LAST, TYPE)                                                    \
    { NAME, NX, FIRST, LAST, false, make_group_request, again_group_request, OFPMSG_##TYPE }
#define ASKS_METER(NAME, TYPE) { NAME, false, OFP13, OFP15, false, make_meter_request, again_meter_request, OFPMSG_##TYPE }
#define ASKS_FLOWS(NAME, NX, FIRST, LAST, TYPE)                                                    \
    { NAME, NX, FIRST, LAST, true, make_aggregate_request, again_flow_request, OFPMSG_##TYPE }
#define SETTING(NAME, LAST, TYPE) { NAME, true, OFP10, LAST, false, make_nx_setting, again_nx_setting, OFPMSG_##TYPE }
#define KIND(NAME, NX, FIRST, LAST, LOSSY, FN) { NAME, NX, FIRST, LAST, LOSSY, make_##FN, again_##FN, OFPMSG_HELLO }

const struct message_kind state_message_kinds[] = {
    KIND("hello", false, OFP10, OFP15, false, hello),
    KIND("error", false, OFP10, OFP15, false, error),
    KIND("echo reply", false, OFP10, OFP15, false, echo_reply),
    EMPTY("barrier reply", OFP10, OFP15, BARRIER_REPLY),
    EMPTY("get-config request", OFP10, OFP15, GET_CONFIG_REQUEST),
    KIND("get-config reply", false, OFP10, OFP15, false, config_reply),
    KIND("role reply", false, OFP10, OFP15, false, role_reply),
    EMPTY("get-async request", OFP13, OFP15, GET_ASYNC_REQUEST),
    KIND("get-async reply", false, OFP13, OFP15, false, async_reply),
    KIND("controller status", false, OFP15, OFP15, false, controller_status),
    ASKS("controller status request", false, OFP15, OFP15, CONTROLLER_STATUS_REQUEST),
    KIND("controller status reply", false, OFP15, OFP15, false, controller_statuses),
    ASKS("desc request", false, OFP10, OFP15, DESC_REQUEST),
    ASKS("table request", false, OFP10, OFP15, TABLE_STATS_REQUEST),
    ASKS("table features request", false, OFP13, OFP15, TABLE_FEATURES_REQUEST),
    KIND("table features", false, OFP13, OFP15, false, table_features),
    KIND("table-mod", false, OFP11, OFP15, false, table_mod),
    ASKS("table description request", false, OFP14, OFP15, TABLE_DESC_REQUEST),
    KIND("table description", false, OFP14, OFP15, false, table_desc),
    KIND("table status", false, OFP14, OFP15, false, table_status),
    ASKS_FLOWS("aggregate request", false, OFP10, OFP15, AGGREGATE_REQUEST),
    ASKS_FLOWS("NXST aggregate request", true, OFP10, OFP15, AGGREGATE_REQUEST),
    ASKS_FLOWS("flow counters request", false, OFP15, OFP15, FLOW_COUNTERS_REQUEST),
    KIND("group-mod", false, OFP11, OFP15, true, group_mod),
    KIND("NXT group-mod", true, OFP10, OFP14, true, group_mod),
    ASKS_GROUP("group request", false, OFP11, OFP15, GROUP_STATS_REQUEST),
    ASKS_GROUP("NXST group request", true, OFP10, OFP10, GROUP_STATS_REQUEST),
    KIND("group reply", false, OFP11, OFP15, false, group_stats),
    KIND("NXST group reply", true, OFP10, OFP10, false, group_stats),
    ASKS_GROUP("group description request", false, OFP11, OFP15, GROUP_DESC_REQUEST),
    ASKS_GROUP("NXST group description request", true, OFP10, OFP10, GROUP_DESC_REQUEST),
    KIND("group description", false, OFP11, OFP15, true, group_desc),
    KIND("NXST group description", true, OFP10, OFP10, true, group_desc),
    ASKS("group features request", false, OFP12, OFP15, GROUP_FEATURES_REQUEST),
    ASKS("NXST group features request", true, OFP10, OFP11, GROUP_FEATURES_REQUEST),
    KIND("group features", false, OFP10, OFP15, true, group_features),
    KIND("meter-mod", false, OFP13, OFP15, false, meter_mod),
    ASKS_METER("meter request", METER_STATS_REQUEST),
    KIND("meter reply", false, OFP13, OFP15, false, meter_stats),
    ASKS_METER("meter configuration request", METER_CONFIG_REQUEST),
    KIND("meter configuration", false, OFP13, OFP15, false, meter_config),
    ASKS("meter features request", false, OFP13, OFP15, METER_FEATURES_REQUEST),
    KIND("meter features", false, OFP13, OFP15, false, meter_features),
    KIND("bundle control", false, OFP13, OFP15, false, bundle_ctrl),
    KIND("bundle add", false, OFP13, OFP15, false, bundle_add),
    KIND("requestforward", false, OFP14, OFP15, true, requestforward),
    KIND("flow monitor request", false, OFP10, OFP15, true, monitor_request),
    KIND("flow monitor update", false, OFP10, OFP15, true, monitor_update),
    KIND("flow monitor cancel", false, OFP10, OFP13, false, monitor_cancel),
    { "flow monitor paused", false, OFP10, OFP13, false, make_monitor_paused, again_monitor_state, OFPMSG_HELLO },
    { "flow monitor resumed", false, OFP10, OFP13, false, make_monitor_resumed, again_monitor_state, OFPMSG_HELLO },
    { "NXT role request", true, OFP10, OFP15, false, make_nx_role, again_nx_role, OFPMSG_ROLE_REQUEST },
    { "NXT role reply", true, OFP10, OFP15, false, make_nx_role, again_nx_role, OFPMSG_ROLE_REPLY },
    KIND("NXT async", true, OFP10, OFP15, false, nx_async),
    KIND("NXT async 2", true, OFP10, OFP13, false, nx_async2),
    SETTING("NXT flow format", OFP10, NXT_SET_FLOW_FORMAT),
    SETTING("NXT flow-mod table id", OFP15, NXT_FLOW_MOD_TABLE_ID),
    SETTING("NXT packet-in format", OFP15, NXT_SET_PACKET_IN_FORMAT),
    SETTING("NXT controller id", OFP15, NXT_SET_CONTROLLER_ID),
    KIND("NXT option table mod", true, OFP10, OFP15, false, tlv_mod),
    EMPTY("NXT option table request", OFP10, OFP15, NXT_TLV_TABLE_REQUEST),
    KIND("NXT option table reply", true, OFP10, OFP15, false, tlv_reply),
    KIND("NXT resume", true, OFP10, OFP15, false, resume),
    KIND("NXT conntrack flush zone", true, OFP10, OFP15, false, ct_flush_zone),
    KIND("NXT conntrack flush", true, OFP10, OFP15, true, ct_flush),
    ASKS("NXST IPFIX request", true, OFP10, OFP15, NXST_IPFIX_BRIDGE_REQUEST),
    ASKS("NXST flows' IPFIX request", true, OFP10, OFP15, NXST_IPFIX_FLOW_REQUEST),
    { "NXST IPFIX", true, OFP10, OFP15, false, make_ipfix, again_ipfix, OFPMSG_NXST_IPFIX_BRIDGE_REQUEST },
    { "NXST flows' IPFIX", true, OFP10, OFP15, false, make_ipfix, again_ipfix, OFPMSG_NXST_IPFIX_FLOW_REQUEST },
};

const size_t n_state_message_kinds = ARRAY_SIZE(state_message_kinds);
