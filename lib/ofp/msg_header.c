/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of messages: decoding, and building messages from the table. */
#include "lib/ofp/msg_header.h"

#include "lib/ofp/error_table.h"
#include "lib/ofp/msg_table.h"

enum { OFPT_VENDOR = 4, STATS_VENDOR = 0xffff, STATS_FLAG_MORE = 1 };

static uint8_t stats_request_type(enum ofp_version version)
{
    return version == OFP10 ? 16 : 18;
}

static size_t stats_header_len(enum ofp_version version)
{
    return version == OFP10 ? OFP_STATS_HEADER_10_LEN : OFP_STATS_HEADER_LEN;
}

static const struct msg_wire *find(enum msg_kind kind, enum ofp_version version, uint32_t number)
{
    if (kind == MSG_PLAIN && number < MSG_N_PLAIN && version >= OFP10 && version <= OFP15) {
        return msg_table_plain(version, number);
    }
    for (size_t i = 0; i < msg_table_len; i++) {
        const struct msg_wire *w = &msg_table[i];

        if (w->kind == kind && w->number == number && w->first <= version && version <= w->last) {
            return w;
        }
    }
    return NULL;
}

const struct msg_wire *msg_wire_find(enum ofp_msg_type type, enum ofp_version version, bool nx)
{
    for (size_t i = 0; i < msg_table_len; i++) {
        const struct msg_wire *w = &msg_table[i];

        if (w->type == type && msg_kind_is_vendor(w->kind) == nx && w->first <= version &&
            version <= w->last) {
            return w;
        }
    }
    return NULL;
}

bool msg_may_be_stats_request(const uint8_t *data, size_t n)
{
    return n >= OFP_HEADER_LEN && data[1] == stats_request_type((enum ofp_version) data[0]);
}

/* What the headers of a message say: its kind, its number and where its body begins. */
struct identity {
    enum msg_kind kind;
    uint32_t number;
    size_t header_len;
};

static bool vendor_known(uint32_t vendor)
{
    return vendor == OFP_VENDOR_NICIRA || vendor == OFP_VENDOR_ONF;
}

/* 'id->kind' is that of Nicira's messages. */
static enum ofp_error identify_vendor(const uint8_t *p, struct identity *id)
{
    uint32_t vendor = get_u32(p);

    if (!vendor_known(vendor)) {
        return OFPBRC_BAD_VENDOR;
    }
    if (vendor == OFP_VENDOR_ONF) {
        id->kind = id->kind == MSG_NX                 ? MSG_ONF
                   : id->kind == MSG_NX_STATS_REQUEST ? MSG_ONF_STATS_REQUEST
                                                      : MSG_ONF_STATS_REPLY;
    }
    id->number = get_u32(p + 4);
    return OFPERR_OK;
}

static enum ofp_error identify_stats(const uint8_t *data, size_t n, enum ofp_version version,
                                     bool reply, struct identity *id, bool *more)
{
    if (n < stats_header_len(version)) {
        return OFPBRC_BAD_LEN;
    }
    id->number = get_u16(data + 8);
    *more = get_u16(data + 10) & STATS_FLAG_MORE;
    if (id->number != STATS_VENDOR) {
        id->kind = reply ? MSG_STATS_REPLY : MSG_STATS_REQUEST;
        id->header_len = stats_header_len(version);
        return OFPERR_OK;
    }
    id->kind = reply ? MSG_NX_STATS_REPLY : MSG_NX_STATS_REQUEST;
    id->header_len = OFP_VENDOR_STATS_HEADER_LEN;
    if (n < OFP_VENDOR_STATS_HEADER_LEN) {
        return n >= stats_header_len(version) + 4 &&
                       !vendor_known(get_u32(data + stats_header_len(version)))
                   ? OFPBRC_BAD_VENDOR
                   : OFPBRC_BAD_LEN;
    }
    return identify_vendor(data + stats_header_len(version), id);
}

static enum ofp_error identify(const uint8_t *data, size_t n, struct msg_header *h,
                               struct identity *id)
{
    uint8_t type = data[1], request = stats_request_type(h->version);

    if (type == OFPT_VENDOR) {
        if (n < OFP_VENDOR_HEADER_LEN) {
            return n >= 12 && !vendor_known(get_u32(data + 8)) ? OFPBRC_BAD_VENDOR : OFPBRC_BAD_LEN;
        }
        id->kind = MSG_NX;
        id->header_len = OFP_VENDOR_HEADER_LEN;
        return identify_vendor(data + 8, id);
    }
    if (type == request || type == request + 1) {
        return identify_stats(data, n, h->version, type != request, id, &h->more);
    }
    id->kind = MSG_PLAIN;
    id->number = type;
    id->header_len = OFP_HEADER_LEN;
    return OFPERR_OK;
}

