/* SPDX-License-Identifier: Apache-2.0 */
/* The messages on the datapath's socket, for both of its ends.
 *
 * The socket is a Unix seqpacket socket: one packet is one message, a header and a body of
 * attributes. An attribute is a struct dp_attr, its content, and zero bytes up to the next multiple
 * of 8; so any content is aligned to 8. Integers are in host order, because both programs run on
 * one machine, unless their type says otherwise.
 *
 * A connection starts with HELLO, in which the client offers a range of versions and the datapath
 * picks one; anything else before it ends the connection. Then the client sends one request at a
 * time. A request has one reply, or several of which all but the last carry DP_MSG_MORE; each
 * echoes the request's type and number. After PORT_EVENTS the datapath sends PORT_EVENT messages of
 * its own accord, and the client sends nothing more.
 *
 * Either side may be hostile to the other, so both check a message against the same table before
 * they look into it (dp_msg_check): which attributes may, must and may repeatedly occur in a
 * message of that type, and the size of each. Nothing is skipped over: an attribute or flag that
 * the version does not know is an error. A newer program says what an older one cannot understand
 * only after HELLO has agreed on a version that has it.
 *
 * The datapath answers a request that it cannot understand with EBADMSG and ends the connection; a
 * client does the same with a reply. */
#pragma once

#include "datapath/client.h"
#include "lib/base/compiler.h"

enum {
    DP_PROTOCOL_MIN = 1, /* versions that this program speaks */
    DP_PROTOCOL_MAX = 6,
    DP_PROTOCOL_SELECT = 2, /* the first with select tables, meters, and the actions that go with them */
    DP_PROTOCOL_TUNNEL = 3, /* the first with tunnel ports, and the actions TNL_PUSH and TNL_POP */
    DP_PROTOCOL_PUT_PACKET = 4, /* the first in which a FLOW_PUT may have a packet with it */
    DP_PROTOCOL_QOS = 5, /* the first with limits of ports */
    DP_PROTOCOL_REPEAT = 6, /* the first in which an operation may leave out what it repeats */
};

enum {
    DP_MSG_MAX = 131072,   /* bytes: a whole packet, its flow and the longest list of actions fit */
    DP_MSG_MAX_FDS = 64,   /* descriptors that come with one message */
    DP_MSG_MAX_OPS = 1024, /* operations in one OPERATE */
    DP_MAX_HANDLERS = 64,  /* handlers of a control program */
    DP_MAX_THREADS = 64,   /* forwarding threads */
    DP_MAX_ARGS = 64,      /* words of a command */
    DP_MAX_SETTINGS = 256, /* pairs in a map of options */
    DP_MAX_DROP_REASONS = 256,
};

#define DP_MSG_MAGIC 0x50446657u /* "WfDP" in memory */

enum dp_msg_type {
    DP_MSG_HELLO = 1,
    DP_MSG_PORT_ADD,
    DP_MSG_PORT_DEL,
    DP_MSG_PORT_SET,
    DP_MSG_PORT_GET, /* by number or name */
    DP_MSG_PORT_DUMP,
    DP_MSG_PORT_EVENTS,
    DP_MSG_PORT_EVENT, /* from the datapath only */
    DP_MSG_OPERATE,
    DP_MSG_FLOW_FLUSH,
    DP_MSG_FLOW_DUMP,
    DP_MSG_FLOW_GET,
    DP_MSG_TOTALS,
    DP_MSG_STATS_OPEN,
    DP_MSG_UPCALLS_OPEN,
    DP_MSG_CONFIG_SET,
    DP_MSG_COMMAND,
    DP_MSG_SELECT_PUT, /* this and the next ones: from version DP_PROTOCOL_SELECT on */
    DP_MSG_SELECT_DEL,
    DP_MSG_SELECT_STATS,
    DP_MSG_SELECT_DUMP,
    DP_MSG_METER_SET,
    DP_MSG_METER_DEL,
    DP_MSG_METER_STATS,
    DP_MSG_METER_DUMP,
    DP_MSG_PORT_QOS, /* this and all below: from version DP_PROTOCOL_QOS on */
    DP_MSG_PORT_QUEUES,
    DP_MSG_N_TYPES,
};

