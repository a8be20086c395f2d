/* SPDX-License-Identifier: Apache-2.0 */
/* The "learn" action as text. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/match_text.h"
#include "lib/ofp/names.h"

static void put_number(struct strbuf *s, const char *name, unsigned int x)
{
    if (x) {
        strbuf_putf(s, ",%s=%u", name, x);
    }
}

/* A number of n_bits, as %#x has it. */
static void put_hex(struct strbuf *s, const uint8_t *p, size_t n)
{
    while (n && !*p) {
        p++;
        n--;
    }
    strbuf_puts(s, n ? "0x" : "0");
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(s, i ? "%02x" : "%x", p[i]);
    }
}

static void put_match(struct strbuf *s, const struct ofp_learn_spec *spec,
                      const struct ofp_names *names)
{
    const struct field *f = spec->dst.field;
    size_t bytes = DIV_ROUND_UP(spec->n_bits, 8u);

    if (spec->source == OFP_LEARN_FROM_FIELD) {
        subfield_format(s, &spec->dst);
        if (!subfield_equal(&spec->src, &spec->dst)) {
            strbuf_putc(s, '=');
            subfield_format(s, &spec->src);
        }
    } else if (spec->dst.n_bits == f->n_bits) {
        union field_value value;
        memset(&value, 0, sizeof value);
        memcpy(value.b + f->n_bytes - bytes, spec->value.b, bytes);
        strbuf_putf(s, "%s=", f->name);
        field_format_value(s, f, &value, NULL, names);
    } else {
        subfield_format(s, &spec->dst);
        strbuf_putc(s, '=');
        put_hex(s, spec->value.b, bytes);
    }
}

static void put_spec(struct strbuf *s, const struct ofp_learn_spec *spec,
                     const struct ofp_names *names)
{
    strbuf_putc(s, ',');
    if (spec->target == OFP_LEARN_TO_MATCH) {
        put_match(s, spec, names);
        return;
    }
    strbuf_puts(s, spec->target == OFP_LEARN_TO_LOAD ? "load:" : "output:");
    if (spec->source == OFP_LEARN_FROM_FIELD) {
        subfield_format(s, &spec->src);
    } else {
        put_hex(s, spec->value.b, DIV_ROUND_UP(spec->n_bits, 8u));
    }
    if (spec->target == OFP_LEARN_TO_LOAD) {
        strbuf_puts(s, "->");
        subfield_format(s, &spec->dst);
    }
}

void action_format_learn(struct strbuf *s, const struct ofp_action *action,
                         const struct ofp_names *names)
{
    const struct ofp_action_learn *a = (const void *) action;

    strbuf_puts(s, "learn(table=");
    names_format_table(s, a->table, names);
    put_number(s, "idle_timeout", a->idle_timeout);
    put_number(s, "hard_timeout", a->hard_timeout);
    put_number(s, "fin_idle_timeout", a->fin_idle_timeout);
    put_number(s, "fin_hard_timeout", a->fin_hard_timeout);
    if (a->priority != OFP_DEFAULT_PRIORITY) {
        strbuf_putf(s, ",priority=%u", a->priority);
    }
    strbuf_puts(s, a->flags & OFP_LEARN_SEND_FLOW_REM ? ",send_flow_rem" : "");
    strbuf_puts(s, a->flags & OFP_LEARN_DELETE_LEARNED ? ",delete_learned" : "");
    if (a->cookie) {
        strbuf_putf(s, ",cookie=%#llx", (unsigned long long) be64_to_host(a->cookie));
    }
    put_number(s, "limit", a->limit);
    if (a->flags & OFP_LEARN_WRITE_RESULT) {
        strbuf_puts(s, ",result_dst=");
        subfield_format(s, &a->result);
    }
    for (size_t i = 0; i < a->n_specs; i++) {
        put_spec(s, &a->specs[i], names);
    }
    strbuf_putc(s, ')');
}

/* Where in the list the learn action that is being read lies, and its text for messages. */
struct parser {
    struct action_parser *p;
    size_t offset;
    const char *whole;
};

static struct ofp_action_learn *learn(const struct parser *l)
{
    return (void *) (l->p->out->data + l->offset);
}

static char *parse_u16(const struct key_value *kv, uint16_t *to)
{
    uint64_t n;
    char *error = action_parse_number(kv->value, kv->key, UINT16_MAX, &n);

    if (!error) {
        *to = (uint16_t) n;
    }
    return error;
}

