/* SPDX-License-Identifier: Apache-2.0 */
/* Builds and publishes the snapshot of the configuration that translation reads. */
#include "ofproto/port_map.h"

#include <stdlib.h>

#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/bundle.h"
#include "ofproto/group_table.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_limits.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/tunnel_port.h"

struct port_map {
    struct map_bridge **bridges;
    size_t n_bridges;
    struct map_port **by_dp; /* by dp_no */
    size_t n_by_dp;
    struct map_port **by_name; /* those of devices */
    size_t n_by_name;
    struct tunnel_map *tunnels; /* null: there are none */
    void **memory;           /* everything that the snapshot consists of */
    size_t n_memory, memory_allocated;
};

static struct port_map *current; /* RCU; main: wo */
static bool dirty;               /* main */
static bool deferred;            /* main: a publication waits for the loop */

/* Building. */

static void *take(struct port_map *map, void *p)
{
    if (map->n_memory == map->memory_allocated) {
        map->memory = grow_array(map->memory, &map->memory_allocated, sizeof *map->memory);
    }
    map->memory[map->n_memory++] = p;
    return p;
}

static void *take_array(struct port_map *map, size_t n, size_t size)
{
    return take(map, xcalloc(MAX(n, 1), size));
}

static int compare_no(const void *a_, const void *b_)
{
    const struct map_port *const *a = a_, *const *b = b_;
    return ((*a)->no > (*b)->no) - ((*a)->no < (*b)->no);
}

