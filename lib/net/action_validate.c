/* SPDX-License-Identifier: Apache-2.0 */
/* The check of action lists that come from another program. Elements are canonical when they pass:
 * reserved fields and padding are 0, so that two lists that do the same are the same bytes. */
#include "lib/net/action.h"
#include "lib/net/tunnel_header.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* A list of actions, or of branches only. */
enum list_kind { ACTIONS, BRANCHES };

static const char *validate_list(const uint8_t *list, size_t size, int depth, enum list_kind);

static const char *validate_output(const struct action *a, int depth)
{
    const struct action_output *output = (const struct action_output *)a;
    return output->reserved ? "output has a reserved field that is not 0" : NULL;
}

static bool is_vlan_tpid(be16 tpid)
{
    return tpid == htons(ETH_TYPE_VLAN_8021Q) || tpid == htons(ETH_TYPE_VLAN_8021AD);
}

static bool is_mpls(be16 eth_type)
{
    return eth_type == htons(ETH_TYPE_MPLS) || eth_type == htons(ETH_TYPE_MPLS_MCAST);
}

static const char *validate_push_vlan(const struct action *a, int depth)
{
    const struct action_push_vlan *push = (const struct action_push_vlan *)a;
    if (!is_vlan_tpid(push->tpid)) {
        return "push_vlan has a TPID that is neither 0x8100 nor 0x88a8";
    }
    if (!(push->tci & htons(VLAN_CFI))) {
        return "push_vlan has a TCI without its presence bit";
    }
    return push->reserved ? "push_vlan has a reserved field that is not 0" : NULL;
}

static const char *validate_nothing(const struct action *a, int depth)
{
    return NULL;
}

static const char *validate_push_mpls(const struct action *a, int depth)
{
    const struct action_push_mpls *push = (const struct action_push_mpls *)a;
    if (!is_mpls(push->eth_type)) {
        return "push_mpls has an Ethernet type that is neither 0x8847 nor 0x8848";
    }
    return push->reserved ? "push_mpls has a reserved field that is not 0" : NULL;
}

static const char *validate_pop_mpls(const struct action *a, int depth)
{
    const struct action_pop_mpls *pop = (const struct action_pop_mpls *)a;
    if (ntohs(pop->eth_type) < ETH_TYPE_MIN) {
        return "pop_mpls has no Ethernet type";
    }
    return is_zero((const uint8_t *)pop->reserved, sizeof pop->reserved)
               ? NULL
               : "pop_mpls has a reserved field that is not 0";
}

static const char *validate_set(const struct action *a, int depth)
{
    const struct action_set *set = (const struct action_set *)a;
    size_t n = action_set_size(set->field);
    if (!n) {
        return "set has an unknown field";
    }
    if (a->len != sizeof *set + 2 * n) {
        return "set has a value of the wrong length";
    }
    if (!is_zero((const uint8_t *)set->reserved, sizeof set->reserved)) {
        return "set has a reserved field that is not 0";
    }
    union action_set_value bits;
    action_set_bits(set->field, &bits);
    const uint8_t *value = set->value_mask, *mask = value + n;
    for (size_t i = 0; i < n; i++) {
        if (mask[i] & ~bits.bytes[i]) {
            return "set has a mask with bits that cannot be written";
        }
        if (value[i] & ~mask[i]) {
            return "set has a value with bits outside its mask";
        }
    }
    if (set->field == ACTION_SET_ETH_TYPE) {
        be16 type_mask = get_be16(mask);
        if (type_mask && (type_mask != BE16_MAX || ntohs(get_be16(value)) < ETH_TYPE_MIN)) {
            return "set has a bad Ethernet type";
        }
    }
    if (set->field == ACTION_SET_VLAN && ((const struct set_vlan *)(const void *)mask)->tpid) {
        const struct set_vlan *vlan = (const struct set_vlan *)(const void *)value;
        if (((const struct set_vlan *)(const void *)mask)->tpid != BE16_MAX ||
            !is_vlan_tpid(vlan->tpid)) {
            return "set has a VLAN TPID that is neither 0x8100 nor 0x88a8";
        }
    }
    return NULL;
}

static const char *validate_nested(const struct action *a, int depth)
{
    size_t size;
    const struct action *nested = action_nested(a, &size);
    return validate_list((const uint8_t *)nested, size, depth + 1, ACTIONS);
}

static const char *validate_sample(const struct action *a, int depth)
{
    const struct action_sample *sample = (const struct action_sample *)a;
    return sample->reserved ? "sample has a reserved field that is not 0"
                            : validate_nested(a, depth);
}

static const char *validate_trunc(const struct action *a, int depth)
{
    const struct action_trunc *trunc = (const struct action_trunc *)a;
    if (trunc->max_len < ETH_HEADER_LEN) {
        return "trunc is shorter than an Ethernet header";
    }
    return trunc->reserved ? "trunc has a reserved field that is not 0" : NULL;
}

