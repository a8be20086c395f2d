/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about the switch as a whole, its tables and ports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "ofproto/handle.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"
#include "ofproto/table_config.h"

static void send_reply(struct ofconn *conn, struct ofp_msgs *msgs)
{
    ofconn_send(conn, &msgs->buf);
    ofp_msgs_destroy(msgs);
}

enum ofp_error handle_desc(struct ofconn *conn, struct ofp_message *msg)
{
    const struct ofproto_config *config = &conn->ofproto->config;
    struct ofp_desc desc;
    memset(&desc, 0, sizeof desc);

    /* Clients of OVS know the switch by these words. */
    snprintf(desc.mfr, sizeof desc.mfr, "Nicira, Inc.");
    snprintf(desc.hw, sizeof desc.hw, "Open vSwitch");
    snprintf(desc.sw, sizeof desc.sw, "Weft %s", PACKAGE_VERSION);
    snprintf(desc.serial, sizeof desc.serial, "%s", config->dp_sn && *config->dp_sn ? config->dp_sn : "None");
    snprintf(desc.dp, sizeof desc.dp, "%s", config->dp_desc && *config->dp_desc ? config->dp_desc : "None");
    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_desc_reply(&buf, conn->version, &desc, msg->xid);
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

/* Tables. */

enum ofp_error handle_table_stats(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, msg);
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        struct ofp_table_stats stats;
        table_get_stats(conn->ofproto, (uint8_t) i, &stats);
        ofp_reply_table_stats(&msgs, &stats);
    }
    send_reply(conn, &msgs);
    return OFPERR_OK;
}

/* Every table of every bridge has the same features, a megabyte of them per version, and clients ask with every command. So the
 * reply is encoded once per version. */
static struct ofp_msgs features_cache[OFP15 + 1];

static void build_table_features(struct ofp_msgs *msgs, const struct ofproto *ofproto, const struct ofp_message *request)
{
    ofp_reply_begin(msgs, request);
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        ofp_reply_table_features(msgs, (uint8_t) i, table_name(ofproto, (uint8_t) i));
    }
}

/* A copy for the caller. A bridge whose tables have names has features of its own. */
static void table_features(const struct ofproto *ofproto, const struct ofp_message *request, struct ofpbuf *out)
{
    struct ofp_msgs *cache = &features_cache[request->version];
    if (table_any_named(ofproto)) {
        struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
        build_table_features(&msgs, ofproto, request);
        *out = msgs.buf;
        return;
    }
    if (!cache->buf.size) {
        build_table_features(cache, ofproto, request);
    }
    ofpbuf_put(out, cache->buf.data, cache->buf.size);
}

/* Is the table described as the standard wants it: by all properties, each of them once, or since 1.5 by none? */
static enum ofp_error check_properties(const struct ofp_table_features *features, enum ofp_version version)
{
    uint32_t misses = features->properties & TABLE_MISS_PROPERTIES;
    if (features->has_extra) {
        return OFPBPC_BAD_TYPE;
    }
    if (!features->properties && version >= OFP15) {
        return OFPERR_OK;
    }
    return features->repeated || (features->properties & TABLE_PROPERTIES) != TABLE_PROPERTIES
                   || (misses && misses != TABLE_MISS_PROPERTIES)
               ? OFPTFFC_BAD_FEATURES : OFPERR_OK;
}

/* Is each table there once? */
static enum ofp_error check_form(const struct ofp_message *msg, unsigned int *n)
{
    struct ofp_stats_iter iter;
    struct ofp_table_features features;
    bool seen[OFP_TABLE_ALL + 1] = { false };
    enum ofp_error error = OFPERR_OK;
    ofp_stats_iter_init(&iter, msg);
    for (*n = 0; iter.n && !error; ++*n) {
        error = ofp_table_features_next(&iter, &features);
        error = error ? error : check_properties(&features, msg->version);
        if (!error) {
            error = features.id == OFP_TABLE_ALL ? OFPTFFC_BAD_TABLE : seen[features.id] ? NXTFFC_DUP_TABLE : OFPERR_OK;
            seen[features.id] = true;
        }
    }
    return error;
}

