/* SPDX-License-Identifier: Apache-2.0 */
/* The address prefixes that the rules of a table match on, one trie per address field.
 *
 * A lookup tells of an address which prefix lengths occur among the prefixes that contain it, and how many of its leading bits
 * decide that: all addresses which share those bits contain the same answer. With it a lookup proves, by few bits, that no rule of a
 * given prefix length can match.
 *
 * Writers hold the lock of the tables; readers walk it under RCU. Nodes are replaced rather than changed,
 * except for their counts of rules and their edges. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct prefix_trie_node;

/* Zero-initialised it is empty. */
struct prefix_trie {
    struct prefix_trie_node *root; /* RCU */
};

/* Bit n - 1 is set if a prefix of n bits was found. */
struct prefix_lengths {
    uint64_t bits[2];
};

static inline bool prefix_lengths_has(const struct prefix_lengths *lengths, unsigned int length)
{
    return lengths->bits[(length - 1) / 64] >> (length - 1) % 64 & 1;
}

/* Any thread, inside an RCU section. 'value' has 'n_bits' bits (at most 128), most significant first. Returns the number of bits that decided,
 * at most 'n_bits'. */
unsigned int prefix_trie_lookup(const struct prefix_trie *, const uint8_t *value, unsigned int n_bits,
                                struct prefix_lengths *found);

/* Writers. Counts a rule with the prefix of 'length' bits, at least 1, of 'value'; takes one out that was counted. */
void prefix_trie_insert(struct prefix_trie *, const uint8_t *value, unsigned int length);
void prefix_trie_remove(struct prefix_trie *, const uint8_t *value, unsigned int length);

/* Nobody reads any more. */
void prefix_trie_destroy(struct prefix_trie *);
