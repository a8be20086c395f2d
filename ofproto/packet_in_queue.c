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
#include "ofproto/fair_queue.h"

LOG_MODULE(packet_in_queue);

COVERAGE_DEFINE(packet_in_queue_full);

/* At most so many wait, and so many are sent before the loop does other things: few enough for a connection whose peer reads to take them all. */
enum { MAX_WAITING = 4096, MAX_BYTES = 16 * 1024 * 1024, BURST = 32 };

struct item {
    struct fair_item fair;
    struct ofp_packet_in pin;
    uint16_t controller_id;
    uint8_t data[]; /* the packet, the user data, the continuation */
};

struct packet_in_queue {
    packet_in_cb *cb;
    void *aux;
    int fd; /* an eventfd: not 0 while there are items */
    struct loop_watch *watch;

    pthread_mutex_t lock; /* of what follows */
    struct fair_queue *items;
};

static struct item *take(struct packet_in_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct fair_item *fair = fair_queue_take(queue->items);
    if (!fair) {
        uint64_t count;
        ssize_t n = read(queue->fd, &count, sizeof count);
        (void) n; /* it may be 0 already */
    }
    pthread_mutex_unlock(&queue->lock);
    return fair ? CONTAINER_OF(fair, struct item, fair) : NULL;
}

static void deliver(void *aux, unsigned int events)
{
    struct packet_in_queue *queue = aux;
    struct item *item;
    for (int i = 0; i < BURST && (item = take(queue)); i++) {
        queue->cb(queue->aux, &item->pin, item->controller_id);
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
    queue->items = fair_queue_create(MAX_WAITING, MAX_BYTES);
    return queue;
}

void packet_in_queue_destroy(struct packet_in_queue *queue)
{
    if (queue) {
        struct item *item;
        while ((item = take(queue))) {
            free(item);
        }
        fair_queue_destroy(queue->items);
        loop_watch_destroy(queue->watch);
        close(queue->fd);
        pthread_mutex_destroy(&queue->lock);
        free(queue);
    }
}

static struct item *copy_item(const struct ofp_packet_in *pin, uint16_t controller_id)
{
    size_t packet_len = pin->packet_len, size = sizeof(struct item) + packet_len + pin->userdata_len + pin->continuation_len;
    struct item *item = xmalloc(size);
    item->fair.size = size;
    item->pin = *pin;
    if (packet_len) {
        memcpy(item->data, pin->packet, packet_len);
    }
    if (pin->userdata_len) {
        memcpy(item->data + packet_len, pin->userdata, pin->userdata_len);
    }
    if (pin->continuation_len) {
        memcpy(item->data + packet_len + pin->userdata_len, pin->continuation, pin->continuation_len);
    }
    item->pin.packet = item->data;
    item->pin.userdata = item->data + packet_len;
    item->pin.continuation = item->data + packet_len + pin->userdata_len;
    item->controller_id = controller_id;
    return item;
}

void packet_in_queue_put(struct packet_in_queue *queue, const struct ofp_packet_in *pin, uint16_t controller_id)
{
    struct item *item = copy_item(pin, controller_id);
    struct fair_item *excess;
    pthread_mutex_lock(&queue->lock);
    bool wake = !fair_queue_n(queue->items);
    fair_queue_put(queue->items, pin->metadata.flow.in_port, &item->fair);
    while ((excess = fair_queue_take_excess(queue->items))) {
        COVERAGE_INC(packet_in_queue_full);
        free(CONTAINER_OF(excess, struct item, fair));
    }
    if (wake) {
        uint64_t one = 1;
        ssize_t n = write(queue->fd, &one, sizeof one);
        (void) n; /* cannot fail: the count is small */
    }
    pthread_mutex_unlock(&queue->lock);
}
