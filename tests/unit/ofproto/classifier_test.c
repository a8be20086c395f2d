/* SPDX-License-Identifier: Apache-2.0 */
/* The classifier against a naive twin, an array of matches that is searched from end to end; the wildcard rule; readers beside the
 * writer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "ofproto/classifier.h"
#include "tests/unit/ofproto/flows.h"

enum { MAX_RULES = 400 };

struct twin_rule {
    struct match match;
    struct rule *rule;
};

struct twin {
    struct classifier cls;
    struct twin_rule rules[MAX_RULES];
    unsigned int n;
};

static struct twin twin;

static struct rule *twin_lookup(const struct flow *flow)
{
    struct rule *best = NULL;
    for (unsigned int i = 0; i < twin.n; i++) {
        const struct twin_rule *r = &twin.rules[i];
        if ((!best || r->rule->priority > best->priority)
            && flow_equal_masked(flow, &r->match.flow, &r->match.mask)) {
            best = r->rule;
        }
    }
    return best;
}

static struct twin_rule *twin_find(const struct match *match, int32_t priority)
{
    for (unsigned int i = 0; i < twin.n; i++) {
        if (twin.rules[i].rule->priority == priority && match_equal(&twin.rules[i].match, match)) {
            return &twin.rules[i];
        }
    }
    return NULL;
}

static struct rule *make_rule(const struct match *match, int32_t priority)
{
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    return rule_create(NULL, 0, priority, &key, NULL, 0);
}

static void add(const struct match *match, int32_t priority)
{
    struct twin_rule *old = twin_find(match, priority);
    struct rule *rule = make_rule(match, priority);
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    assert_ptr_equal(classifier_find(&twin.cls, &key, priority), old ? old->rule : NULL);

    struct rule *replaced = classifier_insert(&twin.cls, rule);
    assert_ptr_equal(replaced, old ? old->rule : NULL);
    if (replaced) {
        old->rule = rule;
        rule_retire(replaced);
    } else {
        twin.rules[twin.n++] = (struct twin_rule) { *match, rule };
    }
    assert_ptr_equal(classifier_find(&twin.cls, &key, priority), rule);
}

static void del(unsigned int i)
{
    classifier_remove(&twin.cls, twin.rules[i].rule);
    rule_retire(twin.rules[i].rule);
    twin.rules[i] = twin.rules[--twin.n];
}

static void start(void)
{
    memset(&twin, 0, sizeof twin);
    classifier_init(&twin.cls);
}

static void finish(void)
{
    while (twin.n) {
        del(twin.n - 1);
    }
    classifier_destroy(&twin.cls);
    rcu_quiesce();
    rcu_barrier_wait();
}

static void look_up(const struct flow *flow, bool unique)
{
    struct flow mask;
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    struct rule *expected = twin_lookup(flow);
    struct rule *with = classifier_lookup(&twin.cls, flow, &mask);
    struct rule *without = classifier_lookup(&twin.cls, flow, NULL);
    assert_int_equal(with ? with->priority : -1, expected ? expected->priority : -1);
    assert_int_equal(without ? without->priority : -1, expected ? expected->priority : -1);
    if (!unique) {
        return;
    }
    assert_ptr_equal(with, expected);
    for (int i = 0; i < 20; i++) {
        struct flow other;
        flows_random_alike(flow, &mask, &other);
        assert_ptr_equal(twin_lookup(&other), expected);
    }
}

struct collection {
    struct minimatch_key key;
    unsigned int n;
};

static bool count_rule(void *aux, struct rule *rule)
{
    struct collection *collection = aux;
    assert_true(minimatch_within_key(&rule->match, &collection->key));
    collection->n++;
    return true;
}

static void check_selection(void)
{
    struct match match;
    flows_random_match(&match);
    struct collection collection = { .n = 0 };
    minimatch_key_init(&collection.key, &match);
    classifier_for_each(&twin.cls, &collection.key, count_rule, &collection);

    int32_t priority = (int32_t) flows_random(20);
    unsigned int n_covered = 0;
    bool overlaps = false;
    for (unsigned int i = 0; i < twin.n; i++) {
        n_covered += match_covers(&match, &twin.rules[i].match);
        overlaps |= twin.rules[i].rule->priority == priority && match_overlaps(&match, &twin.rules[i].match);
    }
    assert_int_equal(collection.n, n_covered);
    assert_int_equal(classifier_overlaps(&twin.cls, &collection.key, priority), overlaps);
}

/* Priorities that are each used once make the answer unique; few ones make chains of rules with the same match. */
static void churn(uint64_t seed, unsigned int max_rules, bool unique)
{
    flows_seed(seed);
    start();
    int32_t next_priority = 0;
    for (int step = 0; step < 3000; step++) {
        struct match match;
        flows_random_match(&match);
        if (twin.n < max_rules && flows_random(3)) {
            int32_t priority = unique ? next_priority++ * 7919 % 65536 : (int32_t) flows_random(20);
            add(&match, priority);
        } else if (twin.n) {
            del(flows_random(twin.n));
        }
        struct flow flow;
        flows_random_key(&flow);
        look_up(&flow, unique);
        if (step % 16 == 0) {
            check_selection();
            rcu_quiesce();
        }
    }
    finish();
}

