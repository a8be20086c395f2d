/* SPDX-License-Identifier: Apache-2.0 */
/* What a bridge consists of, for the files of ofproto/ only.
 *
 * The main thread owns it. Handlers and the revalidator find bridges and ports through ofproto/port_map.h under RCU, and see a
 * port's and a bundle's configuration as immutable objects that are replaced, never changed. */
#pragma once

#include "lib/base/hmap.h"
#include "lib/base/smap.h"
#include "lib/ofp/field_map.h"
#include "ofproto/connmgr.h"
#include "ofproto/ofproto.h"
#include "ofproto/table.h"

struct groups;
struct mac_table;
struct meters;
struct ofport;
struct bundle;
struct port_set;
struct references;

struct ofproto {
    struct hmap_node by_name;
    char *name;
    struct uuid id;            /* drawn when it was created */
    struct ofproto_config config; /* strings owned here; main: rw */
    uint64_t datapath_id;
    uint16_t frag_handling;    /* OFPC_FRAG_*; any: ro */
    bool fail_secure;          /* any: ro */
    bool in_band;              /* in-band control is in force (ofproto/in_band.h); main: rw, others by the port map */

    struct tables *tables;     /* ofproto/table.c and classifier */
    struct groups *groups;     /* ofproto/group_table.c */
    struct meters *meters;     /* ofproto/meter_table.c */
    struct references *references; /* ofproto/references.c: from flows to groups and meters */
    struct connmgr *connmgr;   /* ofproto/connmgr.c */
    struct mac_table *macs;    /* ofproto/mac_table.c: has its own lock */
    struct port_set *ports;    /* ofproto/port_set.c: ports and bundles of this bridge */
    struct smap local_address; /* of the local port: "local_ip", "local_netmask", "local_gateway"; main: rw */
    struct field_map options;  /* of tunnels; main: rw, with tables_lock() to write; holders of tables_lock(): ro */
};

/* What ofprotos_start() was given: the loop, the control socket. Main thread. */
const struct ofprotos_config *ofprotos_config(void);

/* Main thread. */
struct ofproto *ofproto_find(const char *name);
struct ofproto *ofproto_first(void);
struct ofproto *ofproto_next(const struct ofproto *);

/* The ports as OpenFlow describes them; the caller frees the array. Main thread. */
void ofproto_ports_describe(const struct ofproto *, struct ofp_phy_port **, size_t *n);
bool ofproto_port_describe(const struct ofproto *, ofp_port_t, struct ofp_phy_port *);
bool ofproto_port_stats(const struct ofproto *, ofp_port_t, struct ofp_port_stats *);
enum ofp_error ofproto_port_mod_check(const struct ofproto *, const struct ofp_port_mod *); /* as far as can be told before */
enum ofp_error ofproto_port_mod(struct ofproto *, const struct ofp_port_mod *);

/* Executes OpenFlow actions on a packet (packet-out). Main thread. */
enum ofp_error ofproto_packet_out(struct ofproto *, const struct ofp_packet_out *);

/* Sends a packet into the bridge as if it came in by the port. Main thread. */
void ofproto_send_from(struct ofproto *, ofp_port_t in_port, const void *packet, size_t n);

/* Sends a packet of the switch's own out of the port, whatever the tables say. Main thread. */
void ofproto_send_out(struct ofproto *, ofp_port_t, const void *packet, size_t n);

/* Lets a packet go on that a controller action paused (NXT_RESUME). NXR_STALE if it was another bridge's. Main thread. */
enum ofp_error ofproto_resume(struct ofproto *, const struct ofp_packet_in *);

/* Everything that was counted in the datapath until now is in the rules when it returns. Main thread. */
void ofproto_push_stats(void);

/* Waits until no packet is handled by what was true before the call: the barrier of OpenFlow. Main thread. */
void ofproto_barrier(void);

/* Something that translations depend on changed (a rule, a port, a bundle, a learned address): the revalidator looks at the cached
 * flows again. Any thread. */
void ofproto_need_revalidation(void);

/* The run-time log of OpenFlow state (ofproto/state_log.h). Main thread. */

/* A bridge was made and has no rules yet: puts back what the log has for its name, and logs changes from now on. */
void ofproto_log_restore(struct ofproto *);

/* A bridge is deleted for good: the log forgets it. Before tables_destroy(). */
void ofproto_log_forget(struct ofproto *);

/* All bridges of the configuration are there: removes the logs of others. */
void ofproto_log_complete(void);
