/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the actions that set, load, move, push and pop fields. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/flow_text.h"
#include "lib/ofp/action_text.h"
#include "lib/ofp/field_table.h"

char *action_parse_number(const char *text, const char *what, uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    if (!*text) {
        return xstrdup("missing required numeric argument");
    }
    if (*end || errno || *text == ' ' || (*text == '-' && max != UINT64_MAX)) {
        return what ? xasprintf("invalid %s \"%s\"", what, text)
                    : xasprintf("invalid numeric format %s", text);
    }
    if (n > max) {
        return xasprintf("invalid %s \"%s\"", what ? what : "number", text);
    }
    *value = n;
    return NULL;
}

char *action_parse_vlan(struct action_parser *p, const char *value, int arg)
{
    bool vid = arg & ACTION_VLAN_VID, push = arg & ACTION_VLAN_PUSH;
    uint64_t n;
    char *error = action_parse_number(value, vid ? "VLAN VID" : "VLAN PCP", UINT16_MAX, &n);

    if (error) {
        return error;
    }
    if (n > (vid ? VLAN_VID_MASK : 7u)) {
        return xasprintf("%s: not a valid VLAN %s", value, vid ? "VID" : "PCP");
    }
    struct ofp_action_vlan *a =
        ofp_actions_put(p->out, vid ? OFPACT_SET_VLAN_VID : OFPACT_SET_VLAN_PCP, sizeof *a);
    a->value = (uint16_t) n;
    a->push_if_none = push;
    return NULL;
}

char *action_parse_mac(struct action_parser *p, const char *value, int field)
{
    struct eth_addr mac;

    if (!eth_parse(value, &mac)) {
        return xasprintf("invalid mac address %s", value);
    }
    action_put_set_field(p->out, (enum field_id) field, &mac, ACTION_RAW_MOD);
    return NULL;
}

char *action_parse_ipv4(struct action_parser *p, const char *value, int field)
{
    be32 ip, mask = BE32_MAX;
    char *error = ipv4_parse_masked(value, &ip, &mask);

    if (error || mask != BE32_MAX) {
        free(error);
        return xasprintf("%s: could not convert to IP address", value);
    }
    action_put_set_field(p->out, (enum field_id) field, &ip, ACTION_RAW_MOD);
    return NULL;
}

char *action_parse_u8_field(struct action_parser *p, const char *value, int field)
{
    const struct field *f = field_get((enum field_id) field);
    const char *what = f->id == FIELD_IP_DSCP  ? "TOS"
                       : f->id == FIELD_IP_ECN ? "ECN"
                       : f->id == FIELD_IP_TTL ? "TTL"
                                               : "MPLS TC";
    uint64_t n;
    char *error = action_parse_number(value, what, UINT8_MAX, &n);

    if (error) {
        return error;
    }
    union field_value v = { .u8 = (uint8_t) n };
    if (!field_value_valid(f, &v)) {
        return xasprintf("%s: not a valid %s", value, what);
    }
    action_put_set_field(p->out, f->id, &v, ACTION_RAW_MOD);
    return NULL;
}

char *action_parse_tp(struct action_parser *p, const char *value, int type)
{
    uint64_t n;
    char *error = action_parse_number(
        value, type == OFPACT_SET_TP_SRC ? "source port" : "destination port", UINT16_MAX, &n);

    if (error) {
        return error;
    }
    struct ofp_action_tp *a = ofp_actions_put(p->out, (enum ofp_action_type) type, sizeof *a);
    a->port = (uint16_t) n;
    return NULL;
}

char *action_parse_tunnel(struct action_parser *p, const char *value, int raw)
{
    uint64_t n;
    char *error = action_parse_number(value, NULL, UINT64_MAX, &n);

    if (error) {
        return error;
    }
    be64 id = be64_from_host(n);
    action_put_set_field(p->out, FIELD_TUN_ID, &id, (enum action_raw) raw);
    return NULL;
}

char *action_parse_mpls_label(struct action_parser *p, const char *value, int arg)
{
    uint64_t n;
    char *error = action_parse_number(value, NULL, UINT32_MAX, &n);

    if (error) {
        return error;
    }
    union field_value v = { .be32 = htonl((uint32_t) n) };
    if (!field_value_valid(field_get(FIELD_MPLS_LABEL), &v)) {
        return xasprintf("%s: not a valid MPLS label", value);
    }
    action_put_set_field(p->out, FIELD_MPLS_LABEL, &v, ACTION_RAW_MOD);
    return NULL;
}

char *action_parse_subfield(const char *text, struct subfield *sf)
{
    char *error = subfield_parse(text, sf);

    if (!error && !field_wire_name(sf->field)) {
        error = xasprintf("%s: field %s cannot be part of an action", text, sf->field->name);
    }
    return error;
}

bool action_split_arrow(char *copy, char **before, char **behind)
{
    char *arrow = NULL;

    for (char *p = copy; (p = strstr(p, "->")); p += 2) {
        arrow = p;
    }
    if (!arrow) {
        return false;
    }
    *arrow = '\0';
    *before = copy;
    *behind = arrow + 2;
    for (char *end = arrow; end > copy && end[-1] == ' ';) {
        *--end = '\0';
    }
    *behind += strspn(*behind, " ");
    return true;
}

