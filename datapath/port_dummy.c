/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "dummy", for tests: packets come by command, and what is sent can be recorded.
 *
 * Options, as OVS's dummy devices have them: n_rxq; rxq_pcap and tx_pcap, files that record what
 * was received and sent; pcap, one file for both.
 *
 * A receive queue is a ring that the main thread fills and one forwarding thread empties. The main
 * thread owns the slots' memory for ever, so that the forwarding thread frees nothing. */
#include "datapath/port_dummy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "datapath/batch.h"
#include "datapath/capture.h"
#include "datapath/port_kinds.h"
#include "datapath/port_vnet.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

enum { RING_SIZE = 64, MTU_DEFAULT = 1500 };

struct slot {
    uint8_t *data; /* owned, 'allocated' bytes */
    size_t n, allocated;
};

struct dummy_queue {
    int event_fd;  /* readable while packets wait */
    uint32_t head; /* main thread: wo; forwarding: ro */
    uint32_t tail; /* forwarding: wo; main thread: ro */
    struct slot slots[RING_SIZE];
};

struct dummy {
    unsigned int n_queues;
    struct dummy_queue *queues;
    struct capture *rx_capture, *tx_capture; /* may be the same, or null */
};

bool port_is_dummy(const struct port *port)
{
    return port->ops == &port_dummy_ops;
}

static char *open_captures(struct dummy *dummy, const struct smap *options)
{
    const char *both = smap_get(options, "pcap");
    const char *rx = smap_get(options, "rxq_pcap"), *tx = smap_get(options, "tx_pcap");
    char *error = NULL;

    if (both) {
        dummy->rx_capture = dummy->tx_capture = capture_open(both, &error);
        return error;
    }
    if (rx) {
        dummy->rx_capture = capture_open(rx, &error);
    }
    if (tx && !error) {
        dummy->tx_capture = capture_open(tx, &error);
    }
    return error;
}

static void destroy(struct dummy *dummy)
{
    for (unsigned int q = 0; q < dummy->n_queues; q++) {
        struct dummy_queue *queue = &dummy->queues[q];
        if (queue->event_fd >= 0) {
            close(queue->event_fd);
        }
        for (size_t i = 0; i < RING_SIZE; i++) {
            free(queue->slots[i].data);
        }
    }
    free(dummy->queues);
    if (dummy->rx_capture != dummy->tx_capture) {
        capture_close(dummy->rx_capture);
    }
    capture_close(dummy->tx_capture);
    free(dummy);
}

/* A locally administered address that follows from the name, so that tests know it. */
static struct eth_addr derive_mac(const char *name)
{
    uint32_t sum = 2166136261u; /* FNV-1a: must not depend on the process's secret */
    struct eth_addr mac = { { 0xaa, 0x55 } };

    for (const char *p = name; *p; p++) {
        sum = (sum ^ (uint8_t) *p) * 16777619u;
    }
    memcpy(&mac.ea[2], &sum, sizeof sum);
    return mac;
}

static int dummy_open(struct port *port, const struct smap *options, char **errorp)
{
    unsigned int n_queues = 1;

    *errorp = port_check_options(options, "n_rxq", "pcap", "rxq_pcap", "tx_pcap", NULL);
    if (!*errorp) {
        *errorp = port_n_rxq_option(options, &n_queues);
    }
    if (*errorp) {
        return EINVAL;
    }

    struct dummy *dummy = xzalloc(sizeof *dummy);
    dummy->n_queues = n_queues;
    dummy->queues = xcalloc(n_queues, sizeof *dummy->queues);
    for (unsigned int q = 0; q < n_queues; q++) {
        dummy->queues[q].event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (dummy->queues[q].event_fd < 0 && !*errorp) {
            *errorp = xasprintf("%s: %s", port->name, strerror(errno));
        }
    }
    if (!*errorp) {
        *errorp = open_captures(dummy, options);
    }
    if (*errorp) {
        destroy(dummy);
        return EINVAL;
    }
    port->priv = dummy;
    port->mac = derive_mac(port->name);
    port->mtu = MTU_DEFAULT;
    port->admin_up = port->carrier = true;
    port->n_rxq = n_queues;
    return 0;
}

static void dummy_close(struct port *port)
{
    destroy(port->priv);
    port->priv = NULL;
}

static int dummy_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    const struct dummy *dummy = port->priv;
    unsigned int n_queues;

    if (change->options) {
        *errorp = port_n_rxq_option(change->options, &n_queues);
        if (!*errorp && n_queues != dummy->n_queues) {
            *errorp = xstrdup("options:n_rxq cannot be changed while the port exists");
        }
        if (*errorp) {
            return EINVAL;
        }
    }
    if (change->mac) {
        port->mac = *change->mac;
    }
    if (change->mtu) {
        port_set_mtu(port, change->mtu);
    }
    if (change->set_admin) {
        port_set_admin(port, change->admin_up);
    }
    return 0;
}

