/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop: file descriptors, timers and deferred calls of one thread.
 *
 * libevent polls; timers are Weft's own, so that they follow clock_ms() also when a test has stopped it. All functions belong
 * to the thread that runs the loop, except loop_wake() and loop_stop(). The loop takes the thread offline for RCU while it
 * polls (if the thread is registered); every callback runs online. A callback may create and destroy any watch or timer, its own included. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;
struct event_base;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_watch_cb(void *aux, unsigned int events);
typedef void loop_cb(void *aux);

struct loop *loop_create(void);
void loop_destroy(struct loop *);

/* Runs until loop_stop(). */
void loop_run(struct loop *);

/* Handles what is ready now, waiting at most 'timeout_ms' (-1: until something is ready). */
void loop_run_once(struct loop *, int timeout_ms);

/* Any thread: makes a poll in progress return, and runs the callback of loop_set_wake_cb(). */
void loop_wake(struct loop *);
void loop_stop(struct loop *);
void loop_set_wake_cb(struct loop *, loop_cb *, void *aux);

/* For servers that build on libevent. Their callbacks run during the poll, offline for RCU: they call rcu_online() before they
 * touch anything shared. */
struct event_base *loop_event_base(struct loop *);

/* Calls 'cb' whenever 'fd' is ready for one of 'events'. The descriptor stays the caller's. */
struct loop_watch *loop_watch_create(struct loop *, int fd, unsigned int events, loop_watch_cb *,
                                     void *aux);
void loop_watch_set_events(struct loop_watch *, unsigned int events);
void loop_watch_destroy(struct loop_watch *); /* null is fine */

/* A timer that is not set. */
struct loop_timer *loop_timer_create(struct loop *, loop_cb *, void *aux);
void loop_timer_destroy(struct loop_timer *); /* null is fine */

/* Fires once when clock_ms() reaches 'when_ms'; replaces an earlier setting. */
void loop_timer_set(struct loop_timer *, int64_t when_ms);
void loop_timer_set_in(struct loop_timer *, int64_t delay_ms);
void loop_timer_cancel(struct loop_timer *);
bool loop_timer_is_set(const struct loop_timer *);

/* Runs 'cb' once, after the callback in progress returned and before the next poll. */
void loop_defer(struct loop *, loop_cb *, void *aux);

/* Forgets the calls of 'cb' with 'aux' that have not run. */
void loop_defer_cancel(struct loop *, loop_cb *cb, void *aux);
