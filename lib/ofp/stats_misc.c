/* SPDX-License-Identifier: Apache-2.0 */
/* Description and table statistics, and all requests: OpenFlow 1.0 section 5.3.5, 1.3 section 7.3.5. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { TABLE_10_LEN = 64, TABLE_11_LEN = 88, TABLE_12_LEN = 128, TABLE_13_LEN = 24 };

/* What the tables of this switch can do, as the table statistics before 1.3 say it. */
enum {
    WILDCARDS_10 = 0x3fffff,
    MATCH_11 = 0xfbff,        /* OFPFMF_*: all but the kind of match */
    ACTIONS_11 = 0x1ffe7ff,   /* bit n: action n */
    ACTIONS_12 = 0x3ff8001,
    INSTRUCTIONS = 0x3e,      /* bit n: instruction n */
    GOTO_TABLE_BIT = 1 << 1,
};
/* Bit n: field n of OXM's basic class. */
static const uint64_t match_12 = UINT64_C(0x101ffffffffd), set_fields_12 = UINT64_C(0xffffffbdd);

/* Text of a fixed size in a message; not terminated if it is as long as that. */
static void text_decode(char *to, size_t to_size, const uint8_t *p, size_t n)
{
    n = strnlen((const char *) p, MIN(n, to_size - 1));
    memcpy(to, p, n);
    to[n] = '\0';
}

static void text_encode(struct ofpbuf *out, const char *text, size_t n)
{
    memcpy(ofpbuf_put_zeros(out, n), text, MIN(strlen(text), n - 1));
}

enum ofp_error desc_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_desc *d = &msg->u.desc;

    text_decode(d->mfr, sizeof d->mfr, h->body, 256);
    text_decode(d->hw, sizeof d->hw, h->body + 256, 256);
    text_decode(d->sw, sizeof d->sw, h->body + 512, 256);
    text_decode(d->serial, sizeof d->serial, h->body + 768, 32);
    text_decode(d->dp, sizeof d->dp, h->body + 800, 256);
    return OFPERR_OK;
}

void ofp_encode_desc_reply(struct ofpbuf *out, enum ofp_version version, const struct ofp_desc *d,
                           be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_DESC_REPLY, version, false, xid);

    text_encode(out, d->mfr, 256);
    text_encode(out, d->hw, 256);
    text_encode(out, d->sw, 256);
    text_encode(out, d->serial, 32);
    text_encode(out, d->dp, 256);
    msg_end(out, start);
}

/* The last table leads to no other. */
static uint32_t instructions_of(uint8_t table)
{
    return table + 1 < OFP_N_TABLES ? INSTRUCTIONS : INSTRUCTIONS & ~GOTO_TABLE_BIT;
}

static void encode_table_11(struct ofpbuf *out, const struct ofp_table_stats *ts)
{
    text_encode(out, ts->name, 32);
    put_u32(out, MATCH_11); /* wildcards */
    put_u32(out, MATCH_11);
    put_u32(out, instructions_of(ts->id));
    put_u32(out, ACTIONS_11); /* write-actions */
    put_u32(out, ACTIONS_11); /* apply-actions */
    put_u32(out, ts->config);
    put_u32(out, ts->max_entries);
}

static void encode_table_12(struct ofpbuf *out, const struct ofp_table_stats *ts)
{
    text_encode(out, ts->name, 32);
    put_u64(out, match_12);
    put_u64(out, match_12); /* wildcards */
    put_u32(out, ACTIONS_12); /* write-actions */
    put_u32(out, ACTIONS_12); /* apply-actions */
    put_u64(out, set_fields_12); /* of write-actions */
    put_u64(out, set_fields_12); /* of apply-actions */
    put_u64(out, UINT64_MAX); /* metadata that can be matched */
    put_u64(out, UINT64_MAX); /* and written */
    put_u32(out, instructions_of(ts->id));
    put_u32(out, ts->config);
    put_u32(out, ts->max_entries);
}

