/* SPDX-License-Identifier: Apache-2.0 */
/* Reading actions in ovs-ofctl's syntax. */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/names.h"
#include "lib/ofp/packet_in_reason.h"

static char *parse_list(struct action_parser *, const char *text);

static char *put_output(struct action_parser *p, ofp_port_t port, uint16_t max_len)
{
    struct ofp_action_output *a = ofp_actions_put(p->out, OFPACT_OUTPUT, sizeof *a);

    a->port = port;
    a->max_len = max_len;
    return NULL;
}

/* "port=P,max_len=N". */
static char *parse_output_trunc(struct action_parser *p, const char *value)
{
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    ofp_port_t port = OFPP_NONE;
    uint64_t max_len = 0;
    struct key_value kv;

    while (!error && key_value_next(&rest, &kv)) {
        if (!strcmp(kv.key, "port")) {
            if (!names_parse_port(kv.value, p->names, &port)) {
                error = xasprintf("output to unknown truncate port: %s", kv.value);
            } else if (port > OFPP_MAX && port != OFPP_LOCAL && port != OFPP_IN_PORT) {
                error = xasprintf("output to unsupported truncate port: %s", kv.value);
            }
        } else if (!strcmp(kv.key, "max_len")) {
            error = action_parse_number(kv.value, "max_len", UINT32_MAX, &max_len);
        } else {
            error = xasprintf("invalid key '%s' in output_trunc argument", kv.key);
        }
    }
    if (!error && max_len < ETH_HEADER_LEN) {
        error = xasprintf("max_len %u is less than the minimum value %u", (unsigned int) max_len,
                          ETH_HEADER_LEN);
    }
    if (!error) {
        struct ofp_action_output *a = ofp_actions_put(p->out, OFPACT_OUTPUT, sizeof *a);
        a->port = port;
        a->truncate = (uint32_t) max_len;
    }
    free(copy);
    return error;
}

static char *parse_output(struct action_parser *p, const char *value, int arg)
{
    ofp_port_t port;
    struct subfield sf;

    if (strstr(value, "port") && strstr(value, "max_len")) {
        return parse_output_trunc(p, value);
    }
    if (names_parse_port(value, p->names, &port)) {
        return put_output(p, port, port == OFPP_CONTROLLER ? UINT16_MAX : 0);
    }
    char *error = action_parse_subfield(value, &sf);
    if (error) {
        free(error);
        return xasprintf("%s: output to unknown port", value);
    }
    struct ofp_action_output_reg *a = ofp_actions_put(p->out, OFPACT_OUTPUT_REG, sizeof *a);
    a->src = sf;
    a->max_len = UINT16_MAX;
    return NULL;
}

/* Hexadecimal digits in pairs, with dots between them or not. Returns the number of bytes, or -1.
 */
static int parse_hex(const char *text, uint8_t *to, size_t size)
{
    size_t n = 0;

    while (*text) {
        if (*text == '.') {
            text++;
            continue;
        }
        if (!isxdigit((unsigned char) text[0]) || !isxdigit((unsigned char) text[1]) || n >= size) {
            return -1;
        }
        char pair[3] = { text[0], text[1], '\0' };
        to[n++] = (uint8_t) strtoul(pair, NULL, 16);
        text += 2;
    }
    return (int) n;
}

struct controller_args {
    uint64_t max_len, id, meter_id;
    uint8_t reason;
    bool pause;
    uint8_t *userdata;
    int userdata_len;
};

