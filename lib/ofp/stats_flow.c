/* SPDX-License-Identifier: Apache-2.0 */
/* Flow and aggregate statistics: OpenFlow 1.0 section 5.3.5, 1.3 section 7.3.5.2, NXST_FLOW and
 * NXST_AGGREGATE. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/oxs.h"
#include "lib/ofp/port.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

/* Lengths of an entry, without match (since 1.1) and actions. */
enum { FLOW_10_LEN = 88, FLOW_11_LEN = 48, FLOW_15_LEN = 24, COUNTERS_LEN = 8, FLOW_NXST_LEN = 48 };

/* The multipart type of OFPMSG_FLOW_COUNTERS_REPLY. */
enum { STATS_FLOW_COUNTERS = 17 };

enum ofp_error flow_stats_request_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_stats_request *r = &msg->u.flow_stats_request;

    match10_decode(h->body, &r->match);
    r->table = h->body[MATCH10_LEN];
    r->out_port = ofp_port_from_10(get_u16(h->body + MATCH10_LEN + 2));
    r->out_group = OFPG_ANY;
    return OFPERR_OK;
}

enum ofp_error flow_stats_request_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_stats_request *r = &msg->u.flow_stats_request;
    const uint8_t *p = h->body;
    size_t used;

    r->table = p[0];
    r->out_group = get_u32(p + 8);
    r->cookie_mask = get_be64(p + 24);
    r->cookie = get_be64(p + 16) & r->cookie_mask;
    enum ofp_error error = port_number_decode(p + 4, &r->out_port);
    if (error) {
        return error;
    }
    error = nxm_decode_ofp_match(p + 32, h->body_len - 32, true, &r->match, &used);
    if (!error && used != h->body_len - 32) {
        return OFPBRC_BAD_LEN;
    }
    return error;
}

enum ofp_error flow_stats_request_decode_nxst(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_stats_request *r = &msg->u.flow_stats_request;
    size_t match_len = get_u16(h->body + 2);
    struct nxm_cookie cookie;

    if (ROUND_UP(match_len, 8) != h->body_len - 8) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = nxm_decode_match(h->body + 8, match_len, true, &r->match, &cookie);
    r->cookie = cookie.cookie;
    r->cookie_mask = cookie.mask;
    r->table = h->body[4];
    r->out_port = ofp_port_from_10(get_u16(h->body));
    r->out_group = OFPG_ANY;
    return error;
}

void flow_stats_request_encode(struct ofpbuf *out, enum ofp_version version, bool nxm,
                               const struct ofp_flow_stats_request *r)
{
    uint16_t port10;

    if (!ofp_port_to_10(r->out_port, &port10)) {
        port10 = (uint16_t) OFPP_NONE;
    }
    if (nxm) {
        struct nxm_cookie cookie = { r->cookie, r->cookie_mask };

        put_u16(out, port10);
        put_u16(out, 0);
        put_u8(out, r->table);
        put_zeros(out, 3);
        size_t match_at = out->size;
        nxm_encode_match(out, &r->match, NXM_VERSION, &cookie);
        size_t len = out->size - match_at;
        put_be16(out->data + match_at - 6, htons((uint16_t) len));
        put_zeros(out, ROUND_UP(len, 8) - len);
    } else if (version == OFP10) {
        match10_encode(out, &r->match);
        put_u8(out, r->table);
        put_zeros(out, 1);
        put_u16(out, port10);
    } else {
        put_u8(out, r->table);
        put_zeros(out, 3);
        put_u32(out, r->out_port);
        put_u32(out, r->out_group);
        put_zeros(out, 4);
        ofpbuf_put(out, &r->cookie, sizeof r->cookie);
        ofpbuf_put(out, &r->cookie_mask, sizeof r->cookie_mask);
        match11_encode_any(out, &r->match, version);
    }
}

enum ofp_error aggregate_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.aggregate.packets = get_u64(h->body);
    msg->u.aggregate.bytes = get_u64(h->body + 8);
    msg->u.aggregate.n_flows = get_u32(h->body + 16);
    return OFPERR_OK;
}

enum ofp_error aggregate_decode_15(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_aggregate_stats *a = &msg->u.aggregate;
    struct oxs oxs;
    size_t used;
    enum ofp_error error = oxs_decode(h->body, h->body_len, &oxs, &used);

    a->packets = oxs.present & OXS_PACKET_COUNT ? oxs.packets : UINT64_MAX;
    a->bytes = oxs.present & OXS_BYTE_COUNT ? oxs.bytes : UINT64_MAX;
    a->n_flows = oxs.n_flows;
    return error;
}

