/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about the connection itself: features, configuration, roles, what is sent unasked, Nicira's settings. */
#include <string.h>

#include "ofproto/connmgr_private.h"
#include "ofproto/controller_events.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"

/* Bits of the configuration's flags: what is done with fragments. */
enum { FRAG_NORMAL = 0, FRAG_DROP = 1, FRAG_REASSEMBLE = 2, FRAG_NX_MATCH = 3, FRAG_MASK = 3 };

/* The actions of OpenFlow 1.0, section 5.3.1: output, set VLAN VID and PCP, strip VLAN, set MACs, set addresses, TOS and ports, enqueue. */
enum { ACTIONS_10 = 0xfff };

enum ofp_error handle_echo_request(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_echo(&buf, msg->version, true, msg->u.echo.data, msg->u.echo.len, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

enum ofp_error handle_features_request(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_features features = {
        .datapath_id = be64_from_host(conn->ofproto->datapath_id),
        .n_buffers = 0,
        .n_tables = OFP_N_TABLES,
        .capabilities = OFPC_FLOW_STATS | OFPC_TABLE_STATS | OFPC_PORT_STATS | OFPC_GROUP_STATS |
                        OFPC_QUEUE_STATS | OFPC_ARP_MATCH_IP | OFPC_BUNDLES,
        .actions = ACTIONS_10,
    };

    struct ofp_phy_port *ports;
    size_t n_ports;
    struct ofpbuf buf = { NULL, 0, 0 };
    ofproto_ports_describe(conn->ofproto, &ports, &n_ports);
    ofp_encode_features_reply(&buf, conn->version, &features, ports, n_ports, msg->xid);
    free(ports);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

enum ofp_error handle_get_config(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_switch_config config = {
        .flags = conn->ofproto->frag_handling,
        .miss_send_len = conn->miss_send_len,
        .invalid_ttl_to_controller = conn->invalid_ttl,
    };
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_config(&buf, conn->version, false, &config, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

enum ofp_error handle_set_config(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofp_switch_config *config = &msg->u.config;
    uint16_t frag = config->flags & FRAG_MASK;

    /* A service connection may look but a secondary controller must not change what packets meet. */
    if (conn->role != OFPCR_ROLE_SECONDARY && frag != FRAG_REASSEMBLE && frag != conn->ofproto->frag_handling) {
        __atomic_store_n(&conn->ofproto->frag_handling, frag, __ATOMIC_RELAXED);
        ofproto_need_revalidation();
    }
    if (config->invalid_ttl_to_controller >= 0) {
        conn->invalid_ttl = config->invalid_ttl_to_controller > 0;
    }
    conn->miss_send_len = config->miss_send_len;
    connmgr_update_wants(conn->connmgr);
    return OFPERR_OK;
}

enum ofp_error handle_barrier(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofproto_barrier();
    ofp_encode_empty(&buf, conn->version, OFPMSG_BARRIER_REPLY, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

/* OpenFlow 1.3, section 6.3.5. Nicira's form of 1.0 has no generation id. */
enum ofp_error handle_role_request(struct ofconn *conn, struct ofp_message *msg)
{
    uint32_t role = msg->u.role.role;
    if (role > OFPCR_ROLE_SECONDARY) {
        return OFPRRFC_BAD_ROLE;
    }
    if ((role == OFPCR_ROLE_PRIMARY || role == OFPCR_ROLE_SECONDARY) && !msg->nx
        && !connmgr_check_generation(conn->connmgr, msg->u.role.generation_id)) {
        return OFPRRFC_STALE;
    }
    uint32_t old = conn->role;
    if (role == OFPCR_ROLE_PRIMARY) {
        connmgr_set_primary(conn->connmgr, conn);
    } else if (role != OFPCR_ROLE_NOCHANGE && role != conn->role) {
        conn->role = role;
        connmgr_update_wants(conn->connmgr);
        connmgr_status_changed(conn->connmgr);
    }

    uint64_t generation;
    if (!connmgr_generation(conn->connmgr, &generation)) {
        generation = UINT64_MAX;
    }
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_role(&buf, conn->version, true, conn->role, generation, msg->xid);
    ofconn_send(conn, &buf);
    if (conn->role != old) {
        controller_events_role(conn);
    }
    return OFPERR_OK;
}

enum ofp_error handle_get_async(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_async_reply(&buf, conn->version, conn->async, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

enum ofp_error handle_set_async(struct ofconn *conn, struct ofp_message *msg)
{
    static_assert(sizeof conn->async == sizeof msg->u.async.masks, "the same table");
    for (int row = 0; row < 2; row++) {
        for (int kind = 0; kind < N_ASYNC; kind++) {
            if (msg->u.async.given[row] & 1u << kind) {
                conn->async[row][kind] = msg->u.async.masks[row][kind];
            }
        }
    }

    /* Whoever says what it wants to hear wants to hear it. */
    if (!conn->primary && !conn->miss_send_len) {
        conn->miss_send_len = OFCONN_MISS_SEND_LEN;
    }
    connmgr_update_wants(conn->connmgr);
    return OFPERR_OK;
}

enum ofp_error handle_set_flow_format(struct ofconn *conn, struct ofp_message *msg)
{
    uint32_t format = msg->u.flow_format.flow_format;
    if (format != OFP_FLOW_FORMAT_OPENFLOW10 && format != OFP_FLOW_FORMAT_NXM) {
        return OFPBRC_EPERM;
    }
    conn->nxm = format == OFP_FLOW_FORMAT_NXM;
    return OFPERR_OK;
}

enum ofp_error handle_flow_mod_table_id(struct ofconn *conn, struct ofp_message *msg)
{
    conn->flow_mod_table_id = msg->u.flow_mod_table_id.on;
    return OFPERR_OK;
}

enum ofp_error handle_set_packet_in_format(struct ofconn *conn, struct ofp_message *msg)
{
    if (msg->u.packet_in_format.format > OFP_PACKET_IN_NXT2) {
        return OFPBRC_EPERM;
    }
    conn->packet_in_format = msg->u.packet_in_format.format;
    return OFPERR_OK;
}

enum ofp_error handle_set_controller_id(struct ofconn *conn, struct ofp_message *msg)
{
    conn->controller_id = msg->u.controller_id.id;
    return OFPERR_OK;
}
