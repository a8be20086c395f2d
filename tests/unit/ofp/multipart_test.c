/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in several messages: put together, bounded, given up after their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/ofp/message.h"
#include "lib/ofp/multipart.h"

enum { TABLE_FEATURES = 12, DESC = 0, PORT = 4 };

/* A part: 'n' bytes of 'fill' behind the headers. */
static struct ofpbuf make_part(enum ofp_version version, uint16_t type, uint32_t xid, bool more, uint8_t fill, size_t n)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    uint8_t head[16] = { (uint8_t) version, 18 };

    put_be16(head + 2, htons((uint16_t) (sizeof head + n)));
    put_be32(head + 4, htonl(xid));
    put_be16(head + 8, htons(type));
    put_be16(head + 10, htons(more));
    ofpbuf_put(&buf, head, sizeof head);
    memset(ofpbuf_put_zeros(&buf, n), fill, n);
    return buf;
}

struct taken {
    enum ofp_multipart_result result;
    enum ofp_error error;
    struct ofpbuf whole;
};

static struct taken take(struct ofp_multipart *mp, struct ofpbuf part, int64_t now)
{
    struct taken t = { 0 };

    t.result = ofp_multipart_take(mp, part.data, part.size, now, &t.whole, &t.error);
    ofpbuf_destroy(&part);
    return t;
}

static void expect(struct ofp_multipart *mp, struct ofpbuf part, enum ofp_multipart_result wanted)
{
    struct taken t = take(mp, part, 0);

    assert_int_equal(t.result, wanted);
    ofpbuf_destroy(&t.whole);
}

static void expect_error(struct ofp_multipart *mp, struct ofpbuf part, enum ofp_error wanted)
{
    struct taken t = take(mp, part, 0);

    assert_int_equal(t.result, OFP_MULTIPART_ERROR);
    assert_int_equal(t.error, wanted);
    assert_int_equal(t.whole.size, 0);
}

static void test_together(void **state)
{
    for (int version = OFP13; version <= OFP15; version++) {
        struct ofp_multipart mp = { 0 };
        enum ofp_version v = (enum ofp_version) version;

        expect(&mp, make_part(v, TABLE_FEATURES, 1, true, 'a', 60000), OFP_MULTIPART_HELD);
        expect(&mp, make_part(v, TABLE_FEATURES, 2, true, 'x', 64), OFP_MULTIPART_HELD); /* another one */
        expect(&mp, make_part(v, TABLE_FEATURES, 1, true, 'b', 60000), OFP_MULTIPART_HELD);
        expect(&mp, make_part(v, TABLE_FEATURES, 3, false, 'c', 8), OFP_MULTIPART_SINGLE);
        struct taken t = take(&mp, make_part(v, TABLE_FEATURES, 1, false, 'c', 16), 0);
        assert_int_equal(t.result, OFP_MULTIPART_WHOLE);
        assert_int_equal(t.whole.size, 16 + 120016);
        assert_int_equal(t.whole.data[16 + 59999], 'a');
        assert_int_equal(t.whole.data[16 + 60000], 'b');
        assert_int_equal(t.whole.data[16 + 120000], 'c');

        struct ofp_message msg;
        assert_int_equal(ofp_decode_assembled(t.whole.data, t.whole.size, &msg), OFPERR_OK);
        assert_int_equal(msg.type, OFPMSG_TABLE_FEATURES_REQUEST);
        assert_int_equal(ntohl(msg.xid), 1);
        assert_int_equal(msg.u.raw.len, 120016);
        assert_false(msg.more);
        ofp_message_destroy(&msg);
        ofpbuf_destroy(&t.whole);
        ofp_multipart_destroy(&mp);
    }
}

/* Before 1.3 the flag means nothing; other messages have none. */
static void test_single(void **state)
{
    struct ofp_multipart mp = { 0 };
    struct ofpbuf echo = { NULL, 0, 0 };

    expect(&mp, make_part(OFP12, DESC, 1, true, 0, 0), OFP_MULTIPART_SINGLE);
    ofp_encode_echo(&echo, OFP15, false, "abc", 3, 1);
    expect(&mp, echo, OFP_MULTIPART_SINGLE);
    assert_int_equal(mp.n, 0);
    ofp_multipart_destroy(&mp);
}

