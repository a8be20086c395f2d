/* SPDX-License-Identifier: Apache-2.0 */
/* One OpenFlow connection: its stream, the hello, and the passing of messages. */
#include "ofproto/ofconn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/flow_monitor.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn_multipart.h"
#include "ofproto/message_bundle.h"
#include "ofproto/packet_in_sched.h"
#include "ofproto/private.h"
#include "ofproto/snoop.h"

LOG_MODULE(ofconn);

COVERAGE_DEFINE(ofconn_message);
COVERAGE_DEFINE(ofconn_error);
COVERAGE_DEFINE(ofconn_overflow);

/* Types that have the same number in every version. */
enum { TYPE_HELLO = 0, TYPE_ERROR = 1, TYPE_ECHO_REQUEST = 2, TYPE_ECHO_REPLY = 3 };

/* The end. */

void ofconn_close(struct ofconn *conn, int error, bool finish)
{
    if (conn->state != OFCONN_CLOSING) {
        conn->state = OFCONN_CLOSING;
        conn->error = error;
        conn->finish = finish;
        loop_timer_cancel(conn->timer);
        connmgr_closing(conn->connmgr);
    }
}

/* Ends the connection for what the peer did or did not do. */
static void break_off(struct ofconn *conn, int error, bool finish, const char *reason)
{
    if (conn->state != OFCONN_CLOSING) {
        log_warn_rl("%s: %s, closing", stream_name(conn->stream), reason);
        conn->reason = reason;
        ofconn_close(conn, error, finish);
    }
}

/* Sending. */

static void send_bytes(struct ofconn *conn, const struct ofpbuf *buf)
{
    if (conn->state == OFCONN_CLOSING) {
        return;
    }
    if (stream_backlog(conn->stream) + buf->size > OFCONN_MAX_BYTES) {
        COVERAGE_INC(ofconn_overflow);
        break_off(conn, ENOBUFS, false, "the peer does not read what it is sent");
        return;
    }
    stream_send(conn->stream, buf->data, buf->size);
    connmgr_snoop(conn, buf->data, buf->size);
}

void ofconn_send(struct ofconn *conn, struct ofpbuf *buf)
{
    if (buf->size) {
        send_bytes(conn, buf);
    }
    ofpbuf_destroy(buf);
    *buf = (struct ofpbuf) { NULL, 0, 0 };
}

void ofconn_send_error(struct ofconn *conn, enum ofp_error error, const uint8_t *request, size_t size)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    COVERAGE_INC(ofconn_error);
    log_info_rl("%s: answering %s", stream_name(conn->stream), ofp_error_name(error));
    ofp_encode_error(&buf, conn->version, error, request, size);
    ofconn_send(conn, &buf);
}

/* Jobs and flow control. */

static void set_paused(struct ofconn *conn, bool paused)
{
    if (conn->paused != paused) {
        conn->paused = paused;
        conn->heard_ms = conn->drained_ms = clock_ms();
        stream_pause(conn->stream, paused);
        if (paused && !loop_timer_is_set(conn->timer)) {
            loop_timer_set_in(conn->timer, OFCONN_STUCK_MS);
        }
    }
}

static void end_job(struct ofconn *conn)
{
    if (conn->job) {
        conn->job->destroy(conn->job);
        conn->job = NULL;
    }
}

/* Goes on with the job for as long as the peer keeps up, and reads on when there is room. */
static void run_job(struct ofconn *conn)
{
    const struct field_map *before = field_map_use(&conn->ofproto->options);
    while (conn->job && conn->state == OFCONN_OPEN && stream_backlog(conn->stream) < OFCONN_PAUSE_BYTES) {
        if (!conn->job->step(conn->job, conn)) {
            end_job(conn);
        }
    }
    field_map_use(before);
    if (conn->state == OFCONN_OPEN) {
        set_paused(conn, conn->job || stream_backlog(conn->stream) >= OFCONN_PAUSE_BYTES);
    }
}

void ofconn_start_job(struct ofconn *conn, struct ofconn_job *job)
{
    assert(!conn->job);
    conn->job = job;
}

static void on_drained(void *aux)
{
    struct ofconn *conn = aux;
    conn->drained_ms = clock_ms();
    flow_monitors_drained(conn);
    for (int i = 0; i < N_OFCONN_PACKET_INS; i++) {
        packet_in_sched_run(conn->packet_ins[i]);
    }
    run_job(conn);
}

/* Hello. */

