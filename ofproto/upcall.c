/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers: batches of upcalls in, megaflows and packets out. */
#include "ofproto/upcall.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/bfd.h"
#include "ofproto/neighbour_answer.h"
#include "ofproto/packet_in.h"
#include "ofproto/revalidator.h"
#include "ofproto/translation_index.h"
#include "ofproto/tunnel_mtu.h"
#include "ofproto/ukey.h"
#include "ofproto/upcall_latency.h"
#include "ofproto/xlate.h"
#include "ofproto/xlate_credit.h"

LOG_MODULE(upcall);

COVERAGE_DEFINE(upcall_miss);
COVERAGE_DEFINE(upcall_action);
COVERAGE_DEFINE(upcall_same_batch);
COVERAGE_DEFINE(upcall_flow_limit_hit);
COVERAGE_DEFINE(upcall_put_refused);

enum { BATCH = 128 };

/* One translation, for one or more packets of the batch. */
struct translation {
    const struct flow *key;        /* of the first packet */
    struct xlate_out out;
    struct validity validity;
    uint64_t n_packets, n_bytes;
    uint16_t tcp_flags;            /* of all of them */
    struct uuid ufid;              /* that the flow is going to have, if the translation is cacheable */
    struct ukey *ukey;             /* null: not to be installed */
    struct dp_op *put;             /* that installs it, with its first packet */
};

struct batch {
    struct dp_upcall upcalls[BATCH];
    size_t n;
    struct translation translations[BATCH];
    size_t n_translations;
    struct translation_index index; /* of those that others may share */
    uint8_t which[BATCH];          /* the translation of each miss */
    struct dp_op ops[BATCH];       /* one for each miss */
    size_t n_ops;
};
static_assert((int) BATCH <= TRANSLATION_INDEX_MAX, "all of a batch");

struct handler {
    struct upcalls *upcalls;
    unsigned int id;
    pthread_t thread;
    struct dp_client *client;
    struct batch *batch;
    struct packed_flow *last_mask; /* of the last flow that was made: the next one's is often the same. A reference, or null */
    struct outcome *last_outcome;  /* likewise, of the last translation, while there are upcalls */
    bool broken;                   /* the datapath is gone: nothing to do but wait for the end */
};

struct upcalls {
    struct dp_upcalls *rings;
    struct ukeys *ukeys;
    struct handler *handlers;
    unsigned int n, n_running;
    int exit_fd;                   /* readable: end */
};

/* Translating. */

static uint16_t tcp_flags(const struct flow *key)
{
    return key->lines & 1u << FLOW_LINE_L3 ? ntohs(key->tcp_flags) : 0;
}

static void translate(struct handler *handler, size_t i)
{
    struct batch *b = handler->batch;
    const struct dp_upcall *upcall = &b->upcalls[i];
    uint8_t same = translation_index_find(&b->index, &upcall->key);
    struct translation *t;
    if (same != TRANSLATION_INDEX_NONE) {
        COVERAGE_INC(upcall_same_batch);
        t = &b->translations[same];
    } else {
        t = &b->translations[b->n_translations];
        t->key = &upcall->key;
        t->n_packets = t->n_bytes = 0;
        t->tcp_flags = 0;
        t->ukey = NULL;
        t->put = NULL;
        validity_begin(&t->validity);
        struct xlate_in in = {
            .flow = &upcall->key,
            .packet = upcall->packet,
            .packet_len = upcall->packet_len,
            .side_effects = true,
        };
        xlate(&in, &t->out);
        validity_end(&t->validity, &t->out.credits);
        if (t->out.cacheable) {
            translation_index_add(&b->index, t->key, &t->out.mask, (uint8_t) b->n_translations);
            t->ufid = ukey_draw_ufid(t->key);
            ukeys_prefetch(handler->upcalls->ukeys, &t->ufid);
        }
        b->n_translations++;
    }
    t->n_packets++;
    t->n_bytes += upcall->full_len;
    t->tcp_flags |= tcp_flags(&upcall->key);
    b->which[i] = t - b->translations;
}

/* Enters the megaflow into the map, so that from now on a sweep that comes across it waits for the datapath's answer. */
static void prepare_put(struct handler *handler, struct translation *t)
{
    if (xlate_credits_install(&t->out.credits, handler->client)) {
        t->out.cacheable = false; /* what the actions name is not there */
    }
    xlate_credits_push(&t->out.credits, t->key, t->n_packets, t->n_bytes, clock_ms(), t->tcp_flags);
    if (!t->out.cacheable) {
        return;
    }
    if (!revalidator_has_room()) {
        COVERAGE_INC(upcall_flow_limit_hit);
        return;
    }
    if (!handler->last_mask || !packed_flow_equals(handler->last_mask, &t->out.mask)) {
        packed_flow_unref(handler->last_mask);
        handler->last_mask = packed_flow_create(&t->out.mask);
    }
    struct ukey *ukey = ukey_create(&t->ufid, t->key, packed_flow_ref(handler->last_mask),
                                    outcome_share(&handler->last_outcome, &t->out), &t->validity);
    if (ukeys_insert(handler->upcalls->ukeys, ukey)) {
        t->ukey = ukey;
    } else {
        ukey_free(ukey); /* another handler was first, with a packet like this */
    }
}

