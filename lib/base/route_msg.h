/* SPDX-License-Identifier: Apache-2.0 */
/* What one rtnetlink message says about a route, an address or a neighbour. Messages come from outside: all is checked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/inet_addr.h"

struct nlmsghdr;

enum route_news {
    ROUTE_NEWS_NONE,      /* nothing of interest */
    ROUTE_NEWS_ROUTE,     /* 'route' came, changed or went */
    ROUTE_NEWS_ADDRESS,   /* 'address' came or went */
    ROUTE_NEWS_NEIGHBOUR, /* 'neighbour' came, changed or went */
    ROUTE_NEWS_POLICY,    /* rules or next hop objects changed: any route may lead elsewhere */
};

struct route_msg {
    enum route_news news;
    bool gone;
    union {
        struct {
            struct inet_addr prefix; /* 'bits' count from the start of the mapped form */
            unsigned int bits;
            struct inet_addr gateway, source; /* none: not told */
            int ifindex;                      /* 0: not told */
            uint32_t table, mtu;              /* mtu 0: the device's */
            uint32_t mark;                    /* that it was asked for */
            uint8_t type, protocol;           /* RTN_*, RTPROT_* */
            bool is_clone;                    /* of a cache, not of a table */
        } route;
        struct {
            struct inet_addr addr;
            unsigned int bits;
            int ifindex;
        } address;
        struct {
            struct inet_addr addr;
            int ifindex;
            bool usable; /* 'mac' is its Ethernet address */
            uint8_t mac[6];
        } neighbour;
    };
};

void route_msg_parse(const struct nlmsghdr *, struct route_msg *);