static void send_hello(struct ofconn *conn)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_hello(&buf, connmgr_versions(conn->connmgr), htonl(1));
    stream_send(conn->stream, buf.data, buf.size);
    ofpbuf_destroy(&buf);
    conn->state = OFCONN_HELLO;
}

static enum ofp_version highest(uint32_t versions)
{
    return (enum ofp_version) (31 - __builtin_clz(versions));
}

static void open_connection(struct ofconn *conn, enum ofp_version version)
{
    conn->version = version;
    conn->state = OFCONN_OPEN;
    conn->opened_ms = conn->heard_ms = clock_ms();
    ofconn_async_init(conn, conn->async_enabled);
    loop_timer_cancel(conn->timer);
    if (conn->probe_ms) {
        loop_timer_set_in(conn->timer, conn->probe_ms);
    }
    log_dbg("%s: connected, %s", stream_name(conn->stream), ofp_version_name(version));
    connmgr_opened(conn->connmgr, conn);
}

static void refuse_hello(struct ofconn *conn, uint32_t theirs, const uint8_t *data)
{
    char text[128];
    uint32_t ours = connmgr_versions(conn->connmgr);
    snprintf(text, sizeof text, "no version in common: the switch has 0x%02x, the peer 0x%02x (bit n: version n)", ours,
             theirs);
    log_warn_rl("%s: %s", stream_name(conn->stream), text);
    struct ofpbuf buf = { NULL, 0, 0 };
    enum ofp_version version = MIN((enum ofp_version) data[0], highest(ours));
    ofp_encode_error(&buf, version < OFP10 ? OFP10 : version, OFPHFC_INCOMPATIBLE, (const uint8_t *) text, strlen(text));
    ofconn_send(conn, &buf);
    conn->reason = "the peer and the switch have no version of OpenFlow in common";
    ofconn_close(conn, EPROTO, true);
}

static void handle_hello(struct ofconn *conn, const uint8_t *data, size_t n)
{
    struct ofp_message msg;
    if (data[1] != TYPE_HELLO) {
        break_off(conn, EPROTO, false, "the peer began with something else than a hello");
        return;
    }
    enum ofp_error error = ofp_decode(data, n, false, &msg);
    uint32_t theirs = error ? 0 : msg.u.hello.versions;
    uint32_t common = theirs & connmgr_versions(conn->connmgr);
    ofp_message_destroy(&msg);
    if (common) {
        open_connection(conn, highest(common));
    } else {
        refuse_hello(conn, theirs, data);
    }
}

/* Receiving. */

static bool any_version(uint8_t type)
{
    return type == TYPE_HELLO || type == TYPE_ERROR || type == TYPE_ECHO_REQUEST || type == TYPE_ECHO_REPLY;
}

static void handle_request(struct ofconn *conn, const uint8_t *data, size_t n)
{
    struct ofp_message msg;
    struct ofpbuf whole = { NULL, 0, 0 };
    COVERAGE_INC(ofconn_message);
    conn->request = data;
    conn->request_size = n;
    if (data[0] != conn->version && !any_version(data[1])) {
        ofconn_send_error(conn, OFPBRC_BAD_VERSION, data, n);
        return;
    }
    if (ofconn_multipart_take(conn->multipart, data, n, &whole)) {
        return;
    }
    enum ofp_error error = whole.size ? ofp_decode_assembled(whole.data, whole.size, &msg)
                                      : ofp_decode(data, n, conn->flow_mod_table_id, &msg);
    if (!error) {
        error = handle_message(conn, &msg);
    } else if (handle_is_denied(conn, msg.type)) {
        error = OFPBRC_IS_SECONDARY;
    }
    if (error) {
        ofconn_send_error(conn, error, data, n);
    }
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&whole);
}

static size_t on_received(void *aux, const uint8_t *data, size_t n)
{
    struct ofconn *conn = aux;
    conn->heard_ms = clock_ms();
    conn->probing = false;
    if (conn->state == OFCONN_CLOSING) {
        return n;
    }
    int length = ofp_message_len(data, n);
    if (length < 0) {
        break_off(conn, EPROTO, false, "the peer sent what is not OpenFlow");
        return n;
    }
    if (!length || (size_t) length > n) {
        return 0;
    }
    if (conn->state == OFCONN_HELLO) {
        handle_hello(conn, data, (size_t) length);
    } else {
        connmgr_snoop(conn, data, (size_t) length);
        /* Messages mean the bridge's tunnel options. */
        const struct field_map *before = field_map_use(&conn->ofproto->options);
        handle_request(conn, data, (size_t) length);
        field_map_use(before);
        run_job(conn);
    }
    return (size_t) length;
}

