/* SPDX-License-Identifier: Apache-2.0 */
/* Forwarding threads. */
#include "datapath/forwarder.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "datapath/cycles.h"
#include "datapath/pipeline.h"
#include "datapath/port_table.h"
#include "datapath/upcall.h"
#include "datapath/worker.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"

LOG_MODULE(forwarder);

enum {
    MAX_EVENTS = 64,
    MAX_HOT = 64,
    HOT_US = 30,           /* time without a packet after which a queue is no longer hot */
    IDLE_PASSES = 8,       /* passes without a packet after which the thread blocks */
    EPOLL_US = 30,         /* time between two looks at the queues that are not hot, while others are */
    MAX_UNSETTLED = 8,     /* bursts after which receivers are told of what they were sent, if there is always more to send */
    NO_FD_TIMEOUT_MS = 10, /* how long to block when there are queues without a descriptor */
    SPURIOUS_PASSES =
        64, /* passes of ready descriptors without a packet after which the thread rests */
    SPURIOUS_REST_NS = 1000000,
    MAX_SPIN_US = 100,
    MIN_HOLD_NS = 50000, /* how long a queue is held at first, and at most */
    MAX_HOLD_NS = 2000000,
};

#define WAKE_EVENT UINT64_MAX

/* The queues by slot; null where there is none. A slot is what epoll reports, because a pointer
 * could be stale by then. */
struct rx_list {
    uint32_t n;
    struct rx_queue *queues[];
};

struct forwarder {
    struct worker *worker;
    pthread_t thread;
    int cpu; /* -1: any */
    int epoll_fd, wake_fd;
    struct rx_list *list;  /* main: rw; thread: ro; RCU */
    unsigned int n_queues; /* main thread */
    unsigned int n_no_fd;  /* main: rw; thread: ro, relaxed */
    bool stop;             /* main: wo; thread: ro */
    int max_sleep_us;      /* main: wo; thread: ro, relaxed */

    /* The thread's own. */
    struct epoll_event events[MAX_EVENTS];
    unsigned int n_events; /* reported and not yet looked at */
    uint32_t hot[MAX_HOT]; /* slots */
    unsigned int n_hot;
    unsigned int n_idle, n_spurious;
    unsigned int n_unsettled;  /* bursts since the last settle() */
    uint64_t hot_cycles, epoll_cycles; /* HOT_US, EPOLL_US */
    uint64_t asked;            /* when epoll was last asked, in cycles */
    unsigned int n_held;     /* hot queues that were not looked at in this pass */
    uint64_t held_until;     /* the first of them, clock_ns() */
    uint64_t cycles; /* when the time was last taken */
    uint64_t max_spin, spin; /* cycles, see should_spin() */
    uint64_t last_busy;      /* when a packet was last seen */
};

/* The time since it was last taken. */
static uint64_t take_time(struct forwarder *f)
{
    uint64_t now = cycles_now(), taken = now - f->cycles;
    f->cycles = now;
    return taken;
}

static struct rx_queue *get_queue(const struct rx_list *list, uint64_t slot)
{
    return slot < list->n ? rcu_load(list->queues[slot]) : NULL;
}

/* Misses that found no room in the rings. */
static uint64_t count_lost_upcalls(const struct forwarder *f)
{
    const uint64_t *drops = f->worker->counters.drops;
    return drops[DROP_UPCALL_QUEUE_FULL] + drops[DROP_UPCALL_QUOTA];
}

static int watch(struct forwarder *f, int op, int fd, uint32_t what, uint64_t data)
{
    struct epoll_event event = { .events = what, .data.u64 = data };
    return epoll_ctl(f->epoll_fd, op, fd, &event) ? errno : 0;
}

/* Holding (of hot queues only). A burst of nothing but misses that do not all find room is work for nothing, and takes the processor from those who make room.
 * The queue that it came from is then held: its packets wait where they are, in the device's own queue, until there is room. Cached flows
 * that share the queue must not wait for long, so each time ends soon, later from time to time, and a burst with a cached flow in it starts
 * anew. */

