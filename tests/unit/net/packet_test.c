/* SPDX-License-Identifier: Apache-2.0 */
/* Packets: edges, offsets, reading across head and tail, and the checksum debt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/net/packet.h"
#include "tests/unit/net/naive.h"

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = random();
    }
}

static void use(void **state)
{
    uint8_t frame[256];
    struct packet p;
    packet_use(&p, frame, sizeof frame, 64, 100);
    assert_ptr_equal(p.data, frame + 64);
    assert_int_equal(packet_len(&p), 100);
    assert_int_equal(packet_headroom(&p), 64);
    assert_null(packet_l3(&p));
    assert_null(packet_l4(&p));
    assert_int_equal(p.offload, 0);
    assert_true(packet_complete_csum(&p));
}

static void push_and_pull(void **state)
{
    uint8_t frame[256];
    struct packet p;
    packet_use(&p, frame, sizeof frame, 64, 100);
    p.l3_ofs = 14;
    p.l4_ofs = 34;
    p.csum_start = 34;
    p.hdr_len = 54;
    p.offload = PACKET_NEEDS_CSUM;
    assert_false(packet_push(&p, 65));
    assert_int_equal(p.l3_ofs, 14);
    assert_true(packet_push(&p, 50));
    assert_int_equal(packet_len(&p), 150);
    assert_int_equal(p.l3_ofs, 64);
    assert_int_equal(p.l4_ofs, 84);
    assert_int_equal(p.csum_start, 84);
    assert_int_equal(p.hdr_len, 104);
    assert_int_equal(p.l2_5_ofs, PACKET_NO_OFFSET);
    assert_false(packet_pull(&p, 151));
    assert_true(packet_pull(&p, 70));
    assert_int_equal(p.l3_ofs, PACKET_NO_OFFSET);
    assert_int_equal(p.l4_ofs, 14);
    assert_int_equal(p.csum_start, 14);
    assert_ptr_equal(packet_l4(&p), p.data + 14);

    /* A checksum that starts in what was taken off cannot be paid any more. */
    assert_true(packet_pull(&p, 20));
    assert_false(packet_complete_csum(&p));
}

static void truncate_to(uint32_t len, uint32_t head, uint32_t tail)
{
    uint8_t frame[200], rest[100];
    struct packet p;
    packet_use(&p, frame, sizeof frame, 0, 150);
    p.tail = rest;
    p.tail_len = sizeof rest;
    p.l3_ofs = 14;
    p.l4_ofs = 34;
    p.l2_pad = 30;
    p.hdr_len = 54;
    p.gso_size = 100;
    p.gso_type = PACKET_GSO_TCPV4;
    p.offload = PACKET_NEEDS_CSUM;
    p.csum_start = 34;
    p.csum_offset = 16;
    packet_truncate(&p, len);
    assert_int_equal(p.head_len, head);
    assert_int_equal(p.tail_len, tail);
    assert_int_equal(p.l3_ofs, len < 14 ? PACKET_NO_OFFSET : 14);
    assert_int_equal(p.l4_ofs, len < 34 ? PACKET_NO_OFFSET : 34);
    assert_int_equal(p.l2_pad, len > 250 ? 30 : len > 220 ? 30 - (250 - len) : 0);
    assert_int_equal(p.gso_type, len <= 154 ? PACKET_GSO_NONE : PACKET_GSO_TCPV4);
    assert_int_equal(p.offload, len < 52 ? 0 : PACKET_NEEDS_CSUM);
}

static void truncates(void **state)
{
    truncate_to(1000, 150, 100);
    truncate_to(250, 150, 100);
    truncate_to(249, 150, 99);
    truncate_to(155, 150, 5);
    truncate_to(150, 150, 0);
    truncate_to(60, 60, 0);
    truncate_to(51, 51, 0);
    truncate_to(33, 33, 0);
    truncate_to(13, 13, 0);
    truncate_to(0, 0, 0);
}

static void reads(void **state)
{
    uint8_t frame[64], rest[64], all[128], out[128];
    fill(all, sizeof all);
    memcpy(frame, all, 64);
    memcpy(rest, all + 64, 64);
    struct packet p;
    packet_use(&p, frame, sizeof frame, 0, sizeof frame);
    p.tail = rest;
    p.tail_len = sizeof rest;
    for (uint32_t ofs = 0; ofs <= 130; ofs++) {
        for (uint32_t n = 0; n <= 130; n++) {
            bool inside = ofs <= 128 && n <= 128 - ofs;
            assert_int_equal(packet_read(&p, ofs, out, n), inside);
            if (inside) {
                assert_memory_equal(out, all + ofs, n);
            }
        }
    }
    assert_false(packet_read(&p, UINT32_MAX, out, 2));
    assert_false(packet_read(&p, 2, out, UINT32_MAX));
}

/* The checksum does not depend on where the head ends. */
static void completes(void **state)
{
    srandom(1);
    for (int step = 0; step < 3000; step++) {
        uint8_t all[300], frame[300] __attribute__((aligned(2))), rest[300];
        fill(all, sizeof all);
        uint32_t len = 60 + random() % 240, start = random() % 40, offset = random() % 10 * 2;
        uint32_t head = start + offset + 2 + random() % (len - start - offset - 2 + 1);
        uint16_t pad = random() % 3 ? 0 : random() % (len - start - offset - 1);
        memcpy(frame, all, head);
        memcpy(rest, all + head, len - head);
        struct packet p;
        packet_use(&p, frame, sizeof frame, 0, head);
        p.tail = rest;
        p.tail_len = len - head;
        p.l2_pad = pad;
        p.offload = PACKET_NEEDS_CSUM | PACKET_CSUM_VALID;
        p.csum_start = start;
        p.csum_offset = offset;
        assert_true(packet_complete_csum(&p));
        assert_int_equal(p.offload, PACKET_CSUM_VALID);
        uint16_t sum = naive_csum(NULL, 0, all + start, len - pad - start);
        naive_put16(all + start + offset, sum ? sum : 0xffff);
        uint8_t out[300];
        assert_true(packet_read(&p, 0, out, len));
        assert_memory_equal(out, all, len);
    }
}

static void refuses_debt_outside(void **state)
{
    static const uint16_t bad[][2] = {{99, 0},        {98, 1}, {100, 0},
                                      {65535, 65535}, {0, 99}, {0, 65535}};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint8_t *frame = calloc(1, 100);
        struct packet p;
        packet_use(&p, frame, 100, 0, 100);
        p.offload = PACKET_NEEDS_CSUM;
        p.csum_start = bad[i][0];
        p.csum_offset = bad[i][1];
        assert_false(packet_complete_csum(&p));
        assert_int_equal(p.offload, 0);
        free(frame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use),       cmocka_unit_test(push_and_pull),
        cmocka_unit_test(truncates), cmocka_unit_test(reads),
        cmocka_unit_test(completes), cmocka_unit_test(refuses_debt_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
