/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge's MAC table: behind which port an address was last seen, per VLAN.
 *
 * Entries age: one that was not used for the ageing time is gone. The table is bounded. When it is full, a new address takes the place
 * of the entry longest unused among those of the port that has most entries, so that a port which floods addresses
 * displaces its own and nobody else's. Static entries are set by hand; they neither age nor move nor are displaced.
 *
 * Any thread; the table has its own lock. Each change that a lookup could see gives it a new generation, and the caller hears of
 * it through the return values, to wake the revalidator. VLAN 0 is "untagged". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/net/headers.h"
#include "lib/ofp/ofp.h"

struct mac_store;
struct mac_table;

enum { MAC_TABLE_DEFAULT_AGING = 300 /* seconds */, MAC_TABLE_DEFAULT_MAX = 8192, MAC_TABLE_MIN_MAX = 10,
       MAC_TABLE_MAX_MAX = 1000000 };

struct mac_entry_info {
    struct eth_addr mac;
    uint16_t vlan;
    ofp_port_t port;
    bool is_static;
    int64_t used_ms; /* clock_ms() of the last packet from the address */
};

struct mac_table_stats {
    uint64_t learned, expired, evicted, moved; /* events since the last reset */
    size_t n, n_static, max;                                         /* entries */
};

/* A table with one reference. */
struct mac_table *mac_table_create(unsigned int aging_s, unsigned int max);
struct mac_table *mac_table_ref(struct mac_table *);
void mac_table_unref(struct mac_table *); /* null is fine */

/* 0 for a default. 'flood_vlans' is a bitmap of VLAN_N bits in which nothing is learned, or null. True if an entry went. */
bool mac_table_configure(struct mac_table *, unsigned int aging_s, unsigned int max, const uint64_t *flood_vlans);

/* A number that grows with each change that a lookup could see. */
uint64_t mac_table_generation(const struct mac_table *);

/* The port behind which 'mac' is. */
bool mac_table_lookup(struct mac_table *, struct eth_addr mac, uint16_t vlan, ofp_port_t *port) WARN_UNUSED;

/* 'mac' sent a packet from 'port' at 'when_ms'. News that is older than what the table has moves nothing. */
enum mac_learned {
    MAC_KNOWN,   /* nothing that a lookup could see changed */
    MAC_NEW,     /* learned; a lookup now finds it */
    MAC_MOVED,   /* it was behind another port */
    MAC_REFUSED, /* group address, flood VLAN, static elsewhere, or locked against bonds' reflections */
};
struct mac_source {
    struct eth_addr mac;
    uint16_t vlan;
    ofp_port_t port;
    bool gratuitous_arp; /* the packet was one, from a port that is not in a bond: the entry is locked for a while */
    bool bonded;         /* the port is in a bond: it does not take over an entry that is locked */
};
enum mac_learned mac_table_learn(struct mac_table *, const struct mac_source *, int64_t when_ms);

/* Sets an entry by hand. False if the table is full of such entries. */
bool mac_table_add_static(struct mac_table *, struct eth_addr mac, uint16_t vlan, ofp_port_t port) WARN_UNUSED;
bool mac_table_delete(struct mac_table *, struct eth_addr mac, uint16_t vlan); /* static or not; false: none there */

/* Each returns whether an entry went. */
bool mac_table_flush(struct mac_table *); /* all that were learned */
bool mac_table_flush_port(struct mac_table *, ofp_port_t); /* static ones too */
bool mac_table_expire(struct mac_table *, int64_t now_ms);

/* The entries, the latest used last; the caller frees the array. */
size_t mac_table_dump(struct mac_table *, struct mac_entry_info **);
void mac_table_stats(struct mac_table *, struct mac_table_stats *);
void mac_table_stats_clear(struct mac_table *);
unsigned int mac_table_aging_s(struct mac_table *);

/* From now on every entry is also kept in 'store' (ofproto/mac_store.h), which the table then owns; what is in it is put back, except what is
 * too old at 'now_ms'. Main thread, before others use the table. */
void mac_table_attach_store(struct mac_table *, struct mac_store *, int64_t now_ms);

/* The bridge is deleted for good: what was stored goes too. */
void mac_table_forget_store(struct mac_table *);
