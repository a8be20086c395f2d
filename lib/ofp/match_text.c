/* SPDX-License-Identifier: Apache-2.0 */
/* Matches as `ovs-ofctl` prints them: protocols by name, fields in a fixed order. */
#include "lib/ofp/match_text.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"

static const struct match_protocol protocols[] = {
    { "ip", ETH_TYPE_IP, 0 },
    { "ipv4", ETH_TYPE_IP, 0 },
    { "icmp", ETH_TYPE_IP, NW_PROTO_ICMP },
    { "tcp", ETH_TYPE_IP, NW_PROTO_TCP },
    { "udp", ETH_TYPE_IP, NW_PROTO_UDP },
    { "sctp", ETH_TYPE_IP, NW_PROTO_SCTP },
    { "ipv6", ETH_TYPE_IPV6, 0 },
    { "ip6", ETH_TYPE_IPV6, 0 },
    { "icmp6", ETH_TYPE_IPV6, NW_PROTO_ICMPV6 },
    { "tcp6", ETH_TYPE_IPV6, NW_PROTO_TCP },
    { "udp6", ETH_TYPE_IPV6, NW_PROTO_UDP },
    { "sctp6", ETH_TYPE_IPV6, NW_PROTO_SCTP },
    { "arp", ETH_TYPE_ARP, 0 },
    { "rarp", ETH_TYPE_RARP, 0 },
    { "mpls", ETH_TYPE_MPLS, 0 },
    { "mplsm", ETH_TYPE_MPLS_MCAST, 0 },
};

const struct match_protocol *match_protocol_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (!strcmp(name, protocols[i].name)) {
            return &protocols[i];
        }
    }
    return NULL;
}

/* The names under which fields are printed where it is not their own, and those that share a name.
 */
static const char *printed_name(const struct field *f)
{
    switch ((int) f->id) {
    case FIELD_ETH_SRC:
        return "dl_src";
    case FIELD_ETH_DST:
        return "dl_dst";
    case FIELD_IPV4_SRC:
        return "nw_src";
    case FIELD_IPV4_DST:
        return "nw_dst";
    case FIELD_IP_FRAG:
        return "nw_frag";
    case FIELD_TCP_SRC:
    case FIELD_UDP_SRC:
    case FIELD_SCTP_SRC:
        return "tp_src";
    case FIELD_TCP_DST:
    case FIELD_UDP_DST:
    case FIELD_SCTP_DST:
        return "tp_dst";
    case FIELD_ICMPV6_TYPE:
        return "icmp_type";
    case FIELD_ICMPV6_CODE:
        return "icmp_code";
    default:
        return f->name;
    }
}

struct writer {
    struct strbuf *s;
    const struct match *match;
    const struct ofp_names *names;
    uint32_t lines; /* of the mask */
};

static bool is_exact(const struct field *f, const union field_value *mask)
{
    union field_value exact;

    field_exact_mask(f, &exact);
    return !memcmp(exact.b, mask->b, f->n_bytes);
}

static bool is_zero(const union field_value *v, size_t n)
{
    static const union field_value zero;

    return !memcmp(v->b, zero.b, n);
}

/* A field of at most 4 bytes in host order. */
static unsigned int number(const struct field *f, const union field_value *v)
{
    unsigned int x = 0;

    for (int i = 0; i < f->n_bytes; i++) {
        x = x << 8 | v->b[i];
    }
    return x;
}

static void put_value(struct writer *w, const struct field *f, const union field_value *value,
                      const union field_value *mask)
{
    /* Some are printed otherwise in a match than in an action. */
    if (f->id == FIELD_IPV6_LABEL) {
        strbuf_putf(w->s, "0x%05x", ntohl(value->be32));
        if (ntohl(mask->be32) != IPV6_LABEL_MASK) {
            strbuf_putf(w->s, "/0x%05x", ntohl(mask->be32));
        }
    } else if (f->id == FIELD_RECIRC_ID) {
        strbuf_putf(w->s, "%#x", ntohl(value->be32));
    } else if (f->id == FIELD_CT_ZONE || f->id == FIELD_ND_RESERVED) {
        strbuf_putf(w->s, "%u", f->n_bytes == 2 ? ntohs(value->be16) : ntohl(value->be32));
    } else if (f->id == FIELD_TUN_FLAGS) {
        strbuf_puts(w->s, ntohs(value->be16) ? "+oam" : "-oam");
    } else if (f->id == FIELD_TUN_TOS) {
        strbuf_putf(w->s, "%x", value->u8);
    } else if (f->id == FIELD_NSH_FLAGS && mask->u8 != 0xff) {
        strbuf_putf(w->s, "0x%02x/0x%02x", value->u8, mask->u8);
    } else if (f->format == FORMAT_DECIMAL && !is_exact(f, mask)) {
        strbuf_putf(w->s, "%#x/%#x", number(f, value), number(f, mask));
    } else {
        field_format_value(w->s, f, value, mask, w->names);
    }
}

