/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own addresses, as the kernel tells them. */
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/route_ask.h"
#include "lib/base/route_msg.h"
#include "lib/base/underlay_private.h"

LOG_MODULE(underlay_address);

static uint32_t hash_addr(const struct inet_addr *addr)
{
    return hash_bytes(addr, sizeof *addr, 0);
}

/* The address as one of a device: an address, say a link-local one, may be on several. */
static struct underlay_address *find(struct underlay *u, const struct inet_addr *addr, int ifindex, const char *device)
{
    struct underlay_address *a;
    hmap_for_each_with_hash (a, node, hash_addr(addr), &u->addresses) {
        if (inet_addr_equals(&a->addr, addr) && (device ? !strcmp(a->device, device) : a->ifindex == ifindex)) {
            return a;
        }
    }
    return NULL;
}

static struct underlay_address *add(struct underlay *u, const struct inet_addr *addr)
{
    if (hmap_count(&u->addresses) == UNDERLAY_MAX_ADDRESSES) {
        log_warn_rl("this host has more than %d addresses: the rest are not used for tunnels", UNDERLAY_MAX_ADDRESSES);
        return NULL;
    }
    struct underlay_address *a = xzalloc(sizeof *a);
    a->addr = *addr;
    hmap_insert(&u->addresses, &a->node, hash_addr(addr));
    return a;
}

static void drop(struct underlay *u, struct underlay_address *a)
{
    hmap_remove(&u->addresses, &a->node);
    free(a);
}

void underlay_address_news_locked(struct underlay *u, const struct route_msg *msg)
{
    struct underlay_address *a = find(u, &msg->address.addr, msg->address.ifindex, NULL);
    char device[IFNAMSIZ];
    if (msg->gone || !if_indextoname((unsigned int) msg->address.ifindex, device)) {
        if (a) {
            drop(u, a);
            underlay_answers_stale_locked(u); /* routes by it went without a word */
            underlay_moved_locked(u);
        }
        return;
    }
    if (!a) {
        a = add(u, &msg->address.addr);
        if (!a) {
            return;
        }
        a->ifindex = msg->address.ifindex;
        underlay_answers_stale_locked(u);
        underlay_moved_locked(u);
    }
    a->bits = msg->address.bits;
    a->generation = u->generation;
    memcpy(a->device, device, sizeof a->device);
}

static bool take(void *u, const struct route_msg *msg)
{
    if (msg->news == ROUTE_NEWS_ADDRESS) {
        underlay_address_news_locked(u, msg);
    }
    return true;
}

void underlay_addresses_read_locked(struct underlay *u)
{
    u->generation++;
    int error = route_ask_dump(RTM_GETADDR, take, u);
    if (error) {
        log_warn_rl("the kernel's addresses cannot be read (%s)", strerror(error));
        return;
    }
    struct underlay_address *a, *next;
    hmap_for_each_safe (a, next, node, &u->addresses) {
        if (a->ifindex && a->generation != u->generation) {
            drop(u, a);
            underlay_answers_stale_locked(u);
            underlay_moved_locked(u);
        }
    }
}

void underlay_addresses_destroy(struct underlay *u)
{
    struct underlay_address *a, *next;
    hmap_for_each_safe (a, next, node, &u->addresses) {
        drop(u, a);
    }
    hmap_destroy(&u->addresses);
}

bool underlay_has_address_locked(struct underlay *u, const char *device, const struct inet_addr *addr)
{
    return find(u, addr, 0, device) != NULL;
}

/* Does 'a' serve better than 'best' as the source of packets to 'dst'? One whose network 'dst' is in, then one that is not of the link only. */
static unsigned int rank(const struct underlay_address *a, const struct inet_addr *dst)
{
    struct inet_addr mine = inet_addr_prefix(&a->addr, a->bits), theirs = inet_addr_prefix(dst, a->bits);
    bool link_local = !inet_addr_is_v4(&a->addr) && a->addr.bytes[0] == 0xfe && (a->addr.bytes[1] & 0xc0) == 0x80;
    return (inet_addr_equals(&mine, &theirs) ? 2 * INET_ADDR_BITS + a->bits : link_local ? 1 : 2);
}

bool underlay_source_locked(struct underlay *u, const char *device, const struct inet_addr *dst, struct inet_addr *source)
{
    const struct underlay_address *a, *best = NULL;
    unsigned int best_rank = 0;
    hmap_for_each (a, node, &u->addresses) {
        unsigned int r = inet_addr_is_v4(&a->addr) == inet_addr_is_v4(dst) && !strcmp(a->device, device) ? rank(a, dst) : 0;
        /* Of equals the lower address, so that the choice does not hang on hashes. */
        if (r > best_rank || (r && r == best_rank && memcmp(&a->addr, &best->addr, sizeof a->addr) < 0)) {
            best = a;
            best_rank = r;
        }
    }
    *source = best ? best->addr : inet_addr_none();
    return best != NULL;
}

bool underlay_has_address(struct underlay *u, const char *device, const struct inet_addr *addr)
{
    underlay_lock(u);
    bool has = underlay_has_address_locked(u, device, addr);
    underlay_unlock(u);
    return has;
}

bool underlay_source(struct underlay *u, const char *device, const struct inet_addr *dst, struct inet_addr *source)
{
    underlay_lock(u);
    bool has = underlay_source_locked(u, device, dst, source);
    underlay_unlock(u);
    return has;
}

void underlay_add_address(struct underlay *u, const char *device, const struct inet_addr *addr, unsigned int bits)
{
    underlay_lock(u);
    struct underlay_address *a = find(u, addr, 0, device);
    if (!a) {
        a = add(u, addr);
    }
    if (a) {
        a->bits = bits;
        strncpy(a->device, device, sizeof a->device - 1);
    }
    underlay_answers_stale_locked(u);
    underlay_moved_locked(u);
    underlay_unlock(u);
    u->events->changed(u->aux);
}
