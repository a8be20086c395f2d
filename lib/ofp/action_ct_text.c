/* SPDX-License-Identifier: Apache-2.0 */
/* The actions "ct" and, inside of it, "nat" as text. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/names.h"

/* Helpers for protocols, by their well-known port. */
enum { ALG_FTP = 21, ALG_TFTP = 69 };

static bool is_zero(const uint8_t address[16])
{
    static const uint8_t zero[16];

    return !memcmp(address, zero, sizeof zero);
}

/* IPv6 stands in brackets if a port follows. */
static void put_address(struct strbuf *s, const struct ofp_action_nat *a, const uint8_t *address)
{
    bool brackets = a->family == 6 && a->port_min;

    strbuf_puts(s, brackets ? "[" : "");
    if (a->family == 4) {
        ipv4_format_masked(s, get_be32(address), BE32_MAX);
    } else {
        ipv6_format(s, address);
    }
    strbuf_puts(s, brackets ? "]" : "");
}

static void put_range(struct strbuf *s, const struct ofp_action_nat *a)
{
    strbuf_putc(s, '=');
    put_address(s, a, a->min);
    if (!is_zero(a->max)) {
        strbuf_putc(s, '-');
        put_address(s, a, a->max);
    }
    if (a->port_min) {
        strbuf_putf(s, ":%u", a->port_min);
        if (a->port_max) {
            strbuf_putf(s, "-%u", a->port_max);
        }
    }
    strbuf_puts(s, a->flags & OFP_NAT_PERSISTENT ? ",persistent" : "");
    strbuf_puts(s, a->flags & OFP_NAT_HASH ? ",hash" : "");
    strbuf_puts(s, a->flags & OFP_NAT_RANDOM ? ",random" : "");
}

void action_format_nat(struct strbuf *s, const struct ofp_action *action,
                       const struct ofp_names *names)
{
    const struct ofp_action_nat *a = (const void *) action;

    strbuf_puts(s, "nat");
    if (a->flags & (OFP_NAT_SRC | OFP_NAT_DST)) {
        strbuf_puts(s, a->flags & OFP_NAT_SRC ? "(src" : "(dst");
        if (a->family) {
            put_range(s, a);
        }
        strbuf_putc(s, ')');
    }
}

static void put_alg(struct strbuf *s, uint16_t alg)
{
    if (alg == ALG_FTP) {
        strbuf_puts(s, "alg=ftp,");
    } else if (alg == ALG_TFTP) {
        strbuf_puts(s, "alg=tftp,");
    } else if (alg) {
        strbuf_putf(s, "alg=%u,", alg);
    }
}

void action_format_ct(struct strbuf *s, const struct ofp_action *action,
                      const struct ofp_names *names)
{
    const struct ofp_action_ct *a = (const void *) action;
    size_t size;
    const struct ofp_action *nested = ofp_action_nested(action, &size);

    strbuf_puts(s, "ct(");
    strbuf_puts(s, a->flags & OFP_CT_COMMIT ? "commit," : "");
    strbuf_puts(s, a->flags & OFP_CT_FORCE ? "force," : "");
    if (a->recirc_table != OFP_TABLE_ALL) {
        strbuf_puts(s, "table=");
        names_format_table(s, a->recirc_table, names);
        strbuf_putc(s, ',');
    }
    if (a->zone_src.field) {
        strbuf_puts(s, "zone=");
        subfield_format(s, &a->zone_src);
        strbuf_putc(s, ',');
    } else if (a->zone) {
        strbuf_putf(s, "zone=%u,", a->zone);
    }
    /* The first stands by itself if it translates addresses. */
    if (size && nested->type == OFPACT_NAT) {
        action_format_nat(s, nested, names);
        strbuf_putc(s, ',');
        size -= ROUND_UP(nested->len, 8u);
        nested = ofp_action_next(nested);
    }
    if (size) {
        strbuf_puts(s, "exec(");
        ofp_actions_format(s, nested, size, names);
        strbuf_puts(s, "),");
    }
    put_alg(s, a->alg);
    strbuf_chomp(s, ',');
    strbuf_putc(s, ')');
}