/* Of what a table can do only its name can be changed; what is said of instructions, fields and actions is passed over, as OVS does. */
static enum ofp_error check_table_features(const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofp_table_features features = { .command = OFPTFC_REPLACE };
    enum ofp_table_features_command first = OFPTFC_REPLACE;
    unsigned int n;
    enum ofp_error error = check_form(msg, &n);
    ofp_stats_iter_init(&iter, msg);
    for (bool any = false; iter.n && !error; any = true) {
        error = ofp_table_features_next(&iter, &features);
        if (!error && (features.id >= OFP_N_TABLES || features.command > OFPTFC_MODIFY || features.eviction > 0 || features.vacancy > 0
                       || features.max_entries != OFP_TABLE_MAX_ENTRIES)) {
            error = OFPTFFC_EPERM;
        }
        first = any ? first : features.command;
    }
    return error ? error : first == OFPTFC_REPLACE && n < OFP_N_TABLES ? OFPTFFC_EPERM : OFPERR_OK; /* no table can be left out */
}

static enum ofp_error change_table_features(struct ofconn *conn, const struct ofp_message *msg)
{
    if (conn->role == OFPCR_ROLE_SECONDARY) {
        return OFPBRC_IS_SECONDARY;
    }
    enum ofp_error error = check_table_features(msg);
    struct ofp_stats_iter iter;
    struct ofp_table_features features;
    ofp_stats_iter_init(&iter, msg);
    while (!error && iter.n) {
        error = ofp_table_features_next(&iter, &features);
        if (!error) {
            table_set_name(conn->ofproto, features.id, features.name);
        }
    }
    return error;
}

enum ofp_error handle_table_features(struct ofconn *conn, struct ofp_message *msg)
{
    enum ofp_error error = msg->u.raw.len ? change_table_features(conn, msg) : OFPERR_OK;
    if (error) {
        return error;
    }
    struct ofpbuf buf = { NULL, 0, 0 };
    table_features(conn->ofproto, msg, &buf);
    for (size_t offset = 0; offset < buf.size;) {
        int length = ofp_message_len(buf.data + offset, buf.size - offset);
        assert(length >= OFP_HEADER_LEN);
        put_be32(buf.data + offset + 4, msg->xid);
        offset += (size_t) length;
    }
    ofconn_send(conn, &buf);
    return OFPERR_OK;
}

/* Ports. */

enum ofp_error handle_port_stats(struct ofconn *conn, struct ofp_message *msg)
{
    ofp_port_t wanted = msg->u.port_stats_request.port;
    struct ofp_phy_port *ports;
    size_t n_ports;
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    struct ofp_port_stats stats;
    ofp_reply_begin(&msgs, msg);
    if (wanted != OFPP_NONE) {
        if (ofproto_port_stats(conn->ofproto, wanted, &stats)) { /* else the reply is empty, as OVS's */
            ofp_reply_port_stats(&msgs, &stats);
        }
        send_reply(conn, &msgs);
        return OFPERR_OK;
    }
    ofproto_ports_describe(conn->ofproto, &ports, &n_ports);
    for (size_t i = 0; i < n_ports; i++) {
        if (ofproto_port_stats(conn->ofproto, ports[i].no, &stats)) {
            ofp_reply_port_stats(&msgs, &stats);
        }
    }
    free(ports);
    send_reply(conn, &msgs);
    return OFPERR_OK;
}

enum ofp_error handle_port_desc(struct ofconn *conn, struct ofp_message *msg)
{
    struct ofp_phy_port *ports;
    size_t n_ports;
    struct ofp_msgs msgs = { { NULL, 0, 0 }, 0 };
    ofp_reply_begin(&msgs, msg);
    ofproto_ports_describe(conn->ofproto, &ports, &n_ports);
    for (size_t i = 0; i < n_ports; i++) {
        ofp_port_t wanted = msg->u.port_stats_request.port;
        if (wanted == OFPP_NONE || wanted == ports[i].no) {
            ofp_reply_port_desc(&msgs, &ports[i]);
        }
    }
    free(ports);
    send_reply(conn, &msgs);
    return OFPERR_OK;
}

enum ofp_error handle_port_mod(struct ofconn *conn, struct ofp_message *msg)
{
    return ofproto_port_mod(conn->ofproto, &msg->u.port_mod);
}
