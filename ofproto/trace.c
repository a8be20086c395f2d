/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: reading the arguments, translating, and showing what came of it. */
#include "ofproto/trace.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "lib/ofp/action.h"
#include "lib/ofp/message.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/trace_ct.h"
#include "ofproto/trace_flow.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/xlate.h"

enum { MAX_PASSES = 16, RULER = 79 };

struct trace {
    struct strbuf *reply;
    struct ofproto *ofproto;  /* null: found by the datapath's port number */
    struct flow key;          /* in_port is the datapath's number if 'ofproto' is null, else OpenFlow's */
    uint8_t *packet;          /* or null */
    size_t packet_len;
    struct ofpbuf actions;    /* packet-out */
    bool has_actions;
    struct ofp_names of_names;
    bool names;               /* show ports by name */
    bool consistent;          /* actions must make sense for the flow */
    uint8_t *ct_states;       /* what connection tracking would find, one for each time that it is asked */
    size_t n_ct_states, allocated_ct_states;
};

/* Arguments. */

static const char *dp_port_name(void *aux, uint32_t no)
{
    const struct ofport *port = port_set_by_dp(no);
    return port ? port->name : NULL;
}

static bool dp_port_number(void *aux, const char *name, uint32_t *no)
{
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        const struct ofport *port = port_set_find(o->ports, name);
        if (port && port->dp.no != DP_PORT_NONE) {
            *no = port->dp.no;
            return true;
        }
    }
    return false;
}

static bool of_port_number(void *ofproto_, const char *name, ofp_port_t *no)
{
    const struct ofproto *ofproto = ofproto_;
    const struct ofport *port = port_set_find(ofproto->ports, name);
    if (port) {
        *no = port->no;
    }
    return port != NULL;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char) c) ? c - '0' : isxdigit((unsigned char) c) ? (c | 32) - 'a' + 10 : -1;
}

/* Bytes in hexadecimal, with or without blanks in between. */
static bool parse_hex(const char *s, uint8_t **bytes, size_t *n)
{
    uint8_t *to = xmalloc(strlen(s) / 2 + 1);
    size_t len = 0;
    while (*s) {
        if (isspace((unsigned char) *s)) {
            s++;
            continue;
        }
        int high = hex_digit(s[0]), low = high < 0 ? -1 : hex_digit(s[1]);
        if (low < 0) {
            free(to);
            return false;
        }
        to[len++] = (uint8_t) (high << 4 | low);
        s += 2;
    }
    *bytes = to;
    *n = len;
    return len >= ETH_HEADER_LEN && len <= PACKET_MAX_SIZE;
}

static char *parse_bridge_flow(struct trace *trace, const char *text)
{
    struct ofp_flow_stats_request request;
    struct ofp_names names = { .port_number = of_port_number, .aux = trace->ofproto };
    char *error = ofp_flow_stats_request_parse(&request, text, &names);
    if (error) {
        char *full = xasprintf("Bad openflow flow syntax: %s: %s", text, error);
        free(error);
        return full;
    }
    flow_apply_mask(&trace->key, &request.match.flow, &request.match.mask);
    flow_use_line(&trace->key, FLOW_LINE_L2);
    for (size_t i = 0; i < FLOW_MAX_VLANS; i++) {
        /* OpenFlow's fields say a tag, but not of which type. */
        if (trace->key.vlan[i].tci & htons(VLAN_CFI)) {
            trace->key.vlan[i].tpid = htons(ETH_TYPE_VLAN_8021Q);
        }
    }
    return NULL;
}

static char *parse_datapath_flow(struct trace *trace, const char *text)
{
    struct flow mask;
    struct flow_port_names names = { dp_port_name, dp_port_number, NULL };
    char *error = flow_parse_text(text, &names, &trace->key, &mask);
    if (error) {
        char *full = xasprintf("Bad datapath flow syntax: %s", error);
        free(error);
        return full;
    }
    return NULL;
}

