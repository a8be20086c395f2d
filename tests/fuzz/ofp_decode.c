/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as OpenFlow messages: they are decoded, printed, and, where there is an encoder, come back from the wire as they were. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/message.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "tests/fuzz/ofp_decode.h"
#include "tests/fuzz/require.h"

static void print(const uint8_t *data, size_t n)
{
    for (int verbosity = 0; verbosity <= 5; verbosity += 5) {
        struct strbuf s = STRBUF_INIT;

        ofp_format(&s, data, n, NULL, verbosity);
        require(s.length && s.s[s.length - 1] == '\n');
        require(strlen(strbuf_str(&s)) == s.length);
        strbuf_destroy(&s);
    }
}

static void check_flow_mod(const struct ofp_message *msg)
{
    const struct ofp_flow_mod *fm = &msg->u.flow_mod;
    struct ofpbuf wire = { 0 };
    struct ofp_message back;

    if (!ofp_encode_flow_mod(&wire, msg->version, fm, msg->nx, true, msg->xid)) {
        ofpbuf_destroy(&wire);
        return; /* the form that is sent may be longer than the one that came */
    }
    require(ofp_decode(wire.data, wire.size, true, &back) == OFPERR_OK);
    require(match_equal(&fm->match, &back.u.flow_mod.match));
    require(fm->command == back.u.flow_mod.command && fm->cookie == back.u.flow_mod.cookie &&
            fm->cookie_mask == back.u.flow_mod.cookie_mask);
    ofp_message_destroy(&back);
    ofpbuf_destroy(&wire);
}

static void check_packet_out(const struct ofp_message *msg)
{
    const struct ofp_packet_out *po = &msg->u.packet_out;
    struct ofpbuf wire = { 0 };
    struct ofp_message back;

    if (ofp_encode_packet_out(&wire, msg->version, po, msg->xid)) {
        require(ofp_decode(wire.data, wire.size, true, &back) == OFPERR_OK);
        require(po->in_port == back.u.packet_out.in_port &&
                po->packet_len == back.u.packet_out.packet_len);
        ofp_message_destroy(&back);
    }
    ofpbuf_destroy(&wire);
}

static void check_packet_in(const struct ofp_message *msg)
{
    const struct match *metadata = &msg->u.packet_in.metadata;
    uint16_t port10;

    /* NXM's 16 bits can hold numbers of ports that there cannot be, and that OXM's 32 bits are not to hold. */
    if (metadata->mask.lines & 1 && metadata->mask.in_port && !ofp_port_to_10(metadata->flow.in_port, &port10)) {
        return;
    }
    for (int format = OFP_PACKET_IN_STANDARD; format <= OFP_PACKET_IN_NXT2; format++) {
        struct ofpbuf wire = { 0 };
        struct ofp_message back;

        ofp_encode_packet_in(&wire, msg->version, (enum ofp_packet_in_format) format,
                             &msg->u.packet_in);
        if (wire.size) {
            enum ofp_error error = ofp_decode(wire.data, wire.size, true, &back);
            /* NXT_PACKET_IN2 without a packet is refused. */
            require(!error || !msg->u.packet_in.packet_len || format == OFP_PACKET_IN_NXT2);
            ofp_message_destroy(&back);
        }
        ofpbuf_destroy(&wire);
    }
}

/* Each element that a reply brings can be sent again. */
static void check_flow_stats(const struct ofp_message *msg)
{
    struct ofp_message request = *msg;
    struct ofp_stats_iter iter;
    struct ofp_msgs replies = { { 0 }, 0 };
    struct ofpbuf actions = { 0 };

    request.type = OFPMSG_FLOW_STATS_REQUEST;
    ofp_reply_begin(&replies, &request);
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_stats fs;
        struct match match;

        if (ofp_flow_stats_next(&iter, &fs, &match, &actions)) {
            break;
        }
        ofp_reply_flow_stats(&replies, &fs);
    }
    for (size_t at = 0; at < replies.buf.size;) {
        struct ofp_message back;
        int len = ofp_message_len(replies.buf.data + at, replies.buf.size - at);

        require(len > 0 && (size_t) len <= replies.buf.size - at);
        require(ofp_decode(replies.buf.data + at, (size_t) len, false, &back) == OFPERR_OK);
        ofp_message_destroy(&back);
        at += (size_t) len;
    }
    ofpbuf_destroy(&actions);
    ofp_msgs_destroy(&replies);
}

/* Decodes what was just encoded; it must be of the same type. */
static void decode_again(const struct ofpbuf *wire, enum ofp_msg_type type, struct ofp_message *back)
{
    require(ofp_decode(wire->data, wire->size, true, back) == OFPERR_OK);
    require(back->type == type);
}