static const char *validate_recirc(const struct action *a, int depth)
{
    const struct action_recirc *recirc = (const struct action_recirc *)a;
    return recirc->reserved ? "recirc has a reserved field that is not 0" : NULL;
}

static const char *validate_hash(const struct action *a, int depth)
{
    const struct action_hash *hash = (const struct action_hash *)a;
    return hash->alg > ACTION_HASH_SYM_L4 ? "hash has an unknown algorithm" : NULL;
}

static const char *validate_upcall(const struct action *a, int depth)
{
    const struct action_upcall *upcall = (const struct action_upcall *)a;
    if (upcall->userdata_len > ACTION_MAX_USERDATA) {
        return "userspace has too many bytes of user data";
    }
    return a->len == sizeof *upcall + upcall->userdata_len ? NULL : "userspace has a wrong length";
}

static const char *validate_drop(const struct action *a, int depth)
{
    const struct action_drop *drop = (const struct action_drop *)a;
    if (drop->reason == DROP_NONE || drop->reason >= DROP_N_REASONS) {
        return "drop has an unknown reason";
    }
    return drop->reserved ? "drop has a reserved field that is not 0" : NULL;
}

/* The branches of 'a', of which there must be 'n'. */
static const char *validate_branches(const struct action *a, int depth, unsigned int n)
{
    size_t size;
    const struct action *branch, *branches = action_nested(a, &size);
    const char *error = validate_list((const uint8_t *)branches, size, depth, BRANCHES);
    if (error) {
        return error;
    }
    action_for_each (branch, branches, size) {
        n--;
    }
    return n ? "an action has a wrong number of branches" : NULL;
}

static const char *validate_check_len(const struct action *a, int depth)
{
    const struct action_check_len *check = (const struct action_check_len *)a;
    return check->reserved ? "check_pkt_len has a reserved field that is not 0"
                           : validate_branches(a, depth, 2);
}

/* The index says where each branch is, and ends with zeros. */
static bool is_index_right(const struct action_select *select)
{
    size_t size;
    const struct action *a, *branches = action_nested(&select->a, &size);
    const uint16_t *index = (const void *)((const uint8_t *)branches + size);
    unsigned int n = 0;
    action_for_each (a, branches, size) {
        if (index[n++] * 8u != (size_t)((const uint8_t *)a - (const uint8_t *)select)) {
            return false;
        }
    }
    const uint8_t *end = (const uint8_t *)select + select->a.len;
    return is_zero((const uint8_t *)(index + n), end - (const uint8_t *)(index + n));
}

static const char *validate_select(const struct action *a, int depth)
{
    const struct action_select *select = (const struct action_select *)a;
    if (select->alg > ACTION_SELECT_FIELDS) {
        return "select has an unknown algorithm";
    }
    if (!select->n_buckets || select->n_buckets > ACTION_SELECT_MAX_BUCKETS) {
        return "select has no buckets, or too many";
    }
    if (select->lines & ~((1u << FLOW_N_DP_LINES) - 1) ||
        (select->alg != ACTION_SELECT_FIELDS && select->lines)) {
        return "select hashes lines that it cannot";
    }
    size_t fixed = sizeof *select + (size_t)FLOW_LINE_SIZE * __builtin_popcount(select->lines) +
                   ROUND_UP(select->n_buckets * sizeof(uint16_t), 8u);
    if (a->len < fixed || a->len % 8) {
        return "select has a wrong length";
    }
    const char *error = validate_branches(a, depth, select->n_buckets);
    if (error) {
        return error;
    }
    return is_index_right(select) ? NULL : "select has a wrong index of its buckets";
}

static const char *validate_meter(const struct action *a, int depth)
{
    const struct action_meter *meter = (const struct action_meter *)a;
    return meter->reserved ? "meter has a reserved field that is not 0" : NULL;
}

static const char *validate_push_pbb(const struct action *a, int depth)
{
    const struct action_push_pbb *push = (const struct action_push_pbb *)a;
    return push->reserved || push->tci & htonl(PBB_RESERVED_MASK)
               ? "push_pbb has a reserved field that is not 0"
               : NULL;
}

static const char *validate_copy_ttl(const struct action *a, int depth)
{
    const struct action_copy_ttl *copy = (const struct action_copy_ttl *)a;
    if (copy->inwards > 1) {
        return "copy_ttl goes neither in nor out";
    }
    return copy->reserved ? "copy_ttl has a reserved field that is not 0" : NULL;
}

static const char *validate_tnl_push(const struct action *a, int depth)
{
    const struct action_tnl_push *push = (const struct action_tnl_push *)a;
    struct tunnel_header header;
    if (push->mtu && (push->mtu < ACTION_TNL_MIN_MTU || push->mtu > UINT16_MAX)) {
        return "tnl_push has an MTU that no path has";
    }
    if (a->len != sizeof *push + push->header_len) {
        return "tnl_push has a wrong length";
    }
    return tunnel_header_parse(push->kind, push->header, push->header_len, &header);
}

