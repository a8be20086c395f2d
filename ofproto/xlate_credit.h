/* SPDX-License-Identifier: Apache-2.0 */
/* Who is credited with the packets of a megaflow, and what else it depends on. */
#pragma once

#include "lib/net/headers.h"
#include "lib/ofp/message.h"
#include "ofproto/mac_table.h"
#include "ofproto/rule_changes.h"
#include "ofproto/xlate.h"
#include "ofproto/xlate_underlay.h"

struct group;
struct group_select;
struct patch_counters;
struct recirc_state;

enum xlate_credit_type { CREDIT_RULE, CREDIT_TABLE, CREDIT_PATCH, CREDIT_MAC, CREDIT_LOOKUP, CREDIT_RECIRC,
                         CREDIT_GROUP, CREDIT_NO_GROUP, CREDIT_SELECT, CREDIT_LEARNED, CREDIT_FIN, CREDIT_UNDERLAY };

/* In place of a bucket's number. Those of select groups are counted by the datapath. */
#define XLATE_NO_BUCKET UINT32_MAX
#define XLATE_ALL_BUCKETS (UINT32_MAX - 1)

/* A flow that a learn action makes of such packets. */
struct xlate_learned {
    struct ofproto *ofproto; /* valid while the bridge is: it waits for a sweep before it goes */
    struct ofp_flow_mod mod; /* owned */
    uint32_t limit;
    bool answer;             /* it was asked whether the flow is there */
};

struct xlate_credit {
    enum xlate_credit_type type;
    union {
        struct rule *rule;                     /* a reference */
        struct {
            const struct ofproto *ofproto;     /* valid while the bridge is: it waits for a sweep before it goes */
            uint8_t table;
            bool matched;
            struct table_looked looked;
        } table;
        struct {
            struct patch_counters *rx, *tx;    /* references, either may be null */
        } patch;
        struct {
            struct mac_table *macs;            /* a reference */
            struct mac_source source;
        } mac;                                 /* who sent it */
        struct {
            struct mac_table *macs;            /* a reference */
            struct eth_addr mac;
            uint16_t vlan;
            ofp_port_t port;                   /* the answer, OFPP_NONE: none */
        } lookup;                              /* what the MAC table was asked; nobody is credited */
        struct recirc_state *recirc;           /* a reference */
        struct {
            struct group *group;               /* a reference */
            uint32_t bucket;                   /* its place, or XLATE_*_BUCKET* */
        } group;
        struct group_select *select;           /* a reference */
        struct xlate_learned *learned;         /* owned */
        struct {
            struct rule *rule;                 /* a reference */
            uint16_t idle, hard;               /* its timeouts once a TCP connection ends */
        } fin;
        struct xlate_underlay *underlay;       /* owned */
        const struct ofproto *no_group;        /* a group was not there; valid while the bridge is */
    } u;
};

/* Puts the select tables that the actions name into the datapath, before the actions. 0 or a positive errno. */
struct dp_client;
int xlate_credits_install(const struct xlate_credits *, struct dp_client *) WARN_UNUSED;

/* Are they the same, one by one? May say no for what is hard to compare. */
bool xlate_credits_equal(const struct xlate_credits *, const struct xlate_credits *);

/* Forgets all but the first 'n'. */
void xlate_credits_truncate(struct xlate_credits *, size_t n);
void xlate_credits_destroy(struct xlate_credits *);
