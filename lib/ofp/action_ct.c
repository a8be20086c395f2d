/* SPDX-License-Identifier: Apache-2.0 */
/* The actions "ct" and, inside of it, "nat" on the wire (NXAST_CT, NXAST_NAT). */
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/nxm.h"

enum { NX_CT = 35, NX_NAT = 36 };
enum { CT_LEN = 24, NAT_LEN = 16, ZONE_BITS = 16 };
enum { CT_FLAGS = OFP_CT_COMMIT | OFP_CT_FORCE };
enum { NAT_FLAGS = OFP_NAT_SRC | OFP_NAT_DST | OFP_NAT_PERSISTENT | OFP_NAT_HASH | OFP_NAT_RANDOM };

/* What of a range is there, in the order of the bits. */
enum {
    NAT_IPV4_MIN = 1,
    NAT_IPV4_MAX = 2,
    NAT_IPV6_MIN = 4,
    NAT_IPV6_MAX = 8,
    NAT_PORT_MIN = 16,
    NAT_PORT_MAX = 32,
};

static_assert(sizeof(struct ofp_action_ct) % 8 == 0, "the nested list is aligned");

static enum ofp_error decode_zone(const uint8_t *p, struct ofp_action_ct *a)
{
    if (!get_u32(p)) {
        a->zone = get_u16(p + 4);
        return OFPERR_OK;
    }
    enum ofp_error error = action_decode_short_field(p, &a->zone_src.field);
    if (error) {
        return error;
    }
    action_decode_ofs_nbits(get_u16(p + 4), &a->zone_src);
    error = action_check_subfield(&a->zone_src, ACTION_READS);
    return error || a->zone_src.n_bits == ZONE_BITS ? error : OFPBAC_BAD_SET_LEN;
}

/* The field that an action writes, null for none. */
static const struct field *written_field(const struct ofp_action *a)
{
    switch (a->type) {
    case OFPACT_SET_FIELD:
        return ((const struct ofp_action_set_field *) a)->field;
    case OFPACT_REG_MOVE:
        return ((const struct ofp_action_reg_move *) a)->dst.field;
    default:
        return NULL;
    }
}

enum action_ct_fault action_ct_check_nested(const struct ofp_action_ct *ct,
                                            const struct ofp_action **culprit)
{
    size_t size;
    const struct ofp_action *a, *list = ofp_action_nested(&ct->a, &size);

    ofp_action_for_each (a, list, size) {
        const struct field *f = written_field(a);

        *culprit = a;
        if (!f && a->type != OFPACT_NAT) {
            return ACTION_CT_BAD_ACTION;
        }
        if (f && f->id != FIELD_CT_MARK && f->id != FIELD_CT_LABEL) {
            return ACTION_CT_BAD_FIELD;
        }
        bool plain_nat = a->type == OFPACT_NAT && !((const struct ofp_action_nat *) a)->flags;
        if (!plain_nat && !(ct->flags & OFP_CT_COMMIT)) {
            return ACTION_CT_NO_COMMIT;
        }
    }
    return ACTION_CT_OK;
}

enum ofp_error action_decode_nx_ct(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_ct *a = ofp_actions_put(out, OFPACT_CT, sizeof *a);
    size_t offset = (size_t) ((uint8_t *) a - out->data);
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;
    const struct ofp_action *culprit;

    a->flags = get_u16(p);
    a->recirc_table = p[8];
    a->alg = get_u16(p + 12);
    if (a->flags & ~CT_FLAGS || a->flags == OFP_CT_FORCE) {
        return OFPBAC_BAD_ARGUMENT;
    }
    enum ofp_error error = decode_zone(p + 2, a);
    if (!error) {
        error = actions_decode_nested(src, CT_LEN, true, out);
    }
    a = (void *) (out->data + offset);
    a->a.len = (uint32_t) (out->size - offset);
    if (error) {
        return error;
    }
    return action_ct_check_nested(a, &culprit) ? OFPBAC_BAD_ARGUMENT : OFPERR_OK;
}

void action_encode_ct(const struct ofp_action *action, enum ofp_version version,
                      struct ofpbuf *out)
{
    const struct ofp_action_ct *a = (const void *) action;
    size_t size, start = action_encode_begin_nx(out, NX_CT);
    const struct ofp_action *nested = ofp_action_nested(action, &size);

    put_u16(out, a->flags);
    if (a->zone_src.field) {
        nxm_put_header(out, a->zone_src.field, NXM_VERSION, false);
        put_u16(out, action_encode_ofs_nbits(&a->zone_src));
    } else {
        put_u32(out, 0);
        put_u16(out, a->zone);
    }
    put_u8(out, a->recirc_table);
    put_zeros(out, 3);
    put_u16(out, a->alg);
    actions_encode(nested, size, version, out);
    action_encode_end(out, start);
}

