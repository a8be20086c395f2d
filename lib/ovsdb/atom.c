/* SPDX-License-Identifier: Apache-2.0 */
/* Atoms: compare, copy, and exchange with JSON and with text. */
#include "lib/ovsdb/atom.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/utf8.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/symtab.h"

static const char *const type_names[] = {
    [OVSDB_VOID] = "void",       [OVSDB_INTEGER] = "integer", [OVSDB_REAL] = "real",
    [OVSDB_BOOLEAN] = "boolean", [OVSDB_STRING] = "string",   [OVSDB_UUID] = "uuid",
};

const char *ovsdb_atom_type_name(enum ovsdb_atom_type type)
{
    return type_names[type];
}

bool ovsdb_atom_type_from_name(const char *name, enum ovsdb_atom_type *type)
{
    for (int i = OVSDB_INTEGER; i <= OVSDB_UUID; i++) {
        if (!strcmp(name, type_names[i])) {
            *type = i;
            return true;
        }
    }
    return false;
}

union ovsdb_atom ovsdb_atom_default(enum ovsdb_atom_type type)
{
    union ovsdb_atom atom;
    memset(&atom, 0, sizeof atom);
    if (type == OVSDB_STRING) {
        atom.string = xstrdup("");
    }
    return atom;
}

bool ovsdb_atom_is_default(const union ovsdb_atom *atom, enum ovsdb_atom_type type)
{
    switch (type) {
    case OVSDB_VOID:
        return true;
    case OVSDB_INTEGER:
        return atom->integer == 0;
    case OVSDB_REAL:
        return atom->real == 0.0;
    case OVSDB_BOOLEAN:
        return !atom->boolean;
    case OVSDB_STRING:
        return !atom->string[0];
    case OVSDB_UUID:
        return uuid_is_zero(&atom->uuid);
    }
    return false;
}

union ovsdb_atom ovsdb_atom_clone(const union ovsdb_atom *from, enum ovsdb_atom_type type)
{
    union ovsdb_atom atom = *from;
    if (type == OVSDB_STRING) {
        atom.string = xstrdup(from->string);
    }
    return atom;
}

void ovsdb_atom_destroy(union ovsdb_atom *atom, enum ovsdb_atom_type type)
{
    if (type == OVSDB_STRING) {
        free(atom->string);
    }
}

int ovsdb_atom_compare(const union ovsdb_atom *a, const union ovsdb_atom *b,
                       enum ovsdb_atom_type type)
{
    switch (type) {
    case OVSDB_VOID:
        return 0;
    case OVSDB_INTEGER:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case OVSDB_REAL:
        return (a->real > b->real) - (a->real < b->real);
    case OVSDB_BOOLEAN:
        return a->boolean - b->boolean;
    case OVSDB_STRING:
        return strcmp(a->string, b->string);
    case OVSDB_UUID:
        return uuid_compare(&a->uuid, &b->uuid);
    }
    return 0;
}

uint32_t ovsdb_atom_hash(const union ovsdb_atom *atom, enum ovsdb_atom_type type, uint32_t basis)
{
    switch (type) {
    case OVSDB_VOID:
        return basis;
    case OVSDB_INTEGER:
        return hash_u64((uint64_t) atom->integer, basis);
    case OVSDB_REAL: {
        double real = atom->real == 0.0 ? 0.0 : atom->real; /* -0.0 equals 0.0 */
        return hash_bytes(&real, sizeof real, basis);
    }
    case OVSDB_BOOLEAN:
        return hash_u64(atom->boolean, basis);
    case OVSDB_STRING:
        return hash_string(atom->string, basis);
    case OVSDB_UUID:
        return hash_bytes(&atom->uuid, sizeof atom->uuid, basis);
    }
    return basis;
}