static const char *validate_tnl_pop(const struct action *a, int depth)
{
    const struct action_tnl_pop *pop = (const struct action_tnl_pop *)a;
    return pop->reserved ? "tnl_pop has a reserved field that is not 0" : NULL;
}

static const struct {
    size_t size; /* bytes of the element, or of its fixed part */
    bool variable;
    const char *(*validate)(const struct action *, int depth);
} types[ACTION_N_TYPES] = {
    [ACTION_OUTPUT] = {sizeof(struct action_output), false, validate_output},
    [ACTION_PUSH_VLAN] = {sizeof(struct action_push_vlan), false, validate_push_vlan},
    [ACTION_POP_VLAN] = {sizeof(struct action), false, validate_nothing},
    [ACTION_PUSH_MPLS] = {sizeof(struct action_push_mpls), false, validate_push_mpls},
    [ACTION_POP_MPLS] = {sizeof(struct action_pop_mpls), false, validate_pop_mpls},
    [ACTION_SET] = {sizeof(struct action_set), true, validate_set},
    [ACTION_DEC_TTL] = {sizeof(struct action_dec_ttl), true, validate_nested},
    [ACTION_TRUNC] = {sizeof(struct action_trunc), false, validate_trunc},
    [ACTION_CLONE] = {sizeof(struct action), true, validate_nested},
    [ACTION_SAMPLE] = {sizeof(struct action_sample), true, validate_sample},
    [ACTION_RECIRC] = {sizeof(struct action_recirc), false, validate_recirc},
    [ACTION_HASH] = {sizeof(struct action_hash), false, validate_hash},
    [ACTION_UPCALL] = {sizeof(struct action_upcall), true, validate_upcall},
    [ACTION_DROP] = {sizeof(struct action_drop), false, validate_drop},
    [ACTION_SELECT] = {sizeof(struct action_select), true, validate_select},
    [ACTION_CHECK_LEN] = {sizeof(struct action_check_len), true, validate_check_len},
    [ACTION_BRANCH] = {sizeof(struct action), true, validate_nested},
    [ACTION_METER] = {sizeof(struct action_meter), false, validate_meter},
    [ACTION_PUSH_PBB] = {sizeof(struct action_push_pbb), false, validate_push_pbb},
    [ACTION_POP_PBB] = {sizeof(struct action), false, validate_nothing},
    [ACTION_COPY_TTL] = {sizeof(struct action_copy_ttl), false, validate_copy_ttl},
    [ACTION_TNL_PUSH] = {sizeof(struct action_tnl_push), true, validate_tnl_push},
    [ACTION_TNL_POP] = {sizeof(struct action_tnl_pop), false, validate_tnl_pop},
    [ACTION_REASSEMBLE] = {sizeof(struct action), false, validate_nothing},
};

/* Checks the element that starts 'left' bytes before the end of its list. */
static const char *validate_element(const struct action *a, size_t left, int depth,
                                    enum list_kind kind)
{
    if (a->type >= ACTION_N_TYPES || !types[a->type].size) {
        return "an action has an unknown type";
    }
    if ((a->type == ACTION_BRANCH) != (kind == BRANCHES)) {
        return "a branch stands where an action is to be, or the other way round";
    }
    if (a->reserved) {
        return "an action has a reserved field that is not 0";
    }
    size_t least = types[a->type].size;
    if (a->len > left || (types[a->type].variable ? a->len < least : a->len != least)) {
        return "an action has a wrong length";
    }
    /* 'left' is a multiple of 8, so the padding is inside the list. */
    size_t padded = ROUND_UP(a->len, 8u);
    if (!is_zero((const uint8_t *)a + a->len, padded - a->len)) {
        return "an action has padding that is not 0";
    }
    if (a->type == ACTION_RECIRC && padded != left) {
        return "recirc is not the last action of its list";
    }
    if (a->type == ACTION_TNL_POP && padded != left) {
        return "tnl_pop is not the last action of its list";
    }
    if (a->type == ACTION_REASSEMBLE && padded != left) {
        return "reassemble is not the last action of its list";
    }
    return types[a->type].validate(a, depth);
}

static const char *validate_list(const uint8_t *list, size_t size, int depth, enum list_kind kind)
{
    if (depth > ACTIONS_MAX_DEPTH) {
        return "actions are nested too deep";
    }
    if (size % 8) {
        return "an action list is not a multiple of 8 bytes long";
    }
    while (size) {
        const struct action *a = (const struct action *)(const void *)list;
        const char *error = validate_element(a, size, depth, kind);
        if (error) {
            return error;
        }
        list += ROUND_UP(a->len, 8u);
        size -= ROUND_UP(a->len, 8u);
    }
    return NULL;
}

const char *actions_validate(const void *list, size_t size)
{
    if (size > ACTIONS_MAX_SIZE) {
        return "an action list is too long";
    }
    if ((uintptr_t)list % 8) {
        return "an action list is not aligned";
    }
    return validate_list(list, size, 0, ACTIONS);
}
