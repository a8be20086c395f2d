/* SPDX-License-Identifier: Apache-2.0 */
/* The actions "bundle" and "bundle_load" (NXAST_BUNDLE, NXAST_BUNDLE_LOAD): one of several ports. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/names.h"
#include "lib/ofp/nxm.h"

enum { NX_BUNDLE = 12, NX_BUNDLE_LOAD = 13 };
enum { FIXED_LEN = 32, MAX_MEMBERS = 2048, MIN_DST_BITS = 16 };

static const char *const algorithm_names[] = {
    [OFP_BUNDLE_ACTIVE_BACKUP] = "active_backup",
    [OFP_BUNDLE_HRW] = "hrw",
};

/* NXM_OF_IN_PORT: the kind of members that there is. */
static uint32_t member_type(void)
{
    return field_get(FIELD_IN_PORT)->nxm_header;
}

static struct ofp_action_bundle *put(struct ofpbuf *out, size_t n_members)
{
    struct ofp_action_bundle *a =
        ofp_actions_put(out, OFPACT_BUNDLE, sizeof *a + n_members * sizeof a->members[0]);

    a->n_members = n_members;
    return a;
}

static enum ofp_error decode_dst(const uint8_t *p, struct subfield *dst)
{
    action_decode_ofs_nbits(get_u16(p), dst);
    enum ofp_error error = action_decode_short_field(p + 2, &dst->field);
    if (error) {
        return error;
    }
    return dst->n_bits < MIN_DST_BITS ? OFPBAC_BAD_ARGUMENT : action_check_subfield(dst, ACTION_WRITES);
}

enum ofp_error action_decode_nx_bundle(const struct action_source *src, struct ofpbuf *out)
{
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;
    size_t n = get_u16(p + 10);
    unsigned int fields = get_u16(p + 2), algorithm = get_u16(p);
    bool load = src->wire->number == NX_BUNDLE_LOAD;

    if (!action_hash_fields_name(fields) || n > MAX_MEMBERS ||
        algorithm >= ARRAY_SIZE(algorithm_names) || get_u32(p + 6) != member_type() ||
        !action_is_zero(p + 18, 4) || (!load && !action_is_zero(p + 12, 6))) {
        return OFPBAC_BAD_ARGUMENT;
    }
    if (src->n < FIXED_LEN + n * 2) {
        return OFPBAC_BAD_LEN;
    }
    struct ofp_action_bundle *a = put(out, n);
    a->algorithm = (uint16_t) algorithm;
    a->fields = (uint16_t) fields;
    a->basis = get_u16(p + 4);
    for (size_t i = 0; i < n; i++) {
        a->members[i] = ofp_port_from_10(get_u16(src->p + FIXED_LEN + i * 2));
    }
    return load ? decode_dst(p + 12, &a->dst) : OFPERR_OK;
}

void action_encode_bundle(const struct ofp_action *action, enum ofp_version version,
                          struct ofpbuf *out)
{
    const struct ofp_action_bundle *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, a->dst.field ? NX_BUNDLE_LOAD : NX_BUNDLE);

    put_u16(out, a->algorithm);
    put_u16(out, a->fields);
    put_u16(out, a->basis);
    put_u32(out, member_type());
    put_u16(out, (uint16_t) a->n_members);
    if (a->dst.field) {
        put_u16(out, action_encode_ofs_nbits(&a->dst));
        nxm_put_header(out, a->dst.field, NXM_VERSION, false);
    } else {
        put_zeros(out, 6);
    }
    put_zeros(out, 4);
    for (size_t i = 0; i < a->n_members; i++) {
        put_u16(out, action_encode_port10(a->members[i]));
    }
    action_encode_end(out, start);
}

bool action_bundle_equal(const struct ofp_action_bundle *a, const struct ofp_action_bundle *b)
{
    return a->algorithm == b->algorithm && a->fields == b->fields && a->basis == b->basis &&
           subfield_equal(&a->dst, &b->dst) && a->n_members == b->n_members &&
           !memcmp(a->members, b->members, a->n_members * sizeof a->members[0]);
}

