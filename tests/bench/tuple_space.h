/* SPDX-License-Identifier: Apache-2.0 */
/* Plain tuple space search over five-tuples: what Weft's classifier is compared with.
 *
 * One hash table for each combination of masks; a lookup probes every one of them and keeps the match of the
 * highest priority. Source: Srinivasan, Suri and Varghese, "Packet Classification using Tuple Space
 * Search", 1999. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/classbench.h"

struct tuple_space {
    struct tuple *tuples;
    size_t n, allocated;
};

struct tuple_packet {
    uint32_t src, dst;
    uint16_t src_port, dst_port;
    uint8_t proto;
};

void tuple_space_init(struct tuple_space *);
void tuple_space_destroy(struct tuple_space *);
void tuple_space_insert(struct tuple_space *, const struct classbench_rule *, int priority);

/* The highest priority of all matches, -1 without one. */
int tuple_space_lookup(const struct tuple_space *, const struct tuple_packet *);