/* Takes 'n' bytes off the range, if 'present' has 'bit'. False if they are not there. */
static bool take(const uint8_t **p, size_t *left, unsigned int present, unsigned int bit,
                 void *to, size_t n)
{
    if (!(present & bit)) {
        return true;
    }
    if (*left < n) {
        return false;
    }
    memcpy(to, *p, n);
    *p += n;
    *left -= n;
    return true;
}

bool action_nat_range_valid(const struct ofp_action_nat *a)
{
    static const uint8_t zero[16];

    if (!a->family) {
        return !a->port_min && !a->port_max && !memcmp(a->max, zero, 16);
    }
    return (!memcmp(a->max, zero, 16) || memcmp(a->max, a->min, 16) >= 0) &&
           (!a->port_max || a->port_max >= a->port_min);
}

static bool nat_flags_valid(unsigned int flags, bool range)
{
    unsigned int direction = flags & (OFP_NAT_SRC | OFP_NAT_DST);
    unsigned int choice = flags & (OFP_NAT_HASH | OFP_NAT_RANDOM);

    return !(flags & ~NAT_FLAGS) && direction != (OFP_NAT_SRC | OFP_NAT_DST) &&
           choice != (OFP_NAT_HASH | OFP_NAT_RANDOM) && (direction || (!flags && !range));
}

/* An end of the range that is the beginning again says nothing, nor does one without a beginning. Any
 * address is the same as none. */
void action_nat_normalize(struct ofp_action_nat *a)
{
    if (!memcmp(a->min, a->max, sizeof a->max)) {
        memset(a->max, 0, sizeof a->max);
    }
    if (a->port_max == a->port_min || !a->port_min) {
        a->port_max = 0;
    }
    if (action_is_zero(a->min, sizeof a->min) && action_is_zero(a->max, sizeof a->max) &&
        !a->port_min) {
        a->family = 0;
    }
}

enum ofp_error action_decode_nx_nat(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_nat *a = ofp_actions_put(out, OFPACT_NAT, sizeof *a);
    const uint8_t *p = src->p + NAT_LEN;
    size_t left = src->n - NAT_LEN;
    unsigned int present = get_u16(src->p + ACTION_NX_HEADER_LEN + 4);
    bool v4 = present & NAT_IPV4_MIN, v6 = present & NAT_IPV6_MIN;
    be16 port_min = 0, port_max = 0;

    if (!src->in_ct) {
        return OFPBAC_BAD_SET_ARGUMENT;
    }
    a->flags = get_u16(src->p + ACTION_NX_HEADER_LEN + 2);
    a->family = v4 ? 4 : v6 ? 6 : 0;
    if (!nat_flags_valid(a->flags, present) || present >= 2 * NAT_PORT_MAX || (v4 && v6) ||
        (present & NAT_IPV4_MAX && !v4) || (present & NAT_IPV6_MAX && !v6) ||
        (present & NAT_PORT_MAX && !(present & NAT_PORT_MIN))) {
        return OFPBAC_BAD_ARGUMENT;
    }
    if (!take(&p, &left, present, NAT_IPV4_MIN, a->min, 4) ||
        !take(&p, &left, present, NAT_IPV4_MAX, a->max, 4) ||
        !take(&p, &left, present, NAT_IPV6_MIN, a->min, 16) ||
        !take(&p, &left, present, NAT_IPV6_MAX, a->max, 16) ||
        !take(&p, &left, present, NAT_PORT_MIN, &port_min, 2) ||
        !take(&p, &left, present, NAT_PORT_MAX, &port_max, 2)) {
        return OFPBAC_BAD_LEN;
    }
    a->port_min = ntohs(port_min);
    a->port_max = ntohs(port_max);
    if (!action_nat_range_valid(a)) {
        return OFPBAC_BAD_ARGUMENT;
    }
    action_nat_normalize(a);
    return OFPERR_OK;
}

void action_encode_nat(const struct ofp_action *action, enum ofp_version version,
                       struct ofpbuf *out)
{
    static const uint8_t zero[16];
    const struct ofp_action_nat *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_NAT), n = a->family == 4 ? 4 : 16;
    bool max = memcmp(a->max, zero, sizeof zero);
    unsigned int present = 0;

    if (a->family) {
        present = a->family == 4 ? NAT_IPV4_MIN | (max ? NAT_IPV4_MAX : 0)
                                 : NAT_IPV6_MIN | (max ? NAT_IPV6_MAX : 0);
        present |= (a->port_min ? NAT_PORT_MIN : 0) |
                   (a->port_min && a->port_max ? NAT_PORT_MAX : 0);
    }
    put_zeros(out, 2);
    put_u16(out, a->flags);
    put_u16(out, (uint16_t) present);
    if (a->family) {
        ofpbuf_put(out, a->min, n);
        ofpbuf_put(out, a->max, max ? n : 0);
    }
    if (present & NAT_PORT_MIN) {
        put_u16(out, a->port_min);
    }
    if (present & NAT_PORT_MAX) {
        put_u16(out, a->port_max);
    }
    action_encode_end(out, start);
}