static void put_field(struct writer *w, enum field_id id)
{
    const struct field *f = field_get(id);
    union field_value value, mask;

    if (w->lines & 1u << field_entry(f)->place.offset / FLOW_LINE_SIZE &&
        field_get_match(f, w->match, &value, &mask)) {
        strbuf_putf(w->s, "%s=", printed_name(f));
        put_value(w, f, &value, &mask);
        strbuf_putc(w->s, ',');
    }
}

static void put_tun_metadata(struct writer *w)
{
    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS && field_map_match_has_options(w->match); i++) {
        const struct field *f = field_tun_metadata(i);
        union field_value value, mask;

        if (field_get_match(f, w->match, &value, &mask)) {
            strbuf_puts(w->s, f->name);
            if (!is_zero(&mask, f->n_bytes)) {
                strbuf_putc(w->s, '=');
                put_value(w, f, &value, &mask);
            }
            strbuf_putc(w->s, ',');
        }
    }
}

static void put_fields(struct writer *w, const uint8_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_field(w, (enum field_id) ids[i]);
    }
}

/* The name of the protocol, if it has one; what it says is then not printed again. */
static const struct match_protocol *find_protocol(const struct match *match)
{
    const struct match_protocol *found = NULL;

    if (!(match->mask.lines & 1) || match->mask.eth_type != BE16_MAX) {
        return NULL;
    }
    bool l4 = match->mask.lines & 1u << FLOW_LINE_L3 && match->mask.nw_proto == 0xff;
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        const struct match_protocol *p = &protocols[i];

        if (match->flow.eth_type == htons(p->eth_type) &&
            (!p->nw_proto || (l4 && match->flow.nw_proto == p->nw_proto)) &&
            (!found || (p->nw_proto && !found->nw_proto))) {
            found = p;
        }
    }
    return found;
}

static void put_vlan(struct writer *w)
{
    uint16_t tci = ntohs(w->match->flow.vlan[0].tci), mask = ntohs(w->match->mask.vlan[0].tci);
    uint16_t vid = mask & VLAN_VID_MASK, pcp = mask & VLAN_PCP_MASK;

    if (!(w->lines & 1) || !mask) {
        return;
    }
    if (mask & tci & VLAN_CFI && (vid || pcp) && (!vid || vid == VLAN_VID_MASK) &&
        (!pcp || pcp == VLAN_PCP_MASK)) {
        if (vid) {
            strbuf_putf(w->s, "dl_vlan=%u,", tci & VLAN_VID_MASK);
        }
        if (pcp) {
            strbuf_putf(w->s, "dl_vlan_pcp=%u,", tci >> VLAN_PCP_SHIFT);
        }
    } else if (mask == UINT16_MAX) {
        strbuf_putf(w->s, "vlan_tci=0x%04x,", tci);
    } else {
        strbuf_putf(w->s, "vlan_tci=0x%04x/0x%04x,", tci, mask);
    }
}

static void put_eth_type(struct writer *w)
{
    if (w->lines & 1 && w->match->mask.eth_type == BE16_MAX) {
        strbuf_putf(w->s, "dl_type=0x%04x,", ntohs(w->match->flow.eth_type));
    }
}

/* The type of what is in the packet, which is no Ethernet packet if the packet type says so. */
static be16 ethertype(const struct match *match)
{
    uint32_t type = ntohl(match->flow.packet_type);

    return !type ? match->flow.eth_type : htons(type >> 16 == 1 ? (uint16_t) type : 0);
}

