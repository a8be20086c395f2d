/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about ports, and the watch over them: changes are announced to those who subscribed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/port_vhost.h"
#include "datapath/server_request.h"
#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/hash.h"
#include "lib/base/linkwatch.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

LOG_MODULE(dp_server_port);

enum { TICK_MS = 1000, TICKS_PER_COVERAGE_RUN = 5 };

/* A port as it was last announced. */
struct known_port {
    struct hmap_node node; /* in server->known_ports, by number */
    struct dp_port port;
};

static void describe(const struct port *port, struct dp_port *d)
{
    memset(d, 0, sizeof *d); /* padding too: descriptions are compared as bytes */
    d->no = port->no;
    memcpy(d->name, port->name, strnlen(port->name, sizeof d->name - 1));
    memcpy(d->type, port->ops->type, strnlen(port->ops->type, sizeof d->type - 1));
    d->mac = port->mac;
    d->mtu = port->mtu;
    d->ifindex = port->ifindex;
    d->admin_up = port->admin_up;
    d->carrier = port->carrier;
    d->speed_mbps = port->speed_mbps;
    memcpy(d->error, port->error, strnlen(port->error, sizeof d->error - 1));
}

static struct known_port *find_known(struct server *server, uint32_t no)
{
    struct known_port *known;

    hmap_for_each_with_hash (known, node, hash_u64(no, 0), &server->known_ports) {
        if (known->port.no == no) {
            return known;
        }
    }
    return NULL;
}

/* Announces the port if it is new or changed. */
static void announce(struct server *server, const struct port *port)
{
    struct known_port *known = find_known(server, port->no);
    struct dp_port now;

    describe(port, &now);
    if (!known) {
        known = xzalloc(sizeof *known);
        hmap_insert(&server->known_ports, &known->node, hash_u64(port->no, 0));
    } else if (!memcmp(&known->port, &now, sizeof now)) {
        return;
    }
    if (now.error[0] && strcmp(now.error, known->port.error)) {
        log_warn("port %s: %s", now.name, now.error);
    } else if (!now.error[0] && known->port.error[0]) {
        log_info("port %s: works again", now.name);
    }
    known->port = now;
    server_send_event(server, &now, false);
}

static void announce_deleted(struct server *server, uint32_t no)
{
    struct known_port *known = find_known(server, no);

    if (known) {
        server_send_event(server, &known->port, true);
        hmap_remove(&server->known_ports, &known->node);
        free(known);
    }
}

void server_port_refresh(struct server *server, struct port *port)
{
    if (port->ops->refresh) {
        port->ops->refresh(port);
    }
    announce(server, port);
}

static void link_changed(void *aux, const struct link_info *link)
{
    struct server *server = aux;
    struct port *port = datapath_port_find(server->dp, link->name);

    if (port) {
        server_port_refresh(server, port);
    }
}

/* Once a second: the kinds that no notification tells about, and devices in other namespaces. */
static void tick(void *aux)
{
    struct server *server = aux;
    struct port *port;

    for (uint32_t cursor = 0; (port = datapath_port_next(server->dp, &cursor));) {
        const struct link_info *link = linkwatch_find(server->linkwatch, port->name);
        if (!link || link->ifindex != port->ifindex || port->error[0]) {
            server_port_refresh(server, port);
        }
    }
    datapath_run(server->dp);
    if (++server->n_ticks % TICKS_PER_COVERAGE_RUN == 0) {
        coverage_run();
    }
    loop_timer_set_in(server->tick, TICK_MS);
}

/* A port tells by itself. */
static void port_changed(void *aux, struct port *port, unsigned int n_rxq)
{
    struct server *server = aux;
    datapath_port_set_n_rxq(server->dp, port, n_rxq);
    if (datapath_port_get(server->dp, port->no) == port) {
        announce(server, port);
    }
}

char *server_ports_start(struct server *server)
{
    const struct port_host host = { server->config.loop, port_changed, server };
    char *error = NULL;

    server->linkwatch = linkwatch_create(server->config.loop, link_changed, server, &error);
    if (error) {
        return error;
    }
    port_vhost_set_host(&host);
    server->tick = loop_timer_create(server->config.loop, tick, server);
    loop_timer_set_in(server->tick, TICK_MS);
    return NULL;
}

void server_ports_stop(struct server *server)
{
    struct known_port *known, *next;

    port_vhost_set_host(NULL);
    loop_timer_destroy(server->tick);
    if (server->linkwatch) {
        linkwatch_destroy(server->linkwatch);
    }
    hmap_for_each_safe (known, next, node, &server->known_ports) {
        hmap_remove(&server->known_ports, &known->node);
        free(known);
    }
}

/* Names go to logs, to path names and to people's terminals. */
static bool name_is_good(const char *name)
{
    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        return false;
    }
    for (const char *p = name; *p; p++) {
        if (*p <= ' ' || *p >= 0x7f || *p == '/') {
            return false;
        }
    }
    return true;
}

