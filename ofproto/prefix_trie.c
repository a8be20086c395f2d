/* SPDX-License-Identifier: Apache-2.0 */
/* The address prefixes that the rules of a table match on: a binary trie with compressed paths. */
#include "ofproto/prefix_trie.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/types.h"

enum { NODE_BITS = 32, MAX_BITS = 128, MAX_DEPTH = MAX_BITS + 2 };

/* Stands for 'n_bits' more bits of a prefix. Prefixes of 'n_rules' rules end here. */
struct prefix_trie_node {
    uint32_t prefix;  /* left-aligned */
    uint32_t n_rules; /* any thread: ro, writers: wo; relaxed */
    uint8_t n_bits;
    bool leaf;
};

/* A node that is not a leaf. edge[b] leads to longer prefixes whose next bit is b; that bit is the first of the child's 'prefix'. */
struct inner {
    struct prefix_trie_node node;
    struct prefix_trie_node *edge[2]; /* RCU */
};

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

static uint32_t leading_ones(unsigned int n)
{
    return n ? 0xffffffffu << (NODE_BITS - n) : 0;
}

/* How many of the first 'n' bits of 'a' and 'b' agree. */
static unsigned int count_equal(uint32_t a, uint32_t b, unsigned int n)
{
    uint32_t difference = (a ^ b) & leading_ones(n);
    return difference ? (unsigned int) __builtin_clz(difference) : n;
}

static struct inner *inner_cast(struct prefix_trie_node *node)
{
    assert(!node->leaf);
    return CONTAINER_OF(node, struct inner, node);
}

unsigned int prefix_trie_lookup(const struct prefix_trie *trie, const uint8_t *value, unsigned int n_bits,
                                struct prefix_lengths *found)
{
    struct address address;
    load(&address, value, n_bits);
    memset(found, 0, sizeof *found);

    unsigned int offset = 0;
    struct prefix_trie_node *node = rcu_dereference(((struct prefix_trie *) trie)->root);
    if (!node) {
        return 0;
    }
    while (node) {
        unsigned int equal = count_equal(bits_at(&address, offset), node->prefix, node->n_bits);
        offset += equal;
        if (equal < node->n_bits) {
            return offset + 1;
        }
        if (__atomic_load_n(&node->n_rules, __ATOMIC_RELAXED)) {
            found->bits[(offset - 1) / 64] |= 1ULL << (offset - 1) % 64;
        }
        if (offset == n_bits || node->leaf) {
            return offset;
        }
        node = rcu_dereference(inner_cast(node)->edge[bits_at(&address, offset) >> 31]);
    }
    return offset + 1; /* The next bit told that this is the side where there is nothing. */
}

/* A leaf, or an inner node without edges. */
static struct prefix_trie_node *create(uint32_t prefix, unsigned int n_bits, uint32_t n_rules, bool leaf)
{
    struct prefix_trie_node *node = xzalloc(leaf ? sizeof *node : sizeof(struct inner));
    node->prefix = prefix & leading_ones(n_bits);
    node->n_bits = (uint8_t) n_bits;
    node->n_rules = n_rules;
    node->leaf = leaf;
    return node;
}

/* Nodes for the bits from 'offset' to 'length', with one rule at the end. */
static struct prefix_trie_node *create_branch(const struct address *address, unsigned int offset,
                                              unsigned int length)
{
    struct prefix_trie_node *first = NULL, **edge = &first;
    while (length - offset > NODE_BITS) {
        *edge = create(bits_at(address, offset), NODE_BITS, 0, false);
        offset += NODE_BITS;
        edge = &inner_cast(*edge)->edge[bits_at(address, offset) >> 31];
    }
    *edge = create(bits_at(address, offset), length - offset, 1, true);
    return first;
}

/* A copy of 'node' without its first 'skip' bits. */
static struct prefix_trie_node *copy_tail(struct prefix_trie_node *node, unsigned int skip)
{
    struct prefix_trie_node *copy = create(skip < NODE_BITS ? node->prefix << skip : 0, node->n_bits - skip,
                                           node->n_rules, node->leaf);
    if (!node->leaf) {
        memcpy(inner_cast(copy)->edge, inner_cast(node)->edge, sizeof inner_cast(copy)->edge);
    }
    return copy;
}

