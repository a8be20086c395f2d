/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors on the wire: Nicira's of 1.0 to 1.2, the ONF's of 1.3, and OpenFlow 1.4 section
 * 7.3.5.18. */
#include "lib/ofp/flow_monitor.h"

#include "lib/ofp/action_codec.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/port.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { REQUEST_LEN = 16, UPDATE_LEN = 24, SHORT_UPDATE_LEN = 8 };

/* Flags before 1.4: as 1.4's, but for the last: report own changes in full. Since 1.4 Open vSwitch
 * takes ONLY_OWN for that; who really wants nothing but own changes says NO_ABBREV as well. */
enum { WIRE_COMMON = 0x1f, WIRE_OWN_NX = 0x20, WIRE_NO_ABBREV = 0x20, WIRE_ONLY_OWN = 0x40 };
enum { ANY_CHANGE = OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY };

static bool is_old(enum ofp_version version)
{
    return version < OFP14;
}

static bool has_nxm(enum ofp_version version)
{
    return version < OFP13;
}

static enum ofp_error flags_decode(uint16_t wire, enum ofp_version version, uint16_t *flags)
{
    uint16_t known = WIRE_COMMON | WIRE_NO_ABBREV | (is_old(version) ? 0 : WIRE_ONLY_OWN);

    *flags = wire & WIRE_COMMON;
    if (wire & (WIRE_NO_ABBREV | WIRE_ONLY_OWN)) {
        *flags |= OFPFMF_NO_ABBREV;
    }
    if (wire & WIRE_NO_ABBREV && wire & WIRE_ONLY_OWN) {
        *flags |= OFPFMF_ONLY_OWN;
    }
    return wire & ~known || !(wire & ANY_CHANGE) ? OFPMOFC_BAD_FLAGS : OFPERR_OK;
}

static uint16_t flags_encode(uint16_t flags, enum ofp_version version)
{
    uint16_t wire = flags & WIRE_COMMON;

    if (is_old(version)) {
        return wire | (flags & OFPFMF_NO_ABBREV ? WIRE_OWN_NX : 0);
    }
    return wire | (flags & OFPFMF_ONLY_OWN    ? WIRE_ONLY_OWN | WIRE_NO_ABBREV
                   : flags & OFPFMF_NO_ABBREV ? WIRE_ONLY_OWN
                                              : 0);
}

/* A match of the version's kind behind a header; '*used' counts its padding. */
static enum ofp_error match_decode(const uint8_t *p, size_t n, enum ofp_version version,
                                   size_t match_len, bool strict, struct match *match,
                                   size_t *used)
{
    if (!has_nxm(version)) {
        return nxm_decode_ofp_match(p, n, strict, match, used);
    }
    *used = ROUND_UP(match_len, 8);
    return *used > n ? OFPBMC_BAD_LEN : nxm_decode_match(p, match_len, strict, match, NULL);
}

/* Returns the length of the match without padding, as headers tell it. */
static uint16_t match_encode(struct ofpbuf *out, enum ofp_version version,
                             const struct match *match)
{
    size_t start = out->size;

    if (!has_nxm(version)) {
        nxm_encode_ofp_match(out, match, version);
        return get_u16(out->data + start + 2);
    }
    nxm_encode_match(out, match, NXM_VERSION, NULL);
    size_t len = out->size - start;
    put_zeros(out, ROUND_UP(len, 8) - len);
    return (uint16_t) len;
}

/* The fixed part. '*match_len' is what it says of the match. */
static enum ofp_error request_head_decode(const uint8_t *p, enum ofp_version version,
                                          struct ofp_flow_monitor_request *r, size_t *match_len)
{
    *match_len = 0;
    r->id = get_u32(p);
    r->out_group = OFPG_ANY;
    if (has_nxm(version)) {
        r->out_port = ofp_port_from_10(get_u16(p + 6));
        *match_len = get_u16(p + 8);
        r->table = p[10];
        return flags_decode(get_u16(p + 4), version, &r->flags);
    }
    if (is_old(version)) {
        r->table = p[12];
        enum ofp_error error = flags_decode(get_u16(p + 4), version, &r->flags);
        return error ? error : port_number_decode(p + 8, &r->out_port) ? OFPBAC_BAD_OUT_PORT
                                                                        : OFPERR_OK;
    }
    r->command = p[15];
    r->table = p[14];
    r->out_group = get_u32(p + 8);
    if (r->command == OFPFMC_DELETE) {
        r->out_port = OFPP_NONE;
        return OFPERR_OK;
    }
    enum ofp_error error = flags_decode(get_u16(p + 12), version, &r->flags);
    if (error) {
        return error;
    }
    return port_number_decode(p + 4, &r->out_port) ? OFPBAC_BAD_OUT_PORT : OFPERR_OK;
}

