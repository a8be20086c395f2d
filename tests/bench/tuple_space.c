/* SPDX-License-Identifier: Apache-2.0 */
/* Plain tuple space search: a hash table per combination of masks, all of them probed. */
#include "tests/bench/tuple_space.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

struct tuple_key {
    uint64_t addresses; /* source in the upper half */
    uint64_t rest;      /* ports, protocol */
};

struct tuple_entry {
    struct tuple_key key;
    int priority; /* -1: empty */
};

struct tuple {
    struct tuple_key mask;
    struct tuple_entry *entries;
    size_t n, size; /* a power of two */
};

static uint64_t pack_rest(uint16_t src_port, uint16_t dst_port, uint8_t proto)
{
    return (uint64_t) src_port << 24 | (uint64_t) dst_port << 8 | proto;
}

static uint64_t pack_addresses(uint32_t src, uint32_t dst)
{
    return (uint64_t) src << 32 | dst;
}

static size_t hash_key(const struct tuple_key *key)
{
    uint64_t h = key->addresses * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    h = (h ^ key->rest) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

void tuple_space_init(struct tuple_space *space)
{
    memset(space, 0, sizeof *space);
}

void tuple_space_destroy(struct tuple_space *space)
{
    for (size_t i = 0; i < space->n; i++) {
        free(space->tuples[i].entries);
    }
    free(space->tuples);
}

static struct tuple_entry *find(const struct tuple *tuple, const struct tuple_key *key)
{
    size_t i = hash_key(key) & (tuple->size - 1);
    while (tuple->entries[i].priority >= 0
           && (tuple->entries[i].key.addresses != key->addresses || tuple->entries[i].key.rest != key->rest)) {
        i = (i + 1) & (tuple->size - 1);
    }
    return &tuple->entries[i];
}

static void resize(struct tuple *tuple, size_t size)
{
    struct tuple_entry *old = tuple->entries;
    size_t old_size = tuple->size;

    tuple->size = size;
    tuple->entries = xmalloc(size * sizeof *tuple->entries);
    for (size_t i = 0; i < size; i++) {
        tuple->entries[i].priority = -1;
    }
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].priority >= 0) {
            *find(tuple, &old[i].key) = old[i];
        }
    }
    free(old);
}

static struct tuple *find_tuple(struct tuple_space *space, const struct tuple_key *mask)
{
    for (size_t i = 0; i < space->n; i++) {
        if (space->tuples[i].mask.addresses == mask->addresses && space->tuples[i].mask.rest == mask->rest) {
            return &space->tuples[i];
        }
    }
    if (space->n == space->allocated) {
        space->allocated = space->allocated ? 2 * space->allocated : 16;
        space->tuples = xrealloc(space->tuples, space->allocated * sizeof *space->tuples);
    }
    struct tuple *tuple = &space->tuples[space->n++];
    *tuple = (struct tuple) { .mask = *mask };
    resize(tuple, 8);
    return tuple;
}

void tuple_space_insert(struct tuple_space *space, const struct classbench_rule *r, int priority)
{
    const struct tuple_key mask = { pack_addresses(r->src_mask, r->dst_mask),
                                    pack_rest(r->src_port_mask, r->dst_port_mask, r->proto_mask) };
    const struct tuple_key key = { pack_addresses(r->src, r->dst), pack_rest(r->src_port, r->dst_port, r->proto) };
    struct tuple *tuple = find_tuple(space, &mask);

    if (2 * tuple->n >= tuple->size) {
        resize(tuple, 2 * tuple->size);
    }
    struct tuple_entry *e = find(tuple, &key);
    if (e->priority < 0) {
        tuple->n++;
    }
    if (e->priority < priority) {
        *e = (struct tuple_entry) { key, priority };
    }
}

int tuple_space_lookup(const struct tuple_space *space, const struct tuple_packet *p)
{
    const struct tuple_key packet = { pack_addresses(p->src, p->dst), pack_rest(p->src_port, p->dst_port, p->proto) };
    int best = -1;

    for (size_t i = 0; i < space->n; i++) {
        const struct tuple *tuple = &space->tuples[i];
        struct tuple_key key = { packet.addresses & tuple->mask.addresses, packet.rest & tuple->mask.rest };
        int priority = find(tuple, &key)->priority;
        if (priority > best) {
            best = priority;
        }
    }
    return best;
}
