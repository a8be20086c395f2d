/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on flows against a naive twin: 768 plain bytes, where a line that is not in use is
 * zeros. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/net/flow.h"
#include "tests/unit/net/random_flow.h"

enum { SIZE = FLOW_N_LINES * FLOW_LINE_SIZE, N_STEPS = 20000 };

struct twin {
    uint8_t bytes[SIZE];
};

static struct twin twin_of(const struct flow *flow)
{
    struct twin t;
    memset(&t, 0, sizeof t);
    for (int i = 0; i < FLOW_N_LINES; i++) {
        if (flow->lines & 1u << i) {
            memcpy(t.bytes + i * FLOW_LINE_SIZE, &flow->line[i], FLOW_LINE_SIZE);
        }
    }
    return t;
}

static void assert_twin(const struct flow *flow, const struct twin *t)
{
    struct twin actual = twin_of(flow);
    assert_memory_equal(&actual, t, sizeof actual);
}

/* A second flow that differs in few bits, or none. */
static void perturb(struct flow *to, const struct flow *from)
{
    memset(to, 0xa5, sizeof *to); /* lines that are not in use have any content */
    flow_copy(to, from);
    for (int n = random() % 3; n > 0; n--) {
        int line = random() % FLOW_N_LINES;
        flow_use_line(to, line);
        to->line[line].bytes[random() % FLOW_LINE_SIZE] ^= 1u << random() % 8;
    }
}

static void compare(void **state)
{
    srandom(1);
    for (int step = 0; step < N_STEPS; step++) {
        static struct flow a, b, mask;
        random_flow_bits(&a);
        perturb(&b, &a);
        random_flow_bits(&mask);
        struct twin ta = twin_of(&a), tb = twin_of(&b), tm = twin_of(&mask);
        bool equal = true, masked = true, covers = true;
        for (int i = 0; i < SIZE; i++) {
            equal &= ta.bytes[i] == tb.bytes[i];
            masked &= !((ta.bytes[i] ^ tb.bytes[i]) & tm.bytes[i]);
            covers &= !(tb.bytes[i] & ~ta.bytes[i]);
        }
        assert_int_equal(flow_equal(&a, &b), equal);
        assert_int_equal(flow_equal_masked(&a, &b, &mask), masked);
        assert_int_equal(flow_mask_covers(&a, &b), covers);
        if (masked) {
            assert_int_equal(flow_hash_masked(&a, &mask, step), flow_hash_masked(&b, &mask, step));
        }
    }
}

static void combine(void **state)
{
    srandom(2);
    for (int step = 0; step < N_STEPS; step++) {
        static struct flow a, mask, out;
        random_flow_bits(&a);
        random_flow_bits(&mask);
        struct twin ta = twin_of(&a), tm = twin_of(&mask), both = ta, either = ta;
        for (int i = 0; i < SIZE; i++) {
            both.bytes[i] &= tm.bytes[i];
            either.bytes[i] |= tm.bytes[i];
        }
        flow_apply_mask(&out, &a, &mask);
        assert_twin(&out, &both);
        assert_int_equal(out.lines, mask.lines);

        flow_copy(&out, &a);
        assert_twin(&out, &ta);
        flow_mask_or(&out, &mask);
        assert_twin(&out, &either);

        flow_mask_normalize(&out);
        assert_twin(&out, &either);
        for (int i = 0; i < FLOW_N_LINES; i++) {
            static const uint8_t zeros[FLOW_LINE_SIZE];
            bool any = memcmp(either.bytes + i * FLOW_LINE_SIZE, zeros, sizeof zeros);
            assert_int_equal(!!(out.lines & 1u << i), any);
        }

        flow_apply_mask(&a, &a, &mask);
        assert_twin(&a, &both);
    }
}

static void lines(void **state)
{
    struct flow flow;
    memset(&flow, 0xff, sizeof flow);
    flow_init(&flow);
    assert_int_equal(flow.lines, 1);
    assert_int_equal(flow.in_port, 0);
    assert_int_equal(flow_line(&flow, FLOW_LINE_IPV6)->bytes[0], 0);
    FLOW_MASK_FIELD(&flow, nw_tos);
    assert_int_equal(flow.lines, 3);
    assert_int_equal(flow.nw_tos, 0xff);
    assert_int_equal(flow.nw_ttl, 0);
    FLOW_MASK_BITS(&flow, vlan[0].tci, htons(VLAN_VID_MASK));
    assert_int_equal(flow.vlan[0].tci, htons(VLAN_VID_MASK));
    assert_ptr_equal(flow_line(&flow, FLOW_LINE_L3), &flow.line[FLOW_LINE_L3]);
    flow_mask_init(&flow);
    assert_int_equal(flow.lines, 0);
    assert_true(flow_mask_is_exact_bits("\xff\xff\xff", 3));
    assert_false(flow_mask_is_exact_bits("\xff\xfe\xff", 3));
}

