/* SPDX-License-Identifier: Apache-2.0 */
/* A controller that the switch connects to, or an address at which it listens for some. */
#include "ofproto/controller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/ofconn.h"
#include "ofproto/packet_in_sched.h"

LOG_MODULE(controller);

enum { BACKOFF_MIN_MS = 1000, BACKOFF_MAX_MS = 8000 };

struct controller {
    struct connmgr *connmgr;
    struct ofproto_controller_config config;
    char *target;
    struct listener *listener;   /* passive */
    struct ofconn *conn;         /* active: the connection, or the attempt at one */
    struct loop_timer *retry;    /* active, in BACKOFF */
    int backoff_ms;
    unsigned int n_open;         /* connections that said hello */
    int64_t connected_ms, disconnected_ms; /* the last time; -1: never */
    char *last_error;
};

static int max_backoff(const struct controller *controller)
{
    return controller->config.max_backoff_ms > 0 ? controller->config.max_backoff_ms : BACKOFF_MAX_MS;
}

static void set_limits(const struct controller *controller, struct ofconn *conn)
{
    ofconn_set_limits(conn, controller->config.probe_ms, controller->config.rate_limit,
                      controller->config.burst_limit, controller->config.queue_size);
}

static void adopt(struct controller *controller, struct stream *stream, bool connected)
{
    struct ofconn *conn = ofconn_create(controller->connmgr, stream, connected, !controller->config.service);
    ofconn_async_init(conn, controller->config.enable_async);
    set_limits(controller, conn);
    connmgr_add(controller->connmgr, conn, controller);
    if (!controller->listener) {
        controller->conn = conn;
    }
}

static void set_error(struct controller *controller, const char *error)
{
    free(controller->last_error);
    controller->last_error = xstrdup(error);
}

static void try_later(struct controller *controller)
{
    controller->backoff_ms = controller->backoff_ms ? controller->backoff_ms * 2 : BACKOFF_MIN_MS;
    controller->backoff_ms = MIN(controller->backoff_ms, max_backoff(controller));
    loop_timer_set_in(controller->retry, controller->backoff_ms);
}

/* The stream's own callbacks until the connection takes over, which is at once. */
static size_t receive_nothing(void *aux, const uint8_t *data, size_t n)
{
    return 0;
}

static const struct stream_ops no_ops = { NULL, receive_nothing, NULL, NULL };

static void try(void *aux)
{
    struct controller *controller = aux;
    char *error;
    struct stream *stream = stream_open(connmgr_loop(controller->connmgr), controller->target, OFP_DEFAULT_PORT, &no_ops,
                                        NULL, &error);
    if (stream) {
        adopt(controller, stream, false);
    } else {
        log_info_rl("%s", error);
        set_error(controller, error);
        free(error);
        try_later(controller);
        connmgr_status_changed(controller->connmgr);
    }
}

static void accepted(void *aux, struct stream *stream)
{
    struct controller *controller = aux;
    if (connmgr_has_room(controller->connmgr)) {
        adopt(controller, stream, true);
    } else {
        log_warn_rl("%s: too many connections", stream_name(stream));
        stream_destroy(stream);
    }
}

struct controller *controller_create(struct connmgr *connmgr, const struct ofproto_controller_config *config, char **errorp)
{
    struct listener *listener = NULL;
    struct controller *controller = xzalloc(sizeof *controller);
    if (stream_name_is_passive(config->target)) {
        listener = listener_open(connmgr_loop(connmgr), config->target, OFP_DEFAULT_PORT, accepted, controller, errorp);
    } else if (!stream_name_is_active(config->target)) {
        *errorp = xasprintf("%s: not the name of a controller (tcp:, ssl:, unix:, ptcp:, pssl: or punix:)", config->target);
    }
    if (!listener && !stream_name_is_active(config->target)) {
        free(controller);
        return NULL;
    }
    controller->connmgr = connmgr;
    controller->config = *config;
    controller->target = xstrdup(config->target);
    controller->config.target = controller->target;
    controller->listener = listener;
    controller->connected_ms = controller->disconnected_ms = -1;
    if (!listener) {
        controller->retry = loop_timer_create(connmgr_loop(connmgr), try, controller);
        try(controller);
    }
    return controller;
}

