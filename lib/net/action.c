/* SPDX-License-Identifier: Apache-2.0 */
/* Building lists of datapath actions. */
#include "lib/net/action.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/tunnel_header.h"

#define ONES4 0xff, 0xff, 0xff, 0xff
#define ONES6 ONES4, 0xff, 0xff
#define ONES16 ONES4, ONES4, ONES4, ONES4

/* The bits of each value that an action may write. */
static const struct set_eth eth_bits = {{{ONES6}}, {{ONES6}}};
static const struct set_vlan vlan_bits = {BE16_MAX, 0 /* see action_set_bits() */};
static const struct set_mpls mpls_bits = {BE32_MAX};
static const struct set_arp arp_bits = {BE32_MAX, BE32_MAX, BE16_MAX, {{ONES6}}, {{ONES6}}};
static const struct set_ipv4 ipv4_bits = {BE32_MAX, BE32_MAX, 0xff, 0xff, 0xff, 0};
static const struct set_ipv6 ipv6_bits = {
    {ONES16}, {ONES16}, 0 /* see action_set_bits() */, 0xff, 0xff, 0xff, 0};
static const struct set_nd nd_bits = {{ONES16}, BE32_MAX, {{ONES6}}, {{ONES6}}};
static const struct set_ports ports_bits = {BE16_MAX, BE16_MAX};
static const struct set_icmp icmp_bits = {0xff, 0xff};
static const uint32_t word_bits = UINT32_MAX;
static const struct set_eth_type eth_type_bits = {BE16_MAX};
static const struct set_pbb pbb_bits = {0 /* see action_set_bits() */, 1, {0}};

static const struct {
    const void *bits;
    size_t size;
} set_fields[ACTION_SET_N_FIELDS] = {
    [ACTION_SET_ETH] = {&eth_bits, sizeof eth_bits},
    [ACTION_SET_VLAN] = {&vlan_bits, sizeof vlan_bits},
    [ACTION_SET_MPLS] = {&mpls_bits, sizeof mpls_bits},
    [ACTION_SET_ARP] = {&arp_bits, sizeof arp_bits},
    [ACTION_SET_IPV4] = {&ipv4_bits, sizeof ipv4_bits},
    [ACTION_SET_IPV6] = {&ipv6_bits, sizeof ipv6_bits},
    [ACTION_SET_ND] = {&nd_bits, sizeof nd_bits},
    [ACTION_SET_TCP] = {&ports_bits, sizeof ports_bits},
    [ACTION_SET_UDP] = {&ports_bits, sizeof ports_bits},
    [ACTION_SET_SCTP] = {&ports_bits, sizeof ports_bits},
    [ACTION_SET_ICMP] = {&icmp_bits, sizeof icmp_bits},
    [ACTION_SET_PRIORITY] = {&word_bits, sizeof word_bits},
    [ACTION_SET_MARK] = {&word_bits, sizeof word_bits},
    [ACTION_SET_ETH_TYPE] = {&eth_type_bits, sizeof eth_type_bits},
    [ACTION_SET_PBB] = {&pbb_bits, sizeof pbb_bits},
};

size_t action_set_size(enum action_set_field field)
{
    return (unsigned int)field < ACTION_SET_N_FIELDS ? set_fields[field].size : 0;
}

void action_set_bits(enum action_set_field field, void *bits)
{
    memcpy(bits, set_fields[field].bits, set_fields[field].size);
    if (field == ACTION_SET_VLAN) {
        ((struct set_vlan *)bits)->tci = htons((uint16_t)~VLAN_CFI);
    } else if (field == ACTION_SET_IPV6) {
        ((struct set_ipv6 *)bits)->label = htonl(IPV6_LABEL_MASK);
    } else if (field == ACTION_SET_PBB) {
        ((struct set_pbb *)bits)->isid = htonl(PBB_ISID_MASK);
    }
}

/* Bytes of the index at the end of a SELECT. */
static size_t index_size(const struct action_select *select)
{
    return ROUND_UP(select->n_buckets * sizeof(uint16_t), 8u);
}

const struct action *action_nested(const struct action *a, size_t *size)
{
    size_t before = sizeof *a, behind = 0;
    switch (a->type) {
    case ACTION_CLONE:
    case ACTION_DEC_TTL:
    case ACTION_BRANCH:
        break;
    case ACTION_SAMPLE:
        before = sizeof(struct action_sample);
        break;
    case ACTION_CHECK_LEN:
        before = sizeof(struct action_check_len);
        break;
    case ACTION_SELECT: {
        const struct action_select *select = (const struct action_select *)a;
        before = sizeof *select + (size_t)FLOW_LINE_SIZE * __builtin_popcount(select->lines);
        behind = index_size(select);
        break;
    }
    default:
        before = a->len;
    }
    *size = a->len - before - behind;
    return (const struct action *)(const void *)((const uint8_t *)a + before);
}