static char *take_ct_state(struct trace *trace, const char *text)
{
    uint8_t state;
    char *error = text ? trace_ct_parse(text, &state) : xstrdup("Missing argument for option --ct-next");
    if (!error) {
        if (trace->n_ct_states == trace->allocated_ct_states) {
            trace->ct_states = grow_array(trace->ct_states, &trace->allocated_ct_states, sizeof *trace->ct_states);
        }
        trace->ct_states[trace->n_ct_states++] = state;
    }
    return error;
}

/* Takes the options out of the arguments, wherever they stand, and the packet from their end. */
static char *take_options(struct trace *trace, int *argc, const char *argv[], bool *generate)
{
    int n = 0;
    for (int i = 0; i < *argc; i++) {
        if (!strcmp(argv[i], "-generate") || !strcmp(argv[i], "--generate")) {
            *generate = true;
        } else if (!strcmp(argv[i], "--names") || !strcmp(argv[i], "--no-names")) {
            trace->names = argv[i][2] == 'n' && argv[i][3] == 'a';
        } else if (!strcmp(argv[i], "--ct-next")) {
            char *error = take_ct_state(trace, ++i < *argc ? argv[i] : NULL);
            if (error) {
                return error;
            }
        } else if (!strcmp(argv[i], "-consistent") || !strcmp(argv[i], "--consistent")) {
            trace->consistent = true;
        } else if (argv[i][0] == '-') {
            return xasprintf("%s: unknown option", argv[i]);
        } else {
            argv[n++] = argv[i];
        }
    }
    *argc = n;
    const char *last = n > 1 ? argv[n - 1] : "";
    if (strlen(last) >= 2 * ETH_HEADER_LEN && strspn(last, "0123456789abcdefABCDEF ") == strlen(last)) {
        --*argc;
        return parse_hex(last, &trace->packet, &trace->packet_len) ? NULL : xstrdup("Trailing garbage in packet data");
    }
    return NULL;
}

/* Headers are the packet's, metadata the flow's. */
static char *adopt_packet(struct trace *trace)
{
    struct flow key;
    if (!packet_key(trace->packet, trace->packet_len, &key)) {
        return xstrdup("the packet is too short for an Ethernet header");
    }
    key.in_port = trace->key.in_port;
    key.recirc_id = trace->key.recirc_id;
    key.skb_priority = trace->key.skb_priority;
    key.pkt_mark = trace->key.pkt_mark;
    for (unsigned int i = FLOW_LINE_REGS; i < FLOW_N_LINES; i++) {
        if (trace->key.lines & 1u << i) {
            key.lines |= 1u << i;
            key.line[i] = trace->key.line[i];
        }
    }
    trace->key = key;
    return NULL;
}

static char *generate_packet(struct trace *trace)
{
    trace->packet = xmalloc(PACKET_MAX_SIZE);
    trace->packet_len = flow_compose(&trace->key, trace->packet, PACKET_MAX_SIZE, 0);
    return trace->packet_len ? NULL : xstrdup("cannot make a packet of this flow");
}

static char *parse_flow(struct trace *trace, int argc, const char *const argv[])
{
    flow_init(&trace->key);
    if (argc == 1) {
        return parse_datapath_flow(trace, argv[0]);
    }
    trace->ofproto = ofproto_find(argv[0]);
    if (trace->ofproto) {
        return parse_bridge_flow(trace, argv[1]);
    }
    bool datapath = strstr(argv[0], "ovs-") || strchr(argv[0], '@');
    return datapath ? parse_datapath_flow(trace, argv[1]) : xasprintf("%s: unknown bridge", argv[0]);
}

/* Of a last argument that was not taken for a packet. */
static const char *what_is_wrong_with_packet(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    bool digits = !text[n] && n % 2 == 0;
    return digits ? "Packet data too short for Ethernet" : "Trailing garbage in packet data";
}

