/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: libevent tells what is ready, and the callbacks run after the poll, back online for RCU. */
#include "lib/base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop_timer.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"

LOG_MODULE(loop);

struct loop_watch {
    struct loop *loop;
    struct event *event; /* null while 'events' is 0 */
    int fd;
    unsigned int events; /* LOOP_* that are wanted */
    unsigned int ready;  /* LOOP_* that the last poll found; not 0: in the loop's list of ready watches */
    struct loop_watch *next_ready, *prev_ready;
    loop_watch_cb *cb;
    void *aux;
};

struct deferred {
    loop_cb *cb;
    void *aux;
};

struct loop {
    struct event_base *base;
    struct event *poll_timeout;
    struct loop_watch *first_ready, *last_ready;
    struct timer_heap timers;

    struct deferred *deferred; /* calls first_deferred to n_deferred - 1 are waiting */
    size_t first_deferred, n_deferred, allocated_deferred;

    int wake_fd;
    struct loop_watch *wake_watch;
    loop_cb *wake_cb;
    void *wake_aux;
    bool stop; /* any thread: rw */
};

static void ready_append(struct loop_watch *watch)
{
    struct loop *loop = watch->loop;
    watch->next_ready = NULL;
    watch->prev_ready = loop->last_ready;
    *(loop->last_ready ? &loop->last_ready->next_ready : &loop->first_ready) = watch;
    loop->last_ready = watch;
}

static void ready_remove(struct loop_watch *watch)
{
    struct loop *loop = watch->loop;
    *(watch->prev_ready ? &watch->prev_ready->next_ready : &loop->first_ready) = watch->next_ready;
    *(watch->next_ready ? &watch->next_ready->prev_ready : &loop->last_ready) = watch->prev_ready;
    watch->ready = 0;
}

/* libevent's callback, during the poll: the thread is offline for RCU, so the watch is only noted. */
static void note_ready(evutil_socket_t fd, short what, void *watch_)
{
    struct loop_watch *watch = watch_;
    if (!watch->ready) {
        ready_append(watch);
    }
    watch->ready |= (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0);
}

static void ignore_timeout(evutil_socket_t fd, short what, void *aux)
{
}

/* True if there was a call. */
static bool run_deferred(struct loop *loop)
{
    bool any = loop->n_deferred > 0;
    while (loop->first_deferred < loop->n_deferred) {
        struct deferred call = loop->deferred[loop->first_deferred++];
        if (call.cb) {
            call.cb(call.aux);
        }
    }
    loop->first_deferred = loop->n_deferred = 0;
    return any;
}

static void run_ready(struct loop *loop)
{
    struct loop_watch *watch;
    while ((watch = loop->first_ready)) {
        unsigned int events = watch->ready & watch->events;
        ready_remove(watch);
        if (events) {
            watch->cb(watch->aux, events);
            run_deferred(loop);
        }
    }
}

static void run_timers(struct loop *loop)
{
    int64_t now = clock_ms();
    uint64_t last = timer_heap_last_sequence(&loop->timers);
    struct loop_timer *timer;
    while ((timer = timer_heap_pop_due(&loop->timers, now, last))) {
        timer->cb(timer->aux);
        run_deferred(loop);
    }
}

/* How long the poll may take so that neither 'timeout_ms' nor a timer is missed. */
static int poll_time(const struct loop *loop, int timeout_ms)
{
    int64_t next = timer_heap_next(&loop->timers);
    if (next == INT64_MAX) {
        return timeout_ms;
    }
    int64_t wait = next - clock_ms();
    if (wait <= 0) {
        return 0;
    }
    if (clock_is_stopped()) {
        return timeout_ms; /* time moves only from a callback of this loop */
    }
    return timeout_ms < 0 || wait < timeout_ms ? (int) MIN(wait, INT32_MAX) : timeout_ms;
}

static void poll_events(struct loop *loop, int timeout_ms)
{
    int flags = EVLOOP_ONCE;
    if (!timeout_ms) {
        flags |= EVLOOP_NONBLOCK; /* alone it would go on for as long as anything is ready */
    } else if (timeout_ms > 0) {
        struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
        event_add(loop->poll_timeout, &tv);
    }

    bool registered = rcu_thread_is_registered();
    if (registered) {
        rcu_offline();
    }
    event_base_loop(loop->base, flags);
    if (registered) {
        rcu_online();
    }
    if (timeout_ms > 0) {
        event_del(loop->poll_timeout);
    }
}

static void woken(void *loop_, unsigned int events)
{
    struct loop *loop = loop_;
    uint64_t count;
    if (read(loop->wake_fd, &count, sizeof count) == sizeof count && loop->wake_cb) {
        loop->wake_cb(loop->wake_aux);
    }
}

static void write_to_log(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN) {
        log_warn_rl("libevent: %s", text);
    }
}

