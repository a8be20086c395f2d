/* SPDX-License-Identifier: Apache-2.0 */
/* Continuations: what was packed comes back, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/continuation.h"
#include "ofproto/xlate_ctx.h"
#include "tests/unit/ofproto/flows.h"

static void parse(const char *text, struct ofpbuf *actions)
{
    char *error = ofp_actions_parse_in(text, NULL, OFP15, actions);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
}

/* A continuation of these frames. */
struct example {
    struct recirc_content content;
    struct recirc_frame frames[4];
    struct ofpbuf action_set;
    struct xlate_stack_item stack[2];
};

static void make(struct example *e)
{
    static const char *const texts[] = { "output:2", "set_field:5->reg3,push_vlan:0x8100,write_metadata:1,goto_table:9",
                                         "clone(output:3,resubmit(,4)),push:NXM_NX_REG0[],pop:NXM_NX_REG1[],controller(pause)",
                                         "output:3,meter:5,write_actions(output:7),goto_table:2" };
    memset(e, 0, sizeof *e);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        e->frames[i].table = (uint8_t) (10 + i);
        e->frames[i].cookie = be64_from_host(0x1000 + i);
        parse(texts[i], &e->frames[i].actions);
    }
    parse("set_field:02:00:00:00:00:09->eth_dst,output:4", &e->action_set);
    e->stack[0].value.b[FIELD_MAX_BYTES - 1] = 7;
    e->stack[1].value.b[0] = 9;
    e->content = (struct recirc_content) {
        .bridge = "br-int",
        .in_port = 3,
        .has_priority = true,
        .priority = 1,
        .priority_now = 0x10005,
        .frames = e->frames,
        .n_frames = ARRAY_SIZE(texts),
        .action_set = e->action_set.data,
        .action_set_size = e->action_set.size,
        .stack = e->stack,
        .stack_size = sizeof e->stack,
        .in_clone = true,
    };
    flow_use_line(&e->content.registers, FLOW_LINE_OPENFLOW);
    e->content.registers.conj_id = 77;
}

static void unmake(struct example *e)
{
    for (size_t i = 0; i < ARRAY_SIZE(e->frames); i++) {
        ofpbuf_destroy(&e->frames[i].actions);
    }
    ofpbuf_destroy(&e->action_set);
}

static void what_was_packed_comes_back(void **state)
{
    struct example e;
    struct ofpbuf bytes = { 0 };
    struct recirc_content c;
    make(&e);
    assert_true(continuation_encode(&e.content, &bytes));
    assert_int_equal(continuation_decode(bytes.data, bytes.size, &c), OFPERR_OK);
    assert_string_equal(c.bridge, "br-int");
    assert_true(c.has_priority && c.in_clone);
    assert_int_equal(c.priority, 1);
    assert_int_equal(c.priority_now, 0x10005);
    assert_int_equal(c.registers.conj_id, 77);
    assert_int_equal(c.n_frames, e.content.n_frames);
    for (size_t i = 0; i < c.n_frames; i++) {
        assert_int_equal(c.frames[i].table, e.frames[i].table);
        assert_int_equal(c.frames[i].cookie, e.frames[i].cookie);
        assert_true(ofp_actions_equal(c.frames[i].actions.data, c.frames[i].actions.size, e.frames[i].actions.data,
                                      e.frames[i].actions.size));
    }
    assert_true(ofp_actions_equal(c.action_set, c.action_set_size, e.action_set.data, e.action_set.size));
    assert_int_equal(c.stack_size, sizeof e.stack);
    assert_memory_equal(c.stack, e.stack, sizeof e.stack);
    continuation_destroy(&c);
    ofpbuf_destroy(&bytes);
    unmake(&e);
}

static void what_is_cut_off_is_refused_or_less(void **state)
{
    struct example e;
    struct ofpbuf bytes = { 0 };
    make(&e);
    assert_true(continuation_encode(&e.content, &bytes));
    for (size_t n = 0; n < bytes.size; n++) {
        struct recirc_content c;
        uint8_t *copy = n ? xmemdup(bytes.data, n) : NULL; /* so that a sanitizer sees a look behind the end */
        if (!continuation_decode(copy, n, &c)) {
            assert_true(c.n_frames <= e.content.n_frames);
            continuation_destroy(&c);
        }
        free(copy);
    }
    ofpbuf_destroy(&bytes);
    unmake(&e);
}

