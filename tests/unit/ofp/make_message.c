/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages of each kind: packets, flows, ports, statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/ofp/stats.h"
#include "tests/unit/ofp/make_message.h"

enum { NAME_LEN = 16, PACKET_LEN = 60 };

static be64 random_be64(struct maker *m)
{
    return (be64) generate_u64(&m->g);
}

static uint16_t random_u16(struct maker *m)
{
    return (uint16_t) generate_u32(&m->g);
}

bool make_message_plain;

void make_random_match(struct maker *m, struct match *match)
{
    static const char *const plain[] = {
        "", "in_port=7", "dl_src=00:00:00:00:00:01/ff:00:00:00:00:0f", "dl_vlan=5,dl_vlan_pcp=3", "vlan_tci=0/0x1fff",
        "ip,nw_src=10.0.0.0/8,nw_tos=16", "tcp,tp_dst=80", "udp,nw_dst=10.0.0.1", "icmp,icmp_type=8", "arp,arp_op=1",
        "mpls,mpls_label=5,mpls_tc=3", "metadata=0x12/0xff", "reg0=5,reg3=1/3", "tcp6,ipv6_src=fe80::1,tp_src=1024/0xfc00",
        "icmp6,icmp_type=135,nd_target=fe80::1", "sctp,tp_src=9", "tun_id=7",
    };
    struct ofp_flow_stats_request parsed;

    if (!make_message_plain) {
        generate_match(&m->g, match, 5);
        return;
    }
    assert_null(ofp_flow_stats_request_parse(&parsed, plain[generate_below(&m->g, ARRAY_SIZE(plain))], NULL));
    *match = parsed.match;
}

/* Instructions, if there may be any, too. */
void make_random_actions(struct maker *m, struct ofpbuf *actions, unsigned int max, bool instructions)
{
    static const char *const plain[] = {
        "drop", "output:3,LOCAL", "controller:128", "set_queue:5,output:1", "resubmit(,3),output:2", "load:5->NXM_NX_REG0[0..15]",
        "push_vlan:0x8100,output:1", "dec_ttl,output:1", "group:7", "note:01.02.03.04.05.06", "set_tunnel:5,output:9",
    };
    static const char *const plain_instructions[] = {
        "goto_table:254", "output:1,goto_table:254", "clear_actions", "write_actions(output:5,group:3)",
        "output:2,write_actions(output:5),write_metadata:0x5/0xff,goto_table:254",
    };

    if (!make_message_plain) {
        generate_actions(&m->g, actions, max, instructions);
        return;
    }
    const char *text = instructions && generate_below(&m->g, 2)
                           ? plain_instructions[generate_below(&m->g, ARRAY_SIZE(plain_instructions))]
                           : plain[generate_below(&m->g, ARRAY_SIZE(plain))];
    assert_null(ofp_actions_parse(text, NULL, actions));
}

/* Requests and replies without a body of their own. */

static void make_echo(struct maker *m)
{
    uint8_t data[40] = { 1, 2, 3 };

    ofp_encode_echo(&m->out, m->version, true, data, generate_below(&m->g, sizeof data), 7);
}

static void again_echo(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_echo(&m->out, m->version, true, msg->u.echo.data, msg->u.echo.len, msg->xid);
}

static void again_empty(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_empty(&m->out, m->version, msg->type, msg->xid);
}

static void make_barrier(struct maker *m)
{
    ofp_encode_empty(&m->out, m->version, OFPMSG_BARRIER_REQUEST, 7);
}

static void make_features_request(struct maker *m)
{
    ofp_encode_empty(&m->out, m->version, OFPMSG_FEATURES_REQUEST, 7);
}

/* Ports. */

static void random_port(struct maker *m, struct ofp_phy_port *port)
{
    memset(port, 0, sizeof *port);
    port->no = generate_port(&m->g);
    snprintf(port->name, NAME_LEN, "p%u", generate_below(&m->g, 1000));
    for (int i = 0; i < 6; i++) {
        port->mac.ea[i] = (uint8_t) generate_u32(&m->g);
    }
    port->config = generate_u32(&m->g);
    port->state = generate_u32(&m->g);
    port->curr = generate_u32(&m->g);
    port->advertised = generate_u32(&m->g);
    port->supported = generate_u32(&m->g);
    port->peer = generate_u32(&m->g);
    port->curr_speed = generate_u32(&m->g);
    port->max_speed = generate_u32(&m->g);
}

