/* SPDX-License-Identifier: Apache-2.0 */
/* Both ring formats against a simple driver on random packets, and against drivers that break the
 * rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/vhost_chain.h"
#include "lib/net/csum.h"
#include "tests/unit/datapath/vhost_driver.h"

#define F(BIT) (1ull << VIRTIO_F_##BIT)
#define ALL_OFFLOADS \
    (F(CSUM) | F(GUEST_CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(GUEST_TSO4) | F(GUEST_TSO6))

static const uint64_t feature_sets[] = {
    0,
    F(VERSION_1) | F(INDIRECT_DESC),
    F(VERSION_1) | F(MRG_RXBUF) | F(INDIRECT_DESC) | F(EVENT_IDX) | ALL_OFFLOADS,
    F(VERSION_1) | F(MRG_RXBUF) | F(IN_ORDER),
    F(VERSION_1) | F(RING_PACKED) | F(INDIRECT_DESC),
    F(VERSION_1) | F(RING_PACKED) | F(MRG_RXBUF) | F(EVENT_IDX) | F(INDIRECT_DESC) | ALL_OFFLOADS,
    F(VERSION_1) | F(RING_PACKED) | F(MRG_RXBUF) | F(IN_ORDER),
};

static struct arena *arena;
static struct frame_cache *frames;
static uint64_t drops[DROP_N_REASONS];
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint64_t)seed * below >> 32;
}

static int set_up(void **state)
{
    char *error = NULL;
    (void)state;
    arena = arena_create(1024, 64, 1, &error);
    frames = frame_cache_create(arena, 0, drops);
    return !frames;
}

static int tear_down(void **state)
{
    (void)state;
    bool leak = arena_n_frames_free(arena) != arena_n_frames(arena) ||
                arena_n_tails_free(arena) != arena_n_tails(arena);
    frame_cache_destroy(frames);
    arena_destroy(arena);
    return leak;
}

static uint32_t random_len(void)
{
    return draw(4) ? 14 + draw(1500) : 14 + draw(PACKET_MAX_SIZE - 14);
}

/* Cuts 'len' into at most 'max' pieces. */
static unsigned int cut(uint32_t len, uint32_t *lens, unsigned int max)
{
    unsigned int n = 0;
    while (len && n + 1 < max && draw(3)) {
        lens[n] = 1 + draw(len);
        len -= lens[n++];
    }
    if (len) {
        lens[n++] = len;
    }
    return n;
}

static void fill(uint8_t *p, uint32_t n, uint32_t number)
{
    for (uint32_t i = 0; i < n; i++) {
        p[i] = i * 7 + number * 31 + (i >> 8);
    }
}

static void check_bytes(const struct packet *p, const uint8_t *expected, uint32_t n)
{
    uint8_t *bytes = malloc(n);
    assert_int_equal(packet_len(p), n);
    assert_true(packet_read(p, 0, bytes, n));
    assert_memory_equal(bytes, expected, n);
    free(bytes);
}

/* Guest to switch. */

struct sent {
    int id;
    uint32_t len;
};

static bool send_random(struct driver *d, struct sent *sent, uint32_t number)
{
    uint32_t lens[DRIVER_MAX_SEGS];
    bool may_indirect = vhost_has(d->ring.features, VIRTIO_F_INDIRECT_DESC);
    sent->len = random_len();
    unsigned int n = cut(d->ring.hdr_len + sent->len, lens, 6);
    sent->id = driver_add(d, lens, n, false, may_indirect && draw(2));
    if (sent->id < 0) {
        return false;
    }
    uint8_t *buffer = driver_buffer(d, sent->id);
    memset(buffer, 0, d->ring.hdr_len);
    fill(buffer + d->ring.hdr_len, sent->len, number);
    return true;
}

static void take_all(uint64_t features)
{
    struct driver *d = driver_create(features);
    struct sent queue[DRIVER_RING_SIZE];
    unsigned int first = 0, last = 0, back = 0;
    struct vhost_faults faults = {0, 0};
    for (unsigned int round = 0; round < 400; round++) {
        for (unsigned int i = draw(8); i; i--) {
            if (last - back < DRIVER_RING_SIZE &&
                send_random(d, &queue[last % DRIVER_RING_SIZE], last)) {
                last++;
            }
        }
        struct packet *packets[BATCH_MAX];
        unsigned int n = vhost_ring_take(&d->ring, frames, packets, 1 + draw(BATCH_MAX), &faults);
        for (unsigned int i = 0; i < n; i++, first++) {
            const struct sent *s = &queue[first % DRIVER_RING_SIZE];
            check_bytes(packets[i], driver_buffer(d, s->id) + d->ring.hdr_len, s->len);
            assert_int_equal(packets[i]->offload, 0);
            frame_cache_put(frames, packets[i]);
        }
        struct driver_used used;
        while (driver_get(d, &used)) {
            assert_int_equal(used.id, queue[back++ % DRIVER_RING_SIZE].id);
            assert_int_equal(used.len, 0);
        }
        assert_int_equal(back, first);
    }
    assert_true(first > 400);
    assert_int_equal(faults.n_bad + faults.n_no_room, 0);
    driver_destroy(d);
}

