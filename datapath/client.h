/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath as its clients see it: ports, flows, upcalls and statistics of a running weft-datapathd.
 *
 * A struct dp_client is one connection over the datapath's Unix seqpacket socket; requests block until they are answered, and
 * answers take microseconds, because the datapath's main thread does nothing that waits. A client belongs to one thread at a
 * time; threads that want to talk side by side open one each. Requests fail with EPIPE or ECONNRESET when the datapath has died; the client
 * is then only good for dp_client_destroy().
 *
 * The first program that calls dp_upcalls_open() is the *control program*: misses go to it. When its connection closes the
 * datapath goes on forwarding what it knows; ports, flows, statistics and learned state stay, for the next control program to adopt.
 * A second control program gets EBUSY while the first lives.
 *
 * Integers are in host order unless their type says otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/uuid.h"
#include "lib/net/flow.h"
#include "lib/net/headers.h"
#include "lib/net/reason.h"

struct dp_client;
struct smap;
struct strbuf;

enum {
    DP_PORT_NAME_MAX = 63,      /* characters */
    DP_PORT_TYPE_MAX = 31,      /* characters */
    DP_PORT_NONE = 0xffffffffu, /* no port; asks the datapath to choose a number */
    DP_MAX_PORTS = 65280,       /* port numbers are below this */
    DP_FLOW_NONE = 0xffffffffu,
};

/* Connection. */

/* Connects to the socket 'path' (null: datapath.sock in the run directory) and shakes hands. Null and a sentence in '*errorp' on
 * failure (the caller frees it). */
struct dp_client *dp_client_open(const char *path, char **errorp) WARN_UNUSED;
void dp_client_destroy(struct dp_client *); /* null is fine */

struct dp_info {
    struct uuid instance; /* drawn when the datapath starts: another one means that it was restarted */
    int pid;
    uint32_t version;     /* of the protocol that was agreed on */
    unsigned int n_threads; /* forwarding threads */
    uint32_t max_flows;   /* flow ids are below this */
    char name[64];        /* e.g. "ovs-system" */
};
const struct dp_info *dp_client_info(const struct dp_client *);

/* 0, or the errno with which the connection broke: every request fails with it from then on. */
int dp_client_broken(const struct dp_client *);

/* Does it have tunnel ports, ACTION_TNL_PUSH and ACTION_TNL_POP? An older datapath refuses them. */
bool dp_client_has_tunnels(const struct dp_client *);

/* Ports. */

struct dp_port {
    uint32_t no;
    char name[DP_PORT_NAME_MAX + 1];
    char type[DP_PORT_TYPE_MAX + 1]; /* "system", "internal", "tap", "vhostuserclient", "vxlan", "geneve", "gre", "pcap", "dummy", ... */
    struct eth_addr mac;
    uint32_t mtu;     /* bytes */
    int ifindex;      /* 0: none */
    bool admin_up, carrier;
    uint32_t speed_mbps; /* 0: not known */
    char error[128];  /* why the port does not work now, e.g. its device vanished; else "" */
};