static void make_features(struct maker *m)
{
    struct ofp_features f = {
        .datapath_id = random_be64(m),
        .n_buffers = generate_u32(&m->g),
        .n_tables = (uint8_t) generate_u32(&m->g),
        .auxiliary_id = (uint8_t) generate_u32(&m->g),
        .capabilities = generate_u32(&m->g),
        .actions = generate_u32(&m->g),
    };
    struct ofp_phy_port ports[3];

    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        random_port(m, &ports[i]);
    }
    ofp_encode_features_reply(&m->out, m->version, &f, ports, ARRAY_SIZE(ports), 7);
}

static void again_features(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_phy_port ports[3];
    struct ofp_stats_iter iter;
    size_t n = 0;

    if (ofp_features_ports(&iter, m->wire->data, m->wire->size)) {
        while (iter.n) {
            assert_int_equal(ofp_phy_port_next(&iter, &ports[n++]), OFPERR_OK);
        }
    }
    ofp_encode_features_reply(&m->out, m->version, &msg->u.features, ports, n, msg->xid);
}

static void make_port_status(struct maker *m)
{
    struct ofp_phy_port port;

    random_port(m, &port);
    ofp_encode_port_status(&m->out, m->version, (enum ofp_port_reason) generate_below(&m->g, 3), &port);
}

static void again_port_status(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_port_status(&m->out, m->version, msg->u.port_status.reason, &msg->u.port_status.port);
}

static void make_port_mod(struct maker *m)
{
    struct ofp_port_mod pm = { generate_port(&m->g), { { 1, 2, 3, 4, 5, 6 } }, generate_u32(&m->g),
                               generate_u32(&m->g), generate_below(&m->g, 2) ? generate_u32(&m->g) : 0,
                               { .present = false } };

    ofp_encode_port_mod(&m->out, m->version, &pm, 7);
}

static void again_port_mod(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_port_mod(&m->out, m->version, &msg->u.port_mod, msg->xid);
}

/* Settings. */

static void make_config(struct maker *m)
{
    struct ofp_switch_config c = { random_u16(m) & 3, random_u16(m), (int) generate_below(&m->g, 2) };

    ofp_encode_config(&m->out, m->version, true, &c, 7);
}

static void again_config(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_config(&m->out, m->version, true, &msg->u.config, msg->xid);
}

static void make_role(struct maker *m)
{
    ofp_encode_role(&m->out, m->version, true, m->version < OFP12 ? 1 + generate_below(&m->g, 3) : generate_below(&m->g, 4),
                    generate_u64(&m->g), 7);
}

static void again_role(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_role(&m->out, m->version, true, msg->u.role.role, msg->u.role.generation_id, msg->xid);
}

static void make_role_status(struct maker *m)
{
    struct ofp_role_status rs = { generate_below(&m->g, 4), (enum ofp_role_reason) generate_below(&m->g, 3),
                                  generate_u64(&m->g) };

    ofp_encode_role_status(&m->out, m->version, &rs);
}

static void again_role_status(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_role_status(&m->out, m->version, &msg->u.role_status);
}

static void make_set_async(struct maker *m)
{
    static const uint32_t known[OFP_N_ASYNC] = { 0x3f, 7, 0x3f, 7, 0x18, 3 };
    uint32_t masks[2][OFP_N_ASYNC];

    for (int row = 0; row < 2; row++) {
        for (int kind = 0; kind < OFP_N_ASYNC; kind++) {
            masks[row][kind] = generate_u32(&m->g) & known[kind];
        }
    }
    ofp_encode_set_async(&m->out, m->version, masks, 7);
}

static void again_set_async(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_set_async(&m->out, m->version, msg->u.async.masks, msg->xid);
}

/* Packets. */

