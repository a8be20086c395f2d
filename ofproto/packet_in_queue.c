/* SPDX-License-Identifier: Apache-2.0 */
/* Packet-ins on their way from the handlers to the main thread. */
#include "ofproto/packet_in_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"

LOG_MODULE(packet_in_queue);

COVERAGE_DEFINE(packet_in_queue_full);

/* At most so many wait, and so many are sent before the loop does other things. */
enum { MAX_WAITING = 4096, MAX_BYTES = 16 * 1024 * 1024, BURST = 256 };

struct item {
    struct cds_list_head node;
    struct ofp_packet_in pin;
    uint16_t controller_id, max_len;
    uint8_t data[]; /* the packet, then the user data */
};

struct packet_in_queue {
    packet_in_cb *cb;
    void *aux;
    int fd; /* an eventfd: not 0 while there are items */
    struct loop_watch *watch;

    pthread_mutex_t lock; /* of what follows */
    struct cds_list_head items;
    size_t n, n_bytes;
};

static size_t item_size(const struct item *item)
{
    return sizeof *item + item->pin.packet_len + item->pin.userdata_len;
}

static struct item *take(struct packet_in_queue *queue)
{
    struct item *item = NULL;
    pthread_mutex_lock(&queue->lock);
    if (queue->n) {
        item = cds_list_entry(queue->items.next, struct item, node);
        cds_list_del(&item->node);
        queue->n--;
        queue->n_bytes -= item_size(item);
    } else {
        uint64_t count;
        ssize_t n = read(queue->fd, &count, sizeof count);
        (void) n; /* it may be 0 already */
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

static void deliver(void *aux, unsigned int events)
{
    struct packet_in_queue *queue = aux;
    struct item *item;
    for (int i = 0; i < BURST && (item = take(queue)); i++) {
        queue->cb(queue->aux, &item->pin, item->controller_id, item->max_len);
        free(item);
    }
}

struct packet_in_queue *packet_in_queue_create(struct loop *loop, packet_in_cb *cb, void *aux)
{
    struct packet_in_queue *queue = xzalloc(sizeof *queue);
    queue->cb = cb;
    queue->aux = aux;
    queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->fd < 0) {
        log_abort("no eventfd: %s", strerror(errno));
    }
    queue->watch = loop_watch_create(loop, queue->fd, LOOP_READ, deliver, queue);
    pthread_mutex_init(&queue->lock, NULL);
    CDS_INIT_LIST_HEAD(&queue->items);
    return queue;
}

void packet_in_queue_destroy(struct packet_in_queue *queue)
{
    if (queue) {
        struct item *item;
        while ((item = take(queue))) {
            free(item);
        }
        loop_watch_destroy(queue->watch);
        close(queue->fd);
        pthread_mutex_destroy(&queue->lock);
        free(queue);
    }
}

static struct item *copy_item(const struct ofp_packet_in *pin, uint16_t controller_id, uint16_t max_len)
{
    size_t packet_len = MIN(pin->packet_len, (size_t) max_len);
    struct item *item = xmalloc(sizeof *item + packet_len + pin->userdata_len);
    item->pin = *pin;
    item->pin.packet_len = packet_len;
    if (packet_len) {
        memcpy(item->data, pin->packet, packet_len);
    }
    if (pin->userdata_len) {
        memcpy(item->data + packet_len, pin->userdata, pin->userdata_len);
    }
    item->pin.packet = item->data;
    item->pin.userdata = item->data + packet_len;
    item->controller_id = controller_id;
    item->max_len = max_len;
    return item;
}

void packet_in_queue_put(struct packet_in_queue *queue, const struct ofp_packet_in *pin, uint16_t controller_id,
                         uint16_t max_len)
{
    struct item *item = copy_item(pin, controller_id, max_len);
    pthread_mutex_lock(&queue->lock);
    bool full = queue->n >= MAX_WAITING || queue->n_bytes + item_size(item) > MAX_BYTES;
    bool wake = !full && !queue->n;
    if (!full) {
        cds_list_add_tail(&item->node, &queue->items);
        queue->n++;
        queue->n_bytes += item_size(item);
    }
    if (wake) {
        uint64_t one = 1;
        ssize_t n = write(queue->fd, &one, sizeof one);
        (void) n; /* cannot fail: the count is small */
    }
    pthread_mutex_unlock(&queue->lock);
    if (full) {
        COVERAGE_INC(packet_in_queue_full);
        free(item);
    }
}
