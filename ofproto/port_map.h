/* SPDX-License-Identifier: Apache-2.0 */
/* The bridges and ports as translation sees them: one immutable snapshot of the configuration.
 *
 * The main thread owns the configuration (ofproto.c, port_set.c, bundle.c). Whenever any of it changed it builds a new snapshot, publishes
 * it through one RCU pointer, and frees the old one after a grace period. Handlers, the revalidator and traces take the snapshot
 * once per translation, so that each translation sees one consistent state: a port, its bundle and its patch peer always fit
 * together. Nothing in a snapshot changes but counters.
 *
 * Building costs time in proportion to the number of ports; changes that come together are published together, at the latest before the
 * main thread waits for events again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/net/headers.h"
#include "lib/ofp/ofp.h"
#include "ofproto/bfd.h"
#include "ofproto/ofproto.h"

struct mac_table;
struct field_map;
struct map_bridge;
struct map_bundle;
struct patch_counters;
struct port_map;
struct tunnel_config;
struct tunnel_map;

struct map_queue {
    uint32_t id;
    uint8_t tos;                     /* the DSCP's bits of it */
};

struct map_port {
    ofp_port_t no;
    uint32_t dp_no;                  /* DP_PORT_NONE: a patch port, or not in the datapath now */
    const char *name;
    struct eth_addr mac;
    uint32_t mtu;                    /* 0: not known */
    uint32_t config;                 /* OFPPC_* as controllers set it */
    bool is_patch;
    bool live;                       /* OFPPS_LIVE: there, up, with a link; watched by groups and bundle actions */
    struct bfd_look bfd;             /* packets of its BFD session are told by this */
    const struct map_bridge *bridge;
    const struct map_bundle *bundle; /* null: of no bundle, so that NORMAL does not use it */
    const struct map_port *peer;     /* patch: the other end, null if it is not there */
    struct patch_counters *counters; /* patch, tunnel: what crossed it; atomic; a reference */
    const struct tunnel_config *tunnel; /* null: no tunnel */
    uint32_t listener;               /* tunnel: the datapath's port that receives for it, or DP_PORT_NONE */
    bool internal;                   /* a device of this host's IP stack */
    const struct map_queue *queues;  /* those that mark what leaves by them, by id */
    size_t n_queues;
};

struct map_bundle {
    const char *name;
    const struct map_bridge *bridge;
    enum ofproto_vlan_mode vlan_mode;
    uint16_t vlan;                   /* of access and native modes, 0: none */
    const uint64_t *trunks;          /* bitmap of VLAN_N bits, null: all */
    bool protected_;
    bool arp_suppress;
    bool floodable;                  /* a port of it takes part in flooding */
    size_t n_ports;                  /* at least 1 */
    const struct map_port **ports;   /* by number; the first stands for the bundle in the MAC table */
};

struct map_bridge {
    struct ofproto *ofproto;
    const char *name;
    struct mac_table *macs;
    bool forward_bpdu;
    const struct field_map *options; /* of tunnels; null: none */
    bool arp_suppress;               /* ARP and ND for known addresses are answered */
    bool some_suppress;              /* a bundle wants that */
    bool in_band;                    /* DHCP replies reach the local port, whatever flows say */
    bool has_bonds;                  /* a bundle has several ports */
    size_t n_ports, n_bundles;
    struct map_port **ports;         /* by number */
    struct map_bundle **bundles;
};

/* Any thread, inside an RCU section: what is returned may be used until its end. */

/* The snapshot; never null once ofprotos_start() has run. */
const struct port_map *port_map_rcu(void);

/* Null: there is none. */
const struct map_port *port_map_by_dp(const struct port_map *, uint32_t dp_no);
const struct map_port *port_map_by_name(const struct port_map *, const char *name); /* a device's, of any bridge */
const struct tunnel_map *port_map_tunnels(const struct port_map *); /* null: there are none */
const struct map_bridge *port_map_bridge(const struct port_map *, const struct ofproto *);
const struct map_bridge *port_map_bridge_by_name(const struct port_map *, const char *name);
const struct map_port *map_bridge_port(const struct map_bridge *, ofp_port_t);
const struct map_port *map_bridge_port_by_name(const struct map_bridge *, const char *name);

/* Is 'vlan' carried by the bundle? */
bool map_bundle_carries(const struct map_bundle *, uint16_t vlan);

/* What crossed a patch port, counted by whoever credits statistics. */
struct patch_counters {
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* atomic */
    uint32_t refs;                                       /* atomic */
};
struct patch_counters *patch_counters_create(void);
struct patch_counters *patch_counters_ref(struct patch_counters *);
void patch_counters_unref(struct patch_counters *); /* null is fine */

/* Main thread. */

/* Something that a snapshot holds changed: a new one is published before the loop waits again, and the cached flows are looked at. */
void port_map_changed(void);

/* Publishes now, if anything changed. */
void port_map_publish(void);

/* At the start and the end of the program. */
void port_map_init(void);
void port_map_destroy(void);
