/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets in front of and behind a port. */
#include "datapath/port_qos.h"

#include <errno.h>
#include <stdlib.h>

#include "datapath/batch.h"
#include "datapath/bucket.h"
#include "datapath/spin.h"
#include "lib/base/mem.h"
#include "lib/net/headers.h"
#include "lib/net/segment.h"

struct queue {
    uint32_t id;
    struct bucket ceiling, guarantee; /* bits */
    uint64_t packets, bytes, dropped;
    uint64_t created_ns;
};

struct port_qos {
    uint32_t locked;
    bool limits_in, limits_out; /* main: wo; forwarding: ro, relaxed */

    /* With the lock. */
    uint32_t uncounted; /* bytes of each packet */
    struct bucket in, in_packets, out;
    size_t n_queues;
    struct queue *queues; /* by id */
} CACHE_ALIGNED;

struct port_qos *port_qos_create(void)
{
    return xzalloc_cacheline(sizeof(struct port_qos));
}

void port_qos_destroy(struct port_qos *qos)
{
    if (qos) {
        free(qos->queues);
        free(qos);
    }
}

static struct queue *find(struct queue *queues, size_t n, uint32_t id)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = (low + n) / 2;
        if (queues[middle].id == id) {
            return &queues[middle];
        }
        if (queues[middle].id < id) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return NULL;
}

static bool is_config_valid(const struct dp_port_qos *config)
{
    if (config->n_queues > DP_QOS_MAX_QUEUES) {
        return false;
    }
    for (size_t i = 0; i < config->n_queues; i++) {
        uint32_t id = config->queues[i].id;
        if (id >= DP_QOS_MAX_QUEUE_ID || (i && id <= config->queues[i - 1].id)) {
            return false;
        }
    }
    return true;
}

/* The queues that are wanted, with what those that are there already have come to. With the lock. */
static void fill_queues(struct queue *to, const struct port_qos *qos, const struct dp_port_qos *config, uint64_t now_ns)
{
    for (size_t i = 0; i < config->n_queues; i++) {
        const struct dp_queue *wanted = &config->queues[i];
        const struct queue *old = find(qos->queues, qos->n_queues, wanted->id);
        to[i] = old ? *old : (struct queue) { .id = wanted->id, .created_ns = now_ns };
        bucket_set(&to[i].ceiling, wanted->max_rate, wanted->burst, now_ns);
        bucket_set(&to[i].guarantee, wanted->min_rate, wanted->burst, now_ns);
    }
}

int port_qos_set(struct port_qos *qos, const struct dp_port_qos *config, uint64_t now_ns)
{
    if (!is_config_valid(config)) {
        return EINVAL;
    }
    struct queue *queues = xcalloc(MAX(config->n_queues, 1), sizeof *queues);
    spin_lock(&qos->locked);
    struct queue *old = qos->queues;
    fill_queues(queues, qos, config, now_ns);
    qos->queues = queues;
    qos->n_queues = config->n_queues;
    qos->uncounted = config->uncounted;
    bucket_set(&qos->out, config->rate, config->burst, now_ns);
    bucket_set(&qos->in, config->in_rate, config->in_burst, now_ns);
    bucket_set(&qos->in_packets, config->in_packet_rate, config->in_packet_burst, now_ns);
    spin_unlock(&qos->locked);
    __atomic_store_n(&qos->limits_in, config->in_rate || config->in_packet_rate, __ATOMIC_RELAXED);
    __atomic_store_n(&qos->limits_out, config->rate || config->n_queues, __ATOMIC_RELAXED);
    free(old);
    return 0;
}

