/* SPDX-License-Identifier: Apache-2.0 */
/* Datums as people write them on the command line of the configuration tool. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"

void ovsdb_datum_to_text(const struct ovsdb_datum *datum, const struct ovsdb_type *type,
                         struct strbuf *out)
{
    bool map = ovsdb_type_is_map(type);
    bool brackets = !map && (type->n_max > 1 || datum->n != 1);
    strbuf_puts(out, map ? "{" : brackets ? "[" : "");
    for (size_t i = 0; i < datum->n; i++) {
        strbuf_puts(out, i ? ", " : "");
        ovsdb_atom_to_text(&datum->keys[i], type->key.type, out);
        if (map) {
            strbuf_putc(out, '=');
            ovsdb_atom_to_text(&datum->values[i], type->value.type, out);
        }
    }
    strbuf_puts(out, map ? "}" : brackets ? "]" : "");
}

void ovsdb_datum_to_bare(const struct ovsdb_datum *datum, const struct ovsdb_type *type,
                         struct strbuf *out)
{
    for (size_t i = 0; i < datum->n; i++) {
        strbuf_puts(out, i ? " " : "");
        ovsdb_atom_to_bare(&datum->keys[i], type->key.type, out);
        if (ovsdb_type_is_map(type)) {
            strbuf_putc(out, '=');
            ovsdb_atom_to_bare(&datum->values[i], type->value.type, out);
        }
    }
}

static bool is_delimiter(char c)
{
    return !c || strchr(":=, []{}!<>", c);
}

char *ovsdb_datum_parse_word(const char **s, char **word)
{
    const char *p = *s;
    if (*p == '"') {
        for (p++; *p != '"'; p++) {
            if (*p == '\\' && p[1]) {
                p++;
            }
            if (!*p) {
                return xasprintf("%s: quoted string extends past end of argument", *s);
            }
        }
        p++;
    } else {
        while (!is_delimiter(*p)) {
            p++;
        }
    }
    *word = xstrndup(*s, p - *s);
    *s = p;
    return NULL;
}

/* What is being parsed. */
struct parser {
    const char *whole; /* the text, for messages */
    const char *s;     /* what is left of it */
    const struct ovsdb_type *type;
    struct ovsdb_symtab *symtab;
    struct ovsdb_datum *datum; /* unsorted meanwhile */
};

static void skip_blanks(struct parser *parser)
{
    while (*parser->s == ' ') {
        parser->s++;
    }
}

static void skip_separators(struct parser *parser)
{
    skip_blanks(parser);
    if (*parser->s == ',') {
        parser->s++;
    }
    skip_blanks(parser);
}

static const char *plural(enum ovsdb_atom_type type)
{
    static const char *const names[] = { "nothing", "integers", "reals",
                                         "booleans", "strings", "UUIDs" };
    return names[type];
}

static void describe(const struct ovsdb_type *type, struct strbuf *out)
{
    if (ovsdb_type_is_map(type)) {
        strbuf_putf(out, "map of (%s, %s) pairs", ovsdb_atom_type_name(type->key.type),
                    ovsdb_atom_type_name(type->value.type));
    } else if (ovsdb_type_is_scalar(type)) {
        strbuf_puts(out, ovsdb_atom_type_name(type->key.type));
    } else if (type->n_max == UINT32_MAX) {
        strbuf_putf(out, "set of %s", plural(type->key.type));
    } else {
        strbuf_putf(out, "set of up to %" PRIu32 " %s", type->n_max, plural(type->key.type));
    }
}

static char *unexpected(const struct parser *parser)
{
    struct strbuf expected = STRBUF_INIT;
    describe(parser->type, &expected);
    char *error = xasprintf("%s: unexpected \"%c\" parsing %s", parser->whole, *parser->s,
                            strbuf_str(&expected));
    strbuf_destroy(&expected);
    return error;
}

static char *check_atom(const struct ovsdb_base *base, union ovsdb_atom *atom)
{
    char *error = ovsdb_error_steal_string(ovsdb_base_check(base, atom));
    if (error) {
        ovsdb_atom_destroy(atom, base->type);
    }
    return error;
}

static char *atom_from_word(union ovsdb_atom *atom, const struct ovsdb_base *base, const char *word,
                            struct ovsdb_symtab *symtab)
{
    char *error = ovsdb_atom_from_text(atom, base->type, word, symtab);
    return error ? error : check_atom(base, atom);
}

static void append(struct ovsdb_datum *datum, union ovsdb_atom key, const union ovsdb_atom *value)
{
    if (!(datum->n & (datum->n - 1))) { /* grow at powers of two */
        size_t room = datum->n ? 2 * datum->n : 1;
        datum->keys = xrealloc(datum->keys, room * sizeof *datum->keys);
        if (value) {
            datum->values = xrealloc(datum->values, room * sizeof *datum->values);
        }
    }
    datum->keys[datum->n] = key;
    if (value) {
        datum->values[datum->n] = *value;
    }
    datum->n++;
}

