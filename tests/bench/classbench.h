/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets like those of ClassBench: five-tuple filters with nested prefixes and classes of ports.
 *
 * classbench_generate() draws a set from a fixed seed: pairs of prefix lengths from a table of weights,
 * addresses that nest in a few common trees, ports from the five classes of the ClassBench paper (any,
 * below 1024, above 1023, a range, one number). classbench_read() takes ClassBench's own text,
 *
 *     @10.0.0.0/8  192.168.1.0/24  0 : 65535  80 : 80  0x06/0xFF  ...
 *
 * Numbers are in host order. What OpenFlow cannot match at once, a range of ports, is cut into
 * prefixes by classbench_expand(). Source: Taylor and Turner, "ClassBench: A Packet Classification
 * Benchmark", 2007. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct classbench_filter {
    uint32_t src, dst;
    uint8_t src_len, dst_len;
    uint16_t src_port[2], dst_port[2]; /* first, last */
    uint8_t proto, proto_mask;
};

struct classbench_set {
    struct classbench_filter *filters; /* the first wins */
    size_t n, allocated;
};

void classbench_generate(struct classbench_set *, size_t n, uint64_t seed);
/* Null, or a sentence with the line's number (the caller frees it). */
char *classbench_read(struct classbench_set *, const char *path) WARN_UNUSED;
void classbench_destroy(struct classbench_set *);

/* One match with masks of prefixes only. */
struct classbench_rule {
    uint32_t src, dst, src_mask, dst_mask;
    uint16_t src_port, dst_port, src_port_mask, dst_port_mask;
    uint8_t proto, proto_mask;
    uint32_t filter; /* where it comes from */
};

struct classbench_rules {
    struct classbench_rule *rules;
    size_t n, allocated;
};

/* Appends the rules of all filters, at most 'max' of them. */
void classbench_expand(struct classbench_rules *, const struct classbench_set *, size_t max);

/* The same numbers on every machine. */
uint32_t classbench_random(uint64_t *state);
