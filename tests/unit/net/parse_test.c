/* SPDX-License-Identifier: Apache-2.0 */
/* The parser on the packets of its corpus: what it makes of each (parse_expected.txt), and that
 * nothing makes it read too far.
 *
 * parse_expected.txt agrees with what Debian's "ovs-ofctl parse-pcap" says of the same packets.
 * PARSE_TEST_PRINT=1 prints it anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "tests/unit/net/corpus.h"
#include "tests/unit/net/naive.h"

static void format_offset(struct strbuf *out, const char *name, uint16_t ofs)
{
    if (ofs != PACKET_NO_OFFSET) {
        strbuf_putf(out, " %s=%u", name, ofs);
    }
}

/* One line: name, result, offsets and flow. */
static void describe(struct strbuf *out, const struct corpus_packet *packet)
{
    struct packet p;
    struct flow key;
    packet_use(&p, packet->data, packet->size, 0, packet->size);
    p.in_port = 3;
    enum parse_result result = parse_packet(&p, &key);
    strbuf_putf(out, "%s: %s", packet->name, parse_result_name(result));
    format_offset(out, "l2_5", p.l2_5_ofs);
    format_offset(out, "l3", p.l3_ofs);
    format_offset(out, "l4", p.l4_ofs);
    if (p.l2_pad) {
        strbuf_putf(out, " pad=%u", p.l2_pad);
    }
    strbuf_putc(out, ' ');

    /* Metadata is left out, but for the port. */
    struct flow mask;
    flow_mask_init(&mask);
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, packet_type);
    for (int i = 1; i < FLOW_N_DP_LINES; i++) {
        flow_use_line(&mask, i);
        memset(&mask.line[i], 0xff, FLOW_LINE_SIZE);
    }
    mask.lines &= ~(1u << FLOW_LINE_CT | 1u << FLOW_LINE_TUNNEL | 15u << FLOW_LINE_TUN_OPTS);
    FLOW_MASK_FIELD(&mask, eth_src);
    FLOW_MASK_FIELD(&mask, eth_dst);
    FLOW_MASK_FIELD(&mask, eth_type);
    FLOW_MASK_FIELD(&mask, vlan);
    mask.ct_nw_src = mask.ct_nw_dst = 0;
    mask.ct_tp_src = mask.ct_tp_dst = mask.ct_nw_proto = 0;
    if (!flow_line(&key, FLOW_LINE_IPV6)->bytes[56] && !flow_line(&key, FLOW_LINE_IPV6)->bytes[57]) {
        flow_use_line(&mask, FLOW_LINE_IPV6);
        mask.ipv6_exthdr = 0; /* no extension headers */
    }
    flow_format(out, &key, &mask, NULL, false);
    strbuf_putc(out, '\n');
}

static char *read_expected(void)
{
    const char *srcdir = getenv("srcdir");
    char *path = xasprintf("%s/tests/unit/net/parse_expected.txt", srcdir ? srcdir : "..");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = xzalloc(65536);
    size_t n = fread(text, 1, 65535, file);
    assert_true(n > 0 && n < 65535);
    fclose(file);
    free(path);
    return text;
}

static void expected(void **state)
{
    size_t n;
    struct corpus_packet *packets = corpus_read(&n);
    struct strbuf out = STRBUF_INIT;
    for (size_t i = 0; i < n; i++) {
        describe(&out, &packets[i]);
    }
    corpus_free(packets, n);
    if (getenv("PARSE_TEST_PRINT")) {
        puts(strbuf_str(&out));
    } else {
        char *text = read_expected();
        const char *want = text, *have = strbuf_str(&out);
        for (; *want && *have; want += strcspn(want, "\n") + 1, have += strcspn(have, "\n") + 1) {
            char w[1024], h[1024];
            snprintf(w, sizeof w, "%.*s", (int)strcspn(want, "\n"), want);
            snprintf(h, sizeof h, "%.*s", (int)strcspn(have, "\n"), have);
            assert_string_equal(h, w);
        }
        assert_int_equal(*want, *have);
        free(text);
    }
    strbuf_destroy(&out);
}

/* Parses an exact copy of the bytes, the head and the rest in buffers of their own, and checks what
 * holds for any packet. */
static enum parse_result parse_exact(const uint8_t *data, size_t head_len, size_t tail_len,
                                     struct flow *key)
{
    uint8_t *head = xmemdup(data, head_len);
    struct packet p;
    packet_use(&p, head, head_len, 0, head_len);
    if (tail_len) {
        p.tail = xmemdup(data + head_len, tail_len);
        p.tail_len = tail_len;
    }
    memset(key, 0x5a, sizeof *key); /* what was there must not show */
    enum parse_result result = parse_packet(&p, key);

    assert_true(key->lines & 1);
    assert_true(key->lines < 1u << FLOW_N_DP_LINES);
    assert_true(p.l2_5_ofs == PACKET_NO_OFFSET || p.l2_5_ofs <= head_len);
    assert_true(p.l3_ofs == PACKET_NO_OFFSET || p.l3_ofs <= head_len);
    assert_true(p.l4_ofs == PACKET_NO_OFFSET || p.l4_ofs <= head_len);
    assert_true(p.l2_pad <= head_len + tail_len);
    assert_true(!(key->lines & 1u << FLOW_LINE_IPV6) || key->lines & 1u << FLOW_LINE_L3);
    assert_memory_equal(head, data, head_len);
    free(p.tail);
    free(head);
    return result;
}

