/* SPDX-License-Identifier: Apache-2.0 */
/* The way to an address, as the kernel would take it: which device, and whose Ethernet address comes first. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/compiler.h"

struct next_hop {
    bool is_local;    /* the address is this machine's own */
    int ifindex;      /* of the device that packets leave by */
    bool mac_known;   /* the neighbour's address was resolved */
    uint8_t mac[6];   /* of the gateway, or of the destination itself */
};

/* 'dst' is an IPv4 or IPv6 address. 0 or a positive errno: ENETUNREACH without a route. Asks the kernel and waits for its answer. */
int next_hop_find(const struct sockaddr_storage *dst, struct next_hop *) WARN_UNUSED;