static char *parse_args(struct trace *trace, int argc, const char *const argv_[])
{
    bool generate = false;
    const char **argv = xmemdup(argv_, MAX(argc, 1) * sizeof *argv);
    char *error = take_options(trace, &argc, argv, &generate);
    if (!error && argc != 1 && argc != 2) {
        error = xstrdup(argc > 2 ? what_is_wrong_with_packet(argv[argc - 1]) : "a flow is expected: [DATAPATH] ODP_FLOW, or BRIDGE FLOW, and then [-generate|PACKET]");
    }
    if (!error) {
        error = parse_flow(trace, argc, argv);
    }
    if (!error && trace->packet) {
        error = adopt_packet(trace);
    } else if (!error && generate) {
        error = generate_packet(trace);
    }
    free(argv);
    return error;
}

/* Translating. */

/* A datapath's port number stands for a bridge and OpenFlow's number. */
static char *find_bridge(struct trace *trace)
{
    if (trace->ofproto || trace->key.recirc_id) {
        return NULL;
    }
    const struct map_port *port = port_map_by_dp(port_map_rcu(), trace->key.in_port);
    if (!port && tunnel_map_has(port_map_tunnels(port_map_rcu()), trace->key.in_port)) {
        return NULL; /* the tunnel port is for translation to find */
    }
    if (!port) {
        return xasprintf("no bridge has the datapath port %u", trace->key.in_port);
    }
    trace->ofproto = port->bridge->ofproto;
    trace->key.in_port = port->no;
    return NULL;
}

static const char *of_port_name(void *ofproto, ofp_port_t no)
{
    const struct ofport *port = port_set_by_no(((const struct ofproto *) ofproto)->ports, no);
    return port ? port->name : NULL;
}

static const struct ofp_names *port_names(struct trace *trace)
{
    trace->of_names = (struct ofp_names) { .port_name = of_port_name, .aux = trace->ofproto };
    return trace->names && trace->ofproto ? &trace->of_names : NULL;
}

static void show_flow(struct trace *trace, const struct flow *flow)
{
    trace_flow_format(trace->reply, flow, port_names(trace));
}

static uint32_t recirculates_to(const struct actions *list)
{
    const struct action *a;
    action_for_each (a, list->data, list->size) {
        if (a->type == ACTION_RECIRC) {
            return ((const struct action_recirc *) a)->recirc_id;
        }
    }
    return 0;
}

/* Why nothing is done with the packet; DROP_NONE if something is. */
static enum drop_reason drop_reason(const struct actions *list)
{
    const struct action *first = (const struct action *) (const void *) list->data;
    if (!list->size) {
        return DROP_EXPLICIT;
    }
    return first->type == ACTION_DROP ? ((const struct action_drop *) first)->reason : DROP_NONE;
}

static void show_result(struct trace *trace, const struct flow *key, const struct flow *final,
                        const struct xlate_out *out)
{
    struct strbuf *s = trace->reply;
    struct flow_port_names names = { dp_port_name, dp_port_number, NULL };
    strbuf_puts(s, "\nFinal flow: ");
    if (trace_flow_same(key, final)) {
        strbuf_puts(s, "unchanged");
    } else {
        show_flow(trace, final);
    }
    strbuf_puts(s, "\nMegaflow: ");
    trace_megaflow_format(s, key, &out->mask, port_names(trace));
    /* The reason stands in front, so that the last line is what OVS's is. */
    enum drop_reason reason = drop_reason(&out->actions);
    if (reason) {
        strbuf_putf(s, "\nDropped: %s (%s)", drop_reason_text(reason), drop_reason_name(reason));
    }
    strbuf_puts(s, "\nDatapath actions: ");
    if (reason) {
        strbuf_puts(s, "drop");
    } else {
        actions_format(s, out->actions.data, out->actions.size, trace->names ? &names : NULL);
    }
    if (out->error) {
        strbuf_putf(s, "\nTranslation failed (%s), packet is dropped.", xlate_error_text(out->error));
    }
    strbuf_putc(s, '\n');
}

/* The flow with which the packet comes back: parsed from the rewritten packet if there is one. */
static void next_key(const struct trace *trace, const struct flow *final, const struct actions *list,
                     uint32_t recirc_id, struct flow *key)
{
    if (!trace->packet || !packet_key_after(trace->packet, trace->packet_len, list, key)) {
        flow_copy(key, final);
        key->lines &= (1u << FLOW_N_DP_LINES) - 1;
    }
    key->recirc_id = recirc_id;
    key->in_port = final->in_port;
}