const struct action *action_select_bucket(const struct action_select *select, unsigned int bucket,
                                          size_t *size)
{
    const uint8_t *start = (const uint8_t *)select;
    const uint16_t *index = (const void *)(start + select->a.len - index_size(select));
    return action_nested((const struct action *)(const void *)(start + index[bucket] * 8u), size);
}

const struct action *action_check_len_branch(const struct action_check_len *check, bool greater,
                                             size_t *size)
{
    const struct action *branch = action_nested(&check->a, size);
    return action_nested(greater ? branch : action_next(branch), size);
}

bool actions_each_select(const void *list, size_t size,
                         bool (*cb)(void *aux, const struct action_select *), void *aux)
{
    const struct action *a;
    action_for_each (a, list, size) {
        size_t nested_size;
        if (a->type == ACTION_SELECT && !cb(aux, (const struct action_select *)a)) {
            return false;
        }
        const struct action *nested = action_nested(a, &nested_size);
        if (nested_size && !actions_each_select(nested, nested_size, cb, aux)) {
            return false;
        }
    }
    return true;
}

void actions_destroy(struct actions *list)
{
    free(list->data);
    *list = (struct actions)ACTIONS_INIT;
}

void actions_clear(struct actions *list)
{
    list->size = 0;
}

/* Makes room for 'n' more bytes, a multiple of 8, and counts them. */
static void *extend(struct actions *list, size_t n)
{
    size_t need = list->size + n;
    if (need > list->allocated) {
        list->allocated = MAX(need, list->allocated * 2);
        list->data = xrealloc(list->data, list->allocated);
    }
    void *start = list->data + list->size;
    list->size = need;
    return start;
}

/* Adds an element of 'len' bytes, its content and padding zeroed. Valid until the next one is
 * added. */
static void *put(struct actions *list, enum action_type type, size_t len)
{
    size_t padded = ROUND_UP(len, 8u);
    struct action *a = extend(list, padded);
    memset(a, 0, padded);
    a->type = type;
    a->len = len;
    return a;
}

void actions_put_list(struct actions *list, const void *other, size_t size)
{
    if (size) {
        memcpy(extend(list, size), other, size);
    }
}

void actions_put_output(struct actions *list, uint32_t port)
{
    struct action_output *output = put(list, ACTION_OUTPUT, sizeof *output);
    output->port = port;
}

void actions_put_push_vlan(struct actions *list, be16 tpid, be16 tci)
{
    struct action_push_vlan *push = put(list, ACTION_PUSH_VLAN, sizeof *push);
    push->tpid = tpid;
    push->tci = tci;
}

void actions_put_pop_vlan(struct actions *list)
{
    put(list, ACTION_POP_VLAN, sizeof(struct action));
}

void actions_put_push_mpls(struct actions *list, be16 eth_type, be32 lse)
{
    struct action_push_mpls *push = put(list, ACTION_PUSH_MPLS, sizeof *push);
    push->eth_type = eth_type;
    push->lse = lse;
}

void actions_put_pop_mpls(struct actions *list, be16 eth_type)
{
    struct action_pop_mpls *pop = put(list, ACTION_POP_MPLS, sizeof *pop);
    pop->eth_type = eth_type;
}

void actions_put_set(struct actions *list, enum action_set_field field, const void *value,
                     const void *mask)
{
    size_t n = action_set_size(field);
    struct action_set *set = put(list, ACTION_SET, sizeof *set + 2 * n);
    set->field = field;

    union action_set_value bits;
    action_set_bits(field, &bits);
    const uint8_t *v = value, *m = mask;
    for (size_t i = 0; i < n; i++) {
        uint8_t writable = m[i] & bits.bytes[i];
        set->value_mask[i] = v[i] & writable;
        set->value_mask[n + i] = writable;
    }
}

void actions_put_trunc(struct actions *list, uint32_t max_len)
{
    struct action_trunc *trunc = put(list, ACTION_TRUNC, sizeof *trunc);
    trunc->max_len = max_len;
}

void actions_put_recirc(struct actions *list, uint32_t recirc_id)
{
    struct action_recirc *recirc = put(list, ACTION_RECIRC, sizeof *recirc);
    recirc->recirc_id = recirc_id;
}

void actions_put_hash(struct actions *list, enum action_hash_alg alg, uint32_t basis)
{
    struct action_hash *hash = put(list, ACTION_HASH, sizeof *hash);
    hash->alg = alg;
    hash->basis = basis;
}

void actions_put_upcall(struct actions *list, uint32_t max_len, const void *userdata, size_t n)
{
    struct action_upcall *upcall = put(list, ACTION_UPCALL, sizeof *upcall + n);
    upcall->max_len = max_len;
    upcall->userdata_len = n;
    if (n) {
        memcpy(upcall->userdata, userdata, n);
    }
}

void actions_put_drop(struct actions *list, enum drop_reason reason)
{
    struct action_drop *drop = put(list, ACTION_DROP, sizeof *drop);
    drop->reason = reason;
}

void actions_put_meter(struct actions *list, uint32_t meter_id)
{
    struct action_meter *meter = put(list, ACTION_METER, sizeof *meter);
    meter->meter_id = meter_id;
}

