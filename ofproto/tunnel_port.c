/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel ports: made, changed, looked at. */
#include "ofproto/tunnel_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/underlay.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/tunnel_listener.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/tunnel_neigh.h"

struct tunnel_port {
    struct hmap_node node; /* by what it matches */
    struct ofport *ofport;
    struct tunnel_config config;
    struct tunnel_listener *listener;
    struct underlay_answer *way; /* to a configured remote address; may be null */
};

static struct hmap tunnels = HMAP_INIT; /* struct tunnel_port.node; main */

static const struct tunnel_port *find_same(const struct tunnel_config *config, const struct tunnel_port *except)
{
    const struct tunnel_port *t;
    hmap_for_each_with_hash (t, node, tunnel_map_hash(config), &tunnels) {
        if (t != except && tunnel_map_same(&t->config, config)) {
            return t;
        }
    }
    return NULL;
}

/* The port of a bridge that is this device. */
static const struct ofport *find_device(const char *device)
{
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        const struct ofport *port = port_set_find(o->ports, device);
        if (port && ofport_has_device(port)) {
            return port;
        }
    }
    return NULL;
}

static void ask_way(struct tunnel_port *t)
{
    struct underlay_route route;
    underlay_answer_unref(tunnel_underlay(), t->way);
    t->way = NULL;
    if (t->config.remote == TUNNEL_FIXED) {
        struct underlay_key key = {
            .dst = t->config.remote_ip,
            .src = t->config.local_ip,
            .mark = t->config.set_mark ? t->config.mark : 0,
        };
        t->way = underlay_ask(tunnel_underlay(), &key, &route);
    }
}

static char *check(const struct ofport *port, struct tunnel_config *config)
{
    char *error = tunnel_config_parse(port->name, port->type, &port->options, config);
    const struct tunnel_port *same = error ? NULL : find_same(config, port->tunnel);
    if (same) {
        struct strbuf s = STRBUF_INIT;
        strbuf_putf(&s, "%s: port '%s' has the same configuration (", port->name, same->ofport->name);
        tunnel_config_format_match(&s, config, same->listener->dp_no);
        strbuf_puts(&s, ")");
        error = strbuf_steal(&s);
    }
    return error;
}

int tunnel_port_set(struct ofport *port, char **errorp)
{
    struct tunnel_config config;
    *errorp = check(port, &config);
    if (*errorp) {
        return EINVAL;
    }
    struct tunnel_listener *listener = tunnel_listener_get(&config, errorp);
    if (!listener) {
        return EIO;
    }
    struct tunnel_port *t = port->tunnel;
    if (t) {
        hmap_remove(&tunnels, &t->node);
        tunnel_listener_put(t->listener, true);
    } else {
        t = port->tunnel = xzalloc(sizeof *t);
        t->ofport = port;
    }
    t->config = config;
    t->listener = listener;
    hmap_insert(&tunnels, &t->node, tunnel_map_hash(&config));
    ask_way(t);
    port_map_changed();
    return 0;
}

void tunnel_port_destroy(struct tunnel_port *t, bool from_datapath)
{
    if (!t) {
        return;
    }
    hmap_remove(&tunnels, &t->node);
    if (!hmap_count(&tunnels)) {
        hmap_destroy(&tunnels);
        hmap_init(&tunnels);
    }
    tunnel_listener_put(t->listener, from_datapath);
    underlay_answer_unref(tunnel_underlay(), t->way);
    free(t);
}

const struct tunnel_config *tunnel_port_config(const struct tunnel_port *t)
{
    return &t->config;
}

uint32_t tunnel_port_listener(const struct tunnel_port *t)
{
    return t->listener->dp_no;
}

const char *tunnel_port_driver(const struct tunnel_port *t)
{
    return t->config.type;
}

/* The way. */

static const struct inet_addr *next_hop(const struct tunnel_port *t, const struct underlay_route *route)
{
    return inet_addr_is_set(&route->gateway) ? &route->gateway : &t->config.remote_ip;
}