/* The first packet of a new flow goes with it, the others alone; all in the order in which they came. */
static void prepare_op(struct batch *b, size_t i)
{
    const struct dp_upcall *upcall = &b->upcalls[i];
    struct translation *t = &b->translations[b->which[i]];
    struct dp_op *op = &b->ops[b->n_ops++];
    *op = (struct dp_op) {
        .type = DP_OP_EXECUTE,
        .key = &upcall->key,
        .actions = t->out.actions.data,
        .actions_size = t->out.actions.size,
        .packet = upcall->packet,
        .packet_len = upcall->packet_len,
        .offload = &upcall->offload,
    };
    if (t->ukey && !t->put) {
        op->type = DP_OP_FLOW_PUT;
        op->ufid = t->ukey->ufid;
        op->flags = DP_PUT_CREATE;
        op->mask = &t->out.mask;
        t->put = op;
    }
}

/* What the datapath narrowed matches the whole key. */
static struct packed_flow *exact_mask(const struct flow *key, const struct flow *mask)
{
    struct flow exact;
    exact.lines = (key->lines | mask->lines) & ((1u << FLOW_N_DP_LINES) - 1);
    memset(exact.line, 0xff, sizeof exact.line);
    return packed_flow_create(&exact);
}

static void finish_put(struct handler *handler, struct translation *t, const struct dp_op *op, int error)
{
    struct ukey *ukey = t->ukey;
    struct ukeys *ukeys = handler->upcalls->ukeys;
    struct ukey_shard *shard = ukeys_shard(ukeys, &ukey->ufid);
    if (!error && op->error && op->error != EEXIST) {
        COVERAGE_INC(upcall_put_refused);
        log_warn_rl("the datapath refused a flow (%s)", strerror(op->error));
    }
    error = error ? error : op->error;
    bool stale = false;
    pthread_mutex_lock(&shard->lock);
    if (error) {
        ukeys_remove_locked(ukeys, shard, ukey);
    } else {
        ukey->flow_id = op->flow_id;
        if (op->exact) {
            packed_flow_unref(ukey->mask);
            ukey->mask = exact_mask(t->key, &t->out.mask);
        }
        ukey->state = UKEY_ACTIVE;
        uint64_t epoch = validity_epoch();
        stale = !validity_holds(&ukey->validity, &ukey->outcome->credits, &ukey->key, ukey->mask);
        if (!stale) {
            ukey_glance_locked(shard, ukey, epoch);
        }
        revalidator_flow_put(op->flow_id, &ukey->ufid);
    }
    pthread_mutex_unlock(&shard->lock);
    if (stale) {
        revalidator_wake(); /* what changed meanwhile found nobody who depended on it */
    }
}

/* A packet that an action sent up: for controllers, or for its sender to be answered. */
static void take_action(struct handler *handler, const struct dp_upcall *upcall)
{
    uint32_t mtu;
    struct eth_addr mac;
    if (tunnel_mtu_is_report(upcall, &mtu)) {
        tunnel_mtu_answer(handler->client, upcall, mtu);
    } else if (neighbour_answer_is_report(upcall, &mac)) {
        neighbour_answer(handler->client, upcall, mac);
    } else if (!bfd_from_upcall(upcall)) {
        packet_in_from_upcall(upcall);
    }
}

static void handle_batch(struct handler *handler)
{
    struct batch *b = handler->batch;
    b->n_translations = b->n_ops = 0;
    translation_index_init(&b->index);
    for (size_t i = 0; i < b->n; i++) {
        if (b->upcalls[i].kind == DP_UPCALL_MISS) {
            COVERAGE_INC(upcall_miss);
            translate(handler, i);
        } else {
            COVERAGE_INC(upcall_action);
            take_action(handler, &b->upcalls[i]);
        }
    }
    for (size_t i = 0; i < b->n_translations; i++) {
        prepare_put(handler, &b->translations[i]);
    }
    for (size_t i = 0; i < b->n; i++) {
        if (b->upcalls[i].kind == DP_UPCALL_MISS) {
            prepare_op(b, i);
        }
    }
    int error = b->n_ops ? dp_operate(handler->client, b->ops, b->n_ops) : 0;
    if (error) {
        log_warn_rl("handler %u lost the datapath (%s)", handler->id, strerror(error));
        handler->broken = true;
    }
    for (size_t i = 0; i < b->n_translations && !error; i++) {
        if (b->translations[i].put && !b->translations[i].put->error) {
            revalidator_flow_expect(b->translations[i].put->flow_id);
        }
    }
    for (size_t i = 0; i < b->n_translations; i++) {
        if (b->translations[i].put) {
            finish_put(handler, &b->translations[i], b->translations[i].put, error);
        }
        xlate_out_destroy(&b->translations[i].out);
    }
}

