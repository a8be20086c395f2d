/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before a message's body: version, type and, for multipart and vendor messages, the
 * further headers.
 *
 * One table tells for each kind of message its numbers per version, the length of its body, its
 * name and the function that decodes the body. */
#pragma once

#include "lib/ofp/message.h"

enum {
    OFP_STATS_HEADER_10_LEN = 12, /* OpenFlow 1.0, section 5.3.5 */
    OFP_STATS_HEADER_LEN = 16,    /* since 1.1 */
    OFP_VENDOR_HEADER_LEN = 16,
    OFP_VENDOR_STATS_HEADER_LEN = 24,
};

enum msg_kind {
    MSG_PLAIN,
    MSG_STATS_REQUEST,
    MSG_STATS_REPLY,
    /* A vendor's: Nicira's, the Open Networking Foundation's. */
    MSG_NX,
    MSG_ONF,
    MSG_NX_STATS_REQUEST,
    MSG_NX_STATS_REPLY,
    MSG_ONF_STATS_REQUEST,
    MSG_ONF_STATS_REPLY,
};

static inline bool msg_kind_is_vendor(enum msg_kind kind)
{
    return kind >= MSG_NX;
}
static inline bool msg_kind_is_stats(enum msg_kind kind)
{
    return kind != MSG_PLAIN && kind != MSG_NX && kind != MSG_ONF;
}
static inline bool msg_kind_is_request(enum msg_kind kind)
{
    return kind == MSG_STATS_REQUEST || kind == MSG_NX_STATS_REQUEST || kind == MSG_ONF_STATS_REQUEST;
}

/* Decodes the body into msg->u. Version, type, xid, 'more' and 'nx' are set. */
struct msg_header;
typedef enum ofp_error msg_decode_fn(const struct msg_header *, struct ofp_message *);

/* One kind of message in a range of versions. */
struct msg_wire {
    enum ofp_msg_type type;
    enum msg_kind kind;
    uint8_t first, last;  /* enum ofp_version */
    uint32_t number;      /* message type, multipart type or vendor's subtype */
    uint16_t body_len;    /* bytes at least */
    uint16_t
        body_unit; /* what more there may be comes in units of so many bytes; 0: nothing more */
    const char *name;     /* "OFPT_HELLO" */
    msg_decode_fn *decode; /* null: the body says nothing */
};

struct msg_header {
    enum ofp_version version;
    be32 xid;
    bool more;
    bool flow_mod_table_id; /* the connection's setting, see ofp_decode() */
    const struct msg_wire *wire; /* null if the message is not known */
    const uint8_t *body;
    size_t body_len;
};

/* Finds out what message the 'n' bytes at 'data' are, and checks the length of the body. Sets the
 * fields of the header as far as they could be told, also after an error. */
enum ofp_error msg_header_decode(const uint8_t *data, size_t n, struct msg_header *) WARN_UNUSED;
/* The same for a multipart message that was put together from several, whose length the header does not tell. */
enum ofp_error msg_header_decode_assembled(const uint8_t *data, size_t n, struct msg_header *) WARN_UNUSED;

/* Finds out only what message it is, also if it is cut off. False if it is not known. */
bool msg_header_peek(const uint8_t *data, size_t n, struct msg_header *);

/* False: it is no request for statistics, nor for any of what is asked for in that form. */
bool msg_may_be_stats_request(const uint8_t *data, size_t n);

/* The table's entry for 'type' in 'version', in the vendor's form ('nx') or in the specification's. Null if there is
 * none. */
const struct msg_wire *msg_wire_find(enum ofp_msg_type type, enum ofp_version, bool nx);

/* Begins a message at the end of 'out' and returns its offset. The entry must exist. */
size_t msg_begin(struct ofpbuf *out, enum ofp_msg_type type, enum ofp_version, bool nx, be32 xid);
/* The same for an entry of the table, and for a Nicira subtype. */
size_t msg_begin_wire(struct ofpbuf *out, const struct msg_wire *, enum ofp_version, be32 xid);
size_t msg_begin_nx(struct ofpbuf *out, uint32_t subtype, enum ofp_version, be32 xid);
/* Fills in the length; false if the message is too long, it is then taken out again. */
bool msg_end(struct ofpbuf *out, size_t start);

/* Writing in network order at the end of a buffer. */
static inline void put_u8(struct ofpbuf *out, uint8_t x)
{
    ofpbuf_put(out, &x, 1);
}
static inline void put_u16(struct ofpbuf *out, uint16_t x)
{
    be16 b = htons(x);
    ofpbuf_put(out, &b, sizeof b);
}
static inline void put_u32(struct ofpbuf *out, uint32_t x)
{
    be32 b = htonl(x);
    ofpbuf_put(out, &b, sizeof b);
}
static inline void put_u64(struct ofpbuf *out, uint64_t x)
{
    be64 b = be64_from_host(x);
    ofpbuf_put(out, &b, sizeof b);
}
static inline void put_zeros(struct ofpbuf *out, size_t n)
{
    ofpbuf_put_zeros(out, n);
}

/* Reading in network order at any address. */
static inline uint16_t get_u16(const uint8_t *p)
{
    return ntohs(get_be16(p));
}
static inline uint32_t get_u32(const uint8_t *p)
{
    return ntohl(get_be32(p));
}
static inline uint64_t get_u64(const uint8_t *p)
{
    return be64_to_host(get_be64(p));
}
