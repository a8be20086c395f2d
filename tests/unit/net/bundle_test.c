/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: cut as a device would cut them, they are the datagrams that segmentation makes one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/action.h"
#include "lib/net/bundle.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"
#include "lib/net/tunnel.h"
#include "tests/unit/net/naive.h"
#include "tests/unit/net/random_actions.h"

enum { HEADROOM = 1024, SUPER_MAX = 66000 };

/* A super-packet of TCP or UDP with room in front of it. */
static void make(struct packet *p, uint16_t gso_size, size_t payload_len)
{
    static uint8_t data[SUPER_MAX];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = random();
    }
    bool v6 = random() % 2, udp = random() % 4 == 0;
    naive_put16(data + 12, v6 ? 0x86dd : 0x0800);
    size_t l4 = v6 ? 54 : 34, headers = l4 + (udp ? 8 : 20 + 4 * (random() % 11)), n = headers + payload_len;
    data[14] = v6 ? 0x60 : 0x45;
    naive_put16(data + (v6 ? 18 : 16), n - (v6 ? 54 : 14));
    naive_put16(data + 20, v6 ? 0 : 0x4000);
    data[v6 ? 20 : 23] = udp ? 17 : 6;
    if (udp) {
        naive_put16(data + l4 + 4, n - l4);
    } else {
        data[l4 + 12] = (headers - l4) / 4 << 4;
    }
    size_t head = headers + random() % MIN(payload_len, 1200);
    uint8_t *frame = xmalloc(HEADROOM + head);
    memcpy(frame + HEADROOM, data, head);
    packet_use(p, frame, HEADROOM + head, HEADROOM, head);
    p->tail = xmemdup(data + head, n - head);
    p->tail_len = n - head;
    p->gso_type = udp ? PACKET_GSO_UDP_L4 : v6 ? PACKET_GSO_TCPV6 : PACKET_GSO_TCPV4;
    p->gso_size = gso_size;
    p->offload = PACKET_NEEDS_CSUM;
    p->csum_start = l4;
    p->csum_offset = udp ? 6 : 16;
    p->in_port = 9;
    p->pkt_mark = 10;
    struct flow key;
    assert_int_equal(parse_packet(p, &key), PARSE_OK);
}

static void discard(struct packet *p)
{
    free(p->frame);
    free(p->tail);
}

/* Puts it into a tunnel of the kind. */
static void push(struct packet *p, bool over_udp)
{
    struct actions list = ACTIONS_INIT;
    struct tunnel_header header;
    do {
        random_tunnel_header(&header);
    } while ((header.kind != TUNNEL_GRE) != over_udp);
    if (header.kind != TUNNEL_VXLAN) {
        header.payload_type = htons(ETH_TYPE_TEB);
    }
    actions_put_tnl_push(&list, 1, &header, 0, 2);
    const struct tunnel_push with = {random(), 2, 3};
    assert_int_equal(tunnel_push(p, (const struct action_tnl_push *)(void *)list.data, &with), DROP_NONE);
    actions_destroy(&list);
}

/* The datagram as bytes, with an outer checksum and without an identification, which nothing needs in a whole packet. */
static size_t normalize(uint8_t *bytes, size_t n, size_t l4)
{
    if (l4 == 34) {
        naive_put16(bytes + 18, 0);
    }
    naive_put16(bytes + l4 + 6, 1); /* there is a checksum */
    naive_fix(bytes, n);
    return n;
}

/* Cuts datagram 'i' out of a bundle as a device does. */
static size_t cut(const struct packet *bundle, uint32_t i, uint8_t *out)
{
    size_t l4 = bundle->l4_ofs, headers = l4 + 8, size = bundle->gso_type ? bundle->gso_size : packet_len(bundle) - headers;
    size_t from = headers + i * size, n = MIN(size, packet_len(bundle) - from);
    assert_true(packet_read(bundle, 0, out, headers));
    assert_true(packet_read(bundle, from, out + headers, n));
    naive_put16(out + (l4 == 34 ? 16 : 18), n + 8 + (l4 == 34 ? 20 : 0));
    naive_put16(out + l4 + 4, n + 8);
    return normalize(out, headers + n, l4);
}

