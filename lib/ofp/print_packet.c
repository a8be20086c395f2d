/* SPDX-License-Identifier: Apache-2.0 */
/* Printing packets, and the messages that carry them. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "lib/ofp/match.h"
#include "lib/ofp/names.h"
#include "lib/ofp/packet_in_reason.h"
#include "lib/ofp/print.h"

enum { NO_BUFFER = 0xffffffff };

/* Marks what a packet of this kind has, so that the match shows all of it. */
static void choose_l3(const struct flow *flow, struct flow *mask)
{
    uint8_t proto = flow->nw_proto;

    FLOW_MASK_FIELD(mask, nw_proto);
    FLOW_MASK_FIELD(mask, nw_tos);
    FLOW_MASK_FIELD(mask, nw_ttl);
    FLOW_MASK_BITS(mask, nw_frag, FLOW_FRAG_ANY | FLOW_FRAG_LATER);
    if (flow->eth_type == htons(ETH_TYPE_IP)) {
        FLOW_MASK_FIELD(mask, nw_src);
        FLOW_MASK_FIELD(mask, nw_dst);
    } else {
        FLOW_MASK_FIELD(mask, ipv6_src);
        FLOW_MASK_FIELD(mask, ipv6_dst);
        FLOW_MASK_BITS(mask, ipv6_label, htonl(IPV6_LABEL_MASK));
    }
    if (flow->nw_frag & FLOW_FRAG_LATER) {
        return;
    }
    if (proto == NW_PROTO_TCP || proto == NW_PROTO_UDP || proto == NW_PROTO_SCTP) {
        FLOW_MASK_FIELD(mask, tp_src);
        FLOW_MASK_FIELD(mask, tp_dst);
        if (proto == NW_PROTO_TCP) {
            FLOW_MASK_BITS(mask, tcp_flags, htons(TCP_FLAGS_MASK));
        }
    } else if (proto == NW_PROTO_ICMP || proto == NW_PROTO_ICMPV6) {
        FLOW_MASK_BITS(mask, tp_src, htons(0xff));
        FLOW_MASK_BITS(mask, tp_dst, htons(0xff));
        if (flow_is_nd(flow)) {
            FLOW_MASK_FIELD(mask, nd_target);
            if (flow->tp_src == htons(ICMPV6_NEIGHBOR_SOLICIT)) {
                FLOW_MASK_FIELD(mask, arp_sha);
            } else {
                FLOW_MASK_FIELD(mask, arp_tha);
            }
        }
    }
}

static void choose_fields(const struct flow *flow, struct flow *mask)
{
    FLOW_MASK_FIELD(mask, eth_src);
    FLOW_MASK_FIELD(mask, eth_dst);
    FLOW_MASK_FIELD(mask, eth_type);
    FLOW_MASK_FIELD(mask, vlan[0].tci);
    if (flow_is_ip_any(flow)) {
        choose_l3(flow, mask);
    } else if (flow_is_arp_or_rarp(flow)) {
        FLOW_MASK_FIELD(mask, nw_src);
        FLOW_MASK_FIELD(mask, nw_dst);
        FLOW_MASK_FIELD(mask, nw_proto);
        FLOW_MASK_FIELD(mask, arp_sha);
        FLOW_MASK_FIELD(mask, arp_tha);
    } else if (flow_is_mpls(flow)) {
        FLOW_MASK_FIELD(mask, mpls_lse[0]);
    }
}

/* The checksum of the transport layer, if there is one. */
static void put_checksum(struct strbuf *s, const struct flow *flow, const struct packet *packet)
{
    static const struct {
        uint8_t proto, offset;
        const char *name;
    } kinds[] = {
        { NW_PROTO_TCP, 16, "tcp" },   { NW_PROTO_UDP, 6, "udp" },
        { NW_PROTO_SCTP, 8, "sctp" },  { NW_PROTO_ICMP, 2, "icmp" },
        { NW_PROTO_ICMPV6, 2, "icmp6" },
    };

    if (!flow_is_ip_any(flow) || packet->l4_ofs == PACKET_NO_OFFSET ||
        flow->nw_frag & FLOW_FRAG_LATER) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t at = packet->l4_ofs + kinds[i].offset;
        bool wide = kinds[i].proto == NW_PROTO_SCTP;

        if (flow->nw_proto == kinds[i].proto && at + (wide ? 4 : 2) <= packet->head_len) {
            const uint8_t *p = packet->data + at;
            strbuf_putf(s, " %s_csum:%x", kinds[i].name,
                        wide ? ntohl(get_be32(p)) : ntohs(get_be16(p)));
        }
    }
}

