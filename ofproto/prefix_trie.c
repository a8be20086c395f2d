/* SPDX-License-Identifier: Apache-2.0 */
/* The address prefixes that the rules of a table match on: a trie of four bits a step, its nodes bitmaps.
 *
 * A node stands for four bits. 'inside' has a bit for each of the 30 prefixes of one to four more bits, 'children' one for each
 * value of the four that longer prefixes go on from: so whatever happens within these bits is told by one piece of memory. Readers look at no counts, so
 * a node with room for another count takes another prefix where it is; and a prefix that goes keeps its place in the node. Bits above
 * a node in which all its prefixes agree are skipped. Idea: Eatherton, Varghese and Dittia, "Tree Bitmap", 2004. */
#include "ofproto/prefix_trie.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/types.h"

enum { STRIDE = 4, MAX_SKIP = 32, MAX_BITS = 128, MAX_DEPTH = MAX_BITS / STRIDE };

/* Immutable but for the edges (RCU), 'inside' (any thread: ro, writers: wo; relaxed) and the counts (writers). */
struct prefix_trie_node {
    struct rcu_head rcu;
    uint32_t skip;     /* left-aligned: bits before those that the node stands for */
    uint32_t inside;   /* by position_of(): prefixes that rules have */
    uint32_t places;   /* those that have a count, perhaps of 0 */
    uint16_t children; /* by the value of four bits */
    uint8_t n_skip;    /* a multiple of STRIDE */
    uint8_t n_room;    /* writers: counts that there is room for */
    struct prefix_trie_node *child[]; /* one for each bit of 'children', then uint32_t for each of 'places': rules with the prefix */
};

