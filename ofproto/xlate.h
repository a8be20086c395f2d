/* SPDX-License-Identifier: Apache-2.0 */
/* Translation: from a flow, through the OpenFlow tables, to datapath actions and the megaflow's mask.
 *
 * The wildcard rule: every bit of the flow that any decision looked at is in the mask, so that all packets which the megaflow
 * matches would translate to the same actions. Translation reads bridges, ports, rules and the MAC table under RCU or short locks;
 * it runs on handlers, the revalidator and, for traces and packet-outs, the main thread, and has side effects (learning,
 * packet-ins, statistics) only if asked. Bounded: at most XLATE_MAX_RESUBMITS table lookups and XLATE_MAX_DEPTH nested ones. */
#pragma once

#include "datapath/client.h"
#include "lib/net/action.h"
#include "lib/net/flow.h"
#include "lib/ofp/ofp.h"
#include "ofproto/rule.h"

struct ofproto;
struct recirc_content;
struct strbuf;

enum { XLATE_MAX_RESUBMITS = 4096, XLATE_MAX_DEPTH = 64, XLATE_MAX_CREDITS = 8192 };

struct xlate_in {
    const struct flow *flow;          /* key from the datapath: in_port is the datapath's number. Or, with 'ofproto' set, OpenFlow's */
    struct ofproto *ofproto;          /* null: found by in_port or recirc_id */
    const void *packet;               /* may be null: no packet-ins with content, no learning from ARP */
    size_t packet_len;
    bool side_effects;                /* learn addresses, send packet-ins */
    const void *actions;              /* OpenFlow actions to run in place of a table lookup (packet-out); null: look up */
    size_t actions_size;
    const struct recirc_content *resume; /* go on with this, which a controller brought back; null: look up. With 'ofproto' */
    bool trace_names;                 /* in the narrative ports have names */
    struct strbuf *trace;             /* ofproto/trace's narrative, or null */
    uint64_t n_packets, n_bytes;      /* to credit to the rules at once, 0: none */
    uint16_t tcp_flags;
    struct flow *final;               /* receives the packet's flow at the end, if not null; its in_port is OpenFlow's */
};

enum xlate_error {
    XLATE_OK,
    XLATE_TOO_DEEP,
    XLATE_TOO_MANY_RESUBMITS,
    XLATE_NO_BRIDGE,  /* the port is no bridge's */
    XLATE_NO_RECIRC,  /* the recirculation id is not known */
    XLATE_BAD_STACK,  /* more was pushed than there is room for */
    XLATE_TOO_BIG,    /* the actions would be longer than the datapath takes */
};
const char *xlate_error_text(enum xlate_error);

/* Who gets the statistics of a megaflow. Holds references. */
struct xlate_credits {
    struct xlate_credit *items;
    size_t n, allocated;
};

struct xlate_out {
    enum xlate_error error;
    struct flow mask;                 /* of the megaflow; in_port and recirc_id are exact */
    struct actions actions;           /* for the datapath */
    struct xlate_credits credits;     /* rules, mirrors, patch ports, learned addresses to keep alive */
    bool cacheable;                   /* false: execute once, install nothing */
};

void xlate(const struct xlate_in *, struct xlate_out *);
void xlate_out_destroy(struct xlate_out *);

/* The options that came with a packet of the datapath, in the places that 'map' (null: none) gives them. Returns which are there, as in
 * flow.tun_present. xlate_tunnel_options.c */
struct field_map;
uint64_t xlate_tunnel_map_options(const struct field_map *map, const struct flow *key, uint8_t opts[FLOW_TUN_OPTS_SIZE]);

/* Credits packets to all that the translation went through, and keeps learned addresses alive. Any thread. */
void xlate_credits_push(const struct xlate_credits *, const struct flow *key, uint64_t packets, uint64_t bytes, int64_t used_ms, uint16_t tcp_flags);
