/* SPDX-License-Identifier: Apache-2.0 */
/* A back-end that dies, and another one that goes on with its rings: after every single store that
 * the guest may see, with a driver that goes on meanwhile or waits, and with a front-end that drops
 * what is sent while nobody is there.
 *
 * The back-end that dies is a child, run instruction by instruction. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/vhost_chain.h"
#include "datapath/vhost_device.h"
#include "datapath/vhost_inflight.h"
#include "lib/base/mem.h"
#include "tests/unit/datapath/vhost_driver.h"

#define F(BIT) (1ull << VIRTIO_F_##BIT)

enum { LEN = 100, N_BURST = 4, INFLIGHT_SIZE = 4096, WRAP_BIT = 1 << 15, STALE_BASE = WRAP_BIT };

static const struct {
    uint64_t features;
    bool inflight;
} kinds[] = {
    {F(VERSION_1), false},
    {F(VERSION_1), true},
    {F(VERSION_1) | F(RING_PACKED), false},
    {F(VERSION_1) | F(RING_PACKED), true},
    {F(VERSION_1) | F(RING_PACKED) | F(EVENT_IDX) | F(INDIRECT_DESC), false},
    {F(VERSION_1) | F(RING_PACKED) | F(IN_ORDER), false},
    {F(VERSION_1) | F(RING_PACKED) | F(IN_ORDER), true},
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
    frame_cache_destroy(frames);
    arena_destroy(arena);
    return 0;
}

/* A guest with one ring, and what the back-end knows of it. */
struct guest {
    struct driver *d;
    uint8_t *memory, *inflight; /* shared with the child */
    struct vhost_device device;
    bool writable, indirect;
    uint32_t n_sent; /* numbers of packets */
    uint32_t next;   /* the least number that may arrive */
};

static uint8_t *shared(size_t size)
{
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}

/* Where the ring goes on, found by a back-end that knows nothing. */
static void take_over(struct guest *g)
{
    vhost_ring_start(&g->d->ring, vhost_inflight_base(&g->device, 0));
    vhost_ring_suppress(&g->d->ring);
}

static void guest_create(struct guest *g, size_t kind, bool writable)
{
    uint64_t features = kinds[kind].features;
    memset(g, 0, sizeof *g);
    g->memory = shared(driver_memory_size());
    g->d = driver_create_in(features, g->memory, DRIVER_GUEST_BASE);
    g->writable = writable;
    g->indirect = vhost_has(features, VIRTIO_F_INDIRECT_DESC);
    g->device.features = features;
    g->device.vrings[0] =
        (struct vhost_vring){.size = DRIVER_RING_SIZE, .base = STALE_BASE, .ring = &g->d->ring};
    if (kinds[kind].inflight) {
        g->inflight = shared(INFLIGHT_SIZE);
        g->device.inflight = g->inflight;
        g->device.inflight_info =
            (struct vhost_inflight_info){INFLIGHT_SIZE, 0, 1, DRIVER_RING_SIZE};
    }
    take_over(g);
}

static void guest_destroy(struct guest *g)
{
    munmap(g->memory, driver_memory_size());
    if (g->inflight) {
        munmap(g->inflight, INFLIGHT_SIZE);
    }
    driver_destroy(g->d);
}

static void fill(uint8_t *p, uint32_t number)
{
    for (uint32_t i = 0; i < LEN; i++) {
        p[i] = i * 7 + number * 31;
    }
    memcpy(p, &number, sizeof number);
}

static void check(struct guest *g, const uint8_t *p, uint32_t len)
{
    uint8_t expected[LEN];
    uint32_t number;
    assert_int_equal(len, LEN);
    memcpy(&number, p, sizeof number);
    assert_true(number >= g->next && number < g->n_sent);
    fill(expected, number);
    assert_memory_equal(p, expected, LEN);
    g->next = number + 1;
}

/* Makes a buffer available, in one to three pieces; one that the switch reads has the next packet
 * in it. False if the ring is full. */
static bool add(struct guest *g)
{
    struct driver *d = g->d;
    uint32_t left = d->ring.hdr_len + LEN, lens[3], n = 0;
    for (uint32_t pieces = 1 + draw(3); n + 1 < pieces; left -= lens[n++]) {
        lens[n] = 20;
    }
    lens[n++] = left;
    bool indirect = g->indirect && n > 1;
    int id = driver_next_id(d, indirect ? 1 : n);
    if (id < 0) {
        return false;
    }
    if (!g->writable) {
        memset(driver_buffer(d, id), 0, d->ring.hdr_len);
        fill(driver_buffer(d, id) + d->ring.hdr_len, g->n_sent++);
    }
    assert_int_equal(driver_add(d, lens, n, g->writable, indirect), id);
    return true;
}