static void random_metadata(struct maker *m, struct match *match)
{
    static const uint8_t ids[] = { FIELD_REG0, FIELD_REG0 + 5, FIELD_METADATA, FIELD_TUN_ID };
    union field_value value = { .be32 = htonl(generate_port(&m->g)) };

    match_init(match);
    field_set_match(field_get(FIELD_IN_PORT_OXM), match, &value, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        if (generate_below(&m->g, 2)) {
            const struct field *f = field_get((enum field_id) ids[i]);
            generate_value(&m->g, f, &value);
            field_set_match(f, match, &value, NULL);
        }
    }
    match_normalize(match);
}

static void random_packet_in(struct maker *m, struct ofp_packet_in *pin, const uint8_t *packet)
{
    memset(pin, 0, sizeof *pin);
    pin->packet = packet;
    pin->packet_len = 1 + generate_below(&m->g, PACKET_LEN);
    pin->total_len = pin->packet_len + generate_below(&m->g, 2) * 100;
    pin->reason = (enum ofp_packet_in_reason) generate_below(&m->g, OFPR_N_REASONS);
    pin->table = (uint8_t) generate_u32(&m->g);
    pin->cookie = random_be64(m);
    random_metadata(m, &pin->metadata);
}

static const uint8_t a_packet[PACKET_LEN] = { 1, 2, 3, 4 };

static void make_packet_in(struct maker *m)
{
    struct ofp_packet_in pin;

    random_packet_in(m, &pin, a_packet);
    ofp_encode_packet_in(&m->out, m->version, m->nx ? OFP_PACKET_IN_NXT : OFP_PACKET_IN_STANDARD, &pin);
}

static void again_packet_in(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_packet_in(&m->out, m->version, m->nx ? OFP_PACKET_IN_NXT : OFP_PACKET_IN_STANDARD, &msg->u.packet_in);
}

static void make_packet_in2(struct maker *m)
{
    struct ofp_packet_in pin;

    random_packet_in(m, &pin, a_packet);
    pin.userdata = a_packet;
    pin.userdata_len = generate_below(&m->g, 20);
    /* Nicira's property 0x8000 of a continuation: Open vSwitch's tools look into it. */
    static const uint8_t continuation[] = { 0, 0, 0, 0, 0x80, 0x04, 0, 5, 7, 0, 0, 0 };
    pin.continuation = continuation;
    pin.continuation_len = generate_below(&m->g, 2) ? sizeof continuation : 0;
    ofp_encode_packet_in(&m->out, m->version, OFP_PACKET_IN_NXT2, &pin);
}

static void again_packet_in2(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_packet_in(&m->out, m->version, OFP_PACKET_IN_NXT2, &msg->u.packet_in);
}

static void make_packet_out(struct maker *m)
{
    static const ofp_port_t ports[] = { 1, 77, OFPP_LOCAL, OFPP_CONTROLLER, OFPP_NONE };
    struct ofp_packet_out po = { .packet = a_packet, .packet_len = generate_below(&m->g, PACKET_LEN),
                                 .buffer_id = UINT32_MAX };

    random_metadata(m, &po.metadata);
    po.in_port = ports[generate_below(&m->g, ARRAY_SIZE(ports))];
    make_random_actions(m, &po.actions, 5, false);
    assert_true(ofp_encode_packet_out(&m->out, m->version, &po, 7));
    ofpbuf_destroy(&po.actions);
}

static void again_packet_out(struct maker *m, const struct ofp_message *msg)
{
    assert_true(ofp_encode_packet_out(&m->out, m->version, &msg->u.packet_out, msg->xid));
}

/* Flows. */

static void make_flow_mod(struct maker *m)
{
    struct ofp_flow_mod fm = { .command = (enum ofp_flow_command) generate_below(&m->g, 5) };
    bool add = fm.command == OFPFC_ADD;

    fm.table = (uint8_t) generate_below(&m->g, OFP_N_TABLES);
    fm.priority = random_u16(m);
    fm.idle_timeout = random_u16(m);
    fm.hard_timeout = random_u16(m);
    fm.importance = random_u16(m);
    fm.flags = random_u16(m) & ~(unsigned int) OFP_FF_EMERG;
    fm.buffer_id = generate_u32(&m->g);
    fm.out_port = generate_port(&m->g);
    fm.out_group = generate_u32(&m->g);
    fm.new_cookie = add || m->version == OFP10 || m->nx ? random_be64(m) : BE64_MAX;
    fm.cookie_mask = add ? 0 : random_be64(m);
    fm.cookie = random_be64(m) & fm.cookie_mask;
    make_random_match(m, &fm.match);
    make_random_actions(m, &fm.actions, 4, m->version > OFP10);
    assert_true(ofp_encode_flow_mod(&m->out, m->version, &fm, m->nx, true, 7));
    ofp_flow_mod_destroy(&fm);
}

