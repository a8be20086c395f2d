/* SPDX-License-Identifier: Apache-2.0 */
/* Groups on the wire: what the files that encode and decode them share. */
#pragma once

#include "lib/ofp/group.h"
#include "lib/ofp/msg_header.h"

/* Frees the array, too. */
void group_buckets_destroy(struct ofp_bucket *, size_t n);
bool group_has_duplicate_ids(const struct ofp_bucket *, size_t n);

bool group_props_has_field(const struct ofp_group_props *, enum field_id);
void group_props_add_field(struct ofp_group_props *, enum field_id, const union field_value *mask);

/* The form of buckets: those with properties are 1.5's and that of Nicira's messages of 1.0. */
bool group_has_bucket_props(enum ofp_version, bool nx);

/* Decodes the 'n' bytes of buckets at 'p' into a new array, which is the caller's also after an
 * error. 'props' tells the form; buckets without properties are numbered from 0. */
enum ofp_error group_buckets_decode(const uint8_t *p, size_t n, enum ofp_version, bool props,
                                    enum ofp_group_type, struct ofp_bucket **buckets,
                                    size_t *n_buckets) WARN_UNUSED;
void group_buckets_encode(struct ofpbuf *out, enum ofp_version, bool props, enum ofp_group_type,
                          const struct ofp_bucket *, size_t n_buckets);

/* Properties of groups, of which there is one: Netronome's selection method. */
enum ofp_error group_props_decode(const uint8_t *p, size_t n, enum ofp_group_type,
                                  enum ofp_group_command, struct ofp_group_props *) WARN_UNUSED;
void group_props_encode(struct ofpbuf *out, enum ofp_version, const struct ofp_group_props *);