/* What a driver does in between: takes what was given back; driver_get checks the order. What was
 * received is looked at; what was given back unused has no bytes. */
static void reclaim(struct guest *g)
{
    struct driver_used used;
    while (driver_get(g->d, &used)) {
        if (g->writable && used.len) {
            check(g, driver_buffer(g->d, used.id) + g->d->ring.hdr_len,
                  used.len - g->d->ring.hdr_len);
        }
    }
}

/* One burst of the back-end's; returns how many packets went through. */

static unsigned int burst_in(struct guest *g)
{
    struct packet *packets[BATCH_MAX];
    struct vhost_faults faults = {0, 0};
    unsigned int n = vhost_ring_take(&g->d->ring, frames, packets, BATCH_MAX, &faults);
    assert_int_equal(faults.n_bad + faults.n_no_room, 0);
    for (unsigned int i = 0; i < n; i++) {
        assert_int_equal(packet_len(packets[i]), packets[i]->head_len);
        check(g, packets[i]->data, packets[i]->head_len);
        frame_cache_put(frames, packets[i]);
    }
    return n;
}

static unsigned int burst_out(struct guest *g, unsigned int n)
{
    struct packet *packets[BATCH_MAX];
    enum drop_reason why = DROP_NONE;
    for (unsigned int i = 0; i < n; i++) {
        packets[i] = frame_cache_get(frames);
        packets[i]->head_len = LEN;
        fill(packets[i]->data, g->n_sent++);
    }
    unsigned int n_put = vhost_ring_put(&g->d->ring, packets, n, &why);
    for (unsigned int i = 0; i < n; i++) {
        frame_cache_put(frames, packets[i]);
    }
    return n_put;
}

/* Everything works: what is there goes through, at least once round the ring, and nothing stays
 * behind. */
static void expect_works(struct guest *g)
{
    const struct driver *d = g->d;
    for (int i = 0; i < DRIVER_RING_SIZE; i++) {
        if (g->writable) {
            reclaim(g);
            while (add(g)) {
            }
            uint32_t number = g->n_sent;
            assert_int_equal(burst_out(g, N_BURST), N_BURST);
            reclaim(g);
            assert_int_equal(g->next, number + N_BURST);
        } else {
            bool added = add(g);
            while (burst_in(g)) {
            }
            reclaim(g);
            assert_int_equal(d->n_free, DRIVER_RING_SIZE);
            assert_true(!added || g->next == g->n_sent);
        }
    }
}

/* The child. */

/* What of the guest's memory says where the ring is. */
struct snapshot {
    uint8_t desc[DRIVER_RING_SIZE * sizeof(struct vhost_desc)], used[8 * DRIVER_RING_SIZE + 8];
    uint8_t inflight[sizeof(struct vhost_inflight_packed)];
};

static void look(const struct guest *g, struct snapshot *s)
{
    memcpy(s->desc, g->d->ring.desc, sizeof s->desc);
    memcpy(s->used, g->d->ring.used, sizeof s->used);
    if (g->inflight) {
        memcpy(s->inflight, g->inflight, sizeof s->inflight);
    }
}

/* Up to the first store the child runs at full speed: the ring cannot be written to. */

enum { RING_PAGES = 0x4000 }; /* bytes at the beginning of the guest's memory */
static struct guest *childs_guest;

static void protect(const struct guest *g, int protection)
{
    if (mprotect(g->memory, RING_PAGES, protection) ||
        (g->inflight && mprotect(g->inflight, INFLIGHT_SIZE, protection))) {
        _exit(1);
    }
}

static void first_store(int signal)
{
    (void)signal;
    protect(childs_guest, PROT_READ | PROT_WRITE);
    raise(SIGSTOP);
}

static void run_child(struct guest *g)
{
    struct sigaction action = {.sa_handler = first_store};
    childs_guest = g;
    sigaction(SIGSEGV, &action, NULL);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP)) {
        _exit(1);
    }
    protect(g, PROT_READ);
    if (g->writable) {
        burst_out(g, N_BURST);
    } else {
        burst_in(g);
    }
    _exit(0);
}

static void await_stop(pid_t pid, int signal)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(WSTOPSIG(status), signal);
}

static void go_on(pid_t pid, enum __ptrace_request how, long signal)
{
    assert_int_equal(ptrace(how, pid, NULL, (void *)signal), 0);
}

