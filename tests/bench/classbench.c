/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets like those of ClassBench: drawn or read, and cut into prefixes. */
#include "tests/bench/classbench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

enum { N_ROOTS = 24, TCP = 6, UDP = 17, ICMP = 1 };

uint32_t classbench_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t) ((x ^ x >> 31) >> 32);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t) ((uint64_t) classbench_random(state) * n >> 32);
}

static uint32_t prefix_mask(unsigned int len)
{
    return len ? UINT32_MAX << (32 - len) : 0;
}

/* Access lists name hosts and subnets mostly, sometimes a provider's block, sometimes anything. */
struct length_pair {
    uint8_t src, dst, weight;
};
static const struct length_pair lengths[] = {
    { 32, 32, 18 }, { 24, 32, 10 }, { 0, 32, 12 },  { 32, 24, 7 }, { 24, 24, 7 }, { 16, 32, 5 },
    { 0, 24, 6 },   { 32, 0, 4 },   { 16, 24, 4 },  { 28, 32, 3 }, { 32, 28, 3 }, { 27, 24, 2 },
    { 22, 32, 2 },  { 23, 28, 2 },  { 16, 16, 2 },  { 8, 32, 2 },  { 8, 24, 2 },  { 0, 16, 2 },
    { 24, 0, 2 },   { 20, 30, 1 },  { 21, 29, 1 },  { 30, 25, 1 }, { 26, 27, 1 }, { 12, 31, 1 },
};

static void draw_lengths(uint64_t *state, struct classbench_filter *f)
{
    unsigned int sum = 0;
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        sum += lengths[i].weight;
    }
    unsigned int at = below(state, sum);
    size_t i = 0;
    while (at >= lengths[i].weight) {
        at -= lengths[i++].weight;
    }
    f->src_len = lengths[i].src;
    f->dst_len = lengths[i].dst;
    /* One in 24 strays from the common pairs. */
    if (!below(state, 24)) {
        f->src_len = (uint8_t) (f->src_len + below(state, 33 - f->src_len));
    }
    if (!below(state, 24)) {
        f->dst_len = (uint8_t) (f->dst_len + below(state, 33 - f->dst_len));
    }
}

/* Addresses of a few trees whose branches are few near the root and many at the leaves, so that
 * prefixes nest as they do where networks were divided by people. */
static uint32_t draw_address(uint64_t *state, unsigned int len, const uint32_t *roots)
{
    uint32_t a = roots[below(state, N_ROOTS)];
    uint64_t branch = a;
    for (unsigned int bit = 16; bit < 32; bit += 4) {
        unsigned int width = bit < 24 ? 6 : 16;
        a |= (classbench_random(&branch) + below(state, width)) % 16 << (28 - bit);
        branch = a;
    }
    return a & prefix_mask(len);
}

static void draw_ports(uint64_t *state, uint16_t port[2])
{
    static const uint16_t known[] = { 22, 25, 53, 80, 110, 123, 143, 161, 179, 389, 443, 445, 993, 1433, 1521, 3306,
                                      3389, 5060, 5432, 6379, 8080, 8443, 9090, 27017 };
    unsigned int class = below(state, 100);

    if (class < 45) {
        port[0] = 0, port[1] = UINT16_MAX;
    } else if (class < 53) {
        port[0] = 1024, port[1] = UINT16_MAX;
    } else if (class < 56) {
        port[0] = 0, port[1] = 1023;
    } else if (class < 62) {
        port[0] = (uint16_t) (1024 + below(state, 60) * 1000);
        port[1] = (uint16_t) (port[0] + (1u << below(state, 8)));
    } else {
        port[0] = port[1] = known[below(state, ARRAY_SIZE(known))];
    }
}

static void add_filter(struct classbench_set *set, const struct classbench_filter *f)
{
    if (set->n == set->allocated) {
        set->allocated = set->allocated ? 2 * set->allocated : 1024;
        set->filters = xrealloc(set->filters, set->allocated * sizeof *set->filters);
    }
    set->filters[set->n++] = *f;
}