static void guest_to_switch(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(feature_sets); i++) {
        take_all(feature_sets[i]);
    }
}

/* Switch to guest. */

static struct packet *make_packet(uint32_t len, uint32_t number)
{
    uint8_t *bytes = malloc(len);
    struct packet *p = frame_cache_get(frames);
    assert_non_null(p);
    fill(bytes, len, number);
    p->head_len = MIN(len, PACKET_HEAD_SIZE);
    memcpy(p->data, bytes, p->head_len);
    if (len > p->head_len) {
        p->tail = frame_cache_get_tail(frames);
        p->tail_len = len - p->head_len;
        memcpy(p->tail, bytes + p->head_len, p->tail_len);
    }
    free(bytes);
    return p;
}

static void post_random(struct driver *d)
{
    uint32_t lens[DRIVER_MAX_SEGS];
    bool mergeable = vhost_has(d->ring.features, VIRTIO_F_MRG_RXBUF);
    bool may_indirect = vhost_has(d->ring.features, VIRTIO_F_INDIRECT_DESC);
    uint32_t len = mergeable ? 1500 + draw(30000) : 12 + PACKET_MAX_SIZE;
    unsigned int n = cut(len, lens, 6);
    driver_add(d, lens, n, true, may_indirect && draw(2));
}

/* Puts one packet together from the buffers that it came in; returns its length, 0 if there is
 * none. */
static uint32_t collect(struct driver *d, uint8_t *bytes, struct vhost_net_hdr *hdr)
{
    struct driver_used used;
    if (!driver_get(d, &used)) {
        return 0;
    }
    memcpy(hdr, driver_buffer(d, used.id), d->ring.hdr_len);
    unsigned int n_buffers = d->ring.hdr_len == sizeof *hdr ? hdr->n_buffers : 1;
    uint32_t len = used.len - d->ring.hdr_len;
    memcpy(bytes, driver_buffer(d, used.id) + d->ring.hdr_len, len);
    while (--n_buffers) {
        assert_true(driver_get(d, &used));
        memcpy(bytes + len, driver_buffer(d, used.id), used.len);
        len += used.len;
    }
    return len;
}

static void put_all(uint64_t features)
{
    static uint8_t got[PACKET_MAX_SIZE], expected[PACKET_MAX_SIZE];
    struct driver *d = driver_create(features);
    struct vhost_net_hdr hdr;
    uint32_t lens[64];
    unsigned int n_sent = 0, n_got = 0;
    for (unsigned int round = 0; round < 400; round++) {
        for (unsigned int i = draw(8); i; i--) {
            post_random(d);
        }
        struct packet *packets[BATCH_MAX];
        unsigned int n = 1 + draw(4);
        for (unsigned int i = 0; i < n; i++) {
            lens[(n_sent + i) % 64] = random_len();
            packets[i] = make_packet(lens[(n_sent + i) % 64], n_sent + i);
        }
        enum drop_reason why = DROP_NONE;
        unsigned int n_put = vhost_ring_put(&d->ring, packets, n, &why);
        assert_true(n_put == n || why == DROP_TX_QUEUE_FULL);
        for (unsigned int i = 0; i < n; i++) {
            frame_cache_put(frames, packets[i]);
        }
        n_sent += n_put;
        for (uint32_t len; (len = collect(d, got, &hdr)); n_got++) {
            assert_int_equal(len, lens[n_got % 64]);
            fill(expected, len, n_got);
            assert_memory_equal(got, expected, len);
            assert_int_equal(hdr.flags, 0);
        }
        assert_int_equal(n_got, n_sent);
    }
    assert_true(n_sent > 200);
    driver_destroy(d);
}

static void switch_to_guest(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(feature_sets); i++) {
        put_all(feature_sets[i]);
    }
}

/* Offloads. */

static struct packet *take_with_header(uint64_t features, struct vhost_net_hdr hdr)
{
    struct driver *d = driver_create(features);
    const uint32_t len = d->ring.hdr_len + 100;
    struct vhost_faults faults = {0, 0};
    struct packet *p = NULL;
    int id = driver_add(d, &len, 1, false, false);
    memcpy(driver_buffer(d, id), &hdr, d->ring.hdr_len);
    unsigned int n = vhost_ring_take(&d->ring, frames, &p, 1, &faults);
    assert_int_equal(n + faults.n_bad, 1);
    driver_destroy(d);
    return n ? p : NULL;
}

