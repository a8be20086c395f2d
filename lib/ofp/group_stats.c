/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions, statistics and features of groups: OpenFlow 1.3 sections 7.3.5.9 to 7.3.5.11, 1.5
 * section 7.3.5.11, and the Nicira statistics 7 to 9 of 1.0. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/group_codec.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { DESC_11_LEN = 8, DESC_15_LEN = 16, STATS_11_LEN = 32, STATS_13_LEN = 40, COUNTER_LEN = 16 };

enum ofp_error group_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.group_request.id = h->body_len >= 4 ? get_u32(h->body) : OFPG_ALL;
    return OFPERR_OK;
}

void group_request_encode(struct ofpbuf *out, const struct ofp_group_request *r)
{
    put_u32(out, r ? r->id : OFPG_ALL);
    put_zeros(out, 4);
}

void ofp_reply_group_desc(struct ofp_msgs *msgs, const struct ofp_group_desc *gd)
{
    enum ofp_version version = reply_version(msgs);
    bool has_props = group_has_bucket_props(version, reply_is_nx(msgs));
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u16(out, 0);
    put_u8(out, (uint8_t) gd->type);
    put_u8(out, 0);
    put_u32(out, gd->id);
    put_zeros(out, has_props ? 8 : 0);
    size_t buckets_at = out->size;
    group_buckets_encode(out, version, has_props, gd->type, gd->buckets, gd->n_buckets);
    if (has_props) {
        put_be16(out->data + start + 8, htons((uint16_t) (out->size - buckets_at)));
        group_props_encode(out, version, &gd->props);
    }
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}

static enum ofp_error desc_decode_body(const struct ofp_stats_iter *iter, size_t len,
                                       struct ofp_group_desc *gd)
{
    bool has_props = group_has_bucket_props(iter->version, iter->nx);
    const uint8_t *p = iter->p + (has_props ? DESC_15_LEN : DESC_11_LEN);
    size_t n = len - (has_props ? DESC_15_LEN : DESC_11_LEN);
    size_t buckets_len = has_props ? get_u16(iter->p + 8) : n;

    if (buckets_len > n || buckets_len % 8) {
        return OFPBRC_BAD_LEN;
    }
    enum ofp_error error = group_buckets_decode(p, buckets_len, iter->version, has_props, gd->type,
                                                &gd->buckets, &gd->n_buckets);
    return error ? error
                 : group_props_decode(p + buckets_len, n - buckets_len, gd->type, OFPGC_ADD,
                                      &gd->props);
}

enum ofp_error ofp_group_desc_next(struct ofp_stats_iter *iter, struct ofp_group_desc *gd)
{
    size_t min = group_has_bucket_props(iter->version, iter->nx) ? DESC_15_LEN : DESC_11_LEN;
    size_t len = iter->n >= min ? get_u16(iter->p) : 0;

    memset(gd, 0, sizeof *gd);
    if (len < min || len > iter->n || len % 8) {
        return OFPBRC_BAD_LEN;
    }
    gd->type = (enum ofp_group_type) iter->p[2];
    gd->id = get_u32(iter->p + 4);
    enum ofp_error error = desc_decode_body(iter, len, gd);
    iter->p += len;
    iter->n -= len;
    if (error) {
        ofp_group_desc_destroy(gd);
    }
    return error;
}

/* Since 1.3 and in Nicira's form, statistics tell how long the group exists. */
static bool has_duration(enum ofp_version version, bool nx)
{
    return nx || version >= OFP13;
}

void ofp_reply_group_stats(struct ofp_msgs *msgs, const struct ofp_group_stats *gs)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u16(out, 0);
    put_zeros(out, 2);
    put_u32(out, gs->id);
    put_u32(out, gs->ref_count);
    put_zeros(out, 4);
    put_u64(out, gs->packets);
    put_u64(out, gs->bytes);
    if (has_duration(reply_version(msgs), reply_is_nx(msgs))) {
        put_u32(out, gs->duration_sec);
        put_u32(out, gs->duration_nsec);
    }
    for (size_t i = 0; i < gs->n_buckets; i++) {
        put_u64(out, gs->buckets[i].packets);
        put_u64(out, gs->buckets[i].bytes);
    }
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}

enum ofp_error ofp_group_stats_next(struct ofp_stats_iter *iter, struct ofp_group_stats *gs)
{
    bool timed = has_duration(iter->version, iter->nx);
    size_t min = timed ? STATS_13_LEN : STATS_11_LEN;
    size_t len = iter->n >= min ? get_u16(iter->p) : 0;
    const uint8_t *p = iter->p;