static void damage_does_no_harm(void **state)
{
    struct example e;
    struct ofpbuf bytes = { 0 };
    unsigned int refused = 0;
    make(&e);
    flows_seed(1);
    assert_true(continuation_encode(&e.content, &bytes));
    for (int i = 0; i < 3000; i++) {
        struct recirc_content c;
        uint8_t *copy = xmemdup(bytes.data, bytes.size);
        for (uint32_t n = 1 + flows_random(3); n > 0; n--) {
            copy[flows_random((uint32_t) bytes.size)] = (uint8_t) flows_random(256);
        }
        if (continuation_decode(copy, bytes.size, &c)) {
            refused++;
        } else {
            continuation_destroy(&c);
        }
        free(copy);
    }
    assert_true(refused > 1000);
    ofpbuf_destroy(&bytes);
    unmake(&e);
}

static void put(struct ofpbuf *to, uint16_t type, const void *content, uint16_t n)
{
    be16 header[2] = { htons(type), htons(n) };
    ofpbuf_put(to, header, sizeof header);
    ofpbuf_put(to, content, n);
}

static enum ofp_error decode(struct ofpbuf *bytes)
{
    struct recirc_content c;
    enum ofp_error error = continuation_decode(bytes->data, bytes->size, &c);
    if (!error) {
        continuation_destroy(&c);
    }
    ofpbuf_destroy(bytes);
    memset(bytes, 0, sizeof *bytes);
    return error;
}

enum { E_MAGIC = 1, E_BRIDGE, E_IN_CLONE, E_PRIORITY, E_CONJ_ID, E_FRAME, E_ACTION_SET, E_STACK };

static void begin(struct ofpbuf *b)
{
    put(b, E_MAGIC, "weft1", 5);
    put(b, E_BRIDGE, "br0", 3);
}

static void limits_are_kept(void **state)
{
    struct ofpbuf b = { 0 };
    begin(&b);
    assert_int_equal(decode(&b), OFPERR_OK);

    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE); /* nothing at all */

    put(&b, E_BRIDGE, "br0", 3);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    put(&b, E_MAGIC, "weft1", 5);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    begin(&b);
    put(&b, E_BRIDGE, "br1", 3); /* twice */
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    begin(&b);
    put(&b, 99, "", 0);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    begin(&b);
    put(&b, E_FRAME, "\0\0\0\0\0\0\0\0\xfe" "drop", 13); /* no such table */
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    begin(&b);
    put(&b, E_FRAME, "\0\0\0\0\0\0\0\0\x01" "output:no_such_port_there_is", 37);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    for (int i = 0; i < 300; i++) {
        if (!i) {
            begin(&b);
        }
        put(&b, E_FRAME, "\0\0\0\0\0\0\0\0\x01" "drop", 13);
    }
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    /* Actions in actions, deeper than anybody needs. */
    enum { DEPTH = 500 };
    char deep[9 + 7 * DEPTH] = { 0 };
    for (int i = 0; i < DEPTH; i++) {
        memcpy(deep + 9 + 6 * i, "clone(", 6);
        deep[9 + 6 * DEPTH + i] = ')';
    }
    begin(&b);
    put(&b, E_FRAME, deep, sizeof deep);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);

    /* More on the stack than it holds, and a value that is too long. */
    uint8_t stack[2 * (XLATE_MAX_STACK + 1)];
    for (size_t i = 0; i < sizeof stack; i++) {
        stack[i] = 1;
    }
    begin(&b);
    put(&b, E_STACK, stack, sizeof stack);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);
    begin(&b);
    put(&b, E_STACK, "\x05" "abc", 4);
    assert_int_equal(decode(&b), OFPBPC_BAD_VALUE);
}

static void what_is_too_long_is_not_packed(void **state)
{
    struct recirc_frame frame = { .table = 1 };
    struct recirc_content content = { .bridge = "br0", .frames = &frame, .n_frames = 1 };
    struct ofpbuf bytes = { 0 };
    struct ofpbuf one = { 0 };
    parse("set_field:02:00:00:00:00:09->eth_dst", &one);
    for (int i = 0; i < 5000; i++) {
        ofpbuf_put(&frame.actions, one.data, one.size);
        ofpbuf_pad8(&frame.actions);
    }
    ofpbuf_destroy(&one);
    assert_false(continuation_encode(&content, &bytes));
    ofpbuf_destroy(&bytes);
    ofpbuf_destroy(&frame.actions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(what_is_cut_off_is_refused_or_less),
        cmocka_unit_test(damage_does_no_harm),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(what_is_too_long_is_not_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
