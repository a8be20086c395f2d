/* SPDX-License-Identifier: Apache-2.0 */
/* The smaller of Nicira's actions: "conjunction", "fin_timeout", "check_pkt_larger" and
 * "delete_field". */
#include "lib/ofp/action_nicira.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_encode.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/nxm.h"

enum {
    NX_FIN_TIMEOUT = 19,
    NX_CONJUNCTION = 34,
    NX_CHECK_PKT_LARGER = 49,
    NX_DELETE_FIELD = 50,
};
enum { MIN_CLAUSES = 2, MAX_CLAUSES = 64 };

enum ofp_error action_decode_nx_conjunction(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_conjunction *a = ofp_actions_put(out, OFPACT_CONJUNCTION, sizeof *a);

    a->clause = src->p[ACTION_NX_HEADER_LEN];
    a->n_clauses = src->p[ACTION_NX_HEADER_LEN + 1];
    a->id = get_u32(src->p + ACTION_NX_HEADER_LEN + 2);
    return a->n_clauses >= MIN_CLAUSES && a->n_clauses <= MAX_CLAUSES && a->clause < a->n_clauses
               ? OFPERR_OK
               : NXBAC_BAD_CONJUNCTION;
}

void action_encode_conjunction(const struct ofp_action *action, enum ofp_version version,
                               struct ofpbuf *out)
{
    const struct ofp_action_conjunction *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_CONJUNCTION);

    put_u8(out, a->clause);
    put_u8(out, a->n_clauses);
    put_u32(out, a->id);
    action_encode_end(out, start);
}

void action_format_conjunction(struct strbuf *s, const struct ofp_action *action,
                               const struct ofp_names *names)
{
    const struct ofp_action_conjunction *a = (const void *) action;

    strbuf_putf(s, "conjunction(%u,%u/%u)", a->id, a->clause + 1u, a->n_clauses);
}

char *action_parse_conjunction(struct action_parser *p, const char *value, int arg)
{
    unsigned int id, clause, n_clauses;
    int n = -1;

    if (sscanf(value, "%i , %u / %u %n", (int *) &id, &clause, &n_clauses, &n) != 3 || n < 0 ||
        value[n]) {
        return xstrdup("\"conjunction\" syntax is \"conjunction(id,i/n)\"");
    }
    if (n_clauses < MIN_CLAUSES) {
        return xstrdup("conjunction must have at least 2 clauses");
    }
    if (n_clauses > MAX_CLAUSES) {
        return xstrdup("conjunction must have at most 64 clauses");
    }
    if (clause < 1) {
        return xstrdup("clause index must be positive");
    }
    if (clause > n_clauses) {
        return xstrdup("clause index must be less than or equal to number of clauses");
    }
    struct ofp_action_conjunction *a = ofp_actions_put(p->out, OFPACT_CONJUNCTION, sizeof *a);
    a->id = id;
    a->clause = (uint8_t) (clause - 1);
    a->n_clauses = (uint8_t) n_clauses;
    return NULL;
}

enum ofp_error action_decode_nx_fin_timeout(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_fin_timeout *a = ofp_actions_put(out, OFPACT_FIN_TIMEOUT, sizeof *a);

    a->idle_timeout = get_u16(src->p + ACTION_NX_HEADER_LEN);
    a->hard_timeout = get_u16(src->p + ACTION_NX_HEADER_LEN + 2);
    return OFPERR_OK;
}

void action_encode_fin_timeout(const struct ofp_action *action, enum ofp_version version,
                               struct ofpbuf *out)
{
    const struct ofp_action_fin_timeout *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_FIN_TIMEOUT);

    put_u16(out, a->idle_timeout);
    put_u16(out, a->hard_timeout);
    action_encode_end(out, start);
}

void action_format_fin_timeout(struct strbuf *s, const struct ofp_action *action,
                               const struct ofp_names *names)
{
    const struct ofp_action_fin_timeout *a = (const void *) action;

    strbuf_puts(s, "fin_timeout(");
    if (a->idle_timeout) {
        strbuf_putf(s, "idle_timeout=%u,", a->idle_timeout);
    }
    if (a->hard_timeout) {
        strbuf_putf(s, "hard_timeout=%u,", a->hard_timeout);
    }
    strbuf_chomp(s, ',');
    strbuf_putc(s, ')');
}

