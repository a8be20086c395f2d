/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that hold one of the Nicira extensions' larger actions each. */
#pragma once

#include "lib/ofp/action_text.h"

/* Names of enum ofp_hash_fields; null: there is no such number. */
const char *action_hash_fields_name(unsigned int fields);
bool action_hash_fields_from_name(const char *, uint16_t *fields) WARN_UNUSED;

bool action_learn_equal(const struct ofp_action_learn *, const struct ofp_action_learn *);
/* Prerequisites of what is read against 'match', of what is written against the learned flow's. */
enum ofp_error action_learn_check(const struct ofp_action_learn *, const struct match *) WARN_UNUSED;
/* Grows the learn action at 'offset', the last of the list, by a specification, and returns that.
 */
void *action_learn_put_spec(struct ofpbuf *, size_t offset);

bool action_multipath_equal(const struct ofp_action_multipath *,
                            const struct ofp_action_multipath *);
bool action_bundle_equal(const struct ofp_action_bundle *, const struct ofp_action_bundle *);
bool action_sample_equal(const struct ofp_action_sample *, const struct ofp_action_sample *);

/* What is wrong with the list inside a "ct", and the action that is to blame. */
enum action_ct_fault {
    ACTION_CT_OK,
    ACTION_CT_BAD_ACTION,
    ACTION_CT_BAD_FIELD, /* neither mark nor label */
    ACTION_CT_NO_COMMIT, /* anything but "nat" without arguments needs it */
};
enum action_ct_fault action_ct_check_nested(const struct ofp_action_ct *,
                                            const struct ofp_action **culprit) WARN_UNUSED;
bool action_nat_range_valid(const struct ofp_action_nat *);
void action_nat_normalize(struct ofp_action_nat *);

/* The formatters. */
action_format_fn action_format_learn, action_format_conjunction, action_format_multipath,
    action_format_bundle, action_format_fin_timeout, action_format_check_pkt_larger,
    action_format_delete_field, action_format_sample, action_format_ct, action_format_nat,
    action_format_encap;
/* The parsers. */
action_parse_fn action_parse_learn, action_parse_conjunction, action_parse_multipath,
    action_parse_bundle, action_parse_fin_timeout, action_parse_check_pkt_larger,
    action_parse_delete_field, action_parse_sample, action_parse_ct, action_parse_nat,
    action_parse_encap, action_parse_decap;
