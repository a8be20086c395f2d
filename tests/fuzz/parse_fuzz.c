/* SPDX-License-Identifier: Apache-2.0 */
/* A packet through everything in lib/net that sees packets: parse, mask, print, compose, rewrite,
 * checksum, segment. The packet's bytes also decide, by their hash, where the head ends, what is
 * masked and which actions run. */
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"
#include "lib/net/segment.h"
#include "tests/unit/net/random_actions.h"
#include "tests/unit/net/random_flow.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_offsets(const struct packet *p)
{
    require(p->l2_5_ofs == PACKET_NO_OFFSET || p->l2_5_ofs <= p->head_len);
    require(p->l3_ofs == PACKET_NO_OFFSET || p->l3_ofs <= p->head_len);
    require(p->l4_ofs == PACKET_NO_OFFSET || p->l4_ofs <= p->head_len);
}

/* The masked copy of a key is the key, as far as the mask goes. */
static void check_mask(const struct flow *key)
{
    struct flow mask, masked;
    random_flow_mask(&mask, key);
    flow_apply_mask(&masked, key, &mask);
    require(flow_equal_masked(key, &masked, &mask));
    require(flow_hash_masked(key, &mask, 0) == flow_hash_masked(&masked, &mask, 0));
}

static void check_text(const struct flow *key)
{
    struct strbuf out = STRBUF_INIT;
    struct flow again;
    flow_format(&out, key, NULL, NULL, false);
    require(!flow_parse_text(strbuf_str(&out), NULL, &again, NULL));
    require(flow_equal(key, &again));
    strbuf_destroy(&out);
}

static void check_compose(const struct flow *key)
{
    uint8_t data[2048] __attribute__((aligned(2)));
    struct packet p;
    struct flow again;
    size_t n = flow_compose(key, data, sizeof data, random() % 100);
    require(n);
    packet_use(&p, data, n, 0, n);
    p.in_port = key->in_port;
    (void)parse_packet(&p, &again);
    require(flow_equal(key, &again));
}

/* What a set of ports or addresses must have done to the key. */
static void check_set(const struct action_set *set, const struct flow *before,
                      const struct packet *p)
{
    struct packet copy = *p;
    struct flow after;
    enum parse_result result = parse_packet(&copy, &after);
    size_t n = action_set_size(set->field);
    union action_set_value v, m;
    memcpy(&v, set->value_mask, n);
    memcpy(&m, set->value_mask + n, n);
    if (set->field == ACTION_SET_ETH) {
        require(!memcmp(after.eth_dst.ea, before->eth_dst.ea, 6) ||
                memcmp(&m.eth.dst, "\0\0\0\0\0\0", 6));
    } else if (set->field == ACTION_SET_IPV4 && before->eth_type == htons(ETH_TYPE_IP) &&
               before->lines & 1u << FLOW_LINE_L3) {
        require(after.nw_src == ((before->nw_src & ~m.ipv4.src) | v.ipv4.src));
        require(after.nw_ttl == ((before->nw_ttl & ~m.ipv4.ttl) | v.ipv4.ttl));
    } else if (set->field == ACTION_SET_TCP && flow_is_ip_any(before) &&
               before->lines & 1u << FLOW_LINE_L3 && before->nw_proto == NW_PROTO_TCP &&
               result == PARSE_OK && !(before->nw_frag & FLOW_FRAG_LATER)) {
        require(after.tp_src == ((before->tp_src & ~m.ports.src) | v.ports.src));
    }
}

static void rewrite(struct packet *p)
{
    struct actions list = ACTIONS_INIT;
    random_actions(&list);
    const struct action *a;
    action_for_each (a, list.data, list.size) {
        struct flow before;
        struct packet copy = *p;
        if (a->type == ACTION_TRUNC) {
            packet_truncate(p, ((const struct action_trunc *)a)->max_len);
        }
        (void)parse_packet(&copy, &before);
        enum drop_reason reason = rewrite_action(p, a);
        check_offsets(p);
        if (a->type == ACTION_SET && reason == DROP_NONE && copy.l3_ofs == p->l3_ofs &&
            copy.l2_5_ofs == p->l2_5_ofs) {
            check_set((const struct action_set *)a, &before, p);
        }
    }
    actions_destroy(&list);
}

static void segment(struct packet *p)
{
    static const uint8_t types[] = {PACKET_GSO_TCPV4, PACKET_GSO_TCPV6, PACKET_GSO_UDP_L4,
                                    PACKET_GSO_UDP};
    struct segmenter s;
    struct packet piece;
    p->gso_type = types[random() % 4];
    p->gso_size = random() % 200;
    if (segment_start(&s, p) == DROP_NONE) {
        uint32_t room = segment_frame_room(&s), n = 0;
        uint8_t *frame = xmalloc(room);
        while (segment_next(&s, frame, room, 0, &piece)) {
            require(packet_complete_csum(&piece));
            n++;
        }
        require(n == s.count);
        free(frame);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEADROOM = 16 };
    if (size > UINT16_MAX) {
        return 0;
    }
    hash_fixed_basis(1);
    srandom(hash_bytes(data, size, 0));
    size_t head = random() % 2 || !size ? size : random() % size;
    uint8_t *frame = xmalloc(HEADROOM + head);
    memcpy(frame + HEADROOM, data, head);
    struct packet p;
    packet_use(&p, frame, HEADROOM + head, HEADROOM, head);
    if (head < size) {
        p.tail = xmemdup(data + head, size - head);
        p.tail_len = size - head;
    }
    uint8_t *tail = p.tail;

    struct flow key;
    enum parse_result result = parse_packet(&p, &key);
    require((result == PARSE_TOO_SHORT) == (head < ETH_HEADER_LEN));
    check_offsets(&p);
    check_mask(&key);
    if (result != PARSE_TOO_SHORT) {
        check_text(&key);
        check_compose(&key);
        segment(&p);
        p.offload = random() % 2 ? PACKET_NEEDS_CSUM : 0;
        p.csum_start = random() % 2 ? p.l4_ofs : random();
        p.csum_offset = random() % 2 ? random() % 20 : random();
        rewrite(&p);
        segment(&p);
    }
    p.offload = packet_complete_csum(&p) ? 0 : p.offload;
    free(tail);
    free(frame);
    return 0;
}
