/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders of the actions that set fields: an action for each field in 1.0 and 1.1, set-field from
 * 1.2 on, masked in 1.5; Nicira's load where a version has none. */
#include "lib/ofp/action_encode.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"

enum {
    AT11_SET_MPLS_LABEL = 13,
    AT11_SET_MPLS_TC = 14,
    AT_PUSH_VLAN = 17,
    AT_SET_NW_TTL = 23,
    AT_SET_FIELD = 25,

    NX_SET_TUNNEL = 2,
    NX_REG_LOAD = 7,
    NX_SET_TUNNEL64 = 9,
    NX_SET_MPLS_LABEL = 30,
    NX_SET_MPLS_TC = 31,
    NX_REG_LOAD2 = 33,
};

static void put_reg_load(struct ofpbuf *out, const struct field *f, const union field_value *value,
                         const struct subfield *sf)
{
    size_t start = action_encode_begin_nx(out, NX_REG_LOAD);
    uint64_t x = 0;

    for (unsigned int i = sf->n_bits; i-- > 0;) {
        x = x << 1 | (value->b[f->n_bytes - 1u - (sf->ofs + i) / 8] >> (sf->ofs + i) % 8 & 1);
    }
    put_u16(out, action_encode_ofs_nbits(sf));
    nxm_put_header(out, f, NXM_VERSION, false);
    put_u64(out, x);
    action_encode_end(out, start);
}

static bool mask_is_exact(const struct ofp_action_set_field *a)
{
    union field_value exact;

    field_exact_mask(a->field, &exact);
    return !memcmp(exact.b, a->mask.b, a->field->n_bytes);
}

void action_put_reg_loads(struct ofpbuf *out, const struct ofp_action_set_field *a,
                          enum ofp_version version)
{
    struct subfield run = { NULL, 0, 0 };

    if (!field_has_short_header(a->field) || field_is_variable(a->field) ||
        a->a.raw == ACTION_RAW_LOAD2) {
        /* NXAST_REG_LOAD holds a header of 4 bytes, and at most 64 bits. */
        size_t start = action_encode_begin_nx(out, NX_REG_LOAD2);
        nxm_put_short_entry(out, a->field, &a->value, mask_is_exact(a) ? NULL : &a->mask, (int) version);
        action_encode_end(out, start);
        return;
    }
    while (action_next_load(a, &run)) {
        put_reg_load(out, a->field, &a->value, &run);
    }
}

static void put_set_field(struct ofpbuf *out, const struct field *f, const union field_value *value,
                          const union field_value *mask, enum ofp_version version)
{
    size_t start = action_encode_begin(out, AT_SET_FIELD);

    nxm_put_short_entry(out, f, value, mask, (int) version);
    action_encode_end(out, start);
}

/* The actions of 1.0 and 1.1 that set one thing, named as 1.0 does. */
enum legacy {
    SET_VLAN_VID,
    SET_VLAN_PCP,
    STRIP_VLAN,
    SET_DL_SRC,
    SET_DL_DST,
    SET_NW_SRC,
    SET_NW_DST,
    SET_NW_TOS,
    SET_NW_ECN,
    SET_TP_SRC,
    SET_TP_DST,
    N_LEGACY,
};

static uint16_t legacy_type(enum legacy what, enum ofp_version version)
{
    static const uint8_t types[N_LEGACY][2] = {
        [SET_VLAN_VID] = { 1, 1 }, [SET_VLAN_PCP] = { 2, 2 }, [STRIP_VLAN] = { 3, 18 },
        [SET_DL_SRC] = { 4, 3 },   [SET_DL_DST] = { 5, 4 },   [SET_NW_SRC] = { 6, 5 },
        [SET_NW_DST] = { 7, 6 },   [SET_NW_TOS] = { 8, 7 },   [SET_NW_ECN] = { 0, 8 },
        [SET_TP_SRC] = { 9, 9 },   [SET_TP_DST] = { 10, 10 },
    };

    return types[what][version == OFP11];
}