void port_qos_stats(struct port_qos *qos, struct dp_queue_stats **stats, size_t *n, uint64_t now_ns)
{
    /* The main thread alone changes how many there are. */
    *n = qos->n_queues;
    *stats = xcalloc(MAX(*n, 1), sizeof **stats);
    spin_lock(&qos->locked);
    for (size_t i = 0; i < *n; i++) {
        const struct queue *q = &qos->queues[i];
        (*stats)[i] = (struct dp_queue_stats) {
            .id = q->id,
            .packets = q->packets,
            .bytes = q->bytes,
            .dropped = q->dropped,
            .duration_ns = now_ns > q->created_ns ? now_ns - q->created_ns : 0,
        };
    }
    spin_unlock(&qos->locked);
}

uint32_t port_qos_receive(struct port_qos *qos, uint64_t now_ns, struct packet *const *packets, unsigned int n)
{
    uint32_t exceeding = 0;
    if (!__atomic_load_n(&qos->limits_in, __ATOMIC_RELAXED)) {
        return 0;
    }
    spin_lock(&qos->locked);
    bucket_fill(&qos->in, now_ns);
    bucket_fill(&qos->in_packets, now_ns);
    for (unsigned int i = 0; i < n; i++) {
        uint32_t bits = 8 * packet_len(packets[i]), count = segment_count(packets[i]);
        if ((qos->in.rate && !bucket_fits(&qos->in, bits))
            || (qos->in_packets.rate && !bucket_fits(&qos->in_packets, count))) {
            exceeding |= 1u << i;
            continue;
        }
        bucket_take(&qos->in, bits);
        bucket_take(&qos->in_packets, count);
    }
    spin_unlock(&qos->locked);
    return exceeding;
}

/* The queue that a packet of this priority leaves by: that of class 1:(id + 1), if there is one, else queue 0. Null if there is neither. */
static struct queue *queue_of(struct port_qos *qos, const struct packet *p, struct queue *last)
{
    uint32_t id = p->skb_priority >> 16 == 1 && p->skb_priority & 0xffff ? (p->skb_priority & 0xffff) - 1 : 0;
    if (last && last->id == id) {
        return last;
    }
    struct queue *q = find(qos->queues, qos->n_queues, id);
    return q || !id ? q : find(qos->queues, qos->n_queues, 0);
}

/* Takes 'bits' from all that they must fit into. False, and nothing is taken, if they do not. */
static bool pass(struct port_qos *qos, struct queue *q, uint32_t bits, uint64_t now_ns)
{
    bool guaranteed = false;
    if (q) {
        bucket_fill(&q->ceiling, now_ns);
        bucket_fill(&q->guarantee, now_ns);
        if (q->ceiling.rate && !bucket_fits(&q->ceiling, bits)) {
            return false;
        }
        guaranteed = q->guarantee.rate && bucket_fits(&q->guarantee, bits);
    }
    if (!guaranteed && qos->out.rate && !bucket_fits(&qos->out, bits)) {
        return false;
    }
    bucket_take(&qos->out, bits);
    if (q) {
        bucket_take(&q->ceiling, bits);
    }
    if (guaranteed) {
        bucket_take(&q->guarantee, bits);
    }
    return true;
}

uint32_t port_qos_send(struct port_qos *qos, uint64_t now_ns, struct packet *const *packets, unsigned int n)
{
    uint32_t exceeding = 0;
    struct queue *q = NULL;
    if (!__atomic_load_n(&qos->limits_out, __ATOMIC_RELAXED)) {
        return 0;
    }
    spin_lock(&qos->locked);
    bucket_fill(&qos->out, now_ns);
    for (unsigned int i = 0; i < n; i++) {
        uint32_t len = packet_len(packets[i]), count = segment_count(packets[i]);
        q = queue_of(qos, packets[i], q);
        bool passes = pass(qos, q, 8 * (len - MIN(len, qos->uncounted)), now_ns);
        exceeding |= (uint32_t) !passes << i;
        if (q) {
            q->packets += passes ? count : 0;
            q->bytes += passes ? len : 0;
            q->dropped += passes ? 0 : count;
        }
    }
    spin_unlock(&qos->locked);
    return exceeding;
}