/* An address type's own fields. */
static void put_l3(struct writer *w)
{
    static const uint8_t ipv4[] = { FIELD_IPV4_SRC, FIELD_IPV4_DST };
    static const uint8_t ipv6[] = { FIELD_IPV6_SRC, FIELD_IPV6_DST, FIELD_IPV6_LABEL,
                                    FIELD_IPV6_EXTHDR };
    static const uint8_t arp[] = {
        FIELD_ARP_SPA, FIELD_ARP_TPA, FIELD_ARP_OP, FIELD_ARP_SHA, FIELD_ARP_THA,
    };
    static const uint8_t mpls[] = {
        FIELD_MPLS_LABEL, FIELD_MPLS_TC, FIELD_MPLS_TTL, FIELD_MPLS_BOS,
    };
    static const uint8_t ip_any[] = { FIELD_IP_DSCP, FIELD_IP_ECN, FIELD_IP_TTL };
    static const uint8_t pbb[] = { FIELD_PBB_ISID, FIELD_PBB_UCA };
    static const uint8_t nsh[] = {
        FIELD_NSH_FLAGS, FIELD_NSH_TTL,    FIELD_NSH_MDTYPE,   FIELD_NSH_NP,       FIELD_NSH_SPI,
        FIELD_NSH_SI,    FIELD_NSH_C1,     FIELD_NSH_C1 + 1,   FIELD_NSH_C1 + 2,   FIELD_NSH_C4,
    };
    be16 type = ethertype(w->match);

    if (type == htons(ETH_TYPE_ARP) || type == htons(ETH_TYPE_RARP)) {
        put_fields(w, arp, ARRAY_SIZE(arp));
        return;
    }
    if (type == htons(ETH_TYPE_NSH)) {
        put_fields(w, nsh, ARRAY_SIZE(nsh));
        return;
    }
    if (type == htons(ETH_TYPE_PBB)) {
        put_fields(w, pbb, ARRAY_SIZE(pbb));
    }
    if (type == htons(ETH_TYPE_IPV6)) {
        put_fields(w, ipv6, ARRAY_SIZE(ipv6));
    } else {
        put_fields(w, ipv4, ARRAY_SIZE(ipv4));
    }
    const struct match_protocol *protocol = find_protocol(w->match);
    if (!protocol || !protocol->nw_proto) {
        put_field(w, FIELD_IP_PROTO);
    }
    put_fields(w, ip_any, ARRAY_SIZE(ip_any));
    put_fields(w, mpls, ARRAY_SIZE(mpls));
    put_field(w, FIELD_IP_FRAG);
}

static void put_l4(struct writer *w)
{
    static const uint8_t icmp4[] = { FIELD_ICMPV4_TYPE, FIELD_ICMPV4_CODE };
    static const uint8_t icmp6[] = {
        FIELD_ICMPV6_TYPE, FIELD_ICMPV6_CODE, FIELD_ND_TARGET,     FIELD_ND_SLL,
        FIELD_ND_TLL,      FIELD_ND_RESERVED, FIELD_ND_OPTIONS_TYPE,
    };
    static const uint8_t ports[] = { FIELD_TCP_SRC, FIELD_TCP_DST, FIELD_TCP_FLAGS };
    uint8_t proto = w->lines & 1u << FLOW_LINE_L3 ? w->match->flow.nw_proto : 0;

    be16 type = ethertype(w->match);
    if (type == htons(ETH_TYPE_ARP) || type == htons(ETH_TYPE_RARP)) {
        return;
    }
    if (type == htons(ETH_TYPE_IP) && proto == NW_PROTO_ICMP) {
        put_fields(w, icmp4, ARRAY_SIZE(icmp4));
    } else if (type == htons(ETH_TYPE_IPV6) && proto == NW_PROTO_ICMPV6) {
        put_fields(w, icmp6, ARRAY_SIZE(icmp6));
    } else {
        put_fields(w, ports, ARRAY_SIZE(ports));
    }
}

