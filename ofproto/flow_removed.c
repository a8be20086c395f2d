/* SPDX-License-Identifier: Apache-2.0 */
/* Tells controllers that a flow is gone. */
#include "ofproto/flow_removed.h"

#include "ofproto/connmgr.h"
#include "ofproto/private.h"
#include "ofproto/table.h"

void flow_removed_send(const struct rule *rule, enum ofp_removed_reason reason)
{
    struct connmgr *connmgr = rule->ofproto->connmgr;
    if (!connmgr || !(rule->flags & OFP_FF_SEND_FLOW_REM) || rule_is_hidden(rule)) {
        return;
    }
    struct ofp_flow_removed message;
    struct ofp_flow_stats stats;
    table_rule_stats(rule, &stats, &message.match);
    message.cookie = stats.cookie;
    message.priority = stats.priority;
    message.reason = reason;
    message.table = stats.table;
    message.duration_sec = stats.duration_sec;
    message.duration_nsec = stats.duration_nsec;
    message.idle_timeout = stats.idle_timeout;
    message.hard_timeout = stats.hard_timeout;
    message.packets = stats.packets;
    message.bytes = stats.bytes;
    const struct field_map *before = field_map_use(&rule->ofproto->options);
    connmgr_send_flow_removed(connmgr, &message);
    field_map_use(before);
}
