/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as text: its name, its body, or what is wrong with it. */
#include "lib/ofp/print.h"

#include <ctype.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/msg_header.h"

void print_hex_dump(struct strbuf *s, const uint8_t *p, size_t n, bool ascii)
{
    for (size_t ofs = 0; ofs < n; ofs += 16) {
        size_t line = MIN(n - ofs, 16);

        strbuf_putf(s, "%08zx  ", ofs);
        for (size_t i = 0; i < 16; i++) {
            if (i < line) {
                strbuf_putf(s, "%02x%s", p[ofs + i],
                            i == 7 && (ascii || line > 8)       ? "-"
                            : i < 15 && (ascii || i + 1 < line) ? " "
                                                                : "");
            } else if (ascii) {
                strbuf_puts(s, i < 15 ? "   " : "  ");
            }
        }
        if (ascii) {
            strbuf_puts(s, " |");
            for (size_t i = 0; i < 16; i++) {
                strbuf_putc(s, i >= line ? ' ' : isprint(p[ofs + i]) ? (char) p[ofs + i] : '.');
            }
            strbuf_putc(s, '|');
        }
        strbuf_putc(s, '\n');
    }
}

void print_duration(struct strbuf *s, uint32_t sec, uint32_t nsec)
{
    strbuf_putf(s, "%u", sec);
    if (nsec) {
        if (nsec % 1000000) {
            strbuf_putf(s, ".%09u", nsec);
            while (strbuf_chomp(s, '0')) {
            }
        } else {
            strbuf_putf(s, ".%03u", nsec / 1000000);
        }
    }
    strbuf_putc(s, 's');
}

void print_bits(struct strbuf *s, uint32_t bits, const struct bit_name *names, size_t n,
                const char *none)
{
    const char *separator = "";

    if (!bits) {
        strbuf_puts(s, none);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (bits & names[i].bit) {
            strbuf_putf(s, "%s%s", separator, names[i].name);
            separator = " ";
            bits &= ~names[i].bit;
        }
    }
    if (bits) {
        strbuf_putf(s, "%s0x%x", separator, bits);
    }
}

/* Null: nothing to say beyond the name. */
static print_fn *const printers[OFPMSG_N_TYPES] = {
    [OFPMSG_HELLO] = print_hello,
    [OFPMSG_ERROR] = print_error_message,
    [OFPMSG_ECHO_REQUEST] = print_echo,
    [OFPMSG_ECHO_REPLY] = print_echo,
    [OFPMSG_FEATURES_REPLY] = print_features,
    [OFPMSG_GET_CONFIG_REPLY] = print_config,
    [OFPMSG_SET_CONFIG] = print_config,
    [OFPMSG_PACKET_IN] = print_packet_in,
    [OFPMSG_FLOW_REMOVED] = print_flow_removed,
    [OFPMSG_PORT_STATUS] = print_port_status,
    [OFPMSG_PACKET_OUT] = print_packet_out,
    [OFPMSG_FLOW_MOD] = print_flow_mod,
    [OFPMSG_PORT_MOD] = print_port_mod,
    [OFPMSG_ROLE_REQUEST] = print_role,
    [OFPMSG_ROLE_REPLY] = print_role,
    [OFPMSG_ROLE_STATUS] = print_role_status,
    [OFPMSG_GET_ASYNC_REPLY] = print_async,
    [OFPMSG_SET_ASYNC] = print_async,
    [OFPMSG_DESC_REPLY] = print_desc,
    [OFPMSG_FLOW_STATS_REQUEST] = print_flow_stats_request,
    [OFPMSG_FLOW_STATS_REPLY] = print_flow_stats,
    [OFPMSG_FLOW_COUNTERS_REQUEST] = print_flow_stats_request,
    [OFPMSG_FLOW_COUNTERS_REPLY] = print_flow_counters,
    [OFPMSG_AGGREGATE_REQUEST] = print_flow_stats_request,
    [OFPMSG_AGGREGATE_REPLY] = print_aggregate,
    [OFPMSG_TABLE_STATS_REPLY] = print_table_stats,
    [OFPMSG_PORT_STATS_REQUEST] = print_port_stats_request,
    [OFPMSG_PORT_STATS_REPLY] = print_port_stats,
    [OFPMSG_PORT_DESC_REQUEST] = print_port_desc_request,
    [OFPMSG_PORT_DESC_REPLY] = print_port_desc,
    [OFPMSG_TABLE_FEATURES_REQUEST] = print_table_features,
    [OFPMSG_TABLE_FEATURES_REPLY] = print_table_features,
    [OFPMSG_QUEUE_STATS_REQUEST] = print_queue_stats_request,
    [OFPMSG_QUEUE_STATS_REPLY] = print_queue_stats,
    [OFPMSG_GROUP_MOD] = print_group_mod,
    [OFPMSG_GROUP_STATS_REQUEST] = print_group_request,
    [OFPMSG_GROUP_STATS_REPLY] = print_group_stats,
    [OFPMSG_GROUP_DESC_REQUEST] = print_group_request,
    [OFPMSG_GROUP_DESC_REPLY] = print_group_desc,
    [OFPMSG_GROUP_FEATURES_REPLY] = print_group_features,
    [OFPMSG_METER_MOD] = print_meter_mod,
    [OFPMSG_METER_STATS_REQUEST] = print_meter_request,
    [OFPMSG_METER_STATS_REPLY] = print_meter_stats,
    [OFPMSG_METER_CONFIG_REQUEST] = print_meter_request,
    [OFPMSG_METER_CONFIG_REPLY] = print_meter_config,
    [OFPMSG_METER_FEATURES_REPLY] = print_meter_features,
    [OFPMSG_BUNDLE_CTRL] = print_bundle_ctrl,
    [OFPMSG_BUNDLE_ADD] = print_bundle_add,
    [OFPMSG_REQUESTFORWARD] = print_requestforward,
    [OFPMSG_TABLE_MOD] = print_table_mod,
    [OFPMSG_TABLE_DESC_REPLY] = print_table_desc,
    [OFPMSG_TABLE_STATUS] = print_table_status,
    [OFPMSG_CONTROLLER_STATUS] = print_controller_status,
    [OFPMSG_CONTROLLER_STATUS_REPLY] = print_controller_status_reply,
    [OFPMSG_FLOW_MONITOR_REQUEST] = print_flow_monitor_request,
    [OFPMSG_FLOW_MONITOR_REPLY] = print_flow_monitor_reply,
    [OFPMSG_FLOW_MONITOR_CANCEL] = print_flow_monitor_cancel,
    [OFPMSG_NXT_TLV_TABLE_MOD] = print_tlv_mod,
    [OFPMSG_NXT_TLV_TABLE_REPLY] = print_tlv_reply,
    [OFPMSG_NXT_RESUME] = print_packet_in,
    [OFPMSG_NXT_CT_FLUSH_ZONE] = print_ct_flush_zone,
    [OFPMSG_NXT_CT_FLUSH] = print_ct_flush,
    [OFPMSG_NXST_IPFIX_BRIDGE_REPLY] = print_ipfix_bridge,
    [OFPMSG_NXST_IPFIX_FLOW_REPLY] = print_ipfix_flow,
    [OFPMSG_QUEUE_GET_CONFIG_REQUEST] = print_queue_config_request,
    [OFPMSG_QUEUE_GET_CONFIG_REPLY] = print_queue_config,
    [OFPMSG_NXT_SET_FLOW_FORMAT] = print_flow_format,
    [OFPMSG_NXT_FLOW_MOD_TABLE_ID] = print_flow_mod_table_id,
    [OFPMSG_NXT_SET_PACKET_IN_FORMAT] = print_packet_in_format,
    [OFPMSG_NXT_SET_CONTROLLER_ID] = print_controller_id,
};

