/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions: OpenFlow 1.1 section A.2.4, 1.3 section 7.2.4. */
#include "lib/ofp/action_codec.h"

enum {
    INST_GOTO_TABLE = 1,
    INST_WRITE_METADATA = 2,
    INST_WRITE_ACTIONS = 3,
    INST_APPLY_ACTIONS = 4,
    INST_CLEAR_ACTIONS = 5,
    INST_METER = 6, /* 1.3 and 1.4 */
    INST_N,
    INST_EXPERIMENTER = 0xffff,
};

enum { INST_HEADER_LEN = 8 };

bool action_allowed_in_set(const struct ofp_action *a)
{
    switch ((enum ofp_action_type) a->type) {
    case OFPACT_OUTPUT:
        return !((const struct ofp_action_output *) a)->truncate;
    case OFPACT_SET_FIELD:
    case OFPACT_SET_TP_SRC:
    case OFPACT_SET_TP_DST:
    case OFPACT_REG_MOVE:
    case OFPACT_STRIP_VLAN:
    case OFPACT_PUSH_VLAN:
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
    case OFPACT_PUSH_MPLS:
    case OFPACT_POP_MPLS:
    case OFPACT_SET_MPLS_TTL:
    case OFPACT_DEC_MPLS_TTL:
    case OFPACT_DEC_TTL:
    case OFPACT_SET_QUEUE:
    case OFPACT_GROUP:
    case OFPACT_RESUBMIT:
    case OFPACT_CT:
    case OFPACT_CT_CLEAR:
    case OFPACT_ENCAP:
    case OFPACT_DECAP:
    case OFPACT_DEC_NSH_TTL:
    case OFPACT_COPY_TTL_OUT:
    case OFPACT_COPY_TTL_IN:
    case OFPACT_PUSH_PBB:
    case OFPACT_POP_PBB:
        return true;
    default:
        return false;
    }
}

/* The place of an element in the order of execution (1.3 section 5.9): instructions by number,
 * actions where apply-actions stands, METER among them in 1.5. */
static unsigned int rank(const struct ofp_action *a, enum ofp_version version)
{
    switch (a->type) {
    case OFPACT_METER:
        return version >= OFP15;
    case OFPACT_CLEAR_ACTIONS:
        return 2;
    case OFPACT_WRITE_ACTIONS:
        return 3;
    case OFPACT_WRITE_METADATA:
        return 4;
    case OFPACT_GOTO_TABLE:
        return 5;
    default:
        return 1;
    }
}

enum ofp_error actions_check_order(const void *list, size_t size, enum ofp_version version)
{
    const struct ofp_action *a;
    unsigned int last = 0, seen = 0;
    bool conjunction = false, others = false;

    ofp_action_for_each (a, list, size) {
        unsigned int r = rank(a, version);

        conjunction |= a->type == OFPACT_CONJUNCTION;
        others |= a->type != OFPACT_CONJUNCTION && a->type != OFPACT_NOTE;
        if (r < last) {
            return OFPBAC_UNSUPPORTED_ORDER;
        }
        if (r != 1 && seen & 1u << r) {
            return OFPBIC_DUP_INST;
        }
        seen |= 1u << r;
        last = r;
    }
    return conjunction && others ? NXBAC_BAD_CONJUNCTION : OFPERR_OK;
}

/* The instructions of a message, each with its 'n' bytes at 'p', its header included. Null: absent.
 */
struct found {
    const uint8_t *p[INST_N];
    size_t n[INST_N];
};

static enum ofp_error check_len(unsigned int type, size_t n)
{
    static const uint8_t fixed[INST_N] = {
        [INST_GOTO_TABLE] = 8,
        [INST_WRITE_METADATA] = 24,
        [INST_CLEAR_ACTIONS] = 8,
        [INST_METER] = 8,
    };

    if (n < INST_HEADER_LEN || (fixed[type] && n != fixed[type])) {
        return OFPBIC_BAD_LEN;
    }
    return OFPERR_OK;
}

static enum ofp_error find_instructions(const uint8_t *p, size_t n, enum ofp_version version,
                                        struct found *found)
{
    while (n) {
        if (n < INST_HEADER_LEN) {
            return OFPBIC_BAD_LEN;
        }
        unsigned int type = get_u16(p);
        size_t len = get_u16(p + 2);
        if (len < INST_HEADER_LEN || len > n || len % 8) {
            return OFPBIC_BAD_LEN;
        }
        if (type == INST_EXPERIMENTER) {
            return OFPBIC_BAD_EXPERIMENTER;
        }
        if (!type || type >= INST_N ||
            (type == INST_METER && (version < OFP13 || version >= OFP15))) {
            return OFPBIC_UNKNOWN_INST;
        }
        enum ofp_error error = check_len(type, len);
        if (error) {
            return error;
        }
        if (found->p[type]) {
            return OFPBIC_DUP_INST;
        }
        found->p[type] = p;
        found->n[type] = len;
        p += len;
        n -= len;
    }
    return OFPERR_OK;
}

static enum ofp_error decode_write_actions(const uint8_t *p, size_t n, enum ofp_version version,
                                           struct ofpbuf *out)
{
    ofp_actions_put(out, OFPACT_WRITE_ACTIONS, sizeof(struct ofp_action));
    size_t offset = out->size - sizeof(struct ofp_action);
    enum ofp_error error = actions_decode(p, n, version, 1, out);
    if (error) {
        return error;
    }
    struct ofp_action *outer = (struct ofp_action *) (void *) (out->data + offset);
    outer->len = (uint32_t) (out->size - offset);

