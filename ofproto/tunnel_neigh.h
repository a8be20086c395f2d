/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet addresses of the underlay's next hops: what ARP and neighbour discovery said, by bridge.
 *
 * An entry comes from replies that go by on their way to an address of this host (ofproto/xlate_snoop.c), from the kernel's neighbours, or by
 * hand. Whoever sends to a next hop *wants* it: an entry that is wanted and not known, or known for so long that it will soon be
 * forgotten, is asked for through its bridge, once a second at most; packets of cached flows count as wanting. So an entry
 * that is used stays, and one whose neighbour has gone is forgotten when its time is over. Bounded; every change moves
 * tunnel_neigh_version(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/inet_addr.h"
#include "lib/net/headers.h"

struct strbuf;

/* Tenants' addresses (ofproto/xlate_suppress.c) are kept here too, under BRIDGE/VLAN, which is no bridge's name. */
enum { TUNNEL_NEIGH_SCOPE = '/', TUNNEL_NEIGH_BRIDGE_MAX = 56 };

enum {
    TUNNEL_NEIGH_MAX = 65536,       /* entries */
    TUNNEL_NEIGH_MAX_UNASKED = 4096, /* of these, ones that nobody wants */
    TUNNEL_NEIGH_AGING_S = 900,
    TUNNEL_NEIGH_MAX_AGING_S = 3600,
    TUNNEL_NEIGH_PROBES = 100,      /* a second, of all entries together */
};

/* What is sent for an entry: from the tick, on the main thread. 'mac' is what is known so far, or null. */
typedef void tunnel_neigh_probe(void *aux, const char *bridge, const char *device, const struct inet_addr *,
                                const struct eth_addr *mac);

/* Main thread. 'wake' is called from any thread when an entry should be asked for at once. */
void tunnel_neigh_init(tunnel_neigh_probe *, void (*wake)(void), void *aux);
void tunnel_neigh_destroy(void);

/* Once a second, and when woken. True if something is known differently now. */
bool tunnel_neigh_run(int64_t now_ms);

/* Any thread. */

uint64_t tunnel_neigh_version(void);

/* Null 'mac' is fine. False: not known. */
bool tunnel_neigh_lookup(const char *bridge, const struct inet_addr *, struct eth_addr *mac);

/* Somebody sends to it, by 'device' of the bridge. */
void tunnel_neigh_want(const char *bridge, const char *device, const struct inet_addr *, int64_t now_ms);

/* A reply was seen, or the kernel knows. True if that is news. */
bool tunnel_neigh_learn(const char *bridge, const struct inet_addr *, struct eth_addr mac, int64_t now_ms);

/* An earlier run of the program knew it: believed until it has answered, or has not for TUNNEL_NEIGH_ADOPTED_MS. */
enum { TUNNEL_NEIGH_ADOPTED_MS = 30000 };
void tunnel_neigh_adopt(const char *bridge, const struct inet_addr *, struct eth_addr mac, int64_t now_ms);

/* The kernel's neighbour on a device, if anybody wants it; null: it has gone. True if that is news. */
bool tunnel_neigh_from_kernel(const char *device, const struct inet_addr *, const uint8_t mac[6], int64_t now_ms);

/* Does anybody want the address? So that news of others cost nothing. */
bool tunnel_neigh_is_wanted(const struct inet_addr *);

/* Commands; main thread. */
void tunnel_neigh_set(const char *bridge, const struct inet_addr *, struct eth_addr mac, int64_t now_ms);
void tunnel_neigh_flush(const char *bridge /* null: all */);
void tunnel_neigh_show(struct strbuf *);
unsigned int tunnel_neigh_aging_s(void);
bool tunnel_neigh_set_aging(unsigned int seconds); /* false: out of range */