json_t *ovsdb_atom_to_json(const union ovsdb_atom *atom, enum ovsdb_atom_type type)
{
    switch (type) {
    case OVSDB_VOID:
        break;
    case OVSDB_INTEGER:
        return json_integer(atom->integer);
    case OVSDB_REAL:
        return json_real(atom->real);
    case OVSDB_BOOLEAN:
        return json_boolean(atom->boolean);
    case OVSDB_STRING:
        return json_string(atom->string);
    case OVSDB_UUID: {
        char s[UUID_LEN + 1];
        uuid_to_string(&atom->uuid, s);
        return json_pack("[ss]", "uuid", s);
    }
    }
    return json_null();
}

static struct ovsdb_error *uuid_from_json(struct uuid *uuid, const json_t *json,
                                          struct ovsdb_symtab *symtab)
{
    const char *kind = json_string_value(json_array_get(json, 0));
    const char *value = json_string_value(json_array_get(json, 1));
    if (!kind || !value || json_array_size(json) != 2) {
        return ovsdb_error_syntax(json, NULL, "expected [\"uuid\", <string>]");
    }
    if (!strcmp(kind, "uuid")) {
        if (!uuid_from_string(uuid, value)) {
            return ovsdb_error_syntax(json, NULL, "\"%.100s\" is not a valid UUID", value);
        }
        return NULL;
    }
    if (!strcmp(kind, "named-uuid") && symtab) {
        struct ovsdb_symbol *symbol = ovsdb_symtab_get(symtab, value);
        symbol->referred = true;
        *uuid = symbol->uuid;
        return NULL;
    }
    return ovsdb_error_syntax(json, NULL, "expected [\"uuid\", <string>]");
}

/* A number with a fraction of zero counts as an integer, whose range it must be in. */
static bool integer_from_json(const json_t *json, int64_t *integer)
{
    if (json_is_integer(json)) {
        *integer = json_integer_value(json);
        return true;
    }
    double real = json_real_value(json);
    if (json_is_real(json) && real == trunc(real) && fabs(real) < 9.2e18) {
        *integer = (int64_t) real;
        return true;
    }
    return false;
}

struct ovsdb_error *ovsdb_atom_from_json(union ovsdb_atom *atom, enum ovsdb_atom_type type,
                                         const json_t *json, struct ovsdb_symtab *symtab)
{
    switch (type) {
    case OVSDB_VOID:
        break;
    case OVSDB_INTEGER:
        if (integer_from_json(json, &atom->integer)) {
            return NULL;
        }
        break;
    case OVSDB_REAL:
        if (json_is_number(json)) {
            atom->real = json_number_value(json);
            return NULL;
        }
        break;
    case OVSDB_BOOLEAN:
        if (json_is_boolean(json)) {
            atom->boolean = json_is_true(json);
            return NULL;
        }
        break;
    case OVSDB_STRING:
        if (json_is_string(json)) {
            atom->string = xstrdup(json_string_value(json));
            return NULL;
        }
        break;
    case OVSDB_UUID:
        return uuid_from_json(&atom->uuid, json, symtab);
    }
    return ovsdb_error_syntax(json, NULL, "expected %s", type_names[type]);
}

static bool starts_with_uuid(const char *s)
{
    struct uuid uuid;
    char prefix[UUID_LEN + 1];
    if (strnlen(s, UUID_LEN) < UUID_LEN) {
        return false;
    }
    memcpy(prefix, s, UUID_LEN);
    prefix[UUID_LEN] = '\0';
    return uuid_from_string(&uuid, prefix);
}

static bool needs_quotes(const char *s)
{
    if (!isalpha((unsigned char) s[0]) && s[0] != '_') {
        return true;
    }
    for (const char *p = s; *p; p++) {
        if (!isalnum((unsigned char) *p) && !strchr("_-.", *p)) {
            return true;
        }
    }
    return !strcmp(s, "true") || !strcmp(s, "false") || starts_with_uuid(s);
}

/* The fewest digits that read back as the same number. */
static void put_real(double real, struct strbuf *out)
{
    char s[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(s, sizeof s, "%.*g", digits, real);
        if (strtod(s, NULL) == real) {
            break;
        }
    }
    strbuf_puts(out, s);
}

