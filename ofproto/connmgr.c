/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenFlow connections of a bridge. */
#include "ofproto/connmgr.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/controller.h"
#include "ofproto/controller_events.h"
#include "ofproto/fail_open.h"
#include "ofproto/flow_monitor.h"
#include "ofproto/in_band.h"
#include "ofproto/ofconn.h"
#include "ofproto/packet_in_queue.h"
#include "ofproto/private.h"
#include "ofproto/snoop.h"

LOG_MODULE(connmgr);

enum { MAX_CONNS = 1024, MGMT_PROBE_MS = 60000 };

struct connmgr {
    struct ofproto *ofproto;
    struct loop *loop;
    struct listener *mgmt;
    struct snoop *snoop;
    struct packet_in_queue *packet_ins;
    struct fail_open *fail_open;
    struct in_band *in_band;
    struct cds_list_head conns;      /* struct ofconn.node */
    unsigned int n_conns;
    struct controller **controllers;
    size_t n_controllers;
    bool started;                    /* the first set of controllers came */
    bool was_secure;                 /* the mode of the last time */
    bool reaping;                    /* reap() is deferred */
    bool wants_misses;               /* any thread: ro; main: wo */
    bool waits;                      /* likewise: for its controllers, none of which is connected */
    bool generation_known;
    uint64_t generation;             /* of roles */
};

struct ofproto *connmgr_ofproto(const struct connmgr *mgr)
{
    return mgr->ofproto;
}

struct loop *connmgr_loop(const struct connmgr *mgr)
{
    return mgr->loop;
}

struct cds_list_head *connmgr_conns(struct connmgr *mgr)
{
    return &mgr->conns;
}

bool connmgr_has_room(const struct connmgr *mgr)
{
    return mgr->n_conns < MAX_CONNS;
}

uint32_t connmgr_versions(const struct connmgr *mgr)
{
    uint32_t versions = mgr->ofproto->config.versions & OFP_VERSIONS_IMPLEMENTED;
    return versions ? versions : OFP_VERSIONS_IMPLEMENTED;
}

void connmgr_status_changed(struct connmgr *mgr)
{
    const struct ofprotos_config *config = ofprotos_config();
    if (config->changed) {
        config->changed(config->aux);
    }
}

void connmgr_snoop(const struct ofconn *conn, const void *message, size_t size)
{
    if (conn->primary) {
        snoop_copy(conn->connmgr->snoop, message, size);
    }
}

/* Connections. */

void connmgr_add(struct connmgr *mgr, struct ofconn *conn, struct controller *controller)
{
    conn->controller = controller;
    cds_list_add_tail(&conn->node, &mgr->conns);
    mgr->n_conns++;
}

void connmgr_update_wants(struct connmgr *mgr)
{
    struct ofconn *conn;
    bool wants = false;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        wants |= ofconn_wants_misses(conn);
    }
    bool waits = connmgr_has_controllers(mgr) && !connmgr_is_connected(mgr);
    if (wants != mgr->wants_misses || waits != mgr->waits) {
        __atomic_store_n(&mgr->wants_misses, wants, __ATOMIC_RELEASE);
        __atomic_store_n(&mgr->waits, waits, __ATOMIC_RELEASE);
        ofproto_need_revalidation();
    }
}

bool connmgr_waits(const struct connmgr *mgr)
{
    return __atomic_load_n(&mgr->waits, __ATOMIC_ACQUIRE);
}

bool connmgr_wants_misses(const struct connmgr *mgr)
{
    return __atomic_load_n(&mgr->wants_misses, __ATOMIC_ACQUIRE);
}

void connmgr_opened(struct connmgr *mgr, struct ofconn *conn)
{
    connmgr_update_wants(mgr);
    if (conn->controller) {
        controller_opened(conn->controller, conn);
        controller_events_tell(mgr, conn->controller, OFPCSR_CHANNEL_STATUS);
        fail_open_update(mgr->fail_open);
        connmgr_status_changed(mgr);
    }
}

void connmgr_admitted(struct connmgr *mgr, struct ofconn *conn)
{
    conn->admitted = true;
    fail_open_update(mgr->fail_open);
}