void match_format(struct strbuf *s, const struct match *match, const struct ofp_names *names)
{
    static const uint8_t metadata[] = {
        FIELD_PKT_MARK, FIELD_RECIRC_ID, FIELD_DP_HASH, FIELD_CONJ_ID, FIELD_SKB_PRIORITY,
        FIELD_ACTSET_OUTPUT, FIELD_CT_STATE, FIELD_CT_ZONE, FIELD_CT_MARK, FIELD_CT_LABEL,
        FIELD_CT_NW_SRC, FIELD_CT_IPV6_SRC, FIELD_CT_NW_DST, FIELD_CT_IPV6_DST,
        FIELD_CT_NW_PROTO, FIELD_CT_TP_SRC, FIELD_CT_TP_DST,
    };
    static const uint8_t tunnel[] = {
        FIELD_TUN_ID, FIELD_TUN_SRC, FIELD_TUN_DST, FIELD_TUN_IPV6_SRC, FIELD_TUN_IPV6_DST,
        FIELD_TUN_GBP_ID, FIELD_TUN_GBP_FLAGS, FIELD_TUN_TOS, FIELD_TUN_TTL, FIELD_TUN_ERSPAN_VER,
        FIELD_TUN_ERSPAN_IDX, FIELD_TUN_ERSPAN_DIR, FIELD_TUN_ERSPAN_HWID, FIELD_TUN_FLAGS,
    };
    static const uint8_t pipeline[] = { FIELD_METADATA, FIELD_IN_PORT };
    static const uint8_t macs[] = { FIELD_ETH_SRC, FIELD_ETH_DST };
    struct writer w = { s, match, names, match->mask.lines };
    size_t start = s->length;
    const struct match_protocol *protocol = find_protocol(match);

    put_fields(&w, metadata, ARRAY_SIZE(metadata));
    if (match->flow.packet_type) {
        put_field(&w, FIELD_PACKET_TYPE); /* Ethernet goes without saying */
    }
    if (protocol) {
        strbuf_putf(s, "%s,", protocol->name);
    }
    for (int i = 0; i < FLOW_N_REGS; i++) {
        put_field(&w, (enum field_id) (FIELD_REG0 + i));
    }
    put_fields(&w, tunnel, ARRAY_SIZE(tunnel));
    put_tun_metadata(&w);
    put_fields(&w, pipeline, ARRAY_SIZE(pipeline));
    put_vlan(&w);
    put_fields(&w, macs, ARRAY_SIZE(macs));
    if (!protocol) {
        put_eth_type(&w);
    }
    put_l3(&w);
    put_l4(&w);
    if (s->length > start) {
        strbuf_chomp(s, ',');
    }
}

void match_format_with_priority(struct strbuf *s, const struct match *match,
                                const struct ofp_names *names, unsigned int priority)
{
    if (priority != OFP_DEFAULT_PRIORITY) {
        strbuf_putf(s, "priority=%u", priority);
        size_t comma = s->length;
        strbuf_putc(s, ',');
        match_format(s, match, names);
        if (s->length == comma + 1) {
            strbuf_truncate(s, comma);
        }
    } else {
        match_format(s, match, names);
    }
}

void match_drop_unmet(struct match *match)
{
    const uint32_t needy = 1u << FLOW_LINE_L3 | 1u << FLOW_LINE_IPV6 | 1u << FLOW_LINE_MPLS |
                           1u << FLOW_LINE_CT;
    uint32_t before = match->mask.lines;

    match_normalize(match);
    if (!(before & needy)) {
        return;
    }
    /* A field may be the prerequisite of another: at most type, protocol, ICMP type, ND field. */
    for (int round = 0; round < 4; round++) {
        struct match previous = *match;
        struct flow allowed;

        flow_mask_init(&allowed);
        FLOW_MASK_FIELD(&allowed, tun_present);
        for (unsigned int i = FLOW_LINE_TUN_OPTS; i < FLOW_LINE_REGS; i++) {
            flow_use_line(&allowed, i);
            memset(&allowed.line[i], 0xff, FLOW_LINE_SIZE);
        }
        for (int id = 0; id < FIELD_N_IDS; id++) {
            const struct field *f = field_get((enum field_id) id);
            if (field_match_prereqs_met(f, match)) {
                field_mask(f, NULL, &allowed);
            }
        }
        flow_apply_mask(&match->mask, &match->mask, &allowed);
        match_normalize(match);
        if (match_equal(match, &previous)) {
            return;
        }
    }
}