void ovsdb_atom_to_bare(const union ovsdb_atom *atom, enum ovsdb_atom_type type, struct strbuf *out)
{
    char uuid[UUID_LEN + 1];
    switch (type) {
    case OVSDB_VOID:
        break;
    case OVSDB_INTEGER:
        strbuf_putf(out, "%lld", (long long) atom->integer);
        break;
    case OVSDB_REAL:
        put_real(atom->real, out);
        break;
    case OVSDB_BOOLEAN:
        strbuf_puts(out, atom->boolean ? "true" : "false");
        break;
    case OVSDB_STRING:
        strbuf_puts(out, atom->string);
        break;
    case OVSDB_UUID:
        uuid_to_string(&atom->uuid, uuid);
        strbuf_puts(out, uuid);
        break;
    }
}

void ovsdb_atom_to_text(const union ovsdb_atom *atom, enum ovsdb_atom_type type, struct strbuf *out)
{
    if (type == OVSDB_STRING && needs_quotes(atom->string)) {
        json_t *json = json_string(atom->string);
        char *s = json_dumps(json, JSON_ENCODE_ANY);
        strbuf_puts(out, s ? s : "\"\"");
        free(s);
        json_decref(json);
    } else {
        ovsdb_atom_to_bare(atom, type, out);
    }
}

static char *string_from_text(const char *s, char **string)
{
    if (!utf8_is_valid(s)) {
        return xstrdup("a string is not valid UTF-8");
    }
    if (s[0] != '"') {
        if (!*s) {
            return xstrdup("An empty string is not valid as input; use \"\" to represent the empty string");
        }
        *string = xstrdup(s);
        return NULL;
    }
    json_error_t error;
    json_t *json = json_loads(s, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!json_is_string(json)) {
        json_decref(json);
        return xasprintf("%s: missing quote at end of quoted string", s);
    }
    *string = xstrdup(json_string_value(json));
    json_decref(json);
    return NULL;
}

static bool boolean_from_text(const char *s, bool *boolean)
{
    static const char *const yes[] = { "true", "yes", "on", "1" };
    static const char *const no[] = { "false", "no", "off", "0" };
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!strcmp(s, yes[i]) || !strcmp(s, no[i])) {
            *boolean = !strcmp(s, yes[i]);
            return true;
        }
    }
    return false;
}

static char *number_from_text(union ovsdb_atom *atom, enum ovsdb_atom_type type, const char *s)
{
    char *end;
    errno = 0;
    if (type == OVSDB_INTEGER) {
        long long integer = strtoll(s, &end, 10);
        atom->integer = integer;
    } else {
        atom->real = strtod(s, &end);
        if (!isfinite(atom->real)) {
            errno = ERANGE;
        }
    }
    if (end == s || *end || isspace((unsigned char) *s) || (errno == ERANGE)) {
        return xasprintf("\"%s\" is not a valid %s", s,
                         type == OVSDB_INTEGER ? "integer" : "real number");
    }
    return NULL;
}

char *ovsdb_atom_from_text(union ovsdb_atom *atom, enum ovsdb_atom_type type, const char *s,
                           struct ovsdb_symtab *symtab)
{
    switch (type) {
    case OVSDB_VOID:
        break;
    case OVSDB_INTEGER:
    case OVSDB_REAL:
        return number_from_text(atom, type, s);
    case OVSDB_BOOLEAN:
        return boolean_from_text(s, &atom->boolean)
                   ? NULL
                   : xasprintf("\"%s\" is not a valid boolean (use \"true\" or \"false\")", s);
    case OVSDB_STRING:
        return string_from_text(s, &atom->string);
    case OVSDB_UUID:
        if (s[0] == '@' && symtab) {
            struct ovsdb_symbol *symbol = ovsdb_symtab_get(symtab, s);
            symbol->referred = true;
            atom->uuid = symbol->uuid;
            return NULL;
        }
        return uuid_from_string(&atom->uuid, s) ? NULL : xasprintf("\"%s\" is not a valid UUID", s);
    }
    return xasprintf("\"%s\": no value is expected here", s);
}
