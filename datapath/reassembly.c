/* SPDX-License-Identifier: Apache-2.0 */
/* Putting fragments together. */
#include "datapath/reassembly.h"

#include <sched.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/net/csum.h"
#include "lib/net/headers.h"
#include "lib/net/place.h"

enum {
    BLOCK = 8, N_BLOCKS = 65536 / BLOCK, /* of a datagram */
    L2_MAX = ETH_HEADER_LEN + 2 * VLAN_HEADER_LEN,
    ECN_NOT_ECT = 0, ECN_CE = 3,
    SPINS = 1000, /* before a thread lets others run */
};
static_assert(ARENA_TAIL_SIZE >= N_BLOCKS * BLOCK, "a tail holds any datagram");

/* What fragments of one packet have in common, without padding. */
struct key {
    uint8_t src[16], dst[16];
    be32 id;
    uint32_t proto; /* of IPv4; 256: IPv6, where it does not count */
};

/* A fragment, as it came. */
struct fragment {
    struct key key;
    const struct packet *packet;
    uint32_t l3_ofs, headers_len; /* bytes in front of the payload are L2, and IP with what is between */
    uint32_t start, len;          /* of its payload in the datagram's */
    uint32_t ip_len;
    uint8_t ecn;
    uint8_t next; /* protocol of the payload */
    bool more, ipv6;
};

struct datagram {
    struct key key;
    uint8_t *tail;    /* the payload; null: this place is free */
    int64_t since_ms;
    uint64_t order; /* in which those of the set began */
    uint32_t n_fragments, n_blocks; /* that came */
    uint32_t len;     /* of the payload; 0: the last fragment is not there */
    uint32_t end;     /* of what came so far */
    uint32_t l3_ofs, headers_len; /* of 'headers', the first fragment's */
    uint32_t in_port, skb_priority, pkt_mark; /* of the first fragment */
    uint8_t ecn_seen; /* a bit for each ECN codepoint */
    uint8_t headers[L2_MAX + IPV6_HEADER_LEN] __attribute__((aligned(8)));
    uint64_t came[N_BLOCKS / 64];
};

struct set {
    uint32_t locked;
    uint64_t n_begun; /* with the lock, as all below */
    struct datagram datagrams[REASSEMBLY_WAYS];
} CACHE_ALIGNED;

struct reassembly {
    struct set sets[REASSEMBLY_SETS];
};

static void lock(struct set *s)
{
    while (__atomic_exchange_n(&s->locked, 1, __ATOMIC_ACQUIRE)) {
        for (int i = 0; __atomic_load_n(&s->locked, __ATOMIC_RELAXED); i++) {
            if (i == SPINS) {
                sched_yield();
                i = 0;
            }
        }
    }
}

static void unlock(struct set *s)
{
    __atomic_store_n(&s->locked, 0, __ATOMIC_RELEASE);
}

/* Reading a fragment. */

static bool read_ipv4(const uint8_t *l3, uint32_t room, struct fragment *f)
{
    const struct ip_header *ip = (const struct ip_header *) (const void *) l3;
    if (room < IP_HEADER_LEN || ip->ihl_ver != (4 << 4 | IP_HEADER_LEN / 4) || csum(ip, IP_HEADER_LEN)) {
        return false;
    }
    uint16_t frag = ntohs(ip->frag_off);
    memcpy(f->key.src, ip->src, sizeof ip->src);
    memcpy(f->key.dst, ip->dst, sizeof ip->dst);
    f->key.id = (be32) ip->id;
    f->key.proto = f->next = ip->proto;
    f->headers_len = IP_HEADER_LEN;
    f->ip_len = ntohs(ip->tot_len);
    f->start = (frag & IP_FRAG_OFF_MASK) * BLOCK;
    f->more = frag & IP_MORE_FRAGMENTS;
    f->ecn = ip->tos & IP_ECN_MASK;
    return true;
}

static bool read_ipv6(const uint8_t *l3, uint32_t room, struct fragment *f)
{
    enum { ANY_PROTO = 256, TCLASS_SHIFT = 20 };
    const struct ipv6_header *ip = (const struct ipv6_header *) (const void *) l3;
    const struct ipv6_fragment *fragment = (const struct ipv6_fragment *) (const void *) (ip + 1);
    if (room < IPV6_HEADER_LEN + IPV6_FRAGMENT_LEN || ip->next != NW_PROTO_FRAGMENT) {
        return false;
    }
    uint16_t frag = ntohs(fragment->offset);
    memcpy(f->key.src, ip->src, sizeof f->key.src);
    memcpy(f->key.dst, ip->dst, sizeof f->key.dst);
    f->key.id = get_be32(fragment->id);
    f->key.proto = ANY_PROTO;
    f->next = fragment->next;
    f->headers_len = IPV6_HEADER_LEN + IPV6_FRAGMENT_LEN;
    f->ip_len = IPV6_HEADER_LEN + ntohs(ip->plen);
    f->start = frag & IPV6_FRAG_OFF_MASK;
    f->more = frag & IPV6_FRAG_MORE;
    f->ecn = ntohl(get_be32(ip->vtf)) >> TCLASS_SHIFT & IP_ECN_MASK;
    f->ipv6 = true;
    return true;
}

