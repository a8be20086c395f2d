/* SPDX-License-Identifier: Apache-2.0 */
/* Upcall rings: what goes in comes out, shares between ports, bells, and either side gone mad. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/upcall_ring.h"
#include "lib/net/packet.h"

enum { RING_SIZE = UPCALL_RING_MIN_SIZE };

struct fixture {
    struct upcall_producer *producer;
    struct upcall_consumer *consumer;
    struct upcall_ring_header *shared; /* as an intruder maps it */
};

static void set_up(struct fixture *f)
{
    assert_int_equal(upcall_producer_create(RING_SIZE, &f->producer), 0);
    char *error = NULL;
    f->consumer = upcall_consumer_create(upcall_producer_fd(f->producer), &error);
    assert_non_null(f->consumer);
    f->shared = mmap(NULL, UPCALL_RING_HEADER_SIZE + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                     upcall_producer_fd(f->producer), 0);
    assert_ptr_not_equal(f->shared, MAP_FAILED);
}

static void tear_down(struct fixture *f)
{
    upcall_producer_destroy(f->producer);
    upcall_consumer_destroy(f->consumer);
    munmap(f->shared, UPCALL_RING_HEADER_SIZE + RING_SIZE);
}

/* Puts a packet of 'len' bytes from 'port' whose content follows from 'seed'. */
static enum drop_reason put(struct fixture *f, uint32_t port, uint32_t len, uint32_t seed)
{
    static uint8_t bytes[PACKET_MAX_SIZE];
    struct packet p;
    struct flow key;
    uint8_t userdata[64];
    flow_init(&key);
    key.in_port = port;
    key.recirc_id = seed;
    if (seed % 3 == 0) {
        flow_use_line(&key, FLOW_LINE_MPLS);
        key.mpls_lse[0] = seed;
    }
    memset(bytes, seed, len);
    memset(userdata, ~seed, sizeof userdata);
    packet_use(&p, bytes, sizeof bytes, 0, MIN(len, 1000));
    p.tail = len > 1000 ? bytes + 1000 : NULL;
    p.tail_len = len - p.head_len;
    p.in_port = port;
    if (seed % 2) {
        p.gso_type = PACKET_GSO_TCPV4;
        p.gso_size = seed;
    } else {
        p.frag_mtu = seed;
    }
    struct upcall_request request = {
        .kind = seed % 2 ? DP_UPCALL_MISS : DP_UPCALL_ACTION,
        .key = &key,
        .packet = &p,
        .max_len = seed % 7 ? UINT32_MAX : 50,
        .userdata = userdata,
        .userdata_len = seed % 2 ? 0 : seed % 64,
        .time_ns = seed,
    };
    return upcall_producer_put(f->producer, &request);
}

static void check(const struct dp_upcall *u, uint32_t port, uint32_t len, uint32_t seed)
{
    assert_int_equal(u->kind, seed % 2 ? DP_UPCALL_MISS : DP_UPCALL_ACTION);
    assert_int_equal(u->key.in_port, port);
    assert_int_equal(u->key.recirc_id, seed);
    assert_int_equal(u->key.lines, seed % 3 ? 1 : 1 | 1 << FLOW_LINE_MPLS);
    if (seed % 3 == 0) {
        assert_int_equal(u->key.mpls_lse[0], seed);
    }
    assert_int_equal(u->full_len, len);
    assert_int_equal(u->packet_len, seed % 7 ? len : MIN(len, 50));
    assert_int_equal(u->offload.gso_size, (uint16_t) seed);
    assert_int_equal(u->time_ns, seed);
    for (uint32_t i = 0; i < u->packet_len; i++) {
        assert_int_equal(u->packet[i], (uint8_t) seed);
    }
    assert_int_equal(u->userdata_len, seed % 2 ? 0 : seed % 64);
    for (uint32_t i = 0; i < u->userdata_len; i++) {
        assert_int_equal(u->userdata[i], (uint8_t) ~seed);
    }
}

/* Random puts, publishes, receptions and releases; the ring wraps many times. */
static void stream(void **state)
{
    struct fixture f;
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    static uint32_t lens[1 << 16];
    uint32_t n_put = 0, n_published = 0, n_received = 0, n_released = 0, n_refused = 0;
    set_up(&f);
    srandom(1);
    while (n_received < 40000) {
        for (int i = random() % 20; i > 0; i--) {
            uint32_t len = random() % 50 ? 14 + random() % 1500 : 14 + random() % 65000;
            lens[n_put % ARRAY_SIZE(lens)] = len;
            if (put(&f, n_put % 5, len, n_put) == DROP_NONE) {
                n_put++;
            } else {
                n_refused++;
            }
        }
        if (random() % 2) {
            bool ring = upcall_producer_publish(f.producer);
            assert_false(ring);
            n_published = n_put;
        }
        for (int i = random() % 30; i > 0 && upcall_consumer_next(f.consumer, u); i--) {
            check(u, n_received % 5, lens[n_received % ARRAY_SIZE(lens)], n_received);
            n_received++;
        }
        assert_true(n_received <= n_published);
        uint32_t n = random() % (n_received - n_released + 1);
        upcall_consumer_release(f.consumer, n);
        n_released += n;
    }
    assert_true(n_refused > 0);
    assert_null(upcall_consumer_error(f.consumer));
    free(u);
    tear_down(&f);
}