/* Counters that are not known are left out. */
static unsigned int counters_present(uint64_t packets, uint64_t bytes)
{
    return (packets != UINT64_MAX ? OXS_PACKET_COUNT : 0u) |
           (bytes != UINT64_MAX ? OXS_BYTE_COUNT : 0u);
}

void ofp_encode_aggregate_reply(struct ofpbuf *out, enum ofp_version version, bool nxst,
                                const struct ofp_aggregate_stats *stats, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_AGGREGATE_REPLY, version, nxst, xid);

    if (version >= OFP15 && !nxst) {
        struct oxs oxs = {
            .present = OXS_FLOW_COUNT | counters_present(stats->packets, stats->bytes),
            .packets = stats->packets,
            .bytes = stats->bytes,
            .n_flows = stats->n_flows,
        };
        oxs_encode(out, &oxs);
    } else {
        put_u64(out, stats->packets);
        put_u64(out, stats->bytes);
        put_u32(out, stats->n_flows);
        put_zeros(out, 4);
    }
    msg_end(out, start);
}

static void encode_10(struct ofpbuf *out, const struct ofp_flow_stats *fs)
{
    match10_encode(out, fs->match);
    put_u32(out, fs->duration_sec);
    put_u32(out, fs->duration_nsec);
    put_u16(out, fs->priority);
    put_u16(out, fs->idle_timeout);
    put_u16(out, fs->hard_timeout);
    put_zeros(out, 6);
    ofpbuf_put(out, &fs->cookie, sizeof fs->cookie);
    put_u64(out, fs->packets);
    put_u64(out, fs->bytes);
}

static void encode_11(struct ofpbuf *out, enum ofp_version version, const struct ofp_flow_stats *fs)
{
    put_u32(out, fs->duration_sec);
    put_u32(out, fs->duration_nsec);
    put_u16(out, fs->priority);
    put_u16(out, fs->idle_timeout);
    put_u16(out, fs->hard_timeout);
    put_u16(out, version >= OFP13 ? flow_flags_encode(fs->flags, version) : 0);
    put_u16(out, version >= OFP14 ? fs->importance : 0);
    put_zeros(out, 2);
    ofpbuf_put(out, &fs->cookie, sizeof fs->cookie);
    put_u64(out, fs->packets);
    put_u64(out, fs->bytes);
    nxm_encode_ofp_match(out, fs->match, version);
}

static void put_oxs(struct ofpbuf *out, const struct ofp_flow_stats *fs)
{
    struct oxs oxs = {
        .present = OXS_DURATION | (fs->idle_age >= 0 ? OXS_IDLE_TIME : 0u) |
                   counters_present(fs->packets, fs->bytes),
        .duration_sec = fs->duration_sec,
        .duration_nsec = fs->duration_nsec,
        .idle_sec = (uint32_t) MAX(fs->idle_age, 0),
        .packets = fs->packets,
        .bytes = fs->bytes,
    };

    oxs_encode(out, &oxs);
}

static void take_oxs(const struct oxs *oxs, struct ofp_flow_stats *fs)
{
    fs->duration_sec = oxs->duration_sec;
    fs->duration_nsec = oxs->duration_nsec;
    fs->idle_age = oxs->present & OXS_IDLE_TIME ? (int) MIN(oxs->idle_sec, (uint32_t) INT32_MAX) : -1;
    fs->packets = oxs->present & OXS_PACKET_COUNT ? oxs->packets : UINT64_MAX;
    fs->bytes = oxs->present & OXS_BYTE_COUNT ? oxs->bytes : UINT64_MAX;
}

/* OFPMP_FLOW_DESC, whose statistics are entries. */
static void encode_15(struct ofpbuf *out, const struct ofp_flow_stats *fs)
{
    put_u16(out, fs->priority);
    put_u16(out, fs->idle_timeout);
    put_u16(out, fs->hard_timeout);
    put_u16(out, flow_flags_encode(fs->flags, OFP15));
    put_u16(out, fs->importance);
    ofpbuf_put(out, &fs->cookie, sizeof fs->cookie);
    nxm_encode_ofp_match(out, fs->match, OFP15);
    put_oxs(out, fs);
}

