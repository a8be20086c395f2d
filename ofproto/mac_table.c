/* SPDX-License-Identifier: Apache-2.0 */
/* MAC learning: a hash table of addresses, a list by last use for each port, and a heap of ports by number of entries. */
#include "ofproto/mac_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <urcu/list.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "ofproto/mac_store.h"
#include "ofproto/validity.h"

COVERAGE_DEFINE(mac_learning_learned);
COVERAGE_DEFINE(mac_learning_expired);
COVERAGE_DEFINE(mac_learning_evicted);
COVERAGE_DEFINE(mac_learning_moved);

/* How long an address that was told by a gratuitous ARP may not be taken over by a bond, on which it may come back. */
enum { GRATUITOUS_ARP_LOCK_MS = 5000 };

/* A port with at least one entry. */
struct mac_port {
    struct hmap_node node;
    ofp_port_t no;
    struct cds_list_head learned; /* the longest unused first */
    struct cds_list_head statics;
    size_t n;                     /* of 'learned' */
    size_t heap_index;
};

struct mac_entry {
    struct hmap_node node;
    struct cds_list_head in_port;
    struct mac_port *port;
    struct eth_addr mac;
    uint16_t vlan;
    bool is_static;
    uint32_t slot;            /* in the store */
    int64_t used_ms;
    int64_t locked_until_ms;  /* against bonds */
};

struct mac_table {
    uint32_t refs;       /* atomic */
    uint64_t generation; /* atomic; written under the lock */
    pthread_mutex_t lock;
    /* Under the lock. */
    struct hmap entries;
    struct hmap ports;
    struct mac_port **heap; /* the port with most learned entries first */
    size_t heap_n, heap_allocated;
    size_t n_learned, n_static, max;
    int64_t aging_ms;
    uint64_t *flood_vlans;  /* or null */
    struct mac_store *store;
    struct mac_table_stats stats;
};

/* The heap of ports. */

static void heap_place(struct mac_table *table, struct mac_port *port, size_t i)
{
    table->heap[i] = port;
    port->heap_index = i;
}

static void heap_up(struct mac_table *table, struct mac_port *port)
{
    size_t i = port->heap_index;
    while (i > 0 && table->heap[(i - 1) / 2]->n < port->n) {
        heap_place(table, table->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    heap_place(table, port, i);
}

static void heap_down(struct mac_table *table, struct mac_port *port)
{
    size_t i = port->heap_index;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < table->heap_n && table->heap[child + 1]->n > table->heap[child]->n) {
            child++;
        }
        if (child >= table->heap_n || table->heap[child]->n <= port->n) {
            break;
        }
        heap_place(table, table->heap[child], i);
        i = child;
    }
    heap_place(table, port, i);
}

/* Ports. */

static struct mac_port *port_find(const struct mac_table *table, ofp_port_t no)
{
    struct mac_port *port;
    hmap_for_each_with_hash (port, node, hash_u64(no, 0), &table->ports) {
        if (port->no == no) {
            return port;
        }
    }
    return NULL;
}

static struct mac_port *port_get(struct mac_table *table, ofp_port_t no)
{
    struct mac_port *port = port_find(table, no);
    if (!port) {
        port = xzalloc(sizeof *port);
        port->no = no;
        CDS_INIT_LIST_HEAD(&port->learned);
        CDS_INIT_LIST_HEAD(&port->statics);
        hmap_insert(&table->ports, &port->node, hash_u64(no, 0));
        if (table->heap_n == table->heap_allocated) {
            table->heap = grow_array(table->heap, &table->heap_allocated, sizeof *table->heap);
        }
        heap_place(table, port, table->heap_n++);
    }
    return port;
}

static void port_free_if_empty(struct mac_table *table, struct mac_port *port)
{
    if (!cds_list_empty(&port->learned) || !cds_list_empty(&port->statics)) {
        return;
    }
    struct mac_port *last = table->heap[--table->heap_n];
    if (last != port) {
        heap_place(table, last, port->heap_index);
        heap_up(table, last);
        heap_down(table, last);
    }
    hmap_remove(&table->ports, &port->node);
    free(port);
}

/* Entries. */

static uint32_t address_hash(struct eth_addr mac, uint16_t vlan)
{
    uint64_t x = 0;
    memcpy(&x, &mac, sizeof mac);
    return hash_u64(x << 16 | vlan, 0);
}

static struct mac_entry *find(const struct mac_table *table, struct eth_addr mac, uint16_t vlan)
{
    struct mac_entry *e;
    hmap_for_each_with_hash (e, node, address_hash(mac, vlan), &table->entries) {
        if (e->vlan == vlan && !memcmp(&e->mac, &mac, sizeof mac)) {
            return e;
        }
    }
    return NULL;
}

