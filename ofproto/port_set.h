/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of a bridge as the main thread keeps them: OVSDB's Interface, OpenFlow's port and the datapath's port in one.
 *
 * A port has its OpenFlow number from when it is set until it is deleted, whether or not the datapath has it now: a datapath that was
 * restarted gets all its ports again. The bridge's own port is OFPP_LOCAL. Patch ports have no datapath port; translation goes from one
 * end straight on at the other. Main thread only; other threads see ofproto/port_map.h. */
#pragma once

#include "datapath/client.h"
#include "lib/base/hmap.h"
#include "lib/base/smap.h"
#include "lib/ofp/message.h"
#include "ofproto/ofproto.h"

struct patch_counters;
struct port_bfd;
struct port_limits;
struct tunnel_port;
struct port_set;

struct ofport {
    struct hmap_node by_name, by_no; /* in its port set */
    struct hmap_node by_dp;   /* among all ports that are in the datapath */
    struct ofproto *ofproto;
    char *name;
    char *type;               /* as the datapath knows it, or "patch" */
    struct smap options;
    ofp_port_t no;
    bool is_patch;
    uint32_t config;          /* OFPPC_* as set by controllers */
    struct dp_port dp;        /* as last heard; dp.no is DP_PORT_NONE while the datapath does not have it */
    struct eth_addr wanted_mac; /* zero: any */
    uint32_t wanted_mtu;      /* 0: any */
    unsigned int link_resets;
    int64_t created_ms;
    struct patch_counters *counters; /* patch and tunnel only */
    struct tunnel_port *tunnel; /* null: no tunnel */
    struct port_bfd *bfd;     /* ofproto/bfd.c; null: it has no session */
    struct port_limits *limits; /* null: nobody said anything of them yet */
};

struct port_set {
    struct ofproto *ofproto;
    struct hmap ports;        /* struct ofport.by_name */
    struct hmap by_no;        /* struct ofport.by_no */
    struct hmap bundles;      /* struct bundle.node, see ofproto/bundle.h */
    ofp_port_t last_no;       /* the number that was given out last */
};

/* Has it a port of the datapath that is its own? Patch ports and tunnels have none. */
static inline bool ofport_has_device(const struct ofport *port)
{
    return !port->is_patch && !port->tunnel;
}

struct port_set *port_set_create(struct ofproto *);
void port_set_destroy(struct port_set *, bool delete_ports); /* null is fine */

struct ofport *port_set_find(const struct port_set *, const char *name);
struct ofport *port_set_by_no(const struct port_set *, ofp_port_t);
struct ofport *port_set_by_dp(uint32_t dp_no); /* of any bridge */

/* The datapath is there (again): gives it the port, adopting what it has. What is wrong with the port is then its dp.error. */
void ofport_reconnect(struct ofport *);
/* The datapath is gone. */
void ofport_disconnect(struct ofport *);

/* The datapath says that a port changed or is gone. */
void port_set_event(const struct dp_port *, bool deleted);

/* Has it a link, a path behind it if BFD looks after that, and did nobody set it down? A patch port always has a link. */
bool ofport_is_live(const struct ofport *);

/* What decides ofport_is_live() has changed: tells all who want to know. */
void ofport_liveness_changed(struct ofport *);

/* The port as OpenFlow describes it. */
void ofport_describe(const struct ofport *, struct ofp_phy_port *);
