/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-ins: OpenFlow 1.0 section 5.4.1, 1.1 to 1.3 sections A.4.1, 1.4 section 7.4.1, NXT_PACKET_IN and
 * NXT_PACKET_IN2. */
#include "lib/ofp/codec.h"
#include "lib/ofp/field.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/port.h"

enum { NO_BUFFER = 0xffffffff, NX_PACKET_IN = 17, NX_PACKET_IN2 = 30 };

/* Properties of NXT_PACKET_IN2. */
enum {
    PROP_PACKET,
    PROP_FULL_LEN,
    PROP_BUFFER_ID,
    PROP_TABLE_ID,
    PROP_COOKIE,
    PROP_REASON,
    PROP_METADATA,
    PROP_USERDATA,
    PROP_CONTINUATION,
    PROP_HEADER_LEN = 4,
};

static void set_in_port(struct match *match, ofp_port_t port)
{
    union field_value value = { .be32 = htonl(port) };

    field_set_match(field_get(FIELD_IN_PORT_OXM), match, &value, NULL);
}

static ofp_port_t in_port(const struct match *match)
{
    return match->mask.lines & 1 && match->mask.in_port ? match->flow.in_port : OFPP_NONE;
}

static void set_packet(struct ofp_packet_in *pin, const uint8_t *p, size_t n)
{
    pin->packet = p;
    pin->packet_len = n;
}

enum ofp_error packet_in_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_in *pin = &msg->u.packet_in;

    match_init(&pin->metadata);
    pin->buffer_id = get_u32(h->body);
    pin->total_len = get_u16(h->body + 4);
    set_in_port(&pin->metadata, ofp_port_from_10(get_u16(h->body + 6)));
    pin->reason = (enum ofp_packet_in_reason) h->body[8];
    pin->cookie = BE64_MAX;
    set_packet(pin, h->body + 10, h->body_len - 10);
    return OFPERR_OK;
}

enum ofp_error packet_in_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_in *pin = &msg->u.packet_in;
    ofp_port_t port;
    enum ofp_error error = port_number_decode(h->body + 4, &port);

    match_init(&pin->metadata);
    if (error) {
        return error;
    }
    pin->buffer_id = get_u32(h->body);
    set_in_port(&pin->metadata, port);
    pin->total_len = get_u16(h->body + 12);
    pin->reason = (enum ofp_packet_in_reason) h->body[14];
    pin->table = h->body[15];
    pin->cookie = BE64_MAX;
    set_packet(pin, h->body + 16, h->body_len - 16);
    return OFPERR_OK;
}

/* The match, two bytes of padding and the packet. */
static enum ofp_error decode_tail(const uint8_t *p, size_t n, size_t match_used,
                                  struct ofp_packet_in *pin)
{
    if (n < match_used + 2) {
        return OFPBRC_BAD_LEN;
    }
    set_packet(pin, p + match_used + 2, n - match_used - 2);
    return OFPERR_OK;
}

enum ofp_error packet_in_decode_12(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_in *pin = &msg->u.packet_in;
    const uint8_t *p = h->body;
    size_t used, head = h->version >= OFP13 ? 16 : 8;

    pin->buffer_id = get_u32(p);
    pin->total_len = get_u16(p + 4);
    pin->reason = (enum ofp_packet_in_reason) p[6];
    pin->table = p[7];
    pin->cookie = h->version >= OFP13 ? get_be64(p + 8) : BE64_MAX;
    enum ofp_error error =
        nxm_decode_ofp_match(p + head, h->body_len - head, false, &pin->metadata, &used);
    return error ? error : decode_tail(p + head, h->body_len - head, used, pin);
}

enum ofp_error packet_in_decode_nxt(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_in *pin = &msg->u.packet_in;
    const uint8_t *p = h->body;
    size_t match_len = get_u16(p + 16);

    pin->buffer_id = get_u32(p);
    pin->total_len = get_u16(p + 4);
    pin->reason = (enum ofp_packet_in_reason) p[6];
    pin->table = p[7];
    pin->cookie = get_be64(p + 8);
    if (ROUND_UP(match_len, 8) > h->body_len - 24) {
        return OFPBMC_BAD_LEN;
    }
    enum ofp_error error = nxm_decode_match(p + 24, match_len, false, &pin->metadata, NULL);
    return error ? error : decode_tail(p + 24, h->body_len - 24, ROUND_UP(match_len, 8), pin);
}

