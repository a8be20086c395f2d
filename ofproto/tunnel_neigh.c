/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the underlay's neighbours. */
#include "ofproto/tunnel_neigh.h"

#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"

enum {
    BRIDGE_NAME_SIZE = 64,
    WANTED_MS = 60000,  /* so long after the last packet somebody still wants it */
    PROBE_MS = 1000,
    REFRESHES = 3,      /* it is asked for again when this part of its time is left: a third */
};

struct entry {
    struct hmap_node node; /* by address */
    struct inet_addr addr;
    char bridge[BRIDGE_NAME_SIZE];
    char device[IFNAMSIZ]; /* "": nobody wants it */
    bool known;
    struct eth_addr mac;
    int64_t expires_ms;    /* of what is known */
    int64_t used_ms;       /* 0: never */
    int64_t asked_ms;      /* 0: never */
};

static struct {
    pthread_mutex_t lock;
    struct hmap entries;
    size_t n_unasked;
    uint64_t version;      /* atomic: any thread reads, the lock's holder writes */
    int64_t aging_ms;
    tunnel_neigh_probe *probe;
    void (*wake)(void);
    void *aux;
} t = { .lock = PTHREAD_MUTEX_INITIALIZER, .entries = HMAP_INIT, .aging_ms = TUNNEL_NEIGH_AGING_S * INT64_C(1000) };

static void moved(void)
{
    __atomic_add_fetch(&t.version, 1, __ATOMIC_RELEASE);
}

uint64_t tunnel_neigh_version(void)
{
    return __atomic_load_n(&t.version, __ATOMIC_ACQUIRE);
}

static uint32_t hash_addr(const struct inet_addr *addr)
{
    return hash_bytes(addr, sizeof *addr, 0);
}

static struct entry *find(const char *bridge, const struct inet_addr *addr)
{
    struct entry *e;
    hmap_for_each_with_hash (e, node, hash_addr(addr), &t.entries) {
        if (inet_addr_equals(&e->addr, addr) && !strcmp(e->bridge, bridge)) {
            return e;
        }
    }
    return NULL;
}

/* Null if there are enough. */
static struct entry *add(const char *bridge, const struct inet_addr *addr, bool wanted)
{
    if (hmap_count(&t.entries) >= TUNNEL_NEIGH_MAX || (!wanted && t.n_unasked >= TUNNEL_NEIGH_MAX_UNASKED)) {
        return NULL;
    }
    struct entry *e = xzalloc(sizeof *e);
    e->addr = *addr;
    snprintf(e->bridge, sizeof e->bridge, "%s", bridge);
    hmap_insert(&t.entries, &e->node, hash_addr(addr));
    t.n_unasked++;
    return e;
}

static void drop(struct entry *e)
{
    t.n_unasked -= !e->device[0];
    hmap_remove(&t.entries, &e->node);
    free(e);
}

static bool set_mac(struct entry *e, struct eth_addr mac, int64_t now_ms)
{
    bool news = !e->known || memcmp(&e->mac, &mac, sizeof mac);
    e->known = true;
    e->mac = mac;
    e->expires_ms = now_ms + t.aging_ms;
    if (news) {
        moved();
    }
    return news;
}

static bool forget_mac(struct entry *e)
{
    bool news = e->known;
    e->known = false;
    if (news) {
        moved();
    }
    return news;
}

/* Any thread. */

bool tunnel_neigh_lookup(const char *bridge, const struct inet_addr *addr, struct eth_addr *mac)
{
    pthread_mutex_lock(&t.lock);
    const struct entry *e = find(bridge, addr);
    bool known = e && e->known;
    if (known && mac) {
        *mac = e->mac;
    }
    pthread_mutex_unlock(&t.lock);
    return known;
}

