/* SPDX-License-Identifier: Apache-2.0 */
/* Fields: every entry of the table is written, read, matched and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/match.h"

enum { ROUNDS = 50 };

static uint64_t random_state = 12345;

static uint8_t random_byte(void)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint8_t) (random_state >> 56);
}

static void random_value(const struct field *f, union field_value *v)
{
    union field_value exact;

    field_exact_mask(f, &exact);
    memset(v, 0, sizeof *v);
    for (int i = 0; i < f->n_bytes; i++) {
        v->b[i] = random_byte() & exact.b[i];
    }
    if (f->format == FORMAT_PORT) {
        v->be32 = htonl(random_byte() & 1 ? random_byte() : OFPP_LOCAL);
    } else if (f->format == FORMAT_PORT_10) {
        v->be16 = htons(random_byte());
    } else if (f->id == FIELD_VLAN_TCI || f->id == FIELD_VLAN_VID) {
        v->be16 |= htons(VLAN_CFI); /* a TCI without it is no tag at all */
    }
}

static void test_write_read(void **state)
{
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);

        assert_int_equal(f->id, id);
        if (field_is_tun_metadata(f)) {
            continue; /* nowhere, without a mapping */
        }
        for (int i = 0; i < ROUNDS; i++) {
            struct flow flow;
            union field_value v, back;

            flow_init(&flow);
            random_value(f, &v);
            assert_true(field_value_valid(f, &v));
            field_write(f, &v, &flow);
            field_read(f, &flow, &back);
            assert_memory_equal(v.b, back.b, f->n_bytes);
        }
    }
}

static void test_match(void **state)
{
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);

        if (field_is_tun_metadata(f)) {
            continue;
        }
        for (int i = 0; i < ROUNDS; i++) {
            struct match match;
            union field_value v, mask, v_back, mask_back;

            match_init(&match);
            random_value(f, &v);
            if (f->masking == MASK_ANY && i & 1 && f->id != FIELD_VLAN_VID) {
                random_value(f, &mask);
            } else {
                field_exact_mask(f, &mask);
            }
            field_set_match(f, &match, &v, &mask);
            assert_true(flow_mask_covers(&match.mask, &match.flow));
            field_get_match(f, &match, &v_back, &mask_back);
            for (int j = 0; j < f->n_bytes; j++) {
                v.b[j] &= mask.b[j];
            }
            assert_memory_equal(mask.b, mask_back.b, f->n_bytes);
            assert_memory_equal(v.b, v_back.b, f->n_bytes);

            /* Taking it out again leaves nothing, but for a VLAN tag's presence. */
            memset(&mask, 0, sizeof mask);
            field_set_match(f, &match, &v, &mask);
            assert_false(field_get_match(f, &match, &v_back, &mask_back));
        }
    }
}

static void test_lookup(void **state)
{
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);
        const struct field_entry *e = field_entry(f);

        assert_ptr_equal(field_by_name(f->name), f);
        if (f->alias) {
            assert_ptr_equal(field_by_name(f->alias), f);
        }
        if (f->nxm_header) {
            assert_ptr_equal(field_by_header(f->nxm_header), f);
            assert_ptr_equal(field_by_header(f->nxm_header | 1 << 8), f);
            assert_ptr_equal(field_by_wire_name(e->nxm_name), f);
        }
        if (f->oxm_header) {
            assert_ptr_equal(field_by_header(f->oxm_header), f);
            assert_ptr_equal(field_by_wire_name(e->oxm_name), f);
        }
    }
    assert_null(field_by_name("no_such_field"));
    assert_null(field_by_header(0x12340000));
    assert_null(field_by_header(0xffff0000));
}

static void test_vlan(void **state)
{
    struct match match;
    union field_value v = { .be16 = htons(5) };

    match_init(&match);
    field_set_match(field_get(FIELD_DL_VLAN), &match, &v, NULL);
    assert_int_equal(ntohs(match.flow.vlan[0].tci), 0x1005);
    assert_int_equal(ntohs(match.mask.vlan[0].tci), 0x1fff);

    v.be16 = htons(0xffff);
    field_set_match(field_get(FIELD_DL_VLAN), &match, &v, NULL);
    assert_int_equal(match.flow.vlan[0].tci, 0);
    assert_int_equal(match.mask.vlan[0].tci, 0xffff);

    struct flow flow;
    flow_init(&flow);
    v.u8 = 3;
    field_write(field_get(FIELD_VLAN_PCP), &v, &flow);
    assert_int_equal(ntohs(flow.vlan[0].tci), 0x7000);
    assert_int_equal(ntohs(flow.vlan[0].tpid), ETH_TYPE_VLAN_8021Q);
}

