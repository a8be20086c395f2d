/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the kernel about routes, addresses and neighbours, by rtnetlink. The kernel answers before it lets the question's sender
 * go on, so that nobody waits. One thread at a time. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/inet_addr.h"

struct route_ask;
struct route_msg;

/* Null and a positive errno. */
struct route_ask *route_ask_create(int *error) WARN_UNUSED;
void route_ask_destroy(struct route_ask *); /* null is fine */

/* The way to 'dst' for packets that come from 'src' (none: any) and have 'mark'. 0 and a ROUTE_NEWS_ROUTE, or a positive errno: ENETUNREACH
 * and EHOSTUNREACH without a route, EINVAL if 'src' is no address of this host. */
int route_ask_route(struct route_ask *, const struct inet_addr *dst, const struct inet_addr *src, uint32_t mark,
                    struct route_msg *) WARN_UNUSED;

/* The kernel's neighbour. 0 and a ROUTE_NEWS_NEIGHBOUR, or a positive errno: ENOENT if it knows none. */
int route_ask_neighbour(struct route_ask *, int ifindex, const struct inet_addr *, struct route_msg *) WARN_UNUSED;

/* Everything of one kind: RTM_GETROUTE or RTM_GETADDR, of both versions of IP. 'cb' returns false when it has seen enough: the kernel then goes
 * no further. 0 or a positive errno. */
typedef bool route_ask_cb(void *aux, const struct route_msg *);
int route_ask_dump(uint16_t type, route_ask_cb *, void *aux) WARN_UNUSED;
