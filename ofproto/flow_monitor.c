/* SPDX-License-Identifier: Apache-2.0 */
/* The monitors of a connection, and what it is told. */
#include "ofproto/flow_monitor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/ofp/stats.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/limits.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"
#include "ofproto/table_events.h"
#include "ofproto/table_private.h"

COVERAGE_DEFINE(flow_monitor_update);
COVERAGE_DEFINE(flow_monitor_pause);
COVERAGE_DEFINE(flow_monitor_refused); /* for the limit */

struct monitor {
    struct hmap_node node; /* by id */
    struct ofp_flow_monitor_request request;
    struct minimatch_key key;
    bool is_new;           /* made by the request in hand */
};

struct flow_monitors {
    struct ofconn *conn;
    struct hmap monitors;
    struct ofp_msgs msgs;  /* updates of the change in hand */
    version_t abbreviated; /* the change that the peer was told of in short */
    bool paused;
    version_t paused_at;
    int64_t paused_ms;
};

/* Monitors. */

static struct flow_monitors *monitors_of(struct ofconn *conn)
{
    if (!conn->monitors) {
        conn->monitors = xzalloc(sizeof *conn->monitors);
        conn->monitors->conn = conn;
        hmap_init(&conn->monitors->monitors);
    }
    return conn->monitors;
}

static struct monitor *find(const struct flow_monitors *all, uint32_t id)
{
    struct monitor *monitor;
    hmap_for_each_with_hash (monitor, node, id, &all->monitors) {
        if (monitor->request.id == id) {
            return monitor;
        }
    }
    return NULL;
}

static void remove_monitor(struct flow_monitors *all, struct monitor *monitor)
{
    hmap_remove(&all->monitors, &monitor->node);
    free(monitor);
}

void flow_monitors_destroy(struct flow_monitors *all)
{
    if (all) {
        struct monitor *monitor, *next;
        hmap_for_each_safe (monitor, next, node, &all->monitors) {
            remove_monitor(all, monitor);
        }
        hmap_destroy(&all->monitors);
        ofp_msgs_destroy(&all->msgs);
        free(all);
    }
}

/* Does the monitor select the flow, as it is or was? */
static bool selects(const struct monitor *monitor, const struct rule *rule)
{
    const struct ofp_flow_monitor_request *r = &monitor->request;
    const struct rule_actions *actions = rule->actions;
    return (r->table == OFP_TABLE_ALL || r->table == rule->table)
           && (r->out_port == OFPP_NONE || ofp_actions_outputs_to(actions->data, actions->size, r->out_port))
           && (r->out_group == OFPG_ANY || ofp_actions_outputs_to_group(actions->data, actions->size, r->out_group))
           && minimatch_within_key(&rule->match, &monitor->key);
}

/* Telling. */

static void put_update(struct flow_monitors *all, enum ofp_flow_update_event event, const struct rule *rule,
                       uint8_t reason, uint16_t flags)
{
    struct ofp_flow_update update = {
        .event = event,
        .reason = reason,
        .table = (uint8_t) rule->table,
        .priority = (uint16_t) rule->priority,
        .idle_timeout = rule->idle_timeout,
        .hard_timeout = rule->hard_timeout,
        .cookie = rule_cookie(rule),
        .actions = flags & OFPFMF_INSTRUCTIONS ? rule->actions->data : NULL,
        .actions_size = flags & OFPFMF_INSTRUCTIONS ? rule->actions->size : 0,
    };
    rule_get_match(rule, &update.match);
    COVERAGE_INC(flow_monitor_update);
    ofp_flow_updates_put(&all->msgs, &update);
}

static void begin_updates(struct flow_monitors *all)
{
    if (!all->msgs.buf.size) {
        ofp_flow_updates_begin(&all->msgs, all->conn->version, 0);
    }
}

static void put_abbreviation(struct flow_monitors *all, be32 xid, version_t version)
{
    if (all->abbreviated != version) {
        const struct ofp_flow_update update = { .event = OFPFME_ABBREV, .xid = xid };
        all->abbreviated = version;
        begin_updates(all);
        ofp_flow_updates_put(&all->msgs, &update);
    }
}

