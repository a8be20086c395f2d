/* SPDX-License-Identifier: Apache-2.0 */
/* A packet out of a tunnel: the first byte says of which kind, the second what debt it comes with. What comes out is parsed, printed,
 * put into another tunnel, cut if it is a super-packet, and taken out again. */
#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/bundle.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/segment.h"
#include "lib/net/tunnel.h"
#include "tests/unit/net/random_actions.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADROOM = 1024, MAX_SIZE = 4096 };

static void check_text(const struct flow *key)
{
    struct strbuf out = STRBUF_INIT;
    struct flow again;
    flow_format(&out, key, NULL, NULL, false);
    require(!flow_parse_text(strbuf_str(&out), NULL, &again, NULL));
    require(flow_equal(key, &again));
    strbuf_destroy(&out);
}

static void segment(const struct packet *p)
{
    struct segmenter s;
    if (segment_start(&s, p) != DROP_NONE) {
        return;
    }
    uint32_t room = segment_frame_room(&s), n = 0;
    uint8_t *frame = xmalloc(room);
    struct packet piece;
    while (segment_next(&s, frame, room, 0, &piece)) {
        require(packet_complete_csum(&piece));
        n++;
    }
    require(n == s.count);
    free(frame);
}

/* As many segments leave in bundles as one by one. */
static void bundle(const struct packet *p)
{
    static uint8_t frame[PACKET_FRAME_SIZE] __attribute__((aligned(2))), room[BUNDLE_ROOM];
    struct bundler bundler;
    struct packet b;
    if (!bundle_start(&bundler, p)) {
        return;
    }
    uint32_t n = bundle_count(&bundler), count = bundler.segmenter.count;
    while (bundle_next(&bundler, frame, room, &b)) {
        struct segmenter s;
        struct flow key;
        require(n-- > 0);
        require(parse_packet(&b, &key) == PARSE_OK);
        if (b.gso_type == PACKET_GSO_NONE) {
            count--;
        } else {
            require(segment_start(&s, &b) == DROP_NONE);
            count -= s.count;
        }
        require(packet_complete_csum(&b));
    }
    require(!n && !count);
}

static void push_and_pop(struct packet *p)
{
    struct actions list = ACTIONS_INIT;
    struct tunnel_header header;
    struct packet_tunnel tunnel;
    uint8_t before[MAX_SIZE + HEADROOM];
    random_tunnel_header(&header);
    if (header.kind != TUNNEL_VXLAN) {
        header.payload_type = htons(ETH_TYPE_TEB);
    }
    actions_put_tnl_push(&list, 1, &header, 0, 2);
    require(!actions_validate(list.data, list.size));
    uint32_t len = packet_len(p), start = p->csum_start;
    bool owes = p->offload & PACKET_NEEDS_CSUM;
    if (p->gso_type == PACKET_GSO_NONE && !packet_complete_csum(p)) {
        owes = false; /* a debt outside of the packet, which pushing refuses */
    }
    require(packet_read(p, 0, before, len));
    const struct tunnel_push with = {1, 2, 3};
    const struct tunnel_kind_config config = {header.kind, true};
    enum drop_reason reason = tunnel_push(p, (const struct action_tnl_push *)(void *)list.data, &with);
    if (reason == DROP_NONE) {
        struct flow key;
        require(packet_len(p) == len + ((const struct action_tnl_push *)(void *)list.data)->header_len);
        require(parse_packet(p, &key) == PARSE_OK);
        if (p->gso_type != PACKET_GSO_NONE) {
            segment(p);
            bundle(p);
        }
        require(tunnel_pop(p, &config, &tunnel) == DROP_NONE);
        require(packet_len(p) == len && !memcmp(p->data, before, p->head_len));
        require(p->gso_type == PACKET_GSO_NONE || !owes || p->csum_start == start);
    }
    actions_destroy(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tunnel_kind_config configs[] = {
        {TUNNEL_GRE, false}, {TUNNEL_VXLAN, false}, {TUNNEL_VXLAN, true}, {TUNNEL_GENEVE, false}};
    static const uint8_t gso_types[] = {PACKET_GSO_NONE, PACKET_GSO_TCPV4, PACKET_GSO_TCPV6, PACKET_GSO_UDP_L4};
    if (size < 2 || size > MAX_SIZE) {
        return 0;
    }
    hash_fixed_basis(1);
    srandom(hash_bytes(data, size, 0));
    uint8_t kind = data[0], debt = data[1];
    data += 2;
    size -= 2;
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
    p.gso_type = gso_types[debt & 3];
    p.gso_size = 50 + random() % 100;
    p.offload = debt & 4 || p.gso_type != PACKET_GSO_NONE ? PACKET_NEEDS_CSUM : debt & 8 ? PACKET_CSUM_VALID : 0;
    p.csum_start = MIN(debt & 16 ? 34u : 14 + random() % 200, head);
    p.csum_offset = random() % 2 ? 16 : 6;
    if (p.offload & PACKET_NEEDS_CSUM && (p.csum_start < ETH_HEADER_LEN || p.csum_start + p.csum_offset + 2u > head)) {
        p.offload = 0; /* as the datapath refuses it */
        p.gso_type = PACKET_GSO_NONE;
    }

    struct flow key;
    struct packet_tunnel tunnel;
    if (parse_packet(&p, &key) != PARSE_TOO_SHORT && tunnel_pop(&p, &configs[kind % 4], &tunnel) == DROP_NONE) {
        require(packet_len(&p) >= ETH_HEADER_LEN && p.head_len >= ETH_HEADER_LEN);
        (void)parse_packet(&p, &key);
        require(key.lines & 1u << FLOW_LINE_TUNNEL);
        check_text(&key);
        segment(&p);
        push_and_pop(&p);
    }
    free(tail);
    free(frame);
    return 0;
}
