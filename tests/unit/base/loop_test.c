/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: timers against a naive twin, watches, deferred calls, waking and stopping, on a stopped clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/compiler.h"
#include "lib/base/loop.h"
#include "lib/base/rcu.h"

enum { N_TIMERS = 60, N_STEPS = 20000 };

/* A timer and what the twin knows of it. */
struct twin {
    struct loop_timer *timer;
    bool set;
    int64_t when;
    int order; /* of setting */
    int n_fired, expected;
};

static struct twin twins[N_TIMERS];
static int next_order;
static int last_fired_order; /* among timers of one time, those set first fire first */
static int64_t last_fired_when;

static void fired(void *twin_)
{
    struct twin *t = twin_;
    assert_false(loop_timer_is_set(t->timer));
    assert_true(t->when > last_fired_when
                || (t->when == last_fired_when && t->order > last_fired_order));
    last_fired_when = t->when;
    last_fired_order = t->order;
    t->n_fired++;
}

static void set_twin(struct twin *t)
{
    int64_t delay = random() % 50;
    t->set = true;
    t->when = clock_ms() + delay;
    t->order = ++next_order;
    if (random() % 2) {
        loop_timer_set(t->timer, t->when);
    } else {
        loop_timer_set_in(t->timer, delay);
    }
}

static void cancel_twin(struct twin *t)
{
    t->set = false;
    loop_timer_cancel(t->timer);
}

static void advance(struct loop *loop)
{
    clock_warp(random() % 20);
    for (int i = 0; i < N_TIMERS; i++) {
        if (twins[i].set && twins[i].when <= clock_ms()) {
            twins[i].set = false;
            twins[i].expected++;
        }
    }
    last_fired_when = last_fired_order = 0;
    loop_run_once(loop, 0);
}

static void timers_against_twin(void **state)
{
    struct loop *loop = loop_create();
    srandom(3);
    for (int i = 0; i < N_TIMERS; i++) {
        twins[i].timer = loop_timer_create(loop, fired, &twins[i]);
    }
    for (int step = 0; step < N_STEPS; step++) {
        struct twin *t = &twins[random() % N_TIMERS];
        switch (random() % 4) {
        case 0:
        case 1:
            set_twin(t);
            break;
        case 2:
            cancel_twin(t);
            break;
        default:
            advance(loop);
        }
        assert_int_equal(loop_timer_is_set(t->timer), t->set);
        assert_int_equal(t->n_fired, t->expected);
    }
    for (int i = 0; i < N_TIMERS; i++) {
        assert_int_equal(twins[i].n_fired, twins[i].expected);
        loop_timer_destroy(twins[i].timer);
    }
    loop_destroy(loop);
}

struct periodic {
    struct loop_timer *timer;
    int n;
};

static void again_at_once(void *p_)
{
    struct periodic *p = p_;
    p->n++;
    loop_timer_set_in(p->timer, 0);
}

/* A timer that sets itself for now fires once per pass, and does not keep others from firing. */
static void timer_that_is_always_due(void **state)
{
    struct loop *loop = loop_create();
    struct periodic a = { NULL, 0 }, b = { NULL, 0 };
    a.timer = loop_timer_create(loop, again_at_once, &a);
    b.timer = loop_timer_create(loop, again_at_once, &b);
    loop_timer_set(a.timer, 0);
    loop_timer_set(b.timer, -5);
    loop_run_once(loop, -1);
    assert_int_equal(a.n, b.n);
    assert_in_range(a.n, 1, 2);
    loop_timer_set(a.timer, INT64_MAX);
    loop_timer_set_in(b.timer, INT64_MAX);
    clock_warp(1000000);
    loop_run_once(loop, 0);
    assert_in_range(a.n, 1, 2);
    loop_timer_destroy(a.timer);
    loop_timer_destroy(b.timer);
    loop_timer_destroy(NULL);
    loop_destroy(loop);
}

static void destroy_own(void *p_)
{
    struct periodic *p = p_;
    p->n++;
    loop_timer_destroy(p->timer);
}

static void timer_destroys_itself(void **state)
{
    struct loop *loop = loop_create();
    struct periodic p = { NULL, 0 };
    p.timer = loop_timer_create(loop, destroy_own, &p);
    loop_timer_set_in(p.timer, 100);
    loop_run_once(loop, 0);
    assert_int_equal(p.n, 0);
    clock_warp(100);
    loop_run_once(loop, -1);
    assert_int_equal(p.n, 1);
    loop_destroy(loop);
}

struct end {
    int fd;
    struct loop_watch *watch;
    struct end *other; /* watch to destroy in the callback */
    struct end *muted; /* watch to turn off in the callback */
    int n_read, n_write;
};

static void on_ready(void *end_, unsigned int events)
{
    struct end *end = end_;
    char c;
    if (events & LOOP_READ) {
        end->n_read += (int) read(end->fd, &c, 1);
    }
    end->n_write += events & LOOP_WRITE ? 1 : 0;
    if (end->muted) {
        loop_watch_set_events(end->muted->watch, 0);
    }
    if (end->other) {
        loop_watch_destroy(end->other->watch);
        end->other->watch = NULL;
        end->other = NULL;
    }
}

static void make_ends(struct loop *loop, struct end ends[2])
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    for (int i = 0; i < 2; i++) {
        ends[i] = (struct end) { .fd = fds[i] };
        ends[i].watch = loop_watch_create(loop, fds[i], LOOP_READ, on_ready, &ends[i]);
    }
}

