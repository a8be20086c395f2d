/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups and updates a second of one OpenFlow table, beside plain tuple space search.
 *
 *     classifier_bench [--megaflows] [--rules FILE] [N ...]
 *
 * N rules like ClassBench's (default 1000, 10000, 100000, 500000), or those of a file in its format, port ranges cut into
 * prefixes. Packets are drawn from the rules, some rules more often than others. Each line: rules, masks, lookups a second of plain search,
 * of Weft, and of Weft with the megaflow's mask computed, the ratios, and updates (a removal and an insertion are two) a
 * second of the processor's time. Both must find the same priority for every packet; the program fails otherwise.
 *
 * With --megaflows: how wide the masks are, which no clock disturbs. Packets go through a cache of megaflows, those that miss it install one.
 * Each line: rules, packets, megaflows installed, different masks among them, and bits of an average mask. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/ofp/match.h"
#include "ofproto/classifier.h"
#include "tests/bench/classbench.h"
#include "tests/bench/tuple_space.h"

/* As in weft-vswitchd: large pages, for both of those that are compared. */
extern const char *malloc_conf;
const char *malloc_conf = "thp:always";

enum { N_PACKETS = 1 << 16, MEASURE_MS = 700 };

struct bench {
    struct classbench_rules rules;
    struct tuple_space plain;
    struct classifier cls;
    struct rule **installed;
    struct tuple_packet *packets;
    struct flow *flows;
    uint64_t random;
};

static int priority_of(const struct bench *b, size_t i)
{
    return (int) (65535 - (uint64_t) i * 65535 / b->rules.n);
}

static void make_match(const struct classbench_rule *r, struct match *m)
{
    match_init(m);
    flow_use_line(&m->flow, FLOW_LINE_L3);
    flow_use_line(&m->mask, FLOW_LINE_L2);
    flow_use_line(&m->mask, FLOW_LINE_L3);
    m->flow.eth_type = htons(ETH_TYPE_IP);
    m->mask.eth_type = htons(UINT16_MAX);
    m->flow.nw_src = htonl(r->src);
    m->mask.nw_src = htonl(r->src_mask);
    m->flow.nw_dst = htonl(r->dst);
    m->mask.nw_dst = htonl(r->dst_mask);
    m->flow.tp_src = htons(r->src_port);
    m->mask.tp_src = htons(r->src_port_mask);
    m->flow.tp_dst = htons(r->dst_port);
    m->mask.tp_dst = htons(r->dst_port_mask);
    m->flow.nw_proto = r->proto;
    m->mask.nw_proto = r->proto_mask;
    match_normalize(m);
}

static void take_out(struct bench *b, size_t i)
{
    classifier_remove(&b->cls, b->installed[i]);
    rule_retire(b->installed[i]);
    b->installed[i] = NULL;
}

/* The same match and priority may be in the set twice: the later one stays. */
static void install(struct bench *b, size_t i)
{
    struct match match;
    struct minimatch_key key;
    make_match(&b->rules.rules[i], &match);
    minimatch_key_init(&key, &match);
    const struct rule *old = classifier_find(&b->cls, &key, priority_of(b, i));
    for (size_t j = i; old && j-- > 0;) {
        if (b->installed[j] == old) {
            take_out(b, j);
            break;
        }
    }
    b->installed[i] = rule_create(NULL, 0, priority_of(b, i), &key, NULL, 0);
    classifier_insert(&b->cls, b->installed[i]);
}

static void draw_packets(struct bench *b)
{
    b->packets = xzalloc(N_PACKETS * sizeof *b->packets);
    b->flows = aligned_alloc(64, N_PACKETS * sizeof *b->flows);
    for (size_t i = 0; i < N_PACKETS; i++) {
        /* The square of a uniform number: low indices are drawn more often. */
        uint64_t u = classbench_random(&b->random);
        const struct classbench_rule *r = &b->rules.rules[(u * u >> 32) * b->rules.n >> 32];
        struct tuple_packet *p = &b->packets[i];

        p->src = r->src | (classbench_random(&b->random) & ~r->src_mask);
        p->dst = r->dst | (classbench_random(&b->random) & ~r->dst_mask);
        p->src_port = (uint16_t) (r->src_port | (classbench_random(&b->random) & (uint16_t) ~r->src_port_mask));
        p->dst_port = (uint16_t) (r->dst_port | (classbench_random(&b->random) & (uint16_t) ~r->dst_port_mask));
        p->proto = r->proto_mask ? r->proto : 6;

        struct flow *f = &b->flows[i];
        flow_init(f);
        flow_use_line(f, FLOW_LINE_L3);
        f->in_port = 1;
        f->eth_type = htons(ETH_TYPE_IP);
        f->nw_src = htonl(p->src);
        f->nw_dst = htonl(p->dst);
        f->tp_src = htons(p->src_port);
        f->tp_dst = htons(p->dst_port);
        f->nw_proto = p->proto;
    }
}