    const struct ofp_action *a;
    ofp_action_for_each (a, outer + 1, out->size - offset - sizeof *outer) {
        if (!action_allowed_in_set(a)) {
            return OFPBAC_BAD_TYPE;
        }
    }
    return OFPERR_OK;
}

enum ofp_error instructions_decode(const uint8_t *p, size_t n, enum ofp_version version,
                                   struct ofpbuf *out)
{
    struct found found;
    enum ofp_error error;

    if (version == OFP10) {
        error = actions_decode(p, n, version, 0, out);
        return error ? error : actions_check_order(out->data, out->size, version);
    }
    memset(&found, 0, sizeof found);
    error = find_instructions(p, n, version, &found);
    if (error) {
        return error;
    }
    if (found.p[INST_METER]) {
        struct ofp_action_u32 *a = ofp_actions_put(out, OFPACT_METER, sizeof *a);
        a->value = get_u32(found.p[INST_METER] + 4);
    }
    if (found.p[INST_APPLY_ACTIONS]) {
        error = actions_decode(found.p[INST_APPLY_ACTIONS] + INST_HEADER_LEN,
                               found.n[INST_APPLY_ACTIONS] - INST_HEADER_LEN, version, 0, out);
        if (error) {
            return error;
        }
    }
    if (found.p[INST_CLEAR_ACTIONS]) {
        ofp_actions_put(out, OFPACT_CLEAR_ACTIONS, sizeof(struct ofp_action));
    }
    if (found.p[INST_WRITE_ACTIONS]) {
        error = decode_write_actions(found.p[INST_WRITE_ACTIONS] + INST_HEADER_LEN,
                                     found.n[INST_WRITE_ACTIONS] - INST_HEADER_LEN, version, out);
        if (error) {
            return error;
        }
    }
    if (found.p[INST_WRITE_METADATA]) {
        struct ofp_action_metadata *a = ofp_actions_put(out, OFPACT_WRITE_METADATA, sizeof *a);
        a->mask = get_be64(found.p[INST_WRITE_METADATA] + 16);
        a->value = get_be64(found.p[INST_WRITE_METADATA] + 8) & a->mask;
    }
    if (found.p[INST_GOTO_TABLE]) {
        struct ofp_action_u8 *a = ofp_actions_put(out, OFPACT_GOTO_TABLE, sizeof *a);
        a->value = found.p[INST_GOTO_TABLE][4];
    }
    return actions_check_order(out->data, out->size, version);
}

static size_t begin(struct ofpbuf *out, unsigned int type)
{
    size_t start = out->size;

    put_u16(out, (uint16_t) type);
    put_u16(out, 0);
    return start;
}

static void end(struct ofpbuf *out, size_t start)
{
    put_be16(out->data + start + 2, htons((uint16_t) (out->size - start)));
}

/* Apply-actions for the elements of the list that are actions. */
static void encode_apply(const void *list, size_t size, enum ofp_version version,
                         struct ofpbuf *out)
{
    size_t start = begin(out, INST_APPLY_ACTIONS);

    put_zeros(out, 4);
    actions_encode(list, size, version, out);
    if (out->size == start + INST_HEADER_LEN) {
        out->size = start;
    } else {
        end(out, start);
    }
}

static void encode_write_actions(const struct ofp_action *a, enum ofp_version version,
                                 struct ofpbuf *out)
{
    size_t size, start = begin(out, INST_WRITE_ACTIONS);
    const struct ofp_action *nested = ofp_action_nested(a, &size);

    put_zeros(out, 4);
    actions_encode(nested, size, version, out);
    end(out, start);
}

static void encode_one(const struct ofp_action *a, enum ofp_version version, struct ofpbuf *out)
{
    size_t start;

    switch (a->type) {
    case OFPACT_CLEAR_ACTIONS:
        start = begin(out, INST_CLEAR_ACTIONS);
        put_zeros(out, 4);
        end(out, start);
        break;
    case OFPACT_WRITE_ACTIONS:
        encode_write_actions(a, version, out);
        break;
    case OFPACT_WRITE_METADATA:
        start = begin(out, INST_WRITE_METADATA);
        put_zeros(out, 4);
        ofpbuf_put(out, &((const struct ofp_action_metadata *) a)->value, 8);
        ofpbuf_put(out, &((const struct ofp_action_metadata *) a)->mask, 8);
        end(out, start);
        break;
    case OFPACT_GOTO_TABLE:
        start = begin(out, INST_GOTO_TABLE);
        put_u8(out, ((const struct ofp_action_u8 *) a)->value);
        put_zeros(out, 3);
        end(out, start);
        break;
    }
}

void instructions_encode(const void *list, size_t size, enum ofp_version version,
                         struct ofpbuf *out)
{
    const struct ofp_action *a;

    if (version == OFP10) {
        actions_encode(list, size, version, out);
        return;
    }
    ofp_action_for_each (a, list, size) {
        if (a->type == OFPACT_METER && version >= OFP13 && version < OFP15) {
            size_t start = begin(out, INST_METER);
            put_u32(out, ((const struct ofp_action_u32 *) a)->value);
            end(out, start);
            break; /* further ones may stand among the actions of 1.5 */
        }
    }
    encode_apply(list, size, version, out);
    ofp_action_for_each (a, list, size) {
        encode_one(a, version, out);
    }
}
