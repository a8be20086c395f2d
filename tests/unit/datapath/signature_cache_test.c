/* SPDX-License-Identifier: Apache-2.0 */
/* The signature cache: what it learns it finds, what is hit stays, and it doubles when it is too
 * small. The tag search against a plain loop, in all versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/signature_cache.h"

static uint64_t random_hash(void)
{
    return (uint64_t) random() << 42 ^ (uint64_t) random() << 21 ^ random();
}

static bool has(const struct signature_cache *cache, uint64_t hash, uint32_t id)
{
    struct tag_bucket *bucket = signature_cache_bucket(cache, hash);
    for (uint32_t found = signature_cache_find(bucket, hash); found; found &= found - 1) {
        if (bucket->ids[__builtin_ctz(found)] == id) {
            signature_cache_hit(bucket, __builtin_ctz(found));
            return true;
        }
    }
    return false;
}

static void tag_search(void **state)
{
    srandom(1);
    for (const struct line_ops *const *ops = line_ops_all; *ops; ops++) {
        if (!line_ops_usable(*ops)) {
            print_message("%s is skipped: this processor has none of it\n", (*ops)->name);
            continue;
        }
        for (int round = 0; round < 20000; round++) {
            struct tag_bucket bucket;
            uint32_t expected = 0;
            uint16_t tag = random() % 4 ? random() : random() % 2 ? 0x8000 : 0x0001;
            for (unsigned int i = 0; i < TAG_BUCKET_WAYS; i++) {
                switch (random() % 4) {
                case 0:
                    bucket.tags[i] = tag;
                    break;
                case 1:
                    bucket.tags[i] = tag ^ 1 << random() % 16;
                    break;
                default:
                    bucket.tags[i] = random();
                }
                expected |= (uint32_t) (bucket.tags[i] == tag) << i;
            }
            bucket.extra = random() % 2 ? tag | (uint32_t) tag << 16 : random();
            assert_int_equal((*ops)->find_tag(&bucket, tag), expected);
        }
    }
}

static void learning(void **state)
{
    struct signature_cache *cache = signature_cache_create(64, 64);
    uint64_t hashes[100];
    srandom(2);
    for (uint32_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        hashes[i] = random_hash();
        assert_false(has(cache, hashes[i], i));
        signature_cache_insert(cache, hashes[i], i);
        signature_cache_insert(cache, hashes[i], i);
        assert_true(has(cache, hashes[i], i));
    }
    for (uint32_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        assert_true(has(cache, hashes[i], i));
    }

    /* Two flows for one signature live side by side. */
    signature_cache_insert(cache, hashes[0], 1000);
    assert_true(has(cache, hashes[0], 0));
    assert_true(has(cache, hashes[0], 1000));
    signature_cache_destroy(cache);
}

/* Entries that are hit survive a stream of entries that are not. */
static void replacing(void **state)
{
    struct signature_cache *cache = signature_cache_create(1, 1);
    uint64_t kept = 0xabcd000000000000;
    signature_cache_insert(cache, kept, 5);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(has(cache, kept, 5));
        signature_cache_insert(cache, (uint64_t) (i + 1) << 48, i);
    }
    signature_cache_destroy(cache);
}

static void doubling(void **state)
{
    enum { N = 5000 };
    struct signature_cache *cache = signature_cache_create(16, 1024);
    static uint64_t hashes[N];
    srandom(3);
    for (uint32_t i = 0; i < N; i++) {
        hashes[i] = random_hash();
    }
    unsigned int n_found = 0;
    for (int round = 0; round < 20; round++) {
        n_found = 0;
        for (uint32_t i = 0; i < N; i++) {
            if (has(cache, hashes[i], i)) {
                n_found++;
            } else {
                signature_cache_insert(cache, hashes[i], i);
            }
        }
    }
    assert_true(cache->mask + 1 > 512);
    assert_true(cache->mask + 1 <= 1024);
    assert_true(n_found > N * 9 / 10);
    signature_cache_destroy(cache);
}

/* The signature of a connection does not depend on what changes from packet to packet. */
static void signature(void **state)
{
    struct flow a, b;
    hash_fixed_basis(7);
    flow_init(&a);
    flow_use_line(&a, FLOW_LINE_L3);
    flow_copy(&b, &a);
    b.nw_ttl = 3;
    b.nw_tos = 4;
    b.tcp_flags = htons(TCP_SYN);
    assert_int_equal(signature_cache_hash(&a), signature_cache_hash(&b));

#define DIFFERS(LINE, FIELD, VALUE)                                                                \
    flow_copy(&b, &a);                                                                             \
    flow_use_line(&b, LINE);                                                                       \
    b.FIELD = VALUE;                                                                               \
    assert_int_not_equal(signature_cache_hash(&a), signature_cache_hash(&b))
    DIFFERS(FLOW_LINE_L2, in_port, 1);
    DIFFERS(FLOW_LINE_L2, recirc_id, 1);
    DIFFERS(FLOW_LINE_L2, dp_hash, 1);
    DIFFERS(FLOW_LINE_L2, eth_dst.ea[0], 1);
    DIFFERS(FLOW_LINE_L2, eth_src.ea[5], 1);
    DIFFERS(FLOW_LINE_L2, eth_type, 1);
    DIFFERS(FLOW_LINE_L2, vlan[1].tci, 1);
    DIFFERS(FLOW_LINE_L3, nw_src, 1);
    DIFFERS(FLOW_LINE_L3, nw_dst, 1);
    DIFFERS(FLOW_LINE_L3, nw_proto, 1);
    DIFFERS(FLOW_LINE_L3, nw_frag, 1);
    DIFFERS(FLOW_LINE_L3, tp_src, 1);
    DIFFERS(FLOW_LINE_L3, tp_dst, 1);
    DIFFERS(FLOW_LINE_IPV6, ipv6_src[15], 1);
    DIFFERS(FLOW_LINE_IPV6, ipv6_dst[3], 1);
    DIFFERS(FLOW_LINE_TUNNEL, tun_id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_search), cmocka_unit_test(learning), cmocka_unit_test(replacing),
        cmocka_unit_test(doubling),   cmocka_unit_test(signature),
    };
    line_ops_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
