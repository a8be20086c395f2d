/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a flow as `ovs-ofctl` takes it: matches, properties of the flow, and its actions. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/ofp/action_text.h"
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/match_text.h"
#include "lib/ofp/message.h"
#include "lib/ofp/names.h"

/* What may be said beside match, table and cookie. */
enum {
    ALLOW_OUT_PORT = 1,
    ALLOW_ACTIONS = 2,
    ALLOW_TIMEOUTS = 4,
    ALLOW_PRIORITY = 8,
    ALLOW_FLAGS = 16,
};

struct flow_parser {
    struct ofp_flow_mod *fm;
    const struct ofp_names *names;
    unsigned int allowed;
    bool deletes; /* a delete, or a request for statistics */
};

static const struct {
    const char *name;
    uint16_t flag;
} flags[] = {
    { "send_flow_rem", OFP_FF_SEND_FLOW_REM },
    { "check_overlap", OFP_FF_CHECK_OVERLAP },
    { "reset_counts", OFP_FF_RESET_COUNTS },
    { "no_packet_counts", OFP_FF_NO_PKT_COUNTS },
    { "no_byte_counts", OFP_FF_NO_BYT_COUNTS },
};

/* What dump-flows prints but is not part of a flow: passed over, so that its output can be read
 * back. */
static bool is_ignored(const char *key)
{
    static const char *const ignored[] = {
        "duration", "n_packets", "n_bytes", "idle_age", "hard_age", "allow_hidden_fields", "eth",
    };

    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
        if (!strcmp(key, ignored[i])) {
            return true;
        }
    }
    return false;
}

/* The text behind "actions=", cut off from what stands before it; null if there is none. */
static char *cut_actions(char *text)
{
    char *at = strstr(text, "action");

    if (!at || !strchr(at, '=')) {
        return NULL;
    }
    *at = '\0';
    return strchr(at + 1, '=') + 1;
}

static char *parse_u16(const char *text, const char *what, uint16_t *value)
{
    uint64_t n;
    char *error = action_parse_number(text, what, UINT16_MAX, &n);

    if (!error) {
        *value = (uint16_t) n;
    }
    return error;
}

static char *parse_cookie(struct flow_parser *p, char *value)
{
    struct ofp_flow_mod *fm = p->fm;
    char *mask_text = value;
    uint64_t cookie, mask = UINT64_MAX;
    char *text = strsep(&mask_text, "/");
    char *error = action_parse_number(text, NULL, UINT64_MAX, &cookie);

    if (!error && mask_text) {
        error = action_parse_number(mask_text, NULL, UINT64_MAX, &mask);
    }
    if (error) {
        return error;
    }
    if (mask_text) {
        if (fm->command == OFPFC_ADD && !p->deletes) {
            return xstrdup("flow additions cannot use a cookie mask");
        }
        fm->cookie_mask = be64_from_host(mask);
        fm->cookie = be64_from_host(cookie & mask);
        return NULL;
    }
    if (p->deletes) {
        return xstrdup(
            "cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=3/-1)");
    }
    fm->new_cookie = be64_from_host(cookie);
    fm->modify_cookie = fm->command != OFPFC_ADD;
    return NULL;
}

/* The properties of a flow. Sets '*known' to false, and nothing else, for other words. */
static char *parse_property(struct flow_parser *p, const struct key_value *kv, bool *known)
{
    struct ofp_flow_mod *fm = p->fm;
    ofp_port_t port;
    uint64_t n;

    *known = true;
    if (!strcmp(kv->key, "table")) {
        return names_parse_table(kv->value, p->names, &fm->table)
                   ? NULL
                   : xasprintf("unknown table \"%s\"", kv->value);
    }
    if (!strcmp(kv->key, "cookie")) {
        return parse_cookie(p, kv->value);
    }
    if (!strcmp(kv->key, "priority") && p->allowed & ALLOW_PRIORITY) {
        return parse_u16(kv->value, "priority", &fm->priority);
    }
    if (!strcmp(kv->key, "idle_timeout") && p->allowed & ALLOW_TIMEOUTS) {
        return parse_u16(kv->value, "idle_timeout", &fm->idle_timeout);
    }
    if (!strcmp(kv->key, "hard_timeout") && p->allowed & ALLOW_TIMEOUTS) {
        return parse_u16(kv->value, "hard_timeout", &fm->hard_timeout);
    }
    if (!strcmp(kv->key, "importance") && p->allowed & ALLOW_TIMEOUTS) {
        return parse_u16(kv->value, "importance", &fm->importance);
    }
    if (!strcmp(kv->key, "out_port") && p->allowed & ALLOW_OUT_PORT) {
        if (!names_parse_port(kv->value, p->names, &port)) {
            return xasprintf("%s is not a valid OpenFlow port", kv->value);
        }
        fm->out_port = port;
        return NULL;
    }
    if (!strcmp(kv->key, "out_group") && p->allowed & ALLOW_OUT_PORT) {
        char *error = action_parse_number(kv->value, "out_group", UINT32_MAX, &n);
        fm->out_group = error ? OFPG_ANY : (uint32_t) n;
        return error;
    }
    *known = false;
    return NULL;
}

