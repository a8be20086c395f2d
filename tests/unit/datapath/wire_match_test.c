/* SPDX-License-Identifier: Apache-2.0 */
/* A megaflow's match as bytes of packets, against parsing and comparing the key: packets that are built alike match by one exactly if
 * they match by the other, and no other packet matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/line_ops.h"
#include "lib/base/hash.h"
#include "lib/net/parse.h"
#include "tests/unit/net/random_flow.h"

enum { MAX_PAYLOAD = 64, N_SAMPLES = 30000, N_VARIANTS = 12 };

/* A packet in a buffer of its own, so that a sanitizer sees what is read beyond. */
struct sample {
    uint8_t frame[512];
    struct packet packet;
    struct packet_tunnel tunnel;
    struct flow key;
    enum parse_result result;
};

static void parse(struct sample *s)
{
    s->result = parse_packet(&s->packet, &s->key);
}

/* A packet of a kind that can be made a match of, most often. */
static bool make_sample(struct sample *s)
{
    static const uint8_t protos[] = { NW_PROTO_TCP, NW_PROTO_UDP, NW_PROTO_GRE };
    struct flow wanted;
    random_flow_key(&wanted);
    wanted.lines &= (1u << FLOW_LINE_TUNNEL) - 1;
    if (random() % 8 && flow_is_ip_any(&wanted)) {
        wanted.nw_proto = protos[random() % ARRAY_SIZE(protos)];
        wanted.nw_frag = 0;
        wanted.ipv6_exthdr = 0;
        memset(&wanted.vlan[random() % 2], 0, sizeof wanted.vlan - random() % 2 * sizeof wanted.vlan[0]);
    }
    for (size_t i = 0; i < sizeof s->frame; i++) {
        s->frame[i] = random();
    }
    uint8_t *bytes = s->frame + 64;
    uint32_t len = flow_compose(&wanted, bytes, sizeof s->frame - 64 - MAX_PAYLOAD, random() % MAX_PAYLOAD);
    if (!len) {
        return false;
    }
    packet_use(&s->packet, s->frame, sizeof s->frame, 64, len + random() % 2 * (random() % 16));
    s->packet.in_port = 3;
    if (random() % 3 == 0) {
        for (size_t i = 0; i < sizeof s->tunnel.line; i++) {
            s->tunnel.line.bytes[i] = random();
        }
        TUNNEL_FIELD(&s->tunnel.line, tun_opts_len) = 0;
        s->packet.tunnel = &s->tunnel;
    }
    parse(s);
    return s->result == PARSE_OK;
}

static void copy(struct sample *to, const struct sample *from)
{
    *to = *from;
    to->packet.frame = to->frame;
    to->packet.data = to->frame + 64;
    to->packet.tunnel = from->packet.tunnel ? &to->tunnel : NULL;
}

/* Another packet that is not very different. */
static void vary(struct sample *s)
{
    for (int i = random() % 4; i > 0; i--) {
        s->packet.data[random() % MIN(s->packet.head_len, 80u)] ^= random() % 2 ? 1 << random() % 8 : random();
    }
    switch (random() % 8) {
    case 0:
        s->packet.head_len = random() % (s->packet.head_len + 1);
        break;
    case 1:
        s->packet.head_len += random() % 40;
        break;
    case 2: {
        uint32_t n = random() % (s->packet.head_len + 1); /* the same in two pieces */
        s->packet.tail = s->packet.data + n;
        s->packet.tail_len = s->packet.head_len - n;
        s->packet.head_len = n;
        break;
    }
    case 3:
        s->tunnel.line.bytes[random() % sizeof s->tunnel.line] ^= 1 << random() % 8;
        TUNNEL_FIELD(&s->tunnel.line, tun_opts_len) = 0;
    }
    parse(s);
}

static void make_mask(struct flow *mask, const struct flow *key)
{
    if (random() % 4) {
        random_flow_mask(mask, key);
    } else {
        random_flow_bits(mask);
        mask->lines &= (1u << FLOW_N_DP_LINES) - 1;
        for (int i = 0; i < FLOW_N_DP_LINES; i++) {
            for (int j = 0; j < FLOW_LINE_SIZE; j++) {
                mask->line[i].bytes[j] &= random() % 4 ? 0 : random();
            }
        }
    }
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
}

static bool is_built_alike(const struct sample *a, const struct sample *b)
{
    return b->result == PARSE_OK && a->key.eth_type == b->key.eth_type && a->key.nw_proto == b->key.nw_proto
           && a->packet.l3_ofs == b->packet.l3_ofs && a->packet.l4_ofs == b->packet.l4_ofs
           && a->key.vlan[0].tpid == b->key.vlan[0].tpid && !b->key.nw_frag;
}