static void describe(const struct tunnel_port *t, const struct underlay_route *route, struct ofproto_tunnel_path *path)
{
    char remote[INET_ADDR_TEXT_SIZE];
    const struct ofport *port = route->found ? find_device(route->device) : NULL;
    inet_addr_text(&t->config.remote_ip, remote);
    if (!route->found) {
        snprintf(path->problem, sizeof path->problem, "no route to %s", remote);
        return;
    }
    snprintf(path->device, sizeof path->device, "%s", route->device);
    inet_addr_text(&route->source, path->source);
    inet_addr_text(next_hop(t, route), path->next_hop);
    if (route->local) {
        snprintf(path->problem, sizeof path->problem, "%s is an address of this host", remote);
    } else if (!port) {
        snprintf(path->problem, sizeof path->problem, "the route leaves by %s, which is no port of a bridge", route->device);
    } else {
        unsigned int overhead = tunnel_config_overhead(&t->config, !inet_addr_is_v4(&t->config.remote_ip), 0);
        uint32_t mtu = route->mtu ? MIN(route->mtu, port->dp.mtu) : port->dp.mtu;
        path->mtu = mtu > overhead ? mtu - overhead : 0;
        path->carrier = port->dp.carrier;
        path->resolved = tunnel_neigh_lookup(port->ofproto->name, next_hop(t, route), NULL);
        if (!path->resolved) {
            snprintf(path->problem, sizeof path->problem, "%s does not answer on %s", path->next_hop, route->device);
        }
    }
}

void tunnel_port_status(struct tunnel_port *t, struct ofproto_tunnel_path *path)
{
    struct underlay_route route;
    memset(path, 0, sizeof *path);
    path->fixed = t->config.remote == TUNNEL_FIXED;
    if (t->way) {
        underlay_answer_get(tunnel_underlay(), t->way, &route);
        describe(t, &route, path);
    }
}

static void want(const struct tunnel_port *t, int64_t now_ms)
{
    struct underlay_route route;
    underlay_answer_get(tunnel_underlay(), t->way, &route);
    const struct ofport *port = route.found && !route.local ? find_device(route.device) : NULL;
    if (port) {
        tunnel_neigh_want(port->ofproto->name, route.device, next_hop(t, &route), now_ms);
    }
}

void tunnel_ports_run(void)
{
    const struct tunnel_port *t;
    int64_t now_ms = clock_ms();
    hmap_for_each (t, node, &tunnels) {
        if (t->way) {
            want(t, now_ms);
        }
    }
}

static int compare_names(const void *a_, const void *b_)
{
    const struct tunnel_port *const *a = a_, *const *b = b_;
    return strcmp((*a)->ofport->name, (*b)->ofport->name);
}

void tunnel_ports_list(struct strbuf *s)
{
    size_t n = 0;
    struct tunnel_port **sorted = xcalloc(MAX(hmap_count(&tunnels), 1), sizeof *sorted), *t;
    hmap_for_each (t, node, &tunnels) {
        sorted[n++] = t;
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted, compare_names);
    }
    for (size_t i = 0; i < n; i++) {
        t = sorted[i];
        strbuf_putf(s, "port %u: %s (%s: ", t->listener->dp_no, t->ofport->name, t->config.type);
        tunnel_config_format_match(s, &t->config, t->listener->dp_no);
        if (t->config.ttl_inherit) {
            strbuf_puts(s, ", ttl=inherit");
        } else {
            strbuf_putf(s, ", ttl=%u", t->config.ttl);
        }
        if (t->config.tos_inherit) {
            strbuf_puts(s, ", tos=inherit");
        } else if (t->config.tos) {
            strbuf_putf(s, ", tos=0x%x", t->config.tos);
        }
        strbuf_puts(s, t->config.df ? "" : ", df=false");
        strbuf_puts(s, t->config.csum ? ", csum=true" : "");
        struct ofproto_tunnel_path path;
        tunnel_port_status(t, &path);
        if (path.mtu) {
            strbuf_putf(s, ", mtu=%u", path.mtu);
        }
        strbuf_puts(s, ")\n");
    }
    free(sorted);
}