/* What is owed is what a device would have to complete: the sum over the bundle as one datagram. */
static void check_debt(const struct packet *bundle)
{
    static uint8_t whole[SUPER_MAX], paid[SUPER_MAX];
    size_t n = packet_len(bundle);
    assert_true(n <= 65535u + bundle->l3_ofs + (bundle->l4_ofs == 34 ? 0 : 40));
    assert_int_equal(bundle->offload, PACKET_NEEDS_CSUM);
    assert_int_equal(bundle->csum_start, bundle->l4_ofs);
    assert_int_equal(bundle->csum_offset, 6);
    assert_int_equal(bundle->in_port, 9);
    assert_int_equal(bundle->pkt_mark, 10);
    assert_true(packet_read(bundle, 0, whole, n));
    memcpy(paid, whole, n);
    naive_fix(paid, n);
    struct packet p;
    packet_use(&p, whole, sizeof whole, 0, n);
    p.offload = bundle->offload;
    p.csum_start = bundle->csum_start;
    p.csum_offset = bundle->csum_offset;
    assert_true(packet_complete_csum(&p));
    assert_memory_equal(whole, paid, n);
}

static void like_segments(void **state)
{
    static uint8_t frame[PACKET_FRAME_SIZE] __attribute__((aligned(2))), scratch[8192] __attribute__((aligned(2)));
    static uint8_t room[BUNDLE_ROOM], one[SUPER_MAX], other[SUPER_MAX];
    uint32_t n_bundles = 0;
    srandom(1);
    for (int step = 0; step < 500; step++) {
        struct packet p, bundle, piece;
        uint16_t gso_size = 100 + random() % 1400;
        make(&p, gso_size, gso_size + 1 + random() % (random() % 2 ? 60000 : 3000));
        if (random() % 4 == 0) {
            push(&p, random() % 2);
        }
        push(&p, true);
        struct bundler bundler;
        struct segmenter segmenter;
        if (segment_start(&segmenter, &p) != DROP_NONE) {
            assert_false(bundle_start(&bundler, &p));
            discard(&p);
            continue;
        }
        assert_true(bundle_start(&bundler, &p));
        uint32_t wanted = bundle_count(&bundler), got = 0;
        while (bundle_next(&bundler, frame, room, &bundle)) {
            uint32_t n = bundle.gso_type ? DIV_ROUND_UP(bundle.tail_len, bundle.gso_size) : 1;
            check_debt(&bundle);
            for (uint32_t i = 0; i < n; i++) {
                assert_true(segment_next(&segmenter, scratch, sizeof scratch, 0, &piece));
                assert_true(packet_complete_csum(&piece));
                size_t len = packet_len(&piece);
                assert_true(packet_read(&piece, 0, one, len));
                normalize(one, len, bundle.l4_ofs);
                assert_int_equal(cut(&bundle, i, other), len);
                assert_memory_equal(one, other, len);
            }
            got++;
        }
        assert_false(segment_next(&segmenter, scratch, sizeof scratch, 0, &piece));
        assert_int_equal(got, wanted);
        n_bundles += got;
        discard(&p);
    }
    assert_true(n_bundles > 500);
}

static void refuses(void **state)
{
    struct packet p;
    struct bundler bundler;
    srandom(2);
    make(&p, 1000, 20000);
    assert_false(bundle_start(&bundler, &p)); /* in no tunnel */
    push(&p, false);
    assert_false(bundle_start(&bundler, &p)); /* over GRE */
    discard(&p);

    make(&p, 1000, 20000);
    push(&p, true);
    assert_true(bundle_start(&bundler, &p));
    p.gso_size = 33000; /* no two in one */
    assert_false(bundle_start(&bundler, &p));
    p.gso_size = 20000; /* nothing to cut */
    assert_false(bundle_start(&bundler, &p));
    p.gso_size = 1000;
    uint8_t *type = p.data + p.l3_ofs - 2;
    naive_put16(type, 0x8847); /* a label in front */
    assert_false(bundle_start(&bundler, &p));
    discard(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_segments),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