static void test_not_together(void **state)
{
    struct ofp_multipart mp = { 0 };

    /* The tail of a request that was refused is not a request. */
    expect(&mp, make_part(OFP13, TABLE_FEATURES, 1, true, 0, 64), OFP_MULTIPART_HELD);
    expect_error(&mp, make_part(OFP13, DESC, 1, true, 0, 0), OFPBRC_BAD_STAT);
    expect(&mp, make_part(OFP13, TABLE_FEATURES, 1, true, 0, 64), OFP_MULTIPART_HELD);
    expect(&mp, make_part(OFP13, TABLE_FEATURES, 1, false, 0, 64), OFP_MULTIPART_HELD);
    expect(&mp, make_part(OFP13, DESC, 1, false, 0, 0), OFP_MULTIPART_SINGLE);

    /* A request of one fixed structure has no parts. */
    expect_error(&mp, make_part(OFP13, PORT, 2, true, 0, 8), OFPBRC_BAD_STAT);
    expect(&mp, make_part(OFP13, PORT, 2, false, 0, 8), OFP_MULTIPART_HELD);
    assert_int_equal(mp.n, 0);
    assert_int_equal(mp.bytes, 0);
    ofp_multipart_destroy(&mp);
}

static void test_bounds(void **state)
{
    struct ofp_multipart mp = { 0 };
    size_t n = 0;

    while (mp.bytes + 60016 <= OFP_MULTIPART_MAX_BYTES) {
        expect(&mp, make_part(OFP14, TABLE_FEATURES, 1, true, 0, 60000), OFP_MULTIPART_HELD);
        assert_true(++n < 1000);
    }
    expect_error(&mp, make_part(OFP14, TABLE_FEATURES, 1, true, 0, 60000), OFPBRC_MULTIPART_BUFFER_OVERFLOW);
    assert_int_equal(mp.bytes, 0); /* what was held is given up */
    expect(&mp, make_part(OFP14, TABLE_FEATURES, 1, false, 0, 60000), OFP_MULTIPART_HELD);
    assert_int_equal(mp.n, 0);

    for (uint32_t xid = 0; xid < OFP_MULTIPART_MAX_REQUESTS; xid++) {
        expect(&mp, make_part(OFP14, DESC, xid, true, 0, 0), OFP_MULTIPART_HELD);
    }
    expect_error(&mp, make_part(OFP14, DESC, 9999, true, 0, 0), OFPBRC_MULTIPART_BUFFER_OVERFLOW);
    expect(&mp, make_part(OFP14, DESC, 0, false, 0, 0), OFP_MULTIPART_WHOLE);
    ofp_multipart_destroy(&mp);
}

static void test_timeout(void **state)
{
    struct ofp_multipart mp = { 0 };
    struct ofpbuf first = { NULL, 0, 0 };

    assert_true(ofp_multipart_deadline(&mp) == INT64_MAX);
    take(&mp, make_part(OFP13, TABLE_FEATURES, 1, true, 'a', 64), 100);
    take(&mp, make_part(OFP13, TABLE_FEATURES, 2, true, 'b', 64), 200);
    take(&mp, make_part(OFP13, TABLE_FEATURES, 1, true, 'c', 64), 300); /* a part gives it time */
    assert_int_equal(ofp_multipart_deadline(&mp), 200 + OFP_MULTIPART_TIMEOUT_MS);
    assert_false(ofp_multipart_expire(&mp, 199 + OFP_MULTIPART_TIMEOUT_MS, &first));
    assert_true(ofp_multipart_expire(&mp, 200 + OFP_MULTIPART_TIMEOUT_MS, &first));
    assert_int_equal(first.size, 80);
    assert_int_equal(ntohl(get_be32(first.data + 4)), 2);
    first.size = 0;
    assert_false(ofp_multipart_expire(&mp, 200 + OFP_MULTIPART_TIMEOUT_MS, &first));
    assert_true(ofp_multipart_expire(&mp, 300 + OFP_MULTIPART_TIMEOUT_MS, &first));
    assert_int_equal(first.data[16], 'a');
    assert_int_equal(mp.n, 0);
    assert_int_equal(mp.bytes, 0);
    ofpbuf_destroy(&first);
    ofp_multipart_destroy(&mp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_together), cmocka_unit_test(test_single),  cmocka_unit_test(test_not_together),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