/* Every bit of every line counts, alone and in any pair; the secret and the basis count as well. */
static void hash_spreads(void **state)
{
    static struct flow key, mask;
    static uint32_t seen[SIZE * 8];
    flow_init(&key);
    flow_init(&mask);
    for (int i = 0; i < FLOW_N_LINES; i++) {
        flow_use_line(&key, i);
        flow_use_line(&mask, i);
        memset(&mask.line[i], 0xff, FLOW_LINE_SIZE);
    }
    int collisions = 0;
    for (int bit = 0; bit < SIZE * 8; bit++) {
        uint8_t *byte = &key.line[bit / 8 / FLOW_LINE_SIZE].bytes[bit / 8 % FLOW_LINE_SIZE];
        *byte ^= 1u << bit % 8;
        seen[bit] = flow_hash_masked(&key, &mask, 0);
        *byte ^= 1u << bit % 8;
        for (int i = 0; i < bit; i++) {
            collisions += seen[i] == seen[bit];
        }
    }
    assert_true(collisions < 20); /* 6,144 values of 32 bits: 4 expected */

    uint32_t before = flow_hash_masked(&key, &mask, 0);
    assert_int_not_equal(before, flow_hash_masked(&key, &mask, 1));
    uint64_t secret = hash_secret;
    hash_fixed_basis(secret + 1);
    assert_int_not_equal(before, flow_hash_masked(&key, &mask, 0));
    hash_fixed_basis(secret);
    assert_int_equal(before, flow_hash_masked(&key, &mask, 0));
}

/* Addresses and ports that count up, the usual traffic, must fill buckets evenly. */
static void hash_is_even(void **state)
{
    enum { BUCKETS = 1024, FLOWS = 64 * BUCKETS };
    static int count[BUCKETS];
    static struct flow key, mask;
    flow_init(&key);
    flow_init(&mask);
    flow_use_line(&key, FLOW_LINE_L3);
    FLOW_MASK_FIELD(&mask, nw_src);
    FLOW_MASK_FIELD(&mask, tp_src);
    for (int i = 0; i < FLOWS; i++) {
        key.nw_src = htonl(0x0a000000 + i % 256);
        key.tp_src = htons(i / 256);
        count[flow_hash_masked(&key, &mask, 0) % BUCKETS]++;
    }
    for (int i = 0; i < BUCKETS; i++) {
        assert_in_range(count[i], 20, 120); /* 64 expected, standard deviation 8 */
    }
}

static void turn(struct flow *key)
{
    struct flow k = *key;
    key->eth_src = k.eth_dst;
    key->eth_dst = k.eth_src;
    if (flow_is_ip_any(key)) {
        key->nw_src = k.nw_dst;
        key->nw_dst = k.nw_src;
        if (key->nw_proto != NW_PROTO_ICMP && key->nw_proto != NW_PROTO_ICMPV6) {
            key->tp_src = k.tp_dst;
            key->tp_dst = k.tp_src;
        }
        if (key->lines & 1u << FLOW_LINE_IPV6) {
            memcpy(key->ipv6_src, k.ipv6_dst, 16);
            memcpy(key->ipv6_dst, k.ipv6_src, 16);
        }
    }
}

static void hash_of_connections(void **state)
{
    srandom(3);
    int same = 0;
    for (int step = 0; step < 5000; step++) {
        struct flow key;
        random_flow_key(&key);
        uint32_t tuple = flow_hash_5tuple(&key, 7), symmetric = flow_hash_symmetric_l4(&key, 7);
        key.dp_hash++;
        key.recirc_id++;
        assert_int_equal(flow_hash_5tuple(&key, 7), tuple);
        turn(&key);
        assert_int_equal(flow_hash_symmetric_l4(&key, 7), symmetric);
        same += flow_hash_5tuple(&key, 7) == tuple;
        assert_int_not_equal(flow_hash_symmetric_l4(&key, 8), symmetric);
    }
    assert_true(same < 50); /* a fragment with equal addresses is rare */

    /* All fragments of a packet meet. */
    struct flow first, later;
    do {
        random_flow_key(&first);
    } while (first.eth_type != htons(ETH_TYPE_IP) || first.nw_proto != NW_PROTO_UDP ||
             first.nw_frag != FLOW_FRAG_ANY);
    later = first;
    later.nw_frag |= FLOW_FRAG_LATER;
    later.tp_src = later.tp_dst = 0;
    assert_int_equal(flow_hash_5tuple(&first, 0), flow_hash_5tuple(&later, 0));
    assert_int_equal(flow_hash_symmetric_l4(&first, 0), flow_hash_symmetric_l4(&later, 0));
}

static void neighbour_discovery(void **state)
{
    struct flow key;
    flow_init(&key);
    assert_false(flow_is_nd(&key));
    key.eth_type = htons(ETH_TYPE_IPV6);
    flow_use_line(&key, FLOW_LINE_L3);
    key.nw_proto = NW_PROTO_ICMPV6;
    key.tp_src = htons(ICMPV6_NEIGHBOR_ADVERT);
    assert_true(flow_is_nd(&key));
    key.tp_dst = htons(1);
    assert_false(flow_is_nd(&key));
    key.tp_dst = 0;
    key.nw_frag = FLOW_FRAG_ANY | FLOW_FRAG_LATER;
    assert_false(flow_is_nd(&key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(compare),
        cmocka_unit_test(combine),
        cmocka_unit_test(hash_spreads),
        cmocka_unit_test(hash_is_even),
        cmocka_unit_test(hash_of_connections),
        cmocka_unit_test(neighbour_discovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