/* One property; 'p' and 'n' are its content. */
static enum ofp_error decode_prop(uint16_t type, const uint8_t *p, size_t n,
                                  struct ofp_packet_in *pin)
{
    switch (type) {
    case PROP_PACKET:
        set_packet(pin, p, n);
        return OFPERR_OK;
    case PROP_FULL_LEN:
        pin->total_len = n == 4 ? get_u32(p) : 0;
        return n == 4 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case PROP_BUFFER_ID:
        pin->buffer_id = n == 4 ? get_u32(p) : NO_BUFFER;
        return n == 4 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case PROP_TABLE_ID:
        pin->table = n == 1 ? *p : 0;
        return n == 1 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case PROP_COOKIE:
        /* Aligned to 8 bytes. */
        pin->cookie = n == 12 ? get_be64(p + 4) : 0;
        return n == 12 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case PROP_REASON:
        pin->reason = n == 1 ? (enum ofp_packet_in_reason) *p : OFPR_NO_MATCH;
        return n == 1 ? OFPERR_OK : OFPBPC_BAD_LEN;
    case PROP_METADATA:
        return nxm_decode_match(p, n, false, &pin->metadata, NULL);
    case PROP_USERDATA:
        pin->userdata = p;
        pin->userdata_len = n;
        return OFPERR_OK;
    case PROP_CONTINUATION:
        pin->continuation = p;
        pin->continuation_len = n;
        return OFPERR_OK;
    default:
        return OFPBPC_BAD_TYPE;
    }
}

enum ofp_error packet_in_decode_nxt2(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_packet_in *pin = &msg->u.packet_in;
    const uint8_t *p = h->body;
    size_t n = h->body_len;

    match_init(&pin->metadata);
    pin->cookie = BE64_MAX;
    pin->buffer_id = NO_BUFFER;
    while (n) {
        size_t len = n >= PROP_HEADER_LEN ? get_u16(p + 2) : 0;

        if (len < PROP_HEADER_LEN || len > n) {
            return OFPBPC_BAD_LEN;
        }
        enum ofp_error error =
            decode_prop(get_u16(p), p + PROP_HEADER_LEN, len - PROP_HEADER_LEN, pin);
        if (error && (error != OFPBPC_BAD_TYPE || msg->type == OFPMSG_NXT_RESUME)) {
            return error; /* a switch may tell more than a controller understands */
        }
        size_t padded = MIN(ROUND_UP(len, 8), n);
        p += padded;
        n -= padded;
    }
    if (!pin->packet_len) {
        return OFPBRC_BAD_LEN;
    }
    if (!pin->total_len) {
        pin->total_len = pin->packet_len;
    }
    return pin->total_len < pin->packet_len ? OFPBRC_BAD_LEN : OFPERR_OK;
}

uint8_t ofp_packet_in_reason_in(enum ofp_packet_in_reason reason, enum ofp_version version)
{
    switch ((int) reason) {
    case OFPR_EXPLICIT_MISS:
        return version >= OFP13 ? OFPR_NO_MATCH : OFPR_ACTION;
    case OFPR_ACTION_SET:
    case OFPR_GROUP:
    case OFPR_PACKET_OUT:
        return (uint8_t) (version < OFP14 ? OFPR_ACTION : reason);
    default:
        return (uint8_t) reason;
    }
}

static void put_prop(struct ofpbuf *out, uint16_t type, const void *p, size_t n)
{
    put_u16(out, type);
    put_u16(out, (uint16_t) (PROP_HEADER_LEN + n));
    ofpbuf_put(out, p, n);
    put_zeros(out, ROUND_UP(PROP_HEADER_LEN + n, 8) - PROP_HEADER_LEN - n);
}

static void put_prop_metadata(struct ofpbuf *out, const struct match *metadata)
{
    struct ofpbuf entries = { 0 };

    nxm_encode_match(&entries, metadata, NXM_VERSION, NULL);
    put_prop(out, PROP_METADATA, entries.data, entries.size);
    ofpbuf_destroy(&entries);
}

static void encode_nxt2(struct ofpbuf *out, enum ofp_version version,
                        const struct ofp_packet_in *pin, size_t packet_len)
{
    uint8_t reason = ofp_packet_in_reason_in(pin->reason, version);

    put_prop(out, PROP_PACKET, pin->packet, packet_len);
    if (pin->total_len != packet_len) {
        be32 total = htonl((uint32_t) pin->total_len);
        put_prop(out, PROP_FULL_LEN, &total, sizeof total);
    }
    put_prop(out, PROP_TABLE_ID, &pin->table, 1);
    if (pin->cookie != BE64_MAX) {
        put_u16(out, PROP_COOKIE);
        put_u16(out, 16);
        put_zeros(out, 4);
        ofpbuf_put(out, &pin->cookie, sizeof pin->cookie);
    }
    put_prop(out, PROP_REASON, &reason, 1);
    put_prop_metadata(out, &pin->metadata);
    if (pin->userdata_len) {
        put_prop(out, PROP_USERDATA, pin->userdata, pin->userdata_len);
    }
    if (pin->continuation_len) {
        put_prop(out, PROP_CONTINUATION, pin->continuation, pin->continuation_len);
    }
}

