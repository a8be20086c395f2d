/* SPDX-License-Identifier: Apache-2.0 */
/* The forwarding threads: how many, on which processors, and their figures. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath/cycles.h"
#include "datapath/datapath_private.h"
#include "datapath/forwarder.h"
#include "datapath/pipeline.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

LOG_MODULE(threads);

static void stop_thread(struct datapath *dp)
{
    unsigned int i = --dp->n_threads;
    forwarder_destroy(dp->forwarders[i]);
    datapath_add_counters(&dp->retired, &dp->workers[i]->counters);
    worker_destroy(dp->workers[i]);
    dp->forwarders[i] = NULL;
    dp->workers[i] = NULL;
}

static int start_thread(struct datapath *dp, int cpu)
{
    unsigned int i = dp->n_threads;
    dp->workers[i] = datapath_worker_create(dp, i);
    datapath_upcalls_attach(dp, i);
    dp->forwarders[i] = forwarder_create(dp->workers[i], cpu);
    if (!dp->forwarders[i]) {
        int error = errno;
        worker_destroy(dp->workers[i]);
        dp->workers[i] = NULL;
        return error;
    }
    forwarder_set_max_sleep(dp->forwarders[i], dp->max_sleep_us);
    dp->cpus[i] = cpu;
    memset(&dp->cleared[i], 0, sizeof dp->cleared[i]);
    dp->cleared_at[i] = cycles_now();
    dp->n_threads++;
    dp->max_threads = MAX(dp->max_threads, dp->n_threads); /* more only while no rings are open */
    return 0;
}

/* 0 or a positive errno; then no thread runs. */
static int start_on(struct datapath *dp, const int *cpus, unsigned int n)
{
    int error = 0;
    while (dp->n_threads < n && !error) {
        error = start_thread(dp, cpus[dp->n_threads]);
    }
    if (error) {
        datapath_threads_stop(dp);
    }
    return error;
}

/* The processors for 'n' threads that nobody chose any for. */
static void choose_cpus(unsigned int n, int *cpus)
{
    cpu_set_t all;
    bool enough = !sched_getaffinity(0, sizeof all, &all) && n <= (unsigned int) CPU_COUNT(&all);
    for (unsigned int i = 0, cpu = 0; i < n; i++) {
        while (enough && !CPU_ISSET(cpu, &all)) {
            cpu++;
        }
        cpus[i] = enough ? (int) cpu++ : -1;
    }
}

int datapath_threads_start(struct datapath *dp, unsigned int n)
{
    int cpus[DATAPATH_MAX_THREADS];
    choose_cpus(n, cpus);
    return start_on(dp, cpus, n);
}

void datapath_threads_stop(struct datapath *dp)
{
    while (dp->n_threads) {
        stop_thread(dp);
    }
}

unsigned int datapath_n_threads(const struct datapath *dp)
{
    return dp->n_threads;
}

static int set_threads(struct datapath *dp, const int *cpus, unsigned int n)
{
    int old[DATAPATH_MAX_THREADS];
    unsigned int old_n = dp->n_threads;
    if (n == old_n && !memcmp(cpus, dp->cpus, n * sizeof *cpus)) {
        return 0;
    }
    if (dp->n_handlers && n > dp->max_threads) {
        return EBUSY;
    }
    memcpy(old, dp->cpus, sizeof old);
    datapath_queues_gather(dp);
    datapath_threads_stop(dp);
    int error = start_on(dp, cpus, n);
    if (error && start_on(dp, old, old_n)) {
        /* Not even those that were there before: a datapath without threads would forward nothing,
         * and nobody would know why. */
        abort();
    }
    datapath_queues_spread(dp);
    return error;
}

int datapath_set_n_threads(struct datapath *dp, unsigned int n)
{
    int cpus[DATAPATH_MAX_THREADS];
    if (dp->config.manual || !n || n > DATAPATH_MAX_THREADS) {
        return EINVAL;
    }
    choose_cpus(n, cpus);
    return set_threads(dp, cpus, n);
}

/* Is there such a processor, and may the process run there? */
static bool is_usable(int cpu)
{
    cpu_set_t old, one;
    if (cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof old, &old)) {
        return false;
    }
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    bool usable = !sched_setaffinity(0, sizeof one, &one);
    if (usable && sched_setaffinity(0, sizeof old, &old)) {
        log_err("the main thread stays on processor %d: %s", cpu, strerror(errno));
    }
    return usable;
}

static int hex_value(char c)
{
    const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at && (c <= '9' || c >= 'A') ? at - digits : -1;
}

/* Adds the usable processors of a hexadecimal mask to 'cpus', and the names of others to 'others'. False
 * for text that is no such mask. */
