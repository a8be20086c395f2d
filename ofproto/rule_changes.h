/* SPDX-License-Identifier: Apache-2.0 */
/* The last changes of rules, so that a change makes nobody translate again whom it cannot concern.
 *
 * A megaflow depends on the tables that its translation looked into. When one of them has changed, the rules that came, went or got
 * other actions since are compared with what every packet of the megaflow has in common: if each of these rules asks for a bit to
 * be what the megaflow knows it not to be, then no lookup of any of its packets can have another answer, and the translation
 * still holds. Only the last RULE_CHANGES_MAX changes are known; who is further behind must translate.
 *
 * Of a lookup everything is known that is in the megaflow's mask and lies in lines of the flow that were not written to on the way there,
 * and of the others the ingress port and OpenFlow's metadata (struct table_looked). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/types.h"
#include "lib/ofp/ofp.h"

struct ofproto;
struct packed_flow;
struct rule;
struct xlate_credits;

enum { RULE_CHANGES_MAX = 1024 };

/* What is known of a packet at a lookup, beside key and mask of its megaflow. */
struct table_looked {
    ofp_port_t in_port;  /* OpenFlow's number, as it was looked up */
    uint32_t unchanged;  /* bitmap of the flow's lines that nothing was written to: they are as the packet came, registers and metadata zero */
    bool metadata_known; /* 'metadata' is the same for all packets of the megaflow */
    be64 metadata;
};

/* Writers: the holder of tables_lock(), after the version with the changes was published and before the tables' versions move. */
void rule_changes_add(const struct rule *const *rules, size_t n);
/* What the table does with packets that match nothing: as a rule that matches everything. */
void rule_changes_add_table(const struct ofproto *, uint8_t table);

/* Any thread, from here on. */

/* The number of the last change. */
uint64_t rule_changes_last(void);

/* Can one of the changes behind number 'since' concern the megaflow? Its translation went through the tables of the credits. '*now' receives the
 * number of the last change that was considered. */
bool rule_changes_concern(uint64_t since, const struct xlate_credits *, const struct packed_flow *key,
                          const struct packed_flow *mask, uint64_t *now);