/* The instruction for it is not on every processor, and a call to what stands in for it costs more than this. */
static unsigned int count_ones(uint32_t x)
{
    x -= x >> 1 & 0x55555555;
    x = (x & 0x33333333) + (x >> 2 & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    return x * 0x01010101 >> 24;
}

/* An address from which 32 bits can be read at any bit offset. */
struct address {
    uint8_t bytes[MAX_BITS / 8 + 8];
};

static void load(struct address *address, const uint8_t *value, unsigned int n_bits)
{
    memset(address, 0, sizeof *address);
    memcpy(address->bytes, value, DIV_ROUND_UP(n_bits, 8));
}

static uint32_t bits_at(const struct address *address, unsigned int offset)
{
    uint64_t word = be64_to_host(get_be64(address->bytes + offset / 8));
    return (uint32_t) (word << offset % 8 >> 32);
}

static unsigned int nibble_at(const struct address *address, unsigned int offset)
{
    return bits_at(address, offset) >> (32 - STRIDE);
}

static uint32_t leading_ones(unsigned int n)
{
    return n ? 0xffffffffu << (32 - n) : 0;
}

/* How many of the first 'n' bits of 'a' and 'b' agree. */
static unsigned int count_equal(uint32_t a, uint32_t b, unsigned int n)
{
    uint32_t difference = (a ^ b) & leading_ones(n);
    return difference ? (unsigned int) __builtin_clz(difference) : n;
}

static uint32_t shift(uint32_t bits, unsigned int n)
{
    return n < 32 ? bits << n : 0;
}

/* Where the prefix of the first 'depth' bits (1 to 4) of a nibble is in 'inside': by length, then by value. */
static unsigned int position_of(unsigned int nibble, unsigned int depth)
{
    return (1u << depth) - 2 + (nibble >> (STRIDE - depth));
}

/* Of a node, 'inside' and above it 'children'. */
static uint64_t content_of(const struct prefix_trie_node *node)
{
    return __atomic_load_n(&node->inside, __ATOMIC_RELAXED) | (uint64_t) node->children << 32;
}

/* BELOW(P, D): what of a node's content is longer than the prefix of D bits of value P. */
#define ONES(N) ((UINT64_C(1) << (N)) - 1)
#define UP(D, E) ((E) > (D) ? (E) - (D) : 0u)
#define LEVEL(P, D, E) ((E) > (D) ? ONES(1u << UP(D, E)) << ((1u << (E)) - 2 + ((P) << UP(D, E))) : 0)
#define CHILDREN(P, D) (ONES(1u << (4 - (D))) << (32 + ((P) << (4 - (D)))))
#define BELOW(P, D) (((D) < 2 ? LEVEL(P, D, 2u) : 0) | ((D) < 3 ? LEVEL(P, D, 3u) : 0) | ((D) < 4 ? LEVEL(P, D, 4u) : 0) | CHILDREN(P, D))
#define BELOW_2(P, D) BELOW(P, D), BELOW((P) + 1u, D)
#define BELOW_4(P, D) BELOW_2(P, D), BELOW_2((P) + 2u, D)
#define BELOW_8(P, D) BELOW_4(P, D), BELOW_4((P) + 4u, D)
static const uint64_t below[30] = { BELOW_2(0u, 1u), BELOW_4(0u, 2u), BELOW_8(0u, 3u), BELOW_8(0u, 4u), BELOW_8(8u, 4u) };

static unsigned int child_index(const struct prefix_trie_node *node, unsigned int nibble)
{
    return count_ones(node->children & ((1u << nibble) - 1));
}

unsigned int prefix_trie_lookup(const struct prefix_trie *trie, const uint8_t *value, unsigned int n_bits,
                                struct prefix_lengths *found)
{
    struct address address;
    memset(found, 0, sizeof *found);
    struct prefix_trie_node *node = rcu_dereference(((struct prefix_trie *) trie)->root);
    if (!node) {
        return 0;
    }
    load(&address, value, n_bits);
    for (unsigned int offset = 0;; offset += STRIDE) {
        unsigned int equal = count_equal(bits_at(&address, offset), node->skip, node->n_skip);
        offset += equal;
        if (equal < node->n_skip) {
            return offset + 1;
        }
        unsigned int nibble = nibble_at(&address, offset);
        uint64_t content = content_of(node);
        for (unsigned int depth = 1; depth <= STRIDE; depth++) {
            unsigned int position = position_of(nibble, depth);
            if (content >> position & 1) {
                found->bits[(offset + depth - 1) / 64] |= 1ULL << (offset + depth - 1) % 64;
            }
            if (!(content & below[position])) {
                return offset + depth;
            }
        }
        node = rcu_dereference(node->child[child_index(node, nibble)]);
    }
}

/* Nodes. */

static unsigned int n_children(const struct prefix_trie_node *node)
{
    return count_ones(node->children);
}

static uint32_t *counts_of(struct prefix_trie_node *node)
{
    return (uint32_t *) (void *) &node->child[n_children(node)];
}

static uint32_t *count_at(struct prefix_trie_node *node, unsigned int position)
{
    return &counts_of(node)[count_ones(node->places & ((1u << position) - 1))];
}

static void set_inside(struct prefix_trie_node *node, uint32_t inside)
{
    __atomic_store_n(&node->inside, inside, __ATOMIC_RELAXED);
}

/* For 'n' counts: where there are some there will be more, but few nodes ever have all. */
static unsigned int room_for(unsigned int n)
{
    unsigned int room = n ? 4 : 0;
    while (room < n) {
        room *= 2;
    }
    return room;
}

/* Its edges and counts are not set. */
static struct prefix_trie_node *create(uint32_t skip, unsigned int n_skip, uint16_t children, uint32_t inside)
{
    unsigned int n_room = room_for(count_ones(inside));
    struct prefix_trie_node *node = xmalloc(sizeof *node + count_ones(children) * sizeof node->child[0]
                                            + n_room * sizeof(uint32_t));
    node->n_room = (uint8_t) n_room;
    node->skip = skip & leading_ones(n_skip);
    node->n_skip = (uint8_t) n_skip;
    node->children = children;
    node->inside = node->places = inside;
    return node;
}

/* 'node' with other prefixes and children; those that both have are the same. */
static struct prefix_trie_node *copy(struct prefix_trie_node *node, uint16_t children, uint32_t inside)
{
    struct prefix_trie_node *new = create(node->skip, node->n_skip, children, inside);
    for (uint32_t todo = children | node->children, from = 0, to = 0; todo; todo &= todo - 1) {
        uint32_t bit = todo & -todo;
        if (children & node->children & bit) {
            new->child[to] = node->child[from];
        }
        to += !!(children & bit);
        from += !!(node->children & bit);
    }
    const uint32_t *old_counts = counts_of(node);
    uint32_t *counts = counts_of(new);
    for (uint32_t todo = inside | node->places, from = 0, to = 0; todo; todo &= todo - 1) {
        uint32_t bit = todo & -todo;
        if (inside & node->inside & bit) {
            counts[to] = old_counts[from];
        }
        to += !!(inside & bit);
        from += !!(node->places & bit);
    }
    return new;
}

static void free_node(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct prefix_trie_node, rcu));
}

