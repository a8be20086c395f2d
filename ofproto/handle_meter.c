/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about meters: meter-mod, configuration, statistics, features. */
#include <stdlib.h>

#include "datapath/client.h"
#include "ofproto/handle.h"
#include "ofproto/limits.h"
#include "ofproto/meter_table.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"
#include "ofproto/version.h"

static enum ofp_error carry_out(struct ofconn *conn, const struct ofp_meter_mod *mm)
{
    switch (mm->command) {
    case OFPMC_ADD:
        return meter_table_add(conn->ofproto, &mm->config);
    case OFPMC_MODIFY:
        return meter_table_modify(conn->ofproto, &mm->config);
    case OFPMC_DELETE:
        meter_table_delete(conn->ofproto, mm->config.id, conn);
        return OFPERR_OK;
    }
    return OFPMMFC_BAD_COMMAND;
}

enum ofp_error handle_meter_mod(struct ofconn *conn, struct ofp_message *msg)
{
    enum ofp_error error = carry_out(conn, &msg->u.meter_mod);
    if (!error) {
        handle_forward_request(conn, msg);
    }
    return error;
}

static void reply_config(struct ofp_msgs *msgs, const struct meter *meter)
{
    ofp_reply_meter_config(msgs, &meter->config);
}

static void reply_stats(struct ofp_msgs *msgs, const struct meter *meter)
{
    struct ofp_meter_stats stats;
    meter_table_stats(meter, &stats);
    ofp_reply_meter_stats(msgs, &stats);
}

static enum ofp_error reply(struct ofconn *conn, const struct ofp_message *msg,
                            void (*put)(struct ofp_msgs *, const struct meter *))
{
    struct meter **list;
    size_t n = meter_table_list(conn->ofproto, msg->u.meter_request.id, &list);
    if (!n && msg->u.meter_request.id != OFPM_ALL) {
        free(list);
        return OFPMMFC_UNKNOWN_METER;
    }
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, msg);
    tables_lock();
    for (size_t i = 0; i < n; i++) {
        put(&msgs, list[i]);
    }
    tables_unlock();
    free(list);
    ofconn_send(conn, &msgs.buf);
    ofp_msgs_destroy(&msgs);
    return OFPERR_OK;
}

enum ofp_error handle_meter_config(struct ofconn *conn, struct ofp_message *msg)
{
    return reply(conn, msg, reply_config);
}

enum ofp_error handle_meter_stats(struct ofconn *conn, struct ofp_message *msg)
{
    return reply(conn, msg, reply_stats);
}

enum ofp_error handle_meter_features(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_meter_features features = {
        .max_meters = limits_meters(),
        .band_types = 1u << OFPMBT_DROP | 1u << OFPMBT_DSCP_REMARK,
        .capabilities = OFPMF_KBPS | OFPMF_PKTPS | OFPMF_BURST | OFPMF_STATS,
        .max_bands = OFP_MAX_METER_BANDS,
        .max_color = 0,
    };
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_meter_features_reply(&buf, conn->version, &features, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}