static bool matches(const struct wire_match *m, struct packet *p)
{
    bool result = false;
    for (unsigned int i = 0; line_ops_all[i]; i++) {
        if (line_ops_usable(line_ops_all[i])) {
            uint32_t found = line_ops_all[i]->match_wire(m, (struct packet *[]) { p, p, p }, 5);
            assert_true(found == 0 || found == 5);
            assert_true(!i || result == (found == 5));
            result = found;
        }
    }
    return result;
}

static void against_parser(void **state)
{
    static struct sample sample, variant;
    struct line_masks masks;
    unsigned int n_made = 0, n_matched = 0, n_other = 0, n_tunnels = 0;
    line_masks_init(&masks);
    srandom(1);
    for (int i = 0; i < N_SAMPLES; i++) {
        struct flow mask;
        struct wire_match m;
        if (!make_sample(&sample)) {
            continue;
        }
        make_mask(&mask, &sample.key);
        const struct line_mask *line_mask = line_masks_get(&masks, &mask);
        bool made = wire_match_make(&m, line_mask, &sample.packet, &sample.key);
        n_made += made;
        n_tunnels += made && m.tunnel;
        for (int j = 0; made && j < N_VARIANTS; j++) {
            copy(&variant, &sample);
            vary(&variant);
            bool expected = is_built_alike(&sample, &variant) && flow_equal_masked(&sample.key, &variant.key, &mask);
            assert_int_equal(matches(&m, &variant.packet), expected);
            n_matched += expected;
            n_other += !expected;
            if (!expected) {
                continue;
            }
            struct packet placed = variant.packet;
            placed.l2_5_ofs = placed.l3_ofs = placed.l4_ofs = placed.l2_pad = 1;
            wire_match_place(&m.place, &placed);
            assert_memory_equal(&placed, &variant.packet, sizeof placed);
            if (m.place.headers.proto == NW_PROTO_TCP) {
                assert_int_equal(wire_match_tcp_flags(&m.place, &placed), ntohs(variant.key.tcp_flags));
            }
            assert_int_equal(tunnel_hash_plain(&placed), tunnel_hash(&variant.key));
        }
        if (line_masks_put(&masks, line_mask)) {
            free((void *) (uintptr_t) line_mask);
        }
    }
    line_masks_destroy(&masks);
    assert_true(n_made > N_SAMPLES / 4);
    assert_true(n_tunnels > n_made / 5);
    assert_true(n_matched > n_made * 3);
    assert_true(n_other > n_made * 3);
}

/* What cannot be said of the first bytes, or not for every packet that is built alike. */
static void refused(void **state)
{
    static struct sample s;
    struct line_masks masks;
    line_masks_init(&masks);
    for (int what = 0; what < 6; what++) {
        struct flow key, mask;
        struct wire_match m;
        flow_init(&key);
        flow_use_line(&key, FLOW_LINE_L3);
        flow_use_line(&key, FLOW_LINE_IPV6);
        key.eth_type = htons(ETH_TYPE_IPV6);
        key.nw_proto = what == 5 ? NW_PROTO_ICMPV6 : NW_PROTO_TCP;
        key.tp_dst = htons(80);
        uint32_t len = flow_compose(&key, s.frame + 64, 256, 10);
        packet_use(&s.packet, s.frame, what == 2 ? 64 + WIRE_MATCH_READS - 1 : sizeof s.frame, 64, len);
        flow_mask_init(&mask);
        FLOW_MASK_FIELD(&mask, in_port);
        switch (what) {
        case 1: /* behind the first 64 bytes; not set in this packet */
            FLOW_MASK_BITS(&mask, tcp_flags, htons(TCP_SYN));
            break;
        case 3: /* of a packet that was changed, or looked up before */
            s.packet.pkt_mark = 1;
            break;
        case 4:
            s.packet.tunnel = &s.tunnel;
            FLOW_MASK_FIELD(&mask, tun_opts[0]);
        }
        parse(&s);
        const struct line_mask *line_mask = line_masks_get(&masks, &mask);
        assert_int_equal(wire_match_make(&m, line_mask, &s.packet, &s.key), what == 0);
        if (line_masks_put(&masks, line_mask)) {
            free((void *) (uintptr_t) line_mask);
        }
    }
    line_masks_destroy(&masks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_parser),
        cmocka_unit_test(refused),
    };
    hash_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
