/* SPDX-License-Identifier: Apache-2.0 */
/* Printing what concerns the connection and the switch as a whole. */
#include "lib/ofp/print.h"

#include <ctype.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/packet_in_reason.h"

static const struct bit_name capabilities[] = {
    { OFPC_FLOW_STATS, "FLOW_STATS" },
    { OFPC_TABLE_STATS, "TABLE_STATS" },
    { OFPC_PORT_STATS, "PORT_STATS" },
    { OFPC_GROUP_STATS, "GROUP_STATS" },
    { OFPC_IP_REASM, "IP_REASM" },
    { OFPC_QUEUE_STATS, "QUEUE_STATS" },
    { OFPC_ARP_MATCH_IP, "ARP_MATCH_IP" },
    { OFPC_PORT_BLOCKED, "PORT_BLOCKED" },
    { OFPC_BUNDLES, "BUNDLES" },
};

/* The actions of 1.0 in the order of their numbers. */
static const struct bit_name actions_10[] = {
    { 1 << 0, "output" },      { 1 << 11, "enqueue" },    { 1 << 1, "set_vlan_vid" },
    { 1 << 2, "set_vlan_pcp" }, { 1 << 3, "strip_vlan" },  { 1 << 4, "mod_dl_src" },
    { 1 << 5, "mod_dl_dst" },  { 1 << 6, "mod_nw_src" },  { 1 << 7, "mod_nw_dst" },
    { 1 << 8, "mod_nw_tos" },  { 1 << 9, "mod_tp_src" },  { 1 << 10, "mod_tp_dst" },
};

enum ofp_error print_hello(struct printer *p, const struct ofp_message *msg)
{
    const char *separator = " ";

    strbuf_puts(p->s, "\n version bitmap:");
    for (unsigned int version = 1; version < 32; version++) {
        if (msg->u.hello.versions & OFP_VERSION_BIT(version)) {
            strbuf_putf(p->s, "%s0x%02x", separator, version);
            separator = ", ";
        }
    }
    return OFPERR_OK;
}

/* Text from a peer, with what is not printable escaped. */
static void put_text(struct strbuf *s, const uint8_t *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isprint(text[i]) && text[i] != '\\') {
            strbuf_putc(s, (char) text[i]);
        } else {
            strbuf_putf(s, "\\%03o", text[i]);
        }
    }
}

enum ofp_error print_error_message(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_error_msg *e = &msg->u.error;

    if (e->error == OFPERR_OK) {
        strbuf_putf(p->s, " ***unknown error: type %u, code %u***\n", e->type, e->code);
        print_hex_dump(p->s, e->data, e->data_len, true);
        return OFPERR_OK;
    }
    strbuf_putf(p->s, " %s\n", ofp_error_name(e->error));
    if (e->error == OFPHFC_INCOMPATIBLE || e->error == OFPHFC_EPERM) {
        put_text(p->s, e->data, e->data_len);
    } else if (e->data_len >= 2 && e->data[1] == 1) {
        print_hex_dump(p->s, e->data, e->data_len, true); /* no error answers an error */
    } else {
        ofp_format(p->s, e->data, e->data_len, p->names, 1);
    }
    return OFPERR_OK;
}

enum ofp_error print_echo(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " %zu bytes of payload\n", msg->u.echo.len);
    if (p->verbosity > 1) {
        print_hex_dump(p->s, msg->u.echo.data, msg->u.echo.len, true);
    }
    return OFPERR_OK;
}

enum ofp_error print_features(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_features *f = &msg->u.features;
    struct ofp_stats_iter iter;

    strbuf_putf(p->s, " dpid:%016llx\n", (unsigned long long) be64_to_host(f->datapath_id));
    strbuf_putf(p->s, "n_tables:%u, n_buffers:%u", f->n_tables, f->n_buffers);
    if (f->auxiliary_id) {
        strbuf_putf(p->s, ", auxiliary_id:%u", f->auxiliary_id);
    }
    strbuf_puts(p->s, "\ncapabilities: ");
    print_bits(p->s, f->capabilities, capabilities, ARRAY_SIZE(capabilities), "0");
    strbuf_putc(p->s, '\n');
    if (msg->version == OFP10) {
        strbuf_puts(p->s, "actions: ");
        print_bits(p->s, f->actions, actions_10, ARRAY_SIZE(actions_10), "0");
        strbuf_putc(p->s, '\n');
    }
    return ofp_features_ports(&iter, p->data, p->n) ? print_phy_ports(p->s, iter) : OFPERR_OK;
}

enum ofp_error print_config(struct printer *p, const struct ofp_message *msg)
{
    static const char *const frags[] = { "normal", "drop", "reassemble", "nx-match" };
    const struct ofp_switch_config *c = &msg->u.config;

    strbuf_putf(p->s, " frags=%s", frags[c->flags & 3]);
    if (c->invalid_ttl_to_controller > 0) {
        strbuf_puts(p->s, " invalid_ttl_to_controller");
    }
    strbuf_putf(p->s, " miss_send_len=%u\n", c->miss_send_len);
    return OFPERR_OK;
}

enum ofp_error print_role(struct printer *p, const struct ofp_message *msg)
{
    static const char *const roles[] = { "nochange", "equal", "primary", "secondary" };