/* A multipart message may say that more follow. */
static void print_flags(struct strbuf *s, const uint8_t *data, const struct msg_header *h)
{
    enum { FLAGS_AT = 10, FLAG_MORE = 1 };

    if (msg_kind_is_stats(h->wire->kind)) {
        unsigned int flags = get_u16(data + FLAGS_AT);

        if (flags) {
            strbuf_putf(s, " flags=%s", flags & FLAG_MORE ? "[more]" : "");
        }
        if (flags & ~(unsigned int) FLAG_MORE) {
            strbuf_putf(s, "[***unknown flags 0x%04x***]", flags & ~(unsigned int) FLAG_MORE);
        }
    }
}

static void print_name(struct strbuf *s, const struct msg_header *h)
{
    strbuf_puts(s, h->wire->name);
    if (h->version != OFP10) {
        strbuf_putf(s, " (OF1.%d)", (int) h->version - 1);
    }
    strbuf_putf(s, " (xid=0x%x):", ntohl(h->xid));
}

static enum ofp_error print_body(struct printer *p)
{
    struct ofp_message msg;
    enum ofp_error error = ofp_decode(p->data, p->n, true, &msg);

    if (!error && printers[msg.type]) {
        error = printers[msg.type](p, &msg);
    }
    ofp_message_destroy(&msg);
    return error;
}

static void end_line(struct strbuf *s)
{
    if (!s->length || s->s[s->length - 1] != '\n') {
        strbuf_putc(s, '\n');
    }
}

/* Fewer bytes than the header says, or more. True if that was all that can be said. */
static bool print_bad_length(struct strbuf *s, const uint8_t *data, size_t n)
{
    size_t len;
    struct msg_header h;

    if (!n) {
        strbuf_puts(s, "OpenFlow message is empty\n");
        return true;
    }
    if (n < OFP_HEADER_LEN) {
        strbuf_putf(s, "OpenFlow packet too short (only %zu bytes):\n", n);
        print_hex_dump(s, data, n, true);
        return true;
    }
    len = get_u16(data + 2);
    if (len > n) {
        /* Only the name can be told, from what there is of the headers. */
        if (msg_header_peek(data, n, &h)) {
            print_name(s, &h);
            strbuf_putc(s, '\n');
        }
        strbuf_putf(s, "(***truncated to %zu bytes from %zu***)\n", n, len);
        print_hex_dump(s, data, n, true);
        return true;
    }
    if (len < n) {
        strbuf_putf(s, "(***only uses %zu bytes out of %zu***)\n", len, n);
        print_hex_dump(s, data, n, true);
        return true;
    }
    return false;
}

void ofp_format(struct strbuf *s, const uint8_t *data, size_t n, const struct ofp_names *names,
                int verbosity)
{
    struct printer p = { s, names, verbosity, data, n };
    struct msg_header h;

    if (print_bad_length(s, data, n)) {
        return;
    }
    enum ofp_error error = msg_header_decode(data, n, &h);
    if (!error) {
        print_name(s, &h);
        print_flags(s, data, &h);
        error = print_body(&p);
    }
    if (error) {
        if (s->length && s->s[s->length - 1] != ' ' && s->s[s->length - 1] != '\n') {
            strbuf_putc(s, ' ');
        }
        strbuf_putf(s, "***decode error: %s***\n", ofp_error_name(error));
        print_hex_dump(s, data, n, true);
    } else if (verbosity >= 5) {
        end_line(s);
        print_hex_dump(s, data, n, true);
    }
    end_line(s);
}
