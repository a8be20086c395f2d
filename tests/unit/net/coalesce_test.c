/* SPDX-License-Identifier: Apache-2.0 */
/* Putting segments together against a naive twin, and cutting again what was put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/coalesce.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"
#include "lib/net/segment.h"
#include "lib/net/tunnel.h"
#include "tests/unit/net/naive.h"

enum { MAX_SEGMENTS = 60, MAX_LEN = 1700, ROOM = 65536 };

/* A segment as plain bytes. */
struct bytes {
    uint8_t data[MAX_LEN];
    size_t n;
};

/* A connection's segments, one behind the other. */
struct stream {
    size_t l3, l4, headers; /* offsets */
    bool v6;
    unsigned int n;
    struct bytes of[MAX_SEGMENTS];
};

static void put_lengths(const struct stream *s, struct bytes *b)
{
    naive_put16(b->data + s->l3 + (s->v6 ? 4 : 2), b->n - s->l3 - (s->v6 ? 40 : 0));
    naive_fix(b->data, b->n);
}

static void make_headers(struct stream *s, uint8_t *p)
{
    for (int i = 0; i < 200; i++) {
        p[i] = random();
    }
    s->v6 = random() % 2;
    size_t n = 12;
    for (int tags = random() % 3; tags > 0; tags--, n += 4) {
        naive_put16(p + n, 0x8100);
    }
    naive_put16(p + n, s->v6 ? 0x86dd : 0x0800);
    s->l3 = n + 2;
    p[s->l3] = s->v6 ? 0x60 : 0x45;
    if (s->v6) {
        p[s->l3 + 6] = 6;
    } else {
        naive_put16(p + s->l3 + 6, random() % 2 ? 0x4000 : 0);
        p[s->l3 + 9] = 6;
    }
    s->l4 = s->l3 + (s->v6 ? 40 : 20);
    int options = random() % 11;
    s->headers = s->l4 + 20 + 4 * options;
    p[s->l4 + 12] = (5 + options) << 4 | (random() % 2);
    p[s->l4 + 13] = TCP_ACK | (random() % 3 ? 0 : TCP_ECE);
}

/* What follows 'n' segments and 'done' bytes, of 'len' bytes. */
static void make_segment(const struct stream *s, const uint8_t *headers, unsigned int n, size_t done, size_t len, struct bytes *to)
{
    memcpy(to->data, headers, s->headers);
    to->n = s->headers + len;
    for (size_t i = s->headers; i < to->n; i++) {
        to->data[i] = random();
    }
    if (!s->v6) {
        naive_put16(to->data + s->l3 + 4, naive_get16(headers + s->l3 + 4) + n);
    }
    uint8_t *seq = to->data + s->l4 + 4;
    uint32_t number = (uint32_t)naive_get16(seq) << 16 | naive_get16(seq + 2);
    number += done;
    naive_put16(seq, number >> 16);
    naive_put16(seq + 2, number);
    put_lengths(s, to);
}

/* Does 'b' look as cutting a super-packet that began with 'first' would make segment number 'n', 'done' bytes on? */
static bool is_cut(const struct stream *s, const struct bytes *first, unsigned int n, size_t done, const struct bytes *b)
{
    static struct bytes wanted;
    if (b->n <= s->headers) {
        return false;
    }
    make_segment(s, first->data, n, done, b->n - s->headers, &wanted);
    memcpy(wanted.data + s->headers, b->data + s->headers, b->n - s->headers);
    wanted.data[s->l4 + 13] |= b->data[s->l4 + 13] & (TCP_PSH | TCP_FIN);
    naive_fix(wanted.data, wanted.n);
    return !memcmp(wanted.data, b->data, b->n);
}

static bool ends(const struct stream *s, const struct bytes *b)
{
    return b->data[s->l4 + 13] & (TCP_PSH | TCP_FIN);
}

static bool may_be_first(const struct stream *s, const struct bytes *b)
{
    uint8_t flags = b->data[s->l4 + 13];
    return b->n > s->headers && (flags & TCP_ACK) && !(flags & (TCP_SYN | TCP_RST | TCP_URG | TCP_CWR));
}