static void end_connection(struct connmgr *mgr, struct ofconn *conn)
{
    cds_list_del(&conn->node);
    mgr->n_conns--;
    if (conn->controller) {
        controller_closed(conn->controller, conn);
        if (conn->opened_ms) {
            controller_events_tell(mgr, conn->controller, OFPCSR_CHANNEL_STATUS);
        }
        connmgr_status_changed(mgr);
    }
    ofconn_destroy(conn);
}

/* The loop's deferred call: ends the connections that were closed. */
static void reap(void *aux)
{
    struct connmgr *mgr = aux;
    struct ofconn *conn, *next;
    mgr->reaping = false;
    cds_list_for_each_entry_safe (conn, next, &mgr->conns, node) {
        if (conn->state == OFCONN_CLOSING) {
            end_connection(mgr, conn);
        }
    }
    connmgr_update_wants(mgr);
    fail_open_update(mgr->fail_open);
}

void connmgr_closing(struct connmgr *mgr)
{
    if (!mgr->reaping) {
        mgr->reaping = true;
        loop_defer(mgr->loop, reap, mgr);
    }
}

void connmgr_accept(struct connmgr *mgr, struct stream *stream, bool primary)
{
    if (!connmgr_has_room(mgr)) {
        log_warn_rl("%s: too many connections", stream_name(stream));
        stream_destroy(stream);
        return;
    }
    struct ofconn *conn = ofconn_create(mgr, stream, true, primary);
    ofconn_set_limits(conn, MGMT_PROBE_MS, 0, 0, 0);
    connmgr_add(mgr, conn, NULL);
}

static void accepted(void *mgr, struct stream *stream)
{
    connmgr_accept(mgr, stream, false);
}

/* Roles. */

/* Not a matter of what the connection wants to hear: by default it would want to hear of no roles, and OVS tells it all the same. */
static void send_role_status(const struct connmgr *mgr, struct ofconn *conn)
{
    struct ofp_role_status status = { .role = conn->role, .reason = OFPCRR_PRIMARY_REQUEST, .generation_id = UINT64_MAX };
    struct ofpbuf buf = { NULL, 0, 0 };
    if (mgr->generation_known) {
        status.generation_id = mgr->generation;
    }
    ofp_encode_role_status(&buf, conn->version, &status);
    ofconn_send(conn, &buf);
}

void connmgr_set_primary(struct connmgr *mgr, struct ofconn *primary)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (conn != primary && conn->role == OFPCR_ROLE_PRIMARY) {
            conn->role = OFPCR_ROLE_SECONDARY;
            send_role_status(mgr, conn);
            controller_events_role(conn);
        }
    }
    primary->role = OFPCR_ROLE_PRIMARY;
    connmgr_update_wants(mgr);
    connmgr_status_changed(mgr);
}

bool connmgr_check_generation(struct connmgr *mgr, uint64_t id)
{
    if (mgr->generation_known && (int64_t) (id - mgr->generation) < 0) {
        return false;
    }
    mgr->generation_known = true;
    mgr->generation = id;
    return true;
}

bool connmgr_generation(const struct connmgr *mgr, uint64_t *id)
{
    *id = mgr->generation;
    return mgr->generation_known;
}

/* Controllers. */

bool connmgr_has_controllers(const struct connmgr *mgr)
{
    for (size_t i = 0; i < mgr->n_controllers; i++) {
        if (controller_is_primary(mgr->controllers[i])) {
            return true;
        }
    }
    return false;
}

bool connmgr_is_connected(const struct connmgr *mgr)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (conn->controller && conn->primary && ofconn_is_open(conn)) {
            return true;
        }
    }
    return false;
}

int connmgr_max_probe_ms(const struct connmgr *mgr)
{
    int max = 0;
    for (size_t i = 0; i < mgr->n_controllers; i++) {
        if (controller_is_primary(mgr->controllers[i])) {
            max = MAX(max, controller_probe_ms(mgr->controllers[i]));
        }
    }
    return max;
}

