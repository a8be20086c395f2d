/* SPDX-License-Identifier: Apache-2.0 */
/* The messages on the datapath's socket: what is built is read again as it was, and nothing else is
 * believed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/protocol.h"
#include "lib/base/smap.h"

static uint8_t buffer[DP_MSG_MAX] __attribute__((aligned(8)));

static struct dp_builder start(enum dp_msg_type type, uint16_t flags, uint32_t error)
{
    struct dp_builder b = { .data = buffer };

    memset(buffer, 0xa5, sizeof buffer);
    dp_build_start(&b, type, flags, type == DP_MSG_PORT_EVENT ? 0 : 7, error);
    return b;
}

static const char *check(struct dp_builder *b, bool from_datapath, struct dp_parsed *parsed)
{
    assert_true(dp_build_finish(b));
    return dp_msg_check(b->data, b->len, from_datapath, parsed);
}

static void round_trip_port_add(void **state)
{
    struct dp_builder b = start(DP_MSG_PORT_ADD, 0, 0);
    struct smap options = SMAP_INIT, read = SMAP_INIT;
    struct dp_parsed parsed;

    smap_set(&options, "n_rxq", "2");
    smap_set(&options, "empty", "");
    smap_set(&options, "", "odd");
    dp_build_string(&b, DP_A_NAME, "eth0");
    dp_build_string(&b, DP_A_TYPE, "system");
    dp_build_u32(&b, DP_A_PORT_NO, DP_PORT_NONE);
    dp_build_settings(&b, &options);
    assert_null(check(&b, false, &parsed));
    assert_string_equal(dp_attr_string(parsed.attr[DP_A_NAME]), "eth0");
    assert_string_equal(dp_attr_string(parsed.attr[DP_A_TYPE]), "system");
    assert_int_equal(dp_attr_u32(parsed.attr[DP_A_PORT_NO]), DP_PORT_NONE);
    dp_attr_settings(parsed.attr[DP_A_SETTINGS], &read);
    assert_true(smap_equals(&options, &read));
    assert_int_equal(parsed.msg->seq, 7);
    smap_destroy(&options);
    smap_destroy(&read);
}

static void round_trip_flow(void **state)
{
    struct dp_builder b = start(DP_MSG_FLOW_GET, DP_MSG_REPLY, 0);
    struct dp_wire_flow head = { .id = 5, .stats = { .packets = 1, .tcp_flags = 0x12 } };
    static struct flow key, mask, read;
    struct dp_parsed parsed, nested;

    flow_init(&key);
    key.in_port = 3;
    flow_use_line(&key, FLOW_LINE_L3);
    key.nw_src = htonl(0x0a000001);
    flow_use_line(&key, FLOW_LINE_REGS); /* never sent */
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, ipv6_src);

    size_t outer = dp_build_begin(&b, DP_A_FLOW);
    dp_build_put(&b, DP_A_FLOW_HEAD, &head, sizeof head);
    dp_build_flow(&b, DP_A_KEY, &key);
    dp_build_flow(&b, DP_A_MASK, &mask);
    dp_build_put(&b, DP_A_ACTIONS, NULL, 0);
    dp_build_end(&b, outer);
    assert_null(check(&b, true, &parsed));
    assert_null(dp_nested_check(parsed.attr[DP_A_FLOW], &nested));

    dp_attr_flow(nested.attr[DP_A_KEY], &read);
    assert_int_equal(read.lines, 1u << FLOW_LINE_L2 | 1u << FLOW_LINE_L3);
    assert_memory_equal(read.line, key.line, 2 * FLOW_LINE_SIZE);
    dp_attr_flow(nested.attr[DP_A_MASK], &read);
    assert_true(flow_equal(&read, &mask));
    assert_int_equal(nested.attr[DP_A_ACTIONS]->len, 0);
}

static void repeated_attributes(void **state)
{
    struct dp_builder b = start(DP_MSG_COMMAND, 0, 0);
    static const char *const words[] = { "vlog/set", "", "a b" };
    const struct dp_attr *a = NULL;
    struct dp_parsed parsed;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        dp_build_string(&b, DP_A_ARG, words[i]);
    }
    assert_null(check(&b, false, &parsed));
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        a = dp_attr_next(&parsed, DP_A_ARG, a);
        assert_non_null(a);
        assert_string_equal(dp_attr_string(a), words[i]);
    }
    assert_null(dp_attr_next(&parsed, DP_A_ARG, a));
}

static void expect_bad(struct dp_builder *b, bool from_datapath)
{
    struct dp_parsed parsed;

    assert_non_null(check(b, from_datapath, &parsed));
}

