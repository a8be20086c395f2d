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
#include "lib/ofp/action.h"
#include "ofproto/classifier.h"
#include "tests/unit/ofproto/flows.h"

enum { MAX_RULES = 400, MAX_DEAD = 64, MAX_VERSIONS = 4 };

/* A rule as the twin sees it: from version 'begins' on, until 'ends' if that is not 0. */
struct twin_rule {
    struct match match;
    struct rule *rule;
    uint64_t begins, ends;
};

struct twin {
    struct classifier cls;
    struct twin_rule rules[MAX_RULES + MAX_DEAD];
    unsigned int n, n_dead; /* rules, and those of them that have ended */

    /* Versions that can be looked at: the last is the current one. */
    uint64_t step[MAX_VERSIONS];
    version_t version[MAX_VERSIONS];
};

static struct twin twin;

static bool is_soft(const struct twin_rule *r)
{
    return r->rule->actions->size > 0;
}

static bool sees(uint64_t step, const struct twin_rule *r)
{
    return r->begins <= step && (!r->ends || step < r->ends);
}

static struct rule *twin_best(const struct flow *flow, uint64_t step)
{
    struct rule *best = NULL;
    for (unsigned int i = 0; i < twin.n; i++) {
        const struct twin_rule *r = &twin.rules[i];
        if (!is_soft(r) && sees(step, r) && (!best || r->rule->priority > best->priority)
            && flow_equal_masked(flow, &r->match.flow, &r->match.mask)) {
            best = r->rule;
        }
    }
    return best;
}

enum { MAX_ID = 4 }; /* odd ones have two clauses, even ones three */

/* The clauses of a conjunction that the flow fulfils at a priority, as bits. */
static unsigned int twin_clauses(const struct flow *flow, uint64_t step, int32_t priority, uint32_t id, uint8_t n)
{
    unsigned int seen = 0;
    for (unsigned int i = 0; i < twin.n; i++) {
        const struct twin_rule *r = &twin.rules[i];
        if (!sees(step, r) || r->rule->priority != priority
            || !flow_equal_masked(flow, &r->match.flow, &r->match.mask)) {
            continue;
        }
        const struct ofp_action *a;
        ofp_action_for_each (a, r->rule->actions->data, r->rule->actions->size) {
            const struct ofp_action_conjunction *c = (const struct ofp_action_conjunction *) a;
            if (a->type == OFPACT_CONJUNCTION && c->id == id && c->n_clauses == n) {
                seen |= 1u << c->clause;
            }
        }
    }
    return seen;
}

/* The highest priority of soft rules below 'priority', or -1. */
static int32_t next_soft(uint64_t step, int32_t priority)
{
    int32_t next = -1;
    for (unsigned int i = 0; i < twin.n; i++) {
        const struct twin_rule *r = &twin.rules[i];
        if (is_soft(r) && sees(step, r) && r->rule->priority < priority && r->rule->priority > next) {
            next = r->rule->priority;
        }
    }
    return next;
}

static struct rule *twin_lookup(const struct flow *flow, uint64_t step)
{
    struct rule *best = twin_best(flow, step);
    for (int32_t priority = 65536; (priority = next_soft(step, priority)) > (best ? best->priority : -1);) {
        for (uint32_t id = 1; id <= MAX_ID; id++) {
            uint8_t n = id % 2 ? 2 : 3;
            if (twin_clauses(flow, step, priority, id, n) == (1u << n) - 1) {
                struct flow with_id;
                flow_copy(&with_id, flow);
                flow_use_line(&with_id, offsetof(struct flow, conj_id) / FLOW_LINE_SIZE);
                with_id.conj_id = id;
                struct rule *rule = twin_best(&with_id, step);
                if (rule) {
                    return rule;
                }
            }
        }
    }
    return best;
}

static struct twin_rule *twin_find(const struct match *match, int32_t priority)
{
    for (unsigned int i = 0; i < twin.n; i++) {
        if (!twin.rules[i].ends && twin.rules[i].rule->priority == priority
            && match_equal(&twin.rules[i].match, match)) {
            return &twin.rules[i];
        }
    }
    return NULL;
}