enum ofp_error ofp_flow_monitor_request_next(struct ofp_stats_iter *iter,
                                             struct ofp_flow_monitor_request *r)
{
    size_t match_len, used;

    memset(r, 0, sizeof *r);
    if (iter->n < REQUEST_LEN) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = request_head_decode(iter->p, iter->version, r, &match_len);
    if (error) {
        return error;
    }
    error = match_decode(iter->p + REQUEST_LEN, iter->n - REQUEST_LEN, iter->version, match_len,
                         true, &r->match, &used);
    if (error) {
        return error;
    }
    iter->p += REQUEST_LEN + used;
    iter->n -= REQUEST_LEN + used;
    return OFPERR_OK;
}

static void request_head_encode(struct ofpbuf *out, enum ofp_version version,
                                const struct ofp_flow_monitor_request *r)
{
    uint16_t port10, flags = flags_encode(r->flags, version);

    put_u32(out, r->id);
    if (has_nxm(version)) {
        put_u16(out, flags);
        put_u16(out, ofp_port_to_10(r->out_port, &port10) ? port10 : (uint16_t) OFPP_NONE);
        put_u16(out, 0); /* length of the match */
        put_u8(out, r->table);
        put_zeros(out, 5);
    } else if (is_old(version)) {
        put_u16(out, flags);
        put_u16(out, 0); /* length of the match */
        put_u32(out, r->out_port);
        put_u8(out, r->table);
        put_zeros(out, 3);
    } else {
        put_u32(out, r->out_port);
        put_u32(out, r->out_group);
        put_u16(out, flags);
        put_u8(out, r->table);
        put_u8(out, r->command);
    }
}

void ofp_encode_flow_monitor_request(struct ofpbuf *out, enum ofp_version version,
                                     const struct ofp_flow_monitor_request *r, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_FLOW_MONITOR_REQUEST, version, is_old(version), xid);
    size_t head_at = out->size;

    request_head_encode(out, version, r);
    uint16_t match_len = match_encode(out, version, &r->match);
    if (is_old(version)) {
        put_be16(out->data + head_at + (has_nxm(version) ? 8 : 6), htons(match_len));
    }
    msg_end(out, start);
}

enum ofp_error flow_monitor_cancel_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.flow_monitor_cancel.id = get_u32(h->body);
    return OFPERR_OK;
}

void ofp_encode_flow_monitor_cancel(struct ofpbuf *out, enum ofp_version version, uint32_t id,
                                    be32 xid)
{
    if (!is_old(version)) {
        struct ofp_flow_monitor_request r = {
            .id = id,
            .command = OFPFMC_DELETE,
            .table = OFP_TABLE_ALL,
            .out_port = OFPP_NONE,
            .out_group = OFPG_ANY,
        };

        match_init(&r.match);
        ofp_encode_flow_monitor_request(out, version, &r, xid);
        return;
    }
    size_t start = msg_begin(out, OFPMSG_FLOW_MONITOR_CANCEL, version, true, xid);
    put_u32(out, id);
    msg_end(out, start);
}

/* Events of 1.4 are the abstract ones; before there was no INITIAL. */
static uint16_t event_encode(enum ofp_flow_update_event event, enum ofp_version version)
{
    if (!is_old(version)) {
        return (uint16_t) event;
    }
    return (uint16_t) (event == OFPFME_INITIAL ? OFPFME_INITIAL : event - 1);
}

static bool event_decode(uint16_t wire, enum ofp_version version, enum ofp_flow_update_event *event)
{
    *event = (enum ofp_flow_update_event) (is_old(version) ? wire + 1 : wire);
    return *event <= (is_old(version) ? OFPFME_ABBREV : OFPFME_RESUMED);
}

static bool is_short(enum ofp_flow_update_event event)
{
    return event == OFPFME_ABBREV || event == OFPFME_PAUSED || event == OFPFME_RESUMED;
}

void ofp_flow_updates_begin(struct ofp_msgs *msgs, enum ofp_version version, be32 xid)
{
    msgs->last = msg_begin(&msgs->buf, OFPMSG_FLOW_MONITOR_REPLY, version, is_old(version), xid);
    msg_end(&msgs->buf, msgs->last);
}