/* The twin: how many of the segments from 'i' on make one packet. */
static unsigned int naive_run(const struct stream *s, unsigned int i)
{
    const struct bytes *first = &s->of[i];
    size_t size = first->n - s->headers, done = size;
    static struct bytes fixed;
    fixed = *first;
    put_lengths(s, &fixed); /* wrong lengths, sums, and padding */
    if (!may_be_first(s, first) || ends(s, first) || memcmp(fixed.data, first->data, first->n)) {
        return 1;
    }
    unsigned int n = 1;
    while (i + n < s->n) {
        const struct bytes *next = &s->of[i + n];
        if (!is_cut(s, first, n, done, next) || next->n - s->headers > size || s->headers - s->l3 + done + next->n - s->headers > 65535) {
            break;
        }
        done += next->n - s->headers;
        n++;
        if (ends(s, next) || next->n - s->headers < size) {
            break;
        }
    }
    return n;
}

/* A head and a tail, which may be empty. */
static struct packet *use(const struct stream *s, const struct bytes *b, bool owes)
{
    struct packet *p = xzalloc(sizeof *p);
    size_t head = b->n > s->headers && random() % 2 ? s->headers + random() % (b->n - s->headers) : b->n;
    packet_use(p, xmemdup(b->data, head), head, 0, head);
    if (head < b->n) {
        p->tail = xmemdup(b->data + head, b->n - head);
        p->tail_len = b->n - head;
    }
    if (owes) {
        p->offload = PACKET_NEEDS_CSUM;
        p->csum_start = s->l4;
        p->csum_offset = 16;
    }
    return p;
}

static void discard(struct packet *p)
{
    free(p->frame);
    free(p->tail);
    free(p);
}

/* 'csum_ofs': where a checksum was completed, or 0. */
static void require_bytes(struct packet *p, const struct bytes *b, size_t csum_ofs)
{
    static uint8_t out[MAX_LEN];
    assert_true(packet_complete_csum(p));
    assert_int_equal(packet_len(p), b->n);
    assert_true(packet_read(p, 0, out, b->n));
    if (csum_ofs && !naive_get16(b->data + csum_ofs)) {
        assert_int_equal(naive_get16(out + csum_ofs), 0xffff); /* the other form of zero */
        naive_put16(out + csum_ofs, 0);
    }
    assert_memory_equal(out, b->data, b->n);
}

/* What it was put together from comes out of it again. */
static void require_cuts(struct packet *p, const struct stream *s, unsigned int from, unsigned int n)
{
    struct segmenter segmenter;
    struct flow key;
    struct packet piece;
    static uint8_t frame[4096] __attribute__((aligned(2)));
    assert_int_equal(parse_packet(p, &key), PARSE_OK);
    assert_int_equal(segment_start(&segmenter, p), DROP_NONE);
    assert_int_equal(segmenter.count, n);
    for (unsigned int i = from; i < from + n; i++) {
        assert_true(segment_next(&segmenter, frame, sizeof frame, 0, &piece));
        require_bytes(&piece, &s->of[i], s->l4 + 16);
    }
}

/* Puts together what can be from 'i' on; returns how many segments that were. */
static unsigned int run(const struct stream *s, unsigned int i)
{
    struct coalescer c;
    struct packet *first = use(s, &s->of[i], false);
    unsigned int n = 1;
    if (!coalesce_start(&c, first)) {
        require_bytes(first, &s->of[i], 0);
        discard(first);
        return 1;
    }
    for (; i + n < s->n; n++) {
        struct packet *next = use(s, &s->of[i + n], false);
        bool added = coalesce_suits(&c, next);
        if (added && !c.room) {
            uint8_t *before = first->tail, *room = xmalloc(ROOM);
            added = coalesce_use_room(&c, room, ROOM);
            free(added ? before : room);
        }
        added = added && coalesce_add(&c, next);
        discard(next);
        if (!added) {
            break;
        }
    }
    coalesce_finish(&c);
    if (n == 1) {
        require_bytes(first, &s->of[i], 0);
    } else {
        require_cuts(first, s, i, n);
    }
    discard(first);
    return n;
}