int server_port_add(struct server *server, struct server_answer *answer)
{
    const struct dp_parsed *request = answer->request;
    const char *name = dp_attr_string(request->attr[DP_A_NAME]);
    const char *type = dp_attr_string(request->attr[DP_A_TYPE]);
    uint32_t no = dp_attr_u32(request->attr[DP_A_PORT_NO]);
    struct smap options = SMAP_INIT;

    if (!name_is_good(name)) {
        answer->error = xstrdup(
            "a port's name must be of printable ASCII characters, without blanks and slashes");
        return EINVAL;
    }
    if (no != DP_PORT_NONE && no >= DP_MAX_PORTS) {
        answer->error = xasprintf("port number %u is too large", no);
        return EINVAL;
    }
    if (request->attr[DP_A_SETTINGS]) {
        dp_attr_settings(request->attr[DP_A_SETTINGS], &options);
    }
    int error = datapath_port_add(server->dp, name, type, &options, &no, &answer->error);
    smap_destroy(&options);
    if (!error) {
        dp_build_u32(&answer->b, DP_A_PORT_NO, no);
        announce(server, datapath_port_get(server->dp, no));
        log_info("port %u: %s (%s) added", no, name, type);
    }
    return error;
}

int server_port_del(struct server *server, struct server_answer *answer)
{
    uint32_t no = dp_attr_u32(answer->request->attr[DP_A_PORT_NO]);
    int error = datapath_port_del(server->dp, no);

    if (!error) {
        announce_deleted(server, no);
        log_info("port %u deleted", no);
    }
    return error;
}

int server_port_set(struct server *server, struct server_answer *answer)
{
    const struct dp_parsed *request = answer->request;
    struct port *port = datapath_port_get(server->dp, dp_attr_u32(request->attr[DP_A_PORT_NO]));
    struct dp_port_change change = { NULL, NULL, 0, false, false };
    struct smap options = SMAP_INIT;
    struct eth_addr mac;

    if (!port) {
        return ENODEV;
    }
    if (request->attr[DP_A_SETTINGS]) {
        dp_attr_settings(request->attr[DP_A_SETTINGS], &options);
        change.options = &options;
    }
    if (request->attr[DP_A_MAC]) {
        memcpy(&mac, dp_attr_content(request->attr[DP_A_MAC]), sizeof mac);
        change.mac = &mac;
    }
    if (request->attr[DP_A_MTU]) {
        change.mtu = dp_attr_u32(request->attr[DP_A_MTU]);
    }
    if (request->attr[DP_A_ADMIN]) {
        change.set_admin = true;
        change.admin_up = dp_attr_u32(request->attr[DP_A_ADMIN]);
    }
    int error = datapath_port_set(server->dp, port, &change, &answer->error);
    smap_destroy(&options);
    server_port_refresh(server, port);
    return error;
}

/* Adds a port and its statistics to the answer; false if there is no room. */
static bool build_port(struct server *server, struct dp_builder *b, const struct port *port)
{
    struct dp_wire_port_record record;
    struct dp_port_stats stats;
    struct dp_port d;
    size_t len = b->len;

    describe(port, &d);
    datapath_port_stats(server->dp, port, &stats);
    dp_wire_from_port(&record.port, &d);
    dp_wire_from_port_stats(&record.stats, &stats);
    dp_build_put(b, DP_A_PORT_STATS, &record, sizeof record);
    if (b->overflow) {
        dp_build_rewind(b, len);
        return false;
    }
    return true;
}

int server_port_get(struct server *server, struct server_answer *answer)
{
    const struct dp_attr *no = answer->request->attr[DP_A_PORT_NO];
    const struct dp_attr *name = answer->request->attr[DP_A_NAME];

    if (!no == !name) {
        answer->error = xstrdup("a port is asked for by number or by name");
        return EINVAL;
    }
    const struct port *port = no ? datapath_port_get(server->dp, dp_attr_u32(no))
                                 : datapath_port_find(server->dp, dp_attr_string(name));
    if (!port) {
        return ENODEV;
    }
    build_port(server, &answer->b, port);
    return 0;
}

int server_port_dump(struct server *server, struct server_answer *answer)
{
    uint32_t cursor = dp_attr_u32(answer->request->attr[DP_A_CURSOR]);
    struct dp_builder *b = &answer->b;
    uint32_t next = DP_PORT_NONE;
    size_t cursor_at = b->len;

    dp_build_u32(b, DP_A_CURSOR, DP_PORT_NONE); /* set below, once it is known */
    for (;;) {
        uint32_t this = cursor;
        const struct port *port = datapath_port_next(server->dp, &cursor);
        if (!port) {
            break;
        }
        if (!build_port(server, b, port)) {
            next = this;
            break;
        }
    }
    memcpy(b->data + cursor_at + sizeof(struct dp_attr), &next, sizeof next);
    return 0;
}