static struct rule *make_rule(const struct match *match, int32_t priority, const struct ofpbuf *actions)
{
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    return rule_create(NULL, 0, priority, &key, actions ? actions->data : NULL, actions ? actions->size : 0);
}

static void end(struct twin_rule *r)
{
    version_end(&r->rule->life);
    r->ends = twin.step[MAX_VERSIONS - 1] + 1;
    twin.n_dead++;
}

static void add_with(const struct match *match, int32_t priority, const struct ofpbuf *actions)
{
    struct twin_rule *old = twin_find(match, priority);
    struct rule *rule = make_rule(match, priority, actions);
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    assert_ptr_equal(classifier_find(&twin.cls, &key, priority), old ? old->rule : NULL);
    if (old) {
        end(old);
    }
    classifier_insert(&twin.cls, rule);
    twin.rules[twin.n++] = (struct twin_rule) { *match, rule, twin.step[MAX_VERSIONS - 1] + 1, 0 };
    assert_ptr_equal(classifier_find(&twin.cls, &key, priority), rule);
}

static void bury(unsigned int i)
{
    classifier_remove(&twin.cls, twin.rules[i].rule);
    rcu_postpone((void (*)(void *)) rule_unref, twin.rules[i].rule);
    twin.n_dead -= twin.rules[i].ends != 0;
    twin.rules[i] = twin.rules[--twin.n];
}

/* What has ended and is in no version that can be looked at is taken out. */
static void publish(void)
{
    version_publish();
    for (unsigned int i = 0; i + 1 < MAX_VERSIONS; i++) {
        twin.step[i] = twin.step[i + 1];
        twin.version[i] = twin.version[i + 1];
    }
    twin.step[MAX_VERSIONS - 1]++;
    twin.version[MAX_VERSIONS - 1] = version_current();
    for (unsigned int i = twin.n; i-- > 0;) {
        if (twin.rules[i].ends && twin.rules[i].ends <= twin.step[0]) {
            bury(i);
        }
    }
}

static void add(const struct match *match, int32_t priority)
{
    add_with(match, priority, NULL);
    publish();
}

static unsigned int n_living(void)
{
    return twin.n - twin.n_dead;
}

/* Ends one of those that have not, from the 'from'th on. */
static void del_one(unsigned int from)
{
    unsigned int i = from + flows_random(twin.n - from);
    while (twin.rules[i].ends) {
        i = i + 1 < twin.n ? i + 1 : from;
    }
    end(&twin.rules[i]);
}

static void start(void)
{
    memset(&twin, 0, sizeof twin);
    classifier_init(&twin.cls);
    for (int i = 0; i < MAX_VERSIONS; i++) {
        twin.step[i] = 1;
        twin.version[i] = version_current();
    }
}

static void finish(void)
{
    while (twin.n) {
        bury(twin.n - 1);
    }
    classifier_destroy(&twin.cls);
    rcu_quiesce();
    rcu_barrier_wait();
    rcu_barrier_wait();
}