void tunnel_neigh_want(const char *bridge, const char *device, const struct inet_addr *addr, int64_t now_ms)
{
    bool wake = false;
    pthread_mutex_lock(&t.lock);
    struct entry *e = find(bridge, addr);
    if (!e) {
        e = add(bridge, addr, true);
    }
    if (e) {
        t.n_unasked -= !e->device[0];
        snprintf(e->device, sizeof e->device, "%s", device);
        e->used_ms = MAX(now_ms, 1);
        wake = !e->known && !e->asked_ms;
    }
    pthread_mutex_unlock(&t.lock);
    if (wake) {
        t.wake();
    }
}

bool tunnel_neigh_learn(const char *bridge, const struct inet_addr *addr, struct eth_addr mac, int64_t now_ms)
{
    pthread_mutex_lock(&t.lock);
    struct entry *e = find(bridge, addr);
    if (!e) {
        e = add(bridge, addr, false);
    }
    bool news = e && set_mac(e, mac, now_ms);
    pthread_mutex_unlock(&t.lock);
    return news;
}

void tunnel_neigh_adopt(const char *bridge, const struct inet_addr *addr, struct eth_addr mac, int64_t now_ms)
{
    pthread_mutex_lock(&t.lock);
    struct entry *e = find(bridge, addr);
    if (!e) {
        e = add(bridge, addr, false);
    }
    if (e) {
        set_mac(e, mac, now_ms);
        e->expires_ms = MIN(e->expires_ms, now_ms + TUNNEL_NEIGH_ADOPTED_MS);
    }
    pthread_mutex_unlock(&t.lock);
}

bool tunnel_neigh_is_wanted(const struct inet_addr *addr)
{
    bool wanted = false;
    pthread_mutex_lock(&t.lock);
    const struct entry *e;
    hmap_for_each_with_hash (e, node, hash_addr(addr), &t.entries) {
        wanted |= inet_addr_equals(&e->addr, addr) && e->device[0];
    }
    pthread_mutex_unlock(&t.lock);
    return wanted;
}

bool tunnel_neigh_from_kernel(const char *device, const struct inet_addr *addr, const uint8_t mac[6], int64_t now_ms)
{
    bool news = false;
    struct eth_addr known;
    pthread_mutex_lock(&t.lock);
    struct entry *e;
    hmap_for_each_with_hash (e, node, hash_addr(addr), &t.entries) {
        if (!inet_addr_equals(&e->addr, addr) || strcmp(e->device, device)) {
            continue;
        }
        if (mac) {
            memcpy(known.ea, mac, sizeof known.ea);
            news |= set_mac(e, known, now_ms);
        } else {
            e->asked_ms = 0; /* the kernel has given up, or only forgotten: the bridge is asked */
        }
    }
    pthread_mutex_unlock(&t.lock);
    return news;
}

/* Main thread. */

/* An entry that is to be asked for, copied so that this happens without the lock. */
struct question {
    struct inet_addr addr;
    char bridge[BRIDGE_NAME_SIZE], device[IFNAMSIZ];
    bool known;
    struct eth_addr mac;
};

static bool is_wanted(const struct entry *e, int64_t now_ms)
{
    return e->device[0] && e->used_ms && now_ms - e->used_ms < WANTED_MS;
}

static bool should_ask(const struct entry *e, int64_t now_ms)
{
    bool old = !e->known || e->expires_ms - now_ms < t.aging_ms / REFRESHES;
    return is_wanted(e, now_ms) && old && (!e->asked_ms || now_ms - e->asked_ms >= PROBE_MS);
}

/* What of the table is due: entries whose time is over go; up to 'max' questions are noted. */
static size_t walk(int64_t now_ms, struct question *questions, size_t max, bool *changed)
{
    size_t n = 0;
    struct entry *e, *next;
    pthread_mutex_lock(&t.lock);
    hmap_for_each_safe (e, next, node, &t.entries) {
        if (e->known && e->expires_ms <= now_ms) {
            *changed |= forget_mac(e);
        }
        if (!e->known && !is_wanted(e, now_ms)) {
            drop(e);
        } else if (n < max && should_ask(e, now_ms)) {
            struct question *q = &questions[n++];
            e->asked_ms = MAX(now_ms, 1);
            q->addr = e->addr;
            memcpy(q->bridge, e->bridge, sizeof q->bridge);
            memcpy(q->device, e->device, sizeof q->device);
            q->known = e->known;
            q->mac = e->mac;
        }
    }
    pthread_mutex_unlock(&t.lock);
    return n;
}