/* What the monitors that select the flow and want the kind of change ask for, together; 0: there is none. */
static uint16_t wanted_flags(const struct flow_monitors *all, const struct table_event *event, uint16_t kind, bool own)
{
    const struct monitor *monitor;
    uint16_t flags = 0;
    hmap_for_each (monitor, node, &all->monitors) {
        uint16_t f = monitor->request.flags;
        if ((f & kind) && (own || !(f & OFPFMF_ONLY_OWN))
            && ((event->rule && selects(monitor, event->rule)) || (event->old && selects(monitor, event->old)))) {
            flags |= f;
        }
    }
    return flags;
}

static void tell_conn(struct flow_monitors *all, const struct table_event *event)
{
    static const struct {
        uint16_t flag;
        enum ofp_flow_update_event event;
    } kinds[] = {
        [TABLE_EVENT_ADDED] = { OFPFMF_ADD, OFPFME_ADDED },
        [TABLE_EVENT_MODIFIED] = { OFPFMF_MODIFY, OFPFME_MODIFIED },
        [TABLE_EVENT_REMOVED] = { OFPFMF_REMOVED, OFPFME_REMOVED },
    };
    const struct rule *rule = event->rule ? event->rule : event->old;
    bool own = event->requester == all->conn;
    uint16_t flags = wanted_flags(all, event, kinds[event->type].flag, own);
    if (!flags) {
        return;
    }
    if (all->paused) {
        /* It does not know newer flows. */
        if (event->type != TABLE_EVENT_REMOVED || rule->created_ms >= all->paused_ms) {
            return;
        }
    } else if (own && !(flags & OFPFMF_NO_ABBREV)) {
        put_abbreviation(all, event->xid, event->rule ? event->rule->life.begins : event->old->life.ends);
        return;
    }
    begin_updates(all);
    put_update(all, kinds[event->type].event, rule, (uint8_t) event->reason, flags);
}

static void send_state(struct ofconn *conn, enum ofp_flow_update_event state)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_flow_monitor_state(&buf, conn->version, state);
    ofconn_send(conn, &buf);
}

static void flush_conn(struct flow_monitors *all)
{
    struct ofconn *conn = all->conn;
    if (!all->msgs.buf.size) {
        return;
    }
    ofconn_send(conn, &all->msgs.buf);
    ofp_msgs_destroy(&all->msgs);
    all->msgs = (struct ofp_msgs) { { NULL, 0, 0 }, 0 };
    if (ofconn_is_open(conn) && !all->paused && stream_backlog(conn->stream) > FLOW_MONITOR_PAUSE_BYTES) {
        COVERAGE_INC(flow_monitor_pause);
        all->paused = true;
        all->paused_at = version_current();
        all->paused_ms = clock_ms();
        send_state(conn, OFPFME_PAUSED);
    }
}

/* The rules that monitors select, each with the flags of all that do. */

struct selection {
    const struct rule *rule;
    uint16_t flags;
};

struct selections {
    struct rule_list list; /* references */
    struct selection *items;
    size_t n, allocated;
};

static void select_flows(struct ofconn *conn, const struct monitor *monitor, struct selections *all)
{
    const struct ofp_flow_monitor_request *r = &monitor->request;
    const struct ofp_flow_stats_request request = {
        .table = r->table, .out_port = r->out_port, .out_group = r->out_group, .match = r->match,
    };
    size_t first = all->list.n;
    table_collect(conn->ofproto, &request, &all->list);
    for (size_t i = first; i < all->list.n; i++) {
        if (all->n == all->allocated) {
            all->items = grow_array(all->items, &all->allocated, sizeof *all->items);
        }
        all->items[all->n++] = (struct selection) { all->list.rules[i], r->flags };
    }
}

