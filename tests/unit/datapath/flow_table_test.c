/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflow table against a naive twin, a list of keys and masks; its errors, its cap on masks,
 * and readers beside the writer. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/flow_table.h"
#include "datapath/batch.h"
#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "lib/net/action.h"

static struct uuid ufid_of(uint32_t n)
{
    struct uuid u = {{0}};
    memcpy(u.bytes, &n, sizeof n);
    return u;
}

static uint32_t pick(uint32_t n)
{
    return random() % n;
}

/* Keys of few different values, so that random flows and packets meet. */
static void random_key(struct flow *key)
{
    flow_init(key);
    key->in_port = pick(8) ? 0 : pick(3);
    key->recirc_id = pick(2);
    key->eth_dst.ea[5] = pick(3);
    key->eth_src.ea[0] = pick(3);
    key->vlan[0].tci = htons(VLAN_CFI | pick(3));
    if (pick(4)) {
        flow_use_line(key, FLOW_LINE_L3);
        key->eth_type = htons(ETH_TYPE_IP);
        key->nw_src = htonl(0x0a000000 | pick(4) << 14 | pick(4));
        key->nw_dst = htonl(0x0a000000 | pick(256));
        key->nw_proto = NW_PROTO_TCP;
        key->tp_dst = htons(pick(5) ? pick(8) : pick(65536));
        key->tcp_flags = htons(pick(4));
    }
    if (!pick(4)) {
        flow_use_line(key, FLOW_LINE_IPV6);
        key->ipv6_dst[15] = pick(3);
    }
    if (!pick(6)) {
        flow_use_line(key, FLOW_LINE_TUNNEL);
        key->tun_id = pick(3);
    }
    if (!pick(6)) {
        flow_use_line(key, FLOW_LINE_CT);
        key->ct_label[3] = pick(3);
    }
}

static be32 prefix(unsigned int length)
{
    return length ? htonl(0xffffffffu << (32 - length)) : 0;
}

static void random_mask(struct flow *mask)
{
    flow_mask_init(mask);
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
    if (pick(2)) {
        FLOW_MASK_FIELD(mask, eth_dst);
    }
    if (!pick(3)) {
        FLOW_MASK_FIELD(mask, eth_src);
    }
    if (!pick(3)) {
        FLOW_MASK_BITS(mask, vlan[0].tci, htons(pick(2) ? 0xffff : VLAN_CFI));
    }
    if (pick(2)) {
        FLOW_MASK_BITS(mask, nw_src, prefix(pick(33)));
        FLOW_MASK_BITS(mask, nw_dst, prefix(pick(33)));
    }
    if (!pick(3)) {
        FLOW_MASK_BITS(mask, tp_dst, htons(0xffffu << pick(17)));
    }
    if (!pick(5)) {
        FLOW_MASK_BITS(mask, tcp_flags, htons(pick(4)));
    }
    if (!pick(4)) {
        FLOW_MASK_FIELD(mask, ipv6_dst);
    }
    if (!pick(4)) {
        FLOW_MASK_FIELD(mask, tun_id);
    }
    if (!pick(4)) {
        FLOW_MASK_FIELD(mask, ct_label);
    }
}

struct twin {
    bool in;
    struct flow key, mask;
    uint32_t id;
};

static uint32_t output_list[4];

static int put(struct flow_table *t, uint32_t ufid, const struct flow *key, const struct flow *mask,
               unsigned int flags, struct dp_op *op)
{
    struct action_output *output = (struct action_output *) (void *) output_list;
    output->a = (struct action) { ACTION_OUTPUT, 0, sizeof *output };
    output->port = ufid;
    output->reserved = 0;
    *op = (struct dp_op) {
        .type = DP_OP_FLOW_PUT, .ufid = ufid_of(ufid), .flags = flags, .key = key, .mask = mask,
        .actions = output, .actions_size = sizeof *output,
    };
    return flow_table_put(t, flow_table_find(t, &op->ufid), op);
}

static bool matches_any(const struct twin *twins, size_t n, const struct flow *key)
{
    for (size_t i = 0; i < n; i++) {
        if (twins[i].in && flow_equal_masked(&twins[i].key, key, &twins[i].mask)) {
            return true;
        }
    }
    return false;
}