static void offloads(void **state)
{
    const uint64_t all = F(VERSION_1) | ALL_OFFLOADS;
    const struct vhost_net_hdr tso4 = {1, PACKET_GSO_TCPV4, 54, 1000, 34, 16, 0};
    const struct vhost_net_hdr csum = {1, PACKET_GSO_NONE, 0, 0, 34, 16, 0};
    const struct vhost_net_hdr ufo = {1, PACKET_GSO_UDP, 42, 1000, 34, 6, 0};
    struct vhost_net_hdr ecn = tso4;
    (void)state;
    struct packet *p = take_with_header(all, tso4);
    assert_non_null(p);
    assert_int_equal(p->gso_type, PACKET_GSO_TCPV4);
    assert_int_equal(p->gso_size, 1000);
    assert_int_equal(p->offload, PACKET_NEEDS_CSUM);
    assert_int_equal(p->csum_start, 34);
    assert_int_equal(p->csum_offset, 16);

    /* Back to another guest, unchanged. */
    struct driver *d = driver_create(all);
    const uint32_t len = 2000;
    enum drop_reason why;
    int id = driver_add(d, &len, 1, true, false);
    assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 1);
    struct vhost_net_hdr hdr = tso4;
    hdr.n_buffers = 1;
    assert_memory_equal(driver_buffer(d, id), &hdr, sizeof hdr);
    driver_destroy(d);
    frame_cache_put(frames, p);

    /* What was not negotiated. */
    memset(drops, 0, sizeof drops);
    assert_null(take_with_header(all & ~F(HOST_TSO4), tso4));
    assert_null(take_with_header(all & ~F(CSUM), csum));
    assert_null(take_with_header(all, ufo));
    ecn.gso_type |= PACKET_GSO_ECN;
    assert_null(take_with_header(all, ecn));
    assert_int_equal(drops[DROP_BAD_OFFLOAD], 4);
    p = take_with_header(all | F(HOST_ECN), ecn);
    assert_non_null(p);
    frame_cache_put(frames, p);
}

/* Drivers that break the rules. */

/* One chain of raw descriptors: 'a' and 'b' as the format has them. The ring goes on after a bad
 * one. */
static void expect_bad(uint64_t features, const struct vhost_desc *descs, unsigned int n)
{
    struct driver *d = driver_create(features);
    struct vhost_faults faults = {0, 0};
    struct packet *packets[BATCH_MAX];
    struct driver_used used;
    const uint32_t len = 200;
    driver_add_raw(d, descs, n);
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_int_equal(faults.n_bad, 1);
    assert_true(driver_get(d, &used));
    assert_int_equal(used.len, 0);
    assert_false(d->ring.broken);
    assert_true(driver_add(d, &len, 1, false, false) >= 0);
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 1);
    frame_cache_put(frames, packets[0]);
    driver_destroy(d);
}

static void bad_split_chains(void **state)
{
    const uint64_t f = F(VERSION_1) | F(INDIRECT_DESC);
    const uint64_t at = DRIVER_GUEST_BASE, buffer = driver_buffer_addr(0);
    const uint64_t end = driver_buffer_addr(DRIVER_RING_SIZE);
    const struct vhost_desc loop[] = {{buffer, 10, VHOST_DESC_NEXT, 1},
                                      {buffer, 10, VHOST_DESC_NEXT, 0}};
    const struct vhost_desc empty_loop[] = {{buffer, 0, VHOST_DESC_NEXT, 0}};
    const struct vhost_desc next_far[] = {{buffer, 100, VHOST_DESC_NEXT, DRIVER_RING_SIZE}};
    const struct vhost_desc writable[] = {{buffer, 100, VHOST_DESC_WRITE, 0}};
    const struct vhost_desc nowhere[] = {{1, 100, 0, 0}};
    const struct vhost_desc past_end[] = {{end - 50, 100, 0, 0}};
    const struct vhost_desc wraps[] = {{UINT64_MAX - 10, 100, 0, 0}};
    const struct vhost_desc huge[] = {{at, UINT32_MAX, 0, 0}};
    const struct vhost_desc runt[] = {{buffer, 12, 0, 0}};
    const struct vhost_desc odd_table[] = {{buffer, 17, VHOST_DESC_INDIRECT, 0}};
    const struct vhost_desc no_table[] = {{buffer, 0, VHOST_DESC_INDIRECT, 0}};
    const struct vhost_desc table_past_end[] = {{end - 16, 32, VHOST_DESC_INDIRECT, 0}};
    const struct vhost_desc table_and_next[] = {{at, 16, VHOST_DESC_INDIRECT | VHOST_DESC_NEXT, 1},
                                                {buffer, 100, 0, 0}};
    /* The table is the ring's own: its first descriptor names a table again. */
    const struct vhost_desc nested[] = {{at, 32, VHOST_DESC_INDIRECT, 0}};
    (void)state;
    expect_bad(f, loop, 2);
    expect_bad(f, empty_loop, 1);
    expect_bad(f, next_far, 1);
    expect_bad(f, writable, 1);
    expect_bad(f, nowhere, 1);
    expect_bad(f, past_end, 1);
    expect_bad(f, wraps, 1);
    expect_bad(f, huge, 1);
    expect_bad(f, runt, 1);
    expect_bad(f, odd_table, 1);
    expect_bad(f, no_table, 1);
    expect_bad(f, table_past_end, 1);
    expect_bad(f, table_and_next, 2);
    expect_bad(f, nested, 1);
    expect_bad(f & ~F(INDIRECT_DESC), nested, 1);
}