/* A storm from one port leaves room for the others. */
static void shares(void **state)
{
    struct fixture f;
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    unsigned int n1 = 0, n2 = 0, n3 = 0;
    set_up(&f);
    while (put(&f, 1, 200, 1) == DROP_NONE) {
        n1++;
    }
    assert_int_equal(put(&f, 1, 200, 1), DROP_UPCALL_QUOTA);
    while (put(&f, 2, 200, 1) == DROP_NONE) {
        n2++;
    }
    while (put(&f, 3, 200, 1) == DROP_NONE) {
        n3++;
    }
    unsigned int capacity = RING_SIZE / 384;
    assert_in_range(n1, capacity / 2 - 3, capacity / 2 + 3);
    assert_in_range(n2, capacity / 4 - 3, capacity / 4 + 3);
    assert_in_range(n3, capacity / 8 - 3, capacity / 8 + 3);

    /* Many ports can fill the ring in the end. Nothing is lost of what was taken. */
    unsigned int n = n1 + n2 + n3;
    enum drop_reason reason = DROP_NONE;
    for (uint32_t port = 4; reason != DROP_UPCALL_QUEUE_FULL; port++) {
        reason = put(&f, port, 200, 1);
        n += reason == DROP_NONE;
    }
    assert_in_range(n, capacity - 1, capacity);
    assert_false(upcall_producer_publish(f.producer));
    unsigned int received = 0;
    while (upcall_consumer_next(f.consumer, u)) {
        received++;
    }
    assert_int_equal(received, n);

    /* What the consumer releases is free for the port that had it. */
    assert_int_equal(put(&f, 1, 200, 1), DROP_UPCALL_QUEUE_FULL);
    upcall_consumer_release(f.consumer, n);
    assert_int_equal(put(&f, 1, 200, 1), DROP_NONE);
    free(u);
    tear_down(&f);
}

