/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-mods as ovs-ofctl sends them: decoded and encoded again they are the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/ofp/message.h"

static const struct {
    enum ofp_version version;
    const char *text, *hex;
} golden[] = {
#include "tests/unit/ofp/golden_flow_mods.inc"
};

static size_t unhex(const char *hex, uint8_t *to)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        unsigned int x;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &x), 1);
        to[i] = (uint8_t) x;
    }
    return n;
}

static void show(const char *what, const uint8_t *p, size_t n)
{
    printf("%s ", what);
    for (size_t i = 0; i < n; i++) {
        printf("%02x", p[i]);
    }
    printf("\n");
}

static void test_reencode(void **state)
{
    int n_failed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
        uint8_t bytes[4096];
        size_t n = unhex(golden[i].hex, bytes);
        struct ofp_message msg;
        struct ofpbuf out = { 0 };
        enum ofp_error error = ofp_decode(bytes, n, true, &msg);

        if (error) {
            printf("%d %s: %s\n", golden[i].version, golden[i].text, ofp_error_name(error));
            n_failed++;
        } else {
            assert_int_equal(msg.type, OFPMSG_FLOW_MOD);
            assert_true(ofp_encode_flow_mod(&out, msg.version, &msg.u.flow_mod, msg.nx, true,
                                            msg.xid));
            if (out.size != n || memcmp(out.data, bytes, n)) {
                printf("%d %s:\n", golden[i].version, golden[i].text);
                show("wanted", bytes, n);
                show("got   ", out.data, out.size);
                n_failed++;
            }
        }
        ofpbuf_destroy(&out);
        ofp_message_destroy(&msg);
    }
    assert_int_equal(n_failed, 0);
}

/* The text is read, and what ovs-ofctl made of it comes out. */
static void test_parse(void **state)
{
    int n_failed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
        uint8_t bytes[4096];
        size_t n = unhex(golden[i].hex, bytes);
        struct ofp_flow_mod fm;
        struct ofpbuf out = { 0 };
        char *error = ofp_flow_mod_parse(&fm, golden[i].text, OFPFC_ADD, NULL);

        if (error) {
            printf("%d %s: %s\n", golden[i].version, golden[i].text, error);
            free(error);
            n_failed++;
            continue;
        }
        bool nxm = bytes[1] == 4;
        be32 xid = get_be32(bytes + 4);
        assert_true(ofp_encode_flow_mod(&out, golden[i].version, &fm, nxm,
                                        golden[i].version == OFP10, xid));
        if (out.size != n || memcmp(out.data, bytes, n)) {
            printf("%d %s:\n", golden[i].version, golden[i].text);
            show("wanted", bytes, n);
            show("got   ", out.data, out.size);
            n_failed++;
        }
        ofpbuf_destroy(&out);
        ofp_flow_mod_destroy(&fm);
    }
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reencode),
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