static void bad_packed_chains(void **state)
{
    const uint64_t f = F(VERSION_1) | F(INDIRECT_DESC) | F(RING_PACKED);
    const uint64_t at = DRIVER_GUEST_BASE, buffer = driver_buffer_addr(0);
    const uint64_t end = driver_buffer_addr(DRIVER_RING_SIZE);
    const struct vhost_desc writable[] = {{buffer, 100, 0, VHOST_DESC_WRITE}};
    const struct vhost_desc second_writable[] = {{buffer, 100, 0, 0},
                                                 {buffer, 100, 0, VHOST_DESC_WRITE}};
    const struct vhost_desc past_end[] = {{end - 50, 100, 0, 0}};
    const struct vhost_desc runt[] = {{buffer, 12, 0, 0}};
    const struct vhost_desc odd_table[] = {{buffer, 17, 0, VHOST_DESC_INDIRECT}};
    const struct vhost_desc huge_table[] = {
        {buffer, 16 * (VHOST_MAX_SEGS + 1), 0, VHOST_DESC_INDIRECT}};
    const struct vhost_desc table_past_end[] = {{end - 16, 32, 0, VHOST_DESC_INDIRECT}};
    const struct vhost_desc second_table[] = {{buffer, 100, 0, 0},
                                              {at, 16, 0, VHOST_DESC_INDIRECT}};
    (void)state;
    expect_bad(f, writable, 1);
    expect_bad(f, second_writable, 2);
    expect_bad(f, past_end, 1);
    expect_bad(f, runt, 1);
    expect_bad(f, odd_table, 1);
    expect_bad(f, huge_table, 1);
    expect_bad(f, table_past_end, 1);
    expect_bad(f, second_table, 2);
    expect_bad(f & ~F(INDIRECT_DESC), table_past_end, 1);
}

static void broken_rings(void **state)
{
    struct packet *packets[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    enum drop_reason why = DROP_NONE;
    (void)state;

    /* More entries than the ring has. */
    struct driver *d = driver_create(F(VERSION_1));
    d->ring.avail->idx = DRIVER_RING_SIZE + 1;
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_true(d->ring.broken);
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_false(vhost_ring_arm(&d->ring));
    driver_destroy(d);

    /* A head that is no descriptor: it cannot be given back. */
    d = driver_create(F(VERSION_1));
    d->ring.avail->ring[0] = DRIVER_RING_SIZE;
    d->ring.avail->idx = 1;
    struct packet *p = make_packet(100, 0);
    assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 0);
    assert_true(d->ring.broken);
    assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 0);
    assert_int_equal(why, DROP_PORT_DOWN);
    driver_destroy(d);

    /* An index that goes back over entries that were there. */
    const uint32_t len = 2000;
    d = driver_create(F(VERSION_1));
    for (unsigned int i = 0; i < 4; i++) {
        driver_add(d, &len, 1, true, false);
    }
    assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 1);
    assert_false(d->ring.broken);
    d->ring.avail->idx -= 2;
    struct packet *const many[] = {p, p, p, p};
    assert_in_range(vhost_ring_put(&d->ring, many, ARRAY_SIZE(many), &why), 0, 3);
    assert_true(d->ring.broken);
    driver_destroy(d);

    /* A packed chain that does not end. */
    d = driver_create(F(VERSION_1) | F(RING_PACKED));
    for (unsigned int i = 0; i < DRIVER_RING_SIZE; i++) {
        d->ring.desc[i] =
            (struct vhost_desc){driver_buffer_addr(0), 1, 0, VHOST_DESC_NEXT | VHOST_DESC_AVAIL};
    }
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_true(d->ring.broken);
    driver_destroy(d);
    frame_cache_put(frames, p);
}

/* A buffer that is too short for its header, or that is not to be written, is given back; the next
 * packet goes past it. */
