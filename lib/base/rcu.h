/* SPDX-License-Identifier: Apache-2.0 */
/* Read-copy-update by liburcu's QSBR flavour.
 *
 * Readers pay nothing: a registered thread is a reader from one quiescent state to the next, and may keep pointers got by
 * rcu_dereference() only in between. A thread that blocks goes offline first. Writers unlink, then rcu_postpone() the free.
 *
 * Every thread that touches shared structures calls rcu_thread_start() first. Source: liburcu, "urcu-qsbr". */
#pragma once

#include <stdbool.h>

#include <urcu/urcu-qsbr.h>
#include <urcu/rculfhash.h>
#include <urcu/rculist.h>

/* The thread sanitizer does not see how liburcu orders threads: it is told that what a thread did before a quiescent state comes before
 * what follows a grace period. */
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
extern char rcu_tsan_order;
#define RCU_TSAN_BEFORE() __tsan_release(&rcu_tsan_order)
#define RCU_TSAN_AFTER() __tsan_acquire(&rcu_tsan_order)

void rcu_tsan_call(struct rcu_head *, void (*function)(struct rcu_head *));
#define urcu_qsbr_call_rcu(HEAD, FUNCTION) rcu_tsan_call(HEAD, FUNCTION)
#else
#define RCU_TSAN_BEFORE() ((void) 0)
#define RCU_TSAN_AFTER() ((void) 0)
#endif

/* A pointer that one thread publishes and others read. */
#define rcu_load(POINTER) __atomic_load_n(&(POINTER), __ATOMIC_ACQUIRE)
#define rcu_store(POINTER, VALUE) __atomic_store_n(&(POINTER), VALUE, __ATOMIC_RELEASE)

/* liburcu's own macros for it, which are made of barriers, in terms of atomics: the same instructions, and the thread sanitizer
 * understands them. */
#undef rcu_assign_pointer
#define rcu_assign_pointer(POINTER, VALUE) rcu_store(POINTER, VALUE)
#undef rcu_xchg_pointer
#define rcu_xchg_pointer(ADDRESS, VALUE) __atomic_exchange_n(ADDRESS, VALUE, __ATOMIC_ACQ_REL)

static inline void rcu_thread_start(void)
{
    urcu_qsbr_register_thread();
}

static inline void rcu_thread_end(void)
{
    RCU_TSAN_BEFORE();
    urcu_qsbr_unregister_thread();
}

static inline bool rcu_thread_is_registered(void)
{
    return URCU_TLS(urcu_qsbr_reader).registered;
}

/* The thread holds no pointer to anything shared now. Once per pass of a polling thread. */
static inline void rcu_quiesce(void)
{
    RCU_TSAN_BEFORE();
    urcu_qsbr_quiescent_state();
}

/* Around anything that may block. */
static inline void rcu_offline(void)
{
    RCU_TSAN_BEFORE();
    urcu_qsbr_thread_offline();
}

static inline void rcu_online(void)
{
    urcu_qsbr_thread_online();
}

/* Waits until all readers of now have passed a quiescent state. The calling thread holds nothing. */
static inline void rcu_synchronize(void)
{
    RCU_TSAN_BEFORE();
    urcu_qsbr_synchronize_rcu();
    RCU_TSAN_AFTER();
}

/* Calls 'function(aux)' on another thread after all readers of now have passed a quiescent state. */
void rcu_postpone(void (*function)(void *aux), void *aux);

/* rcu_postpone(free, p). */
void rcu_free(void *p);

/* Waits until everything postponed so far has run. The calling thread is registered and holds nothing. For shut-down and tests. */
void rcu_barrier_wait(void);