static bool same_answers(const struct bench *b)
{
    for (size_t i = 0; i < N_PACKETS; i++) {
        const struct rule *rule = classifier_lookup(&b->cls, version_current(), &b->flows[i], NULL);
        int want = tuple_space_lookup(&b->plain, &b->packets[i]);
        if ((rule ? rule->priority : -1) != want) {
            fprintf(stderr, "classifier_bench: packet %zu: priority %d, but %d is right\n", i,
                    rule ? rule->priority : -1, want);
            return false;
        }
    }
    return true;
}

/* The time that this thread ran: others on the machine disturb it less than they do the clock. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t) t.tv_sec * UINT64_C(1000000000) + (uint64_t) t.tv_nsec;
}

static double plain_rate(const struct bench *b)
{
    uint64_t start = cpu_ns(), n = 0, end;
    volatile int sink = 0;
    do {
        for (size_t i = 0; i < 256; i++, n++) {
            sink += tuple_space_lookup(&b->plain, &b->packets[n % N_PACKETS]);
        }
        end = cpu_ns();
    } while (end - start < MEASURE_MS * UINT64_C(1000000));
    return (double) n * 1e9 / (double) (end - start);
}

static double weft_rate(const struct bench *b, bool with_mask)
{
    uint64_t start = cpu_ns(), n = 0, end;
    static struct flow mask;
    version_t version = version_current();
    volatile int sink = 0;
    do {
        for (size_t i = 0; i < 256; i++, n++) {
            if (with_mask) {
                flow_mask_init(&mask);
            }
            const struct rule *rule = classifier_lookup(&b->cls, version, &b->flows[n % N_PACKETS],
                                                        with_mask ? &mask : NULL);
            sink += rule ? rule->priority : 0;
        }
        rcu_quiesce();
        end = cpu_ns();
    } while (end - start < MEASURE_MS * UINT64_C(1000000));
    return (double) n * 1e9 / (double) (end - start);
}

/* Takes rules out and puts them in again, at random. */
static double update_rate(struct bench *b)
{
    uint64_t start = cpu_ns(), n = 0, end;
    do {
        for (size_t k = 0; k < 64; k++) {
            size_t i = (uint64_t) classbench_random(&b->random) * b->rules.n >> 32;
            if (b->installed[i]) {
                take_out(b, i);
                n++;
                install(b, i);
                n++;
            }
        }
        rcu_quiesce();
        end = cpu_ns();
    } while (end - start < MEASURE_MS * UINT64_C(1000000));
    return (double) n * 1e9 / (double) (end - start);
}

/* A cache of megaflows: all that a mask has, mask by mask, in one hash table. */

enum { N_WORDS = 2 * FLOW_LINE_SIZE / 8, N_CACHED_PACKETS = N_PACKETS / 4, N_CACHE_SLOTS = 4 * N_CACHED_PACKETS };

struct cache {
    uint64_t (*masks)[N_WORDS];
    size_t n_masks, n_megaflows, n_bits;
    uint64_t slots[N_CACHE_SLOTS]; /* hashes of masked keys; 0: empty */
};

static void load_words(const struct flow *f, uint64_t words[N_WORDS])
{
    memset(words, 0, N_WORDS * sizeof *words);
    for (unsigned int line = 0; line < 2; line++) {
        if (f->lines & 1u << line) {
            memcpy(words + line * FLOW_LINE_SIZE / 8, &f->line[line], FLOW_LINE_SIZE);
        }
    }
}

/* The slot of the megaflow that the packet belongs to under the mask; it is empty if there is none. */
static uint64_t *cache_find(struct cache *cache, const uint64_t words[N_WORDS], size_t mask, uint64_t *hash)
{
    *hash = mask + 1;
    for (size_t i = 0; i < N_WORDS; i++) {
        if (cache->masks[mask][i]) {
            *hash = hash_mix64(*hash ^ (words[i] & cache->masks[mask][i]), i);
        }
    }
    *hash |= 1;
    size_t i = *hash >> 20 & (N_CACHE_SLOTS - 1);
    while (cache->slots[i] && cache->slots[i] != *hash) {
        i = (i + 1) & (N_CACHE_SLOTS - 1);
    }
    return &cache->slots[i];
}

