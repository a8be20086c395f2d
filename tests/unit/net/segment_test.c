/* SPDX-License-Identifier: Apache-2.0 */
/* Segmentation: the pieces put together again are the packet, and each is right by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"
#include "lib/net/segment.h"
#include "tests/unit/net/naive.h"

enum { SUPER_MAX = 66000 };

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = random();
    }
}

/* A super-packet as plain bytes. */
struct super {
    uint8_t data[SUPER_MAX];
    size_t l3, l4, payload, n; /* offsets, and the length */
    uint8_t gso_type;
    uint16_t gso_size;
    bool v6, udp, mpls;
};

static void put_type(struct super *s, uint16_t type)
{
    naive_put16(s->data + s->n, type);
    s->n += 2;
}

static void make(struct super *s, size_t payload_len)
{
    fill(s->data, sizeof s->data);
    s->v6 = random() % 2;
    s->udp = random() % 3 == 0;
    s->mpls = random() % 4 == 0;
    s->gso_type = s->udp ? PACKET_GSO_UDP_L4 : s->v6 ? PACKET_GSO_TCPV6 : PACKET_GSO_TCPV4;
    if (!s->udp && random() % 2) {
        s->gso_type |= PACKET_GSO_ECN;
    }
    s->gso_size = 48 + random() % 1460;
    s->n = 12;
    for (int tags = random() % 3; tags > 0; tags--) {
        put_type(s, 0x8100);
        s->n += 2;
    }
    if (s->mpls) {
        put_type(s, 0x8847);
        s->n += 4;
        s->data[s->n - 2] |= 1;
    } else {
        put_type(s, s->v6 ? 0x86dd : 0x0800);
    }
    s->l3 = s->n;
    int options = random() % 4;
    s->n += s->v6 ? 40 : 20 + 4 * options;
    if (s->v6) {
        s->data[s->l3] = 0x60;
        s->data[s->l3 + 6] = s->udp ? 17 : 6;
        if (options == 3) { /* a destination options header */
            s->data[s->n] = s->data[s->l3 + 6];
            s->data[s->n + 1] = 0;
            s->data[s->l3 + 6] = 60;
            s->n += 8;
        }
    } else {
        s->data[s->l3] = 0x45 + options;
        naive_put16(s->data + s->l3 + 6, 0x4000);
        s->data[s->l3 + 9] = s->udp ? 17 : 6;
    }
    s->l4 = s->n;
    int tcp_options = random() % 11;
    s->n += s->udp ? 8 : 20 + 4 * tcp_options;
    if (!s->udp) {
        s->data[s->l4 + 12] = (5 + tcp_options) << 4;
    }
    s->payload = s->n;
    s->n += payload_len;
    naive_put16(s->data + s->l3 + (s->v6 ? 4 : 2), s->n - s->l3 - (s->v6 ? 40 : 0));
    if (s->udp) {
        naive_put16(s->data + s->l4 + 4, s->n - s->l4);
    }
}

/* Puts the super-packet in a head of 'head_len' bytes and a tail, some padding behind it. */
static void use(struct packet *p, const struct super *s, size_t head_len, size_t pad)
{
    struct flow key;
    size_t n = s->n + pad;
    uint8_t *head = xmemdup(s->data, head_len);
    packet_use(p, head, head_len, 0, head_len);
    if (n > head_len) {
        p->tail = xmemdup(s->data + head_len, n - head_len);
        p->tail_len = n - head_len;
    }
    p->gso_type = s->gso_type;
    p->gso_size = s->gso_size;
    p->in_port = 9;
    p->pkt_mark = 10;
    (void)parse_packet(p, &key);
}

static void discard(struct packet *p)
{
    free(p->frame);
    free(p->tail);
}

/* The piece as bytes, its checksum paid; all checksums must be what the twin computes. */
static size_t linearize(struct packet *piece, const struct super *s, uint8_t *out)
{
    assert_int_equal(piece->offload, PACKET_NEEDS_CSUM);
    assert_int_equal(piece->csum_start, s->l4);
    assert_true(packet_complete_csum(piece));
    size_t n = packet_len(piece);
    assert_true(packet_read(piece, 0, out, n));

    static uint8_t fixed[SUPER_MAX];
    memcpy(fixed, out, n);
    if (s->mpls) { /* the twin does not look behind labels: take them off */
        memmove(fixed + 14, fixed + s->l3, n - s->l3);
        naive_put16(fixed + 12, s->v6 ? 0x86dd : 0x0800);
        naive_fix(fixed, n - s->l3 + 14);
        assert_memory_equal(fixed + 14, out + s->l3, n - s->l3);
    } else {
        naive_fix(fixed, n);
        assert_memory_equal(fixed, out, n);
    }
    return n;
}

