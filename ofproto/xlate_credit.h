/* SPDX-License-Identifier: Apache-2.0 */
/* Who is credited with the packets of a megaflow, and what else it depends on. */
#pragma once

#include "lib/net/headers.h"
#include "lib/ofp/message.h"
#include "ofproto/mac_table.h"
#include "ofproto/xlate.h"

struct patch_counters;
struct recirc_state;

enum xlate_credit_type { CREDIT_RULE, CREDIT_TABLE, CREDIT_PATCH, CREDIT_MAC, CREDIT_LOOKUP, CREDIT_RECIRC };

struct xlate_credit {
    enum xlate_credit_type type;
    union {
        struct rule *rule;                     /* a reference */
        struct {
            const struct ofproto *ofproto;     /* valid while the bridge is: it waits for a sweep before it goes */
            uint8_t table;
            bool matched;
        } table;
        struct {
            struct patch_counters *rx, *tx;    /* references */
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
    } u;
};

void xlate_credits_destroy(struct xlate_credits *);
