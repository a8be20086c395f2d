/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up actions. */
#include "tests/unit/net/random_actions.h"

#include <stdlib.h>

static void fill(void *p, size_t n)
{
    uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++) {
        bytes[i] = random();
    }
}

void random_set_value(enum action_set_field field, union action_set_value *v,
                      union action_set_value *m)
{
    union action_set_value bits;
    memset(v, 0, sizeof *v);
    memset(m, 0, sizeof *m);
    action_set_bits(field, &bits);
    size_t n = action_set_size(field);
    int how = random() % 3;
    for (size_t i = 0; i < n; i++) {
        m->bytes[i] = bits.bytes[i] & (how == 0       ? 0xff
                                       : how == 1     ? random()
                                       : random() % 4 ? 0
                                                      : 0xff);
        v->bytes[i] = m->bytes[i] & (random() % 3 ? random() : random() % 2 ? 0xff : 0);
    }
    if (field == ACTION_SET_ETH_TYPE) {
        static const uint16_t types[] = {ETH_TYPE_IP,  ETH_TYPE_IPV6, ETH_TYPE_MPLS,
                                         ETH_TYPE_PBB, ETH_TYPE_ARP,  0x88b5};
        m->eth_type.type = random() % 4 ? BE16_MAX : 0;
        v->eth_type.type = m->eth_type.type & htons(types[random() % ARRAY_SIZE(types)]);
    }
    if (field == ACTION_SET_VLAN) {
        m->vlan.tpid = random() % 2 ? BE16_MAX : 0;
        v->vlan.tpid =
            m->vlan.tpid & htons(random() % 2 ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD);
    }
}

static void put_set(struct actions *list)
{
    union action_set_value v, m;
    enum action_set_field field = random() % ACTION_SET_N_FIELDS;
    random_set_value(field, &v, &m);
    actions_put_set(list, field, &v, &m);
}

static void put_upcall(struct actions *list)
{
    uint8_t data[20];
    fill(data, sizeof data);
    actions_put_upcall(list, random() % 2 ? UINT32_MAX : random(), data, random() % sizeof data);
}

static void put_list(struct actions *list, int depth);

static void put_branch(struct actions *list, int depth)
{
    size_t offset = actions_begin_branch(list);
    put_list(list, depth + 1);
    actions_end(list, offset);
}

static void put_branches(struct actions *list, int depth)
{
    size_t offset;
    int n = 2;
    if (random() % 2) {
        offset = actions_begin_check_len(list, random());
    } else {
        struct flow mask;
        flow_mask_init(&mask);
        for (int i = random() % 3; i > 0; i--) {
            unsigned int line = random() % FLOW_N_DP_LINES;
            flow_use_line(&mask, line);
            mask.line[line].bytes[random() % FLOW_LINE_SIZE] = random();
            memset(&mask.line[line].bytes[random() % 8 * 8], 0xff, 8);
        }
        offset = actions_begin_select(list, random(), random() % 3, random(), &mask);
        n = 1 + random() % 9;
    }
    while (n-- > 0) {
        put_branch(list, depth);
    }
    actions_end(list, offset);
}

static void put_nested(struct actions *list, int depth)
{
    if (random() % 3 == 0) {
        put_branches(list, depth);
        return;
    }
    size_t offset =
        random() % 3 == 0 ? actions_begin_clone(list)
        : random() % 2 == 0
            ? actions_begin_sample(list, random() % 2 ? (uint32_t)random() * 2 : random() % 100)
            : actions_begin_dec_ttl(list);
    put_list(list, depth + 1);
    actions_end(list, offset);
}

static void random_bytes(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)to)[i] = random();
    }
}

static void random_options(struct tunnel_header *h)
{
    size_t room = random() % 3 ? random() % 40 : GENEVE_OPTIONS_MAX;
    while (room - h->options_len >= sizeof(struct geneve_option) && random() % 8) {
        size_t max = (room - h->options_len - sizeof(struct geneve_option)) / 4;
        struct geneve_option *option = (void *)(h->options + h->options_len);
        random_bytes(option, sizeof *option);
        option->len = random() % (MIN(max, GENEVE_OPTION_LEN_MASK) + 1);
        random_bytes(option + 1, option->len * 4u);
        h->options_len += sizeof *option + option->len * 4u;
    }
}

