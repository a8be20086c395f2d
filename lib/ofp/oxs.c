/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow 1.5 section 7.2.4. */
#include "lib/ofp/oxs.h"

enum { OXS_CLASS = 0x8002, HEADER_LEN = 4, ENTRY_HEADER_LEN = 4 };
enum { DURATION, IDLE_TIME, FLOW_COUNT = 3, PACKET_COUNT, BYTE_COUNT, N_FIELDS };

static const uint8_t lengths[N_FIELDS] = {
    [DURATION] = 8, [IDLE_TIME] = 8, [FLOW_COUNT] = 4, [PACKET_COUNT] = 8, [BYTE_COUNT] = 8,
};

static void decode_field(unsigned int field, const uint8_t *p, struct oxs *oxs)
{
    oxs->present |= 1u << field;
    switch (field) {
    case DURATION:
        oxs->duration_sec = get_u32(p);
        oxs->duration_nsec = get_u32(p + 4);
        break;
    case IDLE_TIME:
        oxs->idle_sec = get_u32(p);
        break;
    case FLOW_COUNT:
        oxs->n_flows = get_u32(p);
        break;
    case PACKET_COUNT:
        oxs->packets = get_u64(p);
        break;
    case BYTE_COUNT:
        oxs->bytes = get_u64(p);
        break;
    }
}

enum ofp_error oxs_decode(const uint8_t *p, size_t n, struct oxs *oxs, size_t *used)
{
    memset(oxs, 0, sizeof *oxs);
    *used = 0;
    if (n < HEADER_LEN) {
        return OFPBRC_BAD_LEN;
    }
    size_t len = get_u16(p + 2);
    if (len < HEADER_LEN || ROUND_UP(len, 8) > n) {
        return OFPBRC_BAD_LEN;
    }
    *used = ROUND_UP(len, 8);
    for (p += HEADER_LEN, len -= HEADER_LEN; len;) {
        if (len < ENTRY_HEADER_LEN || len - ENTRY_HEADER_LEN < p[3]) {
            return OFPBRC_BAD_LEN;
        }
        unsigned int field = p[2] >> 1, value_len = p[3];
        if (get_u16(p) == OXS_CLASS && field < N_FIELDS && lengths[field]) {
            if (value_len != lengths[field]) {
                return OFPBRC_BAD_LEN;
            }
            decode_field(field, p + ENTRY_HEADER_LEN, oxs);
        }
        p += ENTRY_HEADER_LEN + value_len;
        len -= ENTRY_HEADER_LEN + value_len;
    }
    return OFPERR_OK;
}

static void put_header(struct ofpbuf *out, unsigned int field)
{
    put_u16(out, OXS_CLASS);
    put_u8(out, (uint8_t) (field << 1));
    put_u8(out, lengths[field]);
}

static void put_pair(struct ofpbuf *out, unsigned int field, uint32_t a, uint32_t b)
{
    put_header(out, field);
    put_u32(out, a);
    put_u32(out, b);
}

static void put_count(struct ofpbuf *out, unsigned int field, uint64_t x)
{
    put_header(out, field);
    put_u64(out, x);
}

void oxs_encode(struct ofpbuf *out, const struct oxs *oxs)
{
    size_t start = out->size;

    put_u16(out, 0);
    put_u16(out, 0);
    if (oxs->present & OXS_DURATION) {
        put_pair(out, DURATION, oxs->duration_sec, oxs->duration_nsec);
    }
    if (oxs->present & OXS_IDLE_TIME) {
        put_pair(out, IDLE_TIME, oxs->idle_sec, 0);
    }
    if (oxs->present & OXS_PACKET_COUNT) {
        put_count(out, PACKET_COUNT, oxs->packets);
    }
    if (oxs->present & OXS_BYTE_COUNT) {
        put_count(out, BYTE_COUNT, oxs->bytes);
    }
    if (oxs->present & OXS_FLOW_COUNT) {
        put_header(out, FLOW_COUNT);
        put_u32(out, oxs->n_flows);
    }
    size_t len = out->size - start;
    put_be16(out->data + start + 2, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}