static int compare_rules(const void *a_, const void *b_)
{
    const struct selection *a = a_, *b = b_;
    if (a->rule->table != b->rule->table) {
        return a->rule->table < b->rule->table ? -1 : 1;
    }
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

/* Each rule once. */
static void merge(struct selections *all)
{
    size_t n = 0;
    if (all->n) {
        qsort(all->items, all->n, sizeof *all->items, compare_rules);
    }
    for (size_t i = 0; i < all->n; i++) {
        if (n && all->items[n - 1].rule == all->items[i].rule) {
            all->items[n - 1].flags |= all->items[i].flags;
        } else {
            all->items[n++] = all->items[i];
        }
    }
    all->n = n;
}

static void destroy_selections(struct selections *all)
{
    rule_list_destroy(&all->list);
    free(all->items);
}

/* Requests. */

static enum ofp_error add_monitor(struct flow_monitors *all, const struct ofp_flow_monitor_request *r)
{
    if (find(all, r->id)) {
        return OFPMOFC_MONITOR_EXISTS;
    }
    if (hmap_count(&all->monitors) >= limits_monitors()) {
        COVERAGE_INC(flow_monitor_refused);
        return OFPMOFC_UNKNOWN;
    }
    struct monitor *monitor = xzalloc(sizeof *monitor);
    monitor->request = *r;
    monitor->is_new = true;
    minimatch_key_init(&monitor->key, &r->match);
    hmap_insert(&all->monitors, &monitor->node, r->id);
    return OFPERR_OK;
}

static enum ofp_error carry_out(struct flow_monitors *all, const struct ofp_flow_monitor_request *r)
{
    struct monitor *monitor = find(all, r->id);
    if (r->table >= OFP_N_TABLES && r->table != OFP_TABLE_ALL) {
        return OFPBRC_BAD_TABLE_ID;
    }
    switch (r->command) {
    case OFPFMC_ADD:
        return add_monitor(all, r);
    case OFPFMC_MODIFY:
    case OFPFMC_DELETE:
        if (!monitor) {
            return OFPMOFC_UNKNOWN_MONITOR;
        }
        remove_monitor(all, monitor);
        return r->command == OFPFMC_MODIFY ? add_monitor(all, r) : OFPERR_OK;
    }
    return OFPMOFC_BAD_COMMAND;
}

static enum ofp_error carry_out_all(struct flow_monitors *all, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_monitor_request r;
        enum ofp_error error = ofp_flow_monitor_request_next(&iter, &r);
        error = error ? error : carry_out(all, &r);
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

/* Events are made only while somebody wants them. */
static void update_listener(struct connmgr *mgr);

/* The answer, a piece at a time: it may be long. */
enum { PIECE_BYTES = 2 * OFP_MAX_MESSAGE + 2 };

struct initial_job {
    struct ofconn_job job;
    struct selections selections;
    size_t next;
    struct ofp_msgs msgs;
};

static bool initial_step(struct ofconn_job *base, struct ofconn *conn)
{
    struct initial_job *job = CONTAINER_OF(base, struct initial_job, job);
    struct flow_monitors shim = { .conn = conn, .msgs = job->msgs };
    while (job->next < job->selections.n && shim.msgs.buf.size < PIECE_BYTES) {
        const struct selection *item = &job->selections.items[job->next++];
        if (!rule_is_removed(item->rule)) {
            put_update(&shim, OFPFME_INITIAL, item->rule, 0, item->flags);
        }
    }
    job->msgs = shim.msgs;
    bool more = job->next < job->selections.n;
    size_t done = more ? job->msgs.last : job->msgs.buf.size, rest = job->msgs.buf.size - done;
    if (done) {
        struct ofpbuf whole = { NULL, 0, 0 };
        ofpbuf_put(&whole, job->msgs.buf.data, done);
        memmove(job->msgs.buf.data, job->msgs.buf.data + done, rest);
        job->msgs.buf.size = rest;
        job->msgs.last = 0;
        ofconn_send(conn, &whole);
    }
    return more;
}

static void initial_destroy(struct ofconn_job *base)
{
    struct initial_job *job = CONTAINER_OF(base, struct initial_job, job);
    destroy_selections(&job->selections);
    ofp_msgs_destroy(&job->msgs);
    free(job);
}

enum ofp_error flow_monitor_request(struct ofconn *conn, const struct ofp_message *msg)
{
    struct flow_monitors *all = monitors_of(conn);
    struct monitor *monitor, *next;
    enum ofp_error error = carry_out_all(all, msg);
    if (error) {
        hmap_for_each_safe (monitor, next, node, &all->monitors) {
            if (monitor->is_new) {
                remove_monitor(all, monitor);
            }
        }
        update_listener(conn->connmgr);
        return error;
    }
    struct initial_job *job = xzalloc(sizeof *job);
    job->job = (struct ofconn_job) { initial_step, initial_destroy };
    hmap_for_each (monitor, node, &all->monitors) {
        if (monitor->is_new && (monitor->request.flags & OFPFMF_INITIAL)) {
            select_flows(conn, monitor, &job->selections);
        }
        monitor->is_new = false;
    }
    merge(&job->selections);
    update_listener(conn->connmgr);
    ofp_reply_begin(&job->msgs, msg);
    ofconn_start_job(conn, &job->job);
    return OFPERR_OK;
}

enum ofp_error flow_monitor_cancel(struct ofconn *conn, uint32_t id)
{
    struct flow_monitors *all = monitors_of(conn);
    struct monitor *monitor = find(all, id);
    if (!monitor) {
        return OFPMOFC_UNKNOWN_MONITOR;
    }
    remove_monitor(all, monitor);
    update_listener(conn->connmgr);
    return OFPERR_OK;
}

/* Resuming: everything that is there now and has changed since the pause. */
void flow_monitors_drained(struct ofconn *conn)
{
    struct flow_monitors *all = conn->monitors;
    struct selections selections = { .n = 0 };
    struct monitor *monitor;
    if (!all || !all->paused || !ofconn_is_open(conn)) {
        return;
    }
    hmap_for_each (monitor, node, &all->monitors) {
        if (monitor->request.flags & (OFPFMF_ADD | OFPFMF_MODIFY)) {
            select_flows(conn, monitor, &selections);
        }
    }
    merge(&selections);
    all->paused = false;
    const struct field_map *before = field_map_use(&conn->ofproto->options);
    for (size_t i = 0; i < selections.n; i++) {
        const struct rule *rule = selections.items[i].rule;
        version_t begins = rule->life.begins;
        if (begins != VERSION_NONE && begins != all->paused_at && version_reached(begins, all->paused_at)) {
            bool is_new = rule->created_ms >= all->paused_ms;
            begin_updates(all);
            put_update(all, is_new ? OFPFME_ADDED : OFPFME_MODIFIED, rule, 0, selections.items[i].flags);
        }
    }
    field_map_use(before);
    destroy_selections(&selections);
    if (all->msgs.buf.size) {
        ofconn_send(conn, &all->msgs.buf);
        ofp_msgs_destroy(&all->msgs);
        all->msgs = (struct ofp_msgs) { { NULL, 0, 0 }, 0 };
    }
    send_state(conn, OFPFME_RESUMED);
}

/* The listener. */

static void tell_table_status(struct connmgr *mgr, const struct ofp_table_status *status)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(mgr), node) {
        if (ofconn_is_open(conn) && conn->version >= OFP14 && ofconn_wants(conn, ASYNC_TABLE_STATUS, status->reason)) {
            struct ofpbuf buf = { NULL, 0, 0 };
            ofp_encode_table_status(&buf, conn->version, status);
            ofconn_send(conn, &buf);
        }
    }
}