static void update_head_encode(struct ofpbuf *out, enum ofp_version version,
                               const struct ofp_flow_update *u)
{
    uint8_t reason = u->event == OFPFME_REMOVED ? u->reason : 0;

    if (is_old(version)) {
        put_u16(out, reason);
        put_u16(out, u->priority);
        put_u16(out, u->idle_timeout);
        put_u16(out, u->hard_timeout);
        put_u16(out, 0); /* length of the match */
        put_u8(out, u->table);
        put_zeros(out, 1);
    } else {
        put_u8(out, u->table);
        put_u8(out, reason);
        put_u16(out, u->idle_timeout);
        put_u16(out, u->hard_timeout);
        put_u16(out, u->priority);
        put_zeros(out, 4);
    }
    ofpbuf_put(out, &u->cookie, sizeof u->cookie);
}

void ofp_flow_updates_put(struct ofp_msgs *msgs, const struct ofp_flow_update *u)
{
    enum ofp_version version = reply_version(msgs);
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u16(out, 0);
    put_u16(out, event_encode(u->event, version));
    if (is_short(u->event)) {
        be32 xid = u->event == OFPFME_ABBREV ? u->xid : 0;
        ofpbuf_put(out, &xid, sizeof xid);
    } else {
        update_head_encode(out, version, u);
        uint16_t match_len = match_encode(out, version, &u->match);
        if (is_old(version)) {
            put_be16(out->data + start + 12, htons(match_len));
        }
        if (u->actions && has_nxm(version)) {
            actions_encode(u->actions, u->actions_size, version, out);
        } else if (u->actions) {
            instructions_encode(u->actions, u->actions_size, version, out);
        }
    }
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}

void ofp_encode_flow_monitor_state(struct ofpbuf *out, enum ofp_version version,
                                   enum ofp_flow_update_event event)
{
    if (is_old(version)) {
        size_t start = msg_begin(out,
                                 event == OFPFME_PAUSED ? OFPMSG_FLOW_MONITOR_PAUSED
                                                        : OFPMSG_FLOW_MONITOR_RESUMED,
                                 version, true, 0);
        msg_end(out, start);
        return;
    }
    struct ofp_msgs msgs = { *out, 0 };
    struct ofp_flow_update update = { .event = event };
    ofp_flow_updates_begin(&msgs, version, 0);
    ofp_flow_updates_put(&msgs, &update);
    *out = msgs.buf;
}

static enum ofp_error update_decode(const uint8_t *p, size_t n, enum ofp_version version,
                                    struct ofp_flow_update *u, struct ofpbuf *actions)
{
    size_t match_len = 0, used;

    if (is_old(version)) {
        u->reason = (uint8_t) MIN(get_u16(p + 4), UINT8_MAX);
        u->priority = get_u16(p + 6);
        u->idle_timeout = get_u16(p + 8);
        u->hard_timeout = get_u16(p + 10);
        match_len = get_u16(p + 12);
        u->table = p[14];
    } else {
        u->table = p[4];
        u->reason = p[5];
        u->idle_timeout = get_u16(p + 6);
        u->hard_timeout = get_u16(p + 8);
        u->priority = get_u16(p + 10);
    }
    u->cookie = get_be64(p + 16);
    p += UPDATE_LEN;
    n -= UPDATE_LEN;
    enum ofp_error error = match_decode(p, n, version, match_len, false, &u->match, &used);
    if (error) {
        return error;
    }
    if (used == n) {
        return OFPERR_OK; /* no actions were asked for, or there are none */
    }
    error = has_nxm(version) ? actions_decode(p + used, n - used, version, 0, actions)
                             : instructions_decode(p + used, n - used, version, actions);
    u->actions = actions->data;
    u->actions_size = actions->size;
    return error;
}

enum ofp_error ofp_flow_update_next(struct ofp_stats_iter *iter, struct ofp_flow_update *u,
                                    struct ofpbuf *actions)
{
    size_t len = iter->n >= SHORT_UPDATE_LEN ? get_u16(iter->p) : 0;
    enum ofp_error error = OFPERR_OK;

    memset(u, 0, sizeof *u);
    actions->size = 0;
    if (len < SHORT_UPDATE_LEN || len > iter->n || len % 8) {
        return OFPBRC_BAD_LEN;
    }
    if (!event_decode(get_u16(iter->p + 2), iter->version, &u->event)) {
        return NXBRC_FM_BAD_EVENT;
    }
    if (is_short(u->event)) {
        u->xid = get_be32(iter->p + 4);
        error = len == SHORT_UPDATE_LEN ? OFPERR_OK : OFPBRC_BAD_LEN;
    } else if (len < UPDATE_LEN) {
        error = OFPBRC_BAD_LEN;
    } else {
        error = update_decode(iter->p, len, iter->version, u, actions);
    }
    iter->p += len;
    iter->n -= len;
    return error;
}