static void again_flow_mod(struct maker *m, const struct ofp_message *msg)
{
    assert_true(ofp_encode_flow_mod(&m->out, m->version, &msg->u.flow_mod, m->nx, true, msg->xid));
}

static void make_flow_removed(struct maker *m)
{
    struct ofp_flow_removed fr = {
        .cookie = random_be64(m),
        .priority = random_u16(m),
        .reason = (enum ofp_removed_reason) generate_below(&m->g, 6),
        .table = (uint8_t) generate_below(&m->g, OFP_N_TABLES),
        .duration_sec = generate_u32(&m->g),
        .duration_nsec = generate_below(&m->g, 1000000000),
        .idle_timeout = random_u16(m),
        .hard_timeout = random_u16(m),
        .packets = generate_u64(&m->g),
        .bytes = generate_below(&m->g, 4) ? generate_u64(&m->g) : UINT64_MAX,
    };

    make_random_match(m, &fr.match);
    ofp_encode_flow_removed(&m->out, m->version, &fr, m->nx);
}

static void again_flow_removed(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_flow_removed(&m->out, m->version, &msg->u.flow_removed, m->nx);
}

static void make_flow_stats_request(struct maker *m)
{
    struct ofp_flow_stats_request r = { .table = (uint8_t) generate_u32(&m->g), .out_port = generate_port(&m->g),
                                        .out_group = generate_u32(&m->g), .cookie_mask = random_be64(m) };

    r.cookie = random_be64(m) & r.cookie_mask;
    make_random_match(m, &r.match);
    ofp_encode_stats_request(&m->out, m->version, OFPMSG_FLOW_STATS_REQUEST, &r, m->nx, 7);
}

static void again_flow_stats_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, OFPMSG_FLOW_STATS_REQUEST, &msg->u.flow_stats_request, m->nx, msg->xid);
}

struct ofp_msgs make_begin_reply(struct maker *m, enum ofp_msg_type request)
{
    struct ofp_message msg = { .version = m->version, .type = request, .xid = 7, .nx = m->nx };
    struct ofp_msgs msgs = { m->out, 0 };

    ofp_reply_begin(&msgs, &msg);
    return msgs;
}

static void make_flow_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_FLOW_STATS_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct match match;
        struct ofpbuf actions = { 0 };
        struct ofp_flow_stats fs = {
            .match = &match,
            .cookie = random_be64(m),
            .table = (uint8_t) generate_u32(&m->g),
            .priority = random_u16(m),
            .idle_timeout = random_u16(m),
            .hard_timeout = random_u16(m),
            .importance = random_u16(m),
            .flags = random_u16(m),
            .duration_sec = generate_u32(&m->g),
            .duration_nsec = generate_below(&m->g, 1000000000),
            .idle_age = (int) generate_below(&m->g, 65000) - 1,
            .hard_age = (int) generate_below(&m->g, 65000) - 1,
            .packets = generate_below(&m->g, 4) ? generate_u64(&m->g) : UINT64_MAX,
            .bytes = generate_u64(&m->g),
        };
        make_random_match(m, &match);
        make_random_actions(m, &actions, 4, m->version > OFP10 && !m->nx);
        fs.actions = actions.data;
        fs.actions_size = actions.size;
        ofp_reply_flow_stats(&msgs, &fs);
        ofpbuf_destroy(&actions);
    }
    m->out = msgs.buf;
}

