/* SPDX-License-Identifier: Apache-2.0 */
/* The packet-ins of one connection on their way to its peer. */
#include "ofproto/packet_in_sched.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/fair_queue.h"
#include "ofproto/ofconn.h"

COVERAGE_DEFINE(packet_in_sent);
COVERAGE_DEFINE(packet_in_delayed);
COVERAGE_DEFINE(packet_in_dropped);

/* Bytes that may wait in the stream before packet-ins wait here; bytes that may wait here; and how many by default. */
enum { STREAM_BYTES = 64 * 1024, MAX_BYTES = 1024 * 1024, DEFAULT_QUEUE_SIZE = 100, MAX_LIMIT = 1 << 20 };

struct item {
    struct fair_item fair;
    struct ofpbuf message;
};

struct packet_in_sched {
    struct ofconn *conn;
    struct fair_queue *queue;
    struct loop_timer *timer;   /* set while the rate holds something back */
    int rate, burst;
    int64_t tokens, filled_ms;  /* thousandths of a packet-in, at this time */
    struct packet_in_sched_counters counters;
};

struct packet_in_sched *packet_in_sched_create(struct ofconn *conn)
{
    struct packet_in_sched *sched = xzalloc(sizeof *sched);
    sched->conn = conn;
    sched->queue = fair_queue_create(DEFAULT_QUEUE_SIZE, MAX_BYTES);
    return sched;
}

static void destroy_item(struct fair_item *fair)
{
    struct item *item = CONTAINER_OF(fair, struct item, fair);
    ofpbuf_destroy(&item->message);
    free(item);
}

void packet_in_sched_destroy(struct packet_in_sched *sched)
{
    struct fair_item *fair;
    while ((fair = fair_queue_take(sched->queue))) {
        destroy_item(fair);
    }
    fair_queue_destroy(sched->queue);
    loop_timer_destroy(sched->timer);
    free(sched);
}

static void refill(struct packet_in_sched *sched)
{
    int64_t now = clock_ms();
    int64_t elapsed = MIN(now - sched->filled_ms, INT64_C(3600000));
    sched->tokens = MIN(sched->tokens + elapsed * sched->rate, sched->burst * INT64_C(1000));
    sched->filled_ms = now;
}

/* Takes a packet-in's worth of tokens, if there is one. */
static bool take_token(struct packet_in_sched *sched)
{
    if (!sched->rate) {
        return true;
    }
    refill(sched);
    if (sched->tokens < 1000) {
        return false;
    }
    sched->tokens -= 1000;
    return true;
}

static bool peer_keeps_up(const struct packet_in_sched *sched)
{
    return stream_backlog(sched->conn->stream) < STREAM_BYTES;
}

static void drop_excess(struct packet_in_sched *sched)
{
    struct fair_item *fair;
    while ((fair = fair_queue_take_excess(sched->queue))) {
        sched->counters.dropped++;
        COVERAGE_INC(packet_in_dropped);
        destroy_item(fair);
    }
}

static void run_timer(void *sched)
{
    packet_in_sched_run(sched);
}

/* When the next packet-in may go, if it is the rate that holds it back; the peer's reading is told of otherwise. */
static void set_timer(struct packet_in_sched *sched)
{
    if (!sched->rate || !fair_queue_n(sched->queue) || sched->tokens >= 1000) {
        return;
    }
    if (!sched->timer) {
        sched->timer = loop_timer_create(connmgr_loop(sched->conn->connmgr), run_timer, sched);
    }
    loop_timer_set_in(sched->timer, (1000 - sched->tokens + sched->rate - 1) / sched->rate);
}

void packet_in_sched_set_limits(struct packet_in_sched *sched, int rate, int burst, int queue_size)
{
    rate = MIN(MAX(rate, 0), MAX_LIMIT);
    burst = MIN(burst > 0 ? burst : MAX(rate / 4, 1), MAX_LIMIT);
    if (rate != sched->rate || burst != sched->burst) {
        sched->rate = rate;
        sched->burst = burst;
        sched->tokens = burst * INT64_C(1000);
        sched->filled_ms = clock_ms();
    }
    fair_queue_set_max_items(sched->queue, rate ? burst : queue_size > 0 ? queue_size : DEFAULT_QUEUE_SIZE);
    drop_excess(sched);
    packet_in_sched_run(sched);
}

void packet_in_sched_put(struct packet_in_sched *sched, uint32_t port, struct ofpbuf *message)
{
    if (!fair_queue_n(sched->queue) && peer_keeps_up(sched) && take_token(sched)) {
        sched->counters.bypassed++;
        COVERAGE_INC(packet_in_sent);
        ofconn_send(sched->conn, message);
        return;
    }
    struct item *item = xzalloc(sizeof *item);
    item->message = *message;
    item->fair.size = sizeof *item + message->size;
    *message = (struct ofpbuf) { NULL, 0, 0 };
    sched->counters.queued++;
    COVERAGE_INC(packet_in_delayed);
    fair_queue_put(sched->queue, port, &item->fair);
    drop_excess(sched);
    set_timer(sched);
}

void packet_in_sched_run(struct packet_in_sched *sched)
{
    while (fair_queue_n(sched->queue) && ofconn_is_open(sched->conn) && peer_keeps_up(sched) && take_token(sched)) {
        struct fair_item *fair = fair_queue_take(sched->queue);
        COVERAGE_INC(packet_in_sent);
        ofconn_send(sched->conn, &CONTAINER_OF(fair, struct item, fair)->message);
        destroy_item(fair);
    }
    set_timer(sched);
}

void packet_in_sched_count(const struct packet_in_sched *sched, struct packet_in_sched_counters *sum)
{
    sum->backlog += fair_queue_n(sched->queue);
    sum->bypassed += sched->counters.bypassed;
    sum->queued += sched->counters.queued;
    sum->dropped += sched->counters.dropped;
}
