/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge's table of tunnel options (NXT_TLV_TABLE_MOD and _REQUEST). */
#include "lib/ofp/action.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"
#include "ofproto/table.h"

static void note_use(void *aux, struct rule *rule)
{
    uint64_t *in_use = aux;
    struct ofp_flow_stats stats;
    struct match match;
    table_rule_stats(rule, &stats, &match);
    *in_use |= field_map_used_by_match(&match) | ofp_actions_tun_metadata(stats.actions, stats.actions_size);
}

/* Every flow of the bridge is looked at; mappings are seldom taken away. */
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
    return in_use;
}

enum ofp_error handle_tlv_table_mod(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_tlv_mod *tm = &msg->u.tlv_mod;
    return field_map_modify(&conn->ofproto->options, tm,
                            tm->command == OFPTLV_ADD ? 0 : indexes_in_use(conn->ofproto));
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