static char *parse_controller_arg(const struct key_value *kv, struct controller_args *args)
{
    if (!strcmp(kv->key, "reason")) {
        return packet_in_reason_parse(kv->value, &args->reason)
                   ? NULL
                   : xasprintf("unknown reason \"%s\"", kv->value);
    }
    if (!strcmp(kv->key, "max_len")) {
        return action_parse_number(kv->value, "max_len", UINT16_MAX, &args->max_len);
    }
    if (!strcmp(kv->key, "id")) {
        return action_parse_number(kv->value, "id", UINT16_MAX, &args->id);
    }
    if (!strcmp(kv->key, "meter_id")) {
        return action_parse_number(kv->value, "meter_id", UINT32_MAX, &args->meter_id);
    }
    if (!strcmp(kv->key, "pause")) {
        args->pause = true;
        return NULL;
    }
    if (!strcmp(kv->key, "userdata")) {
        size_t size = MIN(strlen(kv->value) / 2 + 1, UINT16_MAX);
        free(args->userdata);
        args->userdata = xmalloc(size);
        args->userdata_len = parse_hex(kv->value, args->userdata, size);
        return args->userdata_len >= 0 ? NULL
                                       : xstrdup("bad hex digit in `controller' action `userdata'");
    }
    return xasprintf("unknown key \"%s\" parsing controller action", kv->key);
}

static void put_controller(struct action_parser *p, const struct controller_args *args)
{
    if (args->reason == OFPR_ACTION && !args->id && !args->userdata_len && !args->pause &&
        !args->meter_id) {
        put_output(p, OFPP_CONTROLLER, (uint16_t) args->max_len);
        return;
    }
    struct ofp_action_controller *a =
        ofp_actions_put(p->out, OFPACT_CONTROLLER, sizeof *a + (size_t) args->userdata_len);
    a->max_len = (uint16_t) args->max_len;
    a->controller_id = (uint16_t) args->id;
    a->reason = args->reason;
    a->pause = args->pause;
    a->meter_id = (uint32_t) args->meter_id;
    a->userdata_len = (uint16_t) args->userdata_len;
    if (args->userdata_len) {
        memcpy(a->userdata, args->userdata, (size_t) args->userdata_len);
    }
}

static char *parse_controller(struct action_parser *p, const char *value, int arg)
{
    struct controller_args args = { .max_len = UINT16_MAX, .reason = OFPR_ACTION };
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    if (isdigit((unsigned char) *value)) {
        error = action_parse_number(value, "max_len", UINT16_MAX, &args.max_len);
    } else {
        while (!error && key_value_next(&rest, &kv)) {
            error = parse_controller_arg(&kv, &args);
        }
    }
    if (!error) {
        put_controller(p, &args);
    }
    free(args.userdata);
    free(copy);
    return error;
}

static char *parse_enqueue(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    char *port_text = strsep(&rest, ":q,"), *queue_text = rest;
    ofp_port_t port;
    uint64_t queue;

    if (!queue_text) {
        error = xstrdup("\"enqueue\" syntax is \"enqueue:PORT:QUEUE\" or \"enqueue(PORT,QUEUE)\"");
    } else if (!names_parse_port(port_text, p->names, &port)) {
        error = xasprintf("%s: enqueue to unknown port", port_text);
    } else {
        error = action_parse_number(queue_text, NULL, UINT32_MAX, &queue);
    }
    if (!error) {
        struct ofp_action_enqueue *a = ofp_actions_put(p->out, OFPACT_ENQUEUE, sizeof *a);
        a->port = port;
        a->queue = (uint32_t) queue;
    }
    free(copy);
    return error;
}

static char *parse_plain(struct action_parser *p, const char *value, int type)
{
    ofp_actions_put(p->out, (enum ofp_action_type) type, sizeof(struct ofp_action));
    return NULL;
}

static char *parse_pop_vlan(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action *a = ofp_actions_put(p->out, OFPACT_STRIP_VLAN, sizeof *a);

    a->raw = ACTION_RAW_POP_VLAN;
    return NULL;
}