/* One address up to one of 'delimiters'; brackets around it are taken off. */
static bool parse_address(char **s, const char *delimiters, uint8_t family, uint8_t to[16])
{
    char *begin = *s, *end;

    if (*begin == '[') {
        begin++;
        end = strchr(begin, ']');
        if (!end || family != 6) {
            return false;
        }
        *s = end + 1;
    } else {
        end = begin + strcspn(begin, delimiters);
        *s = end;
    }
    char saved = *end;
    *end = '\0';
    bool ok = inet_pton(family == 4 ? AF_INET : AF_INET6, begin, to) == 1;
    *end = saved;
    return ok;
}

static bool parse_port(char **s, uint16_t *port)
{
    char *end;
    unsigned long n = strtoul(*s, &end, 10);

    if (end == *s || **s < '0' || **s > '9' || n > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t) n;
    *s = end;
    return true;
}

static bool scan_range(char *s, struct ofp_action_nat *a)
{
    char *first_colon = strchr(s, ':');
    bool v6 = *s == '[' || (first_colon && strchr(first_colon + 1, ':'));
    /* Colons part bare IPv4 addresses from ports, and are part of IPv6 ones. */
    const char *delimiters = v6 ? "-" : "-:";

    a->family = v6 ? 6 : 4;
    if (!parse_address(&s, delimiters, a->family, a->min)) {
        return false;
    }
    if (*s == '-') {
        s++;
        if (!parse_address(&s, delimiters, a->family, a->max)) {
            return false;
        }
    }
    if (*s == ':') {
        s++;
        if (!parse_port(&s, &a->port_min)) {
            return false;
        }
        if (*s == '-') {
            s++;
            if (!parse_port(&s, &a->port_max) || a->port_max < a->port_min) {
                return false;
            }
        }
    }
    return !*s && action_nat_range_valid(a);
}

static char *parse_range(const char *text, struct ofp_action_nat *a)
{
    char *copy = xstrdup(text);
    bool ok = scan_range(copy, a) && !(is_zero(a->min) && (!is_zero(a->max) || a->port_min));

    free(copy);
    if (!ok) {
        return xasprintf("invalid nat range \"%s\"", text);
    }
    action_nat_normalize(a);
    return NULL;
}

static char *parse_nat_word(const struct key_value *kv, struct ofp_action_nat *a)
{
    static const struct {
        const char *name;
        uint16_t flag;
    } flags[] = {
        { "src", OFP_NAT_SRC },
        { "dst", OFP_NAT_DST },
        { "persistent", OFP_NAT_PERSISTENT },
        { "hash", OFP_NAT_HASH },
        { "random", OFP_NAT_RANDOM },
    };

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (!strcmp(kv->key, flags[i].name)) {
            a->flags |= flags[i].flag;
            bool range = flags[i].flag & (OFP_NAT_SRC | OFP_NAT_DST) && *kv->value;
            return range ? parse_range(kv->value, a) : NULL;
        }
    }
    return xasprintf("invalid key \"%s\" in \"nat\" argument", kv->key);
}

char *action_parse_nat(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action_nat *a = ofp_actions_put(p->out, OFPACT_NAT, sizeof *a);
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    struct key_value kv;

    while (!error && key_value_next(&rest, &kv)) {
        error = parse_nat_word(&kv, a);
    }
    free(copy);
    if (error) {
        return error;
    }
    if (!p->in_ct) {
        return xstrdup("Cannot have NAT action outside of \"ct\" action");
    }
    if (a->flags & OFP_NAT_SRC && a->flags & OFP_NAT_DST) {
        return xstrdup("May only specify one of \"src\" or \"dst\".");
    }
    if (a->flags && !(a->flags & (OFP_NAT_SRC | OFP_NAT_DST))) {
        return xstrdup("Flags allowed only with \"src\" or \"dst\".");
    }
    if (a->flags & OFP_NAT_HASH && a->flags & OFP_NAT_RANDOM) {
        return xstrdup("Both \"hash\" and \"random\" are not allowed.");
    }
    return NULL;
}

static char *parse_zone(const char *text, struct ofp_action_ct *a)
{
    uint64_t n;
    char *error = action_parse_number(text, NULL, UINT16_MAX, &n);

    if (!error) {
        a->zone = (uint16_t) n;
        return NULL;
    }
    free(error);
    error = action_parse_subfield(text, &a->zone_src);
    if (!error && a->zone_src.n_bits != 16) {
        error = xasprintf("%s: zone n_bits %u not within valid range [16..16]", text,
                          a->zone_src.n_bits);
    }
    return error;
}

