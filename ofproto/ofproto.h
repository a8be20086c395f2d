/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow switches over one datapath, as vswitchd/ configures them.
 *
 * A struct ofproto is one bridge: ports, bundles (what OVSDB calls Port: VLANs, later bonds and mirrors), OpenFlow tables,
 * controllers. All bridges share the datapath of this host; `ofprotos_start` connects to it, keeps the connection, and puts
 * everything back when the datapath was restarted. Main thread only; names follow OVSDB. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/base/compiler.h"
#include "lib/ofp/ofp.h"

struct loop;
struct ofproto;
struct smap;
struct strbuf;
struct unixctl;

/* The whole. */

struct ofprotos_config {
    struct loop *loop;
    struct unixctl *unixctl;      /* gets ofproto/..., fdb/..., dpif/..., dpctl/..., upcall/..., revalidator/..., bridge/... */
    const char *datapath_path;    /* null: the default socket */
    unsigned int n_handlers;      /* 0: chosen */
    bool dummy;                   /* --enable-dummy: netdev-dummy/... are passed on */
    void (*changed)(void *aux);   /* ports, links or controllers changed: the configuration should look again; from the loop */
    void *aux;
};

/* Null on success, else a sentence (the caller frees it). The datapath need not run yet. */
char *ofprotos_start(const struct ofprotos_config *) WARN_UNUSED;

/* Stops. Ports and flows stay in the datapath, unless 'cleanup'. */
void ofprotos_stop(bool cleanup);

/* Is the datapath connected, and of which instance? vswitchd waits with reconfiguring until it is. */
bool ofprotos_connected(void);

/* Called once, when the first configuration after start is in place: state from the log of the last run was restored before, and
 * datapath ports and flows that nothing stands for are deleted now. */
void ofprotos_complete(void);

/* Settings of Open_vSwitch.other_config: flow-limit, max-idle (ms), max-revalidator, n-handler-threads, ... Unknown keys are left alone. */
void ofprotos_set_options(const struct smap *);

/* The targets of the database's managers that in-band control of all bridges keeps a way open to; before the bridges are configured. */
void ofprotos_set_managers(const char *const *targets, size_t n);

/* Bridges. */

struct ofproto_config {
    const char *datapath_type;        /* "", "system", "netdev", "dummy": served alike */
    uint64_t datapath_id;             /* 0: chosen from the MAC */
    struct eth_addr mac;              /* of the local port */
    bool fail_secure;
    uint32_t versions;                /* bitmap of OpenFlow versions, 0: all that are implemented */
    unsigned int mac_aging_time;      /* seconds */
    unsigned int mac_table_size;
    bool forward_bpdu;
    bool arp_suppress;                /* ARP and ND for known addresses are answered, not flooded */
    const char *dp_desc, *dp_sn;      /* may be null */
    bool disable_in_band;
    int in_band_queue;                /* -1: none */
    const uint16_t *flood_vlans;      /* may be null */
    size_t n_flood_vlans;
};

/* Creates the bridge, and its local port with it. Null and a sentence on failure (the caller frees it). */
struct ofproto *ofproto_create(const char *name, const struct ofproto_config *, char **errorp) WARN_UNUSED;
void ofproto_destroy(struct ofproto *, bool delete_ports);
void ofproto_configure(struct ofproto *, const struct ofproto_config *);
const char *ofproto_name(const struct ofproto *);
uint64_t ofproto_datapath_id(const struct ofproto *);

/* Tables: OVSDB's Flow_Table. Null: as if there were none. Texts that cannot be used are logged. */
struct ofproto_table_config {
    const char *name;                 /* may be null */
    uint32_t flow_limit;              /* UINT32_MAX: none */
    bool evict;                       /* overflow_policy=evict */
    const char *const *groups;        /* fields that make the groups of eviction */
    size_t n_groups;
    const char *const *prefixes;      /* fields; none: the default */
    size_t n_prefixes;
};
void ofproto_configure_table(struct ofproto *, uint8_t table, const struct ofproto_table_config *);

/* Ports: OVSDB's Interface. */

struct ofproto_port_config {
    const char *name;
    const char *type;                 /* "" or "system", "internal", "tap", "patch", "pcap", "dummy", "vhostuserclient", a tunnel's, ... */
    const struct smap *options;       /* patch: "peer" */
    ofp_port_t requested;             /* OFPP_NONE: any */
    const struct eth_addr *mac;       /* null: leave */
    uint32_t mtu;                     /* 0: leave */
};

/* Adds the port, or changes the one of this name. 0 and '*no', or a positive errno and a sentence for Interface.error. A datapath port of the same name
 * and type that is there already (from before a restart) is adopted, not made anew. */
int ofproto_port_set(struct ofproto *, const struct ofproto_port_config *, ofp_port_t *no, char **errorp) WARN_UNUSED;
void ofproto_port_del(struct ofproto *, const char *name);