/* Queues are in order, and nothing is in reserved places. */
static void wrong_queues(void **state)
{
    struct dp_wire_qos qos = { .rate = 1 };
    struct dp_wire_queue queues[2] = { { .id = 3 }, { .id = 4 } };
    struct dp_wire_queue_stats stats[2] = { { .id = 3 }, { .id = 3 } };
    struct dp_parsed parsed;

    for (int wrong = 0; wrong < 5; wrong++) {
        struct dp_builder b = start(DP_MSG_PORT_QOS, 0, 0);
        queues[1].id = wrong == 1 ? 3 : wrong == 2 ? DP_QOS_MAX_QUEUE_ID : 4;
        queues[0].reserved = wrong == 3;
        qos.reserved = wrong == 4;
        dp_build_u32(&b, DP_A_PORT_NO, 1);
        dp_build_put(&b, DP_A_QOS, &qos, sizeof qos);
        dp_build_put(&b, DP_A_QUEUES, queues, sizeof queues);
        assert_int_equal(check(&b, false, &parsed) != NULL, wrong > 0);
    }
    struct dp_builder b = start(DP_MSG_PORT_QUEUES, DP_MSG_REPLY, 0);
    dp_build_put(&b, DP_A_QUEUE_STATS, stats, sizeof stats);
    expect_bad(&b, true);
    b = start(DP_MSG_PORT_QUEUES, DP_MSG_REPLY, 0);
    dp_build_put(&b, DP_A_QUEUE_STATS, stats, sizeof stats - 8);
    expect_bad(&b, true);
}

static void wrong_attributes(void **state)
{
    struct dp_builder b;
    const uint32_t two = 2;

    b = start(DP_MSG_PORT_DEL, 0, 0); /* missing */
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_DEL, 0, 0); /* twice */
    dp_build_u32(&b, DP_A_PORT_NO, 1);
    dp_build_u32(&b, DP_A_PORT_NO, 2);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_DEL, 0, 0); /* belongs elsewhere */
    dp_build_u32(&b, DP_A_PORT_NO, 1);
    dp_build_u32(&b, DP_A_MTU, 1);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_DEL, 0, 0); /* wrong size */
    dp_build_put(&b, DP_A_PORT_NO, "12345", 5);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_DEL, 0, 0); /* unknown type */
    dp_build_u32(&b, DP_A_PORT_NO, 1);
    dp_build_u32(&b, DP_A_N_TYPES, 1);
    expect_bad(&b, false);

    b = start(DP_MSG_PORT_GET, 0, 0); /* not terminated, terminated early, empty, too long */
    dp_build_put(&b, DP_A_NAME, "abcd", 4);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_GET, 0, 0);
    dp_build_put(&b, DP_A_NAME, "a\0cd\0", 5);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_GET, 0, 0);
    dp_build_string(&b, DP_A_NAME, "");
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_GET, 0, 0);
    dp_build_string(&b, DP_A_NAME,
                    "0123456789012345678901234567890123456789012345678901234567890123");
    expect_bad(&b, false);

    b = start(DP_MSG_PORT_SET, 0, 0); /* a flag that is neither 0 nor 1; a key without a value */
    dp_build_u32(&b, DP_A_PORT_NO, 1);
    dp_build_put(&b, DP_A_ADMIN, &two, sizeof two);
    expect_bad(&b, false);
    b = start(DP_MSG_CONFIG_SET, 0, 0);
    dp_build_put(&b, DP_A_SETTINGS, "key", 4);
    expect_bad(&b, false);
}

/* What no version uses must be zero, or a later version could not use it. */
static void unused_bytes(void **state)
{
    struct dp_attr *a = (void *) (buffer + sizeof(struct dp_msg));
    struct dp_msg *msg = (void *) buffer;
    struct dp_parsed parsed;
    struct dp_builder b = start(DP_MSG_PORT_GET, 0, 0);

    dp_build_string(&b, DP_A_NAME, "abcd");
    assert_null(check(&b, false, &parsed));
    uint8_t *padding = (uint8_t *) (a + 1) + a->len;
    *padding = 1;
    assert_non_null(dp_msg_check(buffer, b.len, false, &parsed));
    *padding = 0;
    a->reserved = 1;
    assert_non_null(dp_msg_check(buffer, b.len, false, &parsed));
    a->reserved = 0;
    msg->reserved = 1;
    assert_non_null(dp_msg_check(buffer, b.len, false, &parsed));
    msg->reserved = 0;
    assert_null(dp_msg_check(buffer, b.len, false, &parsed));
}

static void wrong_headers(void **state)
{
    struct dp_msg *msg = (void *) buffer;
    struct dp_parsed parsed;
    struct dp_builder b;

    b = start(DP_MSG_TOTALS, 0, 0);
    assert_null(check(&b, false, &parsed));
    assert_non_null(dp_msg_check(buffer, b.len - 1, false, &parsed));
    assert_non_null(dp_msg_check(buffer, 0, false, &parsed));
    assert_non_null(dp_msg_check(buffer, b.len, true, &parsed)); /* not a reply */
    msg->magic++;
    assert_non_null(dp_msg_check(buffer, b.len, false, &parsed));

    b = start(DP_MSG_N_TYPES, 0, 0);
    expect_bad(&b, false);
    b = start(DP_MSG_TOTALS, DP_MSG_MORE, 0);
    expect_bad(&b, false);
    b = start(DP_MSG_TOTALS, 0, EINVAL);
    expect_bad(&b, false);
    b = start(DP_MSG_PORT_EVENT, 0, 0); /* comes from the datapath only */
    expect_bad(&b, false);
    b = start(DP_MSG_TOTALS, DP_MSG_REPLY, EINVAL);
    assert_null(check(&b, true, &parsed));
    b = start(DP_MSG_TOTALS, DP_MSG_REPLY, 0x80000000);
    expect_bad(&b, true);
    b = start(DP_MSG_TOTALS, DP_MSG_REPLY | 4, EINVAL);
    expect_bad(&b, true);
}