static void test_prereqs(void **state)
{
    struct flow flow, mask;

    flow_init(&flow);
    flow_mask_init(&mask);
    assert_true(field_prereqs_met(field_get(FIELD_ETH_SRC), &flow, &mask));
    assert_int_equal(mask.lines, 0);
    assert_false(field_prereqs_met(field_get(FIELD_TCP_SRC), &flow, &mask));
    assert_int_equal(mask.eth_type, 0xffff);

    flow.eth_type = htons(ETH_TYPE_IP);
    flow_use_line(&flow, FLOW_LINE_L3);
    flow.nw_proto = NW_PROTO_TCP;
    assert_true(field_prereqs_met(field_get(FIELD_TCP_SRC), &flow, &mask));
    assert_int_equal(mask.nw_proto, 0xff);
    assert_int_equal(mask.nw_frag, 0xff);
    assert_false(field_prereqs_met(field_get(FIELD_UDP_SRC), &flow, NULL));
    flow.nw_frag = FLOW_FRAG_ANY | FLOW_FRAG_LATER;
    assert_false(field_prereqs_met(field_get(FIELD_TCP_SRC), &flow, NULL));
}

static void test_subfield(void **state)
{
    struct subfield reg, mac, bad;
    struct flow flow;
    struct strbuf s = STRBUF_INIT;

    assert_null(subfield_parse("NXM_NX_REG3[4..11]", &reg));
    subfield_format(&s, &reg);
    assert_string_equal(strbuf_str(&s), "NXM_NX_REG3[4..11]");
    strbuf_clear(&s);
    assert_null(subfield_parse("eth_src[8..15]", &mac));
    subfield_format(&s, &mac);
    assert_string_equal(strbuf_str(&s), "NXM_OF_ETH_SRC[8..15]");
    strbuf_destroy(&s);

    flow_init(&flow);
    flow.eth_src.ea[4] = 0xab;
    subfield_copy(&mac, &flow, &reg, &flow);
    assert_int_equal(flow.regs[3], 0xab0);
    assert_int_equal(subfield_get(&reg, &flow), 0xab);

    static const char *const wrong[] = { "reg0[5", "reg0[5..2]", "reg0[32]", "nothing[]", "" };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        char *error = subfield_parse(wrong[i], &bad);
        assert_non_null(error);
        free(error);
    }
}

static bool get_bit(const uint8_t *number, size_t n, size_t i)
{
    return number[n - 1 - i / 8] >> i % 8 & 1;
}

static void random_subfield(struct subfield *sf)
{
    static const enum field_id ids[] = { FIELD_REG0, FIELD_XREG7, FIELD_XXREG3, FIELD_ETH_SRC, FIELD_METADATA, FIELD_IPV6_SRC, FIELD_NSH_TTL };
    sf->field = field_get(ids[random_byte() % ARRAY_SIZE(ids)]);
    sf->ofs = random_byte() % sf->field->n_bits;
    sf->n_bits = (uint16_t) (1 + random_byte() % (sf->field->n_bits - sf->ofs));
}

/* Bit by bit, the same. */
static void test_subfield_bits(void **state)
{
    struct flow flow, copy;
    flow_init(&flow);
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        flow_use_line(&flow, i);
    }
    for (int round = 0; round < 20000; round++) {
        struct subfield src, dst;
        union field_value from, before, after, mask, value, placed;
        random_subfield(&src);
        random_subfield(&dst);
        random_value(src.field, &from);
        field_write(src.field, &from, &flow);
        random_value(dst.field, &before);
        flow_copy(&copy, &flow);
        field_write(dst.field, &before, &copy);
        subfield_copy(&src, &flow, &dst, &copy);
        field_read(dst.field, &copy, &after);
        subfield_mask(&dst, &mask);
        value = before;
        memset(&placed, 0, sizeof placed);
        subfield_place(&dst, from.b, src.field->n_bytes, &value, &placed);
        uint64_t number = 0;
        for (size_t i = src.n_bits; src.n_bits <= 64 && i-- > 0;) {
            number = number << 1 | get_bit(from.b, src.field->n_bytes, src.ofs + i);
        }
        assert_true(src.n_bits > 64 || subfield_get(&src, &flow) == number);
        for (size_t i = 0, n = dst.field->n_bytes; i < n * 8; i++) {
            bool inside = i >= dst.ofs && i < (size_t) dst.ofs + dst.n_bits, old = get_bit(before.b, n, i);
            size_t bit = i - dst.ofs;
            assert_int_equal(get_bit(mask.b, n, i), inside);
            assert_int_equal(get_bit(placed.b, n, i), inside);
            assert_int_equal(get_bit(after.b, n, i), inside && bit < src.n_bits ? get_bit(from.b, src.field->n_bytes, src.ofs + bit) : old);
            assert_int_equal(get_bit(value.b, n, i), !inside                          ? old
                                                     : bit < src.field->n_bytes * 8u ? get_bit(from.b, src.field->n_bytes, bit)
                                                                                      : 0);
        }
    }
}