/* Whether epoll is to tell of packets. Fails when the descriptor is closed or being removed, and then does not matter. */
static void set_watched(struct forwarder *f, const struct rx_queue *queue, bool on)
{
    (void) watch(f, EPOLL_CTL_MOD, queue->fd, on ? EPOLLIN : 0, queue->slot);
}

static bool is_held(struct forwarder *f, struct rx_queue *queue)
{
    if (likely(!queue->held_until)) {
        return false;
    }
    if (f->worker->now_ns < queue->held_until
        && !upcall_has_room(f->worker, queue->entry->port.no)) {
        f->held_until = f->n_held++ ? MIN(f->held_until, queue->held_until) : queue->held_until;
        return true;
    }
    queue->held_until = 0;
    set_watched(f, queue, true);
    return false;
}

/* After a burst that had 'n_hit' packets of cached flows and lost 'n_lost'. */
static void hold(struct forwarder *f, struct rx_queue *queue, uint64_t n_hit, uint64_t n_lost)
{
    if (likely(n_hit)) {
        queue->hold_ns = 0;
    } else if (n_lost && queue->hot) {
        queue->hold_ns = queue->hold_ns ? MIN(2 * queue->hold_ns, MAX_HOLD_NS) : MIN_HOLD_NS;
        queue->held_until = f->worker->now_ns + queue->hold_ns;
        set_watched(f, queue, false);
    }
}

/* Lets ports tell their receivers what was sent. */
static void settle(struct forwarder *f)
{
    if (f->n_unsettled) {
        f->n_unsettled = 0;
        pipeline_settle(f->worker);
        worker_count(&f->worker->counters.busy_cycles, take_time(f));
    }
}

/* Takes one burst from a queue; returns the number of packets. */
static unsigned int receive(struct forwarder *f, struct rx_queue *queue)
{
    struct port *port = &queue->entry->port;
    struct batch batch;
    batch_init(&batch);
    unsigned int n = port->ops->rx(port, queue->q, f->worker->frames, &batch, BATCH_MAX);
    if (n) {
        uint64_t n_hit = f->worker->counters.n_hit, n_lost = count_lost_upcalls(f);
        pipeline_receive(f->worker, queue->entry, &batch);
        hold(f, queue, f->worker->counters.n_hit - n_hit, count_lost_upcalls(f) - n_lost);
        /* With what the empty polls before it in this pass took, which is little. */
        uint64_t taken = take_time(f);
        f->last_busy = f->cycles;
        worker_count(&queue->cycles, taken);
        worker_count(&f->worker->counters.busy_cycles, taken);
        f->n_unsettled++;
    }
    return n;
}

static void set_poll(struct rx_queue *queue, bool on)
{
    struct port *port = &queue->entry->port;
    if (port->ops->rx_poll) {
        port->ops->rx_poll(port, queue->q, on);
    }
}

static void heat(struct forwarder *f, struct rx_queue *queue, uint32_t slot)
{
    if (!queue->hot && f->n_hot < MAX_HOT) {
        f->hot[f->n_hot++] = slot;
        queue->hot = true;
        queue->last_packet = f->cycles;
        set_poll(queue, true);
    }
}

static unsigned int poll_hot(struct forwarder *f, const struct rx_list *list)
{
    unsigned int n_packets = 0, n_hot = 0;
    for (unsigned int i = 0; i < f->n_hot; i++) {
        struct rx_queue *queue = get_queue(list, f->hot[i]);
        if (!queue || !queue->hot) {
            continue;
        }
        if (is_held(f, queue)) {
            f->hot[n_hot++] = f->hot[i];
            continue;
        }
        unsigned int n = receive(f, queue);
        n_packets += n;
        if (n) {
            queue->last_packet = f->cycles;
        }
        queue->hot = f->cycles - queue->last_packet < f->hot_cycles;
        if (queue->hot) {
            f->hot[n_hot++] = f->hot[i];
        } else {
            set_poll(queue, false);
        }
    }
    f->n_hot = n_hot;
    return n_packets;
}

