/* SPDX-License-Identifier: Apache-2.0 */
/* tun_metadata0 to 63 and the tunnel options that they stand for.
 *
 * These 64 fields have no width and no place of their own: a bridge's table of options (NXT_TLV_TABLE_MOD) gives them one.
 * field_get(FIELD_TUN_METADATA0 + i) is the field without a mapping: 124 bytes wide, in no place of the flow, so that it matches
 * nothing and reads as zero. A mapping makes it another 'struct field' of the same id, with the option's length, in
 * flow.tun_opts at the mapping's offset. Such a field is made once for each index, length and offset and never freed, so that
 * matches and actions may point to it whatever becomes of the mapping.
 *
 * What is decoded, printed or parsed means the fields of the map that the thread uses, see field_map_use(). An option that is absent
 * reads as zeros. Which are there is in flow.tun_present, by index: a match on a field, be it with a mask of zeros, is also one on its
 * presence, and who writes a field adds the option. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/tlv_table.h"

struct field_map {
    struct {
        const struct field *field; /* null: not mapped */
        uint16_t opt_class;
        uint8_t opt_type;
        uint8_t offset; /* in flow.tun_opts, in units of 4 bytes */
    } entries[OFP_TLV_N_FIELDS];
    uint64_t space; /* used units of flow.tun_opts, one bit each */
};

/* The map of the calling thread from now on; returns the one before. It must live as long as it is used. Null, as at the
 * start: fields get a place when a match with them is decoded or parsed, as a client that knows no bridge needs it. */
const struct field_map *field_map_use(const struct field_map *);

/* Carries out a modification: all of it or, on an error, nothing. 'in_use' has a bit for each index that some flow refers to;
 * taking its mapping away is an error. Main thread only. */
enum ofp_error field_map_modify(struct field_map *, const struct ofp_tlv_mod *,
                                uint64_t in_use) WARN_UNUSED;
void field_map_describe(const struct field_map *, struct ofp_tlv_reply *);

/* A mapping at the offset that it had once (entries[index].offset). False if it is none or something is in its way. */
bool field_map_restore(struct field_map *, const struct ofp_tlv_map *, unsigned int offset) WARN_UNUSED;

static inline bool field_is_tun_metadata(const struct field *f)
{
    return f->id >= FIELD_TUN_METADATA0 && f->id <= FIELD_TUN_METADATA63;
}

/* The field of that index in the thread's map, or among those that got a place without one; field_get()'s if there is none. */
const struct field *field_tun_metadata(unsigned int index);
/* A tun_metadata as a name or a header means it: in the thread's map, or 'f' itself if there is none. */
const struct field *field_in_map(const struct field *f);
/* Does the thread use a map? Without one, values are sent without leading zeros: nobody knows the width. */
bool field_map_in_use(void);

/* Is 'f' a tun_metadata without a mapping, while the thread uses a map? NXFMFC_INVALID_TLV_FIELD. */
bool field_is_unmapped(const struct field *f);

/* For a thread without a map: the field of f's index with a place for 'n' bytes at least; 'f' if there is no space. */
const struct field *field_grow(const struct field *f, size_t n);

/* Indexes of the tun_metadata that a match, or an action list, refers to, one bit each. */
struct match;
uint64_t field_map_used_by_match(const struct match *);

/* Does the match look at any option, be it for its presence only? */
bool field_map_match_has_options(const struct match *);
