/* SPDX-License-Identifier: Apache-2.0 */
/* Optics of ports and the counters of RFC 2819: encoded, decoded and printed, in the sizes that the standard gives, and refused in others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/message.h"
#include "lib/ofp/port.h"
#include "lib/ofp/stats.h"

static void check_text(const struct ofpbuf *buf, const char *wanted)
{
    struct strbuf s = STRBUF_INIT;
    ofp_format(&s, buf->data, buf->size, NULL, 2);
    if (!strstr(strbuf_str(&s), wanted)) {
        fail_msg("%s\nis not in\n%s", wanted, strbuf_str(&s));
    }
    strbuf_destroy(&s);
}

static const struct ofp_optics optics = {
    .present = true, .supported = OFPOPF_RX_TUNE | OFPOPF_USE_FREQ, .tx_min = 191, .tx_max = 196, .tx_grid = 5, .rx_min = 190, .rx_max = 197,
    .rx_grid = 6, .tx_pwr_min = 3, .tx_pwr_max = 9,
};

static void description(void **state)
{
    struct ofp_phy_port port = { .no = 7, .name = "optic", .curr_speed = 1000, .optics = optics };
    struct ofp_message msg;
    for (enum ofp_version version = OFP10; version <= OFP15; version++) {
        struct ofpbuf buf = { NULL, 0, 0 };
        ofp_encode_port_status(&buf, version, OFPPR_ADD, &port);
        assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPERR_OK);
        const struct ofp_optics *back = &msg.u.port_status.port.optics;
        assert_int_equal(back->present, version >= OFP14);
        if (version >= OFP14) {
            assert_int_equal(buf.size, 8 + 8 + 40 + 32 + 40); /* headers, port, Ethernet, optics */
            assert_memory_equal(back, &optics, sizeof optics);
            check_text(&buf, "     optical:    RX_TUNE USE_FREQ\n     optical tx: min=191, max=196, grid=5, power min=3, max=9\n"
                             "     optical rx: min=190, max=197, grid=6\n");
            put_be16(buf.data + buf.size - 40 + 2, htons(32)); /* shorter than optics are */
            put_be16(buf.data + 2, htons((uint16_t) (buf.size - 8)));
            put_be16(buf.data + 16 + 4, htons(40 + 32 + 32));
            assert_int_equal(ofp_decode(buf.data, buf.size - 8, false, &msg), OFPBPC_BAD_LEN);
        }
        ofpbuf_destroy(&buf);
    }
}

static void modification(void **state)
{
    const struct ofp_port_mod pm = {
        .no = 7, .optics = { .present = true, .configure = OFPOPF_TX_TUNE, .freq_lmda = 193, .fl_offset = -5, .grid_span = 2, .tx_pwr = 4 },
    };
    for (enum ofp_version version = OFP13; version <= OFP15; version++) {
        struct ofpbuf buf = { NULL, 0, 0 };
        struct ofp_message msg;
        ofp_encode_port_mod(&buf, version, &pm, 0);
        assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPERR_OK);
        if (version < OFP14) {
            assert_false(msg.u.port_mod.optics.present);
        } else {
            assert_int_equal(buf.size, 8 + 24 + 24);
            assert_memory_equal(&msg.u.port_mod.optics, &pm.optics, sizeof pm.optics);
            check_text(&buf, "     optical: TX_TUNE, center=193, offset=-5, span=2, tx_power=4\n");
            put_be16(buf.data + buf.size - 24 + 2, htons(20));
            assert_int_equal(ofp_decode(buf.data, buf.size, false, &msg), OFPBPC_BAD_LEN);
        }
        ofpbuf_destroy(&buf);
    }
}

static struct ofp_port_stats next_stats(const struct ofpbuf *buf, enum ofp_error wanted)
{
    struct ofp_message msg;
    struct ofp_stats_iter iter;
    struct ofp_port_stats ps;
    assert_int_equal(ofp_decode(buf->data, buf->size, false, &msg), OFPERR_OK);
    ofp_stats_iter_init(&iter, &msg);
    assert_int_equal(ofp_port_stats_next(&iter, &ps), wanted);
    return ps;
}

static struct ofpbuf reply(enum ofp_version version, const struct ofp_port_stats *ps)
{
    const struct ofp_message request = { .type = OFPMSG_PORT_STATS_REQUEST, .version = version };
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, &request);
    ofp_reply_port_stats(&msgs, ps);
    return msgs.buf;
}