static void drain_wake(const struct forwarder *f)
{
    uint64_t value;
    ssize_t ignored = read(f->wake_fd, &value, sizeof value);
    (void) ignored;
}

static unsigned int poll_ready(struct forwarder *f, const struct rx_list *list)
{
    unsigned int n_packets = 0;
    for (unsigned int i = 0; i < f->n_events; i++) {
        uint64_t slot = f->events[i].data.u64;
        if (slot == WAKE_EVENT) {
            drain_wake(f);
            f->n_idle = 0; /* no sleep before run() has looked for what it was woken for */
            continue;
        }
        struct rx_queue *queue = get_queue(list, slot);
        if (queue && !queue->hot) {
            unsigned int n = receive(f, queue);
            n_packets += n;
            if (n) {
                heat(f, queue, slot);
            }
        }
    }
    f->n_spurious = n_packets || f->n_held || !f->n_events ? 0 : f->n_spurious + 1;
    f->n_events = 0;
    return n_packets;
}

static unsigned int poll_without_fd(struct forwarder *f, const struct rx_list *list)
{
    unsigned int n_packets = 0;
    for (uint32_t slot = 0; slot < list->n; slot++) {
        struct rx_queue *queue = get_queue(list, slot);
        if (queue && queue->fd < 0) {
            n_packets += receive(f, queue);
        }
    }
    return n_packets;
}

static void ask_epoll(struct forwarder *f, int timeout_ms)
{
    f->asked = f->cycles;
    int n = epoll_wait(f->epoll_fd, f->events, MAX_EVENTS, timeout_ms);
    f->n_events = n > 0 ? n : 0;
}

/* One pass; returns the number of packets. */
static unsigned int poll_queues(struct forwarder *f)
{
    const struct rx_list *list = rcu_load(f->list);
    worker_tick(f->worker);
    f->n_held = 0;
    unsigned int n = poll_hot(f, list);
    if (!f->n_events && (!n || f->cycles - f->asked >= f->epoll_cycles)) {
        ask_epoll(f, 0);
    }
    if (f->n_events) {
        n += poll_ready(f, list);
    }
    if (unlikely(__atomic_load_n(&f->n_no_fd, __ATOMIC_RELAXED))) {
        n += poll_without_fd(f, list);
    }
    struct worker_counters *c = &f->worker->counters;
    worker_count(n ? &c->n_busy_passes : &c->n_idle_passes, 1);
    worker_count(&c->idle_cycles, take_time(f)); /* what came behind the last burst */
    if (!n || f->n_unsettled >= MAX_UNSETTLED) {
        settle(f);
    }
    return n;
}

/* The time that the thread may block, at most 'max_us'. */
static void wait_for_events(struct forwarder *f, int max_us)
{
    if (__atomic_load_n(&f->n_no_fd, __ATOMIC_RELAXED)) {
        max_us = max_us == FORWARDER_SLEEP_FOREVER ? NO_FD_TIMEOUT_MS * 1000
                                                   : MIN(max_us, NO_FD_TIMEOUT_MS * 1000);
    }
    if (max_us == FORWARDER_SLEEP_FOREVER) {
        ask_epoll(f, -1);
        return;
    }
    const struct timespec timeout = { max_us / 1000000, max_us % 1000000 * 1000 };
    int n = epoll_pwait2(f->epoll_fd, f->events, MAX_EVENTS, &timeout, NULL);
    if (n < 0 && errno == ENOSYS) {
        /* Linux 5.11 has it. */
        ask_epoll(f, DIV_ROUND_UP(max_us, 1000));
    } else {
        f->n_events = n > 0 ? n : 0;
    }
}