void classbench_generate(struct classbench_set *set, size_t n, uint64_t seed)
{
    uint32_t roots[N_ROOTS];
    memset(set, 0, sizeof *set);
    for (size_t i = 0; i < N_ROOTS; i++) {
        roots[i] = classbench_random(&seed) & 0xffff0000u;
    }
    for (size_t i = 0; i < n; i++) {
        struct classbench_filter f = { .proto_mask = 0xff };
        unsigned int proto = below(&seed, 100);

        draw_lengths(&seed, &f);
        f.src = draw_address(&seed, f.src_len, roots);
        f.dst = draw_address(&seed, f.dst_len, roots);
        f.src_port[1] = f.dst_port[1] = UINT16_MAX;
        if (proto < 65) {
            f.proto = TCP;
        } else if (proto < 90) {
            f.proto = UDP;
        } else if (proto < 94) {
            f.proto = ICMP;
        } else {
            f.proto_mask = 0;
        }
        if (f.proto == TCP || f.proto == UDP) {
            draw_ports(&seed, f.dst_port);
            if (!below(&seed, 6)) {
                draw_ports(&seed, f.src_port);
            }
        }
        add_filter(set, &f);
    }
}

static bool parse_filter(const char *line, struct classbench_filter *f)
{
    unsigned int s[5], d[5], p[4], proto[2];
    if (sscanf(line, " @%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", &s[0], &s[1], &s[2], &s[3], &s[4],
               &d[0], &d[1], &d[2], &d[3], &d[4], &p[0], &p[1], &p[2], &p[3], &proto[0], &proto[1])
        != 16) {
        return false;
    }
    for (unsigned int i = 0; i < 4; i++) {
        if (s[i] > 255 || d[i] > 255 || p[i] > UINT16_MAX) {
            return false;
        }
    }
    if (s[4] > 32 || d[4] > 32 || p[0] > p[1] || p[2] > p[3] || proto[0] > 255 || (proto[1] && proto[1] != 255)) {
        return false;
    }
    *f = (struct classbench_filter) {
        .src = (s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3]) & prefix_mask(s[4]),
        .dst = (d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3]) & prefix_mask(d[4]),
        .src_len = (uint8_t) s[4],
        .dst_len = (uint8_t) d[4],
        .src_port = { (uint16_t) p[0], (uint16_t) p[1] },
        .dst_port = { (uint16_t) p[2], (uint16_t) p[3] },
        .proto = (uint8_t) (proto[0] & proto[1]),
        .proto_mask = (uint8_t) proto[1],
    };
    return true;
}

char *classbench_read(struct classbench_set *set, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    memset(set, 0, sizeof *set);
    if (!file) {
        return xasprintf("%s: %s", path, strerror(errno));
    }
    for (unsigned int number = 1; fgets(line, sizeof line, file); number++) {
        struct classbench_filter f;
        if (line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        if (!parse_filter(line, &f)) {
            fclose(file);
            return xasprintf("%s:%u: not a filter of ClassBench's: %s", path, number, line);
        }
        add_filter(set, &f);
    }
    fclose(file);
    return NULL;
}

void classbench_destroy(struct classbench_set *set)
{
    free(set->filters);
}

/* The prefix that begins at 'first' and reaches at most to 'last'; where the next begins. */
static uint32_t next_prefix(uint32_t first, uint32_t last, uint16_t *mask)
{
    unsigned int bits = 0;
    while (bits < 16 && !(first & (1u << bits)) && first + (2u << bits) - 1 <= last) {
        bits++;
    }
    *mask = (uint16_t) (UINT16_MAX << bits);
    return first + (1u << bits);
}

static void add_rule(struct classbench_rules *rules, const struct classbench_rule *r)
{
    if (rules->n == rules->allocated) {
        rules->allocated = rules->allocated ? 2 * rules->allocated : 1024;
        rules->rules = xrealloc(rules->rules, rules->allocated * sizeof *rules->rules);
    }
    rules->rules[rules->n++] = *r;
}

void classbench_expand(struct classbench_rules *rules, const struct classbench_set *set, size_t max)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct classbench_filter *f = &set->filters[i];
        struct classbench_rule r = {
            .src = f->src, .dst = f->dst, .src_mask = prefix_mask(f->src_len), .dst_mask = prefix_mask(f->dst_len),
            .proto = f->proto, .proto_mask = f->proto_mask, .filter = (uint32_t) i,
        };
        for (uint32_t s = f->src_port[0]; s <= f->src_port[1];) {
            r.src_port = (uint16_t) s;
            s = next_prefix(s, f->src_port[1], &r.src_port_mask);
            for (uint32_t d = f->dst_port[0]; d <= f->dst_port[1];) {
                r.dst_port = (uint16_t) d;
                d = next_prefix(d, f->dst_port[1], &r.dst_port_mask);
                if (rules->n == max) {
                    return;
                }
                add_rule(rules, &r);
            }
        }
    }
}