struct dp_port_stats {
    uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* Adds a port; '*no' asks for a number (DP_PORT_NONE: any) and receives the one given. 0, or a positive errno and a sentence
 * in '*errorp' (the caller frees it): ENODEV for a device that is not there, EEXIST, EINVAL for a bad type or option, EPERM, ENOSPC. */
int dp_port_add(struct dp_client *, const char *name, const char *type, const struct smap *options,
                uint32_t *no, char **errorp) WARN_UNUSED;
int dp_port_del(struct dp_client *, uint32_t no) WARN_UNUSED;

/* Changes what is not null/0: options (as at add), mac, mtu, and the device's admin state. */
struct dp_port_change {
    const struct smap *options;
    const struct eth_addr *mac;
    uint32_t mtu;
    bool set_admin, admin_up;
};
int dp_port_set(struct dp_client *, uint32_t no, const struct dp_port_change *, char **errorp)
    WARN_UNUSED;
int dp_port_get(struct dp_client *, uint32_t no, struct dp_port *, struct dp_port_stats *) WARN_UNUSED;
int dp_port_find(struct dp_client *, const char *name, struct dp_port *) WARN_UNUSED;

/* All ports; the caller frees both arrays, either of which may be null if it is not wanted. */
int dp_port_dump(struct dp_client *, struct dp_port **, struct dp_port_stats **, size_t *n) WARN_UNUSED;

/* Subscribes the connection to changes of ports (added, deleted, state). From then on it serves only dp_port_event_recv(). */
int dp_port_events_open(struct dp_client *) WARN_UNUSED;
int dp_client_fd(const struct dp_client *); /* readable when an event waits */

/* The next event without blocking: 0, EAGAIN, or an error. 'deleted' says whether the port is gone. */
int dp_port_event_recv(struct dp_client *, struct dp_port *, bool *deleted) WARN_UNUSED;

/* Limits of a port, for all kinds alike (see datapath/port_qos.h). What exceeds them is dropped. They stay when the control program goes.
 *
 * A queue is chosen by skb_priority: (1 << 16) + id + 1. Packets of a queue that is not there leave by queue 0, and if that is not
 * there either, by none. Version 5 of the protocol; before it these are EOPNOTSUPP. */

enum { DP_QOS_MAX_QUEUES = 2048, DP_QOS_MAX_QUEUE_ID = 0xf000 /* ids are below it */ };

struct dp_queue {
    uint32_t id;
    uint64_t min_rate, max_rate; /* bits a second; 0: no guarantee, no limit */
    uint64_t burst;              /* bits */
};

struct dp_port_qos {
    uint64_t rate, burst;                     /* of all that leaves: bits a second, 0 for no limit; bits */
    uint32_t uncounted;                       /* bytes of each packet that the two above do not count */
    uint64_t in_rate, in_burst;               /* of what comes: bits a second, 0 for no limit; bits */
    uint64_t in_packet_rate, in_packet_burst; /* likewise in packets */
    const struct dp_queue *queues;            /* by ascending id */
    size_t n_queues;
};

/* Sets all limits of the port anew; queues with an id that the port has already keep their counters. ENODEV, EINVAL. */
int dp_port_set_qos(struct dp_client *, uint32_t no, const struct dp_port_qos *) WARN_UNUSED;

struct dp_queue_stats {
    uint32_t id;
    uint64_t packets, bytes; /* that were let through; super-packets count as many as they have segments */
    uint64_t dropped;
    uint64_t duration_ns;    /* since the queue was set first */
};

/* Of all queues of the port, by ascending id; the caller frees '*stats'. */
int dp_port_queue_stats(struct dp_client *, uint32_t no, struct dp_queue_stats **stats, size_t *n) WARN_UNUSED;

/* Flows. */

struct dp_flow_stats {
    uint64_t packets, bytes;
    int64_t used_ms;    /* clock_ms() of the last packet, 0: never */
    uint16_t tcp_flags; /* host order: all flags seen */
};

enum dp_op_type { DP_OP_FLOW_PUT, DP_OP_FLOW_DEL, DP_OP_EXECUTE };
enum { DP_PUT_CREATE = 1, DP_PUT_MODIFY = 2, DP_PUT_ZERO_STATS = 4 };

/* One of several operations that go to the datapath together. */
struct dp_op {
    enum dp_op_type type;

    /* FLOW_PUT, FLOW_DEL: which flow. Flows are named by 'ufid', which the control program draws. */
    struct uuid ufid;
    unsigned int flags;         /* FLOW_PUT: DP_PUT_* */
    const struct flow *key;     /* FLOW_PUT; EXECUTE: metadata (in_port, recirc_id, marks) */
    const struct flow *mask;    /* FLOW_PUT; in_port and recirc_id must be exact */
    const void *actions;        /* FLOW_PUT, EXECUTE */
    size_t actions_size;

    /* EXECUTE. FLOW_PUT: if not null, the actions are also carried out on the packet, whether or not the flow was put; what comes of that is
     * not told. */
    const void *packet;         /* bytes, from the Ethernet header on */
    size_t packet_len;
    const struct dp_offload *offload; /* may be null */

