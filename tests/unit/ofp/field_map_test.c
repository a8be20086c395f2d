/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel options as fields: the table, and matches and actions with and without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"

static struct ofp_tlv_mod add(uint16_t class, uint8_t type, uint8_t len, uint16_t index)
{
    return (struct ofp_tlv_mod) {
        .command = OFPTLV_ADD,
        .maps = { { class, type, len, index } },
        .n = 1,
    };
}

static void check_add(struct field_map *map, uint16_t class, uint8_t len, uint16_t index,
                      enum ofp_error wanted)
{
    struct ofp_tlv_mod tm = add(class, 1, len, index);

    assert_int_equal(field_map_modify(map, &tm, 0), wanted);
}

static void test_modify(void **state)
{
    struct field_map map = { .space = 0 };
    struct ofp_tlv_reply reply;

    check_add(&map, 1, 4, 0, OFPERR_OK);
    check_add(&map, 2, 124, 63, OFPERR_OK);
    check_add(&map, 3, 4, 0, NXTTMFC_ALREADY_MAPPED);
    check_add(&map, 1, 4, 5, NXTTMFC_DUP_ENTRY);
    check_add(&map, 4, 0, 5, NXTTMFC_BAD_OPT_LEN);
    check_add(&map, 4, 6, 5, NXTTMFC_BAD_OPT_LEN);
    check_add(&map, 4, 128, 5, NXTTMFC_BAD_OPT_LEN);
    check_add(&map, 4, 4, 64, NXTTMFC_BAD_FIELD_IDX);
    check_add(&map, 4, 124, 5, OFPERR_OK);
    check_add(&map, 5, 4, 6, OFPERR_OK);
    check_add(&map, 6, 4, 7, NXTTMFC_TABLE_FULL);
    field_map_describe(&map, &reply);
    assert_int_equal(reply.n, 4);
    assert_int_equal(reply.max_space, 256);
    assert_int_equal(reply.maps[3].index, 63);
    assert_int_equal(reply.maps[3].opt_len, 124);

    /* All or nothing; a mapping in use stays. */
    struct ofp_tlv_mod two = add(5, 1, 4, 6);
    two.command = OFPTLV_DELETE;
    two.maps[1] = (struct ofp_tlv_map) { 4, 1, 124, 5 };
    two.n = 2;
    assert_int_equal(field_map_modify(&map, &two, 1u << 5), NXTTMFC_INVALID_TLV_DEL);
    field_map_describe(&map, &reply);
    assert_int_equal(reply.n, 4);
    assert_int_equal(field_map_modify(&map, &two, 1u << 0), OFPERR_OK);
    check_add(&map, 6, 120, 7, OFPERR_OK); /* in the space that is free again */

    struct ofp_tlv_mod clear = { .command = OFPTLV_CLEAR };
    assert_int_equal(field_map_modify(&map, &clear, 1u << 0), NXTTMFC_INVALID_TLV_DEL);
    assert_int_equal(field_map_modify(&map, &clear, 1u << 1), OFPERR_OK);
    field_map_describe(&map, &reply);
    assert_int_equal(reply.n, 0);
    assert_true(map.space == 0);
}

static struct field_map *two_options(void)
{
    static struct field_map map;

    memset(&map, 0, sizeof map);
    check_add(&map, 1, 60, 3, OFPERR_OK);
    check_add(&map, 2, 124, 9, OFPERR_OK);
    return &map;
}

/* A field over three lines of the flow. */
static void test_place(void **state)
{
    const struct field_map *before = field_map_use(two_options());
    const struct field *f = field_by_name("tun_metadata9");
    struct flow flow;
    union field_value value, back;

    assert_int_equal(f->n_bytes, 124);
    assert_ptr_equal(f, field_by_wire_name("NXM_NX_TUN_METADATA9"));
    assert_ptr_equal(f, field_by_header(f->nxm_header));
    assert_int_equal(field_by_name("tun_metadata3")->n_bytes, 60);
    assert_true(field_is_unmapped(field_by_name("tun_metadata4")));
    flow_init(&flow);
    field_read(f, &flow, &back);
    assert_true(action_is_zero(back.b, f->n_bytes));
    for (int i = 0; i < FIELD_MAX_BYTES; i++) {
        value.b[i] = (uint8_t) (i + 1);
    }
    field_write(f, &value, &flow);
    field_read(f, &flow, &back);
    assert_memory_equal(value.b, back.b, f->n_bytes);
    field_read(field_by_name("tun_metadata3"), &flow, &back);
    assert_true(action_is_zero(back.b, 60));

    /* What was read once is the same field again, also in another map. */
    struct field_map other = *two_options();
    field_map_use(&other);
    assert_ptr_equal(f, field_by_name("tun_metadata9"));
    field_map_use(before);
    assert_int_equal(field_by_name("tun_metadata3")->n_bytes, 124);
}