/* Runs a burst in a child that is killed after 'n_stores' changes of the ring, one at least; false
 * if it was done before. */
static bool die_after(struct guest *g, unsigned int n_stores)
{
    static struct snapshot before, now;
    int status = 0;
    pid_t pid = fork();
    if (!pid) {
        run_child(g);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSTOPPED(status)) {
        print_message("not allowed to trace a child\n");
        skip();
    }
    go_on(pid, PTRACE_CONT, 0);
    await_stop(pid, SIGSEGV);
    go_on(pid, PTRACE_CONT, SIGSEGV);
    await_stop(pid, SIGSTOP);
    look(g, &before);
    for (unsigned int n = 0; n < n_stores;) {
        go_on(pid, PTRACE_SINGLESTEP, 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return false;
        }
        look(g, &now);
        if (memcmp(&before, &now, sizeof now)) {
            before = now;
            n++;
        }
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return true;
}

static void die_everywhere(size_t kind, bool writable, bool driver_goes_on)
{
    struct guest g;
    bool died = true;
    guest_create(&g, kind, writable);
    for (unsigned int n_stores = 1; died; n_stores++) {
        while ((writable || draw(3)) && add(&g)) {
        }
        add(&g);
        died = die_after(&g, n_stores);
        g.n_sent += writable ? N_BURST : 0;
        if (driver_goes_on) {
            reclaim(&g);
            while (add(&g)) {
            }
        }
        take_over(&g);
        expect_works(&g);
        assert_true(died || n_stores > 1);
    }
    guest_destroy(&g);
}

/* Parent and child take turns, which is quickest on one processor. */
static void stay_here(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void any_store(void **state)
{
    (void)state;
    stay_here();
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        for (int i = 0; i < 4; i++) {
            die_everywhere(kind, i & 1, i & 2);
        }
    }
}

/* The front-end drops what waits from its own place on, which is one of those that wait. */
static void front_end_drops(struct driver *d, uint16_t i, bool wrap)
{
    const uint16_t both = VHOST_DESC_AVAIL | VHOST_DESC_USED;
    while ((d->ring.desc[i].b & both) == (wrap ? VHOST_DESC_AVAIL : VHOST_DESC_USED)) {
        struct vhost_desc *head = &d->ring.desc[i];
        bool more, head_wrap = wrap;
        do {
            more = d->ring.desc[i].b & VHOST_DESC_NEXT;
            i = (i + 1) % DRIVER_RING_SIZE;
            wrap = i ? wrap : !wrap;
        } while (more);
        head->len = 0;
        head->b = head_wrap ? both : 0;
    }
}

static void dropped(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        struct guest g;
        if (!vhost_has(kinds[kind].features, VIRTIO_F_RING_PACKED)) {
            continue; /* QEMU reads the place of a split ring anew */
        }
        guest_create(&g, kind, false);
        for (int round = 0; round < 200; round++) {
            uint16_t places[DRIVER_RING_SIZE + 1];
            bool wraps[DRIVER_RING_SIZE + 1];
            unsigned int n = 0;
            do {
                places[n] = g.d->next_avail;
                wraps[n] = g.d->avail_wrap;
            } while (draw(12) && add(&g) && ++n);
            if (n) {
                unsigned int first = draw(n);
                front_end_drops(g.d, places[first], wraps[first]);
                for (unsigned int more = draw(3); more; more--) {
                    add(&g);
                }
            }
            take_over(&g);
            expect_works(&g);
        }
        guest_destroy(&g);
    }
}

/* Wherever the ring is, and whatever the driver was told of kicks, the place is found again. */
static void every_place(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        struct guest g;
        guest_create(&g, kind, false);
        for (int i = 0; i < 4 * DRIVER_RING_SIZE; i++) {
            const uint32_t len = g.d->ring.hdr_len + LEN;
            uint32_t base = vhost_ring_base(&g.d->ring) & UINT16_MAX;
            if (i % 4 < 2) {
                vhost_ring_arm(&g.d->ring);
            } else {
                vhost_ring_suppress(&g.d->ring);
            }
            assert_int_equal(vhost_inflight_base(&g.device, 0), base);
            take_over(&g);
            int id = driver_add(g.d, &len, 1, false, false);
            memset(driver_buffer(g.d, id), 0, g.d->ring.hdr_len);
            fill(driver_buffer(g.d, id) + g.d->ring.hdr_len, g.n_sent++);
            assert_int_equal(burst_in(&g), 1);
            reclaim(&g);
        }
        guest_destroy(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_store),
        cmocka_unit_test(dropped),
        cmocka_unit_test(every_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