static void check_lookups(struct flow_table *t, const struct twin *twins, size_t n,
                          unsigned int *n_found)
{
    static struct flow keys[BATCH_MAX];
    const struct megaflow *flows[BATCH_MAX];
    uint64_t n_tried = 0;
    for (unsigned int i = 0; i < BATCH_MAX; i++) {
        random_key(&keys[i]);
    }
    uint32_t todo = random() | random() << 16;
    uint32_t missed = flow_table_lookup(t, keys, todo, flows, 0, &n_tried);
    assert_int_equal(missed & ~todo, 0);
    for (unsigned int i = 0; i < BATCH_MAX; i++) {
        if (!(todo & 1u << i)) {
            continue;
        }
        assert_int_equal(!flows[i], missed >> i & 1);
        if (flows[i]) {
            const struct action_output *output = (const void *) flows[i]->actions->data;
            const struct twin *twin = &twins[output->port];
            assert_true(twin->in);
            assert_int_equal(twin->id, flows[i]->id);
            assert_true(flow_equal_masked(&twin->key, &keys[i], &twin->mask));
            ++*n_found;
        } else {
            assert_false(matches_any(twins, n, &keys[i]));
        }
    }
}

/* Remembers the flow as the table says it is, after checking that this is what was put, or
 * narrower. */
static void remember(struct flow_table *t, struct twin *twin, const struct dp_op *op)
{
    struct dp_flow flow;
    twin->in = true;
    twin->id = op->flow_id;
    flow_table_get(t, op->flow_id, &flow, &twin->key, &twin->mask);
    assert_true(flow_mask_covers(&twin->mask, op->mask));
    if (!op->exact) {
        assert_true(flow_mask_covers(op->mask, &twin->mask));
    }
    assert_true(flow_equal_masked(&twin->key, op->key, &twin->mask));
    assert_memory_equal(&flow.ufid, &op->ufid, sizeof flow.ufid);
    assert_int_equal(flow.actions_size, op->actions_size);
}

static void twin_of_table(void **state)
{
    enum { N = 2500, STEPS = 8000 };
    struct twin *twins = aligned_alloc(64, N * sizeof *twins);
    unsigned int n_found = 0, n_exact = 0, n_same = 0;
    memset(twins, 0, N * sizeof *twins);
    srandom(1);
    for (int density = 1; density <= 3; density++) {
        struct flow_table *t = flow_table_create(N, NULL, NULL);
        for (int step = 0; step < STEPS; step++) {
            uint32_t i = pick(N);
            struct dp_op op;
            struct uuid ufid = ufid_of(i);
            uint32_t id;
            if (twins[i].in) {
                assert_int_equal(flow_table_find(t, &ufid), twins[i].id);
                if (pick(density) == 0) {
                    assert_int_equal(flow_table_remove(t, &ufid, &id), 0);
                    assert_int_equal(id, twins[i].id);
                    twins[i].in = false;
                } else {
                    unsigned int flags = DP_PUT_MODIFY | (pick(2) ? DP_PUT_ZERO_STATS : 0);
                    assert_int_equal(put(t, i, &twins[i].key, &twins[i].mask, flags, &op), 0);
                    twins[i].id = op.flow_id;
                }
            } else {
                struct flow key, mask;
                random_key(&key);
                random_mask(&mask);
                assert_int_equal(flow_table_remove(t, &ufid, &id), ENOENT);
                int error = put(t, i, &key, &mask, DP_PUT_CREATE, &op);
                assert_true(error == 0 || error == EEXIST);
                if (!error) {
                    remember(t, &twins[i], &op);
                    n_exact += op.exact;
                }
                n_same += error == EEXIST;
            }
            if (step % 8 == 0) {
                check_lookups(t, twins, N, &n_found);
            }
            if (step % 100 == 0) {
                flow_table_rank(t);
                flow_table_reclaim(t);
                rcu_quiesce();
            }
        }
        uint32_t n = 0, n_twins = 0;
        for (uint32_t id = 0; (id = flow_table_next(t, id)) != DP_FLOW_NONE; id++) {
            n++;
        }
        for (uint32_t i = 0; i < N; i++) {
            n_twins += twins[i].in;
        }
        assert_int_equal(n, n_twins);
        assert_int_equal(flow_table_n_flows(t), n);
        flow_table_flush(t);
        assert_int_equal(flow_table_n_flows(t), 0);
        assert_int_equal(flow_table_n_subtables(t), 0);
        memset(twins, 0, N * sizeof *twins);
        check_lookups(t, twins, N, &n_found);
        flow_table_destroy(t);
    }
    assert_true(n_found > 5000);
    assert_true(n_exact > 0);
    assert_true(n_same > 0);
    free(twins);
}