static void check_group_mod(const struct ofp_message *msg)
{
    const struct ofp_group_mod *gm = &msg->u.group_mod;
    struct ofpbuf wire = { 0 };
    struct ofp_message back;

    if (ofp_encode_group_mod(&wire, msg->version, gm, msg->xid)) {
        decode_again(&wire, OFPMSG_GROUP_MOD, &back);
        require(back.u.group_mod.n_buckets == gm->n_buckets && back.u.group_mod.id == gm->id);
        ofp_message_destroy(&back);
    }
    ofpbuf_destroy(&wire);
}

/* Messages whose abstract form is without pointers come back as the same bytes. */
static void check_plain(const struct ofp_message *msg)
{
    struct ofpbuf wire = { 0 };
    struct ofp_message back;

    switch ((int) msg->type) {
    case OFPMSG_METER_MOD:
        ofp_encode_meter_mod(&wire, msg->version, &msg->u.meter_mod, msg->xid);
        decode_again(&wire, msg->type, &back);
        require(!memcmp(&back.u.meter_mod, &msg->u.meter_mod, sizeof back.u.meter_mod));
        break;
    case OFPMSG_TABLE_MOD:
        ofp_encode_table_mod(&wire, msg->version, &msg->u.table_mod, msg->xid);
        decode_again(&wire, msg->type, &back);
        break;
    case OFPMSG_NXT_TLV_TABLE_MOD:
        ofp_encode_tlv_mod(&wire, msg->version, &msg->u.tlv_mod, msg->xid);
        decode_again(&wire, msg->type, &back);
        require(!memcmp(&back.u.tlv_mod, &msg->u.tlv_mod, sizeof back.u.tlv_mod));
        break;
    case OFPMSG_NXT_CT_FLUSH:
        ofp_encode_ct_flush(&wire, msg->version, &msg->u.ct_flush, msg->xid);
        decode_again(&wire, msg->type, &back);
        break;
    case OFPMSG_BUNDLE_CTRL:
        ofp_encode_bundle_ctrl(&wire, msg->version, &msg->u.bundle_ctrl, msg->xid);
        decode_again(&wire, msg->type, &back);
        require(!memcmp(&back.u.bundle_ctrl, &msg->u.bundle_ctrl, sizeof back.u.bundle_ctrl));
        break;
    default:
        return;
    }
    ofp_message_destroy(&back);
    ofpbuf_destroy(&wire);
}

/* Each monitor that is asked for can be asked for again. */
static void check_monitors(const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_monitor_request r, again;
        struct ofpbuf wire = { 0 };
        struct ofp_stats_iter iter_back;
        struct ofp_message back;

        if (ofp_flow_monitor_request_next(&iter, &r)) {
            return;
        }
        ofp_encode_flow_monitor_request(&wire, msg->version, &r, msg->xid);
        decode_again(&wire, msg->type, &back);
        ofp_stats_iter_init(&iter_back, &back);
        require(ofp_flow_monitor_request_next(&iter_back, &again) == OFPERR_OK);
        require(match_equal(&r.match, &again.match) && r.flags == again.flags);
        ofp_message_destroy(&back);
        ofpbuf_destroy(&wire);
    }
}

static void check(const uint8_t *data, size_t n, bool flow_mod_table_id)
{
    struct ofp_message msg;
    enum ofp_error error = ofp_decode(data, n, flow_mod_table_id, &msg);

    if (error) {
        struct ofpbuf wire = { 0 };
        struct ofp_message back;

        ofp_encode_error(&wire, OFP13, error, data, n);
        require(ofp_decode(wire.data, wire.size, false, &back) == OFPERR_OK);
        require(back.type == OFPMSG_ERROR && back.u.error.data_len >= MIN(n, 64));
        ofpbuf_destroy(&wire);
    } else if (msg.type == OFPMSG_FLOW_MOD && flow_mod_table_id) {
        check_flow_mod(&msg);
    } else if (msg.type == OFPMSG_PACKET_OUT) {
        check_packet_out(&msg);
    } else if (msg.type == OFPMSG_PACKET_IN) {
        check_packet_in(&msg);
    } else if (msg.type == OFPMSG_FLOW_STATS_REPLY) {
        check_flow_stats(&msg);
    } else if (msg.type == OFPMSG_GROUP_MOD) {
        check_group_mod(&msg);
    } else if (msg.type == OFPMSG_FLOW_MONITOR_REQUEST) {
        check_monitors(&msg);
    } else {
        check_plain(&msg);
    }
    ofp_message_destroy(&msg);
}

void ofp_decode_any(const uint8_t *data, size_t size, int version)
{
    if (size > OFP_MAX_MESSAGE) {
        return;
    }
    uint8_t *copy = xmemdup(data, size);
    if (version && size) {
        copy[0] = (uint8_t) version;
    }
    print(copy, size);
    check(copy, size, false);
    if (size >= OFP_HEADER_LEN) {
        /* With the right length most of the input gets further. */
        put_be16(copy + 2, htons((uint16_t) size));
        print(copy, size);
        check(copy, size, false);
        check(copy, size, true);
    }
    free(copy);
}
