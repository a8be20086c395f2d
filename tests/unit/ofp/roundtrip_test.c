/* SPDX-License-Identifier: Apache-2.0 */
/* Random matches and actions come back from the wire and from text as they went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/nxm.h"
#include "tests/unit/ofp/generate.h"

enum { ROUNDS = 3000 };

static void show_match(const struct match *match)
{
    struct strbuf s = STRBUF_INIT;

    match_format(&s, match, NULL);
    printf("%s\n", strbuf_str(&s));
    strbuf_destroy(&s);
}

static void check_match(const struct match *wanted, const struct match *got)
{
    if (!match_equal(wanted, got)) {
        show_match(wanted);
        show_match(got);
        fail();
    }
}

static void test_match_wire(void **state)
{
    struct generator g = { 1 };
    int n_in_10 = 0, n_in_11 = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct match match, back;
        struct ofpbuf buf = { 0 };
        size_t used;

        generate_match(&g, &match, 8);
        nxm_encode_match(&buf, &match, NXM_VERSION, NULL);
        assert_int_equal(nxm_decode_match(buf.data, buf.size, true, &back, NULL), OFPERR_OK);
        check_match(&match, &back);

        buf.size = 0;
        for (int version = OFP11; version <= OFP15; version++) {
            buf.size = 0;
            match11_encode_any(&buf, &match, (enum ofp_version) version);
            assert_int_equal(buf.size % 8, 0);
            assert_int_equal(nxm_decode_ofp_match(buf.data, buf.size, true, &back, &used), OFPERR_OK);
            assert_int_equal(used, buf.size);
            check_match(&match, &back);
        }
        n_in_11 += match11_can_encode(&match);

        if (match10_can_encode(&match)) {
            buf.size = 0;
            match10_encode(&buf, &match);
            match10_decode(buf.data, &back);
            check_match(&match, &back);
            n_in_10++;
        }
        ofpbuf_destroy(&buf);
    }
    assert_true(n_in_10 > ROUNDS / 50);
    assert_true(n_in_11 > n_in_10);
}

static void test_match_text(void **state)
{
    struct generator g = { 2 };

    for (int i = 0; i < ROUNDS; i++) {
        struct match match;
        struct strbuf s = STRBUF_INIT;
        struct ofp_flow_stats_request request;

        generate_match(&g, &match, 8);
        match_format(&s, &match, NULL);
        char *error = ofp_flow_stats_request_parse(&request, strbuf_str(&s), NULL);
        if (error) {
            fail_msg("%s: %s", strbuf_str(&s), error);
        }
        check_match(&match, &request.match);
        strbuf_destroy(&s);
    }
}

static void show_actions(const struct ofpbuf *list)
{
    struct strbuf s = STRBUF_INIT;

    ofp_actions_format(&s, list->data, list->size, NULL);
    printf("%s\n", strbuf_str(&s));
    strbuf_destroy(&s);
}

static void check_actions(const struct ofpbuf *wanted, const struct ofpbuf *got)
{
    if (!ofp_actions_equal(wanted->data, wanted->size, got->data, got->size)) {
        show_actions(wanted);
        show_actions(got);
        fail();
    }
}

/* What a version lacks is sent in another form, which then must stand by itself. */
static void check_actions_wire(const struct ofpbuf *list, enum ofp_version version)
{
    struct ofpbuf wire = { 0 }, wire2 = { 0 }, back = { 0 }, back2 = { 0 };

    instructions_encode(list->data, list->size, version, &wire);
    assert_int_equal(wire.size % 8, 0);
    enum ofp_error error = instructions_decode(wire.data, wire.size, version, &back);
    if (error) {
        show_actions(list);
        fail_msg("%s", ofp_error_name(error));
    }
    instructions_encode(back.data, back.size, version, &wire2);
    assert_int_equal(instructions_decode(wire2.data, wire2.size, version, &back2), OFPERR_OK);
    check_actions(&back, &back2);
    assert_int_equal(wire.size, wire2.size);
    if (wire.size) {
        assert_memory_equal(wire.data, wire2.data, wire.size);
    }
    ofpbuf_destroy(&wire);
    ofpbuf_destroy(&wire2);
    ofpbuf_destroy(&back);
    ofpbuf_destroy(&back2);
}