static void errors(void **state)
{
    struct flow_table *t = flow_table_create(2, NULL, NULL);
    struct flow key, mask;
    struct dp_op op;
    uint32_t id;
    flow_init(&key);
    flow_mask_init(&mask);
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE, &op), EINVAL);
    FLOW_MASK_FIELD(&mask, in_port);
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE, &op), EINVAL);
    FLOW_MASK_FIELD(&mask, recirc_id);
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_MODIFY, &op), ENOENT);
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE, &op), 0);
    id = op.flow_id;
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE, &op), EEXIST);
    assert_int_equal(op.flow_id, id);

    /* The same flow under another name. */
    assert_int_equal(put(t, 2, &key, &mask, DP_PUT_CREATE, &op), EEXIST);
    assert_int_equal(op.flow_id, id);

    /* Modify keeps the id, unless statistics shall start anew; a wider or other match is
     * refused. */
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE | DP_PUT_MODIFY, &op), 0);
    assert_int_equal(op.flow_id, id);
    assert_int_equal(put(t, 1, NULL, NULL, DP_PUT_MODIFY, &op), 0);
    assert_int_equal(put(t, 1, NULL, NULL, DP_PUT_MODIFY | DP_PUT_ZERO_STATS, &op), 0);
    assert_int_not_equal(op.flow_id, id);
    id = op.flow_id;
    key.in_port = 7;
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_MODIFY, &op), EINVAL);
    key.in_port = 0;
    FLOW_MASK_FIELD(&mask, eth_dst);
    assert_int_equal(put(t, 1, &key, &mask, DP_PUT_MODIFY, &op), EINVAL);

    /* Malformed actions. */
    op.actions_size = 3;
    assert_int_equal(flow_table_put(t, flow_table_find(t, &op.ufid), &op), EINVAL);

    /* A full table, and ids that come back. */
    assert_int_equal(put(t, 2, &key, &mask, DP_PUT_CREATE, &op), 0);
    key.eth_dst.ea[0] = 9;
    assert_int_equal(put(t, 3, &key, &mask, DP_PUT_CREATE, &op), ENOSPC);
    struct uuid ufid = ufid_of(1);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(flow_table_remove(t, &ufid, &id), 0);
        assert_int_equal(put(t, 1, &key, &mask, DP_PUT_CREATE, &op), 0);
        assert_int_equal(op.flow_id, id);
    }
    flow_table_destroy(t);
}

static void flow_with(struct flow *key, struct flow *mask, uint32_t port, unsigned int src_len,
                      unsigned int dst_len, unsigned int port_bits)
{
    flow_init(key);
    key->in_port = port;
    key->eth_type = htons(ETH_TYPE_IP);
    flow_use_line(key, FLOW_LINE_L3);
    key->nw_src = htonl(1u << (31 - src_len % 32));
    key->nw_dst = htonl(1u << (31 - dst_len % 32));
    key->tp_dst = htons(1u << (15 - port_bits % 16));
    flow_mask_init(mask);
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
    FLOW_MASK_FIELD(mask, eth_type);
    FLOW_MASK_BITS(mask, nw_src, prefix(src_len));
    FLOW_MASK_BITS(mask, nw_dst, prefix(dst_len));
    FLOW_MASK_BITS(mask, tp_dst, htons(0xffffu << (16 - port_bits)));
}

static unsigned int lookup_cost(struct flow_table *t, uint32_t port)
{
    static struct flow key;
    const struct megaflow *flow;
    uint64_t n_tried = 0;
    flow_init(&key);
    key.in_port = port;
    (void) !flow_table_lookup(t, &key, 1, &flow, 0, &n_tried);
    return n_tried;
}

/* Someone makes as many masks as he can: his own lookups stay bounded, his neighbour's do not
 * change. */
