/* SPDX-License-Identifier: Apache-2.0 */
/* Rewriting against the naive twin: bytes written where the dissection says, all checksums computed
 * anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/action.h"
#include "lib/net/csum.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"
#include "tests/unit/net/corpus.h"
#include "tests/unit/net/naive.h"
#include "tests/unit/net/random_actions.h"

enum { MAX = 1024, HEADROOM = 64, N_STEPS = 40000 };

static void fill(void *p, size_t n)
{
    uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = random();
    }
}

/* A parsed packet in a frame of its own. At times some of the payload is in a tail. */
struct frame {
    uint8_t bytes[HEADROOM + MAX] __attribute__((aligned(8)));
    uint8_t tail[MAX];
    struct packet p;
};

static void use(struct frame *f, const uint8_t *data, size_t n, size_t head)
{
    struct flow key;
    memcpy(f->bytes + HEADROOM, data, head);
    memcpy(f->tail, data + head, n - head);
    packet_use(&f->p, f->bytes, sizeof f->bytes, HEADROOM, head);
    f->p.tail = f->tail;
    f->p.tail_len = n - head;
    (void)parse_packet(&f->p, &key);
}

static void assert_bytes(const struct frame *f, const uint8_t *expected, size_t n)
{
    uint8_t actual[HEADROOM + 2 * MAX];
    assert_int_equal(packet_len(&f->p), n);
    assert_true(packet_read(&f->p, 0, actual, n));
    assert_memory_equal(actual, expected, n);
}

static void write_masked(uint8_t *to, const void *value, const void *mask, size_t n)
{
    const uint8_t *v = value, *m = mask;
    for (size_t i = 0; i < n; i++) {
        to[i] = (to[i] & ~m[i]) | (v[i] & m[i]);
    }
}

static void write_options(uint8_t *p, const struct dissection *d, const struct set_nd *v,
                          const struct set_nd *m)
{
    for (int ofs = d->l4 + 24; ofs + 8 <= d->ip_end && p[ofs + 1]; ofs += p[ofs + 1] * 8) {
        if (p[ofs + 1] == 1 && p[ofs] == 1) {
            write_masked(p + ofs + 2, &v->sll, &m->sll, 6);
        } else if (p[ofs + 1] == 1 && p[ofs] == 2) {
            write_masked(p + ofs + 2, &v->tll, &m->tll, 6);
        }
    }
}

static bool has_l4(const struct dissection *d, int proto)
{
    return d->ip >= 0 && d->l4 >= 0 && d->proto == proto;
}

/* What the set does to the packet, checksums aside. */
static void naive_set(uint8_t *p, size_t len, enum action_set_field field,
                      const union action_set_value *v, const union action_set_value *m)
{
    struct dissection d;
    naive_dissect(p, len, &d);
    uint8_t *ip = p + d.ip, *l4 = p + d.l4;
    if (field == ACTION_SET_ETH) {
        write_masked(p, &v->eth.dst, &m->eth.dst, 6);
        write_masked(p + 6, &v->eth.src, &m->eth.src, 6);
    } else if (field == ACTION_SET_VLAN && d.n_vlans) {
        write_masked(p + 12, &v->vlan.tpid, &m->vlan.tpid, 2);
        write_masked(p + 14, &v->vlan.tci, &m->vlan.tci, 2);
    } else if (field == ACTION_SET_MPLS && d.mpls >= 0) {
        write_masked(p + d.mpls, &v->mpls.lse, &m->mpls.lse, 4);
    } else if (field == ACTION_SET_ARP && d.arp >= 0) {
        write_masked(p + d.arp + 6, &v->arp.op, &m->arp.op, 2);
        write_masked(p + d.arp + 8, &v->arp.sha, &m->arp.sha, 6);
        write_masked(p + d.arp + 14, &v->arp.spa, &m->arp.spa, 4);
        write_masked(p + d.arp + 18, &v->arp.tha, &m->arp.tha, 6);
        write_masked(p + d.arp + 24, &v->arp.tpa, &m->arp.tpa, 4);
    } else if (field == ACTION_SET_IPV4 && d.version == 4) {
        write_masked(ip + 12, &v->ipv4.src, &m->ipv4.src, 4);
        write_masked(ip + 16, &v->ipv4.dst, &m->ipv4.dst, 4);
        write_masked(ip + 1, &v->ipv4.tos, &m->ipv4.tos, 1);
        write_masked(ip + 8, &v->ipv4.ttl, &m->ipv4.ttl, 1);
    } else if (field == ACTION_SET_IPV6 && d.version == 6) {
        write_masked(ip + 8, v->ipv6.src, m->ipv6.src, 16);
        write_masked(ip + 24, v->ipv6.dst, m->ipv6.dst, 16);
        write_masked(ip + 7, &v->ipv6.hlimit, &m->ipv6.hlimit, 1);
        write_masked(ip, &v->ipv6.label, &m->ipv6.label, 4);
        be32 tclass = htonl((uint32_t)v->ipv6.tclass << 20),
             mask = htonl((uint32_t)m->ipv6.tclass << 20);
        write_masked(ip, &tclass, &mask, 4);
    } else if (field == ACTION_SET_ND && has_l4(&d, 58) && d.version == 6 &&
               (l4[0] == 135 || l4[0] == 136) && !l4[1]) {
        write_masked(l4 + 4, &v->nd.reserved, &m->nd.reserved, 4);
        write_masked(l4 + 8, v->nd.target, m->nd.target, 16);
        write_options(p, &d, &v->nd, &m->nd);
    } else if ((field == ACTION_SET_TCP && has_l4(&d, 6)) ||
               (field == ACTION_SET_UDP && has_l4(&d, 17)) ||
               (field == ACTION_SET_SCTP && has_l4(&d, 132))) {
        write_masked(l4, &v->ports.src, &m->ports.src, 2);
        write_masked(l4 + 2, &v->ports.dst, &m->ports.dst, 2);
    } else if (field == ACTION_SET_ICMP && has_l4(&d, d.version == 4 ? 1 : 58)) {
        write_masked(l4, &v->icmp, &m->icmp, 2);
    } else if (field == ACTION_SET_PBB && d.pbb >= 0) {
        be32 uca = htonl((uint32_t)v->pbb.uca << 27), mask = htonl((uint32_t)m->pbb.uca << 27);
        write_masked(p + d.pbb, &v->pbb.isid, &m->pbb.isid, 4);
        write_masked(p + d.pbb, &uca, &mask, 4);
    }
}