/* Changes something about one segment, so that at most by chance it still fits; the checksums stay right, but for one kind of change. */
static void disturb(const struct stream *s, struct bytes *b)
{
    uint8_t *tcp = b->data + s->l4;
    static const uint8_t flags[] = {TCP_CWR, TCP_ECE, TCP_SYN, TCP_RST, TCP_URG, TCP_ACK, TCP_PSH, TCP_FIN};
    switch (random() % 13) {
    case 0: /* any bit of the headers behind Ethernet's, but what says how they are built */
        b->data[s->l4 + random() % 12] ^= 1 << random() % 8;
        break;
    case 1:
        tcp[13] ^= flags[random() % sizeof flags];
        break;
    case 2:
        b->data[s->l3 + 1] ^= 1 << random() % 8; /* TOS, or traffic class */
        break;
    case 3:
        b->data[s->l3 + (s->v6 ? 7 : 8)] ^= 1; /* TTL */
        break;
    case 4:
        if (s->headers > s->l4 + 20) {
            b->data[s->l4 + 20 + random() % (s->headers - s->l4 - 20)] ^= 1 << random() % 8;
        }
        break;
    case 5:
        b->data[s->l3 + (s->v6 ? 2 : 4)] ^= 1 << random() % 8; /* flow label, or identification */
        break;
    case 6:
        b->data[random() % 12] ^= 1; /* Ethernet */
        break;
    case 7:
        b->n = s->headers + random() % (b->n - s->headers + 1); /* shorter, perhaps nothing */
        put_lengths(s, b);
        break;
    case 8:
        if (b->n > s->headers) {
            b->data[s->headers + random() % (b->n - s->headers)] ^= 0x10; /* a wrong checksum */
        }
        return;
    case 9: /* window or urgent pointer */
        tcp[random() % 2 ? 15 : 19] ^= 1;
        break;
    case 10: /* a fragment, or the bit that nobody may set */
        if (!s->v6) {
            b->data[s->l3 + 6] ^= random() % 2 ? 0x20 : 0x80;
        }
        break;
    case 11: /* padding, which IP does not count */
        memset(b->data + b->n, 0, 4);
        b->n += 4;
        break;
    case 12: /* a wrong checksum of IPv4 */
        b->data[s->l3 + 10] ^= s->v6 ? 0 : 1;
        return;
    }
    naive_fix(b->data, b->n);
}

static void like_the_twin(void **state)
{
    static struct stream s;
    uint8_t headers[200];
    unsigned int n_runs = 0, n_whole = 0;
    srandom(1);
    for (int step = 0; step < 3000; step++) {
        make_headers(&s, headers);
        size_t size = random() % 4 ? 1 + random() % 1400 : 1 + random() % 30, done = 0;
        s.n = 2 + random() % (MAX_SEGMENTS - 2);
        for (unsigned int i = 0; i < s.n; i++) {
            size_t len = i + 1 < s.n && !(step % 3 == 0 && random() % 4 == 0) ? size : 1 + random() % size;
            make_segment(&s, headers, i, done, len, &s.of[i]);
            done += len;
        }
        s.of[s.n - 1].data[s.l4 + 13] |= random() % 2 ? TCP_PSH : 0;
        put_lengths(&s, &s.of[s.n - 1]);
        for (int n_changes = random() % 3; n_changes > 0; n_changes--) {
            disturb(&s, &s.of[random() % s.n]);
        }
        for (unsigned int i = 0; i < s.n;) {
            unsigned int n = run(&s, i);
            assert_int_equal(n, naive_run(&s, i));
            n_whole += n == s.n;
            n_runs++;
            i += n;
        }
    }
    assert_true(n_runs > 3000 && n_whole > 500);
}

/* A debt is taken over, whoever has it. */
static void debts(void **state)
{
    static struct stream s;
    uint8_t headers[200];
    srandom(2);
    for (int step = 0; step < 200; step++) {
        make_headers(&s, headers);
        s.n = 2 + random() % 20;
        for (unsigned int i = 0; i < s.n; i++) {
            make_segment(&s, headers, i, i * 700, 700, &s.of[i]);
        }
        unsigned int owing = random() % (s.n + 1);
        struct coalescer c;
        struct packet *first = use(&s, &s.of[0], owing > 0);
        uint8_t *before = first->tail;
        assert_true(coalesce_start(&c, first));
        assert_true(coalesce_use_room(&c, xmalloc(ROOM), ROOM));
        free(before);
        for (unsigned int i = 1; i < s.n; i++) {
            struct packet *next = use(&s, &s.of[i], i < owing);
            if (i < owing) {
                put_be16(next->data + s.l4 + 16, 0x1234); /* it says nothing */
            }
            assert_true(coalesce_suits(&c, next));
            assert_true(coalesce_add(&c, next));
            discard(next);
        }
        coalesce_finish(&c);
        require_cuts(first, &s, 0, s.n);
        discard(first);
    }
}