static char *parse_alg(const char *text, uint16_t *alg)
{
    uint64_t n = !strcmp(text, "ftp") ? ALG_FTP : !strcmp(text, "tftp") ? ALG_TFTP : 0;

    if (!n) {
        char *error = action_parse_number(text, NULL, UINT16_MAX, &n);
        if (error) {
            free(error);
            return xasprintf("invalid conntrack helper \"%s\"", text);
        }
    }
    *alg = (uint16_t) n;
    return NULL;
}

static char *parse_table(struct action_parser *p, const char *text, uint8_t *table)
{
    if (!names_parse_table(text, p->names, table)) {
        return xasprintf("unknown table %s", text);
    }
    return *table == OFP_TABLE_ALL ? xasprintf("invalid table %#x", *table) : NULL;
}

static char *parse_word(struct action_parser *p, const struct key_value *kv,
                        struct ofp_action_ct *a, char **exec)
{
    if (!strcmp(kv->key, "commit")) {
        a->flags |= OFP_CT_COMMIT;
    } else if (!strcmp(kv->key, "force")) {
        a->flags |= OFP_CT_FORCE;
    } else if (!strcmp(kv->key, "table")) {
        return parse_table(p, kv->value, &a->recirc_table);
    } else if (!strcmp(kv->key, "zone")) {
        return parse_zone(kv->value, a);
    } else if (!strcmp(kv->key, "alg")) {
        return parse_alg(kv->value, &a->alg);
    } else if (!strcmp(kv->key, "nat")) {
        /* What stands behind this element is the nested list. */
        return action_parse_nat(p, kv->value, 0);
    } else if (!strcmp(kv->key, "exec")) {
        free(*exec);
        *exec = xstrdup(kv->value);
    } else {
        return xasprintf("invalid argument to \"ct\" action: `%s'", kv->key);
    }
    return NULL;
}

static char *check(struct action_parser *p, size_t offset)
{
    const struct ofp_action_ct *a = (const void *) (p->out->data + offset);
    const struct ofp_action *culprit;
    struct strbuf s = STRBUF_INIT;
    char *error = NULL;

    if (a->flags == OFP_CT_FORCE) {
        return xstrdup("\"force\" flag requires \"commit\" flag.");
    }
    switch (action_ct_check_nested(a, &culprit)) {
    case ACTION_CT_BAD_ACTION:
        ofp_actions_format(&s, culprit, culprit->len, NULL);
        error = xasprintf("ct action doesn't support nested action %.*s",
                          (int) strcspn(strbuf_str(&s), ":("), strbuf_str(&s));
        break;
    case ACTION_CT_BAD_FIELD:
        error = xasprintf("ct action doesn't support nested modification of %s",
                          culprit->type == OFPACT_REG_MOVE
                              ? ((const struct ofp_action_reg_move *) culprit)->dst.field->name
                              : ((const struct ofp_action_set_field *) culprit)->field->name);
        break;
    case ACTION_CT_NO_COMMIT:
        error = xstrdup("CT action requires commit flag if actions other than NAT without "
                        "arguments are specified.");
        break;
    case ACTION_CT_OK:
        break;
    }
    strbuf_destroy(&s);
    return error;
}

char *action_parse_ct(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action_ct ct = { .recirc_table = OFP_TABLE_ALL };
    char *copy = xstrdup(value), *rest = copy, *exec = NULL, *error = NULL;
    struct action_parser inner = { p->names, p->out, p->depth + 1, false, true };
    struct key_value kv;

    ofp_actions_put(p->out, OFPACT_CT, sizeof ct);
    size_t offset = p->out->size - sizeof ct;
    while (!error && key_value_next(&rest, &kv)) {
        error = parse_word(&inner, &kv, &ct, &exec);
    }
    if (!error && exec) {
        error = action_parse_nested_list(&inner, exec);
    }
    struct ofp_action_ct *a = (void *) (p->out->data + offset);
    a->flags = ct.flags;
    a->zone = ct.zone;
    a->zone_src = ct.zone_src;
    a->recirc_table = ct.recirc_table;
    a->alg = ct.alg;
    a->a.len = (uint32_t) (p->out->size - offset);
    free(exec);
    free(copy);
    return error ? error : check(p, offset);
}