static void bad_receive_buffers(void **state)
{
    const uint64_t sets[] = {F(VERSION_1) | F(MRG_RXBUF),
                             F(VERSION_1) | F(MRG_RXBUF) | F(RING_PACKED)};
    const uint32_t tiny = 5, middle = 300, large = 3000;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct driver *d = driver_create(sets[i]);
        struct packet *p = make_packet(1000, 1);
        struct driver_used used;
        enum drop_reason why = DROP_NONE;
        driver_add(d, &tiny, 1, true, false);
        driver_add(d, &middle, 1, true, false);
        driver_add(d, &large, 1, false, false);
        driver_add(d, &large, 1, true, false);
        assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 0);
        assert_int_equal(why, DROP_TX_ERROR);
        assert_true(driver_get(d, &used) && !used.len);
        assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 0);
        assert_int_equal(why, DROP_TX_ERROR);
        assert_true(driver_get(d, &used) && !used.len);
        assert_true(driver_get(d, &used) && !used.len);
        assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 1);
        assert_true(driver_get(d, &used));
        assert_int_equal(used.len, 1012);
        assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 0);
        assert_int_equal(why, DROP_TX_QUEUE_FULL);
        frame_cache_put(frames, p);
        driver_destroy(d);
    }
}

/* Without merging a packet must fit one buffer; what is behind it in the queue is not held up. */
static void too_large(void **state)
{
    struct driver *d = driver_create(F(VERSION_1));
    const uint32_t len = 1526;
    struct packet *large = make_packet(2000, 0), *small = make_packet(1514, 0);
    enum drop_reason why = DROP_NONE;
    (void)state;
    driver_add(d, &len, 1, true, false);
    assert_int_equal(vhost_ring_put(&d->ring, &large, 1, &why), 0);
    assert_int_equal(why, DROP_MTU);
    assert_int_equal(vhost_ring_put(&d->ring, &small, 1, &why), 1);
    driver_destroy(d);

    /* A great many tiny buffers are not merged without end. */
    d = driver_create(F(VERSION_1) | F(MRG_RXBUF));
    d->ring.size = DRIVER_RING_SIZE;
    const uint32_t tiny = 12;
    while (driver_add(d, &tiny, 1, true, false) >= 0) {
    }
    assert_int_equal(vhost_ring_put(&d->ring, &small, 1, &why), 0);
    assert_int_equal(why, DROP_TX_QUEUE_FULL);
    frame_cache_put(frames, large);
    frame_cache_put(frames, small);
    driver_destroy(d);
}

/* Which packet of several makes the device call, and the driver kick. */
static void notifications(void **state)
{
    const uint64_t sets[] = {F(VERSION_1), F(VERSION_1) | F(EVENT_IDX),
                             F(VERSION_1) | F(RING_PACKED),
                             F(VERSION_1) | F(RING_PACKED) | F(EVENT_IDX)};
    const uint32_t len = 2000;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct driver *d = driver_create(sets[i]);
        struct vhost_ring *r = &d->ring;
        bool (*wants)(struct vhost_ring *) =
            d->packed ? vhost_packed_wants_call : vhost_split_wants_call;
        struct packet *p = make_packet(100, 0);
        enum drop_reason why;
        unsigned int n_calls = 0, seen = 0;
        for (unsigned int n = 0; n < 100; n++) {
            struct driver_used used;
            driver_add(d, &len, 1, true, false);
            /* The driver wants to be told of the buffer that is three ahead of what it saw. */
            uint16_t event = seen + 2;
            if (i == 0) {
                r->avail->flags = n % 3 ? 1 : 0;
            } else if (i == 1) {
                r->avail->ring[DRIVER_RING_SIZE] = event;
            } else if (i == 2) {
                r->driver->flags = n % 3 ? VHOST_EVENT_DISABLE : VHOST_EVENT_ENABLE;
            } else {
                r->driver->desc =
                    event % DRIVER_RING_SIZE | (event / DRIVER_RING_SIZE % 2 ? 0 : 1 << 15);
                r->driver->flags = VHOST_EVENT_DESC;
            }
            struct vhost_done done = {0, 1, 112};
            done.id = d->order[d->first_order];
            if (d->packed) {
                vhost_packed_publish(r, &done, 1, false);
            } else {
                vhost_split_publish(r, &done, 1, false);
            }
            assert_true(driver_get(d, &used));
            if (wants(r)) {
                n_calls++;
                seen = n + 1;
            }
        }
        assert_int_equal(n_calls, i % 2 ? 33 : 34);
        (void)why;
        frame_cache_put(frames, p);

        /* Armed, the device sees what came before the driver could know that it has to kick. */
        vhost_ring_suppress(r);
        assert_false(vhost_ring_arm(r));
        driver_add(d, &len, 1, false, false);
        vhost_ring_suppress(r);
        assert_true(vhost_ring_arm(r));
        driver_destroy(d);
    }
}

