/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the tunnel port of a received packet. */
#include "ofproto/tunnel_map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/net/flow.h"
#include "ofproto/port_map.h"
#include "ofproto/tunnel_config.h"

enum { NVGRE_FLOW_ID_BITS = 8 };

/* What a port matches. All bytes are defined, so that it is hashed and compared as it stands. */
struct match {
    uint32_t listener;
    uint8_t key_kind, remote_kind, local_kind; /* enum tunnel_value */
    uint8_t form;                              /* bits FORM_* */
    uint64_t key;
    struct inet_addr remote, local;
};
static_assert(sizeof(struct match) == 48, "no padding");

enum { FORM_L3 = 1, FORM_NVGRE = 2 };

struct item {
    struct match match;
    const struct map_port *port;
};

struct tunnel_map {
    struct item *items; /* by match */
    size_t n;
    struct tunnel_map_listener *listeners;
    uint64_t *key_bits; /* of each listener */
    size_t n_listeners;
};

static void make_match(const struct tunnel_config *c, uint32_t listener, struct match *m)
{
    memset(m, 0, sizeof *m);
    m->listener = listener;
    m->key_kind = c->in_key == TUNNEL_FLOW ? TUNNEL_FLOW : TUNNEL_FIXED; /* no key is key 0 */
    m->remote_kind = c->remote;
    m->local_kind = c->local;
    m->form = (c->l3 ? FORM_L3 : 0) | (c->nvgre ? FORM_NVGRE : 0);
    m->key = c->in_key_value;
    m->remote = c->remote_ip;
    m->local = c->local_ip;
}

static int compare_items(const void *a_, const void *b_)
{
    const struct item *a = a_, *b = b_;
    return memcmp(&a->match, &b->match, sizeof a->match);
}

static void note_listener(struct tunnel_map *map, const struct map_port *port)
{
    const struct tunnel_config *c = port->tunnel;
    uint64_t bits = c->nvgre ? UINT64_MAX << NVGRE_FLOW_ID_BITS : UINT64_MAX;
    for (size_t i = 0; i < map->n_listeners; i++) {
        if (map->listeners[i].dp_no == port->listener) {
            map->key_bits[i] |= bits;
            return;
        }
    }
    map->key_bits[map->n_listeners] = bits;
    map->listeners[map->n_listeners++] = (struct tunnel_map_listener) {
        .dp_no = port->listener,
        .proto = c->kind == TUNNEL_GRE ? NW_PROTO_GRE : NW_PROTO_UDP,
        .port = c->dst_port,
    };
}

struct tunnel_map *tunnel_map_create(const struct map_port *const *ports, size_t n)
{
    struct tunnel_map *map = xzalloc(sizeof *map);
    map->items = xcalloc(MAX(n, 1), sizeof *map->items);
    map->listeners = xcalloc(MAX(n, 1), sizeof *map->listeners);
    map->key_bits = xcalloc(MAX(n, 1), sizeof *map->key_bits);
    for (size_t i = 0; i < n; i++) {
        if (ports[i]->listener != DP_PORT_NONE) {
            struct item *item = &map->items[map->n++];
            make_match(ports[i]->tunnel, ports[i]->listener, &item->match);
            item->port = ports[i];
            note_listener(map, ports[i]);
        }
    }
    qsort(map->items, map->n, sizeof *map->items, compare_items);
    return map;
}

void tunnel_map_destroy(struct tunnel_map *map)
{
    if (map) {
        free(map->items);
        free(map->listeners);
        free(map->key_bits);
        free(map);
    }
}

/* The address that a flow has in IPv4 or, if that is 0, IPv6 form. */
static struct inet_addr flow_addr(be32 ip, const uint8_t ip6[16])
{
    return ip ? inet_addr_v4(ip) : inet_addr_v6(ip6);
}

static const struct map_port *probe(const struct tunnel_map *map, const struct match *m)
{
    struct item key = { .match = *m };
    const struct item *found = bsearch(&key, map->items, map->n, sizeof *map->items, compare_items);
    return found ? found->port : NULL;
}

static const struct map_port *find_form(const struct tunnel_map *map, uint32_t listener, const struct flow *key, uint8_t form)
{
    static const uint8_t keys[] = { TUNNEL_FIXED, TUNNEL_FLOW }, locals[] = { TUNNEL_FIXED, TUNNEL_ANY, TUNNEL_FLOW };
    struct inet_addr remote = flow_addr(key->tun_src, key->tun_ipv6_src);
    struct inet_addr local = flow_addr(key->tun_dst, key->tun_ipv6_dst);
    uint64_t number = be64_to_host(key->tun_id) >> (form & FORM_NVGRE ? NVGRE_FLOW_ID_BITS : 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(keys) * ARRAY_SIZE(keys) * ARRAY_SIZE(locals); i++) {
        struct match m;
        memset(&m, 0, sizeof m);
        m.listener = listener;
        m.form = form;
        m.key_kind = keys[i / 6];
        m.remote_kind = keys[i / 3 % 2];
        m.local_kind = locals[i % 3];
        m.key = m.key_kind == TUNNEL_FIXED ? number : 0;
        m.remote = m.remote_kind == TUNNEL_FIXED ? remote : inet_addr_none();
        m.local = m.local_kind == TUNNEL_FIXED ? local : inet_addr_none();
        const struct map_port *port = probe(map, &m);
        if (port && !(port->tunnel->v6_only && inet_addr_is_v4(&remote))) {
            return port;
        }
    }
    return NULL;
}

const struct map_port *tunnel_map_find(const struct tunnel_map *map, uint32_t listener, const struct flow *key)
{
    if (!(key->lines & 1u << FLOW_LINE_TUNNEL)) {
        return NULL;
    }
    uint8_t l3 = key->tun_flags & FLOW_TUN_L3 ? FORM_L3 : 0;
    const struct map_port *port = find_form(map, listener, key, l3);
    return port || l3 ? port : find_form(map, listener, key, FORM_NVGRE);
}

uint64_t tunnel_map_key_bits(const struct tunnel_map *map, uint32_t listener)
{
    for (size_t i = 0; i < map->n_listeners; i++) {
        if (map->listeners[i].dp_no == listener) {
            return map->key_bits[i];
        }
    }
    return UINT64_MAX;
}

size_t tunnel_map_n_listeners(const struct tunnel_map *map)
{
    return map->n_listeners;
}

const struct tunnel_map_listener *tunnel_map_listener(const struct tunnel_map *map, size_t i)
{
    return &map->listeners[i];
}

bool tunnel_map_has(const struct tunnel_map *map, uint32_t listener)
{
    for (size_t i = 0; map && i < map->n_listeners; i++) {
        if (map->listeners[i].dp_no == listener) {
            return true;
        }
    }
    return false;
}

bool tunnel_map_same(const struct tunnel_config *a, const struct tunnel_config *b)
{
    struct match ma, mb;
    make_match(a, 0, &ma);
    make_match(b, 0, &mb);
    return a->kind == b->kind && a->dst_port == b->dst_port && !memcmp(&ma, &mb, sizeof ma);
}

uint32_t tunnel_map_hash(const struct tunnel_config *c)
{
    struct match m;
    make_match(c, (uint32_t) c->kind << 16 | c->dst_port, &m);
    return hash_bytes(&m, sizeof m, 0);
}