    strbuf_putf(p->s, " role=%s", roles[msg->u.role.role & 3]);
    if (msg->u.role.generation_id != UINT64_MAX) {
        strbuf_putf(p->s, " generation_id=%llu", (unsigned long long) msg->u.role.generation_id);
    }
    return OFPERR_OK;
}

enum ofp_error print_role_status(struct printer *p, const struct ofp_message *msg)
{
    static const char *const reasons[] = { "primary_request", "configuration_changed", "experimenter_data_changed" };
    static const char *const roles[] = { "nochange", "equal", "primary", "secondary" };
    const struct ofp_role_status *rs = &msg->u.role_status;

    strbuf_putf(p->s, " role=%s", roles[rs->role & 3]);
    if (rs->generation_id != UINT64_MAX) {
        strbuf_putf(p->s, " generation_id=%llu", (unsigned long long) rs->generation_id);
    }
    strbuf_putf(p->s, " reason=%s", rs->reason < ARRAY_SIZE(reasons) ? reasons[rs->reason] : "(unknown)");
    return OFPERR_OK;
}

static void put_reasons(struct strbuf *s, const char *title, uint32_t mask,
                        const char *const *names, size_t n)
{
    strbuf_putf(s, "%16s:", title);
    if (!mask) {
        strbuf_puts(s, " (off)");
    }
    for (unsigned int i = 0; i < 32; i++) {
        if (mask & 1u << i) {
            if (i < n) {
                strbuf_putf(s, " %s", names[i]);
            } else {
                strbuf_putf(s, " %u", i);
            }
        }
    }
    strbuf_putc(s, '\n');
}

enum ofp_error print_async(struct printer *p, const struct ofp_message *msg)
{
    static const char *const packet_in[] = {
        "no_match", "action", "invalid_ttl", "action_set", "group", "packet_out",
    };
    static const char *const port_status[] = { "add", "delete", "modify" };
    static const char *const flow_removed[] = {
        "idle", "hard", "delete", "group_delete", "meter_delete", "eviction",
    };
    static const char *const role_status[] = { "primary_request", "configuration_changed",
                                               "experimenter_data_changed" };
    static const char *const table_status[] = { "", "", "", "vacancy_down", "vacancy_up" };
    static const char *const forward[] = { "group_mod_request", "meter_mod_request" };
    static const char *const controllers[] = { "request", "channel_status", "role", "controller_added",
                                               "controller_removed", "short_id" };

    for (int i = 0; i < 2; i++) {
        const uint32_t *masks = msg->u.async.masks[i];

        strbuf_putf(p->s, "\n %s:\n", i ? "secondary" : "primary");
        put_reasons(p->s, "PACKET_IN", masks[0], packet_in, ARRAY_SIZE(packet_in));
        put_reasons(p->s, "PORT_STATUS", masks[1], port_status, ARRAY_SIZE(port_status));
        put_reasons(p->s, "FLOW_REMOVED", masks[2], flow_removed, ARRAY_SIZE(flow_removed));
        put_reasons(p->s, "ROLE_STATUS", masks[3], role_status, ARRAY_SIZE(role_status));
        put_reasons(p->s, "TABLE_STATUS", masks[4], table_status, ARRAY_SIZE(table_status));
        put_reasons(p->s, "REQUESTFORWARD", masks[5], forward, ARRAY_SIZE(forward));
        if (msg->u.async.given[i] & 1u << OFP_ASYNC_CONTROLLER_STATUS) { /* unless it does not come up, as elsewhere */
            put_reasons(p->s, "CONTROLLER_STATUS", masks[6], controllers, ARRAY_SIZE(controllers));
        }
    }
    return OFPERR_OK;
}

enum ofp_error print_flow_format(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " format=%s",
                msg->u.flow_format.flow_format == OFP_FLOW_FORMAT_NXM ? "nxm" : "openflow10");
    return OFPERR_OK;
}

enum ofp_error print_flow_mod_table_id(struct printer *p, const struct ofp_message *msg)
{
    strbuf_puts(p->s, msg->u.flow_mod_table_id.on ? " enable" : " disable");
    return OFPERR_OK;
}

enum ofp_error print_packet_in_format(struct printer *p, const struct ofp_message *msg)
{
    static const char *const formats[] = { "standard", "nxt_packet_in", "nxt_packet_in2" };

    strbuf_putf(p->s, " format=%s", formats[msg->u.packet_in_format.format]);
    return OFPERR_OK;
}

enum ofp_error print_controller_id(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " id=%u", msg->u.controller_id.id);
    return OFPERR_OK;
}

enum ofp_error print_desc(struct printer *p, const struct ofp_message *msg)
{
    const struct {
        const char *title, *text;
    } lines[] = {
        { "Manufacturer", msg->u.desc.mfr },    { "Hardware", msg->u.desc.hw },
        { "Software", msg->u.desc.sw },         { "Serial Num", msg->u.desc.serial },
        { "DP Description", msg->u.desc.dp },
    };

    strbuf_putc(p->s, '\n');
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        strbuf_putf(p->s, "%s: ", lines[i].title);
        put_text(p->s, (const uint8_t *) lines[i].text, strlen(lines[i].text));
        strbuf_putc(p->s, '\n');
    }
    return OFPERR_OK;
}
