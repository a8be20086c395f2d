/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about groups: group-mod, statistics, descriptions, features. */
#include <stdlib.h>

#include "ofproto/backer.h"
#include "ofproto/group_change.h"
#include "ofproto/group_select.h"
#include "ofproto/group_table.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/transaction.h"

/* What buckets may do, in OpenFlow 1.3's numbers: output, the TTLs of MPLS, VLAN and MPLS tags, queues, groups, the TTL of IP, set-field. */
enum { GROUP_ACTIONS = 1 << 0 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 23
                       | 1 << 24 | 1 << 25 };

enum ofp_error handle_group_mod(struct ofconn *conn, struct ofp_message *msg)
{
    struct transaction *txn = transaction_begin();
    transaction_set_requester(txn, conn, msg->xid);
    enum ofp_error error = group_change_prepare(txn, conn->ofproto, &msg->u.group_mod);
    if (error) {
        transaction_abort(txn);
        return error;
    }
    transaction_commit(txn);
    handle_forward_request(conn, msg);
    return OFPERR_OK;
}

static void reply_stats(struct ofp_msgs *msgs, const struct group *group)
{
    struct ofp_group_stats stats;
    struct group_select *select = group_select_rcu(group);
    if (select && backer_client()) {
        group_select_pull(select, backer_client());
    }
    group_stats(group, (uint32_t) references_count(group->ofproto->references, REFERENCE_GROUP, group->id), &stats);
    ofp_reply_group_stats(msgs, &stats);
    free(stats.buckets);
}

static void reply_desc(struct ofp_msgs *msgs, const struct group *group)
{
    struct ofp_group_desc desc;
    group_describe(group, &desc);
    ofp_reply_group_desc(msgs, &desc);
    free(desc.buckets);
}

/* A reply about the groups that are asked for, group by group. */
static enum ofp_error reply(struct ofconn *conn, const struct ofp_message *msg, uint32_t id,
                            void (*put)(struct ofp_msgs *, const struct group *))
{
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    struct group **list;
    ofp_reply_begin(&msgs, msg);
    tables_lock();
    size_t n = group_table_list(conn->ofproto, id, &list);
    for (size_t i = 0; i < n; i++) {
        put(&msgs, list[i]);
    }
    tables_unlock();
    free(list);
    ofconn_send(conn, &msgs.buf);
    ofp_msgs_destroy(&msgs);
    return OFPERR_OK;
}

enum ofp_error handle_group_stats(struct ofconn *conn, struct ofp_message *msg)
{
    ofproto_push_stats();
    return reply(conn, msg, msg->u.group_request.id, reply_stats);
}

enum ofp_error handle_group_desc(struct ofconn *conn, struct ofp_message *msg)
{
    return reply(conn, msg, msg->u.group_request.id, reply_desc);
}

enum ofp_error handle_group_features(struct ofconn *conn, struct ofp_message *msg)
{
    enum { SELECT_WEIGHT = 1, SELECT_LIVENESS = 2, CHAINING = 4 };
    struct ofp_group_features features = {
        .types = (1u << OFPGT_N) - 1,
        .capabilities = SELECT_WEIGHT | SELECT_LIVENESS | CHAINING,
    };
    for (size_t i = 0; i < OFPGT_N; i++) {
        features.max_groups[i] = OFPG_MAX;
        features.actions[i] = GROUP_ACTIONS;
    }
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_group_features_reply(&buf, conn->version, &features, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}