static void check_headers(const struct super *s, const uint8_t *piece, size_t n, size_t done,
                          size_t index, bool last)
{
    const uint8_t *l3 = piece + s->l3, *l4 = piece + s->l4;
    const uint8_t *old3 = s->data + s->l3, *old4 = s->data + s->l4;
    assert_memory_equal(piece, s->data, s->l3);
    if (s->v6) {
        assert_int_equal(naive_get16(l3 + 4), n - s->l3 - 40);
        assert_memory_equal(l3 + 6, old3 + 6, s->l4 - s->l3 - 6);
    } else {
        assert_int_equal(naive_get16(l3 + 2), n - s->l3);
        assert_int_equal(naive_get16(l3 + 4), (uint16_t)(naive_get16(old3 + 4) + index));
        assert_memory_equal(l3 + 12, old3 + 12, s->l4 - s->l3 - 12);
    }
    assert_memory_equal(l4, old4, 4);
    if (s->udp) {
        assert_int_equal(naive_get16(l4 + 4), n - s->l4);
        return;
    }
    assert_int_equal(ntohl(get_be32(l4 + 4)), (uint32_t)(ntohl(get_be32(old4 + 4)) + done));
    uint8_t flags = old4[13];
    flags &= index ? ~TCP_CWR : 0xff;
    flags &= last ? 0xff : ~(TCP_FIN | TCP_PSH);
    assert_int_equal(l4[13], flags);
    assert_int_equal(l4[12], old4[12]);
    assert_memory_equal(l4 + 20, old4 + 20, s->payload - s->l4 - 20);
}

static void reassembles(void **state)
{
    static struct super s;
    static uint8_t out[SUPER_MAX];
    srandom(1);
    for (int step = 0; step < 400; step++) {
        size_t payload_len = random() % 3 ? random() % 5000 : random() % 60000;
        make(&s, payload_len);
        size_t head = s.payload + random() % (MIN(payload_len, 1700) + 1);
        struct packet p, piece;
        use(&p, &s, random() % 4 ? head : s.n, random() % 3 ? 0 : 8);
        struct segmenter seg;
        if (segment_start(&seg, &p) != DROP_NONE) {
            assert_true(payload_len / s.gso_size >= SEGMENT_MAX_PIECES);
            discard(&p);
            continue;
        }
        uint32_t room = segment_frame_room(&seg);
        assert_true(room <= p.head_len);
        size_t done = 0, index = 0;
        for (;; index++) {
            uint8_t *frame = xmalloc(10 + room);
            if (!segment_next(&seg, frame, 10 + room, 10, &piece)) {
                free(frame);
                break;
            }
            assert_int_equal(packet_headroom(&piece), 10);
            assert_int_equal(piece.in_port, 9);
            assert_int_equal(piece.pkt_mark, 10);
            assert_int_equal(piece.gso_type, PACKET_GSO_NONE);
            assert_int_equal(piece.l3_ofs, s.l3);
            size_t n = linearize(&piece, &s, out), part = n - s.payload;
            bool last = done + part == payload_len;
            assert_true(last ? part <= s.gso_size : part == s.gso_size);
            check_headers(&s, out, n, done, index, last);
            assert_memory_equal(out + s.payload, s.data + s.payload + done, part);
            done += part;
            free(frame);
        }
        assert_int_equal(done, payload_len);
        assert_int_equal(index, seg.count);
        discard(&p);
    }
}

static enum drop_reason start(struct packet *p)
{
    struct segmenter seg;
    return segment_start(&seg, p);
}