static void wrong_flows(void **state)
{
    uint32_t lines[2 + 16] = { 1u << FLOW_LINE_L3, 0 };
    static const struct {
        uint32_t first;
        size_t size;
        enum dp_attr_type type;
    } cases[] = {
        { 1u << FLOW_LINE_L3, 72, DP_A_KEY },    /* a key without line 0 */
        { 1u << FLOW_LINE_REGS, 72, DP_A_MASK }, /* a line that the datapath does not have */
        { 1u << FLOW_LINE_L2, 8, DP_A_KEY },     /* too short and too long for its bitmap */
        { 0, 72, DP_A_MASK },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct dp_builder b = start(DP_MSG_OPERATE, 0, 0);
        struct dp_wire_op head = { .type = DP_OP_FLOW_PUT };
        struct dp_parsed parsed, nested;
        lines[0] = cases[i].first;
        size_t outer = dp_build_begin(&b, DP_A_OP);
        dp_build_put(&b, DP_A_OP_HEAD, &head, sizeof head);
        dp_build_put(&b, cases[i].type, lines, cases[i].size);
        dp_build_end(&b, outer);
        assert_null(check(&b, false, &parsed));
        assert_non_null(dp_nested_check(parsed.attr[DP_A_OP], &nested));
    }
}

/* A good message with one byte changed is refused or has the same attributes: it never makes the
 * check read elsewhere (the sanitizer tells). */
static void flipped_bytes(void **state)
{
    struct dp_wire_port_record record = { .port = { .no = 1, .name = "p", .type = "dummy" } };
    struct dp_builder b = start(DP_MSG_PORT_DUMP, DP_MSG_REPLY, 0);
    struct dp_parsed parsed;

    for (int i = 0; i < 3; i++) {
        dp_build_put(&b, DP_A_PORT_STATS, &record, sizeof record);
    }
    dp_build_u32(&b, DP_A_CURSOR, 1);
    assert_true(dp_build_finish(&b));
    for (size_t i = 0; i < b.len; i++) {
        uint8_t *exact = malloc(b.len);
        for (int value = 0; value < 256; value += 15) {
            memcpy(exact, buffer, b.len);
            exact[i] = value;
            if (!dp_msg_check(exact, b.len, true, &parsed)) {
                size_t n = 0;
                for (const struct dp_attr *a = NULL;
                     (a = dp_attr_next(&parsed, DP_A_PORT_STATS, a));) {
                    n++;
                }
                assert_int_equal(n, 3);
            }
        }
        free(exact);
    }
}

static void overflow(void **state)
{
    struct dp_builder b = start(DP_MSG_COMMAND, 0, 0);
    size_t len = 0;

    while (!b.overflow) {
        len = b.len;
        dp_build_string(&b, DP_A_ARG, "0123456789");
        assert_true(b.len <= DP_MSG_MAX);
    }
    assert_false(dp_build_finish(&b));
    dp_build_rewind(&b, len);
    struct dp_parsed parsed;
    assert_null(check(&b, false, &parsed));
}

static void descriptors(void **state)
{
    uint64_t data[DP_MSG_MAX / 8];
    int ends[2], fds[DP_MSG_MAX_FDS];
    size_t n, n_fds;

    assert_false(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
    assert_int_equal(dp_msg_recv(ends[1], data, &n, fds, &n_fds), EAGAIN);
    assert_false(dp_msg_send(ends[0], "12345678", 8, (int[]) { 0, 1, 2 }, 3));
    assert_false(dp_msg_recv(ends[1], data, &n, fds, &n_fds));
    assert_int_equal(n, 8);
    assert_int_equal(n_fds, 3);
    for (size_t i = 0; i < n_fds; i++) {
        assert_false(close(fds[i]));
    }

    /* Too long for the receiver. */
    static uint8_t large[DP_MSG_MAX + 8];
    assert_false(dp_msg_send(ends[0], large, sizeof large, (int[]) { 0 }, 1));
    assert_int_equal(dp_msg_recv(ends[1], data, &n, fds, &n_fds), EMSGSIZE);
    assert_int_equal(n_fds, 0);

    close(ends[0]);
    assert_int_equal(dp_msg_recv(ends[1], data, &n, fds, &n_fds), EPIPE);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_port_add),
        cmocka_unit_test(round_trip_flow),
        cmocka_unit_test(repeated_attributes),
        cmocka_unit_test(wrong_attributes), cmocka_unit_test(wrong_queues),
        cmocka_unit_test(unused_bytes),
        cmocka_unit_test(wrong_headers),
        cmocka_unit_test(wrong_flows),
        cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(overflow),
        cmocka_unit_test(descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