static void store_entry(struct mac_table *table, struct mac_entry *e)
{
    if (table->store) {
        struct mac_entry_info info = { e->mac, e->vlan, e->port->no, e->is_static, e->used_ms };
        mac_store_put(table->store, &e->slot, &info);
    }
}

/* Puts the entry behind 'port', as the latest used. Lookups have another answer from now on. */
static void attach(struct mac_table *table, struct mac_entry *e, struct mac_port *port)
{
    e->port = port;
    __atomic_add_fetch(&table->generation, 1, __ATOMIC_RELEASE);
    validity_moved();
    if (e->is_static) {
        cds_list_add_tail(&e->in_port, &port->statics);
        table->n_static++;
    } else {
        cds_list_add_tail(&e->in_port, &port->learned);
        table->n_learned++;
        port->n++;
        heap_up(table, port);
    }
}

static void detach(struct mac_table *table, struct mac_entry *e)
{
    struct mac_port *port = e->port;
    __atomic_add_fetch(&table->generation, 1, __ATOMIC_RELEASE);
    validity_moved();
    cds_list_del(&e->in_port);
    if (e->is_static) {
        table->n_static--;
    } else {
        table->n_learned--;
        port->n--;
        heap_down(table, port);
    }
    e->port = NULL;
    port_free_if_empty(table, port);
}

static void remove_entry(struct mac_table *table, struct mac_entry *e)
{
    if (table->store) {
        mac_store_clear(table->store, &e->slot);
    }
    detach(table, e);
    hmap_remove(&table->entries, &e->node);
    free(e);
}

static struct mac_entry *add_entry(struct mac_table *table, struct eth_addr mac, uint16_t vlan,
                                   ofp_port_t no, bool is_static, int64_t now_ms)
{
    struct mac_entry *e = xzalloc(sizeof *e);
    e->mac = mac;
    e->vlan = vlan;
    e->is_static = is_static;
    e->slot = MAC_STORE_NO_SLOT;
    e->used_ms = now_ms;
    attach(table, e, port_get(table, no));
    hmap_insert(&table->entries, &e->node, address_hash(mac, vlan));
    store_entry(table, e);
    return e;
}

/* The latest used of its port from now on. */
static void use(struct mac_table *table, struct mac_entry *e, int64_t used_ms)
{
    if (used_ms > e->used_ms) {
        e->used_ms = used_ms;
        cds_list_del(&e->in_port);
        cds_list_add_tail(&e->in_port, e->is_static ? &e->port->statics : &e->port->learned);
        store_entry(table, e);
    }
}

/* Displaces the entry longest unused of the port that has most. False if there are only static ones. */
static bool evict(struct mac_table *table)
{
    if (!table->n_learned) {
        return false;
    }
    struct mac_port *port = table->heap[0];
    remove_entry(table, CONTAINER_OF(port->learned.next, struct mac_entry, in_port));
    table->stats.evicted++;
    COVERAGE_INC(mac_learning_evicted);
    return true;
}

static bool evict_to_max(struct mac_table *table, size_t max)
{
    bool any = false;
    while (table->n_learned + table->n_static > max && evict(table)) {
        any = true;
    }
    return any;
}

/* Any thread. */

struct mac_table *mac_table_create(unsigned int aging_s, unsigned int max)
{
    struct mac_table *table = xzalloc(sizeof *table);
    table->refs = 1;
    pthread_mutex_init(&table->lock, NULL);
    mac_table_configure(table, aging_s, max, NULL);
    return table;
}

struct mac_table *mac_table_ref(struct mac_table *table)
{
    __atomic_add_fetch(&table->refs, 1, __ATOMIC_RELAXED);
    return table;
}

