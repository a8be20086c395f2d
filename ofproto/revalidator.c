/* SPDX-License-Identifier: Apache-2.0 */
/* The revalidator's thread, its versions, limits and statistics; a sweep itself is in ofproto/sweep.c. */
#include "ofproto/revalidator.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "ofproto/flow_marks.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/recirc.h"
#include "ofproto/sweep.h"
#include "ofproto/tunnel_adopt.h"
#include "ofproto/ukey.h"
#include "ofproto/validity.h"

LOG_MODULE(revalidator);

enum {
    DEFAULT_FLOW_LIMIT = 200000,
    MIN_FLOW_LIMIT = 1000,
    DEFAULT_MAX_IDLE_MS = 10000,
    OVERFULL_MAX_IDLE_MS = 100, /* when there are more flows than the limit */
    DEFAULT_INTERVAL_MS = 500,
    MIN_PAUSE_MS = 10,          /* between two sweeps; and at least four times as long as the last took */
    ADOPT_ROUNDS = 4,           /* sweeps in which an adopted flow may wait for the one that recirculates to it */
};

/* Any thread: rw, atomic. */
static uint64_t config_version = 1;
static bool wake;               /* the thread shall sweep soon */
static uint32_t flow_limit = DEFAULT_FLOW_LIMIT;
static uint32_t max_flow_limit = DEFAULT_FLOW_LIMIT; /* main: wo */
static uint32_t max_idle_ms = DEFAULT_MAX_IDLE_MS, interval_ms = DEFAULT_INTERVAL_MS; /* main: wo */

static struct {
    pthread_t thread;
    pthread_mutex_t lock;       /* of what follows */
    pthread_cond_t cond;        /* wake, stop or paused changed */
    bool stop, paused;

    pthread_mutex_t sweep_lock; /* held during a sweep; of what follows */
    unsigned int adopt_rounds;  /* left */
    unsigned int duration_ms;   /* of the last sweep */
    uint64_t n_sweeps, sum_flows;
    uint32_t max_flows;

    /* Constant while the thread runs. */
    bool running;
    struct dp_client *client;      /* the thread's */
    struct dp_client *main_client; /* the main thread's */
    struct dp_stats *stats;
    struct flow_marks *marks;
    struct ukeys *ukeys;

    uint64_t barrier_version;   /* main: a barrier has seen to all up to it */
    uint64_t barrier_config;    /* main: and to this version of the configuration */
} r = { .lock = PTHREAD_MUTEX_INITIALIZER, .sweep_lock = PTHREAD_MUTEX_INITIALIZER };

/* Any thread. */

uint64_t revalidator_version(void)
{
    return __atomic_load_n(&config_version, __ATOMIC_ACQUIRE);
}

void revalidator_wake(void)
{
    if (!__atomic_exchange_n(&wake, true, __ATOMIC_ACQ_REL)) {
        pthread_mutex_lock(&r.lock);
        if (r.running) {
            pthread_cond_signal(&r.cond);
        }
        pthread_mutex_unlock(&r.lock);
    }
}

void ofproto_need_revalidation(void)
{
    __atomic_add_fetch(&config_version, 1, __ATOMIC_RELEASE);
    validity_moved();
    revalidator_wake();
}

bool revalidator_has_room(void)
{
    return ukeys_count(r.ukeys) < __atomic_load_n(&flow_limit, __ATOMIC_RELAXED);
}

/* Sweeping. */

/* A switch whose sweeps take long can afford fewer flows; one that is well within a second may have
 * more. The limit begins at what is configured: a sweep reads statistics from shared memory and
 * translates only what a change concerns, so that there is no reason to doubt before it is seen to be slow. */
static void adapt_flow_limit(unsigned int duration_ms, uint32_t n_flows)
{
    uint32_t limit = __atomic_load_n(&flow_limit, __ATOMIC_RELAXED);
    uint32_t max = __atomic_load_n(&max_flow_limit, __ATOMIC_RELAXED);
    duration_ms = MAX(duration_ms, 1);
    if (duration_ms > 2000) {
        limit /= duration_ms / 1000;
    } else if (duration_ms > 1300) {
        limit = limit * 3ull / 4;
    } else if (duration_ms < 1000 && limit < (uint64_t) n_flows * 1000 / duration_ms) {
        limit += MAX(1000, limit / 8);
    }
    limit = MIN(MAX(limit, MIN_FLOW_LIMIT), max);
    __atomic_store_n(&flow_limit, limit, __ATOMIC_RELAXED);
}