static void test_few_rules(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        churn(seed, 12, true);
    }
}

static void test_many_rules(void **state)
{
    churn(100, MAX_RULES, true);
    churn(101, MAX_RULES, true);
    churn(102, 100, true);
}

static void test_equal_priorities(void **state)
{
    churn(200, 60, false);
    churn(201, MAX_RULES, false);
}

static void add_ipv4(uint32_t address, unsigned int length, uint16_t port, int32_t priority)
{
    struct match match;
    match_init(&match);
    match.flow.eth_type = htons(ETH_TYPE_IP);
    FLOW_MASK_FIELD(&match.mask, eth_type);
    if (length) {
        FLOW_MASK_BITS(&match.mask, nw_dst, htonl(0xffffffffu << (32 - length)));
        flow_use_line(&match.flow, FLOW_LINE_L3);
        match.flow.nw_dst = htonl(address);
    }
    if (port) {
        FLOW_MASK_FIELD(&match.mask, nw_proto);
        FLOW_MASK_FIELD(&match.mask, tp_dst);
        flow_use_line(&match.flow, FLOW_LINE_L3);
        match.flow.nw_proto = 6;
        match.flow.tp_dst = htons(port);
    }
    match_normalize(&match);
    add(&match, priority);
}

static void look_up_ipv4(uint32_t address, struct flow *mask)
{
    struct flow flow;
    flow_init(&flow);
    flow.eth_type = htons(ETH_TYPE_IP);
    flow_use_line(&flow, FLOW_LINE_L3);
    flow.nw_dst = htonl(address);
    flow.nw_proto = 17;
    flow_mask_init(mask);
    classifier_lookup(&twin.cls, &flow, mask);
    flow_use_line(mask, FLOW_LINE_L3);
}

/* Full hash tables: probes go past what was removed. */
static void test_one_subtable(void **state)
{
    flows_seed(77);
    start();
    for (int step = 0; step < 4000; step++) {
        uint32_t address = 0x0a000000 + flows_random(MAX_RULES);
        if (twin.n < MAX_RULES - 1 && flows_random(100) < (step / 500 % 2 ? 30 : 70)) {
            add_ipv4(address, 32, 80, (int32_t) flows_random(3));
        } else if (twin.n) {
            del(flows_random(twin.n));
        }
        for (unsigned int i = 0; i < twin.n; i += 7) {
            look_up(&twin.rules[i].match.flow, false);
        }
        rcu_quiesce();
    }
    finish();
}

/* Masks are as wide as promised: these are not about correctness but about the number of megaflows. */
static void test_masks_stay_wide(void **state)
{
    struct flow mask;
    start();
    for (unsigned int i = 0; i < 200; i++) {
        add_ipv4(0x0a010000 + i, 32, 80, 100);
    }
    add_ipv4(0, 0, 0, 1);

    look_up_ipv4(0xc0a80001, &mask); /* differs from all prefixes in the first bit */
    assert_int_equal(ntohl(mask.nw_dst), 0x80000000);
    assert_int_equal(mask.tp_dst, 0);
    assert_int_equal(mask.nw_proto, 0);

    look_up_ipv4(0x0a020000, &mask); /* 10.1.x and 10.2.x part at bit 15 */
    assert_int_equal(ntohl(mask.nw_dst), 0xfffe0000);

    look_up_ipv4(0x0a010003, &mask); /* the address is there, but it is not TCP */
    assert_int_equal(ntohl(mask.nw_dst), 0xffffffff);
    assert_int_equal(mask.nw_proto, 0xff);
    assert_int_equal(mask.tp_dst, 0);
    finish();
}

static void test_small_subtable_adds_one_word(void **state)
{
    struct flow flow, mask;
    struct match match;
    start();
    match_init(&match);
    match.flow.in_port = 3;
    FLOW_MASK_FIELD(&match.mask, in_port);
    FLOW_MASK_FIELD(&match.mask, eth_dst);
    FLOW_MASK_FIELD(&match.mask, regs[0]);
    match_normalize(&match);
    add(&match, 10);

    flow_init(&flow);
    flow.in_port = 4;
    flow_mask_init(&mask);
    assert_null(classifier_lookup(&twin.cls, &flow, &mask));
    assert_int_equal(mask.in_port, 0xffffffff);
    assert_int_equal(mask.lines, 1u << FLOW_LINE_L2);
    assert_int_equal(mask.eth_dst.ea[5], 0);
    finish();
}