static void replace(struct prefix_trie_node **edge, struct prefix_trie_node *node)
{
    struct prefix_trie_node *old = *edge;
    rcu_assign_pointer(*edge, node);
    urcu_qsbr_call_rcu(&old->rcu, free_node);
}

/* Where the node that has prefixes of 'length' bits begins. */
static unsigned int begin_of(unsigned int length)
{
    return (length - 1) / STRIDE * STRIDE;
}

/* Nodes for the bits from 'offset' to 'length', with one rule at the end. */
static struct prefix_trie_node *create_branch(const struct address *address, unsigned int offset, unsigned int length)
{
    struct prefix_trie_node *first = NULL, **edge = &first;
    while (begin_of(length) - offset > MAX_SKIP) {
        *edge = create(bits_at(address, offset), MAX_SKIP, (uint16_t) (1u << nibble_at(address, offset + MAX_SKIP)), 0);
        edge = &(*edge)->child[0];
        offset += MAX_SKIP + STRIDE;
    }
    unsigned int begin = begin_of(length);
    *edge = create(bits_at(address, offset), begin - offset, 0,
                   1u << position_of(nibble_at(address, begin), length - begin));
    *counts_of(*edge) = 1;
    return first;
}

/* 'node' as it is behind the first 'n' bits of those that it skips. */
static struct prefix_trie_node *copy_tail(struct prefix_trie_node *node, unsigned int n)
{
    struct prefix_trie_node *tail = copy(node, node->children, node->inside);
    tail->skip = shift(node->skip, n);
    tail->n_skip = (uint8_t) (node->n_skip - n);
    return tail;
}

/* A prefix leaves 'node' within the bits that it skips, after 'equal' of them: a node in between, whose only child is the rest. */
static struct prefix_trie_node *split(struct prefix_trie_node *node, unsigned int equal)
{
    unsigned int nibble = shift(node->skip, equal) >> (32 - STRIDE);
    struct prefix_trie_node *top = create(node->skip, equal, (uint16_t) (1u << nibble), 0);
    top->child[0] = copy_tail(node, equal + STRIDE);
    return top;
}

static void count_in(struct prefix_trie_node **edge, unsigned int position)
{
    struct prefix_trie_node *node = *edge;
    unsigned int n_places = count_ones(node->places);
    if (!(node->places >> position & 1) && n_places < node->n_room) {
        uint32_t *counts = counts_of(node), *at = count_at(node, position);
        memmove(at + 1, at, (n_places - (size_t) (at - counts)) * sizeof *at);
        *at = 0;
        node->places |= 1u << position;
    }
    if (node->places >> position & 1) {
        ++*count_at(node, position);
        set_inside(node, node->inside | 1u << position);
        return;
    }
    struct prefix_trie_node *new = copy(node, node->children, node->inside | 1u << position);
    *count_at(new, position) = 1;
    replace(edge, new);
}