    /* Results. */
    int error;                  /* 0 or a positive errno: EEXIST, ENOENT, EINVAL, ENOSPC */
    uint32_t flow_id;           /* FLOW_PUT; a flow that is put again with DP_PUT_ZERO_STATS gets another one,
                                   and packets may miss in between */
    bool exact;                 /* FLOW_PUT: too many masks: the flow matches 'key' exactly (see below) */
    struct dp_flow_stats stats; /* FLOW_DEL: the final ones; FLOW_PUT of an existing flow: so far */
};

/* There is a cap on the number of different masks on a port, because each costs the others' lookups time. Past it a flow is
 * installed in a narrower form, which matches exactly 'key' in all lines that the key or the mask uses. So send the packet's own key, not one
 * that was masked before: a narrowed flow is right in any case, but only useful if packets look like its key. */

/* The offload debt of a packet that came by upcall and goes back by EXECUTE (see lib/net/packet.h). The gso_size of a packet that is no
 * super-packet is its frag_mtu. */
struct dp_offload {
    uint8_t offload, gso_type;
    uint16_t gso_size, hdr_len, csum_start, csum_offset;
};

/* Carries out 'n' operations in order, each with a result of its own. 0, or the errno of a broken connection. */
int dp_operate(struct dp_client *, struct dp_op *ops, size_t n) WARN_UNUSED;

int dp_flow_flush(struct dp_client *) WARN_UNUSED;

struct dp_flow {
    struct uuid ufid;
    uint32_t id;
    const struct flow *key, *mask; /* valid until the next call */
    const void *actions;
    size_t actions_size;
    struct dp_flow_stats stats;
};

/* Calls 'cb' for each flow until it returns false. Flows that come or go meanwhile may be seen or not; no other is
 * seen twice. 'cb' must not use the same client. */
int dp_flow_dump(struct dp_client *, bool (*cb)(void *aux, const struct dp_flow *), void *aux) WARN_UNUSED;

/* One flow by its ufid. '*flow' points into the client until its next request. */
int dp_flow_get(struct dp_client *, const struct uuid *ufid, struct dp_flow *) WARN_UNUSED;

/* Select tables: which bucket of a select group is for which hash (see ACTION_SELECT in lib/net/action.h, and lib/net/select.h).
 *
 * A table never changes. Its id is drawn by the control program, which puts a table before the first flow that names it, and for
 * another distribution puts another table under another id and changes the flows. A deleted table cannot be named by flows and
 * executions any more; it goes, with its statistics, once no flow uses it, and until then its id is taken. All of them stay when the
 * control program goes.
 *
 * Version 2 of the protocol; before it these are EOPNOTSUPP, as are all about meters. */

enum {
    DP_SELECT_MAX_TABLES = 65536,
    DP_SELECT_MAX_SLOTS = 32749,
    DP_SELECT_MAX_MEMORY = 256 << 20, /* bytes of all tables, counters included */
};

/* Entry h of 'slots' is the bucket, below 'n_buckets' (1 to ACTION_SELECT_MAX_BUCKETS), for slot h. 0, EEXIST for an id that is taken,
 * EINVAL, or ENOSPC. Flows whose actions name an unknown table get ENOENT, those that have another number of buckets than their table
 * EINVAL. */
int dp_select_put(struct dp_client *, uint32_t id, const uint16_t *slots, uint32_t n_slots,
                  uint32_t n_buckets) WARN_UNUSED;
int dp_select_del(struct dp_client *, uint32_t id) WARN_UNUSED; /* ENOENT also if it was deleted before */

struct dp_select_stats {
    uint64_t packets, bytes;
};

/* The sums over all forwarding threads since the table was put. Also of a deleted table that is still in use. ENOENT, or EINVAL if
 * the table does not have 'n_buckets'. */
int dp_select_stats(struct dp_client *, uint32_t id, struct dp_select_stats *, uint32_t n_buckets) WARN_UNUSED;

struct dp_select {
    uint32_t id, n_slots, n_buckets;
    uint32_t n_flows;      /* that use it */
    bool deleted;
    const uint16_t *slots; /* valid until 'cb' returns */
};

/* Calls 'cb' for each table, deleted ones included, until it returns false. 'cb' must not use the same client. */
int dp_select_dump(struct dp_client *, bool (*cb)(void *aux, const struct dp_select *), void *aux) WARN_UNUSED;

/* Meters (see ACTION_METER). A meter is there from dp_meter_set() to dp_meter_del(), whether flows name it or not, and whether there is a
 * control program or not. */

enum { DP_MAX_METERS = 262144 /* ids are below it */, DP_METER_MAX_BANDS = 8 };
enum { DP_METER_KBPS = 1, DP_METER_PKTPS = 2, DP_METER_BURST = 4, DP_METER_STATS = 8 }; /* as in OpenFlow */
enum { DP_METER_DROP = 1, DP_METER_DSCP_REMARK = 2 };                                   /* likewise */

struct dp_meter_band {
    uint32_t type;  /* DP_METER_DROP or DP_METER_DSCP_REMARK */
    uint32_t rate;  /* 1000 bits, or packets, a second */
    uint32_t burst; /* 1000 bits, or packets: the bucket's size, if DP_METER_BURST is set and it is not 0; else one second of 'rate' */
    uint32_t prec_level; /* DSCP_REMARK: by how much the drop precedence grows */
};

/* Bytes count from the Ethernet header on; a super-packet counts with all its bytes, and as many packets as it has segments. Each
 * band has a bucket of tokens, full at first. A packet exceeds a band if its bucket has too few tokens for it; else it takes them. Of
 * the bands that it exceeds the one with the highest rate is applied. */
struct dp_meter_config {
    unsigned int flags; /* one of DP_METER_KBPS and DP_METER_PKTPS, and the others */
    unsigned int n_bands;
    struct dp_meter_band bands[DP_METER_MAX_BANDS];
};

struct dp_meter_stats {
    uint64_t packets, bytes; /* that came, super-packets counted as above */
    uint64_t duration_ns;    /* since the meter was set last */
    unsigned int n_bands;
    struct {
        uint64_t packets, bytes;
    } bands[DP_METER_MAX_BANDS]; /* that the band was applied to */
};

/* Sets a meter, new or in place of the one with this id; statistics and buckets start afresh. 0 or EINVAL. */
int dp_meter_set(struct dp_client *, uint32_t id, const struct dp_meter_config *) WARN_UNUSED;
int dp_meter_del(struct dp_client *, uint32_t id, struct dp_meter_stats *) WARN_UNUSED; /* ENOENT; the final statistics may be null */
int dp_meter_stats(struct dp_client *, uint32_t id, struct dp_meter_stats *) WARN_UNUSED; /* ENOENT */

/* Calls 'cb' for each meter until it returns false. 'cb' must not use the same client. */
int dp_meter_dump(struct dp_client *,
                  bool (*cb)(void *aux, uint32_t id, const struct dp_meter_config *, const struct dp_meter_stats *),
                  void *aux) WARN_UNUSED;

/* Statistics in shared memory. Reading them costs no message. */
struct dp_stats;
struct dp_stats *dp_stats_open(struct dp_client *, char **errorp) WARN_UNUSED;
void dp_stats_close(struct dp_stats *);

/* Any thread. The sum over all forwarding threads. */
void dp_stats_flow(const struct dp_stats *, uint32_t flow_id, struct dp_flow_stats *);
uint64_t dp_stats_packets(const struct dp_stats *, uint32_t flow_id); /* 0 for an id that cannot be */
void dp_stats_prefetch(const struct dp_stats *, uint32_t flow_id);

struct dp_totals {
    uint64_t n_hit, n_missed, n_lost; /* packets: found in the caches; sent up; dropped because the ring was full */
    uint64_t n_cache_hit;             /* of n_hit, without a lookup in the megaflow table */
    uint64_t n_mask_hit;              /* masks tried for all lookups in the megaflow table */
    uint32_t n_flows, n_masks, n_ports;
    uint64_t drops[DROP_N_REASONS];
    uint64_t malformed;               /* packets whose inner headers were cut or wrong; forwarded all the same */
    uint64_t n_frames, n_frames_free; /* of the packet arena */
};
int dp_totals_get(struct dp_client *, struct dp_totals *) WARN_UNUSED;

/* Upcalls. */

enum dp_upcall_kind { DP_UPCALL_MISS = 1, DP_UPCALL_ACTION };

struct dp_upcall {
    enum dp_upcall_kind kind;
    struct flow key;           /* of the packet, at the datapath's place of the miss or action */
    const uint8_t *packet;     /* in the ring: valid until dp_upcall_release() */
    uint32_t packet_len;       /* bytes at 'packet' */
    uint32_t full_len;         /* bytes of the packet before it was cut for the upcall */
    struct dp_offload offload;
    const uint8_t *userdata;   /* ACTION: as in the action */
    uint32_t userdata_len;
    uint64_t time_ns;          /* clock_ns() when it was queued */
};

/* Becomes the control program, with 'n_handlers' handlers; handler h reads with dp_upcall_recv(upcalls, h, ...). Needs its client to
 * stay open. EBUSY if there is a live control program. */
struct dp_upcalls;
struct dp_upcalls *dp_upcalls_open(struct dp_client *, unsigned int n_handlers, char **errorp) WARN_UNUSED;
void dp_upcalls_close(struct dp_upcalls *);

/* One thread per handler, from here on. */

/* A descriptor that is readable when upcalls wait for 'handler'. */
int dp_upcalls_fd(const struct dp_upcalls *, unsigned int handler);

/* The next upcall, without blocking; takes turns among the forwarding threads' rings. False if there is none: then
 * the descriptor was rearmed. What the datapath wrote is checked before it is handed out. Several may be received before they are released, in
 * order. */
bool dp_upcall_recv(struct dp_upcalls *, unsigned int handler, struct dp_upcall *) WARN_UNUSED;
void dp_upcall_release(struct dp_upcalls *, unsigned int handler, size_t n);

/* Settings and commands. */

/* Settings by name, e.g. "pmd-cpu-mask", "n-threads"; unknown ones are EINVAL with a sentence in '*errorp'. */
int dp_config_set(struct dp_client *, const struct smap *, char **errorp) WARN_UNUSED;

/* A command for the daemon itself, such as "vlog/set", "coverage/show", "memory/show", "time/warp", "netdev-dummy/receive" (the last two under
 * --enable-dummy only). The text of the answer is appended to 'reply', also that of an error. 0, or EINVAL for an error, or that of a
 * broken connection. */
int dp_command(struct dp_client *, int argc, const char *const argv[], struct strbuf *reply) WARN_UNUSED;