void action_format_bundle(struct strbuf *s, const struct ofp_action *action,
                          const struct ofp_names *names)
{
    const struct ofp_action_bundle *a = (const void *) action;

    strbuf_putf(s, "%s(%s,%u,%s,ofport,", a->dst.field ? "bundle_load" : "bundle",
                action_hash_fields_name(a->fields), a->basis, algorithm_names[a->algorithm]);
    if (a->dst.field) {
        subfield_format(s, &a->dst);
        strbuf_putc(s, ',');
    }
    strbuf_puts(s, "members:");
    for (size_t i = 0; i < a->n_members; i++) {
        strbuf_puts(s, i ? "," : "");
        names_format_port(s, a->members[i], names);
    }
    strbuf_putc(s, ')');
}

/* The next word of the arguments, which commas, blanks and brackets part. */
static char *next_word(char **text)
{
    char *save;
    char *word = strtok_r(*text, ", ", &save);

    *text = save;
    return word;
}

static char *parse_head(char **rest, const char *whole, bool load, struct ofp_action_bundle *a)
{
    char *fields = next_word(rest), *basis_text = fields ? next_word(rest) : NULL;
    char *algorithm = basis_text ? next_word(rest) : NULL;
    char *type = algorithm ? next_word(rest) : NULL;
    char *dst = type && load ? next_word(rest) : NULL;
    uint64_t basis;

    if (!type || (load && !dst) || !*rest || !**rest) {
        return xasprintf("%s: not enough arguments to bundle action", whole);
    }
    if (!action_hash_fields_from_name(fields, &a->fields)) {
        return xasprintf("%s: unknown fields `%s'", whole, fields);
    }
    char *error = action_parse_number(basis_text, "basis", UINT16_MAX, &basis);
    if (error) {
        return error;
    }
    a->basis = (uint16_t) basis;
    for (a->algorithm = 0; strcasecmp(algorithm, algorithm_names[a->algorithm]);) {
        if (++a->algorithm == ARRAY_SIZE(algorithm_names)) {
            return xasprintf("%s: unknown algorithm `%s'", whole, algorithm);
        }
    }
    if (strcasecmp(type, "ofport")) {
        return xasprintf("%s: unknown member_type `%s'", whole, type);
    }
    error = load ? action_parse_subfield(dst, &a->dst) : NULL;
    if (!error && load && !field_has_short_header(a->dst.field)) {
        error = xasprintf("%s: experimenter OXM field '%s' not supported", whole, dst);
    }
    if (!error && load && (a->dst.n_bits < MIN_DST_BITS || a->dst.n_bits > 64)) {
        error = xasprintf("%s: bundle_load needs a destination of %d to 64 bits", whole,
                          MIN_DST_BITS);
    }
    return error;
}

/* "members:1,2", also "slaves:1,2" as it was once called. */
static char *parse_members(char *text, const struct ofp_names *names, ofp_port_t *members,
                           size_t *n)
{
    size_t keyword = strcspn(text, ": ");

    text += strspn(text, ", ");
    keyword = strcspn(text, ":, ");
    if (!((keyword == 7 && !strncasecmp(text, "members", 7)) ||
          (keyword == 6 && !strncasecmp(text, "slaves", 6)))) {
        return xasprintf("missing member delimiter, expected `members', got `%.*s'", (int) keyword,
                         text);
    }
    text += keyword + (text[keyword] != '\0');
    *n = 0;
    for (char *word; (word = next_word(&text));) {
        if (*n == MAX_MEMBERS) {
            return xasprintf("too many members");
        }
        if (!names_parse_port(word, names, &members[*n])) {
            return xasprintf("%s: bad port number", word);
        }
        (*n)++;
    }
    return NULL;
}

char *action_parse_bundle(struct action_parser *p, const char *value, int load)
{
    struct ofp_action_bundle head = { .n_members = 0 };
    ofp_port_t *members = xmalloc(MAX_MEMBERS * sizeof *members);
    char *copy = xstrdup(value), *rest = copy;
    size_t n;
    char *error = parse_head(&rest, value, load, &head);

    if (!error) {
        error = parse_members(rest, p->names, members, &n);
    }
    if (!error) {
        struct ofp_action_bundle *a = put(p->out, n);
        a->algorithm = head.algorithm;
        a->fields = head.fields;
        a->basis = head.basis;
        a->dst = head.dst;
        memcpy(a->members, members, n * sizeof *members);
    }
    free(copy);
    free(members);
    return error;
}