enum { DP_MSG_REPLY = 1, DP_MSG_MORE = 2 };

struct dp_msg {
    uint32_t magic;
    uint16_t type;  /* enum dp_msg_type */
    uint16_t flags; /* DP_MSG_REPLY, DP_MSG_MORE */
    uint32_t len;   /* bytes of the whole message */
    uint32_t seq;   /* drawn by the client, echoed in replies; 0 in PORT_EVENT */
    uint32_t error; /* replies: 0 or a positive errno; else 0 */
    uint32_t reserved;
};
static_assert(sizeof(struct dp_msg) == 24, "layout is part of version 1");

struct dp_attr {
    uint16_t type; /* enum dp_attr_type */
    uint16_t reserved;
    uint32_t len; /* bytes of content, without header and padding */
};
static_assert(sizeof(struct dp_attr) == 8, "layout is part of version 1");

enum dp_attr_type {
    DP_A_ERROR = 1,  /* string: a sentence that says what is wrong */
    DP_A_VERSIONS,   /* struct dp_wire_versions */
    DP_A_INFO,       /* struct dp_wire_info */
    DP_A_PORT_NO,    /* uint32_t */
    DP_A_NAME,       /* string */
    DP_A_TYPE,       /* string */
    DP_A_SETTINGS,   /* strings, a key and a value in turn */
    DP_A_MAC,        /* struct eth_addr */
    DP_A_MTU,        /* uint32_t */
    DP_A_ADMIN,      /* uint32_t, 0 or 1 */
    DP_A_PORT,       /* struct dp_wire_port */
    DP_A_PORT_STATS, /* struct dp_wire_port_record */
    DP_A_DELETED,    /* empty */
    DP_A_OP,        /* nested: OP_HEAD, and of KEY, MASK, ACTIONS, PACKET, OFFLOAD what it needs. From version DP_PROTOCOL_REPEAT on,
                     * a MASK or ACTIONS that is needed and not there is the latest one of an operation before, in the same message */
    DP_A_OP_HEAD,   /* struct dp_wire_op */
    DP_A_OP_RESULT, /* struct dp_wire_result, in the order of the operations */
    DP_A_KEY,       /* uint32_t bitmap of lines, uint32_t 0, then 64 bytes for each line in use */
    DP_A_MASK,      /* as KEY */
    DP_A_ACTIONS,   /* as in lib/net/action.h */
    DP_A_PACKET,    /* bytes, from the Ethernet header on */
    DP_A_OFFLOAD,   /* struct dp_offload */
    DP_A_UFID,      /* struct uuid */
    DP_A_CURSOR,    /* uint32_t: where a dump goes on */
    DP_A_FLOW,      /* nested: FLOW_HEAD, KEY, MASK, ACTIONS */
    DP_A_FLOW_HEAD, /* struct dp_wire_flow */
    DP_A_TOTALS,    /* struct dp_wire_totals */
    DP_A_DROPS,     /* uint64_t for each reason, from 0 on */
    DP_A_HANDLERS,  /* uint32_t: how many */
    DP_A_FDS,       /* struct dp_wire_fds: what the descriptors with this message are */
    DP_A_ARG,       /* string */
    DP_A_TEXT,      /* bytes */
    DP_A_ID,        /* uint32_t: of a select table or meter */
    DP_A_SELECT,    /* struct dp_wire_select, then its slots */
    DP_A_BUCKETS,   /* struct dp_wire_count for each bucket */
    DP_A_METER,     /* struct dp_wire_meter */
    DP_A_METER_STATS,  /* struct dp_wire_meter_stats */
    DP_A_METER_RECORD, /* struct dp_wire_meter_record */
    DP_A_QOS,          /* struct dp_wire_qos */
    DP_A_QUEUES,       /* struct dp_wire_queue for each queue, by ascending id */
    DP_A_QUEUE_STATS,  /* struct dp_wire_queue_stats for each queue, likewise */
    DP_A_N_TYPES,
};

struct dp_wire_versions {
    uint32_t min, max;
};

struct dp_wire_info {
    struct uuid instance;
    uint32_t pid, version, n_threads, max_flows;
    char name[64]; /* terminated */
};

