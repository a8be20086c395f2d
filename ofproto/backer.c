/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to the datapath, adopting what it has, and the threads that hang on the connection. */
#include "ofproto/backer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/base/uuid.h"
#include "ofproto/group_select.h"
#include "ofproto/meter_table.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel_listener.h"
#include "ofproto/ukey.h"
#include "ofproto/upcall.h"

LOG_MODULE(backer);

enum { RETRY_MS = 200 };

/* Main thread. */
static struct {
    const struct ofprotos_config *config;
    struct dp_client *client;     /* requests, and the control program's upcalls; null: not connected */
    struct dp_client *events;
    struct loop_watch *watch;     /* of 'events' */
    struct loop_timer *retry;
    struct upcalls *upcalls;
    struct ukeys *ukeys;          /* null while the threads do not run */
    struct uuid instance;         /* of the datapath that was connected last */
    unsigned int n_handlers;      /* wanted, 0: chosen */
    bool complete;                /* the first configuration is in place */
    bool losing;                  /* the loss of the connection waits for the loop */
    char *last_error;             /* of the last try, so that the same is not logged each time */
} backer;

bool backer_connected(void)
{
    return backer.client != NULL;
}

struct dp_client *backer_client(void)
{
    return backer.client;
}

const char *backer_path(void)
{
    return backer.config ? backer.config->datapath_path : NULL;
}

static unsigned int choose_n_handlers(void)
{
    if (backer.n_handlers) {
        return backer.n_handlers;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return MIN(MAX(cores / 2, 1), 32);
}

/* Threads. */

static void start_threads(void)
{
    backer.ukeys = ukeys_create();
    char *error = revalidator_start(backer.client, backer_path(), backer.ukeys);
    if (!error) {
        error = upcalls_run(backer.upcalls, backer_path(), backer.ukeys);
    }
    if (error) {
        log_err("cannot serve the datapath: %s", error);
        free(error);
        backer_check(EPIPE);
    }
}

static void stop_threads(void)
{
    /* The handlers first: they enter flows that the revalidator looks after. */
    upcalls_close(backer.upcalls);
    backer.upcalls = NULL;
    revalidator_stop();
    ukeys_destroy(backer.ukeys);
    backer.ukeys = NULL;
}

static void for_each_port(void (*cb)(struct ofport *))
{
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        struct ofport *port;
        hmap_for_each (port, by_name, &o->ports->ports) {
            cb(port);
        }
    }
}

static void tell_configuration(void)
{
    if (backer.config->changed) {
        backer.config->changed(backer.config->aux);
    }
}

/* Losing the connection. */

static void disconnect(void)
{
    stop_threads();
    loop_watch_destroy(backer.watch);
    backer.watch = NULL;
    dp_client_destroy(backer.events);
    backer.events = NULL;
    dp_client_destroy(backer.client);
    backer.client = NULL;
}

static void lose(void *aux)
{
    backer.losing = false;
    if (!backer.client) {
        return;
    }
    log_warn("the connection to the datapath is lost");
    disconnect();
    tunnel_listeners_disconnect();
    for_each_port(ofport_disconnect);
    port_map_publish();
    loop_timer_set_in(backer.retry, 0);
    tell_configuration();
}

int backer_check(int error)
{
    bool broken = error == EPIPE || (backer.client && dp_client_broken(backer.client));
    if (error && broken && backer.client && !backer.losing) {
        backer.losing = true;
        loop_defer(backer.config->loop, lose, NULL);
    }
    return error;
}

static void receive_events(void *aux, unsigned int events)
{
    struct dp_port port;
    bool deleted;
    int error;
    while (!(error = dp_port_event_recv(backer.events, &port, &deleted))) {
        port_set_event(&port, deleted);
    }
    if (error != EAGAIN) {
        loop_watch_set_events(backer.watch, 0);
        backer_check(EPIPE);
    }
}

/* Connecting. */

static char *open_events(void)
{
    char *error = NULL;
    backer.events = dp_client_open(backer_path(), &error);
    if (!backer.events) {
        return error;
    }
    int errnum = dp_port_events_open(backer.events);
    if (errnum) {
        return xasprintf("cannot watch the datapath's ports: %s", strerror(errnum));
    }
    backer.watch = loop_watch_create(backer.config->loop, dp_client_fd(backer.events), LOOP_READ,
                                     receive_events, NULL);
    return NULL;
}

static char *connect_datapath(void)
{
    char *error = NULL;
    backer.client = dp_client_open(backer_path(), &error);
    if (!backer.client) {
        return error;
    }
    backer.upcalls = upcalls_open(backer.client, choose_n_handlers(), &error);
    if (!backer.upcalls) {
        return error;
    }
    return open_events();
}

/* Ports of the datapath that nobody stands for. */
static void delete_strange_ports(void)
{
    struct dp_port *ports;
    size_t n;
    if (backer_check(dp_port_dump(backer.client, &ports, NULL, &n))) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!port_set_by_dp(ports[i].no) && !tunnel_listener_owns(ports[i].no)) {
            log_info("deleting port %s from the datapath: no bridge has it", ports[i].name);
            backer_port_close(ports[i].no);
        }
    }
    free(ports);
}