/* False if the packet cannot be part of anything. */
static bool read_fragment(const struct packet *p, struct fragment *f)
{
    memset(f, 0, sizeof *f);
    be16 type = place_l3_type(p);
    f->packet = p;
    f->l3_ofs = p->l3_ofs;
    if (p->offload & PACKET_NEEDS_CSUM || p->gso_type != PACKET_GSO_NONE || !type || f->l3_ofs > L2_MAX) {
        return false;
    }
    const uint8_t *l3 = p->data + f->l3_ofs;
    uint32_t room = p->head_len - f->l3_ofs, fixed = type == htons(ETH_TYPE_IP) ? IP_HEADER_LEN : IPV6_HEADER_LEN;
    if (type == htons(ETH_TYPE_IP) ? !read_ipv4(l3, room, f) : type != htons(ETH_TYPE_IPV6) || !read_ipv6(l3, room, f)) {
        return false;
    }
    uint32_t longest = UINT16_MAX - (f->ipv6 ? 0 : IP_HEADER_LEN); /* IPv6's length is that of the payload */
    if (f->ip_len > packet_len(p) - f->l3_ofs || f->ip_len <= f->headers_len) {
        return false;
    }
    f->len = f->ip_len - f->headers_len;
    f->headers_len = f->l3_ofs + f->headers_len;
    return f->start + f->len <= longest && (!f->more || f->len % BLOCK == 0) && f->l3_ofs + fixed <= sizeof ((struct datagram *) 0)->headers;
}

/* Datagrams. The set's lock is held. */

static void free_datagram(struct datagram *d, struct frame_cache *frames)
{
    frame_cache_put_tail(frames, d->tail);
    d->tail = NULL;
}

static void give_up(struct datagram *d, struct frame_cache *frames)
{
    frame_cache_count_drops(frames, DROP_TUNNEL_FRAGMENT, d->n_fragments);
    free_datagram(d, frames);
}

/* The datagram of a key, which begins if need be; null when there is no memory for it. */
static struct datagram *find(struct set *s, struct frame_cache *frames, const struct key *key, int64_t now_ms)
{
    struct datagram *place = NULL;
    for (int i = 0; i < REASSEMBLY_WAYS; i++) {
        struct datagram *d = &s->datagrams[i];
        if (d->tail && now_ms - d->since_ms > REASSEMBLY_TIMEOUT_MS) {
            give_up(d, frames);
        }
        if (d->tail && !memcmp(&d->key, key, sizeof *key)) {
            return d;
        }
        if (!place || (place->tail && (!d->tail || d->order < place->order))) {
            place = d;
        }
    }
    if (place->tail) {
        give_up(place, frames);
    }
    memset(place, 0, sizeof *place);
    place->tail = frame_cache_get_tail(frames);
    place->key = *key;
    place->since_ms = now_ms;
    place->order = s->n_begun++;
    return place->tail ? place : NULL;
}

/* How many of the blocks from 'first' on, 'n' of them, came already; marks them all. */
static uint32_t mark(struct datagram *d, uint32_t first, uint32_t n)
{
    uint32_t n_before = 0;
    for (uint32_t i = first; i < first + n; i++) {
        uint64_t bit = 1ull << i % 64;
        n_before += (d->came[i / 64] & bit) != 0;
        d->came[i / 64] |= bit;
    }
    return n_before;
}

/* What the whole packet has of its first fragment. */
static void take_first(struct datagram *d, const struct fragment *f)
{
    const struct packet *p = f->packet;
    d->l3_ofs = f->l3_ofs;
    d->headers_len = f->l3_ofs + (f->ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN);
    memcpy(d->headers, p->data, d->headers_len);
    if (f->ipv6) {
        ((struct ipv6_header *) (void *) (d->headers + f->l3_ofs))->next = f->next;
    }
    d->in_port = p->in_port;
    d->skb_priority = p->skb_priority;
    d->pkt_mark = p->pkt_mark;
}

enum taken { TAKEN, CAME_BEFORE, MAKES_NO_SENSE };