/* OFPMP_FLOW_STATS. */
static void encode_counters(struct ofpbuf *out, const struct ofp_flow_stats *fs)
{
    put_zeros(out, 2);
    put_u8(out, fs->table);
    put_u8(out, 0); /* asked for */
    put_u16(out, fs->priority);
    nxm_encode_ofp_match(out, fs->match, OFP15);
    put_oxs(out, fs);
}

/* Ages are sent plus 1, 0 means not known. */
static uint16_t age_encode(int age)
{
    return (uint16_t) (age < 0 ? 0 : MIN(age, UINT16_MAX - 1) + 1);
}

static void encode_nxst(struct ofpbuf *out, const struct ofp_flow_stats *fs)
{
    put_u32(out, fs->duration_sec);
    put_u32(out, fs->duration_nsec);
    put_u16(out, fs->priority);
    put_u16(out, fs->idle_timeout);
    put_u16(out, fs->hard_timeout);
    size_t len_at = out->size;
    put_u16(out, 0);
    put_u16(out, age_encode(fs->idle_age));
    put_u16(out, age_encode(fs->hard_age));
    ofpbuf_put(out, &fs->cookie, sizeof fs->cookie);
    put_u64(out, fs->packets);
    put_u64(out, fs->bytes);
    size_t match_at = out->size;
    nxm_encode_match(out, fs->match, NXM_VERSION, NULL);
    size_t len = out->size - match_at;
    put_be16(out->data + len_at, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}

void ofp_reply_flow_stats(struct ofp_msgs *msgs, const struct ofp_flow_stats *fs)
{
    enum ofp_version version = reply_version(msgs);
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u16(out, 0);
    if (version >= OFP15 && reply_number(msgs) == STATS_FLOW_COUNTERS) {
        encode_counters(out, fs);
        put_be16(out->data + start, htons((uint16_t) (out->size - start)));
        reply_end_element(msgs, start);
        return;
    }
    put_zeros(out, version >= OFP15 && !reply_is_nx(msgs) ? 2 : 0);
    put_u8(out, fs->table);
    put_zeros(out, 1);
    if (reply_is_nx(msgs)) {
        encode_nxst(out, fs);
        actions_encode(fs->actions, fs->actions_size, version, out);
    } else {
        if (version == OFP10) {
            encode_10(out, fs);
        } else if (version >= OFP15) {
            encode_15(out, fs);
        } else {
            encode_11(out, version, fs);
        }
        instructions_encode(fs->actions, fs->actions_size, version, out);
    }
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}

static enum ofp_error decode_10(const uint8_t *p, size_t n, struct ofp_flow_stats *fs,
                                struct match *match, struct ofpbuf *actions)
{
    if (n < FLOW_10_LEN) {
        return OFPBRC_BAD_LEN;
    }
    match10_decode(p + 4, match);
    p += 4 + MATCH10_LEN;
    fs->duration_sec = get_u32(p);
    fs->duration_nsec = get_u32(p + 4);
    fs->priority = get_u16(p + 8);
    fs->idle_timeout = get_u16(p + 10);
    fs->hard_timeout = get_u16(p + 12);
    fs->cookie = get_be64(p + 20);
    fs->packets = get_u64(p + 28);
    fs->bytes = get_u64(p + 36);
    return instructions_decode(p + 44, n - FLOW_10_LEN, OFP10, actions);
}

static enum ofp_error decode_11(const uint8_t *p, size_t n, enum ofp_version version,
                                struct ofp_flow_stats *fs, struct match *match,
                                struct ofpbuf *actions)
{
    size_t used;

    if (n < FLOW_11_LEN) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error =
        nxm_decode_ofp_match(p + FLOW_11_LEN, n - FLOW_11_LEN, true, match, &used);
    if (error) {
        return error;
    }
    fs->duration_sec = get_u32(p + 4);
    fs->duration_nsec = get_u32(p + 8);
    fs->priority = get_u16(p + 12);
    fs->idle_timeout = get_u16(p + 14);
    fs->hard_timeout = get_u16(p + 16);
    fs->flags = version >= OFP13 ? flow_flags_decode(get_u16(p + 18), version) : 0;
    fs->importance = version >= OFP14 ? get_u16(p + 20) : 0;
    fs->cookie = get_be64(p + 24);
    fs->packets = get_u64(p + 32);
    fs->bytes = get_u64(p + 40);
    return instructions_decode(p + FLOW_11_LEN + used, n - FLOW_11_LEN - used, version, actions);
}

static enum ofp_error decode_15(const uint8_t *p, size_t n, struct ofp_flow_stats *fs,
                                struct match *match, struct ofpbuf *actions)
{
    size_t match_len, oxs_len;
    struct oxs oxs;

    if (n < FLOW_15_LEN) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error =
        nxm_decode_ofp_match(p + FLOW_15_LEN, n - FLOW_15_LEN, true, match, &match_len);
    if (error) {
        return error;
    }
    size_t used = FLOW_15_LEN + match_len;
    error = oxs_decode(p + used, n - used, &oxs, &oxs_len);
    if (error) {
        return error;
    }
    used += oxs_len;
    fs->table = p[4];
    fs->priority = get_u16(p + 6);
    fs->idle_timeout = get_u16(p + 8);
    fs->hard_timeout = get_u16(p + 10);
    fs->flags = flow_flags_decode(get_u16(p + 12), OFP15);
    fs->importance = get_u16(p + 14);
    fs->cookie = get_be64(p + 16);
    take_oxs(&oxs, fs);
    return instructions_decode(p + used, n - used, OFP15, actions);
}

static enum ofp_error decode_nxst(const uint8_t *p, size_t n, enum ofp_version version,
                                  struct ofp_flow_stats *fs, struct match *match,
                                  struct ofpbuf *actions)
{
    if (n < FLOW_NXST_LEN) {
        return OFPBRC_BAD_LEN;
    }
    size_t match_len = get_u16(p + 18), padded = ROUND_UP(match_len, 8);
    if (padded > n - FLOW_NXST_LEN) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = nxm_decode_match(p + FLOW_NXST_LEN, match_len, true, match, NULL);
    if (error) {
        return error;
    }
    fs->duration_sec = get_u32(p + 4);
    fs->duration_nsec = get_u32(p + 8);
    fs->priority = get_u16(p + 12);
    fs->idle_timeout = get_u16(p + 14);
    fs->hard_timeout = get_u16(p + 16);
    fs->idle_age = get_u16(p + 20) - 1;
    fs->hard_age = get_u16(p + 22) - 1;
    fs->cookie = get_be64(p + 24);
    fs->packets = get_u64(p + 32);
    fs->bytes = get_u64(p + 40);
    return actions_decode(p + FLOW_NXST_LEN + padded, n - FLOW_NXST_LEN - padded, version, 0,
                          actions);
}

enum ofp_error ofp_flow_stats_next(struct ofp_stats_iter *iter, struct ofp_flow_stats *fs,
                                   struct match *match, struct ofpbuf *actions)
{
    enum ofp_error error;

    if (iter->n < 4) {
        return OFPBRC_BAD_LEN;
    }
    size_t len = get_u16(iter->p);
    if (len < 4 || len > iter->n) {
        return OFPBRC_BAD_LEN;
    }
    memset(fs, 0, sizeof *fs);
    actions->size = 0;
    fs->idle_age = fs->hard_age = -1;
    fs->table = iter->p[2];
    if (iter->nx) {
        error = decode_nxst(iter->p, len, iter->version, fs, match, actions);
    } else if (iter->version == OFP10) {
        error = decode_10(iter->p, len, fs, match, actions);
    } else if (iter->version >= OFP15) {
        error = decode_15(iter->p, len, fs, match, actions);
    } else {
        error = decode_11(iter->p, len, iter->version, fs, match, actions);
    }
    fs->match = match;
    fs->actions = actions->data;
    fs->actions_size = actions->size;
    iter->p += len;
    iter->n -= len;
    return error;
}

enum ofp_error ofp_flow_counters_next(struct ofp_stats_iter *iter, struct ofp_flow_stats *fs,
                                      struct match *match)
{
    const uint8_t *p = iter->p;
    size_t len = iter->n >= COUNTERS_LEN ? get_u16(p) : 0, match_len, oxs_len;
    struct oxs oxs;

    memset(fs, 0, sizeof *fs);
    fs->match = match;
    fs->hard_age = -1;
    if (len < COUNTERS_LEN || len > iter->n) {
        return OFPBRC_BAD_LEN;
    }
    iter->p += len;
    iter->n -= len;
    fs->table = p[4];
    fs->priority = get_u16(p + 6);
    enum ofp_error error =
        nxm_decode_ofp_match(p + COUNTERS_LEN, len - COUNTERS_LEN, true, match, &match_len);
    if (error) {
        return error;
    }
    error = oxs_decode(p + COUNTERS_LEN + match_len, len - COUNTERS_LEN - match_len, &oxs, &oxs_len);
    take_oxs(&oxs, fs);
    return error;
}