/* What a bridge forwards by before any controller has said something. */
static void add_default_flows(struct connmgr *mgr)
{
    if (fail_open_is_active(mgr->fail_open)) {
        fail_open_add_normal(mgr->ofproto, RULE_PRIORITY_HIDDEN);
    } else if (!connmgr_has_controllers(mgr) && !mgr->ofproto->config.fail_secure) {
        fail_open_add_normal(mgr->ofproto, 0);
    }
}

void connmgr_flush_flows(struct connmgr *mgr)
{
    table_flush(mgr->ofproto);
    in_band_flushed(mgr->in_band);
}

/* All flows go, because the controllers' part begins or ends. */
static void start_over(struct connmgr *mgr)
{
    connmgr_flush_flows(mgr);
    add_default_flows(mgr);
}

static void update_in_band(struct connmgr *mgr)
{
    const char **targets = xcalloc(mgr->n_controllers + 1, sizeof *targets);
    size_t n = 0;
    for (size_t i = 0; i < mgr->n_controllers; i++) {
        if (controller_is_in_band(mgr->controllers[i])) {
            targets[n++] = controller_target(mgr->controllers[i]);
        }
    }
    in_band_update(mgr->in_band, targets, n);
    free(targets);
}

static struct controller *take_controller(struct controller **old, size_t n, const char *target)
{
    for (size_t i = 0; i < n; i++) {
        if (old[i] && !strcmp(controller_target(old[i]), target)) {
            struct controller *controller = old[i];
            old[i] = NULL;
            return controller;
        }
    }
    return NULL;
}

static void replace_controllers(struct connmgr *mgr, const struct ofproto_controller_config *configs, size_t n)
{
    struct controller **old = mgr->controllers;
    size_t n_old = mgr->n_controllers;
    mgr->controllers = xcalloc(n + 1, sizeof *mgr->controllers);
    mgr->n_controllers = 0;
    for (size_t i = 0; i < n; i++) {
        struct controller *controller = take_controller(old, n_old, configs[i].target);
        char *error = NULL;
        if (controller) {
            controller_configure(controller, &configs[i]);
        } else {
            controller = controller_create(mgr, &configs[i], &error);
            if (controller) {
                controller_events_tell(mgr, controller, OFPCSR_CONTROLLER_ADDED);
            }
        }
        if (controller) {
            mgr->controllers[mgr->n_controllers++] = controller;
        } else {
            log_warn("bridge %s: %s", mgr->ofproto->name, error);
            free(error);
        }
    }
    for (size_t i = 0; i < n_old; i++) {
        if (old[i]) {
            controller_events_tell(mgr, old[i], OFPCSR_CONTROLLER_REMOVED);
            controller_destroy(old[i]);
        }
    }
    free(old);
}

void connmgr_set_controllers(struct connmgr *mgr, const struct ofproto_controller_config *configs, size_t n,
                             uint32_t versions)
{
    bool had = connmgr_has_controllers(mgr);
    replace_controllers(mgr, configs, n);
    if (!mgr->started) {
        mgr->started = true;
        mgr->was_secure = mgr->ofproto->config.fail_secure;
        if (!tables_restored(mgr->ofproto->tables)) {
            add_default_flows(mgr);
        }
    } else if (had != connmgr_has_controllers(mgr)) {
        start_over(mgr);
    }
    update_in_band(mgr);
    fail_open_update(mgr->fail_open);
    connmgr_update_wants(mgr);
}

const struct controller *connmgr_controller_at(const struct connmgr *mgr, size_t i)
{
    return i < mgr->n_controllers ? mgr->controllers[i] : NULL;
}

bool connmgr_controller_status(const struct connmgr *mgr, const char *target, struct ofproto_controller_status *status)
{
    for (size_t i = 0; i < mgr->n_controllers; i++) {
        if (!strcmp(controller_target(mgr->controllers[i]), target)) {
            controller_status(mgr->controllers[i], status);
            return true;
        }
    }
    return false;
}

void connmgr_configure(struct connmgr *mgr)
{
    struct ofconn *conn;
    uint32_t versions = connmgr_versions(mgr);
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (ofconn_is_open(conn) && !(versions & OFP_VERSION_BIT(conn->version))) {
            ofconn_close(conn, 0, false);
        }
    }
    bool secure = mgr->ofproto->config.fail_secure;
    if (mgr->started && secure != mgr->was_secure && !connmgr_has_controllers(mgr)) {
        start_over(mgr);
    }
    mgr->was_secure = secure;
    update_in_band(mgr);
    fail_open_update(mgr->fail_open);
}