static bool parse_flag(struct flow_parser *p, const char *key)
{
    for (size_t i = 0; i < ARRAY_SIZE(flags) && p->allowed & ALLOW_FLAGS; i++) {
        if (!strcmp(key, flags[i].name)) {
            p->fm->flags |= flags[i].flag;
            return true;
        }
    }
    return false;
}

static void set_protocol(struct match *match, const struct match_protocol *protocol)
{
    union field_value value = { .be16 = htons(protocol->eth_type) };

    field_set_match(field_get(FIELD_ETH_TYPE), match, &value, NULL);
    if (protocol->nw_proto) {
        value.u8 = protocol->nw_proto;
        field_set_match(field_get(FIELD_IP_PROTO), match, &value, NULL);
    }
}

/* An option for which no bridge has given a place gets one that the text fits. */
static char *set_tun_metadata(struct flow_parser *p, const struct field *f, const char *text,
                              union field_value *value, union field_value *mask)
{
    union field_value exact;
    size_t n = f->n_bytes;

    field_exact_mask(f, &exact);
    bool masked = memcmp(mask->b, exact.b, f->n_bytes);
    for (size_t i = 0; i < f->n_bytes && !(masked ? mask->b[i] : value->b[i]); i++) {
        n--;
    }
    const struct field *placed = field_grow(f, n);
    if (placed != f) {
        char *error = field_parse_value(placed, text, p->names, value, mask);
        if (error) {
            return error;
        }
    }
    field_set_match(placed, &p->fm->match, value, mask);
    return NULL;
}

static char *parse_field(struct flow_parser *p, const struct field *f, const char *text)
{
    union field_value value, mask;
    char *error = field_parse_value(f, text, p->names, &value, &mask);

    if (error) {
        return error;
    }
    if (f->id == FIELD_IP_DSCP) {
        value.u8 &= IP_DSCP_MASK; /* the bits of ECN in a TOS are a field of their own */
    }
    if (field_is_variable(f)) {
        return set_tun_metadata(p, f, text, &value, &mask);
    }
    bool no_tag = f->id == FIELD_DL_VLAN && value.be16 == htons(UINT16_MAX);
    if (!no_tag && !field_value_valid(f, &value)) {
        return xasprintf("%s is not a valid value for field %s", text, f->name);
    }
    field_set_match(f, &p->fm->match, &value, &mask);
    return NULL;
}

/* "reg0[0..3]=5". */
static char *parse_subfield(struct flow_parser *p, const char *name, const char *text)
{
    struct subfield sf;
    union field_value number, number_mask, value, mask;
    char *error = subfield_parse(name, &sf);

    if (!error) {
        error = field_parse_value(field_get(FIELD_XXREG0), text, NULL, &number, &number_mask);
        if (error) {
            free(error);
            return xasprintf("%s: cannot parse integer value: %s", name, text);
        }
    }
    if (error) {
        return error;
    }
    if (field_is_variable(sf.field)) {
        sf.field = field_grow(sf.field, DIV_ROUND_UP(sf.ofs + sf.n_bits, 8u));
    }
    field_get_match(sf.field, &p->fm->match, &value, &mask);
    for (unsigned int i = 0; i < 128; i++) {
        bool on = number.b[15 - i / 8] >> i % 8 & 1;
        unsigned int bit = sf.ofs + i, byte = sf.field->n_bytes - 1u - bit / 8;

        if (i >= sf.n_bits && on) {
            return xasprintf("%s: value %s does not fit into %u bits", name, text, sf.n_bits);
        }
        if (i < sf.n_bits) {
            uint8_t b = (uint8_t) (1u << bit % 8);
            mask.b[byte] |= b;
            value.b[byte] = on ? value.b[byte] | b : value.b[byte] & ~b;
        }
    }
    if (!field_mask_valid(sf.field, &mask)) {
        return xasprintf("%s: invalid mask for field %s", name, sf.field->name);
    }
    field_set_match(sf.field, &p->fm->match, &value, &mask);
    return NULL;
}

/* An option of a tunnel may just be there. */
static char *parse_presence(struct flow_parser *p, const char *name)
{
    const struct field *f = field_by_name(name);
    union field_value zero;

    if (!f || !field_is_variable(f)) {
        return xasprintf("field %s missing value", name);
    }
    memset(&zero, 0, sizeof zero);
    field_set_match(field_grow(f, 0), &p->fm->match, &zero, &zero);
    return NULL;
}