static bool parse_cpu_mask(const char *text, int *cpus, unsigned int *n, struct strbuf *others)
{
    text += !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2) ? 2 : 0;
    size_t len = strlen(text);
    if (!len || len > CPU_SETSIZE / 4) {
        return false;
    }
    *n = 0;
    for (size_t i = 0; i < len; i++) {
        int value = hex_value(text[len - 1 - i]);
        if (value < 0) {
            return false;
        }
        for (unsigned int bit = 0; bit < 4; bit++) {
            int cpu = i * 4 + bit;
            if (value >> bit & 1 && *n < DATAPATH_MAX_THREADS && is_usable(cpu)) {
                cpus[(*n)++] = cpu;
            } else if (value >> bit & 1) {
                strbuf_putf(others, " %d", cpu);
            }
        }
    }
    return true;
}

int datapath_set_cpu_mask(struct datapath *dp, const char *text, char **errorp)
{
    int cpus[DATAPATH_MAX_THREADS];
    unsigned int n = dp->config.n_threads;
    struct strbuf others = STRBUF_INIT;
    *errorp = NULL;
    if (dp->config.manual) {
        return EINVAL;
    }
    choose_cpus(n, cpus);
    if (text[0]) {
        bool ok = parse_cpu_mask(text, cpus, &n, &others);
        if (ok && others.length) {
            log_warn("pmd-cpu-mask=%s: cannot use processors%s", text, strbuf_str(&others));
        }
        strbuf_destroy(&others);
        if (!ok || !n) {
            *errorp = xasprintf(ok ? "pmd-cpu-mask=%s: none of these processors can be used"
                                   : "pmd-cpu-mask=%s: must be a hexadecimal number", text);
            return EINVAL;
        }
    }
    int error = set_threads(dp, cpus, n);
    if (error) {
        *errorp = xasprintf("pmd-cpu-mask=%s: cannot start %u threads: %s", text, n, strerror(error));
    }
    return error;
}

void datapath_set_max_sleep(struct datapath *dp, int us)
{
    dp->max_sleep_us = us;
    for (unsigned int i = 0; i < dp->n_threads; i++) {
        forwarder_set_max_sleep(dp->forwarders[i], us);
    }
}

int datapath_max_sleep(const struct datapath *dp)
{
    return dp->max_sleep_us;
}

unsigned int datapath_poll(struct datapath *dp)
{
    struct worker *w = dp->main_worker;
    struct port_entry *entry;
    unsigned int n = 0;
    worker_tick(w);
    for (uint32_t no = 0; (entry = port_table_next(&dp->ports, no)); no = entry->port.no + 1) {
        for (unsigned int q = 0; q < entry->port.n_rxq; q++) {
            struct batch batch;
            batch_init(&batch);
            n += entry->port.ops->rx(&entry->port, q, w->frames, &batch, BATCH_MAX);
            pipeline_receive(w, entry, &batch);
        }
    }
    pipeline_settle(w);
    return n;
}

void datapath_quiesce(struct datapath *dp)
{
    rcu_synchronize();
}

/* Figures. */

/* Where 'i', as in datapath.h, is in the arrays that have an entry for the main thread, too. */
static unsigned int place_of(const struct datapath *dp, unsigned int i)
{
    return i < dp->n_threads ? i : DATAPATH_MAX_THREADS;
}

static const struct worker_counters *counters_of(const struct datapath *dp, unsigned int i)
{
    return i < dp->n_threads ? &dp->workers[i]->counters : &dp->main_worker->counters;
}

enum { N_COUNTERS = sizeof(struct worker_counters) / sizeof(uint64_t) };
static_assert(sizeof(struct worker_counters) % sizeof(uint64_t) == 0, "all members are uint64_t");

/* to[i] = from[i] - minus[i], for each counter. */
static void read_counters(struct worker_counters *to, const struct worker_counters *from,
                          const struct worker_counters *minus)
{
    const uint64_t *a = (const uint64_t *) from, *b = (const uint64_t *) minus;
    uint64_t *sum = (uint64_t *) to;
    for (unsigned int i = 0; i < N_COUNTERS; i++) {
        sum[i] = __atomic_load_n(&a[i], __ATOMIC_RELAXED) - b[i];
    }
}

void datapath_thread_get(const struct datapath *dp, unsigned int i, struct datapath_thread *t)
{
    unsigned int place = place_of(dp, i);
    t->cpu = i < dp->n_threads ? dp->cpus[i] : -1;
    t->isolated = i < dp->n_threads && dp->isolated >> i & 1;
    t->cycles = cycles_now() - dp->cleared_at[place];
    read_counters(&t->counters, counters_of(dp, i), &dp->cleared[place]);
}

void datapath_thread_clear(struct datapath *dp, unsigned int i)
{
    static const struct worker_counters zero;
    unsigned int place = place_of(dp, i);
    read_counters(&dp->cleared[place], counters_of(dp, i), &zero);
    dp->cleared_at[place] = cycles_now();
}
