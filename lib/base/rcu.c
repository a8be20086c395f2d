/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred calls after a grace period, on liburcu's call_rcu thread. */
#include "lib/base/rcu.h"

#include <stdlib.h>

#include "lib/base/compiler.h"
#include "lib/base/mem.h"

#if defined(__SANITIZE_THREAD__)
char rcu_tsan_order;

/* liburcu's own memory goes from thread to thread in ways that the sanitizer does not see. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:liburcu-qsbr.so\n"
           "called_from_lib:liburcu-cds.so\n"
           "race:^urcu_qsbr_\n"
           "race:^_urcu_qsbr_\n";
}

/* call_rcu() with the order of threads told: the caller's past and the readers' come before the function. */
struct told_call {
    struct rcu_head head, *callers_head;
    void (*function)(struct rcu_head *);
};

static void run_told(struct rcu_head *head)
{
    struct told_call *call = CONTAINER_OF(head, struct told_call, head);
    RCU_TSAN_AFTER();
    call->function(call->callers_head);
    RCU_TSAN_BEFORE();
    free(call);
}

#undef urcu_qsbr_call_rcu
extern void urcu_qsbr_call_rcu(struct rcu_head *, void (*)(struct rcu_head *));

void rcu_tsan_call(struct rcu_head *head, void (*function)(struct rcu_head *))
{
    struct told_call *call = xmalloc(sizeof *call);
    call->callers_head = head;
    call->function = function;
    RCU_TSAN_BEFORE();
    urcu_qsbr_call_rcu(&call->head, run_told);
}
#define urcu_qsbr_call_rcu(HEAD, FUNCTION) rcu_tsan_call(HEAD, FUNCTION)
#endif

struct postponed {
    struct rcu_head head;
    void (*function)(void *aux);
    void *aux;
};

static void run_postponed(struct rcu_head *head)
{
    struct postponed *p = CONTAINER_OF(head, struct postponed, head);
    p->function(p->aux);
    free(p);
}

void rcu_postpone(void (*function)(void *aux), void *aux)
{
    struct postponed *p = xmalloc(sizeof *p);
    p->function = function;
    p->aux = aux;
    urcu_qsbr_call_rcu(&p->head, run_postponed);
}

void rcu_free(void *p)
{
    if (p) {
        rcu_postpone(free, p);
    }
}

void rcu_barrier_wait(void)
{
    urcu_qsbr_barrier();
    RCU_TSAN_AFTER();
}