/* A packet that comes a moment after the thread went to sleep pays dearly for that. So once it was
 * woken up within MAX_SPIN_US it stays awake so long, between others that want the processor, before it sleeps
 * again; the first sleep that is longer ends that. Traffic that is slow, or none, finds it asleep and costs no
 * more than it did. */
static bool should_spin(const struct forwarder *f)
{
    return f->spin && f->cycles - f->last_busy < f->spin;
}

static void adapt_spin(struct forwarder *f, uint64_t slept)
{
    f->spin = slept < f->max_spin ? f->max_spin : 0;
}

static void block(struct forwarder *f, int max_us)
{
    struct worker_counters *c = &f->worker->counters;
    if (!f->n_held && should_spin(f)) {
        sched_yield();
        return;
    }
    rcu_offline();
    if (f->n_spurious > SPURIOUS_PASSES) {
        /* A descriptor is ready for ever and brings nothing: an error that its port does not take
         * notice of. */
        nanosleep(&(struct timespec) { 0, SPURIOUS_REST_NS }, NULL);
    }
    worker_count(&c->idle_cycles, take_time(f));
    wait_for_events(f, max_us);
    worker_count(&c->n_sleeps, 1);
    adapt_spin(f, take_time(f));
    rcu_online();
}

/* Where those who empty the rings share the thread's processor they come first. */
static void give_way(const struct forwarder *f, uint64_t lost)
{
    if (f->n_held || count_lost_upcalls(f) != lost) {
        sched_yield();
    }
}

/* After a pass without a packet: for how long, in microseconds, the thread may block; 0: not at all. */
static int time_to_block(struct forwarder *f)
{
    int max_us = __atomic_load_n(&f->max_sleep_us, __ATOMIC_RELAXED);
    if (f->n_held && f->n_held == f->n_hot) {
        uint64_t now = clock_ns();
        int held_us = now < f->held_until ? DIV_ROUND_UP(f->held_until - now, 1000) : 0;
        return max_us == FORWARDER_SLEEP_FOREVER ? held_us : MIN(max_us, held_us);
    }
    return ++f->n_idle > IDLE_PASSES && !f->n_hot ? max_us : 0;
}

static void *run(void *f_)
{
    struct forwarder *f = f_;
    rcu_thread_start();
    f->cycles = cycles_now();
    while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
        uint64_t lost = count_lost_upcalls(f);
        if (poll_queues(f)) {
            f->n_idle = 0;
        } else {
            int max_us = time_to_block(f);
            if (max_us) {
                block(f, max_us);
            }
        }
        if (!f->n_unsettled) { /* what is sent to stays until then */
            rcu_quiesce();
        }
        give_way(f, lost);
    }
    settle(f);
    rcu_thread_end();
    return NULL;
}

/* Main thread. */

static struct rx_list *create_list(uint32_t n)
{
    struct rx_list *list = xzalloc(sizeof *list + n * sizeof list->queues[0]);
    list->n = n;
    return list;
}

static void wake(struct forwarder *f)
{
    uint64_t one = 1;
    ssize_t ignored = write(f->wake_fd, &one, sizeof one);
    (void) ignored;
}

/* Ties the thread to its processor. A thread that moves makes the kernel reorder what it sends:
 * veth and tap devices queue per processor. */
static void pin_thread(const struct forwarder *f)
{
    cpu_set_t one;
    if (f->cpu < 0) {
        return;
    }
    CPU_ZERO(&one);
    CPU_SET(f->cpu, &one);
    int error = pthread_setaffinity_np(f->thread, sizeof one, &one);
    if (error) {
        log_warn("cannot tie a forwarding thread to processor %d: %s", f->cpu, strerror(error));
    }
}

/* The thread gets no signals: the main thread handles them. */
static int start_thread(struct forwarder *f)
{
    sigset_t all, old;
    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* a guest's memory may vanish under the thread: it is handled there */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&f->thread, NULL, run, f);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!error) {
        char name[16];
        snprintf(name, sizeof name, "forward%u", f->worker->index);
        pthread_setname_np(f->thread, name);
        pin_thread(f);
    }
    return error;
}

