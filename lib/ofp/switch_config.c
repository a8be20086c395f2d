/* SPDX-License-Identifier: Apache-2.0 */
/* What a switch can do and how it is set: features, configuration, role, and the settings of the Nicira extensions. */
#include "lib/ofp/codec.h"
#include "lib/ofp/port.h"

/* The bits of the actions of 1.0. */
enum { ACTIONS_10 = 0xfff };

/* The bits of capabilities that a version has. */
static uint32_t known_capabilities(enum ofp_version version)
{
    uint32_t common = OFPC_FLOW_STATS | OFPC_TABLE_STATS | OFPC_PORT_STATS | OFPC_IP_REASM |
                      OFPC_QUEUE_STATS;

    switch (version) {
    case OFP10:
        return common | OFPC_ARP_MATCH_IP;
    case OFP11:
        return common | OFPC_GROUP_STATS | OFPC_ARP_MATCH_IP;
    case OFP12:
    case OFP13:
        return common | OFPC_GROUP_STATS | OFPC_PORT_BLOCKED;
    default:
        return common | OFPC_GROUP_STATS | OFPC_PORT_BLOCKED | OFPC_BUNDLES;
    }
}

enum { CONFIG_FRAG_MASK = 3, CONFIG_INVALID_TTL = 4 };

/* Nicira's numbers of roles. */
enum { NX_ROLE_OTHER, NX_ROLE_MASTER, NX_ROLE_SLAVE };

enum ofp_error features_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_features *f = &msg->u.features;

    f->datapath_id = get_be64(h->body);
    f->n_buffers = get_u32(h->body + 8);
    f->n_tables = h->body[12];
    f->auxiliary_id = h->version >= OFP13 ? h->body[13] : 0;
    f->capabilities = get_u32(h->body + 16);
    f->actions = h->version == OFP10 ? get_u32(h->body + 20) & ACTIONS_10 : 0;
    return OFPERR_OK;
}

void ofp_encode_features_reply(struct ofpbuf *out, enum ofp_version version,
                               const struct ofp_features *f, const struct ofp_phy_port *ports,
                               size_t n_ports, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_FEATURES_REPLY, version, false, xid);

    ofpbuf_put(out, &f->datapath_id, sizeof f->datapath_id);
    put_u32(out, f->n_buffers);
    put_u8(out, f->n_tables);
    put_u8(out, version >= OFP13 ? f->auxiliary_id : 0);
    put_zeros(out, 2);
    put_u32(out, f->capabilities & known_capabilities(version));
    put_u32(out, version == OFP10 ? f->actions & ACTIONS_10 : 0);
    for (size_t i = 0; i < n_ports && version <= OFP12; i++) {
        /* As many as fit; a client that finds the message full asks for the port description. */
        size_t before = out->size;
        port_encode(out, version, &ports[i]);
        if (out->size - start > OFP_MAX_MESSAGE) {
            out->size = before;
            break;
        }
    }
    msg_end(out, start);
}

enum ofp_error switch_config_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_switch_config *c = &msg->u.config;
    uint16_t flags = get_u16(h->body);
    bool has_ttl_flag = h->version <= OFP12; /* in 1.0 as an extension */

    c->flags = flags & CONFIG_FRAG_MASK;
    c->miss_send_len = get_u16(h->body + 2);
    c->invalid_ttl_to_controller = has_ttl_flag ? !!(flags & CONFIG_INVALID_TTL) : -1;

    /* A reply may carry bits that are not known; a switch that is told them refuses. */
    uint16_t known = CONFIG_FRAG_MASK | (has_ttl_flag ? CONFIG_INVALID_TTL : 0);
    return msg->type == OFPMSG_SET_CONFIG && flags & ~known ? OFPSCFC_BAD_FLAGS : OFPERR_OK;
}