static char *parse_ethertype(struct action_parser *p, const char *value, int type)
{
    uint64_t n;
    const char *what = type == OFPACT_PUSH_VLAN   ? "ethertype"
                       : type == OFPACT_PUSH_MPLS ? "push_mpls"
                       : type == OFPACT_PUSH_PBB  ? "push_pbb"
                                                  : "pop_mpls";
    char *error = *value ? action_parse_number(value, what, UINT16_MAX, &n)
                         : xasprintf("invalid %s \"\"", what);

    if (error) {
        return error;
    }
    if (type == OFPACT_PUSH_VLAN && n != ETH_TYPE_VLAN_8021Q && n != ETH_TYPE_VLAN_8021AD) {
        return xasprintf("%s: not a valid VLAN ethertype", value);
    }
    if (type == OFPACT_PUSH_MPLS && n != ETH_TYPE_MPLS && n != ETH_TYPE_MPLS_MCAST) {
        return xasprintf("%s: not a valid MPLS ethertype", value);
    }
    if (type == OFPACT_PUSH_PBB && n != ETH_TYPE_PBB) {
        return xasprintf("%s: not a valid PBB ethertype", value);
    }
    struct ofp_action_ethertype *a =
        ofp_actions_put(p->out, (enum ofp_action_type) type, sizeof *a);
    a->eth_type = htons((uint16_t) n);
    return NULL;
}

static char *parse_set_mpls_ttl(struct action_parser *p, const char *value, int arg)
{
    uint64_t n;
    char *error = action_parse_number(value, "MPLS TTL", UINT8_MAX, &n);

    if (!error) {
        struct ofp_action_u8 *a = ofp_actions_put(p->out, OFPACT_SET_MPLS_TTL, sizeof *a);
        a->value = (uint8_t) n;
    }
    return error;
}

static char *parse_dec_ttl(struct action_parser *p, const char *value, int arg)
{
    uint16_t ids[256] = { 0 };
    size_t n = 0;
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    while (!error && key_value_next(&rest, &kv)) {
        uint64_t id = 0;
        error = action_parse_number(kv.key, "controller ID", UINT16_MAX, &id);
        if (!error && n == ARRAY_SIZE(ids)) {
            error = xstrdup("dec_ttl has too many controller IDs");
        } else {
            ids[n++] = (uint16_t) id;
        }
    }
    if (!error) {
        n = MAX(n, 1);
        struct ofp_action_dec_ttl *a =
            ofp_actions_put(p->out, OFPACT_DEC_TTL, sizeof *a + n * sizeof ids[0]);
        a->n_ids = (uint16_t) n;
        memcpy(a->ids, ids, n * sizeof ids[0]);
    }
    free(copy);
    return error;
}

static char *parse_u32(struct action_parser *p, const char *value, int type)
{
    uint64_t n;
    char *error = action_parse_number(value, NULL, UINT32_MAX, &n);

    if (!error) {
        struct ofp_action_u32 *a = ofp_actions_put(p->out, (enum ofp_action_type) type, sizeof *a);
        a->value = (uint32_t) n;
    }
    return error;
}

/* "PORT" or "PORT,TABLE[,ct]", either of which may be empty. */
static char *parse_resubmit(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    char *port_text = strsep(&rest, ","), *table_text = rest ? strsep(&rest, ",") : NULL;
    ofp_port_t port = OFPP_IN_PORT;
    uint8_t table = OFP_TABLE_ALL;
    bool with_ct = false;

    if (*port_text && !names_parse_port(port_text, p->names, &port)) {
        error = xasprintf("%s: resubmit to unknown port", port_text);
    } else if (table_text && *table_text && !names_parse_table(table_text, p->names, &table)) {
        error = xasprintf("%s: resubmit to unknown table", table_text);
    } else if (rest && strcmp(rest, "ct")) {
        error = xasprintf("%s: unknown parameter", rest);
    } else if (port == OFPP_IN_PORT && table == OFP_TABLE_ALL) {
        error = xstrdup(
            "at least one \"in_port\" or \"table\" must be specified on resubmit");
    } else {
        with_ct = rest != NULL;
    }
    if (!error) {
        struct ofp_action_resubmit *a = ofp_actions_put(p->out, OFPACT_RESUBMIT, sizeof *a);
        a->in_port = port;
        a->table = table;
        a->with_ct = with_ct;
    }
    free(copy);
    return error;
}