void port_dummy_set_carrier(struct port *port, bool up)
{
    port->carrier = up;
}

int port_dummy_receive(struct port *port, unsigned int q, const void *data, size_t n)
{
    struct dummy *dummy = port->priv;
    const uint64_t one = 1;

    if (q >= dummy->n_queues) {
        return EINVAL;
    }
    if (!n || n > PACKET_MAX_SIZE) {
        return EMSGSIZE;
    }
    struct dummy_queue *queue = &dummy->queues[q];
    if (queue->head - __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE) >= RING_SIZE) {
        return ENOBUFS;
    }
    struct slot *slot = &queue->slots[queue->head % RING_SIZE];
    if (n > slot->allocated) {
        free(slot->data);
        slot->data = xmalloc(n);
        slot->allocated = n;
    }
    memcpy(slot->data, data, n);
    slot->n = n;
    __atomic_store_n(&queue->head, queue->head + 1, __ATOMIC_RELEASE);
    return write(queue->event_fd, &one, sizeof one) == sizeof one ? 0 : errno;
}

bool port_dummy_is_drained(const struct port *port)
{
    const struct dummy *dummy = port->priv;

    for (unsigned int q = 0; q < dummy->n_queues; q++) {
        if (dummy->queues[q].head != __atomic_load_n(&dummy->queues[q].tail, __ATOMIC_ACQUIRE)) {
            return false;
        }
    }
    return true;
}

static int dummy_rx_fd(const struct port *port, unsigned int q)
{
    const struct dummy *dummy = port->priv;

    return dummy->queues[q].event_fd;
}

static bool fill(struct packet *p, struct frame_cache *frames, const struct slot *slot)
{
    p->head_len = MIN(slot->n, PACKET_HEAD_SIZE);
    memcpy(p->data, slot->data, p->head_len);
    if (slot->n > p->head_len) {
        p->tail = frame_cache_get_tail(frames);
        if (!p->tail) {
            return false;
        }
        p->tail_len = slot->n - p->head_len;
        memcpy(p->tail, slot->data + p->head_len, p->tail_len);
    }
    return true;
}

static unsigned int dummy_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                             struct batch *batch, unsigned int max)
{
    struct dummy *dummy = port->priv;
    struct dummy_queue *queue = &dummy->queues[q];
    uint32_t tail = queue->tail;
    uint64_t ignored;
    unsigned int n = 0;

    if (read(queue->event_fd, &ignored, sizeof ignored) < 0) {
        return 0; /* nothing came since the last time */
    }
    while (n < MIN(max, batch_room(batch)) &&
           tail != __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE)) {
        const struct slot *slot = &queue->slots[tail++ % RING_SIZE];
        struct packet *p = frame_cache_get(frames);
        if (p && fill(p, frames, slot)) {
            if (dummy->rx_capture) {
                capture_packet(dummy->rx_capture, p);
            }
            batch_add(batch, p);
            n++;
        } else if (p) {
            frame_cache_drop(frames, p, DROP_NO_BUFFER);
        } else {
            frame_cache_count_drops(frames, DROP_NO_BUFFER, 1);
        }
    }
    __atomic_store_n(&queue->tail, tail, __ATOMIC_RELEASE);
    if (tail != __atomic_load_n(&queue->head, __ATOMIC_ACQUIRE)) {
        const uint64_t one = 1;
        (void) !write(queue->event_fd, &one, sizeof one); /* the rest is for the next turn */
    }
    if (dummy->rx_capture && n) {
        capture_flush(dummy->rx_capture);
    }
    return n;
}

static unsigned int dummy_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                             unsigned int n, enum drop_reason *why)
{
    const struct dummy *dummy = port->priv;

    if (!__atomic_load_n(&port->admin_up, __ATOMIC_RELAXED)) {
        *why = DROP_PORT_DOWN;
        return 0;
    }
    if (dummy->tx_capture) {
        for (unsigned int i = 0; i < n; i++) {
            capture_packet(dummy->tx_capture, packets[i]);
        }
        capture_flush(dummy->tx_capture);
    }
    return n;
}

const struct port_ops port_dummy_ops = {
    .type = "dummy",
    .open = dummy_open,
    .close = dummy_close,
    .set = dummy_set,
    .rx_fd = dummy_rx_fd,
    .rx = dummy_rx,
    .tx = dummy_tx,
};