bool tunnel_neigh_run(int64_t now_ms)
{
    struct question questions[TUNNEL_NEIGH_PROBES];
    bool changed = false;
    size_t n = walk(now_ms, questions, ARRAY_SIZE(questions), &changed);
    for (size_t i = 0; i < n; i++) {
        const struct question *q = &questions[i];
        t.probe(t.aux, q->bridge, q->device, &q->addr, q->known ? &q->mac : NULL);
    }
    return changed;
}

void tunnel_neigh_init(tunnel_neigh_probe *probe, void (*wake)(void), void *aux)
{
    t.probe = probe;
    t.wake = wake;
    t.aux = aux;
}

void tunnel_neigh_destroy(void)
{
    struct entry *e, *next;
    hmap_for_each_safe (e, next, node, &t.entries) {
        drop(e);
    }
    hmap_destroy(&t.entries);
    hmap_init(&t.entries);
    t.aging_ms = TUNNEL_NEIGH_AGING_S * INT64_C(1000);
}

/* Commands. */

void tunnel_neigh_set(const char *bridge, const struct inet_addr *addr, struct eth_addr mac, int64_t now_ms)
{
    tunnel_neigh_learn(bridge, addr, mac, now_ms);
}

void tunnel_neigh_flush(const char *bridge)
{
    struct entry *e, *next;
    pthread_mutex_lock(&t.lock);
    hmap_for_each_safe (e, next, node, &t.entries) {
        if (!bridge || !strcmp(e->bridge, bridge)) {
            drop(e);
        }
    }
    moved();
    pthread_mutex_unlock(&t.lock);
}

static int compare_entries(const void *a_, const void *b_)
{
    const struct entry *const *a = a_, *const *b = b_;
    bool v4_a = inet_addr_is_v4(&(*a)->addr), v4_b = inet_addr_is_v4(&(*b)->addr);
    if (v4_a != v4_b) {
        return v4_a ? -1 : 1;
    }
    int order = memcmp(&(*a)->addr, &(*b)->addr, sizeof (*a)->addr);
    return order ? order : strcmp((*a)->bridge, (*b)->bridge);
}

void tunnel_neigh_show(struct strbuf *s)
{
    strbuf_puts(s, "IP                                            MAC                 Bridge\n"
                   "==========================================================================\n");
    pthread_mutex_lock(&t.lock);
    size_t n = 0;
    struct entry **sorted = xcalloc(MAX(hmap_count(&t.entries), 1), sizeof *sorted), *e;
    hmap_for_each (e, node, &t.entries) {
        if (e->known && !strchr(e->bridge, TUNNEL_NEIGH_SCOPE)) {
            sorted[n++] = e;
        }
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted, compare_entries);
    }
    for (size_t i = 0; i < n; i++) {
        char text[INET_ADDR_TEXT_SIZE];
        strbuf_putf(s, "%-45s ", inet_addr_text(&sorted[i]->addr, text));
        eth_format(s, sorted[i]->mac);
        strbuf_putf(s, "   %s\n", sorted[i]->bridge);
    }
    pthread_mutex_unlock(&t.lock);
    free(sorted);
}

unsigned int tunnel_neigh_aging_s(void)
{
    return (unsigned int) (t.aging_ms / 1000);
}

bool tunnel_neigh_set_aging(unsigned int seconds)
{
    if (!seconds || seconds > TUNNEL_NEIGH_MAX_AGING_S) {
        return false;
    }
    pthread_mutex_lock(&t.lock);
    t.aging_ms = seconds * INT64_C(1000);
    pthread_mutex_unlock(&t.lock);
    return true;
}