static void encode_10(struct ofpbuf *out, enum ofp_version version, const struct ofp_packet_in *pin)
{
    uint16_t port;

    put_u32(out, NO_BUFFER);
    put_u16(out, (uint16_t) MIN(pin->total_len, UINT16_MAX));
    put_u16(out, ofp_port_to_10(in_port(&pin->metadata), &port) ? port : (uint16_t) OFPP_NONE);
    put_u8(out, ofp_packet_in_reason_in(pin->reason, version));
    put_zeros(out, 1);
}

static void encode_11(struct ofpbuf *out, const struct ofp_packet_in *pin)
{
    put_u32(out, NO_BUFFER);
    put_u32(out, in_port(&pin->metadata)); /* and of the physical port, which is the same */
    put_u32(out, in_port(&pin->metadata));
    put_u16(out, (uint16_t) MIN(pin->total_len, UINT16_MAX));
    put_u8(out, ofp_packet_in_reason_in(pin->reason, OFP11));
    put_u8(out, pin->table);
}

/* What 1.2 and later and NXT_PACKET_IN have in front of the match; 1.2 lacks the cookie. */
static void encode_head(struct ofpbuf *out, enum ofp_version version,
                        const struct ofp_packet_in *pin)
{
    put_u32(out, NO_BUFFER);
    put_u16(out, (uint16_t) MIN(pin->total_len, UINT16_MAX));
    put_u8(out, ofp_packet_in_reason_in(pin->reason, version));
    put_u8(out, pin->table);
}

static void encode_nxt(struct ofpbuf *out, enum ofp_version version,
                       const struct ofp_packet_in *pin)
{
    encode_head(out, version, pin);
    ofpbuf_put(out, &pin->cookie, sizeof pin->cookie);
    put_zeros(out, 8);
    size_t match_at = out->size;
    nxm_encode_match(out, &pin->metadata, NXM_VERSION, NULL);
    size_t len = out->size - match_at;
    put_be16(out->data + match_at - 8, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len + 2);
}

bool ofp_encode_resume(struct ofpbuf *out, enum ofp_version version,
                       const struct ofp_packet_in *pin, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_NXT_RESUME, version, true, xid);

    encode_nxt2(out, version, pin, pin->packet_len);
    return msg_end(out, start);
}

void ofp_encode_packet_in(struct ofpbuf *out, enum ofp_version version,
                          enum ofp_packet_in_format format, const struct ofp_packet_in *pin)
{
    /* Metadata takes less than a kilobyte; the packet gets what is left of the message. */
    size_t room = OFP_MAX_MESSAGE - 2048 - MIN(pin->userdata_len, 16384) -
                  MIN(pin->continuation_len, 16384);
    size_t packet_len = MIN(pin->packet_len, room);
    size_t start;

    if (format == OFP_PACKET_IN_NXT2) {
        start = msg_begin_nx(out, NX_PACKET_IN2, version, 0);
        encode_nxt2(out, version, pin, packet_len);
        msg_end(out, start);
        return;
    }
    if (format == OFP_PACKET_IN_NXT) {
        start = msg_begin_nx(out, NX_PACKET_IN, version, 0);
        encode_nxt(out, version, pin);
    } else if (version == OFP10) {
        start = msg_begin(out, OFPMSG_PACKET_IN, version, false, 0);
        encode_10(out, version, pin);
    } else if (version == OFP11) {
        start = msg_begin(out, OFPMSG_PACKET_IN, version, false, 0);
        encode_11(out, pin);
    } else {
        start = msg_begin(out, OFPMSG_PACKET_IN, version, false, 0);
        encode_head(out, version, pin);
        if (version >= OFP13) {
            ofpbuf_put(out, &pin->cookie, sizeof pin->cookie);
        }
        nxm_encode_ofp_match(out, &pin->metadata, version);
        put_zeros(out, 2);
    }
    ofpbuf_put(out, pin->packet, packet_len);
    msg_end(out, start);
}
