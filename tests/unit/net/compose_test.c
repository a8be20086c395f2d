/* SPDX-License-Identifier: Apache-2.0 */
/* Composing is the inverse of parsing, and what it makes has right checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/net/parse.h"
#include "tests/unit/net/corpus.h"
#include "tests/unit/net/naive.h"
#include "tests/unit/net/random_flow.h"

static void parse(uint8_t *data, size_t n, struct flow *key)
{
    struct packet p;
    packet_use(&p, data, n, 0, n);
    enum parse_result result = parse_packet(&p, key);
    assert_true(result == PARSE_OK || result == PARSE_TRUNCATED);
}

static void clear_metadata(struct flow *key)
{
    key->in_port = key->recirc_id = key->skb_priority = key->pkt_mark = key->dp_hash = 0;
    key->ct_state = key->ct_zone = key->ct_mark = 0;
    key->lines &= ~(1u << FLOW_LINE_CT | 1u << FLOW_LINE_TUNNEL | 15u << FLOW_LINE_TUN_OPTS);
}

static void random_keys(void **state)
{
    srandom(1);
    for (int step = 0; step < 30000; step++) {
        struct flow key, parsed;
        uint8_t data[1024] __attribute__((aligned(2)));
        random_flow_key(&key);
        size_t payload = random() % 3 ? random() % 600 : 0;
        size_t n = flow_compose(&key, data, sizeof data, payload);
        assert_true(n >= ETH_HEADER_LEN);
        parse(data, n, &parsed);
        clear_metadata(&key);
        assert_true(flow_equal(&key, &parsed));

        if (flow_is_ip_any(&key) && !key.nw_frag) {
            uint8_t fixed[1024];
            memcpy(fixed, data, n);
            naive_fix(fixed, n);
            assert_memory_equal(fixed, data, n);
        }
        assert_int_equal(flow_compose(&key, data, n - 1, payload), 0);
        assert_int_equal(flow_compose(&key, data, n, payload), n);
    }
}

/* The flow of any packet, malformed ones too, has a packet. */
static void corpus(void **state)
{
    size_t n;
    struct corpus_packet *packets = corpus_read(&n);
    for (size_t i = 0; i < n; i++) {
        struct flow key, again;
        struct packet p;
        uint8_t data[1024] __attribute__((aligned(2)));
        packet_use(&p, packets[i].data, packets[i].size, 0, packets[i].size);
        if (parse_packet(&p, &key) == PARSE_TOO_SHORT) {
            continue;
        }
        size_t size = flow_compose(&key, data, sizeof data, 20);
        assert_true(size > 0);
        parse(data, size, &again);
        if (!flow_equal(&key, &again)) {
            fail_msg("%s", packets[i].name);
        }
    }
    corpus_free(packets, n);
}

/* A UDP checksum of 0 would mean that there is none. */
static void udp_checksum(void **state)
{
    struct flow key;
    uint8_t data[64] __attribute__((aligned(2)));
    flow_init(&key);
    flow_use_line(&key, FLOW_LINE_L3);
    key.eth_type = htons(ETH_TYPE_IP);
    key.nw_proto = NW_PROTO_UDP;
    int ones = 0;
    for (uint32_t port = 0; port <= UINT16_MAX; port++) {
        key.tp_dst = htons(port);
        assert_int_equal(flow_compose(&key, data, sizeof data, 0), 42);
        assert_int_not_equal(get_be16(data + 40), 0);
        ones += get_be16(data + 40) == BE16_MAX;
    }
    assert_int_equal(ones, 1);
}

static void too_long(void **state)
{
    struct flow key;
    uint8_t *data = xmalloc(200000);
    flow_init(&key);
    key.eth_type = htons(ETH_TYPE_IP);
    assert_int_equal(flow_compose(&key, data, 200000, 100000), 0);
    assert_int_equal(flow_compose(&key, data, 200000, SIZE_MAX), 0);
    assert_int_equal(flow_compose(&key, data, 200000, 65000), 65034);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_keys),
        cmocka_unit_test(corpus),
        cmocka_unit_test(udp_checksum),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
