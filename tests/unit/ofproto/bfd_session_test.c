/* SPDX-License-Identifier: Apache-2.0 */
/* BFD sessions: two of them on a wire that delays, loses and is cut, under a clock that the test turns; one against hand-made packets; the file. */
#include "ofproto/bfd_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "ofproto/bfd_store.h"

enum { WIRE_MAX = 64, N_ENDS = 2 };

static uint32_t number = 1;

static uint32_t draw(void)
{
    number = number * 1664525 + 1013904223;
    return number >> 8;
}

struct flight {
    struct bfd_control control;
    int64_t arrives;
};

struct end {
    struct bfd_session *session;
    struct flight wire[WIRE_MAX]; /* to this end */
    size_t n;
    unsigned int n_sent;
    int64_t last_sent, min_gap, max_gap; /* of packets without the final flag */
    struct bfd_control said;      /* the last packet */
};

static struct end ends[N_ENDS];
static int64_t now;
static bool cut;
static unsigned int loss_percent;

static struct bfd_config config_of(const char *settings)
{
    struct smap map = SMAP_INIT;
    struct bfd_config config;
    char *copy = xstrdup(settings), *save = NULL, *warnings;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value = '\0';
        smap_set(&map, word, value + 1);
    }
    bfd_config_parse(&map, &config, &warnings);
    assert_null(warnings);
    smap_destroy(&map);
    free(copy);
    return config;
}

static void start(const char *a, const char *b)
{
    const char *settings[N_ENDS] = { a, b };
    now = 1000;
    cut = false;
    loss_percent = 0;
    for (int i = 0; i < N_ENDS; i++) {
        struct bfd_config config = config_of(settings[i]);
        memset(&ends[i], 0, sizeof ends[i]);
        ends[i].session = bfd_session_create(100 + (uint32_t) i, &config, NULL, draw, now);
    }
}

static void stop(void)
{
    for (int i = 0; i < N_ENDS; i++) {
        bfd_session_destroy(ends[i].session);
    }
}

static void forget_gaps(void)
{
    for (int i = 0; i < N_ENDS; i++) {
        ends[i].min_gap = INT64_MAX;
        ends[i].max_gap = 0;
        ends[i].last_sent = 0;
        ends[i].n_sent = 0;
    }
}

static void put_on_wire(struct end *from, struct end *to, const struct bfd_control *control)
{
    from->said = *control;
    from->n_sent++;
    if (!(control->flags & BFD_FINAL)) {
        if (from->last_sent) {
            from->min_gap = MIN(from->min_gap, now - from->last_sent);
            from->max_gap = MAX(from->max_gap, now - from->last_sent);
        }
        from->last_sent = now;
    }
    if (!cut && draw() % 100 >= loss_percent) {
        assert_true(to->n < WIRE_MAX);
        to->wire[to->n++] = (struct flight) { *control, now + 5 };
    }
}

static void arrive(struct end *end)
{
    size_t left = 0;
    for (size_t i = 0; i < end->n; i++) {
        if (end->wire[i].arrives <= now) {
            uint8_t bytes[BFD_CONTROL_LEN];
            struct bfd_control control;
            bfd_control_encode(&end->wire[i].control, bytes);
            assert_null(bfd_control_decode(bytes, sizeof bytes, &control));
            assert_null(bfd_session_receive(end->session, &control, now));
        } else {
            end->wire[left++] = end->wire[i];
        }
    }
    end->n = left;
}

/* A millisecond at a time, but sessions are run only when they asked for it: that bfd_session_next() names every event is part of the test. */
static void pass(int64_t ms)
{
    for (int64_t until = now + ms; now < until; now++) {
        for (int i = 0; i < N_ENDS; i++) {
            struct end *end = &ends[i];
            struct bfd_control control;
            arrive(end);
            for (int runs = 0; bfd_session_next(end->session) <= now; runs++) {
                assert_true(runs < 4);
                if (bfd_session_run(end->session, &control, now)) {
                    put_on_wire(end, &ends[!i], &control);
                }
            }
        }
    }
}