static void test_match_sets(void **state)
{
    struct match all, tcp, http;
    union field_value v = { .be16 = htons(ETH_TYPE_IP) };

    match_init(&all);
    match_init(&tcp);
    field_set_match(field_get(FIELD_ETH_TYPE), &tcp, &v, NULL);
    v.u8 = NW_PROTO_TCP;
    field_set_match(field_get(FIELD_IP_PROTO), &tcp, &v, NULL);
    http = tcp;
    v.be16 = htons(80);
    field_set_match(field_get(FIELD_TCP_DST), &http, &v, NULL);

    assert_true(match_covers(&all, &http));
    assert_true(match_covers(&tcp, &http));
    assert_false(match_covers(&http, &tcp));
    assert_true(match_overlaps(&http, &tcp));
    assert_false(match_equal(&http, &tcp));

    struct match other = tcp;
    v.be16 = htons(81);
    field_set_match(field_get(FIELD_TCP_DST), &other, &v, NULL);
    assert_false(match_overlaps(&http, &other));

    memset(&v, 0, sizeof v);
    field_set_match(field_get(FIELD_TCP_DST), &http, &v, &v);
    match_normalize(&http);
    assert_true(match_equal(&http, &tcp));
}

/* A match that meets some prerequisites and has some fields already. */
static void random_match(struct match *match)
{
    static const uint16_t types[] = { ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_ARP, ETH_TYPE_MPLS, ETH_TYPE_NSH };
    static const uint8_t protos[] = { NW_PROTO_TCP, NW_PROTO_UDP, NW_PROTO_ICMP, NW_PROTO_ICMPV6, NW_PROTO_SCTP };
    union field_value v = { .be16 = htons(types[random_byte() % ARRAY_SIZE(types)]) };

    match_init(match);
    if (random_byte() % 8) {
        field_set_match(field_get(FIELD_ETH_TYPE), match, &v, NULL);
        v.u8 = protos[random_byte() % ARRAY_SIZE(protos)];
        field_set_match(field_get(FIELD_IP_PROTO), match, &v, NULL);
    }
    for (int i = random_byte() % 4; i > 0; i--) {
        const struct field *f = field_get((enum field_id) (random_byte() % FIELD_N_IDS));
        random_value(f, &v);
        if (field_entry(f)->place.kind != PLACE_NOWHERE && field_match_prereqs_met(f, match)) {
            field_set_match(f, match, &v, NULL);
        }
    }
}

/* What is added as simple is what the general way makes of it, and would not have been refused. */
static void check_simple(const struct field *f, const struct match *before, const struct match *simple,
                         const union field_value *value, const union field_value *mask)
{
    struct match general = *before;
    union field_value had, had_mask;

    assert_true(field_match_prereqs_met(f, before));
    assert_false(field_get_match(f, before, &had, &had_mask));
    assert_true(field_value_valid(f, value));
    assert_true(!mask || field_mask_valid(f, mask));
    for (int i = 0; mask && i < f->n_bytes; i++) {
        assert_false(value->b[i] & ~mask->b[i]);
    }
    field_set_match(f, &general, value, mask);
    assert_true(match_equal(simple, &general));
}

static void test_add_simple(void **state)
{
    unsigned int n_added[FIELD_N_IDS] = { 0 };

    for (int round = 0; round < 400; round++) {
        for (int id = 0; id < FIELD_N_IDS; id++) {
            const struct field *f = field_get((enum field_id) id);
            bool has_mask = random_byte() & 1;
            union field_value value, mask;
            struct match before, simple;
            uint8_t entry[2 * FIELD_MAX_BYTES];

            random_match(&before);
            assert_true(field_is_matched(f, &before) == field_get_match(f, &before, &value, &mask));
            random_value(f, &value);
            random_value(f, &mask);
            value.b[random_byte() % f->n_bytes] |= random_byte() % 4 ? 0 : random_byte(); /* bits that it has not, at times */
            for (int i = 0; has_mask && i < f->n_bytes && random_byte() % 16; i++) {
                value.b[i] &= mask.b[i];
            }
            memcpy(entry, value.b, f->n_bytes);
            memcpy(entry + f->n_bytes, mask.b, f->n_bytes);
            simple = before;
            if (field_add_simple(f, &simple, entry, has_mask)) {
                n_added[id]++;
                check_simple(f, &before, &simple, &value, has_mask ? &mask : NULL);
            } else {
                assert_true(match_equal(&simple, &before));
            }
        }
    }
    assert_true(n_added[FIELD_IPV4_DST] && n_added[FIELD_TCP_DST] && n_added[FIELD_ETH_TYPE] && n_added[FIELD_ETH_SRC] &&
                n_added[FIELD_REG0] && n_added[FIELD_METADATA] && n_added[FIELD_CT_STATE] && n_added[FIELD_IPV6_DST]);
    assert_false(n_added[FIELD_IN_PORT] || n_added[FIELD_VLAN_TCI] || n_added[FIELD_PACKET_TYPE]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_read), cmocka_unit_test(test_match),
        cmocka_unit_test(test_lookup),     cmocka_unit_test(test_vlan),
        cmocka_unit_test(test_prereqs),    cmocka_unit_test(test_subfield), cmocka_unit_test(test_subfield_bits),
        cmocka_unit_test(test_match_sets), cmocka_unit_test(test_add_simple),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