void print_packet(struct strbuf *s, const uint8_t *data, size_t n)
{
    uint8_t *copy = xmemdup(data, n); /* at an even address, as the parser needs it */
    struct packet packet;
    struct flow flow;
    struct match match;

    match_init(&match);
    packet_use(&packet, copy, (uint32_t) n, 0, (uint32_t) n);
    packet.in_port = packet.recirc_id = packet.skb_priority = packet.pkt_mark = packet.dp_hash = 0;
    parse_packet(&packet, &flow);
    flow_use_line(&flow, FLOW_LINE_L3);
    flow_use_line(&flow, FLOW_LINE_IPV6);
    flow_use_line(&flow, FLOW_LINE_MPLS);
    choose_fields(&flow, &match.mask);
    match.flow = flow;
    match_normalize(&match);
    match_format(s, &match, NULL);
    put_checksum(s, &flow, &packet);
    strbuf_putc(s, '\n');
    free(copy);
}

static void put_dotted(struct strbuf *s, const char *title, const uint8_t *p, size_t n)
{
    strbuf_putf(s, " %s=", title);
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(s, "%s%02x", i ? "." : "", p[i]);
    }
    strbuf_putc(s, '\n');
}

static void put_payload(struct printer *p, const uint8_t *data, size_t n)
{
    if (p->verbosity > 0) {
        print_packet(p->s, data, n);
    }
    if (p->verbosity > 2) {
        print_hex_dump(p->s, data, n, false);
    }
}

enum ofp_error print_packet_in(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_packet_in *pin = &msg->u.packet_in;
    struct strbuf *s = p->s;

    if (pin->table) {
        strbuf_puts(s, " table_id=");
        names_format_table(s, pin->table, p->names);
    }
    if (pin->cookie != BE64_MAX) {
        strbuf_putf(s, " cookie=0x%llx", (unsigned long long) be64_to_host(pin->cookie));
    }
    strbuf_putf(s, " total_len=%zu ", pin->total_len);
    match_format(s, &pin->metadata, p->names);
    strbuf_puts(s, " (via ");
    packet_in_reason_format(s, pin->reason);
    strbuf_putf(s, ") data_len=%zu", pin->packet_len);
    if (pin->buffer_id == NO_BUFFER) {
        strbuf_puts(s, " (unbuffered)");
        strbuf_puts(s, pin->total_len != pin->packet_len ? " (***total_len != data_len***)" : "");
    } else {
        strbuf_putf(s, " buffer=0x%08x", pin->buffer_id);
        strbuf_puts(s, pin->total_len < pin->packet_len ? " (***total_len < data_len***)" : "");
    }
    strbuf_putc(s, '\n');
    if (pin->userdata_len) {
        put_dotted(s, "userdata", pin->userdata, pin->userdata_len);
    }
    if (pin->continuation_len) {
        put_dotted(s, "continuation", pin->continuation, pin->continuation_len);
    }
    put_payload(p, pin->packet, pin->packet_len);
    return OFPERR_OK;
}

enum ofp_error print_packet_out(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_packet_out *po = &msg->u.packet_out;
    struct strbuf *s = p->s;

    strbuf_putc(s, ' ');
    match_format(s, &po->metadata, p->names);
    strbuf_puts(s, " actions=");
    ofp_actions_format(s, po->actions.data, po->actions.size, p->names);
    if (po->buffer_id != NO_BUFFER) {
        strbuf_putf(s, " buffer=0x%08x", po->buffer_id);
        return OFPERR_OK;
    }
    strbuf_putf(s, " data_len=%zu", po->packet_len);
    if (p->verbosity > 0 && po->packet_len) {
        strbuf_putc(s, '\n');
        put_payload(p, po->packet, po->packet_len);
    }
    return OFPERR_OK;
}