static void look_up(const struct flow *flow, bool unique)
{
    unsigned int at = flows_random(MAX_VERSIONS);
    struct flow mask;
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    struct rule *expected = twin_lookup(flow, twin.step[at]);
    struct rule *with = classifier_lookup(&twin.cls, twin.version[at], flow, &mask);
    struct rule *without = classifier_lookup(&twin.cls, twin.version[at], flow, NULL);
    assert_int_equal(with ? with->priority : -1, expected ? expected->priority : -1);
    assert_int_equal(without ? without->priority : -1, expected ? expected->priority : -1);
    if (!unique) {
        return;
    }
    assert_ptr_equal(with, expected);
    for (int i = 0; i < 20; i++) {
        struct flow other;
        flows_random_alike(flow, &mask, &other);
        assert_ptr_equal(twin_lookup(&other, twin.step[at]), expected);
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

static void check_selection_by(const struct match *match)
{
    struct collection collection = { .n = 0 };
    minimatch_key_init(&collection.key, match);
    classifier_for_each(&twin.cls, &collection.key, count_rule, &collection);

    int32_t priority = (int32_t) flows_random(20);
    unsigned int n_covered = 0;
    bool overlaps = false;
    for (unsigned int i = 0; i < twin.n; i++) {
        if (twin.rules[i].ends) {
            continue;
        }
        n_covered += match_covers(match, &twin.rules[i].match);
        overlaps |= twin.rules[i].rule->priority == priority && match_overlaps(match, &twin.rules[i].match);
    }
    assert_int_equal(collection.n, n_covered);
    assert_int_equal(classifier_overlaps(&twin.cls, &collection.key, priority), overlaps);
}

/* By any match, and by that of a rule. */
static void check_selection(void)
{
    struct match match;
    flows_random_match(&match);
    check_selection_by(&match);
    if (twin.n) {
        check_selection_by(&twin.rules[flows_random(twin.n)].match);
    }
}

/* A flow that is a clause of one or two conjunctions. */
static void add_soft(const struct match *match)
{
    struct ofpbuf actions = { NULL, 0, 0 };
    for (unsigned int n = 1 + flows_random(2); n; n--) {
        struct ofp_action_conjunction *c = ofp_actions_put(&actions, OFPACT_CONJUNCTION, sizeof *c);
        c->id = 1 + flows_random(MAX_ID);
        c->n_clauses = (uint8_t) (c->id % 2 ? 2 : 3);
        c->clause = (uint8_t) flows_random(c->n_clauses);
    }
    add_with(match, (int32_t) (1 + flows_random(4)) * 2 * 6553, &actions);
    ofpbuf_destroy(&actions);
}

/* Priorities that are each used once make the answer unique; few ones make chains of rules with the same match. Conjunctions have
 * priorities that others do not. */
enum { UNIQUE = 1, CONJUNCTIONS = 2 };

/* The thread sanitizer is slow and has nothing to find in tests of one thread. */
#if defined(__SANITIZE_THREAD__)
enum { CHURN_STEPS = 100 };
#else
enum { CHURN_STEPS = 3000 };
#endif

static int32_t next_priority;

static void change(unsigned int max_rules, unsigned int how)
{
    struct match match;
    flows_random_match(&match);
    if (n_living() >= max_rules || !flows_random(3)) {
        if (n_living()) {
            del_one(0);
        }
    } else if ((how & CONJUNCTIONS) && flows_random(2)) {
        add_soft(&match);
    } else {
        if ((how & CONJUNCTIONS) && flows_random(2)) {
            match.flow.conj_id = 1 + flows_random(MAX_ID);
            FLOW_MASK_FIELD(&match.mask, conj_id);
            flow_use_line(&match.flow, offsetof(struct flow, conj_id) / FLOW_LINE_SIZE);
            match_normalize(&match);
        }
        add_with(&match, how & UNIQUE ? next_priority++ * 7918 % 65536 | 1 : (int32_t) flows_random(20), NULL);
    }
}

static void churn(uint64_t seed, unsigned int max_rules, unsigned int how)
{
    flows_seed(seed);
    start();
    next_priority = 0;
    for (int step = 0; step < CHURN_STEPS; step++) {
        for (unsigned int n = 1 + flows_random(4); n; n--) {
            change(max_rules, how);
        }
        if (step % 16 == 0) {
            check_selection();
            rcu_quiesce();
        }
        publish();
        struct flow flow;
        flows_random_key(&flow);
        look_up(&flow, how & UNIQUE);
    }
    finish();
}

static void test_few_rules(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        churn(seed, 12, UNIQUE);
    }
}

static void test_many_rules(void **state)
{
    churn(100, MAX_RULES, UNIQUE);
    churn(101, MAX_RULES, UNIQUE);
    churn(102, 100, UNIQUE);
}

static void test_equal_priorities(void **state)
{
    churn(200, 60, 0);
    churn(201, MAX_RULES, 0);
}

static void test_conjunctions(void **state)
{
    for (uint64_t seed = 300; seed < 306; seed++) {
        churn(seed, 40, UNIQUE | CONJUNCTIONS);
    }
    churn(306, 200, UNIQUE | CONJUNCTIONS);
    churn(307, 60, CONJUNCTIONS);
}

/* Rules and packets whose addresses and ports lie close together, so that many rules have the same value under a relaxed mask. */

static uint32_t close_address(void)
{
    return 0x0a010000 + flows_random(3) * 256 + flows_random(24);
}

static void random_close_key(struct flow *flow)
{
    flow_init(flow);
    flow->in_port = 1 + flows_random(2);
    flow->eth_type = htons(ETH_TYPE_IP);
    flow_use_line(flow, FLOW_LINE_L3);
    flow->nw_src = htonl(close_address());
    flow->nw_dst = htonl(close_address());
    flow->nw_proto = flows_random(2) ? 6 : 17;
    flow->tp_src = htons((uint16_t) (1024 + flows_random(4)));
    flow->tp_dst = htons((uint16_t) (80 + flows_random(8)));
}

static be32 random_prefix(void)
{
    static const uint8_t lengths[] = { 0, 15, 16, 20, 23, 24, 27, 28, 30, 31, 32, 32 };
    unsigned int length = lengths[flows_random(ARRAY_SIZE(lengths))];
    return htonl(length ? UINT32_MAX << (32 - length) : 0);
}

static void random_close_match(struct match *match)
{
    match_init(match);
    random_close_key(&match->flow);
    FLOW_MASK_FIELD(&match->mask, eth_type);
    FLOW_MASK_BITS(&match->mask, nw_src, random_prefix());
    FLOW_MASK_BITS(&match->mask, nw_dst, flows_random(8) ? random_prefix() : htonl(0xff00ffff));
    if (flows_random(3)) {
        FLOW_MASK_FIELD(&match->mask, nw_proto);
        FLOW_MASK_BITS(&match->mask, tp_dst, htons((uint16_t) (flows_random(2) ? 0xffff : 0xfffe << flows_random(4))));
        if (!flows_random(3)) {
            FLOW_MASK_FIELD(&match->mask, tp_src);
        }
    }
    if (!flows_random(8)) {
        FLOW_MASK_FIELD(&match->mask, in_port);
    }
    match_normalize(match);
}

/* Masks share subtables, overflow into finer ones, and are apart again as rules go. */
static void test_merging(void **state)
{
    flows_seed(88);
    start();
    next_priority = 0;
    for (int step = 0; step < CHURN_STEPS * 2; step++) {
        bool grow = step / 700 % 2 == 0;
        if (n_living() < MAX_RULES - MAX_VERSIONS && flows_random(100) < (grow ? 90 : 5)) {
            struct match match;
            random_close_match(&match);
            add_with(&match, next_priority++ * 7918 % 65536 | 1, NULL);
        } else if (n_living()) {
            del_one(0);
        }
        publish();
        struct flow flow;
        random_close_key(&flow);
        look_up(&flow, true);
        if (step % 64 == 0) {
            check_selection();
            rcu_quiesce();
        }
        if (n_living() > MAX_RULES / 2) {
            assert_true(hmap_count(&twin.cls.subtables) * 2 < hmap_count(&twin.cls.masks));
        }
    }
    while (n_living()) {
        del_one(0);
        publish();
    }
    for (int i = 0; i < MAX_VERSIONS; i++) {
        publish();
    }
    assert_int_equal(hmap_count(&twin.cls.subtables), 0);
    assert_int_equal(hmap_count(&twin.cls.masks), 0);
    finish();
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
    classifier_lookup(&twin.cls, version_current(), &flow, mask);
    flow_use_line(mask, FLOW_LINE_L3);
}

/* Full hash tables: probes go past what was removed. */
static void test_one_subtable(void **state)
{
    flows_seed(77);
    start();
    for (int step = 0; step < 4000; step++) {
        uint32_t address = 0x0a000000 + flows_random(MAX_RULES);
        if (n_living() < MAX_RULES - 1 && flows_random(100) < (step / 500 % 2 ? 30 : 70)) {
            add_ipv4(address, 32, 80, (int32_t) flows_random(3));
        } else if (n_living()) {
            del_one(0);
            publish();
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
    assert_null(classifier_lookup(&twin.cls, version_current(), &flow, &mask));
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
        version_t version = version_current();
        struct rule *stay = classifier_lookup(&twin.cls, version, &stay_flow, n % 2 ? &mask : NULL);
        struct rule *replaced = classifier_lookup(&twin.cls, version, &replaced_flow, n % 2 ? NULL : &mask);
        if (!stay || stay->priority < 450 || !replaced || replaced->priority < 500) {
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

/* Ends any rule but the two that readers look for. */
static void del_other(void)
{
    unsigned int i;
    do {
        i = flows_random(twin.n);
    } while (twin.rules[i].ends || twin.rules[i].rule->priority == 500 || twin.rules[i].rule->priority == 450);
    end(&twin.rules[i]);
}

static void make_ipv4_match(struct match *match, uint32_t address, struct flow *flow)
{
    match_init(match);
    random_close_key(&match->flow);
    match->flow.nw_dst = htonl(address);
    flow_copy(flow, &match->flow);
    FLOW_MASK_FIELD(&match->mask, eth_type);
    FLOW_MASK_FIELD(&match->mask, nw_dst);
    match_normalize(match);
}

static void read_beside_writer(const struct match *stay, const struct match *replaced,
                               void (*random_match)(struct match *))
{
    add(stay, 450);
    add(replaced, 500);

    pthread_t threads[2];
    stop_readers = false;
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, read_rules, NULL);
    }
    for (int step = 0; step < 4000; step++) {
        add(replaced, 500);
        if (n_living() < MAX_RULES && flows_random(5) < 3) {
            struct match match;
            random_match(&match);
            add(&match, (int32_t) flows_random(400));
        } else if (n_living() > 2) {
            del_other();
            publish();
        }
        rcu_synchronize(); /* so that what ended some versions ago is seen by nobody */
    }
    __atomic_store_n(&stop_readers, true, __ATOMIC_RELAXED);
    rcu_offline();
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    rcu_online();
}

static void test_readers(void **state)
{
    struct match stay, replaced;
    flows_seed(7);
    start();
    make_exact_match(&stay, 1000, &stay_flow);
    make_exact_match(&replaced, 1001, &replaced_flow);
    read_beside_writer(&stay, &replaced, flows_random_match);
    finish();
}

/* The rules that readers look for are in a bucket with others that come and go. */
static void test_readers_of_merged_masks(void **state)
{
    struct match stay, replaced;
    flows_seed(8);
    start();
    make_ipv4_match(&stay, 0x0a010001, &stay_flow);
    make_ipv4_match(&replaced, 0x0a010002, &replaced_flow);
    read_beside_writer(&stay, &replaced, random_close_match);
    finish();
}

struct known_prefix {
    uint8_t value[16];
    unsigned int length;
    bool in;
};

/* As long as the address shares n bits with a prefix of more than n, the next bit counts. */
static unsigned int bits_that_decide(const struct known_prefix *p, unsigned int n, const uint8_t *value)
{
    unsigned int max = 0;
    for (unsigned int i = 0; i < n; i++) {
        unsigned int same = 0;
        while (same < p[i].length && !((value[same / 8] ^ p[i].value[same / 8]) & (0x80 >> same % 8))) {
            same++;
        }
        unsigned int needs = same < p[i].length ? same + 1 : same;
        max = p[i].in ? MAX(max, needs) : max;
    }
    return max;
}

static void test_trie(void **state)
{
    enum { N = 300 };
    struct prefix_trie trie = { NULL };
    struct known_prefix p[N];
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
        assert_int_equal(n_bits, bits_that_decide(p, N, value));
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
        cmocka_unit_test(test_conjunctions),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_one_subtable),
        cmocka_unit_test(test_masks_stay_wide),
        cmocka_unit_test(test_small_subtable_adds_one_word),
        cmocka_unit_test(test_readers),
        cmocka_unit_test(test_readers_of_merged_masks),
    };
    hash_fixed_basis(1);
    rcu_thread_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rcu_thread_end();
    return failed;
}