char *action_parse_fin_timeout(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *rest = copy, *error = NULL;
    uint64_t idle = 0, hard = 0;
    struct key_value kv;

    while (!error && key_value_next(&rest, &kv)) {
        if (!strcmp(kv.key, "idle_timeout")) {
            error = action_parse_number(kv.value, kv.key, UINT16_MAX, &idle);
        } else if (!strcmp(kv.key, "hard_timeout")) {
            error = action_parse_number(kv.value, kv.key, UINT16_MAX, &hard);
        } else {
            error = xasprintf("invalid key '%s' in 'fin_timeout' argument", kv.key);
        }
    }
    if (!error) {
        struct ofp_action_fin_timeout *a = ofp_actions_put(p->out, OFPACT_FIN_TIMEOUT, sizeof *a);
        a->idle_timeout = (uint16_t) idle;
        a->hard_timeout = (uint16_t) hard;
    }
    free(copy);
    return error;
}

enum ofp_error action_decode_nx_check_pkt_larger(const struct action_source *src,
                                                 struct ofpbuf *out)
{
    struct ofp_action_check_pkt_larger *a =
        ofp_actions_put(out, OFPACT_CHECK_PKT_LARGER, sizeof *a);
    size_t at = ACTION_NX_HEADER_LEN + 4, used;

    a->pkt_len = get_u16(src->p + ACTION_NX_HEADER_LEN);
    a->dst.ofs = get_u16(src->p + ACTION_NX_HEADER_LEN + 2);
    a->dst.n_bits = 1;
    enum ofp_error error = action_decode_field(src->p + at, src->n - at, &a->dst.field, &used);
    if (!error) {
        error = action_must_be_zero(src->p + at + used, src->n - at - used);
    }
    return error ? error : action_check_subfield(&a->dst, ACTION_WRITES);
}

void action_encode_check_pkt_larger(const struct ofp_action *action, enum ofp_version version,
                                    struct ofpbuf *out)
{
    const struct ofp_action_check_pkt_larger *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_CHECK_PKT_LARGER);

    put_u16(out, a->pkt_len);
    put_u16(out, a->dst.ofs);
    nxm_put_header(out, a->dst.field, (int) version, false);
    action_encode_end(out, start);
}

void action_format_check_pkt_larger(struct strbuf *s, const struct ofp_action *action,
                                    const struct ofp_names *names)
{
    const struct ofp_action_check_pkt_larger *a = (const void *) action;

    strbuf_putf(s, "check_pkt_larger(%u)->", a->pkt_len);
    subfield_format(s, &a->dst);
}

/* "LENGTH)->FIELD[BIT]": the parenthesis is part of the value. */
char *action_parse_check_pkt_larger(struct action_parser *p, const char *value, int arg)
{
    char *copy = xstrdup(value), *number, *dst_text, *error = NULL;
    struct subfield dst;
    uint64_t pkt_len;

    if (!action_split_arrow(copy, &number, &dst_text)) {
        error = xasprintf("%s: missing `->'", value);
    } else {
        number[strcspn(number, ")")] = '\0';
        error = action_parse_number(number, "pkt_len", UINT16_MAX, &pkt_len);
    }
    if (!error) {
        error = action_parse_subfield(dst_text, &dst);
    }
    if (!error && dst.n_bits != 1) {
        error = xstrdup("Only 1-bit destination field is allowed");
    }
    if (!error) {
        struct ofp_action_check_pkt_larger *a =
            ofp_actions_put(p->out, OFPACT_CHECK_PKT_LARGER, sizeof *a);
        a->pkt_len = (uint16_t) pkt_len;
        a->dst = dst;
    }
    free(copy);
    return error;
}

enum ofp_error action_decode_nx_delete_field(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_field *a = ofp_actions_put(out, OFPACT_DELETE_FIELD, sizeof *a);
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;
    size_t n = src->n - ACTION_NX_HEADER_LEN, used;
    enum ofp_error error = action_decode_field(p, n, &a->field, &used);

    return error;
}

void action_encode_delete_field(const struct ofp_action *action, enum ofp_version version,
                                struct ofpbuf *out)
{
    size_t start = action_encode_begin_nx(out, NX_DELETE_FIELD);

    nxm_put_header(out, ((const struct ofp_action_field *) action)->field, (int) version, false);
    put_zeros(out, 24 - (out->size - start));
    action_encode_end(out, start);
}

void action_format_delete_field(struct strbuf *s, const struct ofp_action *action,
                                const struct ofp_names *names)
{
    strbuf_putf(s, "delete_field:%s", ((const struct ofp_action_field *) action)->field->name);
}

char *action_parse_delete_field(struct action_parser *p, const char *value, int arg)
{
    const struct field *f = field_by_name(value);

    if (!f) {
        f = field_by_wire_name(value);
    }
    if (!f) {
        return xasprintf("unknown field `%s'", value);
    }
    if (!field_wire_name(f)) {
        return xasprintf("%s: field %s cannot be part of an action", value, f->name);
    }
    struct ofp_action_field *a = ofp_actions_put(p->out, OFPACT_DELETE_FIELD, sizeof *a);
    a->field = f;
    return NULL;
}