static void truncated(void **state)
{
    size_t n;
    struct corpus_packet *packets = corpus_read(&n);
    for (size_t i = 0; i < n; i++) {
        struct flow whole, cut, split;
        parse_exact(packets[i].data, packets[i].size, 0, &whole);
        for (size_t size = 0; size < packets[i].size; size++) {
            enum parse_result result = parse_exact(packets[i].data, size, 0, &cut);
            assert_int_equal(result == PARSE_TOO_SHORT, size < ETH_HEADER_LEN);
            parse_exact(packets[i].data, size, packets[i].size - size, &split);
            if (size >= 200) {
                assert_true(flow_equal(&split, &whole)); /* all headers are in the head */
            }
        }
    }
    corpus_free(packets, n);
}

static void flipped(void **state)
{
    size_t n;
    struct corpus_packet *packets = corpus_read(&n);
    for (size_t i = 0; i < n; i++) {
        for (size_t ofs = 0; ofs < packets[i].size; ofs++) {
            static const uint8_t flips[] = {0xff, 0x01, 0x80, 0x10, 0x0f};
            for (size_t j = 0; j < sizeof flips; j++) {
                struct flow key;
                packets[i].data[ofs] ^= flips[j];
                parse_exact(packets[i].data, packets[i].size, 0, &key);
                packets[i].data[ofs] ^= flips[j];
            }
        }
    }
    corpus_free(packets, n);
}

/* Padding of any length is no part of L4, and is told apart from it to the last byte. */
static void padding(void **state)
{
    static const uint8_t packet[] = {
        2,    0, 0,  0,  0, 1, 2, 0, 0,  0,  0, 2, 8,  0, /* Ethernet */
        0x45, 0, 0,  27, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
        0,    1, 10, 0,  0, 2, /* IPv4, one byte too short for UDP */
        0,    1, 0,  2,  0, 8, 0,
    };
    uint8_t *data = xzalloc(65536);
    memcpy(data, packet, sizeof packet);
    for (size_t pad = 0; pad <= 65000; pad += pad < 600 ? 1 : 997) {
        struct packet p;
        struct flow key;
        packet_use(&p, data, 65536, 0, sizeof packet + pad);
        assert_int_equal(parse_packet(&p, &key), PARSE_TRUNCATED);
        assert_int_equal(p.l2_pad, pad);
        assert_int_equal(key.nw_proto, NW_PROTO_UDP);
        assert_int_equal(key.tp_src, 0);
        data[17]++; /* now UDP's header is whole, if there is a byte of padding to take */
        enum parse_result result = parse_packet(&p, &key);
        assert_int_equal(result, pad ? PARSE_OK : PARSE_BAD_LENGTH);
        assert_int_equal(key.tp_dst, pad ? htons(2) : 0);
        data[17]--;
    }
    free(data);
}

static void metadata(void **state)
{
    uint8_t data[14] = {0};
    struct packet p;
    struct flow key;
    packet_use(&p, data, sizeof data, 0, sizeof data);
    p.in_port = 1;
    p.recirc_id = 2;
    p.skb_priority = 3;
    p.pkt_mark = 4;
    p.dp_hash = 5;
    p.l4_ofs = 7;
    assert_int_equal(parse_packet(&p, &key), PARSE_OK);
    assert_int_equal(key.in_port, 1);
    assert_int_equal(key.recirc_id, 2);
    assert_int_equal(key.skb_priority, 3);
    assert_int_equal(key.pkt_mark, 4);
    assert_int_equal(key.dp_hash, 5);
    assert_int_equal(p.l4_ofs, PACKET_NO_OFFSET);
    for (int i = 0; i < PARSE_N_RESULTS; i++) {
        assert_string_not_equal(parse_result_name(i), "unknown");
    }
    assert_string_equal(parse_result_name(PARSE_N_RESULTS), "unknown");
}

/* What the parser says of extension headers and I-TAGs is what the twin says. */
static void extensions(void **state)
{
    int n_v6 = 0, n_pbb = 0, seen = 0, n_kinds[16] = {0};
    srandom(3);
    for (int step = 0; step < 40000; step++) {
        uint8_t data[1024];
        struct flow key;
        struct dissection d;
        size_t n = naive_random_packet(data, sizeof data);
        naive_dissect(data, n, &d);
        assert_int_equal(parse_exact(data, n, 0, &key), PARSE_OK);
        if (d.version == 6) {
            n_v6++;
            assert_int_equal(key.ipv6_exthdr, d.exthdr);
            assert_int_equal(key.nw_proto, d.proto);
            seen |= d.exthdr;
            n_kinds[__builtin_popcount(d.exthdr)]++;
        } else if (d.pbb >= 0) {
            n_pbb++;
            assert_int_equal(ntohl(key.pbb_isid) >> 16, data[d.pbb + 1]);
            assert_int_equal(ntohl(key.pbb_isid) & 0xffff, naive_get16(data + d.pbb + 2));
            assert_int_equal(key.pbb_uca, data[d.pbb] >> 3 & 1);
        } else {
            assert_int_equal(flow_line(&key, FLOW_LINE_IPV6)->bytes[56], 0);
        }
    }
    assert_true(n_v6 > 10000 && n_pbb > 1000 && n_kinds[5] > 50);
    assert_int_equal(seen, 0x1ff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions),
        cmocka_unit_test(expected), cmocka_unit_test(truncated), cmocka_unit_test(flipped),
        cmocka_unit_test(padding),  cmocka_unit_test(metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