static enum ofp_error unknown_number(enum msg_kind kind)
{
    switch (kind) {
    case MSG_PLAIN:
        return OFPBRC_BAD_TYPE;
    case MSG_STATS_REQUEST:
    case MSG_STATS_REPLY:
        return OFPBRC_BAD_STAT;
    default:
        return OFPBRC_BAD_SUBTYPE;
    }
}

bool msg_header_peek(const uint8_t *data, size_t n, struct msg_header *h)
{
    struct identity id = { 0 };

    memset(h, 0, sizeof *h);
    h->version = (enum ofp_version) data[0];
    h->xid = get_be32(data + 4);
    if (!identify(data, n, h, &id)) {
        h->wire = find(id.kind, h->version, id.number);
    }
    return h->wire;
}

enum ofp_error msg_header_decode(const uint8_t *data, size_t n, struct msg_header *h)
{
    if (n < OFP_HEADER_LEN || get_u16(data + 2) != n) {
        memset(h, 0, sizeof *h);
        return OFPBRC_BAD_LEN;
    }
    return msg_header_decode_assembled(data, n, h);
}

enum ofp_error msg_header_decode_assembled(const uint8_t *data, size_t n, struct msg_header *h)
{
    struct identity id = { 0 };

    memset(h, 0, sizeof *h);
    if (n < OFP_HEADER_LEN) {
        return OFPBRC_BAD_LEN;
    }
    h->version = (enum ofp_version) data[0];
    h->xid = get_be32(data + 4);
    enum ofp_error error = identify(data, n, h, &id);
    if (error) {
        return error;
    }
    h->wire = find(id.kind, h->version, id.number);
    if (!h->wire) {
        return h->version < OFP10 || h->version > OFP15 ? OFPBRC_BAD_VERSION
                                                        : unknown_number(id.kind);
    }
    h->body = data + id.header_len;
    h->body_len = n - id.header_len;
    if (h->body_len < h->wire->body_len) {
        return OFPBRC_BAD_LEN;
    }
    size_t extra = h->body_len - h->wire->body_len;
    if (h->wire->body_unit ? extra % h->wire->body_unit : extra) {
        return OFPBRC_BAD_LEN;
    }
    return OFPERR_OK;
}

size_t msg_begin_wire(struct ofpbuf *out, const struct msg_wire *w, enum ofp_version version,
                      be32 xid)
{
    size_t start = out->size;
    bool stats = msg_kind_is_stats(w->kind), vendor = msg_kind_is_vendor(w->kind);
    bool reply = stats && !msg_kind_is_request(w->kind);
    bool onf = w->kind == MSG_ONF || w->kind == MSG_ONF_STATS_REQUEST || w->kind == MSG_ONF_STATS_REPLY;

    put_u8(out, (uint8_t) version);
    put_u8(out, stats                  ? stats_request_type(version) + reply
                : w->kind == MSG_PLAIN ? (uint8_t) w->number
                                       : (uint8_t) OFPT_VENDOR);
    put_u16(out, 0);
    ofpbuf_put(out, &xid, sizeof xid);
    if (stats) {
        put_u16(out, vendor ? STATS_VENDOR : (uint16_t) w->number);
        put_u16(out, 0);
        put_zeros(out, stats_header_len(version) - OFP_STATS_HEADER_10_LEN);
    }
    if (vendor) {
        put_u32(out, onf ? OFP_VENDOR_ONF : OFP_VENDOR_NICIRA);
        put_u32(out, w->number);
    }
    if (vendor && stats) {
        put_zeros(out, start + OFP_VENDOR_STATS_HEADER_LEN - out->size);
    }
    return start;
}

size_t msg_begin(struct ofpbuf *out, enum ofp_msg_type type, enum ofp_version version, bool nx,
                 be32 xid)
{
    const struct msg_wire *w = msg_wire_find(type, version, nx);

    assert(w);
    return msg_begin_wire(out, w, version, xid);
}

size_t msg_begin_nx(struct ofpbuf *out, uint32_t subtype, enum ofp_version version, be32 xid)
{
    return msg_begin_wire(out, find(MSG_NX, version, subtype), version, xid);
}

bool msg_end(struct ofpbuf *out, size_t start)
{
    size_t len = out->size - start;

    if (len > OFP_MAX_MESSAGE) {
        out->size = start;
        return false;
    }
    put_be16(out->data + start + 2, htons((uint16_t) len));
    return true;
}

int ofp_message_len(const uint8_t *data, size_t n)
{
    if (n < OFP_HEADER_LEN) {
        return 0;
    }
    int len = get_u16(data + 2);
    return len < OFP_HEADER_LEN ? -1 : len;
}
