/* SPDX-License-Identifier: Apache-2.0 */
/* Properties on the wire: OpenFlow 1.4 section 7.2.1. */
#include "lib/ofp/prop.h"

enum ofp_error prop_pull(const uint8_t **p, size_t *n, struct prop *prop)
{
    memset(prop, 0, sizeof *prop);
    if (*n < PROP_HEADER_LEN) {
        return OFPBPC_BAD_LEN;
    }
    size_t len = get_u16(*p + 2), padded = ROUND_UP(len, 8);
    if (len < PROP_HEADER_LEN || padded > *n) {
        return OFPBPC_BAD_LEN;
    }
    prop->type = get_u16(*p);
    if (prop->type == PROP_EXPERIMENTER) {
        if (len < PROP_EXPERIMENTER_LEN) {
            return OFPBPC_BAD_LEN;
        }
        prop->experimenter = get_u32(*p + 4);
        prop->exp_type = get_u32(*p + 8);
    }
    prop->p = *p;
    prop->n = len;
    *p += padded;
    *n -= padded;
    return OFPERR_OK;
}

enum ofp_error prop_unknown(const struct prop *prop)
{
    return prop->type != PROP_EXPERIMENTER ? OFPBPC_BAD_TYPE
           : prop->experimenter            ? OFPBPC_BAD_EXP_TYPE
                                           : OFPBPC_BAD_EXPERIMENTER;
}

size_t prop_begin(struct ofpbuf *out, uint16_t type)
{
    size_t start = out->size;

    put_u16(out, type);
    put_u16(out, 0);
    return start;
}

void prop_end(struct ofpbuf *out, size_t start)
{
    size_t len = out->size - start;

    put_be16(out->data + start + 2, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}

void prop_put_u32(struct ofpbuf *out, uint16_t type, uint32_t x)
{
    size_t start = prop_begin(out, type);

    put_u32(out, x);
    prop_end(out, start);
}