/* What is the packets', but none of their bytes. */
static void metadata(void **state)
{
    static struct stream s;
    uint8_t headers[200];
    static struct packet_tunnel tunnel, same, other;
    memset(&tunnel, 7, sizeof tunnel);
    TUNNEL_FIELD(&tunnel.line, tun_opts_len) = 3;
    same = other = tunnel;
    same.options[0].bytes[12] ^= 1; /* behind the options */
    srandom(3);
    make_headers(&s, headers);
    for (unsigned int i = 0; i < 2; i++) {
        make_segment(&s, headers, i, i * 700, 700, &s.of[i]);
    }
    struct packet *first = use(&s, &s.of[0], false), *next = use(&s, &s.of[1], false);
    struct coalescer c;
    assert_true(coalesce_start(&c, first));
    assert_true(coalesce_suits(&c, next));
#define DIFFERS(FIELD, VALUE)                     \
    do {                                          \
        __typeof__(next->FIELD) was = next->FIELD; \
        next->FIELD = VALUE;                      \
        assert_false(coalesce_suits(&c, next));   \
        next->FIELD = was;                        \
        assert_true(coalesce_suits(&c, next));    \
    } while (0)
    DIFFERS(in_port, 1);
    DIFFERS(recirc_id, 1);
    DIFFERS(skb_priority, 1);
    DIFFERS(pkt_mark, 1);
    DIFFERS(dp_hash, 1);
    DIFFERS(frag_mtu, 1500);
    DIFFERS(n_encaps, 1);
    DIFFERS(gso_type, PACKET_GSO_TCPV4);
    DIFFERS(tunnel, &tunnel);
    first->tunnel = &tunnel;
    next->tunnel = &same;
    DIFFERS(tunnel, NULL);
    TUNNEL_FIELD(&other.line, tun_id) ^= 1;
    DIFFERS(tunnel, &other);
    other = tunnel;
    other.options[0].bytes[11] ^= 1;
    DIFFERS(tunnel, &other);
    /* A debt that is not TCP's. */
    next->offload = PACKET_NEEDS_CSUM;
    next->csum_start = s.l4 + 2;
    next->csum_offset = 16;
    assert_false(coalesce_suits(&c, next));
    next->offload = 0;
    /* No room: as they were. */
    uint8_t small[100], *before = first->tail;
    if (before) {
        assert_int_equal(coalesce_use_room(&c, small, sizeof small), first->tail_len <= sizeof small);
    }
    discard(first);
    discard(next);
}

/* What cannot be a segment of a super-packet, even if the checksum is owed. */
static void refuses(void **state)
{
    static struct stream s;
    uint8_t headers[200];
    struct coalescer c;
    srandom(4);
    for (int step = 0; step < 40; step++) {
        make_headers(&s, headers);
        make_segment(&s, headers, 0, 0, 700, &s.of[0]);
        struct packet *p = use(&s, &s.of[0], true);
        assert_true(coalesce_start(&c, p));
        discard(p);
        s.of[0].n += 4; /* padding */
        p = use(&s, &s.of[0], true);
        assert_false(coalesce_start(&c, p));
        discard(p);
        s.of[0].n -= 8; /* cut */
        p = use(&s, &s.of[0], true);
        assert_false(coalesce_start(&c, p));
        discard(p);
        s.of[0].n += 4;
        static const uint8_t fragments[] = {0x20, 0x80, 0x01};
        s.of[0].data[s.l3 + 6] ^= s.v6 ? 0 : fragments[random() % 3];
        s.of[0].data[s.l3] ^= s.v6 ? 0x20 : 0; /* another version */
        p = use(&s, &s.of[0], true);
        if (!s.v6) {
            naive_put16(p->data + s.l3 + 10, 0);
            naive_put16(p->data + s.l3 + 10, naive_csum(NULL, 0, p->data + s.l3, 20));
        }
        assert_false(coalesce_start(&c, p));
        discard(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_the_twin),
        cmocka_unit_test(debts),
        cmocka_unit_test(metadata),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