struct loop *loop_create(void)
{
    struct loop *loop = xzalloc(sizeof *loop);
    event_set_log_callback(write_to_log);
    loop->base = event_base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!loop->base || loop->wake_fd < 0) {
        log_abort("no event loop (%s)", strerror(errno));
    }
    loop->poll_timeout = event_new(loop->base, -1, 0, ignore_timeout, loop);
    loop->wake_watch = loop_watch_create(loop, loop->wake_fd, LOOP_READ, woken, loop);
    return loop;
}

void loop_destroy(struct loop *loop)
{
    if (loop) {
        loop_watch_destroy(loop->wake_watch);
        close(loop->wake_fd);
        event_free(loop->poll_timeout);
        event_base_free(loop->base);
        timer_heap_destroy(&loop->timers);
        free(loop->deferred);
        free(loop);
    }
}

void loop_run(struct loop *loop)
{
    while (!__atomic_exchange_n(&loop->stop, false, __ATOMIC_ACQ_REL)) {
        loop_run_once(loop, -1);
    }
}

void loop_run_once(struct loop *loop, int timeout_ms)
{
    if (run_deferred(loop)) {
        timeout_ms = 0; /* something was ready */
    }
    poll_events(loop, poll_time(loop, timeout_ms));
    run_ready(loop);
    run_timers(loop);
}

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;

    /* Full means that a wake-up is on its way already. */
    if (write(loop->wake_fd, &one, sizeof one) != sizeof one && errno != EAGAIN) {
        log_err_rl("the event loop cannot be woken (%s)", strerror(errno));
    }
}

void loop_stop(struct loop *loop)
{
    __atomic_store_n(&loop->stop, true, __ATOMIC_RELEASE);
    loop_wake(loop);
}

void loop_set_wake_cb(struct loop *loop, loop_cb *cb, void *aux)
{
    loop->wake_cb = cb;
    loop->wake_aux = aux;
}

struct event_base *loop_event_base(struct loop *loop)
{
    return loop->base;
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd, unsigned int events,
                                     loop_watch_cb *cb, void *aux)
{
    struct loop_watch *watch = xzalloc(sizeof *watch);
    watch->loop = loop;
    watch->fd = fd;
    watch->cb = cb;
    watch->aux = aux;
    loop_watch_set_events(watch, events);
    return watch;
}

void loop_watch_set_events(struct loop_watch *watch, unsigned int events)
{
    if (events == watch->events) {
        return;
    }
    watch->events = events;
    if (watch->event) {
        event_free(watch->event);
        watch->event = NULL;
    }
    if (events) {
        short what = (short) (EV_PERSIST | (events & LOOP_READ ? EV_READ : 0)
                              | (events & LOOP_WRITE ? EV_WRITE : 0));
        watch->event = event_new(watch->loop->base, watch->fd, what, note_ready, watch);
        if (!watch->event || event_add(watch->event, NULL)) {
            log_err_rl("descriptor %d cannot be watched (%s)", watch->fd, strerror(errno));
        }
    }
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (watch) {
        loop_watch_set_events(watch, 0);
        if (watch->ready) {
            ready_remove(watch);
        }
        free(watch);
    }
}

struct loop_timer *loop_timer_create(struct loop *loop, loop_cb *cb, void *aux)
{
    struct loop_timer *timer = xzalloc(sizeof *timer);
    timer->heap = &loop->timers;
    timer->cb = cb;
    timer->aux = aux;
    return timer;
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer) {
        timer_heap_remove(timer);
        free(timer);
    }
}

void loop_timer_set(struct loop_timer *timer, int64_t when_ms)
{
    /* Never in the past: a timer that sets itself again goes behind those that are due already. */
    timer_heap_insert(timer, MAX(when_ms, clock_ms()));
}

void loop_timer_set_in(struct loop_timer *timer, int64_t delay_ms)
{
    int64_t now = clock_ms();
    loop_timer_set(timer, delay_ms < INT64_MAX - now ? now + delay_ms : INT64_MAX - 1);
}

void loop_timer_cancel(struct loop_timer *timer)
{
    timer_heap_remove(timer);
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
    return timer->slot != 0;
}

void loop_defer(struct loop *loop, loop_cb *cb, void *aux)
{
    if (loop->n_deferred == loop->allocated_deferred) {
        loop->deferred = grow_array(loop->deferred, &loop->allocated_deferred,
                                    sizeof *loop->deferred);
    }
    loop->deferred[loop->n_deferred++] = (struct deferred) { cb, aux };
}

void loop_defer_cancel(struct loop *loop, loop_cb *cb, void *aux)
{
    for (size_t i = loop->first_deferred; i < loop->n_deferred; i++) {
        if (loop->deferred[i].cb == cb && loop->deferred[i].aux == aux) {
            loop->deferred[i].cb = NULL;
        }
    }
}