void actions_put_push_pbb(struct actions *list, be32 tci)
{
    struct action_push_pbb *push = put(list, ACTION_PUSH_PBB, sizeof *push);
    push->tci = tci;
}

void actions_put_pop_pbb(struct actions *list)
{
    put(list, ACTION_POP_PBB, sizeof(struct action));
}

void actions_put_copy_ttl(struct actions *list, bool inwards)
{
    struct action_copy_ttl *copy = put(list, ACTION_COPY_TTL, sizeof *copy);
    copy->inwards = inwards;
}

void actions_put_tnl_push(struct actions *list, uint32_t port, const struct tunnel_header *header,
                          uint32_t mtu, uint32_t out_port)
{
    uint8_t bytes[TUNNEL_HEADER_MAX];
    size_t n = tunnel_header_build(header, bytes);
    struct action_tnl_push *push = put(list, ACTION_TNL_PUSH, sizeof *push + n);
    push->port = port;
    push->out_port = out_port;
    push->kind = header->kind;
    push->header_len = n;
    push->mtu = mtu;
    memcpy(push->header, bytes, n);
}

void actions_put_tnl_pop(struct actions *list, uint32_t port)
{
    struct action_tnl_pop *pop = put(list, ACTION_TNL_POP, sizeof *pop);
    pop->port = port;
}

void actions_put_reassemble(struct actions *list)
{
    put(list, ACTION_REASSEMBLE, sizeof(struct action));
}

/* Adds the fixed part of a nested element; returns its offset. */
static size_t begin(struct actions *list, enum action_type type, size_t len)
{
    size_t offset = list->size;
    put(list, type, len);
    return offset;
}

size_t actions_begin_clone(struct actions *list)
{
    return begin(list, ACTION_CLONE, sizeof(struct action));
}

size_t actions_begin_sample(struct actions *list, uint32_t probability)
{
    size_t offset = begin(list, ACTION_SAMPLE, sizeof(struct action_sample));
    struct action_sample *sample = (void *)(list->data + offset);
    sample->probability = probability;
    return offset;
}

size_t actions_begin_dec_ttl(struct actions *list)
{
    return begin(list, ACTION_DEC_TTL, sizeof(struct action_dec_ttl));
}

size_t actions_begin_check_len(struct actions *list, uint32_t len)
{
    size_t offset = begin(list, ACTION_CHECK_LEN, sizeof(struct action_check_len));
    struct action_check_len *check = (void *)(list->data + offset);
    check->len = len;
    return offset;
}

size_t actions_begin_branch(struct actions *list)
{
    return begin(list, ACTION_BRANCH, sizeof(struct action));
}

size_t actions_begin_select(struct actions *list, uint32_t table_id, enum action_select_alg alg,
                            uint32_t basis, const struct flow *mask)
{
    size_t offset = begin(list, ACTION_SELECT, sizeof(struct action_select));
    uint32_t lines =
        alg == ACTION_SELECT_FIELDS ? mask->lines & ((1u << FLOW_N_DP_LINES) - 1) : 0;
    for (uint32_t todo = lines; todo; todo &= todo - 1) {
        memcpy(extend(list, FLOW_LINE_SIZE), &mask->line[__builtin_ctz(todo)], FLOW_LINE_SIZE);
    }
    struct action_select *select = (void *)(list->data + offset);
    select->table_id = table_id;
    select->alg = alg;
    select->basis = basis;
    select->lines = lines;
    return offset;
}

/* Counts the branches of the SELECT at 'offset', which ends with its list, and adds their index. */
static void end_select(struct actions *list, size_t offset)
{
    const struct action_select *select = (const void *)(list->data + offset);
    const struct action *branch;
    uint16_t places[ACTION_SELECT_MAX_BUCKETS];
    size_t size;
    unsigned int n = 0;
    const struct action *first = action_nested(&select->a, &size);
    action_for_each (branch, first, size) {
        if (n < ACTION_SELECT_MAX_BUCKETS) {
            places[n] = ((const uint8_t *)branch - (const uint8_t *)select) / 8;
        }
        n++;
    }
    n = MIN(n, ACTION_SELECT_MAX_BUCKETS + 1u); /* one too many is refused by actions_validate() */
    size_t bytes = ROUND_UP(n * sizeof places[0], 8u);
    uint8_t *index = extend(list, bytes);
    memset(index, 0, bytes);
    memcpy(index, places, MIN(n, (unsigned int)ACTION_SELECT_MAX_BUCKETS) * sizeof places[0]);
    ((struct action_select *)(void *)(list->data + offset))->n_buckets = n;
}

void actions_end(struct actions *list, size_t offset)
{
    struct action *a = (struct action *)(void *)(list->data + offset);
    a->len = list->size - offset;
    if (a->type == ACTION_SELECT) {
        end_select(list, offset);
        a = (struct action *)(void *)(list->data + offset);
        a->len = list->size - offset;
    }
}