static void again_flow_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_FLOW_STATS_REQUEST);
    struct ofpbuf actions = { 0 };
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_stats fs;
        struct match match;
        assert_int_equal(ofp_flow_stats_next(&iter, &fs, &match, &actions), OFPERR_OK);
        ofp_reply_flow_stats(&msgs, &fs);
    }
    ofpbuf_destroy(&actions);
    m->out = msgs.buf;
}

static void make_flow_counters(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_FLOW_COUNTERS_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct match match;
        struct ofp_flow_stats fs = {
            .match = &match, .table = (uint8_t) generate_u32(&m->g), .priority = random_u16(m),
            .duration_sec = generate_u32(&m->g), .idle_age = (int) generate_below(&m->g, 100) - 1,
            .packets = generate_u64(&m->g), .bytes = UINT64_MAX,
        };
        make_random_match(m, &match);
        ofp_reply_flow_stats(&msgs, &fs);
    }
    m->out = msgs.buf;
}

static void again_flow_counters(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_FLOW_COUNTERS_REQUEST);
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_stats fs;
        struct match match;
        assert_int_equal(ofp_flow_counters_next(&iter, &fs, &match), OFPERR_OK);
        ofp_reply_flow_stats(&msgs, &fs);
    }
    m->out = msgs.buf;
}

static void make_aggregate(struct maker *m)
{
    struct ofp_aggregate_stats a = { generate_u64(&m->g), generate_below(&m->g, 4) ? generate_u64(&m->g) : UINT64_MAX,
                                     generate_u32(&m->g) };

    ofp_encode_aggregate_reply(&m->out, m->version, m->nx, &a, 7);
}

static void again_aggregate(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_aggregate_reply(&m->out, m->version, m->nx, &msg->u.aggregate, msg->xid);
}

/* Other statistics. */

static void make_desc(struct maker *m)
{
    struct ofp_desc d = { .mfr = "m", .hw = "h", .sw = "s", .serial = "None", .dp = "d" };

    snprintf(d.sw, sizeof d.sw, "%u", generate_u32(&m->g));
    ofp_encode_desc_reply(&m->out, m->version, &d, 7);
}

static void again_desc(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_desc_reply(&m->out, m->version, &msg->u.desc, msg->xid);
}

static void make_table_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_STATS_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct ofp_table_stats ts = {
            .id = (uint8_t) generate_u32(&m->g), .name = "x", .active = generate_u32(&m->g),
            .lookups = generate_u64(&m->g), .matched = generate_u64(&m->g), .max_entries = generate_u32(&m->g),
            .config = generate_below(&m->g, 3),
        };
        ofp_reply_table_stats(&msgs, &ts);
    }
    m->out = msgs.buf;
}

static void again_table_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_TABLE_STATS_REQUEST);
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_table_stats ts;
        assert_int_equal(ofp_table_stats_next(&iter, &ts), OFPERR_OK);
        ofp_reply_table_stats(&msgs, &ts);
    }
    m->out = msgs.buf;
}

static void make_port_stats_request(struct maker *m)
{
    ofp_port_t port = generate_port(&m->g);

    ofp_encode_stats_request(&m->out, m->version, OFPMSG_PORT_STATS_REQUEST, &port, false, 7);
}

static void again_port_stats_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, &msg->u.port_stats_request.port, false, msg->xid);
}

static void make_port_desc_request(struct maker *m)
{
    ofp_port_t port = generate_port(&m->g);

    ofp_encode_stats_request(&m->out, m->version, OFPMSG_PORT_DESC_REQUEST, &port, false, 7);
}

static void make_port_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_PORT_STATS_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct ofp_port_stats ps = {
            .no = generate_port(&m->g), .rx_packets = generate_u64(&m->g), .tx_packets = generate_u64(&m->g),
            .rx_bytes = generate_u64(&m->g), .tx_errors = generate_u64(&m->g), .collisions = UINT64_MAX,
            .rx_frame_err = generate_u64(&m->g), .duration_sec = generate_u32(&m->g), .duration_nsec = 5,
        };
        ofp_reply_port_stats(&msgs, &ps);
    }
    m->out = msgs.buf;
}

static void again_port_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_PORT_STATS_REQUEST);
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_port_stats ps;
        assert_int_equal(ofp_port_stats_next(&iter, &ps), OFPERR_OK);
        ofp_reply_port_stats(&msgs, &ps);
    }
    m->out = msgs.buf;
}