/* Takes the fragment's bytes, unless the datagram has them or makes no sense with them. */
static enum taken take(struct datagram *d, const struct fragment *f)
{
    uint32_t end = f->start + f->len, n = DIV_ROUND_UP(f->len, BLOCK);
    bool other_end = !f->more && d->len && d->len != end;
    d->len = f->more ? d->len : end;
    d->end = MAX(d->end, end);
    if (other_end || (d->len && d->end > d->len)) {
        return MAKES_NO_SENSE;
    }
    uint32_t n_before = mark(d, f->start / BLOCK, n);
    if (n_before) {
        return n_before == n ? CAME_BEFORE : MAKES_NO_SENSE;
    }
    if (!packet_read(f->packet, f->headers_len, d->tail + f->start, f->len)) {
        return MAKES_NO_SENSE;
    }
    d->n_fragments++;
    d->n_blocks += n;
    d->ecn_seen |= 1u << f->ecn;
    if (!f->start) {
        take_first(d, f);
    }
    return TAKEN;
}

static bool is_whole(const struct datagram *d)
{
    return d->len && d->n_blocks == DIV_ROUND_UP(d->len, BLOCK);
}

/* Congestion that one fragment met is the packet's; a sender that marks some fragments as capable and others not cannot be told. */
static bool merge_ecn(const struct datagram *d, uint8_t *tos)
{
    bool mixed = d->ecn_seen & 1u << ECN_NOT_ECT && d->ecn_seen != 1u << ECN_NOT_ECT;
    if (d->ecn_seen & 1u << ECN_CE) {
        *tos |= ECN_CE;
    }
    return !mixed;
}

static bool finish_headers(const struct datagram *d, uint8_t *l3)
{
    if (IP_VER(*l3) == 6) {
        struct ipv6_header *ip = (struct ipv6_header *) (void *) l3;
        uint8_t tclass = (uint8_t) (ntohl(get_be32(ip->vtf)) >> 20);
        bool ok = merge_ecn(d, &tclass);
        put_be32(ip->vtf, (get_be32(ip->vtf) & ~htonl(0xffu << 20)) | htonl((uint32_t) tclass << 20));
        ip->plen = htons(d->len);
        return ok;
    }
    struct ip_header *ip = (struct ip_header *) (void *) l3;
    bool ok = merge_ecn(d, &ip->tos);
    ip->tot_len = htons(IP_HEADER_LEN + d->len);
    ip->frag_off = 0;
    ip->csum = 0;
    ip->csum = csum(ip, IP_HEADER_LEN);
    return ok;
}

/* The packet that the datagram is, which is then free. */
static struct packet *finish(struct datagram *d, struct frame_cache *frames)
{
    struct packet *p = frame_cache_get(frames);
    if (!p) {
        frame_cache_count_drops(frames, DROP_NO_BUFFER, d->n_fragments);
        free_datagram(d, frames);
        return NULL;
    }
    uint32_t n = MIN(d->len, PACKET_HEAD_SIZE - d->headers_len);
    memcpy(p->data, d->headers, d->headers_len);
    memcpy(p->data + d->headers_len, d->tail, n);
    p->head_len = d->headers_len + n;
    if (!finish_headers(d, p->data + d->l3_ofs)) {
        frame_cache_put(frames, p);
        give_up(d, frames);
        return NULL;
    }
    if (n < d->len) {
        p->tail = d->tail + n;
        p->tail_len = d->len - n;
        d->tail = NULL;
    } else {
        free_datagram(d, frames);
    }
    p->in_port = d->in_port;
    p->skb_priority = d->skb_priority;
    p->pkt_mark = d->pkt_mark;
    p->frag_mtu = UINT16_MAX;
    return p;
}

struct packet *reassembly_add(struct reassembly *r, struct frame_cache *frames, struct packet *p, int64_t now_ms)
{
    struct fragment f;
    struct packet *whole = NULL;
    if (!read_fragment(p, &f)) {
        frame_cache_drop(frames, p, DROP_TUNNEL_FRAGMENT);
        return NULL;
    }
    struct set *s = &r->sets[hash_bytes(&f.key, sizeof f.key, 0) % REASSEMBLY_SETS];
    lock(s);
    struct datagram *d = find(s, frames, &f.key, now_ms);
    enum drop_reason reason = d ? DROP_NONE : DROP_NO_BUFFER;
    enum taken taken = d ? take(d, &f) : TAKEN;
    if (taken == MAKES_NO_SENSE) {
        give_up(d, frames);
    }
    if (taken != TAKEN) {
        reason = DROP_TUNNEL_FRAGMENT;
    } else if (d && is_whole(d)) {
        whole = finish(d, frames);
    }
    unlock(s);
    if (reason == DROP_NONE) {
        frame_cache_put(frames, p);
    } else {
        frame_cache_drop(frames, p, reason);
    }
    return whole;
}

struct reassembly *reassembly_create(void)
{
    return xzalloc_cacheline(sizeof(struct reassembly));
}

void reassembly_destroy(struct reassembly *r)
{
    free(r);
}