static char *parse_word(struct flow_parser *p, const struct key_value *kv)
{
    const struct match_protocol *protocol = match_protocol_by_name(kv->key);
    bool known;

    if (protocol) {
        set_protocol(&p->fm->match, protocol);
        return NULL;
    }
    if (parse_flag(p, kv->key) || is_ignored(kv->key)) {
        return NULL;
    }
    if (!*kv->value) {
        return parse_presence(p, kv->key);
    }
    char *error = parse_property(p, kv, &known);
    if (known) {
        return error;
    }
    const struct field *f = field_by_name(kv->key);
    if (f) {
        return parse_field(p, f, kv->value);
    }
    if (strchr(kv->key, '[')) {
        return parse_subfield(p, kv->key, kv->value);
    }
    return xasprintf("unknown keyword %s", kv->key);
}

static char *parse_words(struct flow_parser *p, char *text)
{
    struct key_value kv;

    while (key_value_next(&text, &kv)) {
        char *error = parse_word(p, &kv);

        if (error) {
            return error;
        }
    }
    match_drop_unmet(&p->fm->match);
    return NULL;
}

static char *parse_actions(struct ofp_flow_mod *fm, const char *text, const struct ofp_names *names)
{
    struct ofp_actions_limits limits = { .table = fm->table, .max_ports = OFPP_MAX };
    char *error = ofp_actions_parse(text, names, &fm->actions);

    if (error) {
        return error;
    }
    ofp_actions_bind(fm->actions.data, fm->actions.size, &fm->match);
    enum ofp_error check =
        ofp_actions_check(fm->actions.data, fm->actions.size, &fm->match, &limits);
    return check ? xasprintf("actions are invalid with specified match (%s)", ofp_error_name(check))
                 : NULL;
}

static void init(struct ofp_flow_mod *fm, enum ofp_flow_command command)
{
    memset(fm, 0, sizeof *fm);
    match_init(&fm->match);
    fm->command = command;
    fm->table = OFP_TABLE_ALL;
    fm->priority = OFP_DEFAULT_PRIORITY;
    fm->new_cookie = command == OFPFC_ADD ? 0 : BE64_MAX;
    fm->buffer_id = UINT32_MAX;
    fm->out_port = OFPP_NONE;
    fm->out_group = OFPG_ANY;
}

static unsigned int allowed_for(enum ofp_flow_command command)
{
    switch (command) {
    case OFPFC_DELETE:
        return ALLOW_OUT_PORT;
    case OFPFC_DELETE_STRICT:
        return ALLOW_OUT_PORT | ALLOW_PRIORITY;
    default:
        return ALLOW_ACTIONS | ALLOW_TIMEOUTS | ALLOW_PRIORITY | ALLOW_FLAGS;
    }
}

static char *parse(struct flow_parser *p, char *text)
{
    bool has_actions = p->allowed & ALLOW_ACTIONS;
    char *actions = has_actions ? cut_actions(text) : NULL;

    if (has_actions && !actions) {
        return xstrdup("must specify an action");
    }
    char *error = parse_words(p, text);
    return error || !has_actions ? error : parse_actions(p->fm, actions, p->names);
}

char *ofp_flow_mod_parse(struct ofp_flow_mod *fm, const char *text, enum ofp_flow_command command,
                         const struct ofp_names *names)
{
    bool deletes = command == OFPFC_DELETE || command == OFPFC_DELETE_STRICT;
    struct flow_parser p = { fm, names, allowed_for(command), deletes };
    char *copy = xstrdup(text);

    init(fm, command);
    char *error = parse(&p, copy);
    free(copy);
    if (!error && !deletes && command != OFPFC_ADD && !fm->cookie_mask &&
        fm->new_cookie == BE64_MAX) {
        fm->new_cookie = 0; /* a modification that may add a flow gives it cookie 0 */
    }
    if (error) {
        ofp_flow_mod_destroy(fm);
    }
    return error;
}

char *ofp_flow_stats_request_parse(struct ofp_flow_stats_request *r, const char *text,
                                   const struct ofp_names *names)
{
    struct ofp_flow_mod fm;
    struct flow_parser p = { &fm, names, ALLOW_OUT_PORT, true };
    char *copy = xstrdup(text);

    init(&fm, OFPFC_ADD);
    char *error = parse(&p, copy);
    free(copy);
    *r = (struct ofp_flow_stats_request) {
        .table = fm.table,
        .out_port = fm.out_port,
        .out_group = fm.out_group,
        .cookie = fm.cookie,
        .cookie_mask = fm.cookie_mask,
        .match = fm.match,
    };
    return error;
}