static int compare_name(const void *a_, const void *b_)
{
    const struct map_port *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static int compare_dp(const void *a_, const void *b_)
{
    const struct map_port *const *a = a_, *const *b = b_;
    return ((*a)->dp_no > (*b)->dp_no) - ((*a)->dp_no < (*b)->dp_no);
}

/* The queues that mark packets. */
static void add_queues(struct port_map *map, struct map_port *port, const struct port_limits *limits)
{
    struct map_queue *queues = take_array(map, limits->n_queues, sizeof *queues);
    for (size_t i = 0; i < limits->n_queues; i++) {
        if (limits->queues[i].dscp >= 0) {
            queues[port->n_queues++] = (struct map_queue) { limits->queues[i].dp.id, (uint8_t) (limits->queues[i].dscp << 2) };
        }
    }
    port->queues = queues;
}

static void add_ports(struct port_map *map, struct map_bridge *bridge, const struct ofproto *ofproto)
{
    const struct port_set *set = ofproto->ports;
    bridge->ports = take_array(map, hmap_count(&set->ports), sizeof *bridge->ports);
    struct ofport *ofport;
    hmap_for_each (ofport, by_name, &set->ports) {
        struct map_port *port = take(map, xzalloc(sizeof *port));
        port->no = ofport->no;
        port->dp_no = ofport->dp.no;
        port->name = take(map, xstrdup(ofport->name));
        port->mac = ofport->dp.mac;
        port->mtu = ofport->dp.mtu;
        port->config = ofport->config;
        port->is_patch = ofport->is_patch;
        port->live = ofport_is_live(ofport);
        port->bfd = bfd_port_look(ofport);
        port->bridge = bridge;
        port->internal = !strcmp(ofport->type, "internal") || ofport->no == OFPP_LOCAL;
        port->listener = DP_PORT_NONE;
        if (ofport->limits && ofport->limits->n_queues) {
            add_queues(map, port, ofport->limits);
        }
        if (ofport->tunnel) {
            port->tunnel = take(map, xmemdup(tunnel_port_config(ofport->tunnel), sizeof *port->tunnel));
            port->listener = tunnel_port_listener(ofport->tunnel);
        }
        port->counters = ofport->counters ? patch_counters_ref(ofport->counters) : NULL;
        bridge->ports[bridge->n_ports++] = port;
    }
    qsort(bridge->ports, bridge->n_ports, sizeof *bridge->ports, compare_no);
}

static void add_bundle(struct port_map *map, struct map_bridge *bridge, const struct bundle *from,
                       const struct port_set *set)
{
    struct map_bundle *bundle = take(map, xzalloc(sizeof *bundle));
    struct map_port **ports = take_array(map, from->n_ports, sizeof *ports);
    for (size_t i = 0; i < from->n_ports; i++) {
        const struct ofport *ofport = port_set_find(set, from->ports[i]);
        struct map_port *port = ofport ? (struct map_port *) map_bridge_port(bridge, ofport->no) : NULL;
        if (port && !port->bundle) {
            port->bundle = bundle;
            bundle->floodable |= !(port->config & OFPPC_NO_FLOOD);
            ports[bundle->n_ports++] = port;
        }
    }
    if (!bundle->n_ports) {
        return;
    }
    qsort(ports, bundle->n_ports, sizeof *ports, compare_no);
    bundle->ports = (const struct map_port **) ports;
    bundle->name = take(map, xstrdup(from->name));
    bundle->bridge = bridge;
    bundle->vlan_mode = from->vlan_mode;
    bundle->vlan = from->vlan;
    bundle->trunks = from->trunks ? take(map, xmemdup(from->trunks, VLAN_N / 8)) : NULL;
    bundle->protected_ = from->protected_;
    bundle->arp_suppress = from->arp_suppress;
    bridge->some_suppress |= from->arp_suppress;
    bridge->has_bonds |= bundle->n_ports > 1;
    bridge->bundles[bridge->n_bundles++] = bundle;
}

static int compare_bundle(const void *a_, const void *b_)
{
    const struct map_bundle *const *a = a_, *const *b = b_;
    return ((*a)->ports[0]->no > (*b)->ports[0]->no) - ((*a)->ports[0]->no < (*b)->ports[0]->no);
}

static void add_bundles(struct port_map *map, struct map_bridge *bridge, const struct ofproto *ofproto)
{
    const struct port_set *set = ofproto->ports;
    bridge->bundles = take_array(map, hmap_count(&set->bundles), sizeof *bridge->bundles);
    struct bundle *bundle;
    hmap_for_each (bundle, node, &set->bundles) {
        add_bundle(map, bridge, bundle, set);
    }
    /* The order in which a flooded packet leaves does not depend on hashes. */
    qsort(bridge->bundles, bridge->n_bundles, sizeof *bridge->bundles, compare_bundle);
}

static struct map_port *find_patch(const struct port_map *map, const char *name)
{
    for (size_t i = 0; i < map->n_bridges; i++) {
        const struct ofport *ofport = port_set_find(map->bridges[i]->ofproto->ports, name);
        if (ofport) {
            return ofport->is_patch ? (struct map_port *) map_bridge_port(map->bridges[i], ofport->no)
                                    : NULL;
        }
    }
    return NULL;
}

static const char *peer_name(const struct ofproto *ofproto, const char *port)
{
    return smap_get_or(&port_set_find(ofproto->ports, port)->options, "peer", "");
}

/* Two patch ports are peers if each names the other. */
static void connect_patches(struct port_map *map)
{
    for (size_t i = 0; i < map->n_bridges; i++) {
        for (size_t j = 0; j < map->bridges[i]->n_ports; j++) {
            struct map_port *port = map->bridges[i]->ports[j];
            if (!port->is_patch || port->peer) {
                continue;
            }
            struct map_port *peer = find_patch(map, peer_name(port->bridge->ofproto, port->name));
            if (peer && peer != port
                && !strcmp(peer_name(peer->bridge->ofproto, peer->name), port->name)) {
                port->peer = peer;
                peer->peer = port;
            }
        }
    }
}

static void index_tunnels(struct port_map *map, size_t n_ports)
{
    const struct map_port **tunnels = xcalloc(MAX(n_ports, 1), sizeof *tunnels);
    size_t n = 0;
    for (size_t i = 0; i < map->n_bridges; i++) {
        for (size_t j = 0; j < map->bridges[i]->n_ports; j++) {
            if (map->bridges[i]->ports[j]->tunnel) {
                tunnels[n++] = map->bridges[i]->ports[j];
            }
        }
    }
    map->tunnels = n ? tunnel_map_create(tunnels, n) : NULL;
    free(tunnels);
}

static void index_datapath_ports(struct port_map *map)
{
    size_t n = 0;
    for (size_t i = 0; i < map->n_bridges; i++) {
        n += map->bridges[i]->n_ports;
    }
    map->by_dp = take_array(map, n, sizeof *map->by_dp);
    for (size_t i = 0; i < map->n_bridges; i++) {
        for (size_t j = 0; j < map->bridges[i]->n_ports; j++) {
            if (map->bridges[i]->ports[j]->dp_no != DP_PORT_NONE) {
                map->by_dp[map->n_by_dp++] = map->bridges[i]->ports[j];
            }
        }
    }
    qsort(map->by_dp, map->n_by_dp, sizeof *map->by_dp, compare_dp);
    map->n_by_name = map->n_by_dp;
    map->by_name = take(map, xmemdup(map->by_dp, MAX(map->n_by_dp, 1) * sizeof *map->by_dp));
    qsort(map->by_name, map->n_by_name, sizeof *map->by_name, compare_name);
    index_tunnels(map, n);
}

static struct port_map *build(void)
{
    struct port_map *map = xzalloc(sizeof *map);
    size_t n = 0;
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        n++;
    }
    map->bridges = take_array(map, n, sizeof *map->bridges);
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        struct map_bridge *bridge = take(map, xzalloc(sizeof *bridge));
        bridge->ofproto = o;
        bridge->name = take(map, xstrdup(o->name));
        bridge->macs = mac_table_ref(o->macs);
        bridge->options = o->options.space ? take(map, xmemdup(&o->options, sizeof o->options)) : NULL;
        bridge->forward_bpdu = o->config.forward_bpdu;
        bridge->in_band = o->in_band;
        bridge->arp_suppress = o->config.arp_suppress;
        add_ports(map, bridge, o);
        add_bundles(map, bridge, o);
        map->bridges[map->n_bridges++] = bridge;
    }
    connect_patches(map);
    index_datapath_ports(map);
    return map;
}