static void put_legacy_u16(struct ofpbuf *out, enum legacy what, enum ofp_version version, uint16_t x)
{
    action_put_u16(out, legacy_type(what, version), x);
}

static void put_legacy_u8(struct ofpbuf *out, enum legacy what, enum ofp_version version, unsigned int x)
{
    action_put_u8(out, legacy_type(what, version), (uint8_t) x);
}

static void put_tci(struct ofpbuf *out, uint16_t tci, enum ofp_version version)
{
    if (tci & VLAN_CFI) {
        put_legacy_u16(out, SET_VLAN_VID, version, tci & VLAN_VID_MASK);
        put_legacy_u8(out, SET_VLAN_PCP, version, tci >> VLAN_PCP_SHIFT);
    } else {
        action_put_plain(out, legacy_type(STRIP_VLAN, version));
    }
}

/* The actions of 1.0 and 1.1 that set a whole field. False if there is none for this one. */
static bool put_legacy(struct ofpbuf *out, const struct ofp_action_set_field *a,
                       enum ofp_version version)
{
    bool src = a->field->id == FIELD_ETH_SRC || a->field->id == FIELD_IPV4_SRC;
    size_t start;

    switch ((int) a->field->id) {
    case FIELD_ETH_SRC:
    case FIELD_ETH_DST:
        start = action_encode_begin(out, legacy_type(src ? SET_DL_SRC : SET_DL_DST, version));
        ofpbuf_put(out, a->value.b, 6);
        action_encode_end(out, start);
        return true;
    case FIELD_IPV4_SRC:
    case FIELD_IPV4_DST:
        action_put_u32(out, legacy_type(src ? SET_NW_SRC : SET_NW_DST, version),
                       ntohl(a->value.be32));
        return true;
    case FIELD_IP_DSCP:
        put_legacy_u8(out, SET_NW_TOS, version, a->value.u8);
        return true;
    case FIELD_IP_DSCP_SHIFTED:
        put_legacy_u8(out, SET_NW_TOS, version, a->value.u8 << 2u);
        return true;
    case FIELD_IP_ECN:
        if (version == OFP10) {
            return false;
        }
        put_legacy_u8(out, SET_NW_ECN, version, a->value.u8);
        return true;
    case FIELD_VLAN_TCI:
        put_tci(out, ntohs(a->value.be16), version);
        return true;
    case FIELD_VLAN_VID:
        put_legacy_u16(out, SET_VLAN_VID, version, ntohs(a->value.be16) & VLAN_VID_MASK);
        return true;
    case FIELD_VLAN_PCP:
        put_legacy_u8(out, SET_VLAN_PCP, version, a->value.u8);
        return true;
    case FIELD_TCP_SRC:
    case FIELD_UDP_SRC:
        put_legacy_u16(out, SET_TP_SRC, version, ntohs(a->value.be16));
        return true;
    case FIELD_TCP_DST:
    case FIELD_UDP_DST:
        put_legacy_u16(out, SET_TP_DST, version, ntohs(a->value.be16));
        return true;
    default:
        return false;
    }
}

/* The actions of 1.1, or Nicira's, for fields that have one of their own under "mod_" or "set_"
 * names. */
static bool put_mod(struct ofpbuf *out, const struct ofp_action_set_field *a,
                    enum ofp_version version)
{
    bool nx = version == OFP10;
    uint64_t tun_id;
    size_t start;

