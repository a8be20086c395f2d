/* SPDX-License-Identifier: Apache-2.0 */
/* Spreading receive queues over forwarding threads. */
#include "datapath/rx_assign.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/compiler.h"
#include "lib/base/mem.h"

static const char *const policy_names[] = {
    [RX_POLICY_ROUND_ROBIN] = "roundrobin",
    [RX_POLICY_CYCLES] = "cycles",
    [RX_POLICY_GROUP] = "group",
};

int rx_policy_parse(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(policy_names); i++) {
        if (!strcmp(name, policy_names[i])) {
            return i;
        }
    }
    return -1;
}

const char *rx_policy_name(enum rx_policy policy)
{
    return policy_names[policy];
}

/* What is known while queues are being given away. */
struct plan {
    unsigned int threads[RX_ASSIGN_MAX_THREADS]; /* that take queues which are tied to none */
    unsigned int n;
    uint64_t load[RX_ASSIGN_MAX_THREADS];
    size_t n_queues[RX_ASSIGN_MAX_THREADS];
    unsigned int next; /* place in 'threads' */
    bool backwards;
};

static void give(struct plan *plan, struct rx_assign_queue *queue, unsigned int thread)
{
    queue->thread = thread;
    plan->load[thread] += queue->load;
    plan->n_queues[thread]++;
}

static uint64_t give_tied(struct plan *plan, struct rx_assign_queue *queues, size_t n,
                          const struct rx_assign_rules *rules)
{
    uint64_t isolated = 0;
    for (size_t i = 0; i < n; i++) {
        if (queues[i].tied >= 0) {
            assert((unsigned int) queues[i].tied < rules->n_threads);
            give(plan, &queues[i], queues[i].tied);
            isolated |= rules->isolate ? UINT64_C(1) << queues[i].tied : 0;
        }
    }
    for (unsigned int i = 0; i < rules->n_threads; i++) {
        if (!(isolated >> i & 1)) {
            plan->threads[plan->n++] = i;
        }
    }
    for (unsigned int i = 0; !plan->n && i < rules->n_threads; i++) {
        plan->threads[i] = i;
    }
    plan->n = plan->n ? plan->n : rules->n_threads;
    return isolated;
}

static unsigned int in_turn(struct plan *plan, bool there_and_back)
{
    unsigned int thread = plan->threads[plan->next];
    if (!there_and_back) {
        plan->next = (plan->next + 1) % plan->n;
    } else if (plan->next == (plan->backwards ? 0 : plan->n - 1)) {
        plan->backwards = !plan->backwards;
    } else {
        plan->next += plan->backwards ? -1 : 1;
    }
    return thread;
}

static unsigned int least_loaded(const struct plan *plan)
{
    unsigned int best = plan->threads[0];
    for (unsigned int i = 1; i < plan->n; i++) {
        unsigned int t = plan->threads[i];
        if (plan->load[t] < plan->load[best]
            || (plan->load[t] == plan->load[best] && plan->n_queues[t] < plan->n_queues[best])) {
            best = t;
        }
    }
    return best;
}

/* The busiest first; those that are alike stay in the order given. */
static int compare(const void *a_, const void *b_)
{
    const struct rx_assign_queue *const *a = a_, *const *b = b_;
    if ((*a)->load != (*b)->load) {
        return (*a)->load > (*b)->load ? -1 : 1;
    }
    return *a < *b ? -1 : *a > *b;
}

uint64_t rx_assign(struct rx_assign_queue *queues, size_t n, const struct rx_assign_rules *rules)
{
    assert(rules->n_threads && rules->n_threads <= RX_ASSIGN_MAX_THREADS);
    struct plan plan = { .n = 0 };
    uint64_t isolated = give_tied(&plan, queues, n, rules);
    struct rx_assign_queue **rest = xcalloc(n + 1, sizeof *rest);
    size_t n_rest = 0;
    for (size_t i = 0; i < n; i++) {
        if (queues[i].tied < 0) {
            rest[n_rest++] = &queues[i];
        }
    }
    if (rules->policy != RX_POLICY_ROUND_ROBIN) {
        qsort(rest, n_rest, sizeof *rest, compare);
    }
    for (size_t i = 0; i < n_rest; i++) {
        give(&plan, rest[i],
             rules->policy == RX_POLICY_GROUP ? least_loaded(&plan)
                                              : in_turn(&plan, rules->policy == RX_POLICY_CYCLES));
    }
    free(rest);
    return isolated;
}