/* "FIRST-LAST" in a set of integers. True if it is one, with '*error' set if it is a bad one. */
static bool append_range(struct ovsdb_datum *datum, const struct ovsdb_type *type,
                         const char *word, char **error)
{
    char *end;
    long long first = strtoll(word, &end, 10);
    if (type->key.type != OVSDB_INTEGER || end == word || *end != '-'
        || !isdigit((unsigned char) end[1])) {
        return false;
    }
    long long last = strtoll(end + 1, &end, 10);
    if (*end) {
        return false;
    }
    union ovsdb_atom a = { .integer = first }, b = { .integer = last };
    *error = last < first ? xasprintf("\"%s\" is not a valid range. Range end cannot be before start.",
                                      word)
                          : check_atom(&type->key, &a);
    if (!*error) {
        *error = check_atom(&type->key, &b);
    }
    if (!*error && (unsigned long long) last - first >= 65536) {
        *error = xasprintf("\"%s\" is too large a range", word);
    }
    for (unsigned long long i = 0; !*error && i <= (unsigned long long) last - first; i++) {
        a.integer = (int64_t) ((unsigned long long) first + i);
        append(datum, a, NULL);
    }
    return true;
}

static char *integer_error(const struct ovsdb_type *type, const char *word, char *error)
{
    if (error && type->key.type == OVSDB_INTEGER && !ovsdb_type_is_map(type)
        && !strncmp(error, "\"", 1)) {
        free(error);
        return xasprintf("\"%s\" is not a valid integer or range", word);
    }
    return error;
}

static char *parse_key_of_set(struct parser *parser, const char *word)
{
    union ovsdb_atom key;
    char *error = NULL;
    if (append_range(parser->datum, parser->type, word, &error)) {
        return error;
    }
    error = atom_from_word(&key, &parser->type->key, word, parser->symtab);
    if (!error) {
        append(parser->datum, key, NULL);
    }
    return integer_error(parser->type, word, error);
}

static char *parse_pair(struct parser *parser, const char *word)
{
    const struct ovsdb_type *type = parser->type;
    union ovsdb_atom key, value;
    char *error = atom_from_word(&key, &type->key, word, parser->symtab);
    if (error) {
        return error;
    }
    char *value_word = NULL;
    skip_blanks(parser);
    if (*parser->s != '=') {
        error = *parser->s ? xasprintf("%s: syntax error at \"%c\" expecting \"=\"", parser->whole,
                                       *parser->s)
                           : xasprintf("%s: syntax error at the end expecting \"=\"", parser->whole);
    } else {
        parser->s++;
        skip_blanks(parser);
        error = ovsdb_datum_parse_word(&parser->s, &value_word);
    }
    if (!error) {
        error = atom_from_word(&value, &type->value, value_word, parser->symtab);
    }
    free(value_word);
    if (error) {
        ovsdb_atom_destroy(&key, type->key.type);
        return error;
    }
    append(parser->datum, key, &value);
    return NULL;
}

static char *parse_element(struct parser *parser)
{
    char *word;
    if (is_delimiter(*parser->s)) {
        return unexpected(parser);
    }
    char *error = ovsdb_datum_parse_word(&parser->s, &word);
    if (error) {
        return error;
    }
    error = ovsdb_type_is_map(parser->type) ? parse_pair(parser, word)
                                            : parse_key_of_set(parser, word);
    free(word);
    return error;
}

static char *parse_elements(struct parser *parser)
{
    char open = ovsdb_type_is_map(parser->type) ? '{' : '[';
    char close = 0;
    skip_blanks(parser);
    if (*parser->s == open) {
        close = open == '{' ? '}' : ']';
        parser->s++;
        skip_blanks(parser);
    }
    while (*parser->s && *parser->s != close) {
        char *error = parse_element(parser);
        if (error) {
            return error;
        }
        skip_separators(parser);
    }
    if (!close) {
        return NULL;
    }
    if (*parser->s != close) {
        return xasprintf("%s: missing \"%c\" at end of data", parser->whole, close);
    }
    parser->s++;
    skip_blanks(parser);
    return *parser->s ? xasprintf("%s: trailing garbage after \"%c\"", parser->whole, close) : NULL;
}

char *ovsdb_datum_from_text(struct ovsdb_datum *datum, const struct ovsdb_type *type, const char *s,
                            struct ovsdb_symtab *symtab)
{
    struct parser parser = { s, s, type, symtab, datum };
    *datum = (struct ovsdb_datum) OVSDB_DATUM_EMPTY;
    char *error = parse_elements(&parser);
    if (!error && ovsdb_datum_sort(datum, type) != SIZE_MAX) {
        error = xasprintf("%s: %s", s,
                          ovsdb_type_is_map(type) ? "map contains duplicate key"
                                                  : "set contains duplicate value");
    }
    if (!error && (datum->n < type->n_min || datum->n > type->n_max)) {
        bool few = datum->n < type->n_min;
        error = xasprintf("%s: %zu value(s) specified but the %s number is %" PRIu32, s, datum->n,
                          few ? "minimum" : "maximum", few ? type->n_min : type->n_max);
    }
    if (error) {
        ovsdb_datum_destroy(datum, type);
    }
    return error;
}