static void free_map(void *map_)
{
    struct port_map *map = map_;
    for (size_t i = 0; i < map->n_bridges; i++) {
        for (size_t j = 0; j < map->bridges[i]->n_ports; j++) {
            patch_counters_unref(map->bridges[i]->ports[j]->counters);
        }
        mac_table_unref(map->bridges[i]->macs);
    }
    tunnel_map_destroy(map->tunnels);
    for (size_t i = 0; i < map->n_memory; i++) {
        free(map->memory[i]);
    }
    free(map->memory);
    free(map);
}

/* Readers. */

const struct port_map *port_map_rcu(void)
{
    return rcu_dereference(current);
}

const struct map_port *port_map_by_dp(const struct port_map *map, uint32_t dp_no)
{
    const struct map_port key = { .dp_no = dp_no }, *keyp = &key;
    struct map_port **found =
        bsearch(&keyp, map->by_dp, map->n_by_dp, sizeof *map->by_dp, compare_dp);
    return found ? *found : NULL;
}

const struct map_port *port_map_by_name(const struct port_map *map, const char *name)
{
    const struct map_port key = { .name = name }, *keyp = &key;
    struct map_port **found = bsearch(&keyp, map->by_name, map->n_by_name, sizeof *map->by_name, compare_name);
    return found ? *found : NULL;
}

const struct tunnel_map *port_map_tunnels(const struct port_map *map)
{
    return map->tunnels;
}

const struct map_bridge *port_map_bridge(const struct port_map *map, const struct ofproto *ofproto)
{
    for (size_t i = 0; i < map->n_bridges; i++) {
        if (map->bridges[i]->ofproto == ofproto) {
            return map->bridges[i];
        }
    }
    return NULL;
}

const struct map_bridge *port_map_bridge_by_name(const struct port_map *map, const char *name)
{
    for (size_t i = 0; i < map->n_bridges; i++) {
        if (!strcmp(map->bridges[i]->name, name)) {
            return map->bridges[i];
        }
    }
    return NULL;
}

const struct map_port *map_bridge_port(const struct map_bridge *bridge, ofp_port_t no)
{
    const struct map_port key = { .no = no }, *keyp = &key;
    struct map_port **found =
        bsearch(&keyp, bridge->ports, bridge->n_ports, sizeof *bridge->ports, compare_no);
    return found ? *found : NULL;
}

const struct map_port *map_bridge_port_by_name(const struct map_bridge *bridge, const char *name)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (!strcmp(bridge->ports[i]->name, name)) {
            return bridge->ports[i];
        }
    }
    return NULL;
}

bool map_bundle_carries(const struct map_bundle *bundle, uint16_t vlan)
{
    if (bundle->vlan_mode == VLAN_MODE_ACCESS) {
        return vlan == bundle->vlan;
    }
    return !bundle->trunks || bundle->trunks[vlan / 64] >> vlan % 64 & 1;
}

struct patch_counters *patch_counters_create(void)
{
    struct patch_counters *counters = xzalloc(sizeof *counters);
    counters->refs = 1;
    return counters;
}

struct patch_counters *patch_counters_ref(struct patch_counters *counters)
{
    __atomic_add_fetch(&counters->refs, 1, __ATOMIC_RELAXED);
    return counters;
}

void patch_counters_unref(struct patch_counters *counters)
{
    if (counters && __atomic_sub_fetch(&counters->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(counters);
    }
}

/* Main thread. */

void port_map_publish(void)
{
    if (dirty) {
        dirty = false;
        struct port_map *old = current;
        rcu_assign_pointer(current, build());
        rcu_postpone(free_map, old);
        ofproto_need_revalidation();
        for (struct ofproto *ofproto = ofproto_first(); ofproto; ofproto = ofproto_next(ofproto)) {
            group_table_ports_changed(ofproto);
        }
    }
}

static void publish_deferred(void *aux)
{
    deferred = false;
    if (current) {
        port_map_publish();
    }
}

void port_map_changed(void)
{
    dirty = true;
    struct loop *loop = ofprotos_config()->loop;
    if (!deferred && loop) {
        deferred = true;
        loop_defer(loop, publish_deferred, NULL);
    }
}

void port_map_init(void)
{
    dirty = false;
    rcu_set_pointer(&current, build());
}

void port_map_destroy(void)
{
    struct port_map *old = current;
    rcu_set_pointer(&current, NULL);
    if (old) {
        rcu_postpone(free_map, old);
    }
}
