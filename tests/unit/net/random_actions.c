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

static void put_one(struct actions *list, int depth)
{
    switch (random() % 15) {
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
    }
}

void random_actions(struct actions *list)
{
    put_list(list, 0);
}
