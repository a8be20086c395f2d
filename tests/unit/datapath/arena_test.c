/* SPDX-License-Identifier: Apache-2.0 */
/* The packet arena: exhaustion, sharing, copies, and buffers that wander between caches. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/arena.h"

enum { N_FRAMES = 1000, N_TAILS = 40 };

static uint64_t drops[DROP_N_REASONS];

static struct arena *create(unsigned int n_caches)
{
    char *error = NULL;
    struct arena *arena = arena_create(N_FRAMES, N_TAILS, n_caches, &error);
    assert_non_null(arena);
    assert_null(error);
    memset(drops, 0, sizeof drops);
    return arena;
}

static void exhaustion(void **state)
{
    struct arena *arena = create(2);
    struct frame_cache *a = frame_cache_create(arena, 0, drops);
    struct frame_cache *b = frame_cache_create(arena, 1, drops);
    assert_null(frame_cache_create(arena, 2, drops));
    static struct packet *packets[N_FRAMES];

    for (int round = 0; round < 3; round++) {
        unsigned int n = 0;
        while (n < N_FRAMES && (packets[n] = frame_cache_get(a))) {
            memset(packets[n]->data, n, PACKET_HEAD_SIZE);
            n++;
        }
        /* The other cache may hold two magazines. */
        assert_true(n >= N_FRAMES - 64 && n <= N_FRAMES);
        assert_int_equal(arena_n_frames_free(arena), N_FRAMES - n);
        for (unsigned int i = 0; i < n; i++) {
            assert_int_equal(packets[i]->data[PACKET_HEAD_SIZE - 1], (uint8_t) i);
            assert_int_equal((uintptr_t) packets[i]->frame % PACKET_FRAME_SIZE, 0);
            frame_cache_put(i % 2 ? a : b, packets[i]);
        }
        assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    }

    uint8_t *tails[N_TAILS];
    unsigned int n = 0;
    while (n < N_TAILS && (tails[n] = frame_cache_get_tail(a))) {
        n++;
    }
    assert_int_equal(n, N_TAILS);
    assert_null(frame_cache_get_tail(b));
    assert_int_equal(arena_n_tails_free(arena), 0);
    for (unsigned int i = 0; i < n; i++) {
        frame_cache_put_tail(a, tails[i]);
    }
    frame_cache_destroy(a);
    assert_int_equal(arena_n_tails_free(arena), N_TAILS);
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    frame_cache_destroy(b);

    /* A cache that comes later finds what is left, except a part of a magazine that another may
     * keep. */
    a = frame_cache_create(arena, 0, drops);
    for (n = 0; n < N_FRAMES && (packets[n] = frame_cache_get(a)); n++) {
    }
    assert_int_equal(n, N_FRAMES);
    while (n) {
        frame_cache_put(a, packets[--n]);
    }
    frame_cache_destroy(a);
    arena_destroy(arena);
}

/* Many at once, in numbers that do not fit magazines, until there are none; a shared packet stays. */
static void many(void **state)
{
    struct arena *arena = create(1);
    struct frame_cache *cache = frame_cache_create(arena, 0, drops);
    static struct packet *packets[N_FRAMES];
    static bool seen[N_FRAMES];
    for (unsigned int step = 1; step <= 70; step += step < 40 ? 1 : 10) {
        unsigned int n = 0, got;
        memset(seen, 0, sizeof seen);
        while ((got = frame_cache_get_all(cache, packets + n, MIN(step, N_FRAMES - n)))) {
            n += got;
            assert_int_equal(arena_n_frames_free(arena), N_FRAMES - n);
        }
        assert_int_equal(n, N_FRAMES);
        assert_null(frame_cache_get(cache));
        for (unsigned int i = 0; i < n; i++) {
            size_t size;
            uint32_t index = (packets[i]->frame - (uint8_t *) arena_frames(arena, &size)) / PACKET_FRAME_SIZE;
            assert_false(seen[index]);
            seen[index] = true;
            assert_int_equal(packets[i]->head_len, 0);
            packets[i]->head_len = 60; /* whoever gets it next must not see this */
        }
        arena_packet_ref(packets[0]);
        for (unsigned int i = 0; i < n; i += step) {
            frame_cache_put_all(cache, packets + i, MIN(step, n - i));
        }
        assert_int_equal(arena_n_frames_free(arena), N_FRAMES - 1);
        frame_cache_put(cache, packets[0]);
        assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    }

    /* Both references of a packet in one call, and a tail. */
    assert_int_equal(frame_cache_get_all(cache, packets, 2), 2);
    arena_packet_ref(packets[0]);
    packets[2] = packets[0];
    packets[1]->tail = frame_cache_get_tail(cache);
    packets[1]->tail_len = 1;
    frame_cache_put_all(cache, packets, 3);
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    assert_int_equal(arena_n_tails_free(arena), N_TAILS);
    frame_cache_destroy(cache);
    arena_destroy(arena);
}

