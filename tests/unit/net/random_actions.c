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

static void put_nested(struct actions *list, int depth)
{
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
    switch (random() % 11) {
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
        if (depth < 4) {
            put_nested(list, depth);
            break;
        }
        /* fall through */
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