static void statistics(void **state)
{
    struct ofp_port_stats ps = {
        .no = 7,
        .optics = { .present = true, .flags = OFPOSF_TX_PWR | OFPOSF_TX_TEMP, .tx_freq_lmda = 1, .tx_offset = 2, .tx_grid_span = 3,
                    .rx_freq_lmda = 4, .rx_offset = 5, .rx_grid_span = 6, .tx_pwr = 7, .rx_pwr = 8, .bias_current = 9, .temperature = 10 },
        .rfc2819 = { .present = true },
    };
    for (uint64_t i = 0; i < RFC2819_N; i++) {
        ps.rfc2819.counters[i] = 101 + i;
    }
    for (enum ofp_version version = OFP13; version <= OFP15; version++) {
        struct ofpbuf buf = reply(version, &ps);
        struct ofp_port_stats back = next_stats(&buf, OFPERR_OK);
        assert_int_equal(back.optics.present, version >= OFP14);
        assert_int_equal(back.rfc2819.present, version >= OFP14);
        if (version >= OFP14) {
            assert_int_equal(buf.size, 16 + 80 + 40 + 48 + 184); /* headers, counters, Ethernet, padded optics, RFC 2819 */
            assert_memory_equal(&back.optics, &ps.optics, sizeof ps.optics);
            assert_memory_equal(&back.rfc2819, &ps.rfc2819, sizeof ps.rfc2819);
            check_text(&buf, "           optical TX_PWR TX_TEMP\n           optical rx center=4, offset=5, span=6, power=8\n"
                             "           optical tx center=1, offset=2, span=3, power=7, bias=9, temperature=10\n");
        }
        ofpbuf_destroy(&buf);
    }
}

/* As ovs-ofctl 3.1 prints the same bytes. */
static void counters(void **state)
{
    struct ofp_port_stats ps = { .no = 7, .rfc2819 = { .present = true } };
    for (uint64_t i = 0; i < RFC2819_N; i++) {
        ps.rfc2819.counters[i] = 101 + i;
    }
    struct ofpbuf buf = reply(OFP14, &ps);
    check_text(&buf, "           rx rfc2819 1_to_64_packets=101, 65_to_127_packets=102, 128_to_255_packets=103, 256_to_511_packets=104, "
                     "512_to_1023_packets=105, 1024_to_1522_packets=106, 1523_to_max_packets=107, broadcast_packets=116, "
                     "undersized_errors=118, oversize_errors=119, rx_fragmented_errors=120, rx_jabber_errors=121, \n"
                     "           tx rfc2819 1_to_64_packets=108, 65_to_127_packets=109, 128_to_255_packets=110, 256_to_511_packets=111, "
                     "512_to_1023_packets=112, 1024_to_1522_packets=113, 1523_to_max_packets=114, multicast_packets=115, "
                     "broadcast_packets=117, \n");

    /* Cut short by one counter. */
    put_be16(buf.data + 2, htons((uint16_t) (buf.size - 8)));
    put_be16(buf.data + 16, htons((uint16_t) (buf.size - 16 - 8)));
    put_be16(buf.data + buf.size - 184 + 2, htons(176));
    buf.size -= 8;
    next_stats(&buf, OFPBPC_BAD_LEN);
    ofpbuf_destroy(&buf);

    /* What is not known is not printed. */
    memset(ps.rfc2819.counters, 0xff, sizeof ps.rfc2819.counters);
    ps.rfc2819.counters[RFC2819_RX_JABBER] = 7;
    buf = reply(OFP15, &ps);
    check_text(&buf, "           duration=0s\n           rx rfc2819 rx_jabber_errors=7, \n");
    struct strbuf s = STRBUF_INIT;
    ofp_format(&s, buf.data, buf.size, NULL, 2);
    assert_null(strstr(strbuf_str(&s), "tx rfc2819"));
    strbuf_destroy(&s);

    /* Another experimenter's property says nothing. */
    buf.data[buf.size - 184 + 7] = 2;
    struct ofp_port_stats back = next_stats(&buf, OFPERR_OK);
    assert_false(back.rfc2819.present);
    ofpbuf_destroy(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(description), cmocka_unit_test(modification), cmocka_unit_test(statistics), cmocka_unit_test(counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