/* A page that is written to is marked, no other. */
static void dirty_log(void **state)
{
    uint8_t bits[DRIVER_GUEST_BASE / VHOST_LOG_PAGE / 8 + 1024];
    struct vhost_log log = {bits, sizeof bits};
    const uint32_t len = 3 * VHOST_LOG_PAGE;
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        struct driver *d = driver_create(F(VERSION_1) | (packed ? F(RING_PACKED) : 0));
        struct packet *p = make_packet(VHOST_LOG_PAGE, 0);
        enum drop_reason why;
        memset(bits, 0, sizeof bits);
        d->ring.log = &log;
        d->ring.log_addr = packed ? DRIVER_GUEST_BASE : DRIVER_GUEST_BASE + 0x2000;
        int id = driver_add(d, &len, 1, true, false);
        assert_int_equal(vhost_ring_put(&d->ring, &p, 1, &why), 1);
        uint64_t first = driver_buffer_addr(id) / VHOST_LOG_PAGE;
        uint64_t ring = d->ring.log_addr / VHOST_LOG_PAGE;
        for (uint64_t page = 0; page < 8 * sizeof bits; page++) {
            bool dirty = bits[page / 8] >> page % 8 & 1;
            assert_int_equal(dirty, page == first || page == first + 1 || page == ring);
        }
        frame_cache_put(frames, p);
        driver_destroy(d);
    }
}

/* How often the driver was interrupted since this was asked last. */
static uint64_t count_calls(struct driver *d)
{
    uint64_t n = 0;
    return read(d->ring.call_fd, &n, sizeof n) == sizeof n ? n : 0;
}

/* The driver is interrupted when the ring is settled, once for several bursts, and not again for the same. */
static void settled(void **state)
{
    const uint64_t sets[] = {F(VERSION_1), F(VERSION_1) | F(RING_PACKED)};
    const uint32_t len = 200;
    struct vhost_faults faults = {0, 0};
    struct packet *packets[BATCH_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct driver *to = driver_create(sets[i]), *from = driver_create(sets[i]);
        struct packet *p = make_packet(100, 0);
        enum drop_reason why;
        to->ring.call_fd = eventfd(0, EFD_NONBLOCK);
        from->ring.call_fd = eventfd(0, EFD_NONBLOCK);
        for (unsigned int round = 0; round < 3; round++) {
            driver_add(to, &len, 1, true, false);
            driver_add(to, &len, 1, true, false);
            assert_int_equal(vhost_ring_put(&to->ring, &p, 1, &why), 1);
            assert_int_equal(vhost_ring_put(&to->ring, &p, 1, &why), 1);
            assert_int_equal(count_calls(to), 0);
            vhost_ring_settle(&to->ring);
            assert_int_equal(count_calls(to), 1);
            vhost_ring_settle(&to->ring);
            assert_int_equal(count_calls(to), 0);

            driver_add(from, &len, 1, false, false);
            memset(driver_buffer(from, from->order[from->first_order]), 0, len);
            assert_int_equal(vhost_ring_take(&from->ring, frames, packets, BATCH_MAX, &faults), 1);
            frame_cache_put(frames, packets[0]);
            assert_int_equal(count_calls(from), 0);
            assert_int_equal(vhost_ring_take(&from->ring, frames, packets, BATCH_MAX, &faults), 0);
            assert_int_equal(count_calls(from), 1);
            assert_false(vhost_ring_arm(&from->ring));
            assert_int_equal(count_calls(from), 0);
            struct driver_used used;
            assert_true(driver_get(from, &used) && driver_get(to, &used) && driver_get(to, &used));
        }
        /* A thread that sleeps has settled. */
        driver_add(from, &len, 1, false, false);
        assert_int_equal(vhost_ring_take(&from->ring, frames, packets, BATCH_MAX, &faults), 1);
        frame_cache_put(frames, packets[0]);
        assert_false(vhost_ring_arm(&from->ring));
        assert_int_equal(count_calls(from), 1);
        frame_cache_put(frames, p);
        close(to->ring.call_fd);
        close(from->ring.call_fd);
        driver_destroy(to);
        driver_destroy(from);
    }
}

/* With no frame left, packets are lost and counted, and their buffers given back. */
static void no_frames(void **state)
{
    static struct packet *all[2048];
    struct driver *d = driver_create(F(VERSION_1));
    struct vhost_faults faults = {0, 0};
    struct packet *packets[BATCH_MAX];
    struct driver_used used;
    unsigned int n = 0;
    const uint32_t len = 100, long_len = 10000;
    (void)state;
    memset(drops, 0, sizeof drops);
    while ((all[n] = frame_cache_get(frames))) {
        n++;
    }
    driver_add(d, &len, 1, false, false);
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_int_equal(faults.n_no_room, 1);
    assert_true(driver_get(d, &used));
    while (n) {
        frame_cache_put(frames, all[--n]);
    }
    uint8_t *tails[128];
    while ((tails[n] = frame_cache_get_tail(frames))) {
        n++;
    }
    driver_add(d, &long_len, 1, false, false);
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 0);
    assert_int_equal(faults.n_no_room, 2);
    assert_int_equal(drops[DROP_NO_BUFFER], 2);
    while (n) {
        frame_cache_put_tail(frames, tails[--n]);
    }
    driver_destroy(d);
}

