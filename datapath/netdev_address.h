/* SPDX-License-Identifier: Apache-2.0 */
/* The IPv4 address of a kernel device, and a default route through it: for internal ports that a bridge's controllers are reached by. Main thread
 * only. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/net/headers.h"

struct smap;

/* What options of a port say: "local_ip", "local_netmask" (without it the address's class counts) and "local_gateway", as text. */
struct netdev_address {
    be32 ip;      /* 0: nothing is to be set */
    be32 netmask;
    be32 gateway; /* 0: none */
};

/* Null, or a sentence that the caller frees. */
char *netdev_address_parse(const struct smap *options, struct netdev_address *) WARN_UNUSED;

/* Brings the device 'name' of the own namespace up, makes the address its primary one, and adds the route unless it is there. 0 or a
 * positive errno. */
int netdev_address_set(const char *name, int ifindex, const struct netdev_address *) WARN_UNUSED;