void prefix_trie_insert(struct prefix_trie *trie, const uint8_t *value, unsigned int length)
{
    struct address address;
    load(&address, value, length);

    struct prefix_trie_node **edge = &trie->root;
    unsigned int offset = 0, begin = begin_of(length);
    if (!*edge) {
        rcu_assign_pointer(*edge, create_branch(&address, offset, length));
        return;
    }
    for (;;) {
        struct prefix_trie_node *node = *edge;
        unsigned int equal = count_equal(bits_at(&address, offset), node->skip, MIN(node->n_skip, begin - offset));
        equal -= equal % STRIDE;
        if (equal < node->n_skip) {
            node = split(node, equal);
            replace(edge, node);
        }
        offset += equal;
        unsigned int nibble = nibble_at(&address, offset);
        if (offset == begin) {
            count_in(edge, position_of(nibble, length - offset));
            return;
        }
        offset += STRIDE;
        if (!(node->children >> nibble & 1)) {
            struct prefix_trie_node *new = copy(node, (uint16_t) (node->children | 1u << nibble), node->inside);
            new->child[child_index(new, nibble)] = create_branch(&address, offset, length);
            replace(edge, new);
            return;
        }
        edge = &node->child[child_index(node, nibble)];
    }
}

/* Takes out the node at '*edge', which has nothing but one child, if all bits can be skipped at once. */
static void merge(struct prefix_trie_node **edge)
{
    struct prefix_trie_node *node = *edge, *child = node->child[0];
    if (node->n_skip + STRIDE + child->n_skip > MAX_SKIP) {
        return;
    }
    uint32_t nibble = (uint32_t) __builtin_ctz(node->children) << (32 - STRIDE);
    struct prefix_trie_node *merged = copy(child, child->children, child->inside);
    merged->n_skip = (uint8_t) (node->n_skip + STRIDE + child->n_skip);
    merged->skip = node->skip | nibble >> node->n_skip
                   | (child->n_skip ? child->skip >> (node->n_skip + STRIDE) : 0);
    replace(edge, merged);
    urcu_qsbr_call_rcu(&child->rcu, free_node);
}

/* Makes the node as small as its prefixes and children allow. True if it is gone. */
static bool tidy(struct prefix_trie_node **edge)
{
    struct prefix_trie_node *node = *edge;
    if (!node->inside && !node->children) {
        replace(edge, NULL);
        return true;
    }
    if (!node->inside && !(node->children & (node->children - 1))) {
        merge(edge);
    }
    return false;
}

void prefix_trie_remove(struct prefix_trie *trie, const uint8_t *value, unsigned int length)
{
    struct address address;
    load(&address, value, length);

    struct {
        struct prefix_trie_node **edge;
        unsigned int nibble;
    } path[MAX_DEPTH + 1];
    unsigned int depth = 0, offset = 0, begin = begin_of(length);
    path[0].edge = &trie->root;
    while ((offset += (*path[depth].edge)->n_skip) < begin) {
        struct prefix_trie_node *node = *path[depth].edge;
        path[depth].nibble = nibble_at(&address, offset);
        path[depth + 1].edge = &node->child[child_index(node, path[depth].nibble)];
        depth++;
        offset += STRIDE;
    }
    assert(offset == begin);

    struct prefix_trie_node *node = *path[depth].edge;
    unsigned int position = position_of(nibble_at(&address, begin), length - begin);
    if (--*count_at(node, position)) {
        return;
    }
    set_inside(node, node->inside & ~(1u << position));
    while (tidy(path[depth].edge) && depth) {
        node = *path[--depth].edge;
        replace(path[depth].edge, copy(node, (uint16_t) (node->children & ~(1u << path[depth].nibble)), node->inside));
    }
}

static void destroy_node(struct prefix_trie_node *node)
{
    if (node) {
        for (unsigned int i = 0; i < n_children(node); i++) {
            destroy_node(node->child[i]);
        }
        free(node);
    }
}

void prefix_trie_destroy(struct prefix_trie *trie)
{
    destroy_node(trie->root);
    trie->root = NULL;
}