void ofp_reply_table_stats(struct ofp_msgs *msgs, const struct ofp_table_stats *ts)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    enum ofp_version version = reply_version(msgs);
    put_u8(out, ts->id);
    put_zeros(out, version == OFP11 || version == OFP12 ? 7 : 3);
    if (version == OFP10) {
        text_encode(out, ts->name, 32);
        put_u32(out, WILDCARDS_10);
        put_u32(out, ts->max_entries);
    } else if (version == OFP11) {
        encode_table_11(out, ts);
    } else if (version == OFP12) {
        encode_table_12(out, ts);
    }
    put_u32(out, ts->active);
    put_u64(out, ts->lookups);
    put_u64(out, ts->matched);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_table_stats_next(struct ofp_stats_iter *iter, struct ofp_table_stats *ts)
{
    /* Of the element, and where in it the maximum number of entries stands. */
    static const struct {
        uint8_t len, max_entries_at;
    } forms[] = {
        [OFP10] = { TABLE_10_LEN, 40 },
        [OFP11] = { TABLE_11_LEN, 64 },
        [OFP12] = { TABLE_12_LEN, 104 },
        [OFP13] = { TABLE_13_LEN, 0 },
    };
    enum ofp_version form = MIN(iter->version, OFP13);
    size_t len = forms[form].len, max_entries_at = forms[form].max_entries_at;
    const uint8_t *p = iter->p;

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    memset(ts, 0, sizeof *ts);
    ts->id = *p;
    if (max_entries_at) {
        text_decode(ts->name, sizeof ts->name, p + (form == OFP10 ? 4 : 8), 32);
        ts->config = form == OFP10 ? 0 : get_u32(p + max_entries_at - 4);
        ts->max_entries = get_u32(p + max_entries_at);
        p += max_entries_at;
    }
    p += 4;
    ts->active = get_u32(p);
    ts->lookups = get_u64(p + 4);
    ts->matched = get_u64(p + 12);
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}

static void encode_port_request(struct ofpbuf *out, enum ofp_version version, ofp_port_t port)
{
    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(port));
        put_zeros(out, 6);
    } else {
        put_u32(out, port);
        put_zeros(out, 4);
    }
}

static void encode_queue_request(struct ofpbuf *out, enum ofp_version version,
                                 const struct ofp_queue_stats_request *r)
{
    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(r->port));
        put_zeros(out, 2);
    } else {
        put_u32(out, r->port == OFPP_ALL ? OFPP_NONE : r->port);
    }
    put_u32(out, r->queue);
}

void ofp_encode_stats_request(struct ofpbuf *out, enum ofp_version version, enum ofp_msg_type type,
                              const void *body, bool nxm, be32 xid)
{
    size_t start = msg_begin(out, type, version, nxm, xid);

    switch ((int) type) {
    case OFPMSG_FLOW_STATS_REQUEST:
    case OFPMSG_AGGREGATE_REQUEST:
        flow_stats_request_encode(out, version, nxm, body);
        break;
    case OFPMSG_PORT_STATS_REQUEST:
        encode_port_request(out, version, *(const ofp_port_t *) body);
        break;
    case OFPMSG_PORT_DESC_REQUEST:
        if (version >= OFP15) {
            encode_port_request(out, version, body ? *(const ofp_port_t *) body : OFPP_NONE);
        }
        break;
    case OFPMSG_QUEUE_STATS_REQUEST:
        encode_queue_request(out, version, body);
        break;
    case OFPMSG_GROUP_STATS_REQUEST:
        group_request_encode(out, body);
        break;
    case OFPMSG_GROUP_DESC_REQUEST:
        if (version == OFP10 || version >= OFP15) {
            group_request_encode(out, body);
        }
        break;
    case OFPMSG_METER_STATS_REQUEST:
    case OFPMSG_METER_CONFIG_REQUEST:
        meter_request_encode(out, body);
        break;
    }
    msg_end(out, start);
}
