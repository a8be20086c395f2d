/* SPDX-License-Identifier: Apache-2.0 */
/* RCU: what is postponed waits for the readers of now, from any registered thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/rcu.h"

enum { N_THREADS = 4, N_ROUNDS = 2000 };

struct shared {
    int value;
    bool freed;
};

static struct shared *shared;
static int n_freed;
static bool stop;

static void free_shared(void *p_)
{
    struct shared *p = p_;
    __atomic_store_n(&p->freed, true, __ATOMIC_RELAXED);
    __atomic_fetch_add(&n_freed, 1, __ATOMIC_RELAXED);
    free(p);
}

static void *read_for_ever(void *errors_)
{
    int *errors = errors_;
    rcu_thread_start();
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        const struct shared *p = rcu_dereference(shared);
        *errors += __atomic_load_n(&p->freed, __ATOMIC_RELAXED) || p->value != 42;
        rcu_quiesce();
    }
    rcu_thread_end();
    return NULL;
}

static struct shared *make(void)
{
    struct shared *p = calloc(1, sizeof *p);
    p->value = 42;
    return p;
}

static void readers_keep_what_they_see(void **state)
{
    pthread_t threads[N_THREADS];
    int errors[N_THREADS] = { 0 };
    shared = make();
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_for_ever, &errors[i]), 0);
    }
    for (int i = 0; i < N_ROUNDS; i++) {
        struct shared *p = make();
        p = rcu_xchg_pointer(&shared, p);
        rcu_postpone(free_shared, p);
        rcu_quiesce();
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    rcu_offline();
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(errors[i], 0);
    }
    rcu_online();
    rcu_barrier_wait();
    assert_int_equal(n_freed, N_ROUNDS);
    free(shared);
}

static void *postpone_one(void *p)
{
    rcu_thread_start();
    rcu_free(p);
    rcu_thread_end();
    return NULL;
}

static void postpone_from_another_thread(void **state)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, postpone_one, malloc(10)), 0);
    rcu_offline();
    pthread_join(thread, NULL);
    rcu_online();
    rcu_free(NULL);
    rcu_barrier_wait(); /* the address sanitizer sees a leak if it did not run */
}

static void registration(void **state)
{
    assert_true(rcu_thread_is_registered());
    rcu_thread_end();
    assert_false(rcu_thread_is_registered());
    rcu_thread_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_keep_what_they_see),
        cmocka_unit_test(postpone_from_another_thread),
        cmocka_unit_test(registration),
    };
    rcu_thread_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return failed;
}