static void hear(void *aux, const struct table_event *event)
{
    struct connmgr *mgr = aux;
    struct ofconn *conn;
    if (event->type == TABLE_EVENT_STATUS) {
        tell_table_status(mgr, &event->status);
        return;
    }
    const struct field_map *before = field_map_use(&connmgr_ofproto(mgr)->options);
    cds_list_for_each_entry (conn, connmgr_conns(mgr), node) {
        if (conn->monitors && ofconn_is_open(conn)) {
            tell_conn(conn->monitors, event);
        }
    }
    field_map_use(before);
}

static void flush(void *aux)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(aux), node) {
        if (conn->monitors) {
            flush_conn(conn->monitors);
        }
    }
}

static void update_listener(struct connmgr *mgr)
{
    struct table_listener listener = { .cb = hear, .flush = flush, .aux = mgr };
    const struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(mgr), node) {
        listener.flows |= conn->monitors && hmap_count(&conn->monitors->monitors);
    }
    table_set_listener(connmgr_ofproto(mgr), &listener);
}

void flow_monitor_listen(struct connmgr *mgr)
{
    update_listener(mgr);
}

void flow_monitor_unlisten(struct connmgr *mgr)
{
    const struct table_listener nobody = { .cb = NULL };
    table_set_listener(connmgr_ofproto(mgr), &nobody);
}