void random_tunnel_header(struct tunnel_header *h)
{
    static const enum tunnel_kind kinds[] = {TUNNEL_GRE, TUNNEL_VXLAN, TUNNEL_GENEVE};
    memset(h, 0, sizeof *h);
    h->kind = kinds[random() % 3];
    random_bytes(&h->eth_dst, sizeof h->eth_dst);
    random_bytes(&h->eth_src, sizeof h->eth_src);
    bool ipv6 = random() % 2;
    h->eth_type = htons(ipv6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    random_bytes(h->src, ipv6 ? 16 : 4);
    random_bytes(h->dst, ipv6 ? 16 : 4);
    h->label = ipv6 ? htonl(random() & IPV6_LABEL_MASK) : 0;
    h->frag = !ipv6 && random() % 2 ? htons(IP_DONT_FRAGMENT) : 0;
    h->tos = random();
    h->ttl = random();
    h->proto = h->kind == TUNNEL_GRE ? NW_PROTO_GRE : NW_PROTO_UDP;
    if (h->kind == TUNNEL_GRE) {
        h->gre_flags = htons(random() & (GRE_FLAG_CSUM | GRE_FLAG_KEY | GRE_FLAG_SEQ));
        h->gre_key = h->gre_flags & htons(GRE_FLAG_KEY) ? (be32)random() : 0;
    } else {
        h->udp_src = random() % 2 ? random() : 0;
        h->udp_span = h->udp_src && random() % 2 ? htons(random() % (UINT16_MAX + 1 - ntohs(h->udp_src))) : 0;
        h->udp_dst = htons(1 + random() % 65535);
        h->udp_csum = random() % 2 ? BE16_MAX : 0;
        h->vni = htonl(random() & 0xffffff);
    }
    if (h->kind == TUNNEL_VXLAN) {
        h->vxlan_flags = htonl(VXLAN_FLAG_VNI);
        if (random() % 2) {
            h->vxlan_flags |= htonl(VXLAN_FLAG_GBP | (random() & (VXLAN_GBP_DONT_LEARN | VXLAN_GBP_APPLIED |
                                                                  VXLAN_GBP_ID_MASK)));
        }
        return;
    }
    h->payload_type = htons(random() % 2 ? ETH_TYPE_TEB : ETH_TYPE_MIN + random() % 60000);
    if (h->kind == TUNNEL_GENEVE) {
        h->geneve_flags = random() & (GENEVE_FLAG_OAM | GENEVE_FLAG_CRITICAL);
        random_options(h);
    }
}

static void put_tnl_push(struct actions *list)
{
    struct tunnel_header header;
    random_tunnel_header(&header);
    uint32_t mtu = random() % 2 ? 0 : ACTION_TNL_MIN_MTU + random() % (UINT16_MAX - ACTION_TNL_MIN_MTU + 1);
    actions_put_tnl_push(list, random(), &header, mtu, random());
}

static void put_one(struct actions *list, int depth)
{
    switch (random() % 16) {
    case 0:
        actions_put_push_vlan(list,
                              htons(random() % 2 ? ETH_TYPE_VLAN_8021Q : ETH_TYPE_VLAN_8021AD),
                              htons(random() | VLAN_CFI));
        break;
    case 1:
        actions_put_pop_vlan(list);
        break;
    case 2:
        actions_put_push_mpls(list, htons(random() % 2 ? ETH_TYPE_MPLS : ETH_TYPE_MPLS_MCAST),
                              random());
        break;
    case 3:
        actions_put_pop_mpls(list, htons(ETH_TYPE_MIN + random() % 1000));
        break;
    case 4:
        put_set(list);
        break;
    case 5:
        actions_put_trunc(list, ETH_HEADER_LEN + random() % 1000);
        break;
    case 6:
        actions_put_hash(list, random() % 2 ? ACTION_HASH_L4 : ACTION_HASH_SYM_L4, random());
        break;
    case 7:
        put_upcall(list);
        break;
    case 8:
        actions_put_drop(list, 1 + random() % (DROP_N_REASONS - 1));
        break;
    case 9:
        if (depth < 3) {
            put_nested(list, depth);
            break;
        }
        actions_put_pop_vlan(list);
        break;
    case 10:
        actions_put_push_pbb(list, htonl((uint32_t)random() << 1) & ~htonl(PBB_RESERVED_MASK));
        break;
    case 11:
        actions_put_pop_pbb(list);
        break;
    case 12:
        actions_put_copy_ttl(list, random() % 2);
        break;
    case 13:
        actions_put_meter(list, random());
        break;
    case 14:
        put_tnl_push(list);
        break;
    default:
        actions_put_output(list, random());
    }
}

static void put_list(struct actions *list, int depth)
{
    for (int n = random() % 6; n > 0; n--) {
        put_one(list, depth);
    }
    if (random() % 4 == 0) {
        actions_put_recirc(list, random());
    } else if (random() % 8 == 0) {
        actions_put_tnl_pop(list, random());
    } else if (random() % 8 == 0) {
        actions_put_reassemble(list);
    }
}

void random_actions(struct actions *list)
{
    put_list(list, 0);
}