void connmgr_reconnect(struct connmgr *mgr)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        ofconn_close(conn, 0, false);
    }
}

/* What is sent unasked. */

void connmgr_send_flow_removed(struct connmgr *mgr, const struct ofp_flow_removed *message)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (ofconn_wants(conn, ASYNC_FLOW_REMOVED, message->reason)) {
            struct ofpbuf buf = { NULL, 0, 0 };
            ofp_encode_flow_removed(&buf, conn->version, message, conn->nxm);
            ofconn_send(conn, &buf);
        }
    }
}

void connmgr_send_port_status(struct connmgr *mgr, enum ofp_port_reason reason, const struct ofp_phy_port *port)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (ofconn_wants(conn, ASYNC_PORT_STATUS, reason)) {
            struct ofpbuf buf = { NULL, 0, 0 };
            ofp_encode_port_status(&buf, conn->version, reason, port);
            ofconn_send(conn, &buf);
        }
    }
}

static void send_packet_in(void *aux, const struct ofp_packet_in *pin, uint16_t controller_id)
{
    struct connmgr *mgr = aux;
    struct ofconn *conn;
    cds_list_for_each_entry (conn, &mgr->conns, node) {
        if (conn->controller_id == controller_id) {
            ofconn_send_packet_in(conn, pin);
        }
    }
}

void connmgr_queue_packet_in(struct connmgr *mgr, const struct ofp_packet_in *pin, uint16_t controller_id)
{
    packet_in_queue_put(mgr->packet_ins, pin, controller_id);
}

/* Begin and end. */

static char *socket_name(const struct ofproto *ofproto, const char *suffix)
{
    char *file = xasprintf("%s.%s", ofproto->name, suffix);
    char *path = paths_in_rundir(file);
    char *name = xasprintf("punix:%s", path);
    free(path);
    free(file);
    return name;
}

static void listen_for_management(struct connmgr *mgr)
{
    char *error;
    char *name = socket_name(mgr->ofproto, "mgmt");
    mgr->mgmt = listener_open(mgr->loop, name, 0, accepted, mgr, &error);
    if (!mgr->mgmt) {
        log_err("%s", error);
        free(error);
    }
    free(name);
    name = socket_name(mgr->ofproto, "snoop");
    mgr->snoop = snoop_create(mgr->loop, name);
    free(name);
}

struct connmgr *connmgr_create(struct ofproto *ofproto)
{
    struct connmgr *mgr = xzalloc(sizeof *mgr);
    mgr->ofproto = ofproto;
    mgr->loop = ofprotos_config()->loop;
    CDS_INIT_LIST_HEAD(&mgr->conns);
    mgr->packet_ins = packet_in_queue_create(mgr->loop, send_packet_in, mgr);
    mgr->fail_open = fail_open_create(mgr);
    mgr->in_band = in_band_create(mgr);
    listen_for_management(mgr);
    flow_monitor_listen(mgr);
    return mgr;
}

void connmgr_destroy(struct connmgr *mgr)
{
    if (!mgr) {
        return;
    }
    flow_monitor_unlisten(mgr);
    listener_destroy(mgr->mgmt);
    for (size_t i = 0; i < mgr->n_controllers; i++) {
        controller_destroy(mgr->controllers[i]);
    }
    free(mgr->controllers);
    if (mgr->reaping) {
        loop_defer_cancel(mgr->loop, reap, mgr);
    }
    struct ofconn *conn, *next;
    cds_list_for_each_entry_safe (conn, next, &mgr->conns, node) {
        cds_list_del(&conn->node);
        conn->finish = false; /* the loop may not run any more */
        ofconn_destroy(conn);
    }
    in_band_destroy(mgr->in_band);
    fail_open_destroy(mgr->fail_open);
    snoop_destroy(mgr->snoop);
    packet_in_queue_destroy(mgr->packet_ins);
    free(mgr);
}