static void on_connected(void *aux)
{
    send_hello(aux);
}

static void on_closed(void *aux, int error)
{
    ofconn_close(aux, error, false);
}

static const struct stream_ops ops = { on_connected, on_received, on_drained, on_closed };

/* Liveness. */

static void probe(struct ofconn *conn)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_echo(&buf, conn->version, false, NULL, 0, 0);
    ofconn_send(conn, &buf);
    conn->probing = true;
    loop_timer_set_in(conn->timer, conn->probe_ms);
}

static void on_timer(void *aux)
{
    struct ofconn *conn = aux;
    int64_t idle = clock_ms() - (conn->paused ? MAX(conn->heard_ms, conn->drained_ms) : conn->heard_ms);
    if (conn->state != OFCONN_OPEN) {
        break_off(conn, ETIMEDOUT, false, conn->state == OFCONN_HELLO ? "the peer said no hello within ten seconds"
                                                                      : "no connection was made within ten seconds");
    } else if (conn->paused) {
        /* What it sends is not read, so its silence says nothing; but it has to read itself. */
        if (idle >= OFCONN_STUCK_MS) {
            break_off(conn, ETIMEDOUT, false, "the peer has read nothing for a minute");
        } else {
            loop_timer_set_in(conn->timer, OFCONN_STUCK_MS - idle);
        }
    } else if (!conn->probe_ms) {
        return;
    } else if (idle < conn->probe_ms) {
        loop_timer_set_in(conn->timer, conn->probe_ms - idle);
    } else if (conn->probing) {
        break_off(conn, ETIMEDOUT, false, "the peer did not answer a probe");
    } else {
        probe(conn);
    }
}

void ofconn_set_limits(struct ofconn *conn, int probe_ms, int rate_limit, int burst_limit, int queue_size)
{
    for (int i = 0; i < N_OFCONN_PACKET_INS; i++) {
        packet_in_sched_set_limits(conn->packet_ins[i], rate_limit, burst_limit, queue_size);
    }
    conn->probe_ms = MAX(probe_ms, 0);
    if (conn->state == OFCONN_OPEN && conn->probe_ms && !conn->probing) {
        loop_timer_set_in(conn->timer, conn->probe_ms);
    }
}

/* Begin and end. */

struct ofconn *ofconn_create(struct connmgr *connmgr, struct stream *stream, bool connected, bool primary)
{
    struct ofconn *conn = xzalloc(sizeof *conn);
    conn->connmgr = connmgr;
    conn->ofproto = connmgr_ofproto(connmgr);
    conn->stream = stream;
    conn->state = OFCONN_CONNECTING;
    conn->primary = primary;
    conn->version = highest(connmgr_versions(connmgr));
    conn->role = OFPCR_ROLE_EQUAL;
    conn->packet_in_format = OFP_PACKET_IN_STANDARD;
    conn->miss_send_len = primary ? OFCONN_MISS_SEND_LEN : 0;
    conn->heard_ms = conn->drained_ms = clock_ms();
    for (int i = 0; i < N_OFCONN_PACKET_INS; i++) {
        conn->packet_ins[i] = packet_in_sched_create(conn);
    }
    ofconn_async_init(conn, true);
    conn->multipart = ofconn_multipart_create(conn, connmgr_loop(connmgr));
    conn->timer = loop_timer_create(connmgr_loop(connmgr), on_timer, conn);
    loop_timer_set_in(conn->timer, OFCONN_HELLO_MS);
    stream_set_ops(stream, &ops, conn);
    if (connected) {
        send_hello(conn);
    }
    return conn;
}

void ofconn_destroy(struct ofconn *conn)
{
    if (conn) {
        end_job(conn);
        message_bundles_destroy(conn->bundles);
        flow_monitors_destroy(conn->monitors);
        for (int i = 0; i < N_OFCONN_PACKET_INS; i++) {
            packet_in_sched_destroy(conn->packet_ins[i]);
        }
        ofconn_multipart_destroy(conn->multipart);
        loop_timer_destroy(conn->timer);
        if (conn->finish) {
            stream_finish(conn->stream);
        } else {
            stream_destroy(conn->stream);
        }
        free(conn);
    }
}