static void free_forwarder(struct forwarder *f)
{
    if (f->epoll_fd >= 0) {
        close(f->epoll_fd);
    }
    if (f->wake_fd >= 0) {
        close(f->wake_fd);
    }
    free(f->list);
    free(f);
}

struct forwarder *forwarder_create(struct worker *worker, int cpu)
{
    struct forwarder *f = xzalloc(sizeof *f);
    f->worker = worker;
    f->cpu = cpu;
    f->max_spin = cycles_per_second() * MAX_SPIN_US / 1e6;
    f->hot_cycles = cycles_per_second() * HOT_US / 1e6;
    f->epoll_cycles = cycles_per_second() * EPOLL_US / 1e6;
    f->max_sleep_us = FORWARDER_SLEEP_FOREVER;
    f->list = create_list(0);
    f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = f->epoll_fd < 0 || f->wake_fd < 0 ? errno : 0;
    if (!error) {
        error = watch(f, EPOLL_CTL_ADD, f->wake_fd, EPOLLIN, WAKE_EVENT);
    }
    if (!error) {
        error = start_thread(f);
    }
    if (error) {
        free_forwarder(f);
        errno = error;
        return NULL;
    }
    return f;
}

void forwarder_destroy(struct forwarder *f)
{
    if (f) {
        assert(!f->n_queues);
        __atomic_store_n(&f->stop, true, __ATOMIC_RELEASE);
        wake(f);
        rcu_offline();
        pthread_join(f->thread, NULL);
        rcu_online();
        free_forwarder(f);
    }
}

static uint32_t unused_slot(const struct rx_list *list)
{
    uint32_t slot = 0;
    while (slot < list->n && list->queues[slot]) {
        slot++;
    }
    return slot;
}

void forwarder_add(struct forwarder *f, struct rx_queue *queue)
{
    uint32_t slot = unused_slot(f->list);
    queue->forwarder = f;
    queue->slot = slot;
    queue->hot = false;
    set_poll(queue, false);
    queue->held_until = queue->hold_ns = 0;
    if (slot == f->list->n) {
        struct rx_list *list = create_list(MAX(slot * 2, 8));
        memcpy(list->queues, f->list->queues, f->list->n * sizeof list->queues[0]);
        list->queues[slot] = queue;
        rcu_free(f->list);
        rcu_store(f->list, list);
    } else {
        rcu_store(f->list->queues[slot], queue);
    }
    f->n_queues++;
    if (queue->fd < 0) {
        __atomic_store_n(&f->n_no_fd, f->n_no_fd + 1, __ATOMIC_RELAXED);
        wake(f);
    } else {
        int error = watch(f, EPOLL_CTL_ADD, queue->fd, EPOLLIN, slot);
        if (error) {
            log_err("port %s: cannot wait for packets: %s", queue->entry->port.name,
                    strerror(error));
        }
    }
}

void forwarder_remove(struct forwarder *f, struct rx_queue *queue)
{
    if (queue->fd < 0) {
        __atomic_store_n(&f->n_no_fd, f->n_no_fd - 1, __ATOMIC_RELAXED);
    } else {
        /* Fails when the descriptor was closed meanwhile, which has the same effect. */
        (void) watch(f, EPOLL_CTL_DEL, queue->fd, 0, queue->slot);
    }
    rcu_store(f->list->queues[queue->slot], NULL);
    queue->forwarder = NULL;
    f->n_queues--;
}

void forwarder_set_max_sleep(struct forwarder *f, int us)
{
    __atomic_store_n(&f->max_sleep_us, us, __ATOMIC_RELAXED);
    wake(f);
}

unsigned int forwarder_n_queues(const struct forwarder *f)
{
    return f->n_queues;
}