static char *parse_result(struct parser *l, const char *value)
{
    struct subfield sf;
    char *error = action_parse_subfield(value, &sf);

    if (error) {
        return error;
    }
    if (!sf.field->writable) {
        return xasprintf("%s is read-only", value);
    }
    if (sf.n_bits != 1) {
        return xstrdup("result_dst in 'learn' action must be a single bit");
    }
    learn(l)->flags |= OFP_LEARN_WRITE_RESULT;
    learn(l)->result = sf;
    return NULL;
}

/* What the learned flow has beside its match and actions. Sets '*known' to false, and nothing else,
 * for other words. */
static char *parse_property(struct parser *l, const struct key_value *kv, bool *known)
{
    struct ofp_action_learn *a = learn(l);
    uint64_t n;
    char *error = NULL;

    *known = true;
    if (!strcmp(kv->key, "table")) {
        if (!names_parse_table(kv->value, l->p->names, &a->table)) {
            return xasprintf("unknown table \"%s\"", kv->value);
        }
        return a->table != OFP_TABLE_ALL
                   ? NULL
                   : xasprintf("%s: table id 255 not valid for `learn' action", l->whole);
    }
    if (!strcmp(kv->key, "priority")) {
        return parse_u16(kv, &a->priority);
    }
    if (!strcmp(kv->key, "idle_timeout")) {
        return parse_u16(kv, &a->idle_timeout);
    }
    if (!strcmp(kv->key, "hard_timeout")) {
        return parse_u16(kv, &a->hard_timeout);
    }
    if (!strcmp(kv->key, "fin_idle_timeout")) {
        return parse_u16(kv, &a->fin_idle_timeout);
    }
    if (!strcmp(kv->key, "fin_hard_timeout")) {
        return parse_u16(kv, &a->fin_hard_timeout);
    }
    if (!strcmp(kv->key, "cookie")) {
        error = action_parse_number(kv->value, "cookie", UINT64_MAX, &n);
        a->cookie = error ? 0 : be64_from_host(n);
        return error;
    }
    if (!strcmp(kv->key, "limit")) {
        error = action_parse_number(kv->value, "limit", UINT32_MAX, &n);
        a->limit = error ? 0 : (uint32_t) n;
        return error;
    }
    if (!strcmp(kv->key, "send_flow_rem")) {
        a->flags |= OFP_LEARN_SEND_FLOW_REM;
        return NULL;
    }
    if (!strcmp(kv->key, "delete_learned")) {
        a->flags |= OFP_LEARN_DELETE_LEARNED;
        return NULL;
    }
    if (!strcmp(kv->key, "result_dst")) {
        return parse_result(l, kv->value);
    }
    *known = false;
    return NULL;
}

static void set_value(struct ofp_learn_spec *spec, const uint8_t *number, size_t n)
{
    size_t bytes = DIV_ROUND_UP(spec->n_bits, 8u);

    spec->source = OFP_LEARN_FROM_VALUE;
    for (size_t i = 0; i < bytes; i++) {
        spec->value.b[bytes - 1 - i] = i < n ? number[n - 1 - i] : 0;
    }
}

/* A value that is no field: for a whole field as the field's own text has it, else a number. */
static char *parse_match_value(struct parser *l, const char *text, struct ofp_learn_spec *spec)
{
    const struct field *f = spec->dst.field;
    union field_value value, mask, exact;

    if (spec->dst.n_bits == f->n_bits) {
        char *error = field_parse_value(f, text, l->p->names, &value, &mask);
        if (error) {
            return error;
        }
        field_exact_mask(f, &exact);
        if (memcmp(mask.b, exact.b, f->n_bytes)) {
            return xasprintf("%s: wildcards not allowed here", text);
        }
        if (!field_value_valid(f, &value)) {
            return xasprintf("%s is not a valid value for field %s", text, f->name);
        }
        set_value(spec, value.b, f->n_bytes);
        return NULL;
    }
    switch (action_parse_wide_number(text, spec->n_bits, &value)) {
    case ACTION_NUMBER_SYNTAX:
        return xasprintf("%s: cannot parse integer value", l->whole);
    case ACTION_NUMBER_TOO_WIDE:
        return xasprintf("%s: value %s does not fit into %u bits", l->whole, text, spec->n_bits);
    case ACTION_NUMBER_OK:
        set_value(spec, value.b, ACTION_NUMBER_LEN);
        break;
    }
    return NULL;
}