struct dp_wire_port {
    uint32_t no;
    uint32_t mtu;
    uint32_t ifindex;
    uint32_t speed_mbps;
    struct eth_addr mac;
    uint8_t admin_up, carrier;
    char name[DP_PORT_NAME_MAX + 1]; /* this and all below: terminated */
    char type[DP_PORT_TYPE_MAX + 1];
    char error[128];
};

struct dp_wire_port_stats {
    uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

struct dp_wire_port_record {
    struct dp_wire_port port;
    struct dp_wire_port_stats stats;
};
static_assert(sizeof(struct dp_wire_port_record) == 248 + 64, "layout is part of version 1");

struct dp_wire_op {
    uint32_t type; /* enum dp_op_type */
    uint32_t flags;
    struct uuid ufid;
};

struct dp_wire_stats {
    uint64_t packets, bytes;
    int64_t used_ms;
    uint32_t tcp_flags;
    uint32_t reserved;
};

struct dp_wire_result {
    uint32_t error;
    uint32_t flow_id;
    uint32_t exact; /* 0 or 1 */
    uint32_t reserved;
    struct dp_wire_stats stats;
};

struct dp_wire_flow {
    struct uuid ufid;
    uint32_t id;
    uint32_t reserved;
    struct dp_wire_stats stats;
};

struct dp_wire_totals {
    uint64_t n_hit, n_missed, n_lost, n_cache_hit, n_mask_hit;
    uint32_t n_flows, n_masks, n_ports, reserved;
    uint64_t malformed, n_frames, n_frames_free;
};

struct dp_wire_count {
    uint64_t packets, bytes;
};

struct dp_wire_select {
    uint32_t id, n_slots, n_buckets;
    uint32_t n_flows; /* 0 in a request */
    uint32_t deleted; /* 0 or 1; 0 in a request */
    uint32_t reserved;
    uint16_t slots[]; /* n_slots of them */
};
static_assert(sizeof(struct dp_wire_select) == 24, "layout is part of version 2");

struct dp_wire_meter {
    uint32_t id, flags, n_bands, reserved;
    struct {
        uint32_t type, rate, burst, prec_level;
    } bands[DP_METER_MAX_BANDS]; /* those behind n_bands are 0 */
};
static_assert(sizeof(struct dp_wire_meter) == 144, "layout is part of version 2");

struct dp_wire_meter_stats {
    uint64_t packets, bytes, duration_ns;
    uint32_t n_bands, reserved;
    struct dp_wire_count bands[DP_METER_MAX_BANDS]; /* likewise */
};
static_assert(sizeof(struct dp_wire_meter_stats) == 160, "layout is part of version 2");

struct dp_wire_meter_record {
    struct dp_wire_meter meter;
    struct dp_wire_meter_stats stats;
};

struct dp_wire_qos {
    uint64_t rate, burst, in_rate, in_burst, in_packet_rate, in_packet_burst;
    uint32_t uncounted, reserved;
};
static_assert(sizeof(struct dp_wire_qos) == 56, "layout is part of version 5");

struct dp_wire_queue {
    uint32_t id, reserved;
    uint64_t min_rate, max_rate, burst;
};
static_assert(sizeof(struct dp_wire_queue) == 32, "layout is part of version 5");

struct dp_wire_queue_stats {
    uint32_t id, reserved;
    uint64_t packets, bytes, dropped, duration_ns;
};
static_assert(sizeof(struct dp_wire_queue_stats) == 40, "layout is part of version 5");

/* The answer to UPCALLS_OPEN comes in several messages. All rings come first, [thread][handler],
 * then the waiting ends of the handlers' bells (datapath/upcall_ring.h). */
struct dp_wire_fds {
    uint32_t n_threads; /* rings per handler: the forwarding threads and the main thread */
    uint32_t n_handlers;
    uint32_t first; /* place of this message's first descriptor in the whole sequence */
    uint32_t n;     /* descriptors with this message */
};

/* A message that is being built, in a buffer of DP_MSG_MAX bytes. Once something did not fit,
 * 'overflow' is set and nothing more is written. */
struct dp_builder {
    uint8_t *data; /* aligned to 8; the user's */
    size_t len;
    bool overflow;
};

void dp_build_start(struct dp_builder *, enum dp_msg_type, uint16_t flags, uint32_t seq,
                    uint32_t error);
void dp_build_put(struct dp_builder *, enum dp_attr_type, const void *content, size_t n);
void dp_build_u32(struct dp_builder *, enum dp_attr_type, uint32_t);
void dp_build_string(struct dp_builder *, enum dp_attr_type, const char *);
void dp_build_settings(struct dp_builder *, const struct smap *);
/* Only the lines that exist in the datapath. */
void dp_build_flow(struct dp_builder *, enum dp_attr_type, const struct flow *);

/* Nested attributes: begin returns the offset for end. */
size_t dp_build_begin(struct dp_builder *, enum dp_attr_type);
void dp_build_end(struct dp_builder *, size_t offset);

/* Forgets what was put since 'len', a length that the builder had between two attributes. */
void dp_build_rewind(struct dp_builder *, size_t len);

/* Writes the final length to the header. False after an overflow. */
bool dp_build_finish(struct dp_builder *) WARN_UNUSED;

/* A message that was checked. For an attribute that may be repeated 'attr' holds the first one. */
struct dp_parsed {
    const struct dp_msg *msg;
    const struct dp_attr *attr[DP_A_N_TYPES]; /* null: not there */
    const uint8_t *body;
    size_t body_len;
};

/* Checks the 'n' bytes at 'data' (aligned to 8), as a request to the datapath or as a message from
 * it. Null and '*parsed' filled if all is well, else what is wrong (static storage). Any bytes may
 * be given. */
const char *dp_msg_check(const void *data, size_t n, bool from_datapath,
                         struct dp_parsed *parsed) WARN_UNUSED;

/* Checks the content of a nested attribute, DP_A_OP or DP_A_FLOW, in the same way ('msg' stays
 * null). */
const char *dp_nested_check(const struct dp_attr *, struct dp_parsed *) WARN_UNUSED;

/* The attributes of 'type' in a checked message, in order: next(.., null) is the first, null comes
 * behind the last. */
const struct dp_attr *dp_attr_next(const struct dp_parsed *, enum dp_attr_type,
                                   const struct dp_attr *);

static inline const void *dp_attr_content(const struct dp_attr *a)
{
    return a + 1;
}

/* Contents of attributes that were checked. */
uint32_t dp_attr_u32(const struct dp_attr *);
const char *dp_attr_string(const struct dp_attr *);
void dp_attr_settings(const struct dp_attr *, struct smap *to); /* 'to' is initialised */
void dp_attr_flow(const struct dp_attr *, struct flow *to);

/* Conversions between wire structures and those of the interface; what comes from the wire was
 * checked. */
void dp_wire_from_port(struct dp_wire_port *, const struct dp_port *);
void dp_wire_to_port(const struct dp_wire_port *, struct dp_port *);
void dp_wire_from_stats(struct dp_wire_stats *, const struct dp_flow_stats *);
void dp_wire_to_stats(const struct dp_wire_stats *, struct dp_flow_stats *);
void dp_wire_from_meter(struct dp_wire_meter *, uint32_t id, const struct dp_meter_config *);
void dp_wire_to_meter(const struct dp_wire_meter *, struct dp_meter_config *);
void dp_wire_from_meter_stats(struct dp_wire_meter_stats *, const struct dp_meter_stats *);
void dp_wire_to_meter_stats(const struct dp_wire_meter_stats *, struct dp_meter_stats *);
void dp_wire_from_port_stats(struct dp_wire_port_stats *, const struct dp_port_stats *);
void dp_wire_to_port_stats(const struct dp_wire_port_stats *, struct dp_port_stats *);

/* Sends one message with 'n_fds' descriptors, which stay the caller's. 0, EAGAIN on a full
 * non-blocking socket, or another errno. */
int dp_msg_send(int fd, const void *data, size_t n, const int *fds, size_t n_fds) WARN_UNUSED;

/* Receives one message into 'data' (DP_MSG_MAX bytes) and its descriptors into 'fds'
 * (DP_MSG_MAX_FDS; now the caller's). 0, EAGAIN, EPIPE at the end of the connection, EMSGSIZE for a
 * message that is too long or has too many descriptors (all are closed), or another errno. */
int dp_msg_recv(int fd, void *data, size_t *n, int *fds, size_t *n_fds) WARN_UNUSED;