/* The caller is online; may let a grace period pass. Returns the errno of a broken connection. */
static int sweep_once(struct dp_client *client, bool purge)
{
    rcu_offline();
    pthread_mutex_lock(&r.sweep_lock);
    rcu_online();
    int64_t start = clock_real_ms();
    uint32_t n = ukeys_count(r.ukeys), limit = __atomic_load_n(&flow_limit, __ATOMIC_RELAXED);
    uint32_t idle = __atomic_load_n(&max_idle_ms, __ATOMIC_RELAXED);
    struct sweep sweep = {
        .client = client,
        .stats = r.stats,
        .marks = r.marks,
        .ukeys = r.ukeys,
        .purge = purge || n > 2 * (uint64_t) limit,
        .max_idle_ms = n > limit ? MIN(idle, OVERFULL_MAX_IDLE_MS) : idle,
        .adopting = r.adopt_rounds > 0,
    };
    int error = sweep_run(&sweep);
    r.adopt_rounds -= r.adopt_rounds > 0;
    r.duration_ms = clock_real_ms() - start;
    r.n_sweeps++;
    r.sum_flows += n;
    r.max_flows = MAX(r.max_flows, n);
    adapt_flow_limit(r.duration_ms, n);
    pthread_mutex_unlock(&r.sweep_lock);
    recirc_expire();
    return error;
}

/* The thread. */

static struct timespec at_ms(int64_t ms)
{
    return (struct timespec) { ms / 1000, ms % 1000 * 1000000 };
}

/* Waits until a sweep is due. False: it is time to end. */
static bool wait_until_due(int64_t last_end, unsigned int last_duration, bool broken)
{
    int64_t soonest = last_end + MAX(4 * (int64_t) last_duration, MIN_PAUSE_MS);
    rcu_offline();
    pthread_mutex_lock(&r.lock);
    for (;;) {
        int64_t now = clock_real_ms();
        int64_t latest = last_end + __atomic_load_n(&interval_ms, __ATOMIC_RELAXED);
        int64_t due = __atomic_load_n(&wake, __ATOMIC_ACQUIRE) ? soonest : MAX(soonest, latest);
        if (r.stop || (!r.paused && !broken && now >= due)) {
            break;
        }
        if (r.paused || broken) {
            pthread_cond_wait(&r.cond, &r.lock);
        } else {
            struct timespec until = at_ms(due);
            pthread_cond_timedwait(&r.cond, &r.lock, &until);
        }
    }
    bool go_on = !r.stop;
    pthread_mutex_unlock(&r.lock);
    rcu_online();
    return go_on;
}

static void *run(void *aux)
{
    pthread_setname_np(pthread_self(), "revalidator");
    rcu_thread_start();
    int64_t last_end = 0;
    unsigned int duration = 0;
    bool broken = false;
    while (wait_until_due(last_end, duration, broken)) {
        __atomic_store_n(&wake, false, __ATOMIC_RELEASE);
        int64_t start = clock_real_ms();
        broken = sweep_once(r.client, false);
        rcu_quiesce();
        last_end = clock_real_ms();
        duration = last_end - start;
    }
    rcu_thread_end();
    return NULL;
}

void revalidator_flow_expect(uint32_t flow_id)
{
    flow_marks_prefetch(r.marks, flow_id);
}

void revalidator_flow_put(uint32_t flow_id, const struct uuid *ufid)
{
    flow_marks_set(r.marks, flow_id, ufid, 0, 0);
}

/* Main thread. */

static bool adopt_flow(void *n_, const struct dp_flow *flow)
{
    static const struct validity unknown = { .config = 0 };
    struct xlate_out out;
    memset(&out.credits, 0, sizeof out.credits);
    memset(&out.actions, 0, sizeof out.actions);
    actions_put_list(&out.actions, flow->actions, flow->actions_size);
    struct ukey *ukey = ukey_create(&flow->ufid, flow->key, packed_flow_create(flow->mask), outcome_create(&out), &unknown);
    actions_destroy(&out.actions);
    ukey->flow_id = flow->id;
    tunnel_adopt(flow->actions, flow->actions_size);
    /* What came in while no program was there is credited after the first translation. */
    flow_marks_get(r.marks, flow->id, &flow->ufid, &ukey->packets, &ukey->bytes);
    ukey->adopted = true;
    ukey->state = UKEY_ACTIVE;
    if (ukeys_insert(r.ukeys, ukey)) {
        ++*(unsigned int *) n_;
    } else {
        ukey_free(ukey);
    }
    return true;
}

static char *open_connections(struct dp_client *client, const char *path)
{
    char *error = NULL;
    r.client = dp_client_open(path, &error);
    if (!r.client) {
        return error;
    }
    r.stats = dp_stats_open(client, &error);
    if (!r.stats) {
        return error;
    }
    const struct dp_info *info = dp_client_info(client);
    r.marks = flow_marks_open(NULL, &info->instance, info->max_flows);
    unsigned int n = 0;
    int errnum = dp_flow_dump(r.client, adopt_flow, &n);
    if (errnum) {
        return xasprintf("cannot read the datapath's flows (%s)", strerror(errnum));
    }
    if (n) {
        log_info("adopted %u cached flows", n);
    }
    return NULL;
}

static void start_thread(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r.cond, &attr);
    pthread_condattr_destroy(&attr);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&r.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error) {
        log_abort("cannot start a thread (%s)", strerror(error));
    }
}

