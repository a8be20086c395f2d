/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of groups on the wire: Netronome's selection method (experimenter 0x154d, type 1). */
#include <string.h>

#include "lib/ofp/group_codec.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/prop.h"

enum { VENDOR_NETRONOME = 0x154d, VENDOR_NETRONOME_OLD = 0x1540, SELECTION_METHOD = 1 };
enum { PROP_LEN = 40, METHOD_AT = 16, METHOD_LEN = 16, PARAM_AT = 32 };

/* Fields that are hashed, each with the mask of its bits. */
static enum ofp_error decode_fields(const uint8_t *p, size_t n, struct ofp_group_props *props)
{
    while (n) {
        const struct field *f;
        union field_value mask, unused;
        bool has_mask;
        size_t used;
        enum ofp_error error = nxm_decode_entry(p, n, &f, &mask, &unused, &has_mask, &used);

        if (error) {
            return error;
        }
        if (has_mask) {
            return OFPBMC_BAD_MASK;
        }
        if (group_props_has_field(props, f->id)) {
            return OFPBMC_DUP_FIELD;
        }
        if (!field_mask_valid(f, &mask)) {
            return OFPBMC_BAD_MASK;
        }
        group_props_add_field(props, f->id, &mask);
        p += used;
        n -= used;
    }
    return OFPERR_OK;
}

static enum ofp_error decode_selection(const struct prop *prop, enum ofp_group_type type,
                                       enum ofp_group_command command,
                                       struct ofp_group_props *props)
{
    const char *method = (const char *) prop->p + METHOD_AT;

    if (type != OFPGT_SELECT ||
        (command != OFPGC_ADD && command != OFPGC_MODIFY && command != OFPGC_ADD_OR_MOD)) {
        return OFPBPC_BAD_VALUE;
    }
    if (prop->n < PROP_LEN) {
        return OFPBPC_BAD_LEN;
    }
    if (!memchr(method, '\0', METHOD_LEN) ||
        (strcmp(method, "hash") && strcmp(method, "dp_hash"))) {
        return OFPBPC_BAD_VALUE;
    }
    memset(props->selection_method, 0, sizeof props->selection_method);
    memcpy(props->selection_method, method, strlen(method));
    props->selection_param = get_u64(prop->p + PARAM_AT);
    if (prop->n > PROP_LEN && strcmp(method, "hash")) {
        return OFPBPC_BAD_VALUE;
    }
    return decode_fields(prop->p + PROP_LEN, prop->n - PROP_LEN, props);
}

enum ofp_error group_props_decode(const uint8_t *p, size_t n, enum ofp_group_type type,
                                  enum ofp_group_command command, struct ofp_group_props *props)
{
    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (error) {
            return error;
        }
        bool netronome =
            prop.experimenter == VENDOR_NETRONOME || prop.experimenter == VENDOR_NETRONOME_OLD;
        netronome = netronome && prop.exp_type == SELECTION_METHOD;
        error = netronome ? decode_selection(&prop, type, command, props) : prop_unknown(&prop);
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

void group_props_encode(struct ofpbuf *out, enum ofp_version version,
                        const struct ofp_group_props *props)
{
    if (!props->selection_method[0]) {
        return;
    }
    size_t start = prop_begin(out, PROP_EXPERIMENTER);
    put_u32(out, VENDOR_NETRONOME);
    put_u32(out, SELECTION_METHOD);
    put_zeros(out, 4);
    ofpbuf_put(out, props->selection_method, METHOD_LEN);
    put_u64(out, props->selection_param);
    for (int id = 0; props->masks && id < FIELD_N_IDS; id++) {
        if (group_props_has_field(props, (enum field_id) id)) {
            nxm_put_entry(out, field_get((enum field_id) id), &props->masks[id], NULL,
                          (int) version);
        }
    }
    prop_end(out, start);
}
