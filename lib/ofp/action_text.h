/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that read actions from text. */
#pragma once

#include "lib/ofp/action_codec.h"

/* Where in a list of actions the text stands. */
struct action_parser {
    const struct ofp_names *names;
    struct ofpbuf *out;
    unsigned int depth; /* 0: a flow's own list, where instructions may be */
    bool in_set;        /* inside write_actions */
    bool in_ct;         /* inside ct */
};

/* Each prints an action. */
typedef void action_format_fn(struct strbuf *, const struct ofp_action *,
                              const struct ofp_names *);

/* Each reads an action's value and appends the action. An error (the caller frees it), or null. */
typedef char *action_parse_fn(struct action_parser *, const char *value, int arg);

action_parse_fn action_parse_vlan, action_parse_mac, action_parse_ipv4, action_parse_u8_field,
    action_parse_tp, action_parse_tunnel, action_parse_mpls_label, action_parse_load,
    action_parse_set_field, action_parse_move, action_parse_stack;

/* The actions inside of another, with a parser of their own whose depth is one more. */
char *action_parse_nested_list(struct action_parser *, const char *text) WARN_UNUSED;

/* For action_parse_vlan(): the VID, not the priority; add a tag if there is none. */
enum { ACTION_VLAN_VID = 1, ACTION_VLAN_PUSH = 2 };

/* Decimal or hexadecimal number up to 'max'; "-1" is UINT64_MAX. 'what' is for the message, null
 * for a plain number. */
char *action_parse_number(const char *text, const char *what, uint64_t max,
                          uint64_t *value) WARN_UNUSED;

/* A number as wide as the widest field into ACTION_NUMBER_LEN bytes, right-aligned, if it fits
 * 'n_bits'. */
enum { ACTION_NUMBER_LEN = 124 };
enum action_number { ACTION_NUMBER_OK, ACTION_NUMBER_SYNTAX, ACTION_NUMBER_TOO_WIDE };
enum action_number action_parse_wide_number(const char *text, unsigned int n_bits,
                                            union field_value *) WARN_UNUSED;

/* Parts before and behind the last "->". False if there is none. 'copy' is cut up. */
bool action_split_arrow(char *copy, char **before, char **behind) WARN_UNUSED;

/* A subfield that has a name on the wire. */
char *action_parse_subfield(const char *text, struct subfield *) WARN_UNUSED;
