/* SPDX-License-Identifier: Apache-2.0 */
/* The flows of two sources side by side, to compare them.
 *
 * A flow is identified by table, priority and match. They are kept packed: only the lines of the match that are in use. Flows stay in
 * the order in which they were first put, by table. */
#pragma once

#include "lib/base/hmap.h"
#include "lib/ofp/message.h"

enum { FLOW_TABLE_SOURCES = 2 };

/* What one source says of a flow. */
struct flow_version {
    be64 cookie;
    uint16_t idle_timeout, hard_timeout, importance, flags;
    struct ofpbuf actions;
};

struct flow_entry {
    struct hmap_node node;
    size_t index; /* in the order of putting */
    uint8_t table;
    uint16_t priority;
    struct flow_version *versions[FLOW_TABLE_SOURCES]; /* null: the source does not have the flow */
    uint32_t lines;                                    /* bitmap: those of the match that follow */
    struct flow_line match[];                          /* for each line, the flow's and the mask's */
};

struct flow_table {
    struct hmap entries;
};

#define FLOW_TABLE_INIT { HMAP_INIT }

/* Takes over 'actions'. A flow that the source had already is replaced. */
void flow_table_put(struct flow_table *, int source, uint8_t table, uint16_t priority, const struct match *,
                    const struct flow_version *);
void flow_table_destroy(struct flow_table *);

/* All entries in their order; the caller frees the array, and the entries stay the table's. */
struct flow_entry **flow_table_sorted(const struct flow_table *);

void flow_entry_match(const struct flow_entry *, struct match *);

/* Do both sources have the flow, and alike? */
bool flow_entry_is_equal(const struct flow_entry *);

/* One source's flow as text: empty if it does not have it. */
void flow_entry_format(struct strbuf *, const struct flow_entry *, int source);