static char *parse_note(struct action_parser *p, const char *value, int arg)
{
    size_t size = MIN(strlen(value) / 2 + 1, 65535 - 32);
    uint8_t *bytes = xmalloc(size);
    int n = parse_hex(value, bytes, size);

    if (n >= 0) {
        struct ofp_action_note *a =
            ofp_actions_put(p->out, OFPACT_NOTE, sizeof *a + (size_t) n);
        a->n = (uint16_t) n;
        memcpy(a->data, bytes, (size_t) n);
    }
    free(bytes);
    return n >= 0 ? NULL : xstrdup("bad hex digit in `note' argument");
}

char *action_parse_nested_list(struct action_parser *inner, const char *text)
{
    return inner->depth > OFP_ACTIONS_MAX_DEPTH
               ? xasprintf("actions are nested more than %d deep", OFP_ACTIONS_MAX_DEPTH)
               : parse_list(inner, text);
}

static char *parse_nested(struct action_parser *p, const char *value, int type)
{
    ofp_actions_put(p->out, (enum ofp_action_type) type, sizeof(struct ofp_action));
    size_t offset = p->out->size - sizeof(struct ofp_action);
    struct action_parser inner = {
        p->names, p->out, p->depth + 1, type == OFPACT_WRITE_ACTIONS, false,
    };
    char *error = action_parse_nested_list(&inner, value);

    ((struct ofp_action *) (void *) (p->out->data + offset))->len =
        (uint32_t) (p->out->size - offset);
    return error;
}

static char *parse_metadata(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *mask_text = copy;
    strsep(&mask_text, "/");
    uint64_t n, mask = UINT64_MAX;
    char *error = action_parse_number(copy, NULL, UINT64_MAX, &n);

    if (!error && mask_text) {
        error = action_parse_number(mask_text, NULL, UINT64_MAX, &mask);
    }
    if (!error) {
        struct ofp_action_metadata *a = ofp_actions_put(p->out, OFPACT_WRITE_METADATA, sizeof *a);
        a->value = be64_from_host(n & mask);
        a->mask = be64_from_host(mask);
    }
    free(copy);
    return error;
}

static char *parse_goto_table(struct action_parser *p, const char *value, int arg)
{
    uint8_t table;

    if (!names_parse_table(value, p->names, &table)) {
        return xasprintf("unknown table \"%s\"", value);
    }
    struct ofp_action_u8 *a = ofp_actions_put(p->out, OFPACT_GOTO_TABLE, sizeof *a);
    a->value = table;
    return NULL;
}

static char *parse_apply_actions(struct action_parser *p, const char *value, int arg)
{
    return xstrdup("apply_actions is the default instruction");
}

/* An action's name, its parser, and what the parser is told. */
struct keyword {
    const char *name;
    action_parse_fn *parse;
    int arg;
    bool instruction;
};

