/* SPDX-License-Identifier: Apache-2.0 */
/* One OpenFlow connection: its stream, the hello, what the peer has set for itself, and what is sent to it.
 *
 * Messages are handled one by one in the order in which they came. A reply that may be long (flow statistics) is a job: a piece of it is
 * encoded whenever the stream has drained, and until it is done nothing more is read from the peer, so what a connection holds in
 * memory is bounded and replies keep their order. Packet-ins wait in short queues of their own (ofproto/packet_in_sched.h) and are dropped when
 * the peer does not read; when even the rest piles up, the connection is closed.
 *
 * A connection is never destroyed from within its own functions: ofconn_close() marks it, and the connection manager ends it later in the same
 * turn of the loop. Main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/ofp/message.h"

struct connmgr;
struct controller;
struct flow_monitors;
struct loop_timer;
struct message_bundles;
struct ofconn;
struct ofconn_multipart;
struct packet_in_sched;
struct ofproto;
struct stream;

enum {
    OFCONN_PAUSE_BYTES = 256 * 1024,        /* queued beyond this, nothing more is read */
    OFCONN_MAX_BYTES = 16 * 1024 * 1024,    /* beyond this the connection is closed */
    OFCONN_STUCK_MS = 60000,                /* a peer that reads nothing for so long is gone */
    OFCONN_HELLO_MS = 10000,                /* to connect and say hello */
    OFCONN_MISS_SEND_LEN = 128,             /* of controllers; service connections start with 0 */
};

enum ofconn_state { OFCONN_CONNECTING, OFCONN_HELLO, OFCONN_OPEN, OFCONN_CLOSING };

/* In the order of enum ofp_async_kind. */
enum ofconn_async {
    ASYNC_PACKET_IN,
    ASYNC_PORT_STATUS,
    ASYNC_FLOW_REMOVED,
    ASYNC_ROLE_STATUS,
    ASYNC_TABLE_STATUS,
    ASYNC_REQUESTFORWARD,
    ASYNC_CONTROLLER_STATUS,
    N_ASYNC
};

/* Packets that no flow matched, and those that a flow sent: one kind does not keep the other from getting through. */
enum { OFCONN_MISSES, OFCONN_ACTIONS, N_OFCONN_PACKET_INS };

/* A reply in pieces. 'step' encodes some more and returns false when that was the last; 'destroy' may come at any time. */
struct ofconn_job {
    bool (*step)(struct ofconn_job *, struct ofconn *);
    void (*destroy)(struct ofconn_job *);
};

struct ofconn {
    struct cds_list_head node;      /* in the connection manager's list */
    struct connmgr *connmgr;
    struct ofproto *ofproto;
    struct controller *controller;  /* whose connection it is; null: the management socket's */
    struct stream *stream;
    enum ofconn_state state;
    bool primary;                   /* a controller; else a service connection */
    enum ofp_version version;       /* agreed on, once OPEN */
    int error;                      /* CLOSING: why; 0: an orderly end */
    const char *reason;             /* CLOSING: the same in words, if there is more to say; static */
    bool finish;                    /* CLOSING: what is queued shall still go out */

    /* What the peer has set. */
    uint32_t role;                  /* OFPCR_ROLE_* */
    bool nxm;                       /* NXT_SET_FLOW_FORMAT */
    bool flow_mod_table_id;
    enum ofp_packet_in_format packet_in_format;
    uint16_t controller_id, miss_send_len;
    bool invalid_ttl;               /* to the controller */
    uint32_t async[2][N_ASYNC];     /* [primary or equal, secondary]: bitmap of reasons */
    bool async_enabled;             /* begins with the version's defaults */

    /* Liveness. */
    struct loop_timer *timer;
    int probe_ms;                   /* 0: off */
    bool probing;                   /* an echo request is on its way */
    int64_t heard_ms;               /* something was received: what was sent says nothing of a peer, for the kernel takes it */
    int64_t drained_ms;             /* all was sent: a paused peer reads */
    int64_t opened_ms;              /* OPEN since */
    bool admitted;                  /* has sent something that only a controller in charge does */

    struct packet_in_sched *packet_ins[N_OFCONN_PACKET_INS];

    struct flow_monitors *monitors; /* ofproto/flow_monitor.h; null until there is one */
    struct message_bundles *bundles; /* ofproto/message_bundle.h; null until there is one */

    bool paused;
    struct ofconn_job *job;
    struct ofconn_multipart *multipart;
    const uint8_t *request;         /* being handled; of one in several messages the last */
    size_t request_size;
};

/* Takes over the stream, which is connected, or will be if 'connected' is false. */
struct ofconn *ofconn_create(struct connmgr *, struct stream *, bool connected, bool primary);
void ofconn_destroy(struct ofconn *);

/* The owner gave it other limits; those of packet-ins as of packet_in_sched_set_limits(). */
void ofconn_set_limits(struct ofconn *, int probe_ms, int rate_limit, int burst_limit, int queue_size);

/* Ends the connection soon. 'finish' lets queued bytes go out first. */
void ofconn_close(struct ofconn *, int error, bool finish);

static inline bool ofconn_is_open(const struct ofconn *conn)
{
    return conn->state == OFCONN_OPEN;
}

/* Sends what is in the buffer, whole messages, and empties it. */
void ofconn_send(struct ofconn *, struct ofpbuf *);
void ofconn_send_error(struct ofconn *, enum ofp_error, const uint8_t *request, size_t size);

/* The job begins now, and is the connection's. There is none yet. */
void ofconn_start_job(struct ofconn *, struct ofconn_job *);

/* ofproto/ofconn_async.c: roles, and what is sent unasked. */

/* What a new connection gets, in the version that is spoken. */
void ofconn_async_init(struct ofconn *, bool enabled);
bool ofconn_wants(const struct ofconn *, enum ofconn_async, unsigned int reason);
bool ofconn_wants_misses(const struct ofconn *);
void ofconn_send_packet_in(struct ofconn *, const struct ofp_packet_in *);
