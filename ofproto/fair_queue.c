/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue that ports share fairly. */
#include "ofproto/fair_queue.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"

/* A port of which something waits. */
struct lane {
    struct hmap_node by_port;
    struct cds_list_head turn; /* in fair_queue.turns */
    uint32_t port;
    size_t n;
    struct cds_list_head items;
};

struct fair_queue {
    struct hmap lanes;
    struct cds_list_head turns; /* the next one first */
    size_t n, n_bytes, max_items, max_bytes;
};

struct fair_queue *fair_queue_create(size_t max_items, size_t max_bytes)
{
    struct fair_queue *queue = xzalloc(sizeof *queue);
    hmap_init(&queue->lanes);
    CDS_INIT_LIST_HEAD(&queue->turns);
    queue->max_items = max_items;
    queue->max_bytes = max_bytes;
    return queue;
}

void fair_queue_destroy(struct fair_queue *queue)
{
    if (queue) {
        assert(!queue->n);
        hmap_destroy(&queue->lanes);
        free(queue);
    }
}

void fair_queue_set_max_items(struct fair_queue *queue, size_t max_items)
{
    queue->max_items = max_items;
}

static struct lane *find_lane(const struct fair_queue *queue, uint32_t port, uint32_t hash)
{
    struct lane *lane;
    hmap_for_each_with_hash (lane, by_port, hash, &queue->lanes) {
        if (lane->port == port) {
            return lane;
        }
    }
    return NULL;
}

void fair_queue_put(struct fair_queue *queue, uint32_t port, struct fair_item *item)
{
    uint32_t hash = hash_bytes(&port, sizeof port, 0);
    struct lane *lane = find_lane(queue, port, hash);
    if (!lane) {
        lane = xzalloc(sizeof *lane);
        lane->port = port;
        CDS_INIT_LIST_HEAD(&lane->items);
        hmap_insert(&queue->lanes, &lane->by_port, hash);
        cds_list_add_tail(&lane->turn, &queue->turns);
    }
    cds_list_add_tail(&item->node, &lane->items);
    lane->n++;
    queue->n++;
    queue->n_bytes += item->size;
}

/* The first item of the lane, which goes when it has no more. */
static struct fair_item *take_from(struct fair_queue *queue, struct lane *lane)
{
    struct fair_item *item = cds_list_entry(lane->items.next, struct fair_item, node);
    cds_list_del(&item->node);
    queue->n--;
    queue->n_bytes -= item->size;
    if (!--lane->n) {
        cds_list_del(&lane->turn);
        hmap_remove(&queue->lanes, &lane->by_port);
        free(lane);
    }
    return item;
}

struct fair_item *fair_queue_take(struct fair_queue *queue)
{
    if (!queue->n) {
        return NULL;
    }
    struct lane *lane = cds_list_entry(queue->turns.next, struct lane, turn);
    cds_list_del(&lane->turn);
    cds_list_add_tail(&lane->turn, &queue->turns);
    return take_from(queue, lane);
}

struct fair_item *fair_queue_take_excess(struct fair_queue *queue)
{
    if (queue->n <= queue->max_items && queue->n_bytes <= queue->max_bytes) {
        return NULL;
    }
    struct lane *lane, *longest = NULL;
    cds_list_for_each_entry (lane, &queue->turns, turn) {
        if (!longest || lane->n > longest->n) {
            longest = lane;
        }
    }
    return take_from(queue, longest);
}

size_t fair_queue_n(const struct fair_queue *queue)
{
    return queue->n;
}