static void test_actions_wire(void **state)
{
    struct generator g = { 3 };

    for (int i = 0; i < ROUNDS; i++) {
        struct ofpbuf list = { 0 }, plain = { 0 };

        generate_actions(&g, &list, 8, true);
        for (int version = OFP11; version <= OFP15; version++) {
            check_actions_wire(&list, (enum ofp_version) version);
        }
        generate_actions(&g, &plain, 8, false);
        check_actions_wire(&plain, OFP10);
        check_actions_wire(&plain, OFP15);
        ofpbuf_destroy(&list);
        ofpbuf_destroy(&plain);
    }
}

static void test_actions_text(void **state)
{
    struct generator g = { 4 };

    for (int i = 0; i < ROUNDS; i++) {
        struct ofpbuf list = { 0 }, back = { 0 };
        struct strbuf s = STRBUF_INIT;

        generate_actions(&g, &list, 8, true);
        ofp_actions_format(&s, list.data, list.size, NULL);
        char *error = ofp_actions_parse(strbuf_str(&s), NULL, &back);
        if (error) {
            fail_msg("%s: %s", strbuf_str(&s), error);
        }
        check_actions(&list, &back);
        strbuf_destroy(&s);
        ofpbuf_destroy(&list);
        ofpbuf_destroy(&back);
    }
}

static void test_flow_mod(void **state)
{
    struct generator g = { 5 };

    for (int i = 0; i < ROUNDS; i++) {
        struct ofp_flow_mod fm = { 0 };
        struct ofpbuf wire = { 0 };
        struct ofp_message msg;

        fm.command = (enum ofp_flow_command) generate_below(&g, 5);
        fm.table = (uint8_t) generate_u32(&g);
        fm.priority = (uint16_t) generate_u32(&g);
        fm.idle_timeout = (uint16_t) generate_u32(&g);
        fm.hard_timeout = (uint16_t) generate_u32(&g);
        fm.flags = OFP_FF_SEND_FLOW_REM | OFP_FF_CHECK_OVERLAP;
        fm.buffer_id = generate_u32(&g);
        fm.out_port = generate_port(&g);
        fm.out_group = OFPG_ANY;
        fm.new_cookie = fm.command == OFPFC_ADD ? generate_u64(&g) : BE64_MAX;
        if (fm.command != OFPFC_ADD) {
            fm.cookie_mask = generate_u64(&g);
            fm.cookie = generate_u64(&g) & fm.cookie_mask;
        }
        generate_match(&g, &fm.match, 6);
        generate_actions(&g, &fm.actions, 4, false);

        bool nxm = generate_below(&g, 2);
        enum ofp_version version =
            nxm ? OFP10 : (enum ofp_version) (OFP11 + generate_below(&g, OFP15 - OFP11 + 1));
        if (!nxm && fm.table == OFP_TABLE_ALL && fm.command < OFPFC_DELETE) {
            fm.table = 0;
        }
        be32 xid = generate_u32(&g);
        assert_true(ofp_encode_flow_mod(&wire, version, &fm, nxm, true, xid));
        assert_int_equal(ofp_message_len(wire.data, wire.size), wire.size);
        assert_int_equal(ofp_decode(wire.data, wire.size, true, &msg), OFPERR_OK);
        assert_int_equal(msg.type, OFPMSG_FLOW_MOD);
        assert_int_equal(msg.version, version);
        assert_int_equal(msg.nx, nxm);
        assert_int_equal(msg.xid, xid);

        struct ofp_flow_mod *back = &msg.u.flow_mod;
        assert_int_equal(back->command, fm.command);
        assert_int_equal(back->table, fm.table);
        assert_int_equal(back->priority, fm.priority);
        assert_int_equal(back->idle_timeout, fm.idle_timeout);
        assert_int_equal(back->hard_timeout, fm.hard_timeout);
        assert_int_equal(back->buffer_id, fm.buffer_id);
        assert_int_equal(back->out_port, fm.out_port);
        assert_int_equal(back->flags & ~OFP_FF_RESET_COUNTS, fm.flags);
        assert_true(back->cookie == fm.cookie && back->cookie_mask == fm.cookie_mask);
        assert_true(back->new_cookie == fm.new_cookie);
        check_match(&fm.match, &back->match);
        ofp_message_destroy(&msg);
        ofpbuf_destroy(&wire);
        ofp_flow_mod_destroy(&fm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_wire),   cmocka_unit_test(test_match_text),
        cmocka_unit_test(test_actions_wire), cmocka_unit_test(test_actions_text),
        cmocka_unit_test(test_flow_mod),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