static void refuses(void **state)
{
    static struct super s;
    struct packet p;
    srandom(2);
    do {
        make(&s, 3000);
    } while (s.v6 || s.udp || s.mpls);
    s.gso_size = 1000;
    use(&p, &s, 200, 0);
    assert_int_equal(start(&p), DROP_NONE);
    p.gso_size = 0;
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    p.gso_size = 2;
    assert_int_equal(start(&p), DROP_SEGMENTATION); /* too many pieces */
    p.gso_size = 1000;
    static const uint8_t bad_types[] = {PACKET_GSO_NONE, PACKET_GSO_UDP, PACKET_GSO_TCPV6,
                                        PACKET_GSO_UDP_L4, 77};
    for (size_t i = 0; i < sizeof bad_types; i++) {
        p.gso_type = bad_types[i];
        assert_int_equal(start(&p), DROP_SEGMENTATION);
    }
    p.gso_type = PACKET_GSO_TCPV4;
    p.data[s.l3 + 6] = 0x20; /* a fragment */
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    p.data[s.l3 + 6] = 0x40;
    p.data[s.l4 + 12] = 0x40; /* TCP data offset 4 */
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    p.data[s.l4 + 12] = 0xf0;
    p.head_len = s.l4 + 59; /* not all of the TCP header in the head */
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    p.l3_ofs = PACKET_NO_OFFSET;
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    discard(&p);
}

/* The checksum of a source-routed packet covers an address that is not in its place. */
static void refuses_source_route(void **state)
{
    static uint8_t data[200]
        __attribute__((aligned(2))) = {[12] = 0x86, 0xdd, 0x60, [19] = 200 - 54, 43};
    static const uint8_t routing[] = {6, 2, 0, 1};
    memcpy(data + 54, routing, sizeof routing);
    data[78 + 12] = 0x50;
    struct packet p;
    struct flow key;
    packet_use(&p, data, sizeof data, 0, sizeof data);
    assert_int_equal(parse_packet(&p, &key), PARSE_OK);
    assert_int_equal(p.l4_ofs, 78);
    p.gso_type = PACKET_GSO_TCPV6;
    p.gso_size = 50;
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    data[57] = 0; /* no segments left */
    assert_int_equal(start(&p), DROP_NONE);
}

/* An outer UDP header, and a checksum that is owed behind the end of the packet: nothing there is looked at. */
static void refuses_debt_behind_the_end(void **state)
{
    enum { LEN = 14 + 20 + 8 + 30 };
    uint8_t *data = xzalloc(LEN); /* of its own, so that a look behind it is seen */
    static const uint8_t headers[] = {0x45, 0, 0, LEN - 14, 0, 0, 0x40, 0, 64, 17};
    data[12] = 0x08;
    memcpy(data + 14, headers, sizeof headers);
    data[14 + 20 + 5] = 8 + 30; /* UDP length */
    struct packet p;
    struct flow key;
    packet_use(&p, data, LEN, 0, LEN);
    assert_int_equal(parse_packet(&p, &key), PARSE_OK);
    assert_int_equal(p.l4_ofs, 34);
    p.gso_type = PACKET_GSO_TCPV4;
    p.gso_size = 50;
    p.offload = PACKET_NEEDS_CSUM;
    p.csum_start = 50000;
    assert_int_equal(start(&p), DROP_SEGMENTATION);
    free(data);
}

static void frame_too_small(void **state)
{
    static struct super s;
    struct packet p, piece;
    srandom(3);
    make(&s, 3000);
    use(&p, &s, s.n, 0);
    struct segmenter seg;
    assert_int_equal(segment_start(&seg, &p), DROP_NONE);
    uint8_t frame[4096];
    uint32_t room = segment_frame_room(&seg);
    assert_false(segment_next(&seg, frame, room - 1, 0, &piece));
    assert_false(segment_next(&seg, frame, room, 1, &piece));
    assert_false(segment_next(&seg, frame, room, room + 1, &piece));
    assert_true(segment_next(&seg, frame, room, 0, &piece));
    discard(&p);
}

/* Nothing to cut: one piece. */
static void no_payload(void **state)
{
    static struct super s;
    static uint8_t out[SUPER_MAX];
    struct packet p, piece;
    srandom(4);
    make(&s, 0);
    use(&p, &s, s.n, 0);
    struct segmenter seg;
    assert_int_equal(segment_start(&seg, &p), DROP_NONE);
    uint8_t frame[512] __attribute__((aligned(2)));
    assert_true(segment_next(&seg, frame, sizeof frame, 0, &piece));
    assert_int_equal(linearize(&piece, &s, out), s.n);
    assert_false(segment_next(&seg, frame, sizeof frame, 0, &piece));
    discard(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reassembles),          cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_source_route), cmocka_unit_test(refuses_debt_behind_the_end), cmocka_unit_test(frame_too_small),
        cmocka_unit_test(no_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
