/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay: which way packets of tunnels leave this host, and by which addresses they reach it.
 *
 * The kernel's routing tables are not copied. An *answer* is what the kernel says to one question (an address, a source, a mark), so that its
 * rules, tables and next hops are all minded by itself; answers are kept as long as somebody refers to them. News of routes make
 * those answers stale that their prefix covers, found by binary search, and a stale one is asked for again when it is
 * needed. So memory grows with the number of addresses that tunnels go to, and never with the routing table; a million new routes cost a
 * million binary searches, of which this thread does a bounded number at a time. If the kernel's queue overflows meanwhile, all
 * answers are stale: nothing has to be read again but they.
 *
 * Routes that users add (ovs/route/add) come before the kernel's. The host's addresses are mirrored, up to a limit.
 *
 * Every change of anything moves underlay_version(). */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/inet_addr.h"

struct loop;
struct strbuf;
struct underlay;
struct underlay_answer;

enum { UNDERLAY_MAX_ANSWERS = 65536, UNDERLAY_MAX_ADDRESSES = 16384, UNDERLAY_MAX_USER_ROUTES = 4096, UNDERLAY_MAX_SHOWN = 10000 };

struct underlay_key {
    struct inet_addr dst;
    struct inet_addr src; /* none: the kernel chooses */
    uint32_t mark;
};

struct underlay_route {
    bool found;
    bool local;               /* the destination is this host itself */
    struct inet_addr gateway; /* none: the destination is on the link */
    struct inet_addr source;
    uint32_t mtu;             /* of the path, 0: that of the device */
    char device[IFNAMSIZ];
};

/* Called on the loop's thread. */
struct underlay_events {
    void (*changed)(void *aux); /* the version moved */
    /* The kernel's neighbour came, changed, or went (mac is null). */
    void (*neighbour)(void *aux, int ifindex, const struct inet_addr *, const uint8_t mac[6]);
    void (*neighbours_lost)(void *aux); /* news of neighbours were lost: ask again */
};

/* Null and a sentence on failure (the caller frees it). */
struct underlay *underlay_create(struct loop *, const struct underlay_events *, void *aux, char **errorp) WARN_UNUSED;
void underlay_destroy(struct underlay *); /* no answers are referred to; null is fine */

/* Any thread. */

uint64_t underlay_version(const struct underlay *);

/* Fills in the route. Returns a strong reference to the answer, or null if there are too many: then nobody will hear of a change. */
struct underlay_answer *underlay_ask(struct underlay *, const struct underlay_key *, struct underlay_route *);
struct underlay_answer *underlay_answer_ref(struct underlay_answer *);
void underlay_answer_unref(struct underlay *, struct underlay_answer *); /* null is fine */

/* The answer as it is now. */
void underlay_answer_get(struct underlay *, struct underlay_answer *, struct underlay_route *);
bool underlay_route_equals(const struct underlay_route *, const struct underlay_route *);

/* Is the address one of the device's? */
bool underlay_has_address(struct underlay *, const char *device, const struct inet_addr *);

/* The device's address from which packets to 'dst' come. False if it has none of the kind. */
bool underlay_source(struct underlay *, const char *device, const struct inet_addr *dst, struct inet_addr *source);

/* The kernel's neighbour on the device. False if it knows none. */
bool underlay_neighbour(struct underlay *, const char *device, const struct inet_addr *, uint8_t mac[6]);

/* How much was done: for tests and coverage. */
struct underlay_work {
    uint64_t news, questions, overruns;
    size_t answers, addresses;
};
void underlay_work(struct underlay *, struct underlay_work *);

/* The loop's thread. */

struct underlay_user_route {
    struct inet_addr prefix;
    unsigned int bits;
    uint32_t mark;
    struct inet_addr gateway, source; /* source none: chosen */
    char device[IFNAMSIZ];
};
/* 0, or ENOENT if the device has no address to send from, ENOSPC. Replaces one of the same prefix and mark. */
int underlay_add_route(struct underlay *, const struct underlay_user_route *) WARN_UNUSED;
bool underlay_del_route(struct underlay *, const struct inet_addr *prefix, unsigned int bits, uint32_t mark);

/* An address of a device that the kernel does not know: of a dummy. */
void underlay_add_address(struct underlay *, const char *device, const struct inet_addr *, unsigned int bits);

/* ovs/route/show. Of the kernel's routes at most UNDERLAY_MAX_SHOWN. */
void underlay_show(struct underlay *, struct strbuf *);