static void tuple_space_explosion(void **state)
{
    struct flow_table *t = flow_table_create(20000, NULL, NULL);
    struct flow key, mask;
    struct dp_op op;
    uint32_t n = 0;
    unsigned int n_exact = 0;
    flow_with(&key, &mask, 2, 32, 24, 16);
    assert_int_equal(put(t, n++, &key, &mask, DP_PUT_CREATE, &op), 0);
    assert_false(op.exact);
    for (unsigned int a = 1; a <= 32; a++) {
        for (unsigned int b = 1; b <= 32; b++) {
            for (unsigned int c = 1; c <= 16; c++) {
                flow_with(&key, &mask, 1, a, b, c);
                assert_int_equal(put(t, n++, &key, &mask, DP_PUT_CREATE, &op), 0);
                n_exact += op.exact;

                const struct megaflow *flow;
                uint64_t n_tried = 0;
                assert_int_equal(flow_table_lookup(t, &key, 1, &flow, 0, &n_tried), 0);
                assert_true(n_tried <= PORT_CLASS_MAX_SUBTABLES + 1);
            }
        }
    }
    assert_true(n_exact > 0);
    assert_int_equal(lookup_cost(t, 2), 1);
    assert_in_range(lookup_cost(t, 1), 2, PORT_CLASS_MAX_SUBTABLES + 1);
    print_message("%u masks: %u subtables, %u of %u flows exact\n", 32 * 32 * 16,
                  flow_table_n_subtables(t), n_exact, n);
    flow_table_destroy(t);
}

/* The subtable that is hit comes first. */
static void ranking(void **state)
{
    struct flow_table *t = flow_table_create(100, NULL, NULL);
    struct flow key, mask;
    struct dp_op op;
    for (unsigned int i = 1; i <= 6; i++) {
        flow_with(&key, &mask, 1, i % 3 * 8, i / 3 * 8, 0);
        assert_int_equal(put(t, i, &key, &mask, DP_PUT_CREATE, &op), 0);
    }
    uint64_t before = 0, after = 0;
    const struct megaflow *flow;
    assert_int_equal(flow_table_lookup(t, &key, 1, &flow, 0, &before), 0);
    assert_true(before > 1);
    for (int i = 0; i < 100; i++) {
        uint64_t ignored = 0;
        assert_int_equal(flow_table_lookup(t, &key, 1, &flow, i % 2, &ignored), 0);
    }
    flow_table_rank(t);
    assert_int_equal(flow_table_lookup(t, &key, 1, &flow, 0, &after), 0);
    assert_int_equal(after, 1);
    flow_table_destroy(t);
}

/* Readers look up flows that stay, while the writer makes and removes others in the same
 * subtables. */
enum { N_STABLE = 200 };

struct readers {
    struct flow_table *table;
    struct flow stable[N_STABLE];
    unsigned int n_readers; /* relaxed */
    unsigned int n_lookups; /* relaxed, as the next two */
    unsigned int n_missed, n_wrong;
    bool stop;              /* relaxed */
};

static void *read_table(void *readers_)
{
    struct readers *r = readers_;
    struct flow *keys = aligned_alloc(64, BATCH_MAX * sizeof *keys);
    unsigned int thread = __atomic_fetch_add(&r->n_readers, 1, __ATOMIC_RELAXED), seed = thread;
    rcu_thread_start();
    while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
        const struct megaflow *flows[BATCH_MAX];
        uint64_t n_tried = 0;
        for (unsigned int i = 0; i < BATCH_MAX; i++) {
            flow_copy(&keys[i], &r->stable[rand_r(&seed) % N_STABLE]);
            keys[i].eth_src.ea[0] = rand_r(&seed);
        }
        uint32_t missed = flow_table_lookup(r->table, keys, UINT32_MAX, flows, thread, &n_tried);
        __atomic_fetch_add(&r->n_missed, __builtin_popcount(missed), __ATOMIC_RELAXED);
        for (unsigned int i = 0; i < BATCH_MAX; i++) {
            if (!flows[i]) {
                continue;
            }
            const struct flow_actions *actions = rcu_load(flows[i]->actions);
            const struct action_output *output = (const void *) actions->data;
            __atomic_fetch_add(&r->n_wrong, output->port != (ntohl(keys[i].nw_dst) >> 8 & 0xffff),
                               __ATOMIC_RELAXED);
        }
        __atomic_fetch_add(&r->n_lookups, BATCH_MAX, __ATOMIC_RELAXED);
        rcu_quiesce();
    }
    free(keys);
    rcu_thread_end();
    return NULL;
}