void ofp_encode_config(struct ofpbuf *out, enum ofp_version version, bool set,
                       const struct ofp_switch_config *c, be32 xid)
{
    size_t start =
        msg_begin(out, set ? OFPMSG_SET_CONFIG : OFPMSG_GET_CONFIG_REPLY, version, false, xid);
    uint16_t flags = c->flags & CONFIG_FRAG_MASK;

    if (version <= OFP12 && c->invalid_ttl_to_controller > 0) {
        flags |= CONFIG_INVALID_TTL;
    }
    put_u16(out, flags);
    put_u16(out, c->miss_send_len);
    msg_end(out, start);
}

enum ofp_error role_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.role.role = get_u32(h->body);
    msg->u.role.generation_id = get_u64(h->body + 8);
    return msg->u.role.role > OFPCR_ROLE_SECONDARY ? OFPRRFC_BAD_ROLE : OFPERR_OK;
}

enum ofp_error role_decode_nxt(const struct msg_header *h, struct ofp_message *msg)
{
    static const uint8_t roles[] = {
        [NX_ROLE_OTHER] = OFPCR_ROLE_EQUAL,
        [NX_ROLE_MASTER] = OFPCR_ROLE_PRIMARY,
        [NX_ROLE_SLAVE] = OFPCR_ROLE_SECONDARY,
    };
    uint32_t role = get_u32(h->body);

    msg->u.role.generation_id = UINT64_MAX;
    if (role >= ARRAY_SIZE(roles)) {
        return OFPRRFC_BAD_ROLE;
    }
    msg->u.role.role = roles[role];
    return OFPERR_OK;
}

void ofp_encode_role(struct ofpbuf *out, enum ofp_version version, bool reply, uint32_t role,
                     uint64_t generation_id, be32 xid)
{
    bool nx = version < OFP12;
    size_t start =
        msg_begin(out, reply ? OFPMSG_ROLE_REPLY : OFPMSG_ROLE_REQUEST, version, nx, xid);

    if (nx) {
        put_u32(out, role == OFPCR_ROLE_PRIMARY     ? NX_ROLE_MASTER
                     : role == OFPCR_ROLE_SECONDARY ? NX_ROLE_SLAVE
                                                    : NX_ROLE_OTHER);
    } else {
        put_u32(out, role);
        put_zeros(out, 4);
        put_u64(out, generation_id);
    }
    msg_end(out, start);
}

enum ofp_error nx_flow_format_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.flow_format.flow_format = get_u32(h->body);
    return msg->u.flow_format.flow_format == OFP_FLOW_FORMAT_OPENFLOW10 ||
                   msg->u.flow_format.flow_format == OFP_FLOW_FORMAT_NXM
               ? OFPERR_OK
               : OFPBRC_EPERM;
}

enum ofp_error nx_flow_mod_table_id_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.flow_mod_table_id.on = h->body[0] != 0;
    return OFPERR_OK;
}

enum ofp_error nx_packet_in_format_decode(const struct msg_header *h, struct ofp_message *msg)
{
    uint32_t format = get_u32(h->body);

    msg->u.packet_in_format.format = (enum ofp_packet_in_format) format;
    return format <= OFP_PACKET_IN_NXT2 ? OFPERR_OK : OFPBRC_EPERM;
}

enum ofp_error nx_controller_id_decode(const struct msg_header *h, struct ofp_message *msg)
{
    for (int i = 0; i < 6; i++) {
        if (h->body[i]) {
            return NXBRC_MUST_BE_ZERO;
        }
    }
    msg->u.controller_id.id = get_u16(h->body + 6);
    return OFPERR_OK;
}

void ofp_encode_nx_setting(struct ofpbuf *out, enum ofp_version version, enum ofp_msg_type type,
                           uint32_t value, be32 xid)
{
    size_t start = msg_begin(out, type, version, true, xid);

    switch (type) {
    case OFPMSG_NXT_FLOW_MOD_TABLE_ID:
        put_u8(out, (uint8_t) value);
        put_zeros(out, 7);
        break;
    case OFPMSG_NXT_SET_CONTROLLER_ID:
        put_zeros(out, 6);
        put_u16(out, (uint16_t) value);
        break;
    default:
        put_u32(out, value);
        break;
    }
    msg_end(out, start);
}