/* The thread. */

/* Waits for upcalls. False: it is time to end. */
static bool wait_for_upcalls(struct handler *handler)
{
    struct pollfd fds[] = {
        { .fd = handler->upcalls->exit_fd, .events = POLLIN },
        { .fd = handler->broken ? -1 : dp_upcalls_fd(handler->upcalls->rings, handler->id), .events = POLLIN },
    };
    /* It would hold rules, groups and tables that nobody else may want any more. */
    outcome_unref(handler->last_outcome);
    handler->last_outcome = NULL;
    rcu_offline();
    poll(fds, ARRAY_SIZE(fds), -1);
    rcu_online();
    return !fds[0].revents;
}

static bool must_end(const struct handler *handler)
{
    struct pollfd fd = { .fd = handler->upcalls->exit_fd, .events = POLLIN };
    return poll(&fd, 1, 0) > 0;
}

static void *run(void *handler_)
{
    struct handler *handler = handler_;
    struct dp_upcalls *rings = handler->upcalls->rings;
    struct batch *b = handler->batch;
    char name[16];
    snprintf(name, sizeof name, "handler%u", handler->id);
    pthread_setname_np(pthread_self(), name);
    rcu_thread_start();
    for (;;) {
        b->n = 0;
        while (!handler->broken && b->n < BATCH && dp_upcall_recv(rings, handler->id, &b->upcalls[b->n])) {
            b->n++;
        }
        if (b->n) {
            handle_batch(handler);
            upcall_latency_record(b->upcalls, b->n);
            dp_upcall_release(rings, handler->id, b->n);
            rcu_quiesce();
            if (must_end(handler)) {
                break;
            }
        } else if (!wait_for_upcalls(handler)) {
            break;
        }
    }
    rcu_thread_end();
    return NULL;
}

/* Main thread. */

struct upcalls *upcalls_open(struct dp_client *client, unsigned int n, char **errorp)
{
    struct dp_upcalls *rings = dp_upcalls_open(client, n, errorp);
    if (!rings) {
        return NULL;
    }
    struct upcalls *upcalls = xzalloc(sizeof *upcalls);
    upcalls->rings = rings;
    upcalls->n = n;
    upcalls->exit_fd = -1;
    upcalls->handlers = xcalloc(n, sizeof *upcalls->handlers);
    return upcalls;
}

/* Signals are the main thread's. */
static int start_thread(pthread_t *thread, void *(*function)(void *), void *aux)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(thread, NULL, function, aux);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

char *upcalls_run(struct upcalls *upcalls, const char *path, struct ukeys *ukeys)
{
    char *error = NULL;
    upcalls->ukeys = ukeys;
    upcalls->exit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (upcalls->exit_fd < 0) {
        return xasprintf("cannot make an eventfd (%s)", strerror(errno));
    }
    for (unsigned int i = 0; i < upcalls->n && !error; i++) {
        struct handler *handler = &upcalls->handlers[i];
        handler->upcalls = upcalls;
        handler->id = i;
        handler->client = dp_client_open(path, &error);
        if (!handler->client) {
            break;
        }
        handler->batch = xzalloc_cacheline(sizeof *handler->batch);
        int errnum = start_thread(&handler->thread, run, handler);
        if (errnum) {
            error = xasprintf("cannot start a thread (%s)", strerror(errnum));
        } else {
            upcalls->n_running++;
        }
    }
    return error;
}

void upcalls_close(struct upcalls *upcalls)
{
    if (!upcalls) {
        return;
    }
    if (upcalls->exit_fd >= 0) {
        uint64_t one = 1;
        if (write(upcalls->exit_fd, &one, sizeof one) != sizeof one) {
            log_err("cannot wake the handlers: %s", strerror(errno));
        }
    }
    /* A handler may wait for a grace period that this thread would hold up. */
    rcu_offline();
    for (unsigned int i = 0; i < upcalls->n_running; i++) {
        pthread_join(upcalls->handlers[i].thread, NULL);
    }
    rcu_online();
    for (unsigned int i = 0; i < upcalls->n; i++) {
        dp_client_destroy(upcalls->handlers[i].client);
        free(upcalls->handlers[i].batch);
        packed_flow_unref(upcalls->handlers[i].last_mask);
        outcome_unref(upcalls->handlers[i].last_outcome);
    }
    dp_upcalls_close(upcalls->rings);
    if (upcalls->exit_fd >= 0) {
        close(upcalls->exit_fd);
    }
    free(upcalls->handlers);
    free(upcalls);
}

unsigned int upcalls_n_handlers(const struct upcalls *upcalls)
{
    return upcalls ? upcalls->n : 0;
}