    memset(gs, 0, sizeof *gs);
    if (len < min || len > iter->n || (len - min) % COUNTER_LEN) {
        return OFPBRC_BAD_LEN;
    }
    gs->id = get_u32(p + 4);
    gs->ref_count = get_u32(p + 8);
    gs->packets = get_u64(p + 16);
    gs->bytes = get_u64(p + 24);
    gs->duration_sec = timed ? get_u32(p + 32) : UINT32_MAX;
    gs->duration_nsec = timed ? get_u32(p + 36) : UINT32_MAX;
    gs->n_buckets = (len - min) / COUNTER_LEN;
    gs->buckets = gs->n_buckets ? xcalloc(gs->n_buckets, sizeof *gs->buckets) : NULL;
    for (size_t i = 0; i < gs->n_buckets; i++) {
        gs->buckets[i].packets = get_u64(p + min + i * COUNTER_LEN);
        gs->buckets[i].bytes = get_u64(p + min + i * COUNTER_LEN + 8);
    }
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}

/* Actions of 1.0 and 1.1 have other numbers, and one for each field that 1.2's set-field can set. */
static const struct {
    uint8_t bit13; /* since 1.2 */
    uint32_t bits10, bits11;
} old_actions[] = {
    { 0, 1u << 0, 1u << 0 },      /* output */
    { 25, 0x7f6, 0x67fe },        /* set-field */
    { 18, 1u << 3, 1u << 18 },    /* pop-vlan */
    { 21, 1u << 11, 1u << 21 },   /* set-queue; enqueue in 1.0 */
    { 11, 0, 1u << 11 },          /* copy-ttl-out */
    { 12, 0, 1u << 12 },          /* copy-ttl-in */
    { 15, 0, 1u << 15 },          /* set-mpls-ttl */
    { 16, 0, 1u << 16 },          /* dec-mpls-ttl */
    { 17, 0, 1u << 17 },          /* push-vlan */
    { 19, 0, 1u << 19 },          /* push-mpls */
    { 20, 0, 1u << 20 },          /* pop-mpls */
    { 22, 0, 1u << 22 },          /* group */
    { 23, 0, 1u << 23 },          /* set-nw-ttl */
    { 24, 0, 1u << 24 },          /* dec-nw-ttl */
};

static uint32_t actions_bits_encode(uint32_t bits13, enum ofp_version version)
{
    uint32_t wire = 0;

    if (version >= OFP12) {
        return bits13;
    }
    for (size_t i = 0; i < ARRAY_SIZE(old_actions); i++) {
        if (bits13 & 1u << old_actions[i].bit13) {
            wire |= version == OFP10 ? old_actions[i].bits10 : old_actions[i].bits11;
        }
    }
    return wire;
}

static uint32_t actions_bits_decode(uint32_t wire, enum ofp_version version)
{
    uint32_t bits = 0;

    if (version >= OFP12) {
        return wire;
    }
    for (size_t i = 0; i < ARRAY_SIZE(old_actions); i++) {
        if (wire & (version == OFP10 ? old_actions[i].bits10 : old_actions[i].bits11)) {
            bits |= 1u << old_actions[i].bit13;
        }
    }
    return bits;
}

enum ofp_error group_features_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_group_features *gf = &msg->u.group_features;

    gf->types = get_u32(h->body);
    gf->capabilities = get_u32(h->body + 4);
    for (size_t i = 0; i < OFPGT_N; i++) {
        gf->max_groups[i] = get_u32(h->body + 8 + 4 * i);
        gf->actions[i] = actions_bits_decode(get_u32(h->body + 24 + 4 * i), h->version);
    }
    return OFPERR_OK;
}

void ofp_encode_group_features_reply(struct ofpbuf *out, enum ofp_version version,
                                     const struct ofp_group_features *gf, be32 xid)
{
    size_t start =
        msg_begin(out, OFPMSG_GROUP_FEATURES_REPLY, version, version < OFP12, xid);

    put_u32(out, gf->types);
    put_u32(out, gf->capabilities);
    for (size_t i = 0; i < OFPGT_N; i++) {
        put_u32(out, gf->max_groups[i]);
    }
    for (size_t i = 0; i < OFPGT_N; i++) {
        put_u32(out, actions_bits_encode(gf->actions[i], version));
    }
    msg_end(out, start);
}
