/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as text: one per line. A line of add-flows may begin with what is to be done with its flow. */
#pragma once

#include "lib/ofp/message.h"

struct packed_flow;

/* The flows of a file or of the command line. */
struct flow_list {
    struct packed_flow **flows;
    size_t n, allocated;
    uint32_t formats; /* OFCTL_P_*: in which each of them can be sent */
    const struct ofp_names *names;
};

void flow_list_init(struct flow_list *, const struct ofp_names *);
void flow_list_destroy(struct flow_list *);

/* Adds one flow. An error that the caller frees, or null. */
char *flow_list_add(struct flow_list *, const char *text, enum ofp_flow_command) WARN_UNUSED;
/* The same; "add", "modify", "modify_strict", "delete" and "delete_strict" may stand in front of it. */
char *flow_list_add_command(struct flow_list *, const char *text, enum ofp_flow_command) WARN_UNUSED;

/* Adds the flows of a file, "-" for standard input; with 'any_command' a command may stand in front of each. Ends the program, with
 * file and line, when a flow is wrong. */
void flow_list_read(struct flow_list *, const char *file, enum ofp_flow_command, bool any_command);

/* The i-th flow; its actions stay the list's. */
void flow_list_get(const struct flow_list *, size_t i, struct ofp_flow_mod *);
