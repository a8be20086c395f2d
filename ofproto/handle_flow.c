/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about flows: flow-mod, packet-out, flow and aggregate statistics. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/packet_key.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/version.h"

enum ofp_error handle_flow_mod(struct ofconn *conn, struct ofp_message *msg)
{
    const struct flow_mod_source source = {
        .message = conn->request,
        .size = conn->request_size,
        .version = conn->version,
        .flow_mod_table_id = conn->flow_mod_table_id,
        .xid = msg->xid,
        .requester = conn,
    };
    return table_flow_mod(conn->ofproto, &msg->u.flow_mod, &source);
}

/* The actions against the packet that they are for: it is a match in which every bit counts. */
static enum ofp_error check_packet_out(const struct ofproto *ofproto, const struct ofp_packet_out *po, uint8_t version)
{
    const struct ofp_actions_limits limits = {
        .table = 0, .n_tables = OFP_N_TABLES, .max_ports = OFPP_MAX,
        .no_ct = true, .no_sample = true, .no_encap = true, .version = version,
    };
    struct match match;
    if (!packet_key(po->packet, po->packet_len, &match.flow)) {
        return OFPBRC_BAD_PACKET;
    }
    match.flow.in_port = po->in_port;
    match.mask.lines = match.flow.lines;
    for (uint32_t todo = match.mask.lines; todo; todo &= todo - 1) {
        memset(&match.mask.line[__builtin_ctz(todo)], 0xff, FLOW_LINE_SIZE);
    }
    enum ofp_error error = ofp_actions_check(po->actions.data, po->actions.size, &match, &limits);
    return error ? error : references_check(ofproto, po->actions.data, po->actions.size);
}

enum ofp_error handle_packet_out_check(const struct ofconn *conn, const struct ofp_packet_out *po)
{
    if (po->buffer_id != UINT32_MAX) {
        return OFPBRC_BUFFER_UNKNOWN; /* n_buffers is 0 */
    }
    if (po->in_port >= OFPP_MAX && po->in_port != OFPP_LOCAL && po->in_port != OFPP_CONTROLLER && po->in_port != OFPP_NONE) {
        return OFPBRC_BAD_PORT;
    }
    return check_packet_out(conn->ofproto, po, (uint8_t) conn->version);
}

enum ofp_error handle_packet_out(struct ofconn *conn, struct ofp_message *msg)
{
    tables_lock();
    enum ofp_error error = handle_packet_out_check(conn, &msg->u.packet_out);
    tables_unlock();
    return error ? error : ofproto_packet_out(conn->ofproto, &msg->u.packet_out);
}

/* Flow statistics, piece by piece. */

enum { PIECE_BYTES = 2 * OFP_MAX_MESSAGE + 2 }; /* so that one message is whole in it */

struct flow_stats_job {
    struct ofconn_job job;
    struct rule_list list;
    size_t next;
    struct ofp_msgs msgs;
};

/* All but the message that is being built: a later piece may go into that. */
static void send_finished(struct flow_stats_job *job, struct ofconn *conn)
{
    struct ofp_msgs *msgs = &job->msgs;
    size_t rest = msgs->buf.size - msgs->last;
    if (msgs->last) {
        struct ofpbuf whole = { NULL, 0, 0 };
        ofpbuf_put(&whole, msgs->buf.data, msgs->last);
        memmove(msgs->buf.data, msgs->buf.data + msgs->last, rest);
        msgs->buf.size = rest;
        msgs->last = 0;
        ofconn_send(conn, &whole);
    }
}

static bool flow_stats_step(struct ofconn_job *base, struct ofconn *conn)
{
    struct flow_stats_job *job = CONTAINER_OF(base, struct flow_stats_job, job);
    while (job->next < job->list.n && job->msgs.buf.size < PIECE_BYTES) {
        const struct rule *rule = job->list.rules[job->next++];
        struct ofp_flow_stats stats;
        struct match match;
        table_rule_stats(rule, &stats, &match);
        ofp_reply_flow_stats(&job->msgs, &stats);
    }
    if (job->next < job->list.n) {
        send_finished(job, conn);
        return true;
    }
    ofconn_send(conn, &job->msgs.buf);
    return false;
}

static void flow_stats_destroy(struct ofconn_job *base)
{
    struct flow_stats_job *job = CONTAINER_OF(base, struct flow_stats_job, job);
    rule_list_destroy(&job->list);
    ofp_msgs_destroy(&job->msgs);
    free(job);
}

enum ofp_error handle_flow_stats(struct ofconn *conn, struct ofp_message *msg)
{
    struct flow_stats_job *job = xzalloc(sizeof *job);
    job->job = (struct ofconn_job) { flow_stats_step, flow_stats_destroy };
    ofproto_push_stats();
    table_collect(conn->ofproto, &msg->u.flow_stats_request, &job->list);
    ofp_reply_begin(&job->msgs, msg);
    ofconn_start_job(conn, &job->job);
    return OFPERR_OK;
}

static void add_up(void *aux, struct rule *rule)
{
    struct ofp_aggregate_stats *sum = aux;
    sum->packets += __atomic_load_n(&rule->counters->packets, __ATOMIC_RELAXED);
    sum->bytes += __atomic_load_n(&rule->counters->bytes, __ATOMIC_RELAXED);
    sum->n_flows++;
}

enum ofp_error handle_aggregate_stats(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_aggregate_stats sum = { 0, 0, 0 };
    struct ofpbuf buf = { NULL, 0, 0 };
    ofproto_push_stats();
    table_for_each(conn->ofproto, &msg->u.flow_stats_request, add_up, &sum);
    ofp_encode_aggregate_reply(&buf, conn->version, msg->nx, &sum, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}