/* Readers beside the writer: a rule that stays is always found, one that is replaced again and again has no gap. */

static bool stop_readers;
static struct flow stay_flow, replaced_flow;

static void *read_rules(void *aux)
{
    unsigned long n = 0;
    rcu_thread_start();
    while (!__atomic_load_n(&stop_readers, __ATOMIC_RELAXED) || n < 1000) {
        struct flow mask;
        flow_mask_init(&mask);
        struct rule *stay = classifier_lookup(&twin.cls, &stay_flow, n % 2 ? &mask : NULL);
        struct rule *replaced = classifier_lookup(&twin.cls, &replaced_flow, n % 2 ? NULL : &mask);
        if (!stay || stay->priority < 5 || !replaced || replaced->priority < 500) {
            rcu_thread_end();
            return (void *) 1;
        }
        n++;
        rcu_quiesce();
    }
    rcu_thread_end();
    return NULL;
}

static void make_exact_match(struct match *match, uint32_t in_port, struct flow *flow)
{
    match_init(match);
    match->flow.in_port = in_port;
    FLOW_MASK_FIELD(&match->mask, in_port);
    flow_copy(flow, &match->flow);
}

static void test_readers(void **state)
{
    struct match stay, replaced;
    flows_seed(7);
    start();
    make_exact_match(&stay, 1000, &stay_flow);
    make_exact_match(&replaced, 1001, &replaced_flow);
    add(&stay, 5);
    add(&replaced, 500);

    pthread_t threads[2];
    stop_readers = false;
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, read_rules, NULL);
    }
    for (int step = 0; step < 4000; step++) {
        add(&replaced, 500);
        if (twin.n < MAX_RULES && flows_random(5) < 3) {
            struct match match;
            flows_random_match(&match);
            add(&match, (int32_t) flows_random(400));
        } else if (twin.n > 2) {
            del(2 + flows_random(twin.n - 2));
        }
        rcu_quiesce();
    }
    __atomic_store_n(&stop_readers, true, __ATOMIC_RELAXED);
    rcu_offline();
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    rcu_online();
    finish();
}

static void test_trie(void **state)
{
    enum { N = 300 };
    struct prefix_trie trie = { NULL };
    struct { uint8_t value[16]; unsigned int length; bool in; } p[N];
    flows_seed(55);
    memset(p, 0, sizeof p);
    for (int step = 0; step < 6000; step++) {
        unsigned int i = flows_random(N);
        if (p[i].in) {
            prefix_trie_remove(&trie, p[i].value, p[i].length);
            p[i].in = false;
        } else {
            memset(p[i].value, 0, 16);
            p[i].length = 1 + flows_random(128);
            for (unsigned int b = 0; b < p[i].length; b++) {
                if (flows_random(8) == 0) {
                    p[i].value[b / 8] |= (uint8_t) (0x80 >> b % 8);
                }
            }
            prefix_trie_insert(&trie, p[i].value, p[i].length);
            p[i].in = true;
        }
        uint8_t value[16] = { 0 };
        memcpy(value, p[flows_random(N)].value, 1 + flows_random(16));
        struct prefix_lengths found, again;
        unsigned int n_bits = prefix_trie_lookup(&trie, value, 128, &found);
        assert_true(n_bits <= 128);
        struct prefix_lengths expected = { { 0, 0 } };
        for (i = 0; i < N; i++) {
            bool contains = p[i].in;
            for (unsigned int b = 0; contains && b < p[i].length; b++) {
                contains = !((value[b / 8] ^ p[i].value[b / 8]) & (0x80 >> b % 8));
            }
            if (contains) {
                expected.bits[(p[i].length - 1) / 64] |= 1ULL << (p[i].length - 1) % 64;
            }
        }
        assert_memory_equal(&found, &expected, sizeof found);
        for (unsigned int b = n_bits; b < 128; b++) { /* bits behind do not matter */
            value[b / 8] ^= (uint8_t) (flows_random(2) ? 0x80 >> b % 8 : 0);
        }
        prefix_trie_lookup(&trie, value, 128, &again);
        assert_memory_equal(&found, &again, sizeof found);
    }
    for (int i = 0; i < N; i++) {
        if (p[i].in) {
            prefix_trie_remove(&trie, p[i].value, p[i].length);
        }
    }
    assert_null(trie.root);
    rcu_quiesce();
    rcu_barrier_wait();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trie),
        cmocka_unit_test(test_few_rules),
        cmocka_unit_test(test_many_rules),
        cmocka_unit_test(test_equal_priorities),
        cmocka_unit_test(test_one_subtable),
        cmocka_unit_test(test_masks_stay_wide),
        cmocka_unit_test(test_small_subtable_adds_one_word),
        cmocka_unit_test(test_readers),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return failed;
}
