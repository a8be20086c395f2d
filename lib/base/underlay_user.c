/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that users add, and what is shown of all routes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "lib/base/mem.h"
#include "lib/base/route_ask.h"
#include "lib/base/route_msg.h"
#include "lib/base/strbuf.h"
#include "lib/base/underlay_private.h"

const struct underlay_user_route *underlay_user_find_locked(const struct underlay *u, const struct inet_addr *addr,
                                                            uint32_t mark)
{
    const struct underlay_user_route *best = NULL;
    for (size_t i = 0; i < u->n_user; i++) {
        const struct underlay_user_route *r = &u->user[i];
        struct inet_addr prefix = inet_addr_prefix(addr, r->bits);
        if (r->mark == mark && inet_addr_equals(&prefix, &r->prefix) && inet_addr_is_v4(addr) == inet_addr_is_v4(&r->prefix)
            && (!best || r->bits > best->bits)) {
            best = r;
        }
    }
    return best;
}

static struct underlay_user_route *find_exact(struct underlay *u, const struct inet_addr *prefix, unsigned int bits,
                                              uint32_t mark)
{
    for (size_t i = 0; i < u->n_user; i++) {
        struct underlay_user_route *r = &u->user[i];
        if (r->bits == bits && r->mark == mark && inet_addr_equals(&r->prefix, prefix)) {
            return r;
        }
    }
    return NULL;
}

static int add_locked(struct underlay *u, const struct underlay_user_route *route)
{
    const struct inet_addr *hop = inet_addr_is_set(&route->gateway) ? &route->gateway : &route->prefix;
    struct inet_addr source;
    if (inet_addr_is_set(&route->source) ? !underlay_has_address_locked(u, route->device, &route->source)
                                         : !underlay_source_locked(u, route->device, hop, &source)) {
        return ENOENT;
    }
    struct inet_addr prefix = inet_addr_prefix(&route->prefix, route->bits);
    struct underlay_user_route *r = find_exact(u, &prefix, route->bits, route->mark);
    if (!r && u->n_user == UNDERLAY_MAX_USER_ROUTES) {
        return ENOSPC;
    }
    if (!r) {
        if (u->n_user == u->allocated_user) {
            u->user = grow_array(u->user, &u->allocated_user, sizeof *u->user);
        }
        r = &u->user[u->n_user++];
    }
    *r = *route;
    r->prefix = prefix;
    return 0;
}

/* The routes changed; tells everybody. */
static void finish(struct underlay *u, bool changed)
{
    if (changed) {
        underlay_answers_stale_locked(u);
        underlay_moved_locked(u);
    }
    underlay_unlock(u);
    if (changed) {
        u->events->changed(u->aux);
    }
}

int underlay_add_route(struct underlay *u, const struct underlay_user_route *route)
{
    underlay_lock(u);
    int error = add_locked(u, route);
    finish(u, !error);
    return error;
}

bool underlay_del_route(struct underlay *u, const struct inet_addr *prefix, unsigned int bits, uint32_t mark)
{
    underlay_lock(u);
    struct inet_addr exact = inet_addr_prefix(prefix, bits);
    struct underlay_user_route *r = find_exact(u, &exact, bits, mark);
    if (r) {
        *r = u->user[--u->n_user];
    }
    finish(u, r != NULL);
    return r != NULL;
}

/* Showing. */

struct shown {
    struct inet_addr prefix;
    unsigned int bits;
    uint32_t mark;
    struct inet_addr gateway, source;
    char device[IFNAMSIZ];
    bool user, local;
};

struct show {
    struct underlay *u;
    struct shown *items;
    size_t n, allocated;
    bool more;
};

static struct shown *add_shown(struct show *show)
{
    if (show->n == show->allocated) {
        show->items = grow_array(show->items, &show->allocated, sizeof *show->items);
    }
    struct shown *item = &show->items[show->n++];
    memset(item, 0, sizeof *item);
    return item;
}