/* The way of a tunnel's packets, as far as its configuration says it. */
struct ofproto_tunnel_path {
    bool fixed;                       /* the remote address is configured; else all below is empty */
    char device[16];                  /* by which they leave, "": none */
    bool carrier;                     /* of the device */
    char source[46], next_hop[46];    /* addresses, "": not known */
    bool resolved;                    /* the next hop's Ethernet address is known */
    uint32_t mtu;                     /* of what the tunnel carries, behind its Ethernet header; 0: not known */
    char problem[128];                /* why nothing is sent; "": nothing is wrong */
};

struct ofproto_port_status {
    ofp_port_t no;
    struct eth_addr mac;
    uint32_t mtu, ifindex, speed_mbps;
    bool admin_up, carrier;
    unsigned int link_resets;
    char error[128]; /* "" if it works */
    const char *driver; /* driver_name, static */
    bool tunnel;
    struct ofproto_tunnel_path path;  /* of a tunnel */
};
bool ofproto_port_status(const struct ofproto *, const char *name, struct ofproto_port_status *);

/* Asks the datapath, unlike the status: not for each port whenever something else has changed. False, and zeros, if there is no
 * such port. */
bool ofproto_port_counters(const struct ofproto *, const char *name, struct dp_port_stats *);

/* BFD: OVSDB's Interface.bfd and bfd_status. Status is appended; there is none if the port has no session. */
void ofproto_port_set_bfd(struct ofproto *, const char *name, const struct smap *settings);
void ofproto_port_bfd_status(const struct ofproto *, const char *name, struct smap *status);

/* Adds what the port's kind has to say of it in the words of Interface.status: only guests' network devices do. */
void ofproto_port_details(const struct ofproto *, const char *name, struct smap *);

/* Limits: OVSDB's QoS and Queue, and Interface.ingress_policing_*. */

struct ofproto_queue {
    struct dp_queue dp;
    uint64_t priority;                /* for people */
    int dscp;                         /* that IP packets which leave by the queue get, -1: their own */
};

struct ofproto_limits {
    const char *type;                 /* of QoS, for people; null: none */
    const struct smap *details;       /* likewise; not null */
    struct dp_port_qos qos;           /* without queues */
    const struct ofproto_queue *queues; /* by ascending id */
    size_t n_queues;
};

/* The types of QoS that a port with a device can have, ended by null. */
extern const char *const ofproto_qos_types[];

/* Null, or why the limits are not in force (the caller frees it). */
char *ofproto_port_set_limits(struct ofproto *, const char *name, const struct ofproto_limits *) WARN_UNUSED;

/* Bundles: OVSDB's Port. */

enum ofproto_vlan_mode { VLAN_MODE_ACCESS, VLAN_MODE_TRUNK, VLAN_MODE_NATIVE_TAGGED, VLAN_MODE_NATIVE_UNTAGGED };

struct ofproto_bundle_config {
    const char *name;
    const char *const *ports;         /* names of its ports */
    size_t n_ports;
    enum ofproto_vlan_mode vlan_mode;
    int vlan;                         /* -1: none */
    const uint64_t *trunks;           /* bitmap of 4096 bits, null: all */
    bool protected_;
    bool arp_suppress;                /* questions for addresses that are behind it are answered by the bridge */
};
void ofproto_bundle_set(struct ofproto *, const struct ofproto_bundle_config *);
void ofproto_bundle_del(struct ofproto *, const char *name);

/* Controllers. */

struct ofproto_controller_config {
    const char *target;               /* "tcp:...", "ssl:...", "unix:...", "ptcp:...", "pssl:...", "punix:..." */
    int max_backoff_ms, probe_ms;     /* probe 0: off */
    bool service;
    bool in_band;                     /* the way to it through the switch is kept open */
    bool enable_async;
    int rate_limit, burst_limit;      /* packet-ins a second, 0: no limit */
    int queue_size;
};
/* Replaces the set. A target that cannot be is logged, and the rest is used. */
void ofproto_set_controllers(struct ofproto *, const struct ofproto_controller_config *, size_t n);

/* The IPv4 address that the local port is to have, if it is a device of the kernel: "local_ip", and perhaps "local_netmask" and "local_gateway". Empty:
 * whatever it has. What cannot be set is logged. */
void ofproto_set_local_address(struct ofproto *, const struct smap *);

struct ofproto_packet_in_counters {
    uint64_t backlog, bypassed, queued, dropped; /* as of packet_in_sched.h */
};

struct ofproto_controller_status {
    bool connected;
    const char *role;                 /* "other", "master", "slave" as OVSDB spells them */
    const char *last_error;           /* or null */
    const char *state;                /* "ACTIVE", "BACKOFF", ... */
    int64_t sec_since_connect, sec_since_disconnect; /* -1: never */
    unsigned int n_connections;       /* that said hello */
    bool counted;                     /* the counters tell something: there is a rate limit, or packet-ins were held back */
    struct ofproto_packet_in_counters misses, actions;
};
bool ofproto_controller_status(const struct ofproto *, const char *target, struct ofproto_controller_status *);
