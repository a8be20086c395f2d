/* SPDX-License-Identifier: Apache-2.0 */
/* A datapath port: something that packets come from and go to.
 *
 * The kind is an operations struct (port_tap.c, port_packet.c, ...). The main thread opens, changes and closes ports; the forwarding thread
 * that owns a receive queue calls rx on it, and any forwarding thread calls tx on its own transmit queue, so no
 * queue is shared. A port is closed only after a grace period in which every forwarding thread dropped it. */
#pragma once

#include "datapath/client.h"
#include "lib/base/compiler.h"
#include "lib/base/rcu.h"
#include "lib/net/packet.h"

struct port;
struct batch;
struct frame_cache;
struct smap;
struct loop;

enum { PORT_MAX_QUEUES = 16 };

/* What a port can send without help. */
enum {
    PORT_TX_CSUM = 1,
    PORT_TX_TSO4 = 2,
    PORT_TX_TSO6 = 4,
    PORT_TX_USO = 8,
    PORT_TX_TSO_ECN = 16,
    PORT_TX_GATHER = 32, /* a tail behind a head that is not full */
    PORT_TX_PIECES = 64,
    /* a tail in pieces */
};

/* Written by one forwarding thread, read by the main thread (relaxed). */
struct port_counters {
    uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
} CACHE_ALIGNED;

/* Adds to a counter of the own thread. */
static inline void port_count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

struct port_ops {
    const char *type;

    /* Main thread. */

    /* Opens the device named port->name and sets mac, mtu, features, n_rxq. 0 or a positive errno with a sentence. */
    int (*open)(struct port *, const struct smap *options, char **errorp);
    void (*close)(struct port *);

    /* Applies changed options, mac, mtu, admin state; may be null (EOPNOTSUPP). */
    int (*set)(struct port *, const struct dp_port_change *, char **errorp);

    /* Brings mac, mtu, admin_up, carrier, error up to date; called after link events and once a second for kinds without. */
    void (*refresh)(struct port *);

    /* May be null. Adds what Interface.status says of the port's kind. */
    void (*status)(const struct port *, struct smap *);

    /* The owning forwarding thread. */

    /* A descriptor to poll for input on queue 'q', the same from open to close; -1 if there is none, and the queue is polled. Main thread. */
    int (*rx_fd)(const struct port *, unsigned int q);

    /* May be null. The thread begins to poll queue 'q' without regard to its descriptor, or stops doing so: between the two, whoever
     * feeds the queue need not make the descriptor ready. If there is input when it stops, the descriptor is ready. A queue is not polled
     * at first. Also the main thread, when no thread has the queue. */
    void (*rx_poll)(struct port *, unsigned int q, bool on);

    /* Appends at most 'max' packets to 'batch', each in a frame of 'frames'. Returns how many. Never blocks. The core counts what is
     * returned and checks its debts; rx itself counts in port->counters[frame_cache_thread(frames)] what it lost before that. */
    unsigned int (*rx)(struct port *, unsigned int q, struct frame_cache *frames, struct batch *, unsigned int max);

    /* Any forwarding thread; 'q' is the thread's own. */

    /* Sends the packets, in order, as far as the device takes them without blocking; returns how many were taken (the first ones). If
     * not all were, '*why' says what became of the next one; the core drops that, and calls again for those behind it unless they would
     * fare the same (DROP_TX_QUEUE_FULL, DROP_PORT_DOWN). The packets and frames stay the caller's; they may be shared with
     * other ports' queues, so tx changes nothing in them but the bytes in front of 'data'. Debts that the features exclude are paid already;
     * the core counts what was taken and what was not. 'thread' is the caller's index, at most DATAPATH_MAX_THREADS. */
    unsigned int (*tx)(struct port *, unsigned int thread, struct packet *const *, unsigned int n, enum drop_reason *why);

    /* May be null. After one or more calls of tx and before the thread's next quiescent state: wakes up whoever receives, if need be. */
    void (*tx_done)(struct port *, unsigned int thread);
};

struct port {
    const struct port_ops *ops;
    uint32_t no;
    char name[DP_PORT_NAME_MAX + 1];
    void *priv; /* the kind's own */
    struct frame_cache *frames; /* main thread's, for memory that a device is to have for itself; set before open */

    /* main: rw; forwarding: ro, relaxed */
    struct eth_addr mac;
    uint32_t mtu;
    int ifindex;
    bool admin_up, carrier;
    uint32_t speed_mbps;
    uint32_t tx_features; /* PORT_TX_* */
    unsigned int n_rxq;
    char error[128];

    struct port_counters *counters; /* the core's: DATAPATH_MAX_THREADS + 1, indexed by thread */
};

/* Main thread: what forwarding threads read meanwhile. */
static inline void port_set_mtu(struct port *port, uint32_t mtu)
{
    __atomic_store_n(&port->mtu, mtu, __ATOMIC_RELAXED);
}

static inline void port_set_admin(struct port *port, bool up)
{
    __atomic_store_n(&port->admin_up, up, __ATOMIC_RELAXED);
}

/* The kinds, ended by null. */
extern const struct port_ops *const port_kinds[];
const struct port_ops *port_kind_find(const char *type);