static const char *status(int i, const char *key)
{
    static char value[64];
    struct smap map = SMAP_INIT;
    bfd_session_status(ends[i].session, &map, now);
    snprintf(value, sizeof value, "%s", smap_get_or(&map, key, ""));
    smap_destroy(&map);
    return value;
}

static void expect_both(const char *key, const char *value)
{
    for (int i = 0; i < N_ENDS; i++) {
        assert_string_equal(status(i, key), value);
    }
}

static void test_up_and_down(void **state)
{
    start("enable=true", "enable=true");
    expect_both("forwarding", "false");
    forget_gaps();
    pass(900);
    assert_int_equal(ends[0].n_sent, 2); /* slowly until it is up: at 0 ms, and not before 750 */
    pass(3000);
    expect_both("state", "up");
    expect_both("remote_state", "up");
    expect_both("forwarding", "true");
    expect_both("diagnostic", "No Diagnostic");
    expect_both("flap_count", "1");

    /* Both want packets no more often than every 1000 ms. */
    forget_gaps();
    pass(60000);
    for (int i = 0; i < N_ENDS; i++) {
        assert_in_range(ends[i].min_gap, 750, 1000);
        assert_in_range(ends[i].max_gap, ends[i].min_gap, 1001);
        assert_true(ends[i].min_gap < 800 && ends[i].max_gap > 950); /* drawn from the whole range */
    }
    cut = true;
    pass(2000);
    expect_both("state", "up");
    pass(1100);
    expect_both("state", "down");
    expect_both("diagnostic", "Control Detection Time Expired");
    expect_both("forwarding", "false");
    expect_both("flap_count", "2");
    forget_gaps();
    pass(20000);
    assert_in_range(ends[0].min_gap, 750, 1001);
    cut = false;
    pass(3000);
    expect_both("state", "up");
    expect_both("flap_count", "3");
    stop();
}

static void test_fast(void **state)
{
    start("enable=true min_rx=10 min_tx=20 mult=5", "enable=true min_rx=40 min_tx=30 mult=4");
    pass(4000);
    expect_both("state", "up");
    forget_gaps();
    pass(10000);
    assert_in_range(ends[0].max_gap, 30, 41); /* max(20, 40) */
    assert_in_range(ends[1].max_gap, 22, 31); /* max(30, 10) */
    cut = true;
    pass(130); /* 0 expects a packet each 30 ms and waits for 4; 1 each 40 ms and waits for 5 */
    assert_string_equal(status(0, "state"), "down");
    assert_string_equal(status(1, "state"), "up");
    pass(80);
    assert_string_equal(status(1, "state"), "down");
    stop();
}

/* Even where much is lost a session stays up as long as not 'mult' packets in a row are. */
static void test_loss(void **state)
{
    start("enable=true min_rx=10 min_tx=10 mult=20", "enable=true min_rx=10 min_tx=10 mult=20");
    pass(4000);
    loss_percent = 30;
    pass(60000);
    expect_both("state", "up");
    expect_both("flap_count", "1");
    stop();
}

/* Shorter intervals are agreed on by a poll, and nobody goes down meanwhile. */
static void test_change_of_intervals(void **state)
{
    start("enable=true", "enable=true");
    pass(4000);
    struct bfd_config fast = config_of("enable=true min_rx=50 min_tx=50"), slow = config_of("enable=true min_rx=500 min_tx=5000");
    bfd_session_configure(ends[0].session, &fast, now);
    bfd_session_configure(ends[1].session, &fast, now);
    pass(3000);
    forget_gaps();
    pass(5000);
    assert_in_range(ends[0].max_gap, 37, 51);
    assert_false(ends[0].said.flags & BFD_POLL);
    /* Longer ones too: the peer would miss packets if the sender slowed down before it has heard of it. */
    bfd_session_configure(ends[0].session, &slow, now);
    forget_gaps();
    pass(60000);
    assert_in_range(ends[0].max_gap, 3750, 5001);
    expect_both("state", "up");
    expect_both("flap_count", "1");
    stop();
}

static void test_change_while_nobody_answers(void **state)
{
    start("enable=true min_rx=100 min_tx=100", "enable=true min_rx=100 min_tx=100");
    pass(4000);
    struct bfd_config slow = config_of("enable=true min_rx=100 min_tx=5000");
    cut = true;
    bfd_session_configure(ends[0].session, &slow, now);
    forget_gaps();
    pass(250);
    assert_true(ends[0].n_sent >= 2); /* the old interval holds */
    assert_true(ends[0].said.flags & BFD_POLL);
    stop();
}