static void finish(void)
{
    port_map_publish();
    delete_strange_ports();
    meter_table_connected(backer.client);
    start_threads();
    if (backer.client) {
        group_select_adopt(backer.client);
    }
}

static void try_to_connect(void *aux)
{
    char *error = connect_datapath();
    if (error) {
        disconnect();
        if (!backer.last_error || strcmp(error, backer.last_error)) {
            log_info("no datapath: %s", error);
        }
        free(backer.last_error);
        backer.last_error = error;
        loop_timer_set_in(backer.retry, RETRY_MS);
        return;
    }
    free(backer.last_error);
    backer.last_error = NULL;

    const struct dp_info *info = dp_client_info(backer.client);
    bool again = !uuid_is_zero(&backer.instance);
    bool same = uuid_equals(&info->instance, &backer.instance);
    log_info("connected to datapath %s of process %d%s", info->name, info->pid,
             !again ? "" : same ? ", as before" : ", which was restarted");
    backer.instance = info->instance;
    tunnel_listeners_reconnect();
    for_each_port(ofport_reconnect);
    if (backer.complete) {
        finish();
    }
    tell_configuration();
}

void backer_start(const struct ofprotos_config *config)
{
    backer.config = config;
    backer.retry = loop_timer_create(config->loop, try_to_connect, NULL);
    try_to_connect(NULL);
}

void backer_detach(void)
{
    stop_threads();
    backer.complete = false;
}

void backer_stop(void)
{
    disconnect();
    loop_timer_destroy(backer.retry);
    free(backer.last_error);
    memset(&backer, 0, sizeof backer);
}

void backer_complete(void)
{
    if (!backer.complete) {
        backer.complete = true;
        if (backer.client) {
            finish();
        }
    }
}

void backer_set_n_handlers(unsigned int n)
{
    if (backer.n_handlers == n) {
        return;
    }
    backer.n_handlers = n;
    if (backer.ukeys && upcalls_n_handlers(backer.upcalls) != choose_n_handlers()) {
        upcalls_close(backer.upcalls);
        char *error = NULL;
        backer.upcalls = upcalls_open(backer.client, choose_n_handlers(), &error);
        if (backer.upcalls) {
            error = upcalls_run(backer.upcalls, backer_path(), backer.ukeys);
        }
        if (error) {
            log_err("cannot start the handlers: %s", error);
            free(error);
            backer_check(EPIPE);
        }
    }
}

unsigned int backer_n_handlers(void)
{
    return backer.ukeys ? upcalls_n_handlers(backer.upcalls) : 0;
}

/* Ports. */

static int not_connected(char **errorp)
{
    *errorp = xstrdup("the datapath is not running");
    return ENOTCONN;
}

/* Takes over a port that is there. False if it must be made anew. */
static bool adopt(const char *name, const char *type, const struct smap *options, struct dp_port *port)
{
    if (dp_port_find(backer.client, name, port)) {
        return false;
    }
    bool good = !strcmp(port->type, type) && !port->error[0];
    if (good && options && smap_count(options)) {
        struct dp_port_change change = { .options = options };
        char *error = NULL;
        good = !backer_port_change(port->no, &change, port, &error);
        free(error);
    }
    if (!good && !port_set_by_dp(port->no)) {
        backer_port_close(port->no);
    }
    return good;
}

bool backer_port_adopt(const char *name, const char *type, struct dp_port *port)
{
    return backer.client && !backer_check(dp_port_find(backer.client, name, port)) && !strcmp(port->type, type)
           && !port->error[0];
}

int backer_port_open(const char *name, const char *type, const struct smap *options, uint32_t hint,
                     struct dp_port *port, char **errorp)
{
    *errorp = NULL;
    if (!backer.client) {
        return not_connected(errorp);
    }
    if (adopt(name, type, options, port)) {
        return 0;
    }
    uint32_t no = hint;
    int error = dp_port_add(backer.client, name, type, options, &no, errorp);
    if (!error) {
        error = dp_port_get(backer.client, no, port, NULL);
    }
    return backer_check(error);
}

int backer_port_close(uint32_t dp_no)
{
    return backer.client ? backer_check(dp_port_del(backer.client, dp_no)) : ENOTCONN;
}

int backer_port_change(uint32_t dp_no, const struct dp_port_change *change, struct dp_port *port,
                       char **errorp)
{
    *errorp = NULL;
    if (!backer.client) {
        return not_connected(errorp);
    }
    int error = dp_port_set(backer.client, dp_no, change, errorp);
    if (!error) {
        error = dp_port_get(backer.client, dp_no, port, NULL);
    }
    return backer_check(error);
}

int backer_port_stats(uint32_t dp_no, struct dp_port *port, struct dp_port_stats *stats)
{
    return backer.client ? backer_check(dp_port_get(backer.client, dp_no, port, stats)) : ENOTCONN;
}

int backer_command(int argc, const char *const argv[], struct strbuf *reply)
{
    return backer.client ? backer_check(dp_command(backer.client, argc, argv, reply)) : ENOTCONN;
}

int backer_operate(struct dp_op *op)
{
    if (!backer.client) {
        return ENOTCONN;
    }
    int error = backer_check(dp_operate(backer.client, op, 1));
    return error ? error : op->error;
}
