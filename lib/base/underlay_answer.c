/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay's answers: kept while somebody refers to them, stale when news cover them. */
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/route_ask.h"
#include "lib/base/route_msg.h"
#include "lib/base/underlay_private.h"

struct underlay_answer {
    struct hmap_node node; /* by key */
    struct underlay_key key;
    struct underlay_route route;
    uint64_t epoch;        /* in which it was asked for */
    bool stale;
    unsigned int refs;
};

/* Asking. */

static void ask_kernel(struct underlay *u, const struct underlay_key *key, struct underlay_route *route)
{
    struct route_msg msg;
    u->work.questions++;
    if (!u->ask || route_ask_route(u->ask, &key->dst, &key->src, key->mark, &msg)
        || !if_indextoname((unsigned int) msg.route.ifindex, route->device)) {
        memset(route, 0, sizeof *route);
        return;
    }
    route->found = true;
    route->local = msg.route.type == RTN_LOCAL;
    route->gateway = msg.route.gateway;
    route->source = inet_addr_is_set(&key->src) ? key->src : msg.route.source;
    if (!inet_addr_is_set(&route->source)) {
        underlay_source_locked(u, route->device, &key->dst, &route->source);
    }
    route->mtu = msg.route.mtu;
}

static void ask_user(struct underlay *u, const struct underlay_user_route *user, const struct underlay_key *key,
                     struct underlay_route *route)
{
    const struct inet_addr *hop = inet_addr_is_set(&user->gateway) ? &user->gateway : &key->dst;
    memcpy(route->device, user->device, sizeof route->device);
    route->gateway = user->gateway;
    if (inet_addr_is_set(&key->src)) {
        route->source = key->src;
        route->found = underlay_has_address_locked(u, user->device, &key->src);
    } else if (inet_addr_is_set(&user->source)) {
        route->source = user->source;
        route->found = true;
    } else {
        route->found = underlay_source_locked(u, user->device, hop, &route->source);
    }
    if (!route->found) {
        memset(route, 0, sizeof *route);
    }
}

static void ask_locked(struct underlay *u, const struct underlay_key *key, struct underlay_route *route)
{
    const struct underlay_user_route *user = underlay_user_find_locked(u, &key->dst, key->mark);
    memset(route, 0, sizeof *route);
    if (user) {
        ask_user(u, user, key, route);
    } else {
        ask_kernel(u, key, route);
    }
}

bool underlay_route_equals(const struct underlay_route *a, const struct underlay_route *b)
{
    return a->found == b->found && a->local == b->local && a->mtu == b->mtu
           && inet_addr_equals(&a->gateway, &b->gateway) && inet_addr_equals(&a->source, &b->source)
           && !strcmp(a->device, b->device);
}

/* The order of destinations. */

/* The first answer that is not in front of 'addr'. */
static size_t lower_bound(const struct underlay *u, const struct inet_addr *addr)
{
    size_t low = 0, high = u->n_sorted;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(&u->sorted[middle]->key.dst, addr, sizeof *addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert_sorted(struct underlay *u, struct underlay_answer *answer)
{
    size_t at = lower_bound(u, &answer->key.dst);
    if (u->n_sorted == u->allocated_sorted) {
        u->sorted = grow_array(u->sorted, &u->allocated_sorted, sizeof *u->sorted);
    }
    memmove(&u->sorted[at + 1], &u->sorted[at], (u->n_sorted - at) * sizeof *u->sorted);
    u->sorted[at] = answer;
    u->n_sorted++;
}

static void remove_sorted(struct underlay *u, const struct underlay_answer *answer)
{
    size_t at = lower_bound(u, &answer->key.dst);
    while (u->sorted[at] != answer) {
        at++;
    }
    u->n_sorted--;
    memmove(&u->sorted[at], &u->sorted[at + 1], (u->n_sorted - at) * sizeof *u->sorted);
}

/* Staleness. */

void underlay_answers_stale_locked(struct underlay *u)
{
    u->epoch++;
}

bool underlay_answers_stale_prefix_locked(struct underlay *u, const struct inet_addr *prefix, unsigned int bits)
{
    struct inet_addr first = inet_addr_prefix(prefix, bits), last = inet_addr_prefix_last(prefix, bits);
    size_t i = lower_bound(u, &first);
    bool any = false;
    for (; i < u->n_sorted && memcmp(&u->sorted[i]->key.dst, &last, sizeof last) <= 0; i++) {
        any |= !u->sorted[i]->stale;
        u->sorted[i]->stale = true;
    }
    return any;
}

bool underlay_answers_stale_device_locked(struct underlay *u, const char *device)
{
    bool any = false;
    for (size_t i = 0; i < u->n_sorted; i++) {
        struct underlay_answer *answer = u->sorted[i];
        if (!strcmp(answer->route.device, device)) {
            any |= !answer->stale;
            answer->stale = true;
        }
    }
    return any;
}

static void refresh_locked(struct underlay *u, struct underlay_answer *answer)
{
    if (answer->stale || answer->epoch != u->epoch) {
        answer->stale = false;
        answer->epoch = u->epoch;
        ask_locked(u, &answer->key, &answer->route);
    }
}

/* Any thread. */

static uint32_t hash_key(const struct underlay_key *key)
{
    return hash_bytes(key, sizeof *key, 0);
}

static struct underlay_answer *find_locked(struct underlay *u, const struct underlay_key *key)
{
    struct underlay_answer *answer;
    hmap_for_each_with_hash (answer, node, hash_key(key), &u->answers) {
        if (!memcmp(&answer->key, key, sizeof *key)) {
            return answer;
        }
    }
    return NULL;
}

struct underlay_answer *underlay_ask(struct underlay *u, const struct underlay_key *key, struct underlay_route *route)
{
    underlay_lock(u);
    struct underlay_answer *answer = find_locked(u, key);
    if (!answer && u->n_sorted < UNDERLAY_MAX_ANSWERS) {
        answer = xzalloc(sizeof *answer);
        answer->key = *key;
        answer->stale = true;
        hmap_insert(&u->answers, &answer->node, hash_key(key));
        insert_sorted(u, answer);
    }
    if (answer) {
        refresh_locked(u, answer);
        underlay_answer_ref(answer);
        *route = answer->route;
    } else {
        ask_locked(u, key, route);
    }
    underlay_unlock(u);
    return answer;
}

struct underlay_answer *underlay_answer_ref(struct underlay_answer *answer)
{
    __atomic_add_fetch(&answer->refs, 1, __ATOMIC_RELAXED); /* the caller has a reference: it does not go meanwhile */
    return answer;
}

void underlay_answer_unref(struct underlay *u, struct underlay_answer *answer)
{
    if (!answer) {
        return;
    }
    underlay_lock(u);
    if (!__atomic_sub_fetch(&answer->refs, 1, __ATOMIC_RELAXED)) {
        hmap_remove(&u->answers, &answer->node);
        remove_sorted(u, answer);
        free(answer);
    }
    underlay_unlock(u);
}

void underlay_answer_get(struct underlay *u, struct underlay_answer *answer, struct underlay_route *route)
{
    underlay_lock(u);
    refresh_locked(u, answer);
    *route = answer->route;
    underlay_unlock(u);
}