static bool rings(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

static void bell(void **state)
{
    struct fixture f;
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    int ends[2];
    set_up(&f);
    assert_int_equal(upcall_bell_create(ends), 0);
    assert_false(upcall_producer_publish(f.producer));
    assert_true(upcall_consumer_wait(f.consumer));
    assert_false(upcall_producer_publish(f.producer)); /* nothing new */
    assert_int_equal(put(&f, 1, 100, 1), DROP_NONE);
    assert_false(upcall_consumer_next(f.consumer, u)); /* not published */
    assert_true(upcall_producer_publish(f.producer));
    assert_false(upcall_consumer_wait(f.consumer)); /* there is something */
    assert_true(upcall_consumer_next(f.consumer, u));

    assert_false(rings(ends[UPCALL_BELL_WAIT_END]));
    for (int i = 0; i < 5000; i++) {
        upcall_bell_ring(ends[UPCALL_BELL_RING_END]); /* more than it holds: must not block */
    }
    assert_true(rings(ends[UPCALL_BELL_WAIT_END]));
    upcall_bell_drain(ends[UPCALL_BELL_WAIT_END]);
    assert_false(rings(ends[UPCALL_BELL_WAIT_END]));
    close(ends[UPCALL_BELL_WAIT_END]);
    upcall_bell_ring(ends[UPCALL_BELL_RING_END]); /* the peer is gone: no signal */
    close(ends[UPCALL_BELL_RING_END]);
    free(u);
    tear_down(&f);
}

/* The consumer survives any bytes: it hands out what keeps to the format, or stops. */
static void mad_producer(void **state)
{
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    unsigned int n_broken = 0, sum = 0;
    srandom(2);
    for (int round = 0; round < 400; round++) {
        struct fixture f;
        set_up(&f);
        for (int i = 0; i < 30; i++) {
            assert_int_equal(put(&f, i, 14 + random() % 3000, i), DROP_NONE);
        }
        (void) !upcall_producer_publish(f.producer);
        uint8_t *data = (uint8_t *) f.shared + UPCALL_RING_HEADER_SIZE;
        for (int i = 0; i < 200 && !upcall_consumer_error(f.consumer); i++) {
            switch (random() % 4) {
            case 0:
                f.shared->head = random() % 2 ? random() : f.shared->head + random() % 4096;
                break;
            case 1:
                data[random() % (random() % 2 ? 4096 : RING_SIZE)] = random();
                break;
            case 2:
                ((uint32_t *) (void *) data)[random() % 256 * 16 + random() % 8] = random() % 512;
                break;
            case 3:
                f.shared->tail = random();
                break;
            }
            while (upcall_consumer_next(f.consumer, u)) {
                assert_true(u->packet_len <= u->full_len);
                assert_true(u->userdata_len <= 4096);
                assert_true(u->key.lines & 1 && u->key.lines < 1 << FLOW_N_DP_LINES);
                for (uint32_t j = 0; j < u->packet_len; j++) {
                    sum += u->packet[j];
                }
                for (uint32_t j = 0; j < u->userdata_len; j++) {
                    sum += u->userdata[j];
                }
                upcall_consumer_release(f.consumer, random() % 2);
            }
        }
        n_broken += upcall_consumer_error(f.consumer) != NULL;
        tear_down(&f);
    }
    assert_true(n_broken > 100);
    assert_int_not_equal(sum, 0);
    free(u);
}

/* The producer survives any 'tail' and 'waiting', and never hands out more room than there is. */
static void mad_consumer(void **state)
{
    struct fixture f;
    unsigned int n_taken = 0;
    set_up(&f);
    srandom(3);
    for (int i = 0; i < 100000; i++) {
        if (random() % 3 == 0) {
            f.shared->tail = random() % 2 ? (uint64_t) random() << (random() % 33)
                                          : f.shared->head - random() % (2 * RING_SIZE);
        }
        f.shared->waiting = random();
        f.shared->size = random();
        f.shared->magic = random();
        if (put(&f, random() % 70000, 14 + random() % 9000, i) == DROP_NONE) {
            n_taken++;
        }
        if (random() % 8 == 0) {
            (void) !upcall_producer_publish(f.producer);
        }
    }
    assert_true(n_taken > 10);

    /* A consumer that stands still: the ring fills up and stays full. */
    f.shared->tail = UINT64_MAX;
    unsigned int n = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        n += put(&f, i % DP_MAX_PORTS, 200, 1) == DROP_NONE;
    }
    assert_true(n <= RING_SIZE / 384);
    tear_down(&f);
}

static void refused_files(void **state)
{
    char *error = NULL;
    int fd = memfd_create("test", 0);
    assert_null(upcall_consumer_create(fd, &error));
    assert_string_equal(error, "upcall ring that cannot be read");
    free(error);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_null(upcall_consumer_create(fd, &error));
    assert_string_equal(error, "not an upcall ring");
    free(error);
    struct upcall_ring_header h = { UPCALL_RING_MAGIC, UPCALL_RING_VERSION, 1 << 20, 0, 0, 0 };
    assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
    assert_null(upcall_consumer_create(fd, &error));
    assert_string_equal(error, "upcall ring of a bad size");
    free(error);
    h.size = 1 << 19;
    assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
    assert_null(upcall_consumer_create(fd, &error));
    assert_string_equal(error, "upcall ring that is not sealed against shrinking");
    free(error);
    h.version++;
    assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
    assert_null(upcall_consumer_create(fd, &error));
    free(error);
    close(fd);

    struct upcall_producer *p;
    assert_int_equal(upcall_producer_create(1000, &p), EINVAL);
    assert_int_equal(upcall_producer_create((size_t) 1 << 30, &p), EINVAL);
}

enum { N_STREAMED = 50000 };

static void *consume(void *f_)
{
    struct fixture *f = f_;
    struct dp_upcall *u = aligned_alloc(64, sizeof *u);
    for (uint32_t n = 0; n < N_STREAMED;) {
        if (upcall_consumer_next(f->consumer, u)) {
            check(u, n % 5, 14 + n % 300, n);
            upcall_consumer_release(f->consumer, 1);
            n++;
        } else {
            (void) !upcall_consumer_wait(f->consumer);
        }
    }
    free(u);
    return NULL;
}

static void two_threads(void **state)
{
    struct fixture f;
    pthread_t id;

    set_up(&f);
    assert_int_equal(pthread_create(&id, NULL, consume, &f), 0);
    for (uint32_t n = 0; n < N_STREAMED;) {
        if (put(&f, n % 5, 14 + n % 300, n) == DROP_NONE) {
            n++;
        }
        (void) !upcall_producer_publish(f.producer);
    }
    pthread_join(id, NULL);
    assert_null(upcall_consumer_error(f.consumer));
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream),        cmocka_unit_test(shares),
        cmocka_unit_test(bell),          cmocka_unit_test(mad_producer),
        cmocka_unit_test(mad_consumer),  cmocka_unit_test(refused_files),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