static void cache_install(struct cache *cache, const uint64_t words[N_WORDS], const struct flow *mask)
{
    uint64_t bits[N_WORDS], hash;
    size_t which = 0;
    load_words(mask, bits);
    while (which < cache->n_masks && memcmp(cache->masks[which], bits, sizeof bits)) {
        which++;
    }
    if (which == cache->n_masks) {
        memcpy(cache->masks[cache->n_masks++], bits, sizeof bits);
    }
    *cache_find(cache, words, which, &hash) = hash;
    cache->n_megaflows++;
    for (size_t i = 0; i < N_WORDS; i++) {
        cache->n_bits += (size_t) __builtin_popcountll(bits[i]);
    }
}

static void count_megaflows(const struct bench *b)
{
    struct cache *cache = xzalloc(sizeof *cache);
    static struct flow mask;
    cache->masks = xcalloc(N_CACHED_PACKETS, sizeof *cache->masks);
    for (size_t i = 0; i < N_CACHED_PACKETS; i++) {
        uint64_t words[N_WORDS], hash;
        size_t which = 0;
        load_words(&b->flows[i], words);
        while (which < cache->n_masks && !*cache_find(cache, words, which, &hash)) {
            which++;
        }
        if (which == cache->n_masks) {
            flow_mask_init(&mask);
            classifier_lookup(&b->cls, version_current(), &b->flows[i], &mask);
            cache_install(cache, words, &mask);
        }
    }
    printf("%zu %d %zu %zu %.1f\n", b->rules.n, N_CACHED_PACKETS, cache->n_megaflows, cache->n_masks,
           (double) cache->n_bits / (double) cache->n_megaflows);
    free(cache->masks);
    free(cache);
}

static void measure(struct bench *b)
{
    double plain = plain_rate(b), weft = weft_rate(b, false), masked = weft_rate(b, true);
    printf("%zu %zu %.0f %.0f %.0f %.2f %.2f %.0f\n", b->rules.n, b->plain.n, plain, weft, masked, weft / plain,
           masked / plain, update_rate(b));
}

static bool run(const struct classbench_set *set, size_t max, bool megaflows)
{
    struct bench b = { .random = 7 };
    rcu_quiesce();

    classbench_expand(&b.rules, set, max);
    b.installed = xzalloc(b.rules.n * sizeof *b.installed);
    tuple_space_init(&b.plain);
    classifier_init(&b.cls);
    for (size_t i = 0; i < b.rules.n; i++) {
        tuple_space_insert(&b.plain, &b.rules.rules[i], priority_of(&b, i));
        install(&b, i);
    }
    version_publish();
    draw_packets(&b);

    bool same = same_answers(&b);
    if (same) {
        if (megaflows) {
            count_megaflows(&b);
        } else {
            measure(&b);
        }
        fflush(stdout);
    }
    for (size_t i = 0; i < b.rules.n; i++) {
        if (b.installed[i]) {
            take_out(&b, i);
        }
    }
    rcu_barrier_wait();
    classifier_destroy(&b.cls);
    tuple_space_destroy(&b.plain);
    free(b.installed);
    free(b.packets);
    free(b.flows);
    free(b.rules.rules);
    return same;
}

int main(int argc, char *argv[])
{
    static const size_t sizes[] = { 1000, 10000, 100000, 500000 };
    struct classbench_set set = { 0 };
    bool ok = true, megaflows = argc > 1 && !strcmp(argv[1], "--megaflows");
    int arg = megaflows ? 2 : 1;

    hash_init();
    rcu_thread_start();
    puts(megaflows ? "rules packets megaflows masks bits" : "rules masks plain/s weft/s weft_masked/s ratio ratio_masked updates/s");
    if (argc > arg + 1 && !strcmp(argv[arg], "--rules")) {
        char *error = classbench_read(&set, argv[arg + 1]);
        if (error) {
            fprintf(stderr, "classifier_bench: %s\n", error);
            return 1;
        }
        return run(&set, SIZE_MAX, megaflows) ? 0 : 1;
    }
    for (size_t i = 0; i < (argc > arg ? (size_t) (argc - arg) : ARRAY_SIZE(sizes)); i++) {
        size_t n = argc > arg ? strtoull(argv[arg + (int) i], NULL, 10) : sizes[i];
        if (!n) {
            fprintf(stderr, "classifier_bench: \"%s\" is not a number of rules\n", argv[arg + (int) i]);
            return 1;
        }
        classbench_generate(&set, n, 1);
        ok &= run(&set, n, megaflows);
        classbench_destroy(&set);
    }
    return ok ? 0 : 1;
}