static const struct keyword keywords[] = {
    { "output", parse_output, 0, false },
    { "controller", parse_controller, 0, false },
    { "enqueue", parse_enqueue, 0, false },
    { "mod_vlan_vid", action_parse_vlan, ACTION_VLAN_VID | ACTION_VLAN_PUSH, false },
    { "set_vlan_vid", action_parse_vlan, ACTION_VLAN_VID, false },
    { "mod_vlan_pcp", action_parse_vlan, ACTION_VLAN_PUSH, false },
    { "set_vlan_pcp", action_parse_vlan, 0, false },
    { "strip_vlan", parse_plain, OFPACT_STRIP_VLAN, false },
    { "pop_vlan", parse_pop_vlan, 0, false },
    { "push_vlan", parse_ethertype, OFPACT_PUSH_VLAN, false },
    { "mod_dl_src", action_parse_mac, FIELD_ETH_SRC, false },
    { "mod_dl_dst", action_parse_mac, FIELD_ETH_DST, false },
    { "mod_nw_src", action_parse_ipv4, FIELD_IPV4_SRC, false },
    { "mod_nw_dst", action_parse_ipv4, FIELD_IPV4_DST, false },
    { "mod_nw_tos", action_parse_u8_field, FIELD_IP_DSCP, false },
    { "mod_nw_ecn", action_parse_u8_field, FIELD_IP_ECN, false },
    { "mod_nw_ttl", action_parse_u8_field, FIELD_IP_TTL, false },
    { "mod_tp_src", action_parse_tp, OFPACT_SET_TP_SRC, false },
    { "mod_tp_dst", action_parse_tp, OFPACT_SET_TP_DST, false },
    { "set_tunnel", action_parse_tunnel, ACTION_RAW_MOD, false },
    { "set_tunnel64", action_parse_tunnel, ACTION_RAW_MOD_WIDE, false },
    { "set_mpls_label", action_parse_mpls_label, 0, false },
    { "set_mpls_tc", action_parse_u8_field, FIELD_MPLS_TC, false },
    { "set_mpls_ttl", parse_set_mpls_ttl, 0, false },
    { "dec_mpls_ttl", parse_plain, OFPACT_DEC_MPLS_TTL, false },
    { "push_mpls", parse_ethertype, OFPACT_PUSH_MPLS, false },
    { "pop_mpls", parse_ethertype, OFPACT_POP_MPLS, false },
    { "dec_ttl", parse_dec_ttl, 0, false },
    { "set_queue", parse_u32, OFPACT_SET_QUEUE, false },
    { "pop_queue", parse_plain, OFPACT_POP_QUEUE, false },
    { "group", parse_u32, OFPACT_GROUP, false },
    { "resubmit", parse_resubmit, 0, false },
    { "set_field", action_parse_set_field, 0, false },
    { "load", action_parse_load, 0, false },
    { "move", action_parse_move, 0, false },
    { "push", action_parse_stack, OFPACT_STACK_PUSH, false },
    { "pop", action_parse_stack, OFPACT_STACK_POP, false },
    { "note", parse_note, 0, false },
    { "clone", parse_nested, OFPACT_CLONE, false },
    { "exit", parse_plain, OFPACT_EXIT, false },
    { "meter", parse_u32, OFPACT_METER, true },
    { "apply_actions", parse_apply_actions, 0, true },
    { "clear_actions", parse_plain, OFPACT_CLEAR_ACTIONS, true },
    { "write_actions", parse_nested, OFPACT_WRITE_ACTIONS, true },
    { "write_metadata", parse_metadata, 0, true },
    { "goto_table", parse_goto_table, 0, true },
    { "copy_ttl_out", parse_plain, OFPACT_COPY_TTL_OUT, false },
    { "copy_ttl_in", parse_plain, OFPACT_COPY_TTL_IN, false },
    { "push_pbb", parse_ethertype, OFPACT_PUSH_PBB, false },
    { "pop_pbb", parse_plain, OFPACT_POP_PBB, false },
    { "learn", action_parse_learn, 0, false },
    { "conjunction", action_parse_conjunction, 0, false },
    { "multipath", action_parse_multipath, 0, false },
    { "bundle", action_parse_bundle, false, false },
    { "bundle_load", action_parse_bundle, true, false },
    { "fin_timeout", action_parse_fin_timeout, 0, false },
    { "check_pkt_larger", action_parse_check_pkt_larger, 0, false },
    { "delete_field", action_parse_delete_field, 0, false },
    { "sample", action_parse_sample, 0, false },
    { "ct", action_parse_ct, 0, false },
    { "nat", action_parse_nat, 0, false },
    { "ct_clear", parse_plain, OFPACT_CT_CLEAR, false },
    { "encap", action_parse_encap, 0, false },
    { "decap", action_parse_decap, 0, false },
    { "dec_nsh_ttl", parse_plain, OFPACT_DEC_NSH_TTL, false },
};

static const struct keyword *find_keyword(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (!strcasecmp(name, keywords[i].name)) {
            return &keywords[i];
        }
    }
    return NULL;
}

