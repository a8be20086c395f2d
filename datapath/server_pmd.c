/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of forwarding threads as text. The signature cache goes by the name of the tier of Open
 * vSwitch that resembles it (smc). */
#include "datapath/server_pmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datapath/cycles.h"
#include "datapath/datapath.h"
#include "datapath/server_request.h"
#include "lib/base/clock.h"
#include "lib/base/strbuf.h"

struct pmd_options {
    int core; /* -1: all threads */
    unsigned int n_intervals;
};

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * part / all : 0;
}

static double ratio(uint64_t a, uint64_t b)
{
    return b ? (double) a / b : 0;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* A thread that is on no processor of its own goes by its place among the threads. */
static int core_of(const struct datapath_thread *t, unsigned int i)
{
    return t->cpu >= 0 ? t->cpu : (int) i;
}

/* Reads the number behind an option. */
static bool parse_number(int argc, const char *const argv[], int i, int max, int *value,
                         struct strbuf *reply)
{
    char *end = NULL;
    long n = i < argc ? strtol(argv[i], &end, 10) : 0;
    if (i >= argc || end == argv[i] || *end || n < 0 || n > max) {
        strbuf_putf(reply, "%s: a number from 0 to %d must follow", argv[i - 1], max);
        return false;
    }
    *value = n;
    return true;
}

static bool is_datapath(const struct server *server, const char *name)
{
    const char *at = strchr(name, '@');
    return !strcmp(at ? at + 1 : name, server->config.name);
}

/* [-pmd CORE] [-secs SECS] [-nh] [DP], of which a command's 'allowed' lists those it takes. */
static bool parse_options(const struct server *server, int argc, const char *const argv[],
                          const char *allowed, struct pmd_options *options, struct strbuf *reply)
{
    *options = (struct pmd_options) { -1, DATAPATH_MAX_INTERVALS };
    for (int i = 1; i < argc; i++) {
        int value;
        if (argv[i][0] == '-' && !strstr(allowed, argv[i])) {
            strbuf_putf(reply, "%s: there is no such option", argv[i]);
            return false;
        }
        if (!strcmp(argv[i], "-nh")) {
            continue;
        }
        if (!strcmp(argv[i], "-pmd") || !strcmp(argv[i], "-secs")) {
            bool is_core = argv[i][1] == 'p';
            int max = is_core ? INT16_MAX : DATAPATH_MAX_INTERVALS * DATAPATH_INTERVAL_SECS;
            if (!parse_number(argc, argv, ++i, max, &value, reply)) {
                return false;
            }
            if (is_core) {
                options->core = value;
            } else {
                options->n_intervals =
                    MAX(DIV_ROUND_UP(value, (int) DATAPATH_INTERVAL_SECS), 1);
            }
        } else if (!is_datapath(server, argv[i])) {
            strbuf_puts(reply, "please specify an existing datapath");
            return false;
        }
    }
    return true;
}

/* The next thread to show, from '*i' on; sets '*i' behind it. */
static bool next_thread(const struct server *server, const struct pmd_options *options,
                        unsigned int *i, struct datapath_thread *t)
{
    while (*i < datapath_n_threads(server->dp)) {
        datapath_thread_get(server->dp, *i, t);
        int core = core_of(t, (*i)++);
        if (options->core < 0 || options->core == core) {
            return true;
        }
    }
    return false;
}

static void put_thread(struct strbuf *s, const struct datapath_thread *t, unsigned int i)
{
    strbuf_putf(s, "pmd thread numa_id 0 core_id %d:\n", core_of(t, i));
}

/* What the counters say in other words. */
struct sums {
    uint64_t passes, recirculations, simple, smc, megaflow, failed, succeeded;
};

static struct sums sum_up(const struct worker_counters *c)
{
    uint64_t passes = c->n_hit + c->n_missed, failed = MIN(c->n_lost, c->n_missed);
    return (struct sums) { .passes = passes,
                           .recirculations = minus(passes, c->n_received),
                           .simple = c->n_shortcut_hit,
                           .smc = c->n_signature_hit,
                           .megaflow = minus(c->n_hit, c->n_shortcut_hit + c->n_signature_hit),
                           .failed = failed,
                           .succeeded = c->n_missed - failed };
}

static void put_count(struct strbuf *s, const char *name, uint64_t n)
{
    strbuf_putf(s, "  %s: %" PRIu64 "\n", name, n);
}

static void put_stats(struct strbuf *s, const struct datapath_thread *t, bool is_main)
{
    const struct worker_counters *c = &t->counters;
    struct sums sums = sum_up(c);
    put_count(s, "packets received", c->n_received);
    put_count(s, "packet recirculations", sums.recirculations);
    strbuf_putf(s, "  avg. datapath passes per packet: %.2f\n", ratio(sums.passes, c->n_received));
    put_count(s, "phwol hits", 0);
    put_count(s, "mfex opt hits", 0);
    put_count(s, "simple match hits", sums.simple);
    put_count(s, "emc hits", 0);
    put_count(s, "smc hits", sums.smc);
    put_count(s, "megaflow hits", sums.megaflow);
    strbuf_putf(s, "  avg. subtable lookups per megaflow hit: %.2f\n",
                ratio(c->n_mask_hit, sums.megaflow + c->n_missed));
    put_count(s, "miss with success upcall", sums.succeeded);
    put_count(s, "miss with failed upcall", sums.failed);
    strbuf_putf(s, "  avg. packets per output batch: %.2f\n", ratio(c->n_sent, c->n_sent_batches));
    if (is_main) {
        return;
    }
    /* Blocking is as idle as polling in vain. */
    uint64_t cycles = t->cycles, idle = minus(cycles, c->busy_cycles);
    strbuf_putf(s, "  idle cycles: %" PRIu64 " (%.2f%%)\n", idle, percent(idle, cycles));
    strbuf_putf(s, "  processing cycles: %" PRIu64 " (%.2f%%)\n", c->busy_cycles,
                percent(c->busy_cycles, cycles));
    if (c->n_received) {
        strbuf_putf(s, "  avg cycles per packet: %.2f (%" PRIu64 "/%" PRIu64 ")\n",
                    ratio(cycles, c->n_received), cycles, c->n_received);
        strbuf_putf(s, "  avg processing cycles per packet: %.2f (%" PRIu64 "/%" PRIu64 ")\n",
                    ratio(c->busy_cycles, c->n_received), c->busy_cycles, c->n_received);
    }
}

bool server_pmd_stats_show(struct server *server, int argc, const char *const argv[],
                           struct strbuf *reply)
{
    struct pmd_options options;
    struct datapath_thread t;
    if (!parse_options(server, argc, argv, "-pmd", &options, reply)) {
        return false;
    }
    for (unsigned int i = 0; next_thread(server, &options, &i, &t);) {
        put_thread(reply, &t, i - 1);
        put_stats(reply, &t, false);
    }
    if (options.core < 0) {
        datapath_thread_get(server->dp, datapath_n_threads(server->dp), &t);
        strbuf_puts(reply, "main thread:\n");
        put_stats(reply, &t, true);
    }
    return true;
}

bool server_pmd_stats_clear(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    struct pmd_options options;
    struct datapath_thread t;
    if (!parse_options(server, argc, argv, "-pmd", &options, reply)) {
        return false;
    }
    for (unsigned int i = 0; next_thread(server, &options, &i, &t);) {
        datapath_thread_clear(server->dp, i - 1);
    }
    if (options.core < 0) {
        datapath_thread_clear(server->dp, datapath_n_threads(server->dp));
    }
    return true;
}

static double seconds_of(const struct datapath_thread *t)
{
    return t->cycles / cycles_per_second();
}

static void put_time(struct strbuf *s)
{
    struct tm tm;
    int64_t ms = clock_wall_ms();
    time_t seconds = ms / 1000;
    gmtime_r(&seconds, &tm);
    strbuf_putf(s, "Time: %02d:%02d:%02d.%03d\n", tm.tm_hour, tm.tm_min, tm.tm_sec,
                (int) (ms % 1000));
}

static void put_label(struct strbuf *s, const char *label, uint64_t n)
{
    strbuf_putf(s, "  %-20s%12" PRIu64, label, n);
}

static void put_iterations(struct strbuf *s, const struct datapath_thread *t)
{
    const struct worker_counters *c = &t->counters;
    uint64_t n = c->n_idle_passes + c->n_busy_passes;
    uint64_t used = c->idle_cycles + c->busy_cycles;
    double us = cycles_per_second() / 1e6, sleep_us = minus(t->cycles, used) / us;
    put_label(s, "Iterations:", n);
    strbuf_putf(s, "  (%.2f us/it)\n", n ? used / us / n : 0);
    put_label(s, "- Used TSC cycles:", used);
    strbuf_putf(s, "  (%5.1f %% of total cycles)\n", percent(used, t->cycles));
    put_label(s, "- idle iterations:", c->n_idle_passes);
    strbuf_putf(s, "  (%5.1f %% of used cycles)\n", percent(c->idle_cycles, used));
    put_label(s, "- busy iterations:", c->n_busy_passes);
    strbuf_putf(s, "  (%5.1f %% of used cycles)\n", percent(c->busy_cycles, used));
    put_label(s, "- sleep iterations:", c->n_sleeps);
    strbuf_putf(s, "  (%5.1f %% of iterations)\n", percent(c->n_sleeps, n));
    put_label(s, "Sleep time (us):", sleep_us);
    strbuf_putf(s, "  (%3.0f us/iteration avg.)\n", c->n_sleeps ? sleep_us / c->n_sleeps : 0);
}

static void put_share(struct strbuf *s, const char *label, uint64_t n, uint64_t all)
{
    put_label(s, label, n);
    strbuf_putf(s, "  (%5.1f %%)\n", percent(n, all));
}

static void put_packets(struct strbuf *s, const struct datapath_thread *t)
{
    const struct worker_counters *c = &t->counters;
    struct sums sums = sum_up(c);
    double ms = seconds_of(t) * 1000, us = cycles_per_second() / 1e6;
    put_label(s, "Rx packets:", c->n_received);
    if (c->n_received) {
        strbuf_putf(s, "  (%.0f Kpps, %.0f cycles/pkt)\n", c->n_received / ms,
                    ratio(c->busy_cycles, c->n_received));
        put_label(s, "Datapath passes:", sums.passes);
        strbuf_putf(s, "  (%.2f passes/pkt)\n", ratio(sums.passes, c->n_received));
        put_share(s, "- PHWOL hits:", 0, sums.passes);
        put_share(s, "- MFEX Opt hits:", 0, sums.passes);
        put_share(s, "- Simple Match hits:", sums.simple, sums.passes);
        put_share(s, "- EMC hits:", 0, sums.passes);
        put_share(s, "- SMC hits:", sums.smc, sums.passes);
        put_label(s, "- Megaflow hits:", sums.megaflow);
        strbuf_putf(s, "  (%5.1f %%, %.2f subtbl lookups/hit)\n",
                    percent(sums.megaflow, sums.passes),
                    ratio(c->n_mask_hit, sums.megaflow + c->n_missed));
        put_label(s, "- Upcalls:", sums.succeeded);
        /* The thread's own time: it hands the packet over, and does not wait for the slow path, which is another program's. */
        strbuf_putf(s, "  (%5.1f %%, %.1f us/upcall)\n", percent(sums.succeeded, sums.passes),
                    ratio(c->upcall_cycles, c->n_missed) / us);
        put_share(s, "- Lost upcalls:", sums.failed, sums.passes);
    } else {
        strbuf_putc(s, '\n');
    }
    put_label(s, "Tx packets:", c->n_sent);
    if (c->n_sent) {
        strbuf_putf(s, "  (%.0f Kpps)\n", c->n_sent / ms);
        put_label(s, "Tx batches:", c->n_sent_batches);
        strbuf_putf(s, "  (%.2f pkts/batch)\n", ratio(c->n_sent, c->n_sent_batches));
    } else {
        strbuf_puts(s, "\n\n");
    }
}

bool server_pmd_perf_show(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    struct pmd_options options;
    struct datapath_thread t;
    if (!parse_options(server, argc, argv, "-pmd -nh", &options, reply)) {
        return false;
    }
    for (unsigned int i = 0; next_thread(server, &options, &i, &t);) {
        strbuf_putc(reply, '\n');
        put_time(reply);
        strbuf_putf(reply, "Measurement duration: %.3f s\n\n", seconds_of(&t));
        put_thread(reply, &t, i - 1);
        strbuf_putc(reply, '\n');
        put_iterations(reply, &t);
        put_packets(reply, &t);
    }
    return true;
}

static void put_usage(struct strbuf *s, uint64_t cycles, uint64_t all)
{
    if (all) {
        strbuf_putf(s, "%2" PRIu64 " %%\n", MIN(cycles * 100 / all, UINT64_C(100)));
    } else {
        strbuf_puts(s, "NOT AVAIL\n");
    }
}

bool server_pmd_rxq_show(struct server *server, int argc, const char *const argv[],
                         struct strbuf *reply)
{
    struct pmd_options options;
    struct datapath_thread t;
    if (!parse_options(server, argc, argv, "-pmd -secs", &options, reply)) {
        return false;
    }
    uint64_t all = datapath_measured_cycles(server->dp, options.n_intervals);
    strbuf_putf(reply, "Displaying last %u seconds pmd usage %%\n",
                options.n_intervals * DATAPATH_INTERVAL_SECS);
    for (unsigned int i = 0; next_thread(server, &options, &i, &t);) {
        struct datapath_queue queue;
        put_thread(reply, &t, i - 1);
        strbuf_putf(reply, "  isolated : %s\n", t.isolated ? "true" : "false");
        for (uint64_t cursor = 0;
             datapath_thread_queue(server->dp, i - 1, options.n_intervals, &cursor, &queue);) {
            strbuf_putf(reply, "  port: %-16s  queue-id: %2u (enabled)   pmd usage: ",
                        queue.port->name, queue.q);
            put_usage(reply, queue.cycles, all);
        }
        /* A busy thread's time is its queues': nothing is left over. */
        strbuf_puts(reply, "  overhead: ");
        put_usage(reply, 0, all);
    }
    return true;
}

bool server_pmd_rxq_rebalance(struct server *server, int argc, const char *const argv[],
                              struct strbuf *reply)
{
    struct pmd_options options;
    if (!parse_options(server, argc, argv, "", &options, reply)) {
        return false;
    }
    datapath_rebalance(server->dp);
    strbuf_puts(reply, "pmd rxq rebalance requested.\n");
    return true;
}

bool server_pmd_sleep_show(struct server *server, int argc, const char *const argv[],
                           struct strbuf *reply)
{
    struct pmd_options options;
    struct datapath_thread t;
    int us = datapath_max_sleep(server->dp);
    if (!parse_options(server, argc, argv, "", &options, reply)) {
        return false;
    }
    if (us < 0) {
        strbuf_puts(reply, "Default max sleep: until there is something to do\n");
    } else {
        strbuf_putf(reply, "Default max sleep: %4d us\n", us);
    }
    for (unsigned int i = 0; next_thread(server, &options, &i, &t);) {
        put_thread(reply, &t, i - 1);
        if (us < 0) {
            strbuf_puts(reply, "  max sleep:  none\n");
        } else {
            strbuf_putf(reply, "  max sleep: %4d us\n", us);
        }
    }
    return true;
}