/* The prefix leaves 'node' after 'equal' of its bits: they become a node of their own, above the rest. */
static struct prefix_trie_node *split(struct prefix_trie_node *node, unsigned int equal,
                                      const struct address *address, unsigned int offset, unsigned int length)
{
    struct prefix_trie_node *top = create(node->prefix, equal, 0, false);
    struct prefix_trie_node *tail = copy_tail(node, equal);
    unsigned int side = tail->prefix >> 31;
    inner_cast(top)->edge[side] = tail;
    if (offset + equal == length) {
        top->n_rules = 1;
    } else {
        inner_cast(top)->edge[!side] = create_branch(address, offset + equal, length);
    }
    return top;
}

/* The same prefix and rules as the leaf 'node', and a branch below it. */
static struct prefix_trie_node *grow(struct prefix_trie_node *node, const struct address *address,
                                     unsigned int offset, unsigned int length)
{
    struct prefix_trie_node *copy = create(node->prefix, node->n_bits, node->n_rules, false);
    inner_cast(copy)->edge[bits_at(address, offset) >> 31] = create_branch(address, offset, length);
    return copy;
}

static void replace(struct prefix_trie_node **edge, struct prefix_trie_node *node)
{
    struct prefix_trie_node *old = *edge;
    rcu_assign_pointer(*edge, node);
    rcu_free(old);
}

void prefix_trie_insert(struct prefix_trie *trie, const uint8_t *value, unsigned int length)
{
    struct address address;
    load(&address, value, length);

    struct prefix_trie_node **edge = &trie->root;
    unsigned int offset = 0;
    for (;;) {
        struct prefix_trie_node *node = *edge;
        if (!node) {
            rcu_assign_pointer(*edge, create_branch(&address, offset, length));
            return;
        }
        unsigned int equal = count_equal(bits_at(&address, offset), node->prefix, MIN(node->n_bits, length - offset));
        if (equal < node->n_bits) {
            replace(edge, split(node, equal, &address, offset, length));
            return;
        }
        offset += equal;
        if (offset == length) {
            __atomic_store_n(&node->n_rules, node->n_rules + 1, __ATOMIC_RELAXED);
            return;
        }
        if (node->leaf) {
            replace(edge, grow(node, &address, offset, length));
            return;
        }
        edge = &inner_cast(node)->edge[bits_at(&address, offset) >> 31];
    }
}

/* Takes out the inner node at '*edge', which has no rules and only 'child' below it. */
static void merge(struct prefix_trie_node **edge, struct prefix_trie_node *child)
{
    struct prefix_trie_node *node = *edge;
    struct prefix_trie_node *merged = copy_tail(child, 0);
    merged->n_bits = (uint8_t) (node->n_bits + child->n_bits);
    merged->prefix = node->prefix | (node->n_bits < NODE_BITS ? child->prefix >> node->n_bits : 0);
    replace(edge, merged);
    rcu_free(child);
}

/* Makes the node at '*edge' as small as its rules and children allow. True if it is gone. */
static bool tidy(struct prefix_trie_node **edge)
{
    struct prefix_trie_node *node = *edge;
    struct prefix_trie_node *left = node->leaf ? NULL : inner_cast(node)->edge[0];
    struct prefix_trie_node *right = node->leaf ? NULL : inner_cast(node)->edge[1];
    if (!left && !right) {
        if (!node->n_rules) {
            replace(edge, NULL);
            return true;
        }
        if (!node->leaf) {
            replace(edge, create(node->prefix, node->n_bits, node->n_rules, true));
        }
    } else if (!(left && right) && !node->n_rules) {
        struct prefix_trie_node *child = left ? left : right;
        if (node->n_bits + child->n_bits <= NODE_BITS) {
            merge(edge, child);
        }
    }
    return false;
}

void prefix_trie_remove(struct prefix_trie *trie, const uint8_t *value, unsigned int length)
{
    struct address address;
    load(&address, value, length);

    struct prefix_trie_node **path[MAX_DEPTH];
    unsigned int depth = 0, offset = 0;
    path[0] = &trie->root;
    while ((offset += (*path[depth])->n_bits) < length) {
        struct inner *inner = inner_cast(*path[depth]);
        path[++depth] = &inner->edge[bits_at(&address, offset) >> 31];
    }
    assert(offset == length);

    struct prefix_trie_node *node = *path[depth];
    __atomic_store_n(&node->n_rules, node->n_rules - 1, __ATOMIC_RELAXED);
    while (tidy(path[depth]) && depth) {
        depth--;
    }
}

static void destroy_node(struct prefix_trie_node *node)
{
    if (node) {
        if (!node->leaf) {
            destroy_node(inner_cast(node)->edge[0]);
            destroy_node(inner_cast(node)->edge[1]);
        }
        free(node);
    }
}

void prefix_trie_destroy(struct prefix_trie *trie)
{
    destroy_node(trie->root);
    trie->root = NULL;
}