static void destroy_ends(struct end ends[2])
{
    for (int i = 0; i < 2; i++) {
        loop_watch_destroy(ends[i].watch);
        close(ends[i].fd);
    }
}

static void watches(void **state)
{
    struct loop *loop = loop_create();
    struct end ends[2];
    make_ends(loop, ends);
    loop_run_once(loop, 0);
    assert_int_equal(ends[0].n_read + ends[1].n_read, 0);

    assert_int_equal(write(ends[0].fd, "ab", 2), 2);
    loop_run_once(loop, -1);
    assert_int_equal(ends[1].n_read, 1); /* level-triggered: the rest comes the next time */
    loop_run_once(loop, -1);
    assert_int_equal(ends[1].n_read, 2);

    loop_watch_set_events(ends[0].watch, LOOP_READ | LOOP_WRITE);
    loop_run_once(loop, -1);
    assert_int_equal(ends[0].n_write, 1);
    loop_watch_set_events(ends[0].watch, 0);
    assert_int_equal(write(ends[1].fd, "c", 1), 1);
    loop_run_once(loop, 0);
    assert_int_equal(ends[0].n_read, 0);
    destroy_ends(ends);
    loop_destroy(loop);
}

static void watch_destroyed_while_ready(void **state)
{
    for (int own = 0; own < 2; own++) {
        struct loop *loop = loop_create();
        struct end ends[2];
        make_ends(loop, ends);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(write(ends[i].fd, "x", 1), 1);
            ends[i].other = &ends[own ? i : !i];
        }
        loop_run_once(loop, -1);
        /* Both were ready. Where each destroys the other, only the first one was called. */
        assert_int_equal(ends[0].n_read + ends[1].n_read, own ? 2 : 1);
        destroy_ends(ends);
        loop_destroy(loop);
    }
}

static void watch_turned_off_while_ready(void **state)
{
    struct loop *loop = loop_create();
    struct end ends[2];
    make_ends(loop, ends);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write(ends[i].fd, "x", 1), 1);
        ends[i].muted = &ends[!i];
    }
    loop_run_once(loop, -1);
    assert_int_equal(ends[0].n_read + ends[1].n_read, 1);
    destroy_ends(ends);
    loop_destroy(loop);
}

static char calls[16];

static void note(void *text)
{
    strcat(calls, text);
}

static struct loop *deferring;

static void defer_another(void *aux)
{
    note("1");
    loop_defer(deferring, note, "3");
}

static void deferred_calls(void **state)
{
    struct loop *loop = deferring = loop_create();
    char canceled[] = "x";
    loop_defer(loop, defer_another, NULL);
    loop_defer(loop, note, canceled);
    loop_defer(loop, note, "2");
    loop_defer_cancel(loop, note, canceled);
    assert_string_equal(calls, "");
    loop_run_once(loop, 0);
    assert_string_equal(calls, "123");
    loop_run_once(loop, 0);
    assert_string_equal(calls, "123");
    loop_destroy(loop);
}

static int n_woken;

static void on_wake(void *loop)
{
    if (__atomic_add_fetch(&n_woken, 1, __ATOMIC_RELAXED) == 2) {
        loop_stop(loop);
    }
}

static void *wake_from_thread(void *loop)
{
    loop_wake(loop);
    while (__atomic_load_n(&n_woken, __ATOMIC_RELAXED) < 1) {
    }
    loop_wake(loop);
    return NULL;
}

static void waking_and_stopping(void **state)
{
    struct loop *loop = loop_create();
    pthread_t thread;
    loop_set_wake_cb(loop, on_wake, loop);
    assert_int_equal(pthread_create(&thread, NULL, wake_from_thread, loop), 0);
    loop_run(loop);
    assert_int_equal(n_woken, 2);
    pthread_join(thread, NULL);
    loop_stop(loop); /* before the run: it returns at once */
    loop_run(loop);
    loop_destroy(loop);
}

static bool grace_period_passed;

static void note_grace_period(void *loop)
{
    __atomic_store_n(&grace_period_passed, true, __ATOMIC_RELEASE);
    loop_wake(loop);
}

/* A loop that waits holds up no grace period; one that is in a callback does. */
static void offline_while_polling(void **state)
{
    struct loop *loop = loop_create();
    rcu_thread_start();
    rcu_postpone(note_grace_period, loop);
    for (int i = 0; i < 100; i++) {
        assert_false(__atomic_load_n(&grace_period_passed, __ATOMIC_ACQUIRE));
    }
    while (!__atomic_load_n(&grace_period_passed, __ATOMIC_ACQUIRE)) {
        loop_run_once(loop, -1);
    }
    rcu_barrier_wait();
    rcu_thread_end();
    loop_destroy(loop);
}

static int start_clock_tests(void **state)
{
    clock_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waking_and_stopping),
        cmocka_unit_test(offline_while_polling),
        cmocka_unit_test(watches),
        cmocka_unit_test(watch_destroyed_while_ready),
        cmocka_unit_test(watch_turned_off_while_ready),
        cmocka_unit_test(deferred_calls),
        cmocka_unit_test_setup(timers_against_twin, start_clock_tests),
        cmocka_unit_test(timer_that_is_always_due),
        cmocka_unit_test(timer_destroys_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
