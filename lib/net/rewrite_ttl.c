/* SPDX-License-Identifier: Apache-2.0 */
/* Copying the TTL between headers. */
#include "lib/net/rewrite.h"

#include "lib/net/csum.h"
#include "lib/net/headers.h"

/* A TTL in the packet. */
struct ttl_place {
    uint8_t *ttl;
    struct ip_header *ip; /* whose checksum covers it, or null */
};

/* The IP header at 'ofs', if there is one. */
static bool place_ip_ttl(struct packet *p, uint32_t ofs, struct ttl_place *place)
{
    uint8_t *l3 = p->data + ofs;
    uint32_t room = p->head_len - ofs;
    if (room >= IP_HEADER_LEN && IP_VER(*l3) == 4) {
        place->ip = (struct ip_header *)(void *)l3;
        place->ttl = &place->ip->ttl;
        return true;
    }
    if (room >= IPV6_HEADER_LEN && IP_VER(*l3) == 6) {
        place->ip = NULL;
        place->ttl = &((struct ipv6_header *)(void *)l3)->hlim;
        return true;
    }
    return false;
}

/* The TTL of the label at 'ofs'; '*bottom' tells whether it is the last one. */
static bool place_label_ttl(struct packet *p, uint32_t ofs, struct ttl_place *place, bool *bottom)
{
    if (ofs > p->head_len || p->head_len - ofs < MPLS_HEADER_LEN) {
        return false;
    }
    place->ip = NULL;
    place->ttl = p->data + ofs + MPLS_HEADER_LEN - 1;
    *bottom = get_be32(p->data + ofs) & htonl(MPLS_BOS_MASK);
    return true;
}

static void write_ttl(const struct ttl_place *to, uint8_t ttl)
{
    be16 old = to->ip ? get_be16(&to->ip->ttl) : 0;
    *to->ttl = ttl;
    if (to->ip) {
        to->ip->csum = csum_recalc16(to->ip->csum, old, get_be16(&to->ip->ttl));
    }
}

enum drop_reason rewrite_copy_ttl(struct packet *p, bool inwards)
{
    struct ttl_place outer, next;
    bool bottom, next_bottom;
    if (!place_label_ttl(p, p->l2_5_ofs, &outer, &bottom)) {
        return DROP_NONE;
    }
    uint32_t ofs = p->l2_5_ofs + MPLS_HEADER_LEN;
    if (bottom ? place_ip_ttl(p, ofs, &next) : place_label_ttl(p, ofs, &next, &next_bottom)) {
        write_ttl(inwards ? &next : &outer, inwards ? *outer.ttl : *next.ttl);
    }
    return DROP_NONE;
}