static enum drop_reason do_set(struct packet *p, enum action_set_field field,
                               const union action_set_value *v, const union action_set_value *m)
{
    struct actions list = ACTIONS_INIT;
    actions_put_set(&list, field, v, m);
    assert_null(actions_validate(list.data, list.size));
    enum drop_reason reason = rewrite_action(p, (const struct action *)(const void *)list.data);
    actions_destroy(&list);
    return reason;
}

/* A random set of a header's field; another protocol is for a test of its own. */
static enum action_set_field random_set(union action_set_value *v, union action_set_value *m)
{
    enum action_set_field field = random() % (ACTION_SET_ICMP + 2);
    field = field > ACTION_SET_ICMP ? ACTION_SET_PBB : field;
    random_set_value(field, v, m);
    if (field == ACTION_SET_IPV4) {
        v->ipv4.proto = m->ipv4.proto = 0;
    } else if (field == ACTION_SET_IPV6) {
        v->ipv6.proto = m->ipv6.proto = 0;
    }
    return field;
}

/* Bytes that must be in the head: all headers that anything may look at. */
static size_t random_head(const uint8_t *data, size_t n)
{
    struct dissection d;
    naive_dissect(data, n, &d);
    size_t least = d.ip < 0 ? n : d.l4 < 0 ? d.ip + 40 : d.proto == 58 ? n : d.l4 + 60;
    return least >= n || random() % 2 ? n : least + random() % (n - least);
}

