/* SPDX-License-Identifier: Apache-2.0 */
/* Matches and single fields as type-length-value entries: NXM (Nicira extensions) and OXM
 * (OpenFlow 1.2 and later).
 *
 * An entry is a header of 4 bytes (class, type, has-mask bit, length; 8 bytes in the experimenter's
 * class), a value and, if the has-mask bit is set, a mask of the same length. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/match.h"
#include "lib/ofp/ofp.h"

/* For 'version' below: fields get their NXM headers, where they have one. */
enum { NXM_VERSION = 0 };

/* The cookie that may stand in an NXM match. */
struct nxm_cookie {
    be64 cookie, mask; /* no mask: any */
};

/* Decodes 'n' bytes of entries into 'match', which is initialised first. Every prerequisite must
 * precede. A cookie is allowed only if 'cookie' is not null. Unless 'strict', entries of unknown
 * fields are passed over. */
enum ofp_error nxm_decode_match(const uint8_t *p, size_t n, bool strict, struct match *match,
                                struct nxm_cookie *cookie) WARN_UNUSED;

/* Appends the entries of 'match'; 'cookie' may be null. */
void nxm_encode_match(struct ofpbuf *, const struct match *, int version,
                      const struct nxm_cookie *cookie);

/* struct ofp_match of OpenFlow 1.1 and later, with its padding; '*used' is its length with padding. The encoder
 * always writes entries; see also lib/ofp/match11.h. */
enum ofp_error nxm_decode_ofp_match(const uint8_t *p, size_t n, bool strict, struct match *match,
                                    size_t *used) WARN_UNUSED;
void nxm_encode_ofp_match(struct ofpbuf *, const struct match *, enum ofp_version);

/* One header. 'len' is its own length, 'value_len' that of what follows. OFPBMC_BAD_FIELD for a
 * field that is not known, then with '*field' null and the lengths set. */
struct nxm_header {
    const struct field *field;
    bool has_mask;
    size_t len, value_len;
};
enum ofp_error nxm_decode_header(const uint8_t *p, size_t n, struct nxm_header *) WARN_UNUSED;

/* Appends the header of 'f'; false if the field has none. */
bool nxm_put_header(struct ofpbuf *, const struct field *f, int version, bool has_mask);

/* A header and its value, and its mask unless 'mask' is null. */
enum ofp_error nxm_decode_entry(const uint8_t *p, size_t n, const struct field **,
                                union field_value *value, union field_value *mask, bool *has_mask,
                                size_t *used) WARN_UNUSED;
/* In actions, tunnel options go without leading zeros. */
void nxm_put_short_entry(struct ofpbuf *, const struct field *, const union field_value *value,
                         const union field_value *mask, int version);
bool nxm_put_entry(struct ofpbuf *, const struct field *, const union field_value *value,
                   const union field_value *mask, int version);