static void test_cpath_down(void **state)
{
    start("enable=true", "enable=true");
    pass(4000);
    struct bfd_config config = config_of("enable=true cpath_down=true");
    bfd_session_configure(ends[0].session, &config, now);
    pass(1100);
    expect_both("state", "up");
    assert_string_equal(status(0, "forwarding"), "true");
    assert_string_equal(status(1, "forwarding"), "false");
    assert_string_equal(status(1, "remote_diagnostic"), "Concatenated Path Down");
    stop();
}

static void test_forced(void **state)
{
    start("enable=true", "enable=true");
    bfd_session_force(ends[0].session, 1);
    assert_string_equal(status(0, "forwarding"), "true");
    pass(4000);
    bfd_session_force(ends[0].session, 0);
    assert_string_equal(status(0, "forwarding"), "false");
    assert_string_equal(status(0, "state"), "up");
    bfd_session_force(ends[0].session, -1);
    assert_string_equal(status(0, "forwarding"), "true");
    stop();
}

/* A port that is idle but for BFD is asked less often; traffic ends that. */
static void test_decay(void **state)
{
    start("enable=true min_rx=100 min_tx=100 decay_min_rx=3000", "enable=true min_rx=100 min_tx=100");
    pass(4000);
    uint64_t packets = 1000;
    for (int i = 0; i < 20; i++) { /* traffic */
        bfd_session_count(ends[0].session, packets += 5000, now);
        pass(500);
    }
    forget_gaps();
    pass(100);
    assert_int_equal(ends[0].said.min_rx_us, 100000);
    for (int i = 0; i < 40; i++) { /* the port sees nothing more */
        bfd_session_count(ends[0].session, packets, now);
        pass(500);
    }
    assert_int_equal(ends[0].said.min_rx_us, 3000000);
    forget_gaps();
    pass(10000);
    assert_true(ends[1].min_gap >= 2250);
    for (int i = 0; i < 20; i++) {
        bfd_session_count(ends[0].session, packets += 5000, now);
        pass(500);
    }
    assert_int_equal(ends[0].said.min_rx_us, 100000);
    expect_both("flap_count", "1");
    stop();
}

static void test_forwarding_if_rx(void **state)
{
    start("enable=true forwarding_if_rx=true", "enable=true");
    cut = true;
    uint64_t packets = 10;
    for (int i = 0; i < 10; i++) {
        bfd_session_count(ends[0].session, packets += 5, now);
        pass(500);
    }
    assert_string_equal(status(0, "forwarding"), "true");
    assert_string_equal(status(0, "state"), "down");
    pass(3100);
    assert_string_equal(status(0, "forwarding"), "false");
    stop();
}

/* The peer does not notice that one end was replaced by one that remembers. */
static void test_memory(void **state)
{
    start("enable=true", "enable=true");
    pass(4000);
    struct bfd_memory memory;
    bfd_session_remember(ends[0].session, &memory);
    bfd_session_destroy(ends[0].session);
    now += 1500;
    struct bfd_config config = config_of("enable=true");
    ends[0].session = bfd_session_create(memory.local_disc, &config, &memory, draw, now);
    ends[0].n = ends[1].n = 0;
    assert_string_equal(status(0, "forwarding"), "true");
    pass(10000);
    expect_both("state", "up");
    expect_both("flap_count", "1");
    stop();
}

/* One end, and packets made by hand. */

static struct bfd_control packet(enum bfd_state peer_state)
{
    return (struct bfd_control) { .state = peer_state, .mult = 3, .my_disc = 7, .your_disc = 100, .min_tx_us = 1000000, .min_rx_us = 1000000 };
}

static const char *receive(struct bfd_control control)
{
    return bfd_session_receive(ends[0].session, &control, now);
}

