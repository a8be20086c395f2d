/* SPDX-License-Identifier: Apache-2.0 */
/* Random flows and matches for the tests of tables. */
#include "tests/unit/ofproto/flows.h"

static uint64_t state = 1;

void flows_seed(uint64_t seed)
{
    state = seed * 2 + 1;
}

uint32_t flows_random(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t) (state >> 16) % n;
}

static be32 random_address(void)
{
    /* Clustered: most addresses share long prefixes. */
    static const uint32_t bases[] = { 0x0a000000, 0x0a000100, 0x0a010000, 0xc0a80000, 0 };
    return htonl(bases[flows_random(5)] + flows_random(flows_random(2) ? 4 : 70000));
}

static void random_ipv6(uint8_t address[16])
{
    memset(address, 0, 16);
    address[0] = 0xfd;
    address[flows_random(16)] = (uint8_t) flows_random(3);
    address[15] = (uint8_t) flows_random(4);
}

static void random_l3(struct flow *flow)
{
    static const uint16_t types[] = { ETH_TYPE_IP, ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_ARP };
    static const uint8_t protocols[] = { 6, 17, 1 };
    flow->eth_type = htons(types[flows_random(4)]);
    flow_use_line(flow, FLOW_LINE_L3);
    flow->nw_proto = protocols[flows_random(3)];
    flow->tp_src = htons((uint16_t) flows_random(3));
    flow->tp_dst = htons((uint16_t) (80 + flows_random(4)));
    flow->tcp_flags = htons((uint16_t) flows_random(4));
    flow->nw_tos = (uint8_t) (flows_random(2) << 2);
    if (flow->eth_type == htons(ETH_TYPE_IPV6)) {
        flow_use_line(flow, FLOW_LINE_IPV6);
        random_ipv6(flow->ipv6_src);
        random_ipv6(flow->ipv6_dst);
    } else {
        flow->nw_src = random_address();
        flow->nw_dst = random_address();
    }
}

void flows_random_key(struct flow *flow)
{
    flow_init(flow);
    flow->in_port = flows_random(5);
    flow->eth_dst.ea[0] = 0x52;
    flow->eth_dst.ea[5] = (uint8_t) flows_random(4);
    flow->eth_src.ea[5] = (uint8_t) flows_random(4);
    if (flows_random(2)) {
        flow->vlan[0] = (struct flow_vlan) { htons(0x8100), htons((uint16_t) (0x1000 | flows_random(3))) };
    }
    if (flows_random(2)) {
        flow_use_line(flow, FLOW_LINE_REGS);
        flow->regs[flows_random(3)] = flows_random(3);
    }
    if (flows_random(2)) {
        flow_use_line(flow, FLOW_LINE_OPENFLOW);
        flow->metadata = be64_from_host(flows_random(3));
    }
    if (flows_random(8)) {
        random_l3(flow);
    }
}

static void add_prefix(struct flow *mask, void *field, unsigned int n_bits)
{
    uint8_t *bytes = field;
    flow_use_line(mask, (unsigned int) ((bytes - (uint8_t *) mask) / FLOW_LINE_SIZE));
    for (unsigned int i = 0; i < n_bits; i++) {
        bytes[i / 8] |= (uint8_t) (0x80 >> i % 8);
    }
}

static void random_l3_mask(struct flow *mask)
{
    static const uint8_t lengths[] = { 8, 16, 17, 24, 30, 31, 32, 32 };
    unsigned int which = flows_random(64);
    if (which & 1) {
        add_prefix(mask, &mask->nw_dst, lengths[flows_random(8)]);
    }
    if (which & 2) {
        add_prefix(mask, &mask->nw_src, lengths[flows_random(8)]);
    }
    if ((which & 4) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, nw_proto);
    }
    if ((which & 8) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, tp_dst);
    }
    if ((which & 16) && flows_random(2)) {
        FLOW_MASK_BITS(mask, tcp_flags, htons(1));
    }
    if ((which & 32) && flows_random(2)) {
        add_prefix(mask, &mask->ipv6_dst, flows_random(2) ? 128 : 1 + flows_random(128));
    }
    if (!flows_random(10)) {
        FLOW_MASK_BITS(mask, nw_dst, htonl(0x00ff00ff)); /* no prefix */
    }
}

void flows_random_match(struct match *match)
{
    struct flow *mask = &match->mask;
    flows_random_key(&match->flow);
    flow_mask_init(mask);
    unsigned int which = flows_random(256);
    if ((which & 1) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, in_port);
    }
    if ((which & 2) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, eth_dst);
    }
    if ((which & 4) && !flows_random(4)) {
        FLOW_MASK_FIELD(mask, eth_src);
    }
    if ((which & 8) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, vlan[0]);
    }
    if ((which & 16) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, metadata);
    }
    if ((which & 32) && flows_random(2)) {
        FLOW_MASK_FIELD(mask, regs[0]);
    }
    if (which & 64) {
        FLOW_MASK_FIELD(mask, eth_type);
    }
    if (which & 128) {
        random_l3_mask(mask);
    }
    match_normalize(match);
}

void flows_random_alike(const struct flow *key, const struct flow *mask, struct flow *out)
{
    struct flow other;
    flows_random_key(&other);
    out->lines = 0;
    for (unsigned int line = 0; line < FLOW_N_LINES; line++) {
        const struct flow_line *a = flow_line(key, line), *b = flow_line(&other, line), *m = flow_line(mask, line);
        flow_use_line(out, line);
        for (unsigned int i = 0; i < FLOW_LINE_SIZE; i++) {
            out->line[line].bytes[i] = (uint8_t) ((a->bytes[i] & m->bytes[i]) | (b->bytes[i] & ~m->bytes[i]));
        }
    }
}
