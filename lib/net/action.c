/* SPDX-License-Identifier: Apache-2.0 */
/* Building lists of datapath actions. */
#include "lib/net/action.h"

#include <stdlib.h>

#include "lib/base/mem.h"

#define ONES4 0xff, 0xff, 0xff, 0xff
#define ONES6 ONES4, 0xff, 0xff
#define ONES16 ONES4, ONES4, ONES4, ONES4

/* The bits of each value that an action may write: neither padding nor what the packet's structure
 * hangs on. */
static const struct set_eth eth_bits = {{{ONES6}}, {{ONES6}}};
static const struct set_vlan vlan_bits = {BE16_MAX, 0 /* see action_set_bits() */};
static const struct set_mpls mpls_bits = {BE32_MAX};
static const struct set_arp arp_bits = {BE32_MAX, BE32_MAX, BE16_MAX, {{ONES6}}, {{ONES6}}};
static const struct set_ipv4 ipv4_bits = {BE32_MAX, BE32_MAX, 0xff, 0xff, 0, 0};
static const struct set_ipv6 ipv6_bits = {
    {ONES16}, {ONES16}, 0 /* see action_set_bits() */, 0xff, 0xff, 0, 0};
static const struct set_nd nd_bits = {{ONES16}, BE32_MAX, {{ONES6}}, {{ONES6}}};
static const struct set_ports ports_bits = {BE16_MAX, BE16_MAX};
static const struct set_icmp icmp_bits = {0xff, 0xff};
static const uint32_t word_bits = UINT32_MAX;

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
    }
}

const struct action *action_nested(const struct action *a, size_t *size)
{
    size_t header = a->type == ACTION_SAMPLE ? sizeof(struct action_sample) : sizeof *a;
    *size = a->len - header;
    return (const struct action *)(const void *)((const uint8_t *)a + header);
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

size_t actions_begin_clone(struct actions *list)
{
    size_t offset = list->size;
    put(list, ACTION_CLONE, sizeof(struct action));
    return offset;
}

size_t actions_begin_sample(struct actions *list, uint32_t probability)
{
    size_t offset = list->size;
    struct action_sample *sample = put(list, ACTION_SAMPLE, sizeof *sample);
    sample->probability = probability;
    return offset;
}

size_t actions_begin_dec_ttl(struct actions *list)
{
    size_t offset = list->size;
    put(list, ACTION_DEC_TTL, sizeof(struct action_dec_ttl));
    return offset;
}

void actions_end(struct actions *list, size_t offset)
{
    struct action *a = (struct action *)(void *)(list->data + offset);
    a->len = list->size - offset;
}