/* Every state and every state that the peer may tell: RFC 5880 section 6.8.6. */
static void test_every_transition(void **state)
{
    static const enum bfd_state expected[4][4] = {
        /* peer:        admin down     down          init       up */
        [BFD_DOWN] = { BFD_DOWN, BFD_INIT, BFD_UP, BFD_DOWN },
        [BFD_INIT] = { BFD_DOWN, BFD_INIT, BFD_UP, BFD_UP },
        [BFD_UP] = { BFD_DOWN, BFD_DOWN, BFD_UP, BFD_UP },
    };
    for (enum bfd_state from = BFD_DOWN; from <= BFD_UP; from++) {
        for (enum bfd_state peer = BFD_ADMIN_DOWN; peer <= BFD_UP; peer++) {
            start("enable=true", "enable=true");
            if (from != BFD_DOWN) {
                receive(packet(BFD_DOWN));
            }
            if (from == BFD_UP) {
                receive(packet(BFD_INIT));
            }
            assert_string_equal(status(0, "state"), bfd_state_name(from));
            assert_null(receive(packet(peer)));
            assert_string_equal(status(0, "state"), bfd_state_name(expected[from][peer]));
            stop();
        }
    }
}

static void test_poll_is_answered_at_once(void **state)
{
    start("enable=true", "enable=true");
    struct bfd_control control = packet(BFD_DOWN), answer;
    assert_true(bfd_session_run(ends[0].session, &answer, now)); /* the first */
    control.flags = BFD_POLL;
    receive(control);
    assert_true(bfd_session_run(ends[0].session, &answer, now));
    assert_int_equal(answer.flags, BFD_FINAL);
    assert_int_equal(answer.your_disc, 7);
    assert_false(bfd_session_run(ends[0].session, &answer, now));
    stop();
}

static void test_silence_that_was_asked_for(void **state)
{
    start("enable=true min_tx=100", "enable=true");
    struct bfd_control control = packet(BFD_DOWN), sent;
    control.min_rx_us = 0; /* the peer takes no periodic packets */
    receive(control);
    assert_false(bfd_session_run(ends[0].session, &sent, now + 2000));
    control.min_rx_us = 1000;
    receive(control);
    assert_true(bfd_session_run(ends[0].session, &sent, now + 2000));
    stop();
}

static void test_other_sessions(void **state)
{
    start("enable=true", "enable=true");
    struct bfd_control control = packet(BFD_DOWN);
    control.your_disc = 101;
    assert_non_null(receive(control));
    control.your_disc = 0; /* the peer has not heard us yet */
    assert_null(receive(control));
    assert_string_equal(status(0, "state"), "init");
    stop();
}

/* Bytes. */

static void expect_discarded(size_t offset, uint8_t value, const char *why)
{
    uint8_t bytes[BFD_CONTROL_LEN + 8] = { 0 };
    struct bfd_control control = packet(BFD_UP);
    bfd_control_encode(&control, bytes);
    bytes[offset] = value;
    const char *said = bfd_control_decode(bytes, BFD_CONTROL_LEN, &control);
    assert_non_null(said);
    assert_non_null(strstr(said, why));
}

static void test_malformed(void **state)
{
    struct bfd_control control;
    uint8_t bytes[BFD_CONTROL_LEN] = { 0 };
    assert_non_null(bfd_control_decode(bytes, BFD_CONTROL_LEN - 1, &control));
    expect_discarded(0, 2 << 5, "version");
    expect_discarded(3, 23, "too small");
    expect_discarded(3, 25, "larger");
    expect_discarded(2, 0, "multiplier");
    expect_discarded(1, BFD_UP << 6 | BFD_MULTIPOINT, "multipoint");
    expect_discarded(1, BFD_UP << 6 | BFD_AUTH, "too small");
    expect_discarded(7, 0, "sender's discriminator");
    expect_discarded(11, 0, "receiver's discriminator");
}

