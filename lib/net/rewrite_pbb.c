/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing and popping the I-TAG of provider backbone bridging (IEEE 802.1ah). */
#include "lib/net/rewrite.h"

#include "lib/net/headers.h"
#include "lib/net/place.h"

enum {
    ADDRESSES_LEN = 2 * sizeof(struct eth_addr),
    GROWTH = sizeof(be16) + PBB_HEADER_LEN /* the type, and the I-TAG up to the inner type */
};

enum drop_reason rewrite_push_pbb(struct packet *p, be32 tci)
{
    if (p->head_len < ETH_HEADER_LEN) {
        return DROP_ACTION_UNSUITED;
    }
    if (!packet_push(p, GROWTH)) {
        return DROP_NO_HEADROOM;
    }
    /* The former addresses have become those of the I-TAG. */
    memcpy(p->data, p->data + GROWTH, ADDRESSES_LEN);
    put_be16(p->data + ADDRESSES_LEN, htons(ETH_TYPE_PBB));
    put_be32(p->data + ETH_HEADER_LEN, tci);
    p->l2_5_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    p->l3_ofs = ETH_HEADER_LEN;
    return DROP_NONE;
}

enum drop_reason rewrite_pop_pbb(struct packet *p)
{
    uint32_t itag = p->l3_ofs;
    if (place_l3_type(p) != htons(ETH_TYPE_PBB) ||
        p->head_len - itag < PBB_HEADER_LEN + sizeof(be16)) {
        return DROP_ACTION_UNSUITED;
    }
    struct pbb_header inner;
    memcpy(&inner, p->data + itag, sizeof inner);
    /* Tags in front of the I-TAG move up to the inner type. */
    memmove(p->data + GROWTH, p->data, itag - sizeof(be16));
    memcpy(p->data + GROWTH, &inner.dst, ADDRESSES_LEN);
    if (!packet_pull(p, GROWTH)) {
        return DROP_ACTION_UNSUITED;
    }
    p->l2_5_ofs = p->l3_ofs = p->l4_ofs = PACKET_NO_OFFSET;
    return DROP_NONE;
}