static void make_port_desc(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_PORT_DESC_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct ofp_phy_port port;
        random_port(m, &port);
        ofp_reply_port_desc(&msgs, &port);
    }
    m->out = msgs.buf;
}

static void again_port_desc(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_PORT_DESC_REQUEST);
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_phy_port port;
        assert_int_equal(ofp_phy_port_next(&iter, &port), OFPERR_OK);
        ofp_reply_port_desc(&msgs, &port);
    }
    m->out = msgs.buf;
}

static void make_queue_stats_request(struct maker *m)
{
    struct ofp_queue_stats_request r = { generate_port(&m->g), generate_u32(&m->g) };

    ofp_encode_stats_request(&m->out, m->version, OFPMSG_QUEUE_STATS_REQUEST, &r, false, 7);
}

static void again_queue_stats_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_stats_request(&m->out, m->version, msg->type, &msg->u.queue_stats_request, false, msg->xid);
}

static void make_queue_stats(struct maker *m)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_QUEUE_STATS_REQUEST);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct ofp_queue_stats qs = { generate_port(&m->g), generate_u32(&m->g), generate_u64(&m->g),
                                      generate_u64(&m->g), UINT64_MAX, generate_u32(&m->g), generate_below(&m->g, 1000000000) };
        ofp_reply_queue_stats(&msgs, &qs);
    }
    m->out = msgs.buf;
}

static void again_queue_stats(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_msgs msgs = make_begin_reply(m, OFPMSG_QUEUE_STATS_REQUEST);
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_queue_stats qs;
        assert_int_equal(ofp_queue_stats_next(&iter, &qs), OFPERR_OK);
        ofp_reply_queue_stats(&msgs, &qs);
    }
    m->out = msgs.buf;
}

static void make_queue_config_request(struct maker *m)
{
    struct ofp_queue_config_request r = { 1 + generate_below(&m->g, 60000), generate_u32(&m->g) };

    ofp_encode_queue_config_request(&m->out, m->version, &r, 7);
}

static void again_queue_config_request(struct maker *m, const struct ofp_message *msg)
{
    ofp_encode_queue_config_request(&m->out, m->version, &msg->u.queue_config_request, msg->xid);
}

static struct ofp_msgs begin_queue_config(struct maker *m, ofp_port_t port)
{
    struct ofp_message request = { .version = m->version, .type = OFPMSG_QUEUE_GET_CONFIG_REQUEST, .xid = 7 };
    struct ofp_msgs msgs = { m->out, 0 };

    request.u.queue_config_request.port = port;
    ofp_queue_config_reply_begin(&msgs, &request);
    return msgs;
}

static void make_queue_config(struct maker *m)
{
    struct ofp_msgs msgs = begin_queue_config(m, 5);

    for (uint32_t i = generate_below(&m->g, 4); i > 0; i--) {
        struct ofp_queue_config qc = { 5, generate_u32(&m->g), random_u16(m),
                                       generate_below(&m->g, 2) ? random_u16(m) : OFP_QUEUE_RATE_NONE };
        ofp_reply_queue_config(&msgs, &qc);
    }
    m->out = msgs.buf;
}

static void again_queue_config(struct maker *m, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    ofp_port_t port;

    assert_int_equal(ofp_queue_config_iter_init(&iter, msg, &port), OFPERR_OK);
    assert_int_equal(port, m->version < OFP14 ? 5 : OFPP_NONE);
    struct ofp_msgs msgs = begin_queue_config(m, port);
    while (iter.n) {
        struct ofp_queue_config qc;
        assert_int_equal(ofp_queue_config_next(&iter, &qc), OFPERR_OK);
        ofp_reply_queue_config(&msgs, &qc);
    }
    m->out = msgs.buf;
}