/* Routes of the main and the local table that lead to a device. */
static bool show_kernel(void *show_, const struct route_msg *msg)
{
    struct show *show = show_;
    char device[IFNAMSIZ];
    if (msg->news != ROUTE_NEWS_ROUTE || msg->route.is_clone
        || (msg->route.type != RTN_UNICAST && msg->route.type != RTN_LOCAL)
        || (msg->route.table != RT_TABLE_MAIN && msg->route.table != RT_TABLE_LOCAL)
        || !if_indextoname((unsigned int) msg->route.ifindex, device)) {
        return true;
    }
    if (show->n == UNDERLAY_MAX_SHOWN) {
        show->more = true;
        return false;
    }
    struct shown *item = add_shown(show);
    item->prefix = msg->route.prefix;
    item->bits = msg->route.bits;
    item->gateway = msg->route.gateway;
    item->source = msg->route.source;
    item->local = msg->route.type == RTN_LOCAL;
    memcpy(item->device, device, sizeof device);
    return true;
}

static int compare_shown(const void *a_, const void *b_)
{
    const struct shown *a = a_, *b = b_;
    if (a->user != b->user) {
        return a->user ? -1 : 1;
    }
    bool v4_a = inet_addr_is_v4(&a->prefix), v4_b = inet_addr_is_v4(&b->prefix);
    if (v4_a != v4_b) {
        return v4_a ? -1 : 1;
    }
    int order = memcmp(&a->prefix, &b->prefix, sizeof a->prefix);
    return order ? order : (a->bits > b->bits) - (a->bits < b->bits);
}

static void put_shown(struct strbuf *s, const struct shown *item)
{
    strbuf_puts(s, item->user ? "User: " : "Cached: ");
    inet_addr_put(s, &item->prefix);
    strbuf_putf(s, "/%u", item->bits - (inet_addr_is_v4(&item->prefix) ? INET_ADDR_V4_BITS : 0));
    if (item->mark) {
        strbuf_putf(s, " MARK %u", item->mark);
    }
    strbuf_putf(s, " dev %s", item->device);
    if (inet_addr_is_set(&item->gateway)) {
        strbuf_puts(s, " GW ");
        inet_addr_put(s, &item->gateway);
    }
    if (inet_addr_is_set(&item->source)) {
        strbuf_puts(s, " SRC ");
        inet_addr_put(s, &item->source);
    }
    strbuf_puts(s, item->local ? " local\n" : "\n");
}

void underlay_show(struct underlay *u, struct strbuf *s)
{
    struct show show = { .u = u };
    int error = u->ask ? route_ask_dump(RTM_GETROUTE, show_kernel, &show) : 0;
    underlay_lock(u);
    for (size_t i = 0; i < u->n_user; i++) {
        const struct underlay_user_route *r = &u->user[i];
        const struct inet_addr *hop = inet_addr_is_set(&r->gateway) ? &r->gateway : &r->prefix;
        struct shown *item = add_shown(&show);
        item->user = true;
        item->prefix = r->prefix;
        item->bits = r->bits;
        item->mark = r->mark;
        item->gateway = r->gateway;
        item->source = r->source;
        memcpy(item->device, r->device, sizeof item->device);
        if (!inet_addr_is_set(&item->source)) {
            underlay_source_locked(u, r->device, hop, &item->source);
        }
    }
    for (size_t i = 0; i < show.n; i++) {
        if (!inet_addr_is_set(&show.items[i].source)) {
            const struct inet_addr *hop = inet_addr_is_set(&show.items[i].gateway) ? &show.items[i].gateway
                                                                                   : &show.items[i].prefix;
            underlay_source_locked(u, show.items[i].device, hop, &show.items[i].source);
        }
    }
    underlay_unlock(u);
    if (show.n) {
        qsort(show.items, show.n, sizeof *show.items, compare_shown);
    }
    strbuf_puts(s, "Route Table:\n");
    for (size_t i = 0; i < show.n; i++) {
        put_shown(s, &show.items[i]);
    }
    if (show.more) {
        strbuf_putf(s, "(the kernel has more than these %d routes)\n", UNDERLAY_MAX_SHOWN);
    } else if (error) {
        strbuf_putf(s, "(the kernel's routes cannot be read: %s)\n", strerror(error));
    }
    free(show.items);
}