/* Parses a flow as a client and gives it to a bridge, whose answer the client prints. */
static char *there_and_back(const char *text, const struct field_map *bridge, enum ofp_error *error)
{
    struct ofp_flow_mod fm;
    struct match match;
    struct ofpbuf wire = { 0 }, actions = { 0 }, list = { 0 };
    struct strbuf s = STRBUF_INIT;
    size_t used;

    assert_null(ofp_flow_mod_parse(&fm, text, OFPFC_ADD, NULL));
    nxm_encode_ofp_match(&wire, &fm.match, OFP13);
    instructions_encode(fm.actions.data, fm.actions.size, OFP13, &actions);
    const struct field_map *before = field_map_use(bridge);
    *error = nxm_decode_ofp_match(wire.data, wire.size, true, &match, &used);
    if (!*error) {
        *error = instructions_decode(actions.data, actions.size, OFP13, &list);
    }
    if (!*error) {
        assert_true(ofp_actions_tun_metadata(list.data, list.size) == 1u << 9);
        assert_true(field_map_used_by_match(&match) == (1u << 3 | 1u << 9));
    }
    if (!*error) {
        wire.size = actions.size = 0;
        nxm_encode_ofp_match(&wire, &match, OFP13);
        instructions_encode(list.data, list.size, OFP13, &actions);
    }
    field_map_use(before);
    if (!*error) {
        list.size = 0;
        assert_int_equal(nxm_decode_ofp_match(wire.data, wire.size, true, &match, &used), OFPERR_OK);
        assert_int_equal(instructions_decode(actions.data, actions.size, OFP13, &list), OFPERR_OK);
        match_format(&s, &match, NULL);
        strbuf_putc(&s, ' ');
        ofp_actions_format(&s, list.data, list.size, NULL);
    }
    ofpbuf_destroy(&wire);
    ofpbuf_destroy(&actions);
    ofpbuf_destroy(&list);
    ofp_flow_mod_destroy(&fm);
    return strbuf_steal(&s);
}

static void test_client_and_bridge(void **state)
{
    enum ofp_error error;
    char *text = there_and_back("tun_metadata3=0x1234,tun_metadata9=0x5/0xff,"
                                "actions=set_field:0x12345->tun_metadata9,"
                                "move:NXM_NX_TUN_METADATA9[8..39]->reg0[],delete_field:tun_metadata9",
                                two_options(), &error);

    assert_int_equal(error, OFPERR_OK);
    assert_string_equal(text, "tun_metadata3=0x1234,tun_metadata9=0x5/0xff "
                              "set_field:0x12345->tun_metadata9,"
                              "move:NXM_NX_TUN_METADATA9[8..39]->NXM_NX_REG0[],"
                              "delete_field:tun_metadata9");
    free(text);
    free(there_and_back("tun_metadata4=5,actions=drop", two_options(), &error));
    assert_int_equal(error, NXFMFC_INVALID_TLV_FIELD);
    free(there_and_back("actions=set_field:5->tun_metadata4", two_options(), &error));
    assert_int_equal(error, NXFMFC_INVALID_TLV_FIELD);
    free(there_and_back("actions=move:tun_metadata4[0..31]->reg0[]", two_options(), &error));
    assert_int_equal(error, NXFMFC_INVALID_TLV_FIELD);
}

static struct match parse_match(const char *text)
{
    struct ofp_flow_mod fm;

    assert_null(ofp_flow_mod_parse(&fm, text, OFPFC_DELETE, NULL));
    struct match match = fm.match;
    ofp_flow_mod_destroy(&fm);
    return match;
}

/* An option that is there differs from one that is not, whatever its value. */
static void test_presence(void **state)
{
    enum ofp_error error;
    char *text = there_and_back("tun_metadata3,tun_metadata9=0/0xff,actions=delete_field:tun_metadata9",
                                two_options(), &error);

    assert_int_equal(error, OFPERR_OK);
    assert_string_equal(text, "tun_metadata3,tun_metadata9=0/0xff delete_field:tun_metadata9");
    free(text);

    const struct field_map *before = field_map_use(two_options());
    const struct field *f = field_by_name("tun_metadata3");
    struct match there = parse_match("tun_metadata3"), zero = parse_match("tun_metadata3=0"),
                 five = parse_match("tun_metadata3=5"), any = parse_match("");
    union field_value value, mask;

    assert_true(match_covers(&there, &zero) && match_covers(&there, &five) && match_covers(&any, &there));
    assert_false(match_covers(&there, &any) || match_covers(&zero, &there) || match_equal(&there, &zero));
    assert_true(field_get_match(f, &there, &value, &mask));
    assert_true(action_is_zero(mask.b, f->n_bytes));
    assert_true(field_map_match_has_options(&there));
    assert_false(field_map_match_has_options(&any));

    struct match packet = any;
    memset(&value, 0, sizeof value);
    field_write(f, &value, &packet.flow);
    assert_true(packet.flow.tun_present == 1u << 3);
    value.b[0] = 1;
    field_write(f, &value, &packet.flow);
    field_take_out(f, &packet.flow);
    field_read(f, &packet.flow, &value);
    assert_true(!packet.flow.tun_present && action_is_zero(value.b, f->n_bytes));
    field_map_use(before);
}

/* What an earlier run had, or nothing. */
static void test_restore(void **state)
{
    struct field_map map = { .space = 0 };
    const struct ofp_tlv_map one = { 1, 1, 8, 3 }, two = { 1, 2, 124, 9 }, wide = { 1, 3, 128, 4 }, far = { 1, 4, 8, 5 };

    assert_true(field_map_restore(&map, &two, 10));
    assert_true(field_map_restore(&map, &one, 8));
    assert_int_equal(map.entries[3].offset, 8);
    assert_false(field_map_restore(&map, &one, 0)); /* mapped */
    assert_false(field_map_restore(&map, &far, 9)); /* taken */
    assert_false(field_map_restore(&map, &far, 63)); /* behind the end */
    assert_false(field_map_restore(&map, &wide, 0));
    assert_true(field_map_restore(&map, &far, 62));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modify),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_client_and_bridge),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