/* A long packet with plain headers stays in the guest's memory until the next call, any other is
 * copied. */

enum { LONG_LEN = 1500, HEAD_LEN = 128 };

static void write_ipv4(uint8_t *p, uint32_t len, uint32_t number)
{
    fill(p, len, number);
    p[12] = 8;
    p[13] = 0;
    p[14] = 0x45;
    p[23] = 17;
}

static struct packet *take_long(struct driver *d, uint32_t len, int ihl)
{
    struct packet *packets[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    const uint32_t total = d->ring.hdr_len + len;
    int id = driver_add(d, &total, 1, false, false);
    assert_true(id >= 0);
    uint8_t *bytes = driver_buffer(d, id) + d->ring.hdr_len;
    memset(driver_buffer(d, id), 0, d->ring.hdr_len);
    write_ipv4(bytes, len, 3);
    bytes[14] = 0x40 | ihl;
    d->ring.lends = true;
    assert_int_equal(vhost_ring_take(&d->ring, frames, packets, BATCH_MAX, &faults), 1);
    check_bytes(packets[0], bytes, len);
    return packets[0];
}

static void one_copy(void **state)
{
    const uint64_t sets[] = {F(VERSION_1), F(VERSION_1) | F(RING_PACKED)};
    struct packet *none[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    struct driver_used used;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct driver *d = driver_create(sets[i]);
        struct packet *p = take_long(d, LONG_LEN, 5);
        assert_int_equal(p->head_len, HEAD_LEN);
        assert_true(frame_cache_has_borrowed_tail(frames, p));
        assert_true(p->tail > d->memory && p->tail < d->memory + driver_memory_size());
        assert_false(driver_get(d, &used));

        /* A copy borrows, too; one that is to last does not. */
        struct packet *copy = frame_cache_copy(frames, p);
        assert_ptr_equal(copy->tail, p->tail);
        assert_true(frame_cache_own_tail(frames, copy));
        assert_null(copy->tail);
        uint8_t expected[LONG_LEN];
        write_ipv4(expected, LONG_LEN, 3);
        check_bytes(copy, expected, LONG_LEN);
        frame_cache_put(frames, copy);
        frame_cache_put(frames, p);
        assert_int_equal(vhost_ring_take(&d->ring, frames, none, BATCH_MAX, &faults), 0);
        assert_true(driver_get(d, &used));

        /* Arming gives back, too, and does not take what is held for new. */
        p = take_long(d, 60000, 5);
        assert_true(frame_cache_has_borrowed_tail(frames, p));
        assert_true(frame_cache_own_tail(frames, p));
        assert_non_null(p->tail);
        assert_false(frame_cache_has_borrowed_tail(frames, p));
        frame_cache_put(frames, p);
        assert_false(driver_get(d, &used));
        assert_false(vhost_ring_arm(&d->ring));
        assert_true(driver_get(d, &used));

        /* Options, and short packets. */
        p = take_long(d, LONG_LEN, 6);
        assert_null(p->tail);
        frame_cache_put(frames, p);
        p = take_long(d, 500, 5);
        assert_null(p->tail);
        frame_cache_put(frames, p);
        assert_true(driver_get(d, &used));
        assert_true(driver_get(d, &used));
        driver_destroy(d);
    }
}

/* A checksum that is owed goes along with the borrowed bytes, if its field is among those that were
 * copied. */
static void one_copy_debt(void **state)
{
    const uint64_t features = F(VERSION_1) | ALL_OFFLOADS;
    const uint32_t buffer_len = 2000, total = LONG_LEN + sizeof(struct vhost_net_hdr);
    (void)state;
    for (uint16_t start = 34; start < HEAD_LEN; start++) {
        const struct vhost_net_hdr hdr = {1, PACKET_GSO_NONE, 0, 0, start, 6, 1};
        struct driver *from = driver_create(features), *to = driver_create(features);
        struct packet *p;
        struct vhost_faults faults = {0, 0};
        enum drop_reason why;
        int id = driver_add(from, &total, 1, false, false);
        uint8_t *bytes = driver_buffer(from, id);
        memcpy(bytes, &hdr, sizeof hdr);
        write_ipv4(bytes + sizeof hdr, LONG_LEN, start);
        from->ring.lends = true;
        assert_int_equal(vhost_ring_take(&from->ring, frames, &p, 1, &faults), 1);
        assert_int_equal(frame_cache_has_borrowed_tail(frames, p), start + 6 + 2 <= HEAD_LEN);

        int to_id = driver_add(to, &buffer_len, 1, true, false);
        assert_int_equal(vhost_ring_put(&to->ring, &p, 1, &why), 1);
        assert_memory_equal(driver_buffer(to, to_id), bytes, total);
        frame_cache_put(frames, p);
        driver_destroy(from);
        driver_destroy(to);
    }
}

/* A long packet in a chain of several pieces stays where it is, too. Whatever is done with it sees
 * the same bytes, also in the buffers of another guest, however these are cut. */
static void check_pieces(struct packet *p, const uint8_t *expected, uint32_t len)
{
    struct packet *copy = frame_cache_copy(frames, p);
    check_bytes(p, expected, len);
    assert_true(frame_cache_own_tail(frames, copy));
    assert_null(copy->pieces);
    check_bytes(copy, expected, len);
    for (uint32_t start = 0; start < 4; start++) {
        assert_int_equal(csum_finish(packet_sum(p, start, len)),
                         csum_finish(packet_sum(copy, start, len)));
        assert_int_equal(csum_finish(packet_sum(p, start, HEAD_LEN + start)),
                         csum_finish(packet_sum(copy, start, HEAD_LEN + start)));
    }
    frame_cache_put(frames, copy);
    copy = frame_cache_copy(frames, p);
    assert_true(frame_cache_make_headroom(frames, copy, ARENA_MAX_HEADROOM));
    check_bytes(copy, expected, len);
    frame_cache_truncate(frames, copy, HEAD_LEN + 1);
    check_bytes(copy, expected, HEAD_LEN + 1);
    frame_cache_truncate(frames, copy, HEAD_LEN);
    check_bytes(copy, expected, HEAD_LEN);
    frame_cache_put(frames, copy);
}

static void borrow_pieces(uint64_t features)
{
    static uint8_t got[PACKET_MAX_SIZE], expected[PACKET_MAX_SIZE];
    struct driver *from = driver_create(features), *to = driver_create(features);
    unsigned int n_in_pieces = 0, n_through = 0;
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t lens[DRIVER_MAX_SEGS], len = 1024 + draw(draw(2) ? 2000 : 60000);
        unsigned int n = cut(from->ring.hdr_len + len, lens, DRIVER_MAX_SEGS);
        bool indirect = vhost_has(features, VIRTIO_F_INDIRECT_DESC) && draw(2);
        int id = driver_add(from, lens, n, false, indirect);
        if (id < 0) {
            continue;
        }
        memset(driver_buffer(from, id), 0, from->ring.hdr_len);
        write_ipv4(expected, len, round);
        memcpy(driver_buffer(from, id) + from->ring.hdr_len, expected, len);
        struct packet *p = NULL;
        struct vhost_faults faults = {0, 0};
        from->ring.lends = true;
        assert_int_equal(vhost_ring_take(&from->ring, frames, &p, 1, &faults), 1);
        assert_true(frame_cache_has_borrowed_tail(frames, p));
        n_in_pieces += p->pieces != NULL;
        check_pieces(p, expected, len);

        for (unsigned int i = draw(8); i; i--) {
            post_random(to);
        }
        enum drop_reason why = DROP_NONE;
        struct vhost_net_hdr hdr;
        if (vhost_ring_put(&to->ring, &p, 1, &why)) {
            assert_int_equal(collect(to, got, &hdr), len);
            assert_memory_equal(got, expected, len);
            n_through++;
        } else {
            assert_int_equal(why, DROP_TX_QUEUE_FULL);
        }
        frame_cache_put(frames, p);
        vhost_ring_release(&from->ring);
        struct driver_used used;
        assert_true(driver_get(from, &used));
        assert_int_equal(used.id, id);
    }
    assert_true(n_in_pieces > 50 && n_through > 50);
    driver_destroy(from);
    driver_destroy(to);
}

static void one_copy_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(feature_sets); i++) {
        borrow_pieces(feature_sets[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guest_to_switch),
        cmocka_unit_test(switch_to_guest),
        cmocka_unit_test(offloads),
        cmocka_unit_test(bad_split_chains),
        cmocka_unit_test(bad_packed_chains),
        cmocka_unit_test(broken_rings),
        cmocka_unit_test(bad_receive_buffers),
        cmocka_unit_test(too_large),
        cmocka_unit_test(notifications),
        cmocka_unit_test(dirty_log),
        cmocka_unit_test(settled),
        cmocka_unit_test(no_frames),
        cmocka_unit_test(one_copy),
        cmocka_unit_test(one_copy_debt),
        cmocka_unit_test(one_copy_pieces),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
