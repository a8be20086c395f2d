/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods as text, from the command line and from files. */
#pragma once

#include "lib/ofp/message.h"

struct group_list {
    struct ofp_group_mod *groups;
    size_t n, allocated;
    uint32_t formats; /* OFCTL_P_*: whose versions have all of the commands */
    const struct ofp_names *names;
};

void group_list_init(struct group_list *, const struct ofp_names *);
void group_list_destroy(struct group_list *);

/* Adds one group-mod. An error that the caller frees, or null. */
char *group_list_add(struct group_list *, const char *text, enum ofp_group_command) WARN_UNUSED;
/* The same; "add", "modify", "add_or_mod", "delete", "insert_bucket" and "remove_bucket" may stand in front of it. */
char *group_list_add_command(struct group_list *, const char *text) WARN_UNUSED;

/* Appends the i-th group-mod as a message; ends the program if the version cannot say it. */
void group_list_encode(const struct group_list *, size_t i, struct ofpbuf *out, enum ofp_version, be32 xid);
