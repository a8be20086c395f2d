/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge's table of tunnel options (NXT_TLV_TABLE_MOD and _REQUEST). */
#include <stdlib.h>

#include "lib/ofp/action.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/group.h"
#include "ofproto/group_table.h"
#include "ofproto/handle.h"
#include "ofproto/message_bundle.h"
#include "ofproto/ofconn.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/state_log_object.h"
#include "ofproto/table_private.h"

static void note_use(void *aux, struct rule *rule)
{
    uint64_t *in_use = aux;
    struct ofp_flow_stats stats;
    struct match match;
    table_rule_stats(rule, &stats, &match);
    *in_use |= field_map_used_by_match(&match) | ofp_actions_tun_metadata(stats.actions, stats.actions_size);
}

static uint64_t used_by_groups(const struct ofproto *p)
{
    struct group **list;
    uint64_t in_use = 0;
    tables_lock();
    size_t n = group_table_list(p, OFPG_ALL, &list);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < list[i]->n_buckets; j++) {
            const struct ofpbuf *actions = &list[i]->buckets[j].b.actions;
            in_use |= ofp_actions_tun_metadata(actions->data, actions->size);
        }
    }
    tables_unlock();
    free(list);
    return in_use;
}

static uint64_t used_by_bundles(const struct ofproto *p)
{
    struct ofconn *conn;
    uint64_t in_use = 0;
    cds_list_for_each_entry (conn, connmgr_conns(p->connmgr), node) {
        in_use |= message_bundles_options(conn->bundles);
    }
    return in_use;
}

/* Every flow and group of the bridge is looked at, and what waits in bundles; mappings are seldom taken away. */
static uint64_t indexes_in_use(const struct ofproto *p)
{
    struct ofp_flow_stats_request all = {
        .table = OFP_TABLE_ALL,
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
    };
    uint64_t in_use = 0;
    match_init(&all.match);
    table_for_each(p, &all, note_use, &in_use);
    return in_use | used_by_groups(p) | used_by_bundles(p);
}

enum ofp_error handle_tlv_table_mod(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_tlv_mod *tm = &msg->u.tlv_mod;
    struct ofproto *p = conn->ofproto;
    uint64_t in_use = tm->command == OFPTLV_ADD ? 0 : indexes_in_use(p);
    tables_lock();
    enum ofp_error error = field_map_modify(&p->options, tm, in_use);
    if (!error) {
        state_log_put_options(p->tables->log, &p->options);
    }
    tables_unlock();
    if (!error) {
        port_map_changed(); /* translation has a copy */
    }
    return error;
}

enum ofp_error handle_tlv_table_request(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_tlv_reply reply;
    struct ofpbuf buf = { NULL, 0, 0 };
    field_map_describe(&conn->ofproto->options, &reply);
    ofp_encode_tlv_reply(&buf, conn->version, &reply, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}