void mac_table_unref(struct mac_table *table)
{
    if (table && __atomic_sub_fetch(&table->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        /* What is stored stays, for the next run of the program. */
        mac_store_close(table->store);
        table->store = NULL;
        struct mac_entry *e, *next;
        hmap_for_each_safe (e, next, node, &table->entries) {
            remove_entry(table, e);
        }
        hmap_destroy(&table->entries);
        hmap_destroy(&table->ports);
        free(table->heap);
        free(table->flood_vlans);
        pthread_mutex_destroy(&table->lock);
        free(table);
    }
}

static bool is_flooded(const struct mac_table *table, uint16_t vlan)
{
    return table->flood_vlans && table->flood_vlans[vlan / 64] >> vlan % 64 & 1;
}

bool mac_table_configure(struct mac_table *table, unsigned int aging_s, unsigned int max,
                         const uint64_t *flood_vlans)
{
    pthread_mutex_lock(&table->lock);
    table->aging_ms = (aging_s ? aging_s : MAC_TABLE_DEFAULT_AGING) * INT64_C(1000);
    max = max ? max : MAC_TABLE_DEFAULT_MAX;
    table->max = MIN(MAX(max, MAC_TABLE_MIN_MAX), MAC_TABLE_MAX_MAX);
    bool changed = evict_to_max(table, table->max);

    free(table->flood_vlans);
    table->flood_vlans = flood_vlans ? xmemdup(flood_vlans, VLAN_N / 8) : NULL;
    if (flood_vlans) {
        struct mac_entry *e, *next;
        hmap_for_each_safe (e, next, node, &table->entries) {
            if (!e->is_static && is_flooded(table, e->vlan)) {
                remove_entry(table, e);
                changed = true;
            }
        }
    }
    pthread_mutex_unlock(&table->lock);
    return changed;
}

uint64_t mac_table_generation(const struct mac_table *table)
{
    return __atomic_load_n(&table->generation, __ATOMIC_ACQUIRE);
}

bool mac_table_lookup(struct mac_table *table, struct eth_addr mac, uint16_t vlan, ofp_port_t *port)
{
    pthread_mutex_lock(&table->lock);
    const struct mac_entry *e = find(table, mac, vlan);
    if (e) {
        *port = e->port->no;
    }
    pthread_mutex_unlock(&table->lock);
    return e != NULL;
}

static enum mac_learned learn(struct mac_table *table, const struct mac_source *source, int64_t now_ms)
{
    if (source->mac.ea[0] & 1 || is_flooded(table, source->vlan)) {
        return MAC_REFUSED;
    }
    struct mac_entry *e = find(table, source->mac, source->vlan);
    if (!e) {
        if (table->n_learned + table->n_static >= table->max && !evict(table)) {
            return MAC_REFUSED;
        }
        e = add_entry(table, source->mac, source->vlan, source->port, false, now_ms);
        e->locked_until_ms = source->gratuitous_arp ? now_ms + GRATUITOUS_ARP_LOCK_MS : 0;
        table->stats.learned++;
        COVERAGE_INC(mac_learning_learned);
        return MAC_NEW;
    }
    if (e->is_static) {
        return e->port->no == source->port ? MAC_KNOWN : MAC_REFUSED;
    }
    if (e->port->no != source->port && now_ms < e->used_ms) {
        return MAC_KNOWN;
    }
    if (source->bonded && now_ms < e->locked_until_ms) {
        return MAC_REFUSED;
    }
    if (source->gratuitous_arp) {
        e->locked_until_ms = now_ms + GRATUITOUS_ARP_LOCK_MS;
    }
    if (e->port->no == source->port) {
        use(table, e, now_ms);
        return MAC_KNOWN;
    }
    detach(table, e);
    e->used_ms = now_ms;
    attach(table, e, port_get(table, source->port));
    store_entry(table, e);
    table->stats.moved++;
    COVERAGE_INC(mac_learning_moved);
    return MAC_MOVED;
}

enum mac_learned mac_table_learn(struct mac_table *table, const struct mac_source *source,
                                 int64_t now_ms)
{
    pthread_mutex_lock(&table->lock);
    enum mac_learned result = learn(table, source, now_ms);
    pthread_mutex_unlock(&table->lock);
    return result;
}

bool mac_table_add_static(struct mac_table *table, struct eth_addr mac, uint16_t vlan,
                          ofp_port_t port)
{
    pthread_mutex_lock(&table->lock);
    struct mac_entry *e = find(table, mac, vlan);
    if (e) {
        remove_entry(table, e);
    }
    bool room = table->n_learned + table->n_static < table->max || evict(table);
    if (room) {
        add_entry(table, mac, vlan, port, true, clock_ms());
    }
    pthread_mutex_unlock(&table->lock);
    return room;
}

bool mac_table_delete(struct mac_table *table, struct eth_addr mac, uint16_t vlan)
{
    pthread_mutex_lock(&table->lock);
    struct mac_entry *e = find(table, mac, vlan);
    if (e) {
        remove_entry(table, e);
    }
    pthread_mutex_unlock(&table->lock);
    return e != NULL;
}

bool mac_table_flush(struct mac_table *table)
{
    bool any = false;
    pthread_mutex_lock(&table->lock);
    struct mac_entry *e, *next;
    hmap_for_each_safe (e, next, node, &table->entries) {
        if (!e->is_static) {
            remove_entry(table, e);
            any = true;
        }
    }
    pthread_mutex_unlock(&table->lock);
    return any;
}

bool mac_table_flush_port(struct mac_table *table, ofp_port_t no)
{
    bool any = false;
    pthread_mutex_lock(&table->lock);
    struct mac_entry *e, *next;
    if (port_find(table, no)) {
        hmap_for_each_safe (e, next, node, &table->entries) {
            if (e->port->no == no) {
                remove_entry(table, e);
                any = true;
            }
        }
    }
    pthread_mutex_unlock(&table->lock);
    return any;
}

bool mac_table_expire(struct mac_table *table, int64_t now_ms)
{
    bool any = false;
    pthread_mutex_lock(&table->lock);
    struct mac_port *port, *next;
    hmap_for_each_safe (port, next, node, &table->ports) {
        while (!cds_list_empty(&port->learned)) {
            struct mac_entry *e = CONTAINER_OF(port->learned.next, struct mac_entry, in_port);
            bool last = port->n == 1 && cds_list_empty(&port->statics);
            if (e->used_ms + table->aging_ms > now_ms) {
                break;
            }
            remove_entry(table, e);
            table->stats.expired++;
            COVERAGE_INC(mac_learning_expired);
            any = true;
            if (last) {
                break; /* 'port' is gone */
            }
        }
    }
    pthread_mutex_unlock(&table->lock);
    return any;
}

static int compare_used(const void *a_, const void *b_)
{
    const struct mac_entry_info *a = a_, *b = b_;
    int by_time = (a->used_ms > b->used_ms) - (a->used_ms < b->used_ms);
    return by_time ? by_time : memcmp(&a->mac, &b->mac, sizeof a->mac);
}

size_t mac_table_dump(struct mac_table *table, struct mac_entry_info **entries)
{
    pthread_mutex_lock(&table->lock);
    size_t n = 0;
    *entries = xcalloc(MAX(hmap_count(&table->entries), 1), sizeof **entries);
    struct mac_entry *e;
    hmap_for_each (e, node, &table->entries) {
        (*entries)[n++] =
            (struct mac_entry_info) { e->mac, e->vlan, e->port->no, e->is_static, e->used_ms };
    }
    pthread_mutex_unlock(&table->lock);
    qsort(*entries, n, sizeof **entries, compare_used);
    return n;
}

void mac_table_stats(struct mac_table *table, struct mac_table_stats *stats)
{
    pthread_mutex_lock(&table->lock);
    *stats = table->stats;
    stats->n = table->n_learned + table->n_static;
    stats->n_static = table->n_static;
    stats->max = table->max;
    pthread_mutex_unlock(&table->lock);
}

void mac_table_stats_clear(struct mac_table *table)
{
    pthread_mutex_lock(&table->lock);
    memset(&table->stats, 0, sizeof table->stats);
    pthread_mutex_unlock(&table->lock);
}

unsigned int mac_table_aging_s(struct mac_table *table)
{
    pthread_mutex_lock(&table->lock);
    unsigned int aging_s = table->aging_ms / 1000;
    pthread_mutex_unlock(&table->lock);
    return aging_s;
}

struct restore {
    struct mac_table *table;
    int64_t now_ms;
};

static void restore_entry(void *restore_, const struct mac_entry_info *info)
{
    const struct restore *restore = restore_;
    struct mac_table *table = restore->table;
    /* A time in the future is that of another clock. */
    bool fresh = info->is_static
                 || (info->used_ms <= restore->now_ms
                     && info->used_ms + table->aging_ms > restore->now_ms);
    if (fresh && !find(table, info->mac, info->vlan)
        && table->n_learned + table->n_static < table->max) {
        add_entry(table, info->mac, info->vlan, info->port, info->is_static, info->used_ms);
    }
}

void mac_table_attach_store(struct mac_table *table, struct mac_store *store, int64_t now_ms)
{
    pthread_mutex_lock(&table->lock);
    table->store = store;
    struct restore restore = { table, now_ms };
    mac_store_load(store, restore_entry, &restore);
    pthread_mutex_unlock(&table->lock);
}

void mac_table_forget_store(struct mac_table *table)
{
    pthread_mutex_lock(&table->lock);
    struct mac_entry *e;
    hmap_for_each (e, node, &table->entries) {
        e->slot = MAC_STORE_NO_SLOT;
    }
    if (table->store) {
        mac_store_forget(table->store);
        mac_store_close(table->store);
        table->store = NULL;
    }
    pthread_mutex_unlock(&table->lock);
}