static void run_passes(struct trace *trace)
{
    struct strbuf *s = trace->reply;
    struct flow key;
    flow_copy(&key, &trace->key);
    for (int pass = 0; pass < MAX_PASSES; pass++) {
        strbuf_puts(s, "Flow: ");
        show_flow(trace, &key);
        strbuf_putc(s, '\n');
        struct flow final;
        struct xlate_in in = {
            .flow = &key,
            .ofproto = key.recirc_id ? NULL : trace->ofproto,
            .packet = trace->packet,
            .packet_len = trace->packet_len,
            .side_effects = trace->packet != NULL,
            .trace = s,
            .trace_names = trace->names,
            .final = &final,
            .actions = trace->has_actions && !pass ? (trace->actions.size ? (const void *) trace->actions.data : "") : NULL,
            .actions_size = pass ? 0 : trace->actions.size,
        };
        struct xlate_out out;
        xlate(&in, &out);
        show_result(trace, &key, &final, &out);
        uint32_t recirc_id = recirculates_to(&out.actions);
        if (recirc_id) {
            next_key(trace, &final, &out.actions, recirc_id, &key);
        }
        xlate_out_destroy(&out);
        if (!recirc_id) {
            return;
        }
        strbuf_putc(s, '\n');
        for (int i = 0; i < RULER; i++) {
            strbuf_putc(s, '=');
        }
        strbuf_putf(s, "\nrecirc(%#x)\n", recirc_id);
        for (int i = 0; i < RULER; i++) {
            strbuf_putc(s, '=');
        }
        strbuf_puts(s, "\n\n");
    }
}

/* Are the actions of a packet-out right for the switch, and, if that is asked about, for the flow? */
static char *check_actions(const struct trace *trace)
{
    const struct ofp_actions_limits limits = { .n_tables = OFP_N_TABLES, .max_ports = OFPP_MAX, .version = OFP15 };
    struct match match;
    flow_copy(&match.flow, &trace->key);
    match.mask.lines = match.flow.lines;
    memset(match.mask.line, 0xff, sizeof match.mask.line);
    tables_lock();
    enum ofp_error error = ofp_actions_check(trace->actions.data, trace->actions.size, &match, &limits);
    if (error == OFPBAC_MATCH_INCONSISTENT && !trace->consistent) {
        error = OFPERR_OK;
    }
    if (!error && trace->ofproto) {
        error = references_check(trace->ofproto, trace->actions.data, trace->actions.size);
    }
    tables_unlock();
    return error ? xasprintf("Bad actions: %s", ofp_error_name(error)) : NULL;
}

static char *run(struct trace *trace, int argc, const char *const argv[])
{
    port_map_publish();
    char *error = parse_args(trace, argc, argv);
    if (!error) {
        error = find_bridge(trace);
    }
    if (!error && trace->has_actions) {
        error = check_actions(trace);
    }
    if (!error) {
        run_passes(trace);
        /* There is no connection tracking yet: a flow with the ct action is refused. */
        for (size_t i = 0; i < trace->n_ct_states; i++) {
            trace_ct_format_unused(trace->reply, trace->ct_states[i]);
        }
    }
    free(trace->ct_states);
    free(trace->packet);
    ofpbuf_destroy(&trace->actions);
    return error;
}

char *trace_run(int argc, const char *const argv[], struct strbuf *reply)
{
    struct trace trace = { .reply = reply };
    return run(&trace, argc, argv);
}

char *trace_run_packet_out(int argc, const char *const argv[], struct strbuf *reply)
{
    struct trace trace = { .reply = reply, .has_actions = true };
    if (argc < 2) {
        return xstrdup("a flow and actions are expected");
    }
    char *error = ofp_actions_parse(argv[argc - 1], NULL, &trace.actions);
    if (error) {
        ofpbuf_destroy(&trace.actions);
        return error;
    }
    return run(&trace, argc - 1, argv);
}