static void test_frame(void **state)
{
    uint8_t bytes[BFD_FRAME_LEN];
    struct bfd_control control = packet(BFD_UP), got;
    struct bfd_frame frame = { .src_mac = { { 2, 0, 0, 0, 0, 1 } }, .dst_mac = { { 2, 0, 0, 0, 0, 2 } },
                               .src_ip = htonl(0xa9fe0101), .dst_ip = htonl(0xa9fe0100), .src_port = 50000, .tos = 0xc0 },
                     back;
    bfd_frame_encode(&frame, &control, bytes);
    memset(&back, 0, sizeof back);
    assert_null(bfd_frame_decode(bytes, sizeof bytes, &back, &got));
    assert_memory_equal(&frame.src_mac, &back.src_mac, sizeof frame.src_mac);
    assert_int_equal(back.src_ip, frame.src_ip);
    assert_int_equal(back.src_port, 50000);
    assert_int_equal(got.my_disc, 7);
    for (size_t n = 0; n < sizeof bytes; n++) {
        assert_non_null(bfd_frame_decode(bytes, n, &back, &got));
    }
    static const struct { size_t offset; uint8_t value; } bad[] = {
        { 12, 0x86 } /* no IPv4 */, { 14, 0x46 }, { 14, 0x65 }, { 20, 0x60 } /* a fragment */, { 22, 254 } /* TTL */, { 23, 6 },
        { 37, 0 } /* port */, { 39, 7 } /* UDP length */,
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint8_t copy[BFD_FRAME_LEN];
        memcpy(copy, bytes, sizeof copy);
        copy[bad[i].offset] = bad[i].value;
        assert_non_null(bfd_frame_decode(copy, sizeof copy, &back, &got));
    }
}

static void test_bad_settings(void **state)
{
    struct smap map = SMAP_INIT;
    struct bfd_config config;
    char *warnings;
    smap_set(&map, "enable", "yes");
    smap_set(&map, "min_rx", "0");
    smap_set(&map, "min_tx", "-5");
    smap_set(&map, "mult", "256");
    smap_set(&map, "bfd_src_ip", "here");
    smap_set(&map, "bfd_remote_dst_mac", "00:11");
    bfd_config_parse(&map, &config, &warnings);
    assert_non_null(warnings);
    static const char *const keys[] = { "enable", "min_rx", "min_tx", "mult", "bfd_src_ip", "bfd_remote_dst_mac" };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        assert_non_null(strstr(warnings, keys[i]));
    }
    assert_false(config.enable);
    assert_int_equal(config.min_rx_ms, 1000);
    assert_int_equal(config.min_tx_ms, 100);
    assert_int_equal(config.mult, 3);
    assert_int_equal(config.src_ip, htonl(0xa9fe0101));
    free(warnings);
    smap_destroy(&map);
}

static void test_store(void **state)
{
    char path[] = "/tmp/bfd-store-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct bfd_store_entry in[2] = {
        { "br0", "p 1", { 5, 7, BFD_UP, 0, BFD_UP, 3, 3, 100, 1000, 12 } },
        { "br0", "bad\tname", { 6, 0, BFD_DOWN, 1, BFD_DOWN, 0, 0, 0, 0, 0 } },
    }, *out;
    size_t n;
    assert_int_equal(bfd_store_write(path, in, 2), 0);
    bfd_store_read(path, &out, &n);
    assert_int_equal(n, 1);
    assert_string_equal(out[0].port, "p 1");
    assert_memory_equal(&out[0].memory, &in[0].memory, sizeof in[0].memory);
    free(out);

    /* Of another boot, or damaged: as if it were not there. */
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputc('x', file);
    fclose(file);
    bfd_store_read(path, &out, &n);
    assert_int_equal(n, 0);
    free(out);
    assert_int_equal(bfd_store_write(path, in, 1), 0);
    file = fopen(path, "a");
    fputs("5 7 9 0 3 3 3 100 1000 12\tbr0\tp1\n5 7\n\n", file);
    fclose(file);
    bfd_store_read(path, &out, &n);
    assert_int_equal(n, 1);
    free(out);
    unlink(path);
    close(fd);
    assert_true(bfd_store_write("/nonexistent/file", in, 1) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_and_down),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_change_of_intervals),
        cmocka_unit_test(test_change_while_nobody_answers),
        cmocka_unit_test(test_cpath_down),
        cmocka_unit_test(test_forced),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_forwarding_if_rx),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_every_transition),
        cmocka_unit_test(test_poll_is_answered_at_once),
        cmocka_unit_test(test_silence_that_was_asked_for),
        cmocka_unit_test(test_other_sessions),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_frame),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