    switch ((int) a->field->id) {
    case FIELD_TUN_ID:
        tun_id = be64_to_host(a->value.be64);
        if (a->a.raw == ACTION_RAW_MOD && tun_id <= UINT32_MAX) {
            action_put_nx_u32(out, NX_SET_TUNNEL, (uint32_t) tun_id);
            return true;
        }
        start = action_encode_begin_nx(out, NX_SET_TUNNEL64);
        put_zeros(out, 6);
        put_u64(out, tun_id);
        action_encode_end(out, start);
        return true;
    case FIELD_MPLS_LABEL:
        if (nx) {
            action_put_nx_u32(out, NX_SET_MPLS_LABEL, ntohl(a->value.be32));
        } else {
            action_put_u32(out, AT11_SET_MPLS_LABEL, ntohl(a->value.be32));
        }
        return true;
    case FIELD_MPLS_TC:
        if (nx) {
            action_put_nx_u8(out, NX_SET_MPLS_TC, a->value.u8);
        } else {
            action_put_u8(out, AT11_SET_MPLS_TC, a->value.u8);
        }
        return true;
    case FIELD_IP_TTL:
        if (nx) {
            return false;
        }
        action_put_u8(out, AT_SET_NW_TTL, a->value.u8);
        return true;
    default:
        return false;
    }
}

void action_encode_set_field(const struct ofp_action *action, enum ofp_version version,
                             struct ofpbuf *out)
{
    const struct ofp_action_set_field *a = (const void *) action;
    bool exact = mask_is_exact(a), mod = a->a.raw == ACTION_RAW_MOD || a->a.raw == ACTION_RAW_MOD_WIDE;
    bool load = !exact || a->a.raw == ACTION_RAW_LOAD || a->a.raw == ACTION_RAW_LOAD2;

    if (version <= OFP11) {
        if (load || (!put_legacy(out, a, version) && !(mod && put_mod(out, a, version)))) {
            action_put_reg_loads(out, a, version);
        }
    } else if (a->field->id == FIELD_IP_TTL && mod) {
        action_put_u8(out, AT_SET_NW_TTL, a->value.u8);
    } else if (a->field->id == FIELD_IP_DSCP && mod) {
        union field_value dscp = { .u8 = a->value.u8 >> 2 };
        put_set_field(out, field_get(FIELD_IP_DSCP_SHIFTED), &dscp, NULL, version);
    } else if (load && version < OFP15) {
        action_put_reg_loads(out, a, version);
    } else {
        put_set_field(out, a->field, &a->value, exact ? NULL : &a->mask, version);
    }
}

void action_encode_set_tp(const struct ofp_action *action, enum ofp_version version,
                          struct ofpbuf *out)
{
    const struct ofp_action_tp *a = (const void *) action;
    bool src = action->type == OFPACT_SET_TP_SRC;

    if (version <= OFP11) {
        put_legacy_u16(out, src ? SET_TP_SRC : SET_TP_DST, version, a->port);
        return;
    }
    union field_value value = { .be16 = htons(a->port) };
    enum field_id id = a->nw_proto == NW_PROTO_UDP    ? src ? FIELD_UDP_SRC : FIELD_UDP_DST
                       : a->nw_proto == NW_PROTO_SCTP ? src ? FIELD_SCTP_SRC : FIELD_SCTP_DST
                       : src                          ? FIELD_TCP_SRC
                                                      : FIELD_TCP_DST;
    put_set_field(out, field_get(id), &value, NULL, version);
}

void action_encode_set_vlan(const struct ofp_action *action, enum ofp_version version,
                            struct ofpbuf *out)
{
    const struct ofp_action_vlan *a = (const void *) action;
    bool vid = action->type == OFPACT_SET_VLAN_VID;

    if (version > OFP10 && a->push_if_none && !a->has_tag) {
        action_put_u16(out, AT_PUSH_VLAN, ETH_TYPE_VLAN_8021Q);
    }
    if (version <= OFP11) {
        if (vid) {
            put_legacy_u16(out, SET_VLAN_VID, version, a->value);
        } else {
            put_legacy_u8(out, SET_VLAN_PCP, version, a->value);
        }
        return;
    }
    union field_value value;
    if (vid) {
        value.be16 = htons(a->value | VLAN_CFI);
    } else {
        value.u8 = (uint8_t) a->value;
    }
    put_set_field(out, field_get(vid ? FIELD_VLAN_VID : FIELD_VLAN_PCP), &value, NULL, version);
}
