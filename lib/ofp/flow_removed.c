/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-removed: OpenFlow 1.0 section 5.4.3, 1.3 section 7.4.2, 1.5 section 7.4.2, NXT_FLOW_REMOVED. */
#include "lib/ofp/codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/oxs.h"

enum ofp_error flow_removed_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_removed *fr = &msg->u.flow_removed;
    const uint8_t *p = h->body + MATCH10_LEN;

    match10_decode(h->body, &fr->match);
    fr->cookie = get_be64(p);
    fr->priority = match10_is_exact(h->body) ? UINT16_MAX : get_u16(p + 8);
    fr->reason = (enum ofp_removed_reason) p[10];
    fr->table = OFP_TABLE_ALL;
    fr->duration_sec = get_u32(p + 12);
    fr->duration_nsec = get_u32(p + 16);
    fr->idle_timeout = get_u16(p + 20);
    fr->packets = get_u64(p + 24);
    fr->bytes = get_u64(p + 32);
    return OFPERR_OK;
}

/* From the cookie to the idle timeout, which 1.1+ and NXT share. */
static void decode_common(const uint8_t *p, struct ofp_flow_removed *fr)
{
    fr->cookie = get_be64(p);
    fr->priority = get_u16(p + 8);
    fr->reason = (enum ofp_removed_reason) p[10];
    fr->duration_sec = get_u32(p + 12);
    fr->duration_nsec = get_u32(p + 16);
    fr->idle_timeout = get_u16(p + 20);
    fr->packets = get_u64(p + 24);
    fr->bytes = get_u64(p + 32);
}

enum ofp_error flow_removed_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_removed *fr = &msg->u.flow_removed;
    size_t used;

    decode_common(h->body, fr);
    fr->table = h->body[11];
    fr->hard_timeout = h->version >= OFP12 ? get_u16(h->body + 22) : 0;
    return nxm_decode_ofp_match(h->body + 40, h->body_len - 40, false, &fr->match, &used);
}

enum ofp_error flow_removed_decode_15(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_removed *fr = &msg->u.flow_removed;
    const uint8_t *p = h->body;
    size_t used, oxs_len;
    struct oxs oxs;

    fr->table = p[0];
    fr->reason = (enum ofp_removed_reason) p[1];
    fr->priority = get_u16(p + 2);
    fr->idle_timeout = get_u16(p + 4);
    fr->hard_timeout = get_u16(p + 6);
    fr->cookie = get_be64(p + 8);
    enum ofp_error error =
        nxm_decode_ofp_match(p + 16, h->body_len - 16, false, &fr->match, &used);
    if (error) {
        return error;
    }
    error = oxs_decode(p + 16 + used, h->body_len - 16 - used, &oxs, &oxs_len);
    fr->duration_sec = oxs.duration_sec;
    fr->duration_nsec = oxs.duration_nsec;
    fr->packets = oxs.present & OXS_PACKET_COUNT ? oxs.packets : UINT64_MAX;
    fr->bytes = oxs.present & OXS_BYTE_COUNT ? oxs.bytes : UINT64_MAX;
    return error;
}

enum ofp_error flow_removed_decode_nxt(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_removed *fr = &msg->u.flow_removed;
    size_t match_len = get_u16(h->body + 22);

    decode_common(h->body, fr);
    /* The table's number plus 1, 0 for none. */
    fr->table = h->body[11] ? (uint8_t) (h->body[11] - 1) : OFP_TABLE_ALL;
    if (match_len > h->body_len - 40) {
        return OFPBMC_BAD_LEN;
    }
    return nxm_decode_match(h->body + 40, match_len, false, &fr->match, NULL);
}

static uint8_t reason_encode(enum ofp_removed_reason reason, enum ofp_version version)
{
    enum ofp_removed_reason last = version == OFP10   ? OFPRR_DELETE
                                   : version <= OFP13 ? OFPRR_GROUP_DELETE
                                                      : OFPRR_EVICTION;

    return (uint8_t) (reason <= last ? reason : OFPRR_DELETE);
}

static void encode_common(struct ofpbuf *out, enum ofp_version version, uint8_t table,
                          uint16_t after_idle, const struct ofp_flow_removed *fr)
{
    ofpbuf_put(out, &fr->cookie, sizeof fr->cookie);
    put_u16(out, fr->priority);
    put_u8(out, reason_encode(fr->reason, version));
    put_u8(out, table);
    put_u32(out, fr->duration_sec);
    put_u32(out, fr->duration_nsec);
    put_u16(out, fr->idle_timeout);
    put_u16(out, after_idle);
    put_u64(out, fr->packets);
    put_u64(out, fr->bytes);
}

static void encode_15(struct ofpbuf *out, const struct ofp_flow_removed *fr)
{
    struct oxs oxs = {
        .present = OXS_DURATION | (fr->packets != UINT64_MAX ? OXS_PACKET_COUNT : 0u) |
                   (fr->bytes != UINT64_MAX ? OXS_BYTE_COUNT : 0u),
        .duration_sec = fr->duration_sec,
        .duration_nsec = fr->duration_nsec,
        .packets = fr->packets,
        .bytes = fr->bytes,
    };

    put_u8(out, fr->table);
    put_u8(out, reason_encode(fr->reason, OFP15));
    put_u16(out, fr->priority);
    put_u16(out, fr->idle_timeout);
    put_u16(out, fr->hard_timeout);
    ofpbuf_put(out, &fr->cookie, sizeof fr->cookie);
    nxm_encode_ofp_match(out, &fr->match, OFP15);
    oxs_encode(out, &oxs);
}

void ofp_encode_flow_removed(struct ofpbuf *out, enum ofp_version version,
                             const struct ofp_flow_removed *fr, bool nxm)
{
    size_t start = msg_begin(out, OFPMSG_FLOW_REMOVED, version, nxm, 0);

    if (nxm) {
        encode_common(out, version, (uint8_t) (fr->table + 1), 0, fr);
        size_t match_at = out->size;
        nxm_encode_match(out, &fr->match, NXM_VERSION, NULL);
        size_t len = out->size - match_at;
        put_be16(out->data + match_at - 18, htons((uint16_t) len));
        put_zeros(out, ROUND_UP(len, 8) - len);
    } else if (version == OFP10) {
        match10_encode(out, &fr->match);
        encode_common(out, version, 0, 0, fr);
    } else if (version >= OFP15) {
        encode_15(out, fr);
    } else {
        encode_common(out, version, fr->table, version >= OFP12 ? fr->hard_timeout : 0, fr);
        if (version == OFP11) {
            match11_encode(out, &fr->match); /* whatever the flow matches besides, as 1.1 knows no more */
        } else {
            nxm_encode_ofp_match(out, &fr->match, version);
        }
    }
    msg_end(out, start);
}