static char *check_widths(const char *src_text, const char *dst_text,
                          const struct ofp_learn_spec *spec)
{
    return spec->src.n_bits == spec->dst.n_bits
               ? NULL
               : xasprintf("%s->%s: source field is %u bits wide but destination is %u bits wide",
                           src_text, dst_text, spec->src.n_bits, spec->dst.n_bits);
}

/* "DST[=SRC]", "DST=VALUE". */
static char *parse_match(struct parser *l, const struct key_value *kv, struct ofp_learn_spec *spec)
{
    char *error = subfield_parse(kv->key, &spec->dst);

    if (error) {
        if (strchr(kv->key, '[')) {
            return error;
        }
        free(error);
        return xasprintf("%s: unknown keyword %s", l->whole, kv->key);
    }
    if (!field_has_short_header(spec->dst.field)) {
        return xasprintf("%s: experimenter OXM field '%s' not supported", l->whole, kv->key);
    }
    spec->n_bits = spec->dst.n_bits;
    if (!*kv->value) {
        spec->src = spec->dst;
        return NULL;
    }
    char *no_field = action_parse_subfield(kv->value, &spec->src);
    if (no_field) {
        spec->src = (struct subfield) { NULL, 0, 0 };
        char *no_value = parse_match_value(l, kv->value, spec);
        if (no_value) {
            error = xasprintf("%s: %s value %s cannot be parsed as a subfield (%s) or an immediate "
                              "value (%s)",
                              l->whole, kv->key, kv->value, no_field, no_value);
        }
        free(no_value);
        free(no_field);
        return error;
    }
    if (spec->src.n_bits != spec->dst.n_bits) {
        return xasprintf("%s: bit widths of %s (%u) and %s (%u) differ", l->whole, kv->key,
                         spec->dst.n_bits, kv->value, spec->src.n_bits);
    }
    return NULL;
}

/* "VALUE->DST", "SRC->DST". */
static char *parse_load(struct parser *l, char *text, struct ofp_learn_spec *spec)
{
    union field_value number;
    char *src_text, *dst_text, *whole = xstrdup(text), *error;

    if (!action_split_arrow(text, &src_text, &dst_text)) {
        error = xasprintf("load: missing `->' in `%s'", whole);
        free(whole);
        return error;
    }
    error = action_parse_subfield(dst_text, &spec->dst);
    spec->n_bits = error ? 0 : spec->dst.n_bits;
    enum action_number result =
        error ? ACTION_NUMBER_OK : action_parse_wide_number(src_text, spec->n_bits, &number);
    if (error) {
        /* Told below. */
    } else if (result == ACTION_NUMBER_TOO_WIDE) {
        error = xasprintf("%s: value does not fit into %u bits", whole, spec->n_bits);
    } else if (result == ACTION_NUMBER_OK) {
        set_value(spec, number.b, ACTION_NUMBER_LEN);
    } else {
        error = action_parse_subfield(src_text, &spec->src);
        if (!error) {
            error = check_widths(src_text, dst_text, spec);
        }
    }
    free(whole);
    return error;
}

static char *parse_spec(struct parser *l, const struct key_value *kv)
{
    struct ofp_learn_spec spec;
    char *error;

    memset(&spec, 0, sizeof spec);
    if (!strcmp(kv->key, "load")) {
        spec.target = OFP_LEARN_TO_LOAD;
        error = parse_load(l, kv->value, &spec);
    } else if (!strcmp(kv->key, "output")) {
        spec.target = OFP_LEARN_TO_OUTPUT;
        error = action_parse_subfield(kv->value, &spec.src);
        spec.n_bits = error ? 0 : spec.src.n_bits;
    } else {
        error = parse_match(l, kv, &spec);
    }
    if (!error) {
        memcpy(action_learn_put_spec(l->p->out, l->offset), &spec, sizeof spec);
        if (l->p->out->size > OFP_ACTIONS_MAX_SIZE) {
            error = xstrdup("too many actions");
        }
    }
    return error;
}

char *action_parse_learn(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action_learn *a = ofp_actions_put(p->out, OFPACT_LEARN, sizeof *a);
    struct parser l = { p, (size_t) ((uint8_t *) a - p->out->data), value };
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    a->priority = OFP_DEFAULT_PRIORITY;
    a->table = 1;
    while (!error && key_value_next(&rest, &kv)) {
        bool known;
        error = parse_property(&l, &kv, &known);
        if (!error && !known) {
            error = parse_spec(&l, &kv);
        }
    }
    free(copy);
    return error;
}
