/* SPDX-License-Identifier: Apache-2.0 */
/* Recirculation ids: equal states share one, it follows from the content, and states go when nobody refers to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/ofp/action.h"
#include "ofproto/recirc.h"

/* A state with one frame that outputs to 'port'. */
static struct recirc_state *get(const char *bridge, uint32_t in_port, uint32_t port, uint32_t reg)
{
    struct ofpbuf actions = { 0 };
    struct ofp_action_output *output = ofp_actions_put(&actions, OFPACT_OUTPUT, sizeof *output);
    output->port = port;
    struct recirc_frame frame = { .in_port = in_port, .table = 3, .actions = actions };
    struct recirc_content content = { .bridge = bridge, .in_port = in_port, .frames = &frame, .n_frames = 1 };
    flow_use_line(&content.registers, FLOW_LINE_REGS);
    flow_use_line(&content.registers, FLOW_LINE_OPENFLOW);
    content.registers.regs[2] = reg;
    struct recirc_state *state = recirc_get(&content);
    ofpbuf_destroy(&actions);
    return state;
}

static void equal_states_share_an_id(void **state)
{
    struct recirc_state *a = get("br0", 1, 2, 0), *b = get("br0", 1, 2, 0);
    assert_ptr_equal(a, b);
    assert_int_equal(recirc_count(), 1);
    struct recirc_state *others[] = { get("br1", 1, 2, 0), get("br0", 2, 2, 0), get("br0", 1, 3, 0), get("br0", 1, 2, 1) };
    assert_int_equal(recirc_count(), 5);
    for (size_t i = 0; i < 4; i++) {
        assert_int_not_equal(others[i]->id, a->id);
        assert_int_not_equal(others[i]->id, 0);
        recirc_unref(others[i]);
    }
    recirc_unref(a);
    recirc_unref(b);
}

static void what_was_stored_comes_back(void **state)
{
    struct recirc_state *a = get("br0", 1, 2, 77);
    struct recirc_state *found = recirc_find(a->id);
    assert_ptr_equal(found, a);
    assert_string_equal(found->content->bridge, "br0");
    assert_int_equal(found->content->in_port, 1);
    assert_int_equal(found->content->registers.regs[2], 77);
    assert_int_equal(found->content->n_frames, 1);
    const struct ofp_action_output *output = (const void *) found->content->frames[0].actions.data;
    assert_int_equal(output->port, 2);
    assert_null(recirc_find(a->id + 1));
    recirc_unref(found);
    recirc_unref(a);
}

/* A restarted program draws the same id for the same state. */
static void the_id_follows_from_the_content(void **state)
{
    struct recirc_state *a = get("br0", 1, 2, 0);
    uint32_t id = a->id;
    recirc_unref(a);
    recirc_destroy();
    recirc_init();
    assert_int_equal(recirc_count(), 0);
    a = get("br0", 1, 2, 0);
    assert_int_equal(a->id, id);
    recirc_unref(a);
}

static void what_nobody_refers_to_goes_later(void **state)
{
    struct recirc_state *a = get("br0", 1, 2, 0);
    recirc_ref(a);
    recirc_unref(a);
    uint32_t id = a->id;
    recirc_unref(a);
    recirc_expire();
    a = recirc_find(id); /* packets may be on their way */
    assert_non_null(a);
    recirc_unref(a);
    clock_warp(6000);
    recirc_expire();
    assert_int_equal(recirc_count(), 0);
    assert_null(recirc_find(id));
}

static int start(void **state)
{
    recirc_init();
    return 0;
}

static int stop(void **state)
{
    recirc_destroy();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_states_share_an_id, start, stop),
        cmocka_unit_test_setup_teardown(what_was_stored_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(the_id_follows_from_the_content, start, stop),
        cmocka_unit_test_setup_teardown(what_nobody_refers_to_goes_later, start, stop),
    };
    clock_stop();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