static char *check_dst(const struct action_parser *p, const struct subfield *dst)
{
    if (!dst->field->writable) {
        return xasprintf("%s is read-only", dst->field->name);
    }
    return action_may_write(dst->field, p->in_ct ? ACTION_WRITES_CT : ACTION_WRITES) ? NULL
                                        : xstrdup("cannot set CT fields outside of ct action");
}

enum action_number action_parse_wide_number(const char *text, unsigned int n_bits,
                                            union field_value *number)
{
    union field_value mask;
    char *error = field_parse_value(field_get(FIELD_TUN_METADATA0), text, NULL, number, &mask);

    if (error || strchr(text, '/') || !strcmp(text, "*")) {
        free(error);
        return ACTION_NUMBER_SYNTAX;
    }
    for (unsigned int i = n_bits; i < ACTION_NUMBER_LEN * 8; i++) {
        if (number->b[ACTION_NUMBER_LEN - 1 - i / 8] >> i % 8 & 1) {
            return ACTION_NUMBER_TOO_WIDE;
        }
    }
    return ACTION_NUMBER_OK;
}

static char *load(struct action_parser *p, const char *whole, const char *number_text,
                  const char *dst_text)
{
    struct subfield dst;
    union field_value number;
    char *error = action_parse_subfield(dst_text, &dst);

    if (!error) {
        error = check_dst(p, &dst);
    }
    if (error) {
        return error;
    }
    switch (action_parse_wide_number(number_text, dst.n_bits, &number)) {
    case ACTION_NUMBER_SYNTAX:
        return xasprintf("%s: cannot parse integer value", whole);
    case ACTION_NUMBER_TOO_WIDE:
        return xasprintf("%s: value %s does not fit into %u bits", whole, number_text, dst.n_bits);
    case ACTION_NUMBER_OK:
        break;
    }
    action_put_load(p->out, &dst, number.b, ACTION_NUMBER_LEN);
    return NULL;
}

char *action_parse_load(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *number, *dst, *error;

    if (action_split_arrow(copy, &number, &dst)) {
        error = load(p, value, number, dst);
    } else {
        error = xasprintf("%s: missing `->'", value);
    }
    free(copy);
    return error;
}

static char *set_field(struct action_parser *p, const char *value_text, const char *name)
{
    const struct field *f = field_by_name(name);
    union field_value value, mask;

    if (!f) {
        f = field_by_wire_name(name);
    }
    if (!f) {
        return xasprintf("%s is not a valid OXM field name", name);
    }
    struct subfield whole = { f, 0, f->n_bits };
    char *error = check_dst(p, &whole);
    if (!error && !field_wire_name(f) && f->id != FIELD_IN_PORT) {
        error = xasprintf("field %s cannot be part of an action", f->name);
    }
    if (!error) {
        error = field_parse_value(f, value_text, p->names, &value, &mask);
    }
    if (error) {
        return error;
    }
    if (!field_value_valid(f, &value)) {
        return xasprintf("%s is not a valid value for field %s", value_text, f->name);
    }
    if (f->id == FIELD_VLAN_VID) {
        value.be16 |= htons(VLAN_CFI) & mask.be16; /* the tag's presence is not to be set here */
    }
    struct ofp_action_set_field *a = ofp_actions_put(p->out, OFPACT_SET_FIELD, sizeof *a);
    a->field = f;
    a->value = value;
    a->mask = mask;
    return NULL;
}

char *action_parse_set_field(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *what, *name, *error;

    if (action_split_arrow(copy, &what, &name)) {
        error = set_field(p, what, name);
    } else {
        error = xasprintf("%s: missing `->'", value);
    }
    free(copy);
    return error;
}

static char *move(struct action_parser *p, const char *whole, const char *src_text,
                  const char *dst_text)
{
    struct subfield src, dst;
    char *error = action_parse_subfield(src_text, &src);

    if (!error) {
        error = action_parse_subfield(dst_text, &dst);
    }
    if (!error) {
        error = check_dst(p, &dst);
    }
    if (error) {
        return error;
    }
    if (src.n_bits != dst.n_bits) {
        return xasprintf("%s: source field is %u bits wide but destination is %u bits wide", whole,
                         src.n_bits, dst.n_bits);
    }
    struct ofp_action_reg_move *a = ofp_actions_put(p->out, OFPACT_REG_MOVE, sizeof *a);
    a->src = src;
    a->dst = dst;
    return NULL;
}

char *action_parse_move(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *src, *dst, *error;

    if (action_split_arrow(copy, &src, &dst)) {
        error = move(p, value, src, dst);
    } else {
        error = xasprintf("%s: missing `->' following source", value);
    }
    free(copy);
    return error;
}

char *action_parse_stack(struct action_parser *p, const char *value, int type)
{
    struct subfield sf;
    char *error = action_parse_subfield(value, &sf);

    if (!error && type == OFPACT_STACK_POP) {
        error = check_dst(p, &sf);
    }
    if (!error) {
        struct ofp_action_stack *a = ofp_actions_put(p->out, (enum ofp_action_type)type, sizeof *a);
        a->subfield = sf;
    }
    return error;
}