static void close_connections(void)
{
    dp_stats_close(r.stats);
    r.stats = NULL;
    dp_client_destroy(r.client);
    r.client = NULL;
    flow_marks_close(r.marks);
    r.marks = NULL;
}

char *revalidator_start(struct dp_client *client, const char *path, struct ukeys *ukeys)
{
    r.ukeys = ukeys;
    r.main_client = client;
    char *error = open_connections(client, path);
    if (error) {
        close_connections();
        return error;
    }
    r.adopt_rounds = ADOPT_ROUNDS;
    r.stop = false;
    r.barrier_version = r.barrier_config = 0;
    pthread_mutex_lock(&r.lock);
    r.running = true;
    start_thread();
    pthread_mutex_unlock(&r.lock);
    return NULL;
}

void revalidator_stop(void)
{
    if (r.running) {
        ofproto_push_stats();
        pthread_mutex_lock(&r.lock);
        r.stop = true;
        r.running = false;
        pthread_cond_signal(&r.cond);
        pthread_mutex_unlock(&r.lock);
        rcu_offline();
        pthread_join(r.thread, NULL);
        rcu_online();
        pthread_cond_destroy(&r.cond);
        close_connections();
    }
}

void revalidator_set_options(const struct smap *options)
{
    long long limit = smap_get_int(options, "flow-limit", DEFAULT_FLOW_LIMIT);
    long long idle = smap_get_int(options, "max-idle", DEFAULT_MAX_IDLE_MS);
    long long interval = smap_get_int(options, "max-revalidator", DEFAULT_INTERVAL_MS);
    limit = MIN(MAX(limit, 0), UINT32_MAX);
    idle = MIN(MAX(idle, 500), INT32_MAX);
    interval = MIN(MAX(interval, 100), DEFAULT_INTERVAL_MS * 20);
    uint32_t before = __atomic_exchange_n(&max_flow_limit, limit, __ATOMIC_RELAXED);
    __atomic_store_n(&max_idle_ms, idle, __ATOMIC_RELAXED);
    __atomic_store_n(&interval_ms, interval, __ATOMIC_RELAXED);
    if (before != (uint32_t) limit) {
        __atomic_store_n(&flow_limit, limit, __ATOMIC_RELAXED);
    }
}

void revalidator_set_flow_limit(unsigned int limit)
{
    __atomic_store_n(&flow_limit, limit, __ATOMIC_RELAXED);
}

static bool is_paused(void)
{
    pthread_mutex_lock(&r.lock);
    bool paused = r.paused;
    pthread_mutex_unlock(&r.lock);
    return paused;
}

void revalidator_wait(void)
{
    port_map_publish();
    if (r.running && !is_paused()) {
        urcu_qsbr_synchronize_rcu();
        sweep_once(r.main_client, false);
    }
}

void ofproto_barrier(void)
{
    port_map_publish();
    uint64_t version = revalidator_version() + tables_version(); /* both only grow */
    if (!r.running) {
        urcu_qsbr_synchronize_rcu();
        return;
    }
    if (version == r.barrier_version || is_paused()) {
        return;
    }
    /* After the grace period every flow of an older version is in the map, for the sweep to see. */
    urcu_qsbr_synchronize_rcu();
    bool configured = r.barrier_config != revalidator_version();
    if (tables_need_sweep() || configured) {
        r.barrier_config = revalidator_version();
        sweep_once(r.main_client, false);
    }
    r.barrier_version = version;
}

void revalidator_purge(void)
{
    if (r.running) {
        urcu_qsbr_synchronize_rcu();
        sweep_once(r.main_client, true);
    }
}

void revalidator_pause(bool on)
{
    pthread_mutex_lock(&r.lock);
    r.paused = on;
    if (r.running) {
        pthread_cond_signal(&r.cond);
    }
    pthread_mutex_unlock(&r.lock);
    if (on && r.running) {
        /* Wait for a sweep that is under way. */
        rcu_offline();
        pthread_mutex_lock(&r.sweep_lock);
        pthread_mutex_unlock(&r.sweep_lock);
        rcu_online();
    }
}

void ofproto_push_stats(void)
{
    if (r.running) {
        sweep_push_stats(r.ukeys, r.stats, r.marks);
    }
}

void revalidator_info(struct revalidator_info *info)
{
    pthread_mutex_lock(&r.sweep_lock);
    *info = (struct revalidator_info) {
        .n_flows = r.running ? ukeys_count(r.ukeys) : 0,
        .flow_limit = __atomic_load_n(&flow_limit, __ATOMIC_RELAXED),
        .avg_flows = r.n_sweeps ? r.sum_flows / r.n_sweeps : 0,
        .max_flows = r.max_flows,
        .dump_duration_ms = r.duration_ms,
    };
    pthread_mutex_unlock(&r.sweep_lock);
    info->paused = is_paused();
}