static char *parse_one(struct action_parser *p, const struct key_value *kv)
{
    const struct keyword *k = find_keyword(kv->key);
    size_t offset = ROUND_UP(p->out->size, 8);
    ofp_port_t port;

    if (!k) {
        if (names_parse_port(kv->key, p->names, &port)) {
            return put_output(p, port, 0);
        }
        return xasprintf("unknown action %s", kv->key);
    }
    if (k->instruction && p->depth) {
        return xasprintf("%s instruction not allowed here", k->name);
    }
    char *error = k->parse(p, kv->value, k->arg);
    if (!error && p->in_set &&
        !action_allowed_in_set((const struct ofp_action *)(const void *)(p->out->data + offset))) {
        return xasprintf("%s action not allowed in write_actions", k->name);
    }
    return error;
}

static char *parse_list(struct action_parser *p, const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *error = NULL;
    struct key_value kv;
    bool drop = false;
    size_t n = 0;

    while (!error && key_value_next(&rest, &kv)) {
        n++;
        if (!strcasecmp(kv.key, "drop")) {
            drop = true;
        } else {
            error = parse_one(p, &kv);
        }
        if (!error && drop && n > 1) {
            error = xstrdup(
                "\"drop\" must not be accompanied by any other action or instruction");
        }
        if (!error && p->out->size > OFP_ACTIONS_MAX_SIZE) {
            error = xstrdup("too many actions");
        }
    }
    free(copy);
    return error;
}

static const char *instruction_name(const struct ofp_action *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        const struct keyword *k = &keywords[i];

        if (k->instruction &&
            ((k->parse == parse_goto_table && a->type == OFPACT_GOTO_TABLE) ||
             (k->parse == parse_metadata && a->type == OFPACT_WRITE_METADATA) ||
             (k->arg && k->arg == a->type))) {
            return k->name;
        }
    }
    return "apply_actions";
}

/* The word that the action's text begins with; the caller frees it. */
static char *first_word(const struct ofp_action *a)
{
    struct strbuf s = STRBUF_INIT;

    ofp_actions_format(&s, a, a->len, NULL);
    strbuf_truncate(&s, strcspn(strbuf_str(&s), ":("));
    return strbuf_steal(&s);
}

/* Instructions in text must stand in the order of execution, so that the text means what it seems
 * to. */
static char *check_order(const uint8_t *list, size_t size, enum ofp_version version)
{
    const struct ofp_action *a, *previous = NULL, *other = NULL;

    ofp_action_for_each (a, list, size) {
        if (a->type != OFPACT_CONJUNCTION && a->type != OFPACT_NOTE && !other) {
            other = a;
        }
        size_t end = (size_t) ((const uint8_t *) ofp_action_next(a) - list);
        enum ofp_error error = actions_check_order(list, end, version);

        if (error == OFPBIC_DUP_INST) {
            return xasprintf("duplicate %s instruction not allowed, for OpenFlow 1.1+ "
                             "compatibility",
                             instruction_name(a));
        }
        if (error == NXBAC_BAD_CONJUNCTION) {
            char *name = first_word(other);
            char *text = xasprintf("\"conjunction\" actions may be used along with \"note\" but not "
                                   "any other kind of action (such as the \"%s\" action used here)",
                                   name);
            free(name);
            return text;
        }
        if (error) {
            return xasprintf("invalid instruction ordering: %s must appear before %s, for "
                             "OpenFlow 1.1+ compatibility",
                             instruction_name(a), instruction_name(previous));
        }
        previous = a;
    }
    return NULL;
}

char *ofp_actions_parse(const char *text, const struct ofp_names *names, struct ofpbuf *out)
{
    return ofp_actions_parse_in(text, names, (enum ofp_version) 0, out);
}

char *ofp_actions_parse_in(const char *text, const struct ofp_names *names, enum ofp_version version, struct ofpbuf *out)
{
    struct action_parser p = { names, out, 0, false, false };

    ofpbuf_pad8(out);
    size_t start = out->size;
    char *error = parse_list(&p, text);
    return error ? error : check_order(out->data + start, out->size - start, version);
}