static void sharing(void **state)
{
    struct arena *arena = create(1);
    struct frame_cache *cache = frame_cache_create(arena, 7, drops);
    assert_int_equal(frame_cache_thread(cache), 7);
    struct packet *p = frame_cache_get(cache);
    assert_int_equal(packet_headroom(p), PACKET_HEADROOM);
    assert_int_equal(packet_len(p), 0);
    memset(p->data, 'x', 100);
    p->head_len = 100;
    p->tail = frame_cache_get_tail(cache);
    p->tail_len = 5000;
    p->pkt_mark = 7;

    assert_ptr_equal(frame_cache_make_private(cache, p), p);
    arena_packet_ref(p);
    assert_true(arena_packet_is_shared(p));
    struct packet *q = frame_cache_make_private(cache, p);
    assert_ptr_not_equal(p, q);
    assert_false(arena_packet_is_shared(p));
    assert_false(arena_packet_is_shared(q));
    assert_ptr_equal(p->tail, q->tail);
    assert_int_equal(q->pkt_mark, 7);
    assert_memory_equal(p->data, q->data, 100);
    q->data[0] = 'y';
    assert_int_equal(p->data[0], 'x');

    /* Either packet keeps the tail alive; cutting one gives its share up. */
    frame_cache_truncate(cache, q, 60);
    assert_null(q->tail);
    assert_int_equal(arena_n_tails_free(arena), N_TAILS - 1);
    frame_cache_put(cache, q);
    assert_int_equal(arena_n_tails_free(arena), N_TAILS - 1);
    frame_cache_drop(cache, p, DROP_MTU);
    assert_int_equal(arena_n_tails_free(arena), N_TAILS);
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    assert_int_equal(drops[DROP_MTU], 1);

    /* Without a frame for the copy, the reference is dropped and counted. */
    p = frame_cache_get(cache);
    static struct packet *rest[N_FRAMES];
    unsigned int n = 0;
    while ((rest[n] = frame_cache_get(cache))) {
        n++;
    }
    arena_packet_ref(p);
    assert_null(frame_cache_make_private(cache, p));
    assert_int_equal(drops[DROP_NO_BUFFER], 1);
    assert_false(arena_packet_is_shared(p));
    frame_cache_put(cache, p);
    while (n) {
        frame_cache_put(cache, rest[--n]);
    }
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    frame_cache_destroy(cache);
    arena_destroy(arena);
}

/* Threads that take and give in bursts, so that magazines travel through the shared stacks. */
static void *work(void *cache_)
{
    struct frame_cache *cache = cache_;
    struct packet *held[300];
    unsigned int seed = frame_cache_thread(cache) + 1;
    for (int round = 0; round < 3000; round++) {
        unsigned int n = 0, want = rand_r(&seed) % ARRAY_SIZE(held);
        while (n < want && (held[n] = frame_cache_get(cache))) {
            memset(held[n]->data, seed, 64);
            n++;
        }
        while (n) {
            n--;
            assert_int_equal(held[n]->data[0], (uint8_t) seed);
            frame_cache_put(cache, held[n]);
        }
    }
    return NULL;
}

static void threads(void **state)
{
    enum { N = 4 };
    struct arena *arena = create(N);
    struct frame_cache *caches[N];
    pthread_t ids[N];
    for (int i = 0; i < N; i++) {
        caches[i] = frame_cache_create(arena, i, drops);
        assert_int_equal(pthread_create(&ids[i], NULL, work, caches[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(ids[i], NULL);
    }
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    for (int i = 0; i < N; i++) {
        frame_cache_destroy(caches[i]);
    }
    assert_int_equal(arena_n_frames_free(arena), N_FRAMES);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhaustion),
        cmocka_unit_test(many),
        cmocka_unit_test(sharing),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