static void concurrent_readers(void **state)
{
    enum { N_OTHERS = 3000, N_THREADS = 2 };
    struct readers *r = aligned_alloc(64, sizeof *r);
    memset(r, 0, sizeof *r);
    r->table = flow_table_create(N_STABLE + N_OTHERS, NULL, NULL);
    struct flow key, mask;
    struct dp_op op;
    for (uint32_t i = 0; i < N_STABLE; i++) {
        flow_with(&key, &mask, 1, 0, i % 2 ? 24 : 30, 0);
        key.nw_dst = htonl(0x0a000000 | i << 8);
        assert_int_equal(put(r->table, i, &key, &mask, DP_PUT_CREATE, &op), 0);
        flow_copy(&r->stable[i], &key);
    }
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_table, r), 0);
    }
    srandom(3);
    bool *in = calloc(N_OTHERS, sizeof *in);
    for (unsigned int step = 0;
         step < 30000 || __atomic_load_n(&r->n_lookups, __ATOMIC_RELAXED) < 50000; step++) {
        uint32_t i = pick(N_OTHERS), id;
        struct uuid ufid = ufid_of(N_STABLE + i);
        if (in[i]) {
            assert_int_equal(flow_table_remove(r->table, &ufid, &id), 0);
        } else {
            flow_with(&key, &mask, 1, 0, i % 3 ? 24 : 32, 0);
            key.nw_dst = htonl(0x0b000000 | i << 8);
            assert_int_equal(put(r->table, N_STABLE + i, &key, &mask, DP_PUT_CREATE, &op), 0);
        }
        in[i] = !in[i];
        if (step % 50 == 0) {
            /* Exchange the actions of one that must always be found. */
            assert_int_equal(put(r->table, pick(N_STABLE), NULL, NULL, DP_PUT_MODIFY, &op), 0);
        }
        if (step % 256 == 0) {
            flow_table_rank(r->table);
            flow_table_reclaim(r->table);
        }
        rcu_quiesce();
    }
    __atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
    rcu_offline();
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    rcu_online();
    assert_int_equal(r->n_missed, 0);
    assert_int_equal(r->n_wrong, 0);
    flow_table_destroy(r->table);
    free(in);
    free(r);
}

/* All versions of the inner loops give the same answers, so that another can be chosen at any time. */
static void versions_agree(void **state)
{
    struct line_masks masks;
    unsigned int n_matches = 0;
    line_masks_init(&masks);
    srandom(7);
    for (int round = 0; round < 5000; round++) {
        static struct flow key, other, wide;
        struct flow_line stored[FLOW_N_DP_LINES] __attribute__((aligned(64)));
        random_mask(&wide);
        random_key(&key);
        random_key(&other);
        const struct line_mask *mask = line_masks_get(&masks, &wide);
        line_mask_apply(mask, round % 2 ? &key : &other, stored);
        bool expected = line_ops_all[0]->match(&key, mask, stored);
        assert_true(expected || round % 2 == 0);
        n_matches += expected && round % 2 == 0;
        for (const struct line_ops *const *ops = line_ops_all; *ops; ops++) {
            if (line_ops_usable(*ops)) {
                assert_int_equal((*ops)->hash(&key, mask), line_ops_all[0]->hash(&key, mask));
                assert_int_equal((*ops)->match(&key, mask, stored), expected);
            }
        }
        if (line_masks_put(&masks, mask)) {
            free((void *) (uintptr_t) mask);
        }
    }
    assert_true(n_matches > 10);
    line_masks_destroy(&masks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin_of_table), cmocka_unit_test(errors),
        cmocka_unit_test(tuple_space_explosion), cmocka_unit_test(ranking),
        cmocka_unit_test(concurrent_readers), cmocka_unit_test(versions_agree),
    };
    hash_fixed_basis(42);
    line_ops_init();
    rcu_thread_start();
    int n_failed = 0;
    for (const struct line_ops *const *ops = line_ops_all; *ops; ops++) {
        if (line_ops_choose((*ops)->name)) {
            printf("with %s\n", (*ops)->name);
            n_failed += cmocka_run_group_tests(tests, NULL, NULL);
        } else {
            printf("%s is skipped: this processor has none of it\n", (*ops)->name);
        }
    }
    rcu_thread_end();
    return n_failed;
}