static void sets(void **state)
{
    int changed[ACTION_SET_N_FIELDS] = {0};
    srandom(1);
    for (int step = 0; step < N_STEPS; step++) {
        static struct frame f;
        uint8_t data[MAX], before[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        use(&f, data, n, random_head(data, n));
        memcpy(before, data, n);
        union action_set_value v, m;
        enum action_set_field field = random_set(&v, &m);
        naive_set(data, n, field, &v, &m);
        naive_fix(data, n);
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
        assert_bytes(&f, data, n);
        changed[field] += memcmp(before, data, n) != 0;
    }
    for (int field = 0; field <= ACTION_SET_ICMP; field++) {
        assert_true(changed[field] > 50);
    }
    assert_true(changed[ACTION_SET_PBB] > 50);
}

static bool is_udp_like(int proto)
{
    return proto == 17 || proto == 33 || proto == 136;
}

/* With the checksum owed: paying it after the set gives what the twin has. */
static void sets_with_debt(void **state)
{
    int paid = 0;
    srandom(2);
    for (int step = 0; step < N_STEPS; step++) {
        static struct frame f;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        struct dissection d;
        naive_dissect(data, n, &d);
        int offset = d.proto == 6                      ? 16
                     : is_udp_like(d.proto)            ? 6
                     : d.proto == 58 && d.version == 6 ? 2
                                                       : -1;
        if (d.l4 < 0 || offset < 0 || d.rerouted) {
            continue;
        }
        use(&f, data, n, random_head(data, n));
        uint8_t *ip = f.p.data + d.ip;
        uint32_t pseudo =
            d.version == 4
                ? csum_pseudo_ipv4(get_be32(ip + 12), get_be32(ip + 16), d.proto, d.ip_end - d.l4)
                : csum_pseudo_ipv6(ip + 8, ip + 24, d.proto, d.ip_end - d.l4);
        put_be16(f.p.data + d.l4 + offset, ~csum_finish(pseudo));
        f.p.offload = PACKET_NEEDS_CSUM;
        f.p.csum_start = d.l4;
        f.p.csum_offset = offset;

        union action_set_value v, m;
        enum action_set_field field = random_set(&v, &m);
        if (random() % 4 == 0) {
            assert_int_equal(rewrite_push_vlan(&f.p, htons(0x8100), htons(VLAN_CFI | 5)),
                             DROP_NONE);
            memmove(data + 16, data + 12, n - 12);
            memcpy(data + 12, "\x81\x00\x00\x05", 4);
            n += 4;
            d.l4 += 4;
        }
        naive_put16(data + d.l4 + offset,
                    1); /* even where there was none: the debt says that there is to be one */
        naive_set(data, n, field, &v, &m);
        naive_fix(data, n);
        uint16_t sum = naive_get16(data + d.l4 + offset);
        naive_put16(data + d.l4 + offset, sum ? sum : 0xffff);
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
        assert_true(packet_complete_csum(&f.p));
        assert_bytes(&f, data, n);
        paid++;
    }
    assert_true(paid > 1000);
}

/* A UDP checksum that comes out as 0, as it does for one port of all, is sent as 0xffff. */
static void udp_zero(void **state)
{
    static struct frame f;
    uint8_t data[42] = {[12] = 8,  [14] = 0x45, [17] = 28, [22] = 64, [23] = 17,
                        [30] = 10, [34] = 7,    [39] = 8,  [41] = 1};
    naive_fix(data, sizeof data);
    int zeros = 0;
    for (uint32_t port = 0; port <= UINT16_MAX; port++) {
        use(&f, data, sizeof data, sizeof data);
        union action_set_value v = {.ports = {0, htons(port)}}, m = {.ports = {0, BE16_MAX}};
        assert_int_equal(do_set(&f.p, ACTION_SET_UDP, &v, &m), DROP_NONE);
        naive_set(data, sizeof data, ACTION_SET_UDP, &v, &m);
        naive_fix(data, sizeof data);
        zeros += naive_get16(data + 40) == 0xffff;
        assert_bytes(&f, data, sizeof data);
    }
    assert_int_equal(zeros, 1);
}

/* A checksum that is wrong stays wrong by the same amount. */
static void wrong_stays_wrong(void **state)
{
    srandom(3);
    for (int step = 0; step < 3000; step++) {
        static struct frame f;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        struct dissection d;
        naive_dissect(data, n, &d);
        if (d.l4 < 0 || d.proto != 132) {
            continue;
        }
        data[d.l4 + 9] ^= 0x40;
        use(&f, data, n, n);
        union action_set_value v, m;
        random_set_value(ACTION_SET_SCTP, &v, &m);
        naive_set(data, n, ACTION_SET_SCTP, &v, &m);
        naive_fix(data, n);
        data[d.l4 + 9] ^= 0x40;
        assert_int_equal(do_set(&f.p, ACTION_SET_SCTP, &v, &m), DROP_NONE);
        assert_bytes(&f, data, n);
    }
}

/* Another protocol: IPv4's checksum follows, that of UDP and its like with it, and no other byte changes. Set back, the
 * packet is as it was. */
static void protocols(void **state)
{
    static const uint8_t protos[] = {6, 17, 33, 136, 132, 1, 58, 47, 253};
    int n_like = 0;
    srandom(11);
    for (int step = 0; step < N_STEPS; step++) {
        static struct frame f;
        uint8_t data[MAX], before[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        struct dissection d;
        naive_dissect(data, n, &d);
        if (d.ip < 0) {
            continue;
        }
        memcpy(before, data, n);
        use(&f, data, n, random_head(data, n));
        union action_set_value v, m;
        memset(&v, 0, sizeof v);
        memset(&m, 0, sizeof m);
        enum action_set_field field = d.version == 4 ? ACTION_SET_IPV4 : ACTION_SET_IPV6;
        uint8_t *value = d.version == 4 ? &v.ipv4.proto : &v.ipv6.proto;
        *(d.version == 4 ? &m.ipv4.proto : &m.ipv6.proto) = 0xff;
        *value = protos[random() % sizeof protos];
        data[d.next] = *value;
        if (is_udp_like(d.proto) && is_udp_like(*value)) {
            naive_fix(data, n);
            n_like++;
        } else if (d.version == 4) {
            naive_put16(data + d.ip + 10, 0);
            naive_put16(data + d.ip + 10, naive_csum(NULL, 0, data + d.ip, (data[d.ip] & 15) * 4));
        }
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
        assert_bytes(&f, data, n);
        *value = d.proto;
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
        assert_bytes(&f, before, n);

        f.p.gso_type = PACKET_GSO_TCPV4;
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE); /* no change */
        *value = d.proto ^ 1;
        assert_int_equal(do_set(&f.p, field, &v, &m), DROP_ACTION_UNSUITED);
        assert_bytes(&f, before, n);
    }
    assert_true(n_like > 200);
}

/* The checksum of a whole datagram is in its first fragment, and follows addresses and protocol; later fragments have none. */
static void fragment_protocol(void **state)
{
    for (int later = 0; later < 2; later++) {
        static struct frame f;
        uint8_t data[34 + 16] = {[12] = 8, [14] = 0x45, [17] = 36, [20] = later ? 0 : 0x20,
                                 [21] = later, [22] = 64, [23] = 17, [34] = 1, [40] = 0x12};
        use(&f, data, sizeof data, sizeof data);
        union action_set_value v = {.ipv4 = {.proto = 136}}, m = {.ipv4 = {.proto = 0xff}};
        assert_int_equal(do_set(&f.p, ACTION_SET_IPV4, &v, &m), DROP_NONE);
        data[23] = 136;
        memcpy(data + 24, f.p.data + 24, 2);
        if (!later) {
            /* 17 less and 136 more in what was summed, all of it complemented. */
            naive_put16(data + 40, 0x1200 - (136 - 17));
        }
        assert_bytes(&f, data, sizeof data);
    }
}

/* The Ethernet type, wherever it is; afterwards the packet is what the parser takes it for. */
static void eth_types(void **state)
{
    static const uint16_t types[] = {0x0800, 0x86dd, 0x8847, 0x8848, 0x0806, 0x88b5, 0x88e7};
    srandom(12);
    for (int step = 0; step < N_STEPS; step++) {
        static struct frame f;
        struct flow key;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        struct dissection d;
        naive_dissect(data, n, &d);
        use(&f, data, n, n);
        uint16_t type = types[random() % ARRAY_SIZE(types)];
        union action_set_value v = {.eth_type = {htons(type)}}, m = {.eth_type = {BE16_MAX}};
        assert_int_equal(do_set(&f.p, ACTION_SET_ETH_TYPE, &v, &m), DROP_NONE);
        naive_put16(data + d.type, type);
        assert_bytes(&f, data, n);

        struct packet parsed = f.p;
        (void)parse_packet(&parsed, &key);
        assert_int_equal(key.eth_type, htons(type));
        assert_int_equal(parsed.l2_5_ofs, f.p.l2_5_ofs);
        if (f.p.l2_5_ofs == PACKET_NO_OFFSET) {
            assert_int_equal(parsed.l3_ofs, f.p.l3_ofs);
        }
    }
    /* In a SNAP header, and where there is none. */
    static struct frame f;
    uint8_t data[40] = {[13] = 26, [14] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
    union action_set_value v = {.eth_type = {htons(0x88b5)}}, m = {.eth_type = {BE16_MAX}};
    use(&f, data, sizeof data, sizeof data);
    assert_int_equal(do_set(&f.p, ACTION_SET_ETH_TYPE, &v, &m), DROP_NONE);
    naive_put16(data + 20, 0x88b5);
    assert_bytes(&f, data, sizeof data);
    data[14] = 0x42;
    use(&f, data, sizeof data, sizeof data);
    assert_int_equal(do_set(&f.p, ACTION_SET_ETH_TYPE, &v, &m), DROP_NONE);
    assert_bytes(&f, data, sizeof data);
}

/* Of a packet behind a tag, and of one with a B-TAG in front of the I-TAG. */
static void itags(void **state)
{
    srandom(13);
    for (int step = 0; step < 10000; step++) {
        static struct frame f;
        struct flow key;
        uint8_t data[MAX], wrapped[MAX + 18];
        size_t n = naive_random_packet(data, sizeof data);
        use(&f, data, n, n);
        be32 tci = htonl((uint32_t)random() << 1) & ~htonl(PBB_RESERVED_MASK);
        assert_int_equal(rewrite_push_pbb(&f.p, tci), DROP_NONE);
        memcpy(wrapped, data, 12);
        memcpy(wrapped + 12, "\x88\xe7", 2);
        memcpy(wrapped + 14, &tci, 4);
        memcpy(wrapped + 18, data, n);
        assert_bytes(&f, wrapped, n + 18);
        struct packet parsed = f.p;
        assert_int_equal(parse_packet(&parsed, &key), PARSE_OK);
        assert_int_equal(key.pbb_isid, tci & htonl(PBB_ISID_MASK));
        assert_int_equal(key.vlan[0].tpid, 0);
        assert_int_equal(parsed.l3_ofs, f.p.l3_ofs);
        assert_int_equal(parsed.l4_ofs, f.p.l4_ofs);

        bool tagged = random() % 2;
        if (tagged) {
            assert_int_equal(rewrite_push_vlan(&f.p, htons(0x88a8), htons(5)), DROP_NONE);
        }
        assert_int_equal(rewrite_pop_pbb(&f.p), DROP_NONE);
        if (tagged) {
            assert_int_equal(rewrite_pop_vlan(&f.p), DROP_NONE);
        }
        assert_bytes(&f, data, n);
        struct dissection d;
        naive_dissect(data, n, &d);
        use(&f, data, n, n);
        if (d.pbb < 0) {
            assert_int_equal(rewrite_pop_pbb(&f.p), DROP_ACTION_UNSUITED);
            assert_bytes(&f, data, n);
        }
    }
}

/* The two outermost TTLs. */
static void copied_ttls(void **state)
{
    int n_ip = 0, n_labels = 0;
    srandom(14);
    for (int step = 0; step < N_STEPS; step++) {
        static struct frame f;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        use(&f, data, n, n);
        struct dissection inner, d;
        naive_dissect(data, n, &inner);
        if (inner.ip >= 0) {
            be32 lse = htonl((uint32_t)random() << 1) | htonl(MPLS_BOS_MASK);
            assert_int_equal(rewrite_push_mpls(&f.p, htons(ETH_TYPE_MPLS), lse), DROP_NONE);
            n = packet_len(&f.p);
            memcpy(data, f.p.data, n);
            inner.ip += 4;
            inner.next += 4;
        }
        naive_dissect(data, n, &d);
        bool inwards = random() % 2;
        if (d.mpls >= 0) {
            uint8_t *outer = data + d.mpls + 3;
            uint8_t *next = data[d.mpls + 2] & 1 ? NULL : data + d.mpls + 7;
            if (inner.ip >= 0) {
                next = data + inner.ip + (inner.version == 4 ? 8 : 7);
                n_ip++;
            }
            n_labels += next && inner.ip < 0;
            if (!next && (data[d.mpls + 4] >> 4 == 4 || data[d.mpls + 4] >> 4 == 6)) {
                continue; /* looks like IP by chance */
            }
            if (next) {
                *(inwards ? next : outer) = inwards ? *outer : *next;
            }
            if (inner.ip >= 0 && inner.version == 4) {
                naive_put16(data + inner.ip + 10, 0);
                naive_put16(data + inner.ip + 10, naive_csum(NULL, 0, data + inner.ip,
                                                             (data[inner.ip] & 15) * 4));
            }
        }
        assert_int_equal(rewrite_copy_ttl(&f.p, inwards), DROP_NONE);
        assert_bytes(&f, data, n);
    }
    assert_true(n_ip > 1000 && n_labels > 500);
}

/* OpenFlow 1.3 section 5.7.1: AFxy becomes AFx(y + level), up to AFx3. */
static void remarks(void **state)
{
    for (int tos = 0; tos < 256; tos++) {
        for (unsigned int level = 0; level < 5; level++) {
            static struct frame f;
            uint8_t v4[34] = {[12] = 8, [14] = 0x45, [15] = tos, [17] = 20, [22] = 64};
            uint8_t v6[54] = {[12] = 0x86, 0xdd, 0x60 | tos >> 4, tos << 4 | 5, [20] = 59};
            int dscp = tos >> 2, now = dscp;
            for (int class = 1; class <= 4; class++) {
                for (int y = 1; y <= 3; y++) {
                    if (dscp == 8 * class + 2 * y) {
                        now = 8 * class + 2 * (y + level > 3 ? 3 : y + level);
                    }
                }
            }
            naive_fix(v4, sizeof v4);
            use(&f, v4, sizeof v4, sizeof v4);
            rewrite_remark_dscp(&f.p, level);
            v4[15] = now << 2 | (tos & 3);
            naive_fix(v4, sizeof v4);
            assert_bytes(&f, v4, sizeof v4);

            use(&f, v6, sizeof v6, sizeof v6);
            rewrite_remark_dscp(&f.p, level);
            v6[14] = 0x60 | v4[15] >> 4;
            v6[15] = v4[15] << 4 | 5;
            assert_bytes(&f, v6, sizeof v6);
        }
    }
}

static void vlan_tags(void **state)
{
    srandom(4);
    for (int step = 0; step < 5000; step++) {
        static struct frame f;
        uint8_t data[MAX], tagged[MAX + 4];
        size_t n = naive_random_packet(data, sizeof data);
        use(&f, data, n, n);
        struct packet before = f.p;
        uint16_t tpid = random() % 2 ? 0x8100 : 0x88a8, tci = random();
        assert_int_equal(rewrite_push_vlan(&f.p, htons(tpid), htons(tci | VLAN_CFI)), DROP_NONE);
        memcpy(tagged, data, 12);
        naive_put16(tagged + 12, tpid);
        naive_put16(tagged + 14, tci & 0xefff);
        memcpy(tagged + 16, data + 12, n - 12);
        assert_bytes(&f, tagged, n + 4);
        if (before.l3_ofs != PACKET_NO_OFFSET) {
            assert_int_equal(f.p.l3_ofs, before.l3_ofs + 4);
        }
        assert_int_equal(rewrite_pop_vlan(&f.p), DROP_NONE);
        assert_bytes(&f, data, n);
        assert_int_equal(f.p.l3_ofs, before.l3_ofs);
        assert_int_equal(f.p.l4_ofs, before.l4_ofs);

        struct dissection d;
        naive_dissect(data, n, &d);
        for (int i = 0; i < d.n_vlans; i++) {
            assert_int_equal(rewrite_pop_vlan(&f.p), DROP_NONE);
        }
        assert_int_equal(rewrite_pop_vlan(&f.p), DROP_ACTION_UNSUITED);
        assert_int_equal(packet_len(&f.p), n - 4 * d.n_vlans);
    }
}

/* A third tag is beyond what the parser looks at: it counts as L3. */
static void third_tag(void **state)
{
    static struct frame f;
    struct flow key;
    static const uint8_t data[34 + 26] = {
        [12] = 0x88, 0xa8, 0, 5,  0x81, 0, 0, 6, 0x81, 0,  0, 7, 8,  0, /* and IPv4 */
        0x45,        0,    0, 20, 0,    0, 0, 0, 64,   17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    use(&f, data, sizeof data, sizeof data);
    assert_int_equal(f.p.l3_ofs, 22);
    assert_int_equal(rewrite_push_mpls(&f.p, htons(ETH_TYPE_MPLS), htonl(MPLS_BOS_MASK)),
                     DROP_NONE);
    assert_int_equal(f.p.l2_5_ofs, 22);
    struct packet parsed = f.p;
    assert_int_equal(parse_packet(&parsed, &key), PARSE_OK);
    assert_int_equal(key.eth_type, htons(ETH_TYPE_MPLS));
    assert_int_equal(parsed.l2_5_ofs, 22);
    assert_int_equal(rewrite_pop_mpls(&f.p, htons(0x8100)), DROP_NONE);
    assert_bytes(&f, data, sizeof data);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(rewrite_pop_vlan(&f.p), DROP_NONE);
    }
    uint8_t untagged[sizeof data - 12];
    memcpy(untagged, data, 12);
    memcpy(untagged + 12, data + 24, sizeof untagged - 12);
    assert_bytes(&f, untagged, sizeof untagged);
    assert_int_equal(f.p.l3_ofs, PACKET_NO_OFFSET);
    assert_int_equal(rewrite_dec_ttl(&f.p), DROP_ACTION_UNSUITED);
}

/* After any pushes and pops the offsets are those that the parser finds. */
static void mpls_labels(void **state)
{
    int pushed = 0;
    srandom(5);
    for (int step = 0; step < 20000; step++) {
        static struct frame f;
        struct flow key;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        use(&f, data, n, n);
        struct packet before = f.p;
        be32 lse = htonl((uint32_t)random() << 1);
        lse = before.l2_5_ofs == PACKET_NO_OFFSET ? lse | htonl(MPLS_BOS_MASK)
                                                  : lse & ~htonl(MPLS_BOS_MASK);
        be16 old_type = get_be16(
            f.p.data + (before.l2_5_ofs != PACKET_NO_OFFSET ? before.l2_5_ofs : before.l3_ofs) - 2);
        assert_int_equal(rewrite_push_mpls(&f.p, htons(ETH_TYPE_MPLS), lse), DROP_NONE);
        pushed++;

        struct packet parsed = f.p;
        (void)parse_packet(&parsed, &key);
        assert_int_equal(parsed.l2_5_ofs, f.p.l2_5_ofs);
        assert_int_equal(key.eth_type, htons(ETH_TYPE_MPLS));
        assert_int_equal(key.mpls_lse[0], lse);
        if (parsed.l3_ofs != PACKET_NO_OFFSET) {
            assert_int_equal(parsed.l3_ofs, f.p.l3_ofs);
        }
        assert_int_equal(rewrite_dec_ttl(&f.p),
                         (ntohl(lse) & 0xff) > 1 ? DROP_NONE : DROP_TTL_EXPIRED);
        assert_int_equal(rewrite_pop_mpls(&f.p, old_type), DROP_NONE);
        assert_bytes(&f, data, n);
        parsed = f.p;
        (void)parse_packet(&parsed, &key);
        assert_int_equal(parsed.l2_5_ofs, f.p.l2_5_ofs);
        if (before.l2_5_ofs == PACKET_NO_OFFSET) {
            assert_int_equal(parsed.l3_ofs, f.p.l3_ofs);
            assert_int_equal(rewrite_pop_mpls(&f.p, htons(ETH_TYPE_IP)), DROP_ACTION_UNSUITED);
        }
    }
    assert_true(pushed > 1000);
}

static void ttl(void **state)
{
    srandom(6);
    for (int step = 0; step < 10000; step++) {
        static struct frame f;
        uint8_t data[MAX];
        size_t n = naive_random_packet(data, sizeof data);
        struct dissection d;
        naive_dissect(data, n, &d);
        uint8_t *field = d.mpls >= 0 ? data + d.mpls + 3 : data + d.ip + (d.version == 4 ? 8 : 7);
        enum drop_reason expected = DROP_ACTION_UNSUITED;
        if (d.mpls >= 0 || d.ip >= 0) {
            if (random() % 3 == 0) {
                *field = random() % 3;
                naive_fix(data, n);
            }
            expected = *field > 1 ? DROP_NONE : DROP_TTL_EXPIRED;
        }
        use(&f, data, n, n);
        if (expected == DROP_NONE) {
            --*field;
            naive_fix(data, n);
        }
        assert_int_equal(rewrite_dec_ttl(&f.p), expected);
        assert_bytes(&f, data, n);
    }
}

static void no_room(void **state)
{
    uint8_t data[64] __attribute__((aligned(2))) = {0};
    struct packet p;
    struct flow key;
    data[12] = 0x12;
    packet_use(&p, data, sizeof data, 0, sizeof data);
    (void)parse_packet(&p, &key);
    assert_int_equal(rewrite_push_vlan(&p, htons(0x8100), htons(0x1005)), DROP_NO_HEADROOM);
    assert_int_equal(rewrite_push_mpls(&p, htons(ETH_TYPE_MPLS), 0), DROP_NO_HEADROOM);
    assert_int_equal(packet_len(&p), sizeof data);
    data[12] = 0; /* a length: an 802.2 frame */
    (void)parse_packet(&p, &key);
    assert_int_equal(rewrite_push_mpls(&p, htons(ETH_TYPE_MPLS), 0), DROP_ACTION_UNSUITED);
}

/* The addresses of a fragmented datagram change, first fragment and later ones: put together again
 * it is right. */
static void fragments(void **state)
{
    enum { L4 = 34, PAYLOAD = 96, CUT = 40 };
    srandom(7);
    for (int step = 0; step < 500; step++) {
        static struct frame f;
        uint8_t whole[L4 + PAYLOAD], piece[L4 + PAYLOAD];
        fill(whole, sizeof whole);
        naive_put16(whole + 12, 0x0800);
        whole[14] = 0x45;
        naive_put16(whole + 16, 20 + PAYLOAD);
        naive_put16(whole + 20, 0);
        whole[23] = step % 3 == 0 ? 17 : step % 3 == 1 ? 6 : 1;
        naive_put16(whole + L4 + 4, PAYLOAD);
        whole[L4 + 12] = 0x50;
        naive_fix(whole, sizeof whole);

        enum action_set_field field = step % 2   ? ACTION_SET_IPV4
                                      : step % 3 ? ACTION_SET_TCP
                                                 : ACTION_SET_UDP;
        union action_set_value v, m;
        random_set_value(field, &v, &m);
        v.ipv4.proto &= field == ACTION_SET_IPV4 ? 0 : 0xff;
        m.ipv4.proto &= field == ACTION_SET_IPV4 ? 0 : 0xff;
        uint8_t expected[sizeof whole];
        memcpy(expected, whole, sizeof whole);
        naive_set(expected, sizeof expected, field, &v, &m);
        naive_fix(expected, sizeof expected);

        for (int later = 0; later < 2; later++) {
            size_t n = later ? PAYLOAD - CUT : CUT;
            memcpy(piece, whole, L4);
            memcpy(piece + L4, whole + L4 + (later ? CUT : 0), n);
            naive_put16(piece + 16, 20 + n);
            naive_put16(piece + 20, later ? CUT / 8 : IP_MORE_FRAGMENTS);
            naive_put16(piece + 24, 0);
            naive_put16(piece + 24, naive_csum(NULL, 0, piece + 14, 20));
            use(&f, piece, L4 + n, L4 + n);
            assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
            assert_memory_equal(f.p.data + L4, expected + L4 + (later ? CUT : 0), n);
            assert_memory_equal(f.p.data + 26, expected + 26, 8);
            assert_int_equal(naive_csum(NULL, 0, f.p.data + 14, 20), 0);
        }
    }
}

/* The same over IPv6, with ports, types and all of the header's fields. */
static void fragments_ipv6(void **state)
{
    enum { L4 = 54, PAYLOAD = 96, CUT = 40 };
    static const struct {
        uint8_t proto;
        enum action_set_field fields[2];
    } kinds[] = {{6, {ACTION_SET_IPV6, ACTION_SET_TCP}},
                 {17, {ACTION_SET_IPV6, ACTION_SET_UDP}},
                 {58, {ACTION_SET_IPV6, ACTION_SET_ICMP}},
                 {136, {ACTION_SET_IPV6, ACTION_SET_ETH}}};
    srandom(9);
    for (int step = 0; step < 2000; step++) {
        static struct frame f;
        uint8_t whole[L4 + PAYLOAD], piece[L4 + 8 + PAYLOAD], expected[sizeof whole];
        uint8_t proto = kinds[step % 4].proto;
        fill(whole, sizeof whole);
        naive_put16(whole + 12, 0x86dd);
        whole[14] = 0x60;
        naive_put16(whole + 18, PAYLOAD);
        whole[20] = proto;
        naive_put16(whole + L4 + 4, PAYLOAD);
        whole[L4 + 12] = 0x50;
        whole[L4] = proto == 58 ? 128 : whole[L4];
        naive_put16(whole + L4 + 6, proto == 17 ? 1 : naive_get16(whole + L4 + 6));
        naive_fix(whole, sizeof whole);

        enum action_set_field field = kinds[step % 4].fields[step / 4 % 2];
        union action_set_value v, m;
        random_set_value(field, &v, &m);
        if (field == ACTION_SET_IPV6) {
            v.ipv6.proto = m.ipv6.proto = 0;
        }
        memcpy(expected, whole, sizeof whole);
        naive_set(expected, sizeof expected, field, &v, &m);
        naive_fix(expected, sizeof expected);

        for (int later = 0; later < 2; later++) {
            size_t n = later ? PAYLOAD - CUT : CUT;
            memcpy(piece, whole, L4);
            memset(piece + L4, 0, 8);
            memcpy(piece + L4 + 8, whole + L4 + (later ? CUT : 0), n);
            naive_put16(piece + 18, 8 + n);
            piece[20] = 44;
            piece[L4] = proto;
            naive_put16(piece + L4 + 2, later ? CUT : 1);
            use(&f, piece, L4 + 8 + n, L4 + 8 + n);
            assert_int_equal(do_set(&f.p, field, &v, &m), DROP_NONE);
            assert_memory_equal(f.p.data + L4 + 8, expected + L4 + (later ? CUT : 0), n);
            assert_memory_equal(f.p.data + 22, expected + 22, 32);
        }
    }
}

static void sctp_first_fragment(void **state)
{
    static struct frame f;
    uint8_t data[34 + 16] = {[12] = 8, [14] = 0x45, [17] = 36, [20] = 0x20, [22] = 64, [23] = 132};
    use(&f, data, sizeof data, sizeof data);
    union action_set_value v = {.ports = {htons(1), htons(2)}}, m;
    memset(&m, 0xff, sizeof m);
    assert_int_equal(do_set(&f.p, ACTION_SET_SCTP, &v, &m), DROP_ACTION_UNSUITED);
    assert_bytes(&f, data, sizeof data);
}

static void metadata(void **state)
{
    static struct frame f;
    uint8_t data[14] = {0};
    use(&f, data, sizeof data, sizeof data);
    f.p.pkt_mark = 0x12345678;
    union action_set_value v = {.word = 0xffffffff}, m = {.word = 0xff00};
    assert_int_equal(do_set(&f.p, ACTION_SET_MARK, &v, &m), DROP_NONE);
    assert_int_equal(f.p.pkt_mark, 0x1234ff78);
    assert_int_equal(do_set(&f.p, ACTION_SET_PRIORITY, &v, &m), DROP_NONE);
    assert_int_equal(f.p.skb_priority, 0xff00);
    struct action output = {.type = ACTION_OUTPUT, .len = sizeof output};
    assert_int_equal(rewrite_action(&f.p, &output), DROP_ACTION_UNSUITED);
}

static enum drop_reason any_action(struct packet *p)
{
    union action_set_value v, m;
    switch (random() % 12) {
    case 0:
        return rewrite_push_vlan(p, htons(0x8100), htons(0x1005));
    case 1:
        return rewrite_pop_vlan(p);
    case 2:
        return rewrite_push_mpls(p, htons(0x8847), htonl(random()));
    case 3:
        return rewrite_pop_mpls(p, htons(random() % 2 ? 0x8847 : random() % 2 ? 0x0800 : 0x86dd));
    case 4:
        return rewrite_dec_ttl(p);
    case 5:
        return rewrite_push_pbb(p, htonl(random() & PBB_ISID_MASK));
    case 6:
        return rewrite_pop_pbb(p);
    case 7:
        rewrite_remark_dscp(p, random() % 4);
        return rewrite_copy_ttl(p, random() % 2);
    default: {
        enum action_set_field field = random() % ACTION_SET_N_FIELDS;
        random_set_value(field, &v, &m);
        return do_set(p, field, &v, &m);
    }
    }
}

/* Any actions on any cut packet: nothing outside the frame is touched (address sanitizer), lengths
 * stay sane. */
static void cut_packets(void **state)
{
    size_t n;
    struct corpus_packet *packets = corpus_read(&n);
    srandom(8);
    for (size_t i = 0; i < n; i++) {
        for (size_t size = ETH_HEADER_LEN; size <= packets[i].size; size++) {
            uint8_t *frame = xmalloc(16 + size);
            memcpy(frame + 16, packets[i].data, size);
            struct packet p;
            struct flow key;
            packet_use(&p, frame, 16 + size, 16, size);
            (void)parse_packet(&p, &key);
            if (random() % 2) {
                p.offload = PACKET_NEEDS_CSUM;
                p.csum_start = p.l4_ofs;
                p.csum_offset = random() % 9 * 2;
            }
            for (int j = 0; j < 12; j++) {
                enum drop_reason reason = any_action(&p);
                assert_in_range(reason, DROP_NONE, DROP_N_REASONS - 1);
                assert_true(p.data >= frame && p.data + p.head_len == frame + 16 + size);
                assert_true(p.l3_ofs == PACKET_NO_OFFSET || p.l3_ofs <= p.head_len);
            }
            p.offload = packet_complete_csum(&p) ? 0 : p.offload;
            free(frame);
        }
    }
    corpus_free(packets, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets),
        cmocka_unit_test(sets_with_debt),
        cmocka_unit_test(wrong_stays_wrong),
        cmocka_unit_test(udp_zero),
        cmocka_unit_test(protocols),
        cmocka_unit_test(fragment_protocol),
        cmocka_unit_test(eth_types),
        cmocka_unit_test(itags),
        cmocka_unit_test(copied_ttls),
        cmocka_unit_test(remarks),
        cmocka_unit_test(vlan_tags),
        cmocka_unit_test(mpls_labels),
        cmocka_unit_test(third_tag),
        cmocka_unit_test(ttl),
        cmocka_unit_test(no_room),
        cmocka_unit_test(fragments),
        cmocka_unit_test(fragments_ipv6),
        cmocka_unit_test(sctp_first_fragment),
        cmocka_unit_test(metadata),
        cmocka_unit_test(cut_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