void controller_destroy(struct controller *controller)
{
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(controller->connmgr), node) {
        if (conn->controller == controller) {
            conn->controller = NULL;
            ofconn_close(conn, 0, true);
        }
    }
    listener_destroy(controller->listener);
    loop_timer_destroy(controller->retry);
    free(controller->last_error);
    free(controller->target);
    free(controller);
}

void controller_configure(struct controller *controller, const struct ofproto_controller_config *config)
{
    struct ofconn *conn;
    controller->config = *config;
    controller->config.target = controller->target;
    controller->backoff_ms = MIN(controller->backoff_ms, max_backoff(controller));
    cds_list_for_each_entry (conn, connmgr_conns(controller->connmgr), node) {
        if (conn->controller == controller) {
            conn->primary = !config->service;
            if (config->enable_async != conn->async_enabled) {
                ofconn_async_init(conn, config->enable_async);
            }
            set_limits(controller, conn);
        }
    }
}

const char *controller_target(const struct controller *controller)
{
    return controller->target;
}

bool controller_is_primary(const struct controller *controller)
{
    return !controller->config.service;
}

bool controller_is_in_band(const struct controller *controller)
{
    return controller->config.in_band && !controller->listener;
}

int controller_probe_ms(const struct controller *controller)
{
    return controller->config.probe_ms;
}

static int64_t seconds_since(int64_t when_ms)
{
    return when_ms < 0 ? -1 : (clock_ms() - when_ms) / 1000;
}

static const char *state_name(const struct controller *controller)
{
    if (controller->listener) {
        return controller->n_open ? "ACTIVE" : "VOID";
    }
    if (!controller->conn) {
        return "BACKOFF";
    }
    if (!ofconn_is_open(controller->conn)) {
        return "CONNECTING";
    }
    return controller->conn->probing ? "IDLE" : "ACTIVE";
}

/* The role that the configuration shows, in OVSDB's words. */
static const char *role_name(const struct controller *controller)
{
    if (controller->conn && ofconn_is_open(controller->conn)) {
        if (controller->conn->role == OFPCR_ROLE_PRIMARY) {
            return "master";
        }
        if (controller->conn->role == OFPCR_ROLE_SECONDARY) {
            return "slave";
        }
    }
    return "other";
}

static struct ofproto_packet_in_counters count_packet_ins(const struct controller *controller, int kind)
{
    struct packet_in_sched_counters sum = { 0 };
    struct ofconn *conn;
    cds_list_for_each_entry (conn, connmgr_conns(controller->connmgr), node) {
        if (conn->controller == controller) {
            packet_in_sched_count(conn->packet_ins[kind], &sum);
        }
    }
    return (struct ofproto_packet_in_counters) { sum.backlog, sum.bypassed, sum.queued, sum.dropped };
}

void controller_status(const struct controller *controller, struct ofproto_controller_status *status)
{
    *status = (struct ofproto_controller_status) {
        .connected = controller->n_open > 0,
        .role = role_name(controller),
        .last_error = controller->last_error,
        .state = state_name(controller),
        .sec_since_connect = seconds_since(controller->connected_ms),
        .sec_since_disconnect = seconds_since(controller->disconnected_ms),
        .n_connections = controller->n_open,
        .misses = count_packet_ins(controller, OFCONN_MISSES),
        .actions = count_packet_ins(controller, OFCONN_ACTIONS),
    };
    status->counted = controller->config.rate_limit > 0 || status->misses.queued || status->actions.queued;
}

void controller_opened(struct controller *controller, struct ofconn *conn)
{
    controller->n_open++;
    controller->backoff_ms = 0;
    controller->connected_ms = clock_ms();
    if (controller->conn) {
        log_info("%s: connected with %s", controller->target, ofp_version_name(conn->version));
    }
}

void controller_closed(struct controller *controller, struct ofconn *conn)
{
    const char *text = conn->reason ? conn->reason : stream_error(conn->stream);
    const char *reason = text ? text : conn->error ? strerror(conn->error) : "End of file";
    if (conn->opened_ms) {
        controller->n_open--;
        controller->disconnected_ms = clock_ms();
    }
    if (controller->conn == conn) {
        log_info_rl("%s: connection closed (%s)", controller->target, reason);
        set_error(controller, reason);
        controller->conn = NULL;
        try_later(controller);
    }
}
