/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel network device behind a port: what it is like, and changes to it, by rtnetlink. Main
 * thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/net/headers.h"

struct link_info;
struct nlmsghdr;
struct port;

enum { NETDEV_OWN_NETNS = -1 };

/* Asks for the device 'name', or 'ifindex' if the name is null, in the namespace 'netnsid'
 * (NETDEV_OWN_NETNS, or as netdev_netns_id() returned it). 0, ENODEV or another positive errno. */
int netdev_get(int netnsid, const char *name, int ifindex, struct link_info *) WARN_UNUSED;

struct netdev_change {
    const struct eth_addr *mac; /* null: unchanged, and so on */
    uint32_t mtu;               /* 0 */
    bool set_admin, admin_up;
};

/* Changes the device 'ifindex' of the own namespace. 0 or a positive errno. */
int netdev_set(int ifindex, const struct netdev_change *) WARN_UNUSED;

/* The own namespace's number for the namespace behind 'netns_fd', which it gets if it has none;
 * NETDEV_OWN_NETNS for the own one. 0 or a positive errno. */
int netdev_netns_id(int netns_fd, int *netnsid) WARN_UNUSED;

/* Mbit/s of a device of the own namespace, 0 if it is not known. */
uint32_t netdev_speed(const char *name);

/* Receive queues of a device of the own namespace, 1 if it is not known. */
unsigned int netdev_n_rx_queues(const char *name);

/* Copies to the port what the kernel says of its device. */
void netdev_to_port(const struct link_info *, struct port *);

/* Sends the request, whose sequence number and acknowledgement flag are set here. 0 or a positive
 * errno: the kernel's answer. */
int netdev_request(struct nlmsghdr *) WARN_UNUSED;
