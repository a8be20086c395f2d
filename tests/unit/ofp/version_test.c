/* SPDX-License-Identifier: Apache-2.0 */
/* Each message, made at random in each version: what is decoded encodes to the same bytes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/ofp/msg_table.h"
#include "tests/unit/ofp/make_message.h"

enum { ROUNDS = 300 };

/* What is decoded from 'wire', encoded again. */
static void round_trip(struct maker *m, const struct message_kind *kind, struct ofpbuf *wire)
{
    struct ofp_message msg;
    enum ofp_error error;

    m->wire = wire;
    m->out = (struct ofpbuf) { NULL, 0, 0 };
    assert_int_equal(ofp_message_len(wire->data, wire->size), wire->size);
    error = ofp_decode(wire->data, wire->size, true, &msg);
    if (error) {
        fail_msg("%s of version %d: %s", kind->name, m->version, ofp_error_name(error));
    }
    assert_int_equal(msg.version, m->version);
    kind->again(m, &msg);
    ofp_message_destroy(&msg);
}

static void check_equal(const struct maker *m, const struct message_kind *kind, const struct ofpbuf *a, const struct ofpbuf *b)
{
    if (a->size != b->size || memcmp(a->data, b->data, a->size)) {
        for (size_t i = 0; i < MAX(a->size, b->size); i++) {
            if (i >= a->size || i >= b->size || a->data[i] != b->data[i]) {
                fail_msg("%s of version %d: %zu and %zu bytes, the first difference at %zu", kind->name, m->version,
                         a->size, b->size, i);
            }
        }
    }
}

/* Which entries of the table a message was made of, in which versions. */
static bool made[256][OFP15 + 1];

static void note_made(const struct ofpbuf *wire)
{
    struct msg_header h;
    assert_int_equal(msg_header_decode(wire->data, wire->size, &h), OFPERR_OK);
    assert_in_range(h.wire - msg_table, 0, ARRAY_SIZE(made) - 1);
    made[h.wire - msg_table][h.version] = true;
}

static void check_kind(const struct message_kind *kind, enum ofp_version version, uint64_t seed)
{
    struct maker m = { { seed }, version, kind->nx, { NULL, 0, 0 }, NULL, kind };
    struct ofpbuf first, second;

    kind->make(&m);
    first = m.out;
    note_made(&first);
    round_trip(&m, kind, &first);
    second = m.out;
    if (!kind->lossy) {
        check_equal(&m, kind, &first, &second);
    }
    round_trip(&m, kind, &second);
    check_equal(&m, kind, &second, &m.out);
    ofpbuf_destroy(&first);
    ofpbuf_destroy(&second);
    ofpbuf_destroy(&m.out);
}

/* Of both tables. */
static const struct message_kind *get_kind(size_t i)
{
    return i < n_message_kinds ? &message_kinds[i] : i < n_message_kinds + n_state_message_kinds ? &state_message_kinds[i - n_message_kinds] : NULL;
}

static void test_each_message_in_each_version(void **state)
{
    const struct message_kind *kind;

    for (size_t i = 0; (kind = get_kind(i)); i++) {
        for (int version = kind->first; version <= kind->last; version++) {
            for (uint64_t round = 0; round < ROUNDS; round++) {
                check_kind(kind, (enum ofp_version) version, round * 1000 + i);
            }
        }
    }
}

/* A message that is added to the table is to be added to those that are made. */
static void test_no_message_is_missing(void **state)
{
    unsigned int missing = 0;

    for (size_t i = 0; i < msg_table_len; i++) {
        const struct msg_wire *wire = &msg_table[i];

        for (int version = wire->first; version <= MIN(wire->last, OFP15); version++) {
            if (!made[i][version]) {
                print_error("%s in version %d was not made\n", wire->name, version);
                missing++;
            }
        }
    }
    assert_int_equal(missing, 0);
}

/* Every prefix of a message is refused or read, never read beyond. */
static void test_cut_off(void **state)
{
    const struct message_kind *kind;

    for (size_t i = 0; (kind = get_kind(i)); i++) {
        for (int version = kind->first; version <= kind->last; version++) {
            struct maker m = { { i }, (enum ofp_version) version, kind->nx, { NULL, 0, 0 }, NULL, kind };

            kind->make(&m);
            for (size_t n = 0; n < m.out.size; n++) {
                uint8_t *exact = malloc(n ? n : 1);
                struct ofp_message msg;

                memcpy(exact, m.out.data, n);
                if (n >= 4) {
                    put_be16(exact + 2, htons((uint16_t) n));
                }
                enum ofp_error error = ofp_decode(exact, n, true, &msg);
                (void) error;
                ofp_message_destroy(&msg);
                free(exact);
            }
            ofpbuf_destroy(&m.out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_message_in_each_version),
        cmocka_unit_test(test_no_message_is_missing),
        cmocka_unit_test(test_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