const struct message_kind message_kinds[] = {
    { "echo", false, OFP10, OFP15, false, make_echo, again_echo, OFPMSG_HELLO },
    { "barrier", false, OFP10, OFP15, false, make_barrier, again_empty, OFPMSG_HELLO },
    { "features request", false, OFP10, OFP15, false, make_features_request, again_empty, OFPMSG_HELLO },
    { "features", false, OFP10, OFP15, false, make_features, again_features, OFPMSG_HELLO },
    { "port-status", false, OFP10, OFP15, false, make_port_status, again_port_status, OFPMSG_HELLO },
    { "port-mod", false, OFP10, OFP15, false, make_port_mod, again_port_mod, OFPMSG_HELLO },
    { "config", false, OFP10, OFP15, false, make_config, again_config, OFPMSG_HELLO },
    { "role", false, OFP10, OFP15, false, make_role, again_role, OFPMSG_HELLO },
    { "role-status", false, OFP13, OFP15, false, make_role_status, again_role_status, OFPMSG_HELLO },
    { "async", false, OFP10, OFP15, false, make_set_async, again_set_async, OFPMSG_HELLO },
    { "packet-in", false, OFP10, OFP15, true, make_packet_in, again_packet_in, OFPMSG_HELLO },
    { "NXT packet-in", true, OFP10, OFP15, true, make_packet_in, again_packet_in, OFPMSG_HELLO },
    { "NXT packet-in 2", true, OFP10, OFP15, true, make_packet_in2, again_packet_in2, OFPMSG_HELLO },
    { "packet-out", false, OFP10, OFP15, true, make_packet_out, again_packet_out, OFPMSG_HELLO },
    { "flow-mod", false, OFP10, OFP15, true, make_flow_mod, again_flow_mod, OFPMSG_HELLO },
    { "NXT flow-mod", true, OFP10, OFP15, true, make_flow_mod, again_flow_mod, OFPMSG_HELLO },
    { "flow-removed", false, OFP10, OFP15, true, make_flow_removed, again_flow_removed, OFPMSG_HELLO },
    { "NXT flow-removed", true, OFP10, OFP15, false, make_flow_removed, again_flow_removed, OFPMSG_HELLO },
    { "flow request", false, OFP10, OFP15, true, make_flow_stats_request, again_flow_stats_request, OFPMSG_HELLO },
    { "NXST flow request", true, OFP10, OFP15, false, make_flow_stats_request, again_flow_stats_request, OFPMSG_HELLO },
    { "flow reply", false, OFP10, OFP15, true, make_flow_stats, again_flow_stats, OFPMSG_HELLO },
    { "NXST flow reply", true, OFP10, OFP15, true, make_flow_stats, again_flow_stats, OFPMSG_HELLO },
    { "flow counters", false, OFP15, OFP15, true, make_flow_counters, again_flow_counters, OFPMSG_HELLO },
    { "aggregate", false, OFP10, OFP15, false, make_aggregate, again_aggregate, OFPMSG_HELLO },
    { "NXST aggregate", true, OFP10, OFP15, false, make_aggregate, again_aggregate, OFPMSG_HELLO },
    { "desc", false, OFP10, OFP15, false, make_desc, again_desc, OFPMSG_HELLO },
    { "table reply", false, OFP10, OFP15, false, make_table_stats, again_table_stats, OFPMSG_HELLO },
    { "port request", false, OFP10, OFP15, false, make_port_stats_request, again_port_stats_request, OFPMSG_HELLO },
    { "port reply", false, OFP10, OFP15, false, make_port_stats, again_port_stats, OFPMSG_HELLO },
    { "port description request", false, OFP10, OFP15, false, make_port_desc_request, again_port_stats_request, OFPMSG_HELLO },
    { "port description", false, OFP10, OFP15, false, make_port_desc, again_port_desc, OFPMSG_HELLO },
    { "queue request", false, OFP10, OFP15, false, make_queue_stats_request, again_queue_stats_request, OFPMSG_HELLO },
    { "queue reply", false, OFP10, OFP15, false, make_queue_stats, again_queue_stats, OFPMSG_HELLO },
    { "queue configuration request", false, OFP10, OFP15, false, make_queue_config_request, again_queue_config_request, OFPMSG_HELLO },
    { "queue configuration", false, OFP10, OFP15, false, make_queue_config, again_queue_config, OFPMSG_HELLO },
};

const size_t n_message_kinds = ARRAY_SIZE(message_kinds);
