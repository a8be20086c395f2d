/* SPDX-License-Identifier: Apache-2.0 */
/* Column types and the constraints on their atoms. */
#include "lib/ovsdb/type.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/error.h"

/* Far more than any real schema has; keeps a hostile one from costing much. */
enum { MAX_ALLOWED = 4096 };

void ovsdb_base_init(struct ovsdb_base *base, enum ovsdb_atom_type type)
{
    *base = (struct ovsdb_base){
        .type = type,
        .min_integer = INT64_MIN,
        .max_integer = INT64_MAX,
        .min_real = -DBL_MAX,
        .max_real = DBL_MAX,
        .max_length = UINT32_MAX,
    };
}

void ovsdb_base_destroy(struct ovsdb_base *base)
{
    for (size_t i = 0; i < base->n_allowed; i++) {
        ovsdb_atom_destroy(&base->allowed[i], base->type);
    }
    free(base->allowed);
    free(base->ref_table);
    ovsdb_base_init(base, OVSDB_VOID);
}

/* Inserts in order; equal ones count once. */
static struct ovsdb_error *add_allowed(struct ovsdb_base *base, const json_t *json)
{
    union ovsdb_atom atom;
    struct ovsdb_error *error = ovsdb_atom_from_json(&atom, base->type, json, NULL);
    if (error) {
        return error;
    }
    size_t i = 0;
    while (i < base->n_allowed
           && ovsdb_atom_compare(&base->allowed[i], &atom, base->type) < 0) {
        i++;
    }
    if (i < base->n_allowed && !ovsdb_atom_compare(&base->allowed[i], &atom, base->type)) {
        ovsdb_atom_destroy(&atom, base->type);
        return NULL;
    }
    memmove(&base->allowed[i + 1], &base->allowed[i],
            (base->n_allowed - i) * sizeof *base->allowed);
    base->allowed[i] = atom;
    base->n_allowed++;
    return NULL;
}

static struct ovsdb_error *parse_enum(struct ovsdb_base *base, const json_t *json)
{
    const char *kind = json_string_value(json_array_get(json, 0));
    const json_t *set = NULL;
    if (kind && !strcmp(kind, "set") && json_array_size(json) == 2) {
        set = json_array_get(json, 1);
        if (!json_is_array(set) || !json_array_size(set)) {
            return ovsdb_error_syntax(json, NULL, "an enumeration needs at least one value");
        }
    }
    size_t n = set ? json_array_size(set) : 1;
    if (n > MAX_ALLOWED) {
        return ovsdb_error_syntax(json, NULL, "too many values in an enumeration");
    }
    base->allowed = xcalloc(n, sizeof *base->allowed);
    for (size_t i = 0; i < n; i++) {
        struct ovsdb_error *error = add_allowed(base, set ? json_array_get(set, i) : json);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct ovsdb_error *parse_length(const char *name, const json_t *json, uint32_t *length)
{
    json_int_t n = json_integer_value(json);
    if (!json_is_integer(json) || n < 0 || n > UINT32_MAX) {
        return ovsdb_error_syntax(json, NULL, "bad value for \"%s\"", name);
    }
    *length = n;
    return NULL;
}

static struct ovsdb_error *parse_ref_type(struct ovsdb_base *base, const json_t *json)
{
    const char *s = json_string_value(json);
    if (!s || (strcmp(s, "strong") && strcmp(s, "weak"))) {
        return ovsdb_error_syntax(json, NULL, "refType must be \"strong\" or \"weak\"");
    }
    base->weak = !strcmp(s, "weak");
    return NULL;
}

/* One member of a <base-type> other than "type". */
static struct ovsdb_error *parse_constraint(struct ovsdb_base *base, const char *name,
                                            const json_t *json)
{
    union ovsdb_atom atom;
    struct ovsdb_error *error;
    if (!strcmp(name, "enum")) {
        return parse_enum(base, json);
    }
    if (base->type == OVSDB_INTEGER && (!strcmp(name, "minInteger") || !strcmp(name, "maxInteger"))) {
        error = ovsdb_atom_from_json(&atom, OVSDB_INTEGER, json, NULL);
        if (!error) {
            *(name[1] == 'i' ? &base->min_integer : &base->max_integer) = atom.integer;
        }
        return error;
    }
    if (base->type == OVSDB_REAL && (!strcmp(name, "minReal") || !strcmp(name, "maxReal"))) {
        error = ovsdb_atom_from_json(&atom, OVSDB_REAL, json, NULL);
        if (!error) {
            *(name[1] == 'i' ? &base->min_real : &base->max_real) = atom.real;
        }
        return error;
    }
    if (base->type == OVSDB_STRING && !strcmp(name, "minLength")) {
        return parse_length(name, json, &base->min_length);
    }
    if (base->type == OVSDB_STRING && !strcmp(name, "maxLength")) {
        return parse_length(name, json, &base->max_length);
    }
    if (base->type == OVSDB_UUID && !strcmp(name, "refTable") && json_is_string(json)) {
        base->ref_table = xstrdup(json_string_value(json));
        return NULL;
    }
    if (base->type == OVSDB_UUID && !strcmp(name, "refType")) {
        return parse_ref_type(base, json);
    }
    return ovsdb_error_syntax(json, NULL, "\"%.100s\" does not belong to type %s", name,
                              ovsdb_atom_type_name(base->type));
}

struct ovsdb_error *ovsdb_base_from_json(struct ovsdb_base *base, const json_t *json)
{
    const json_t *type_json = json_is_object(json) ? json_object_get(json, "type") : json;
    const char *type_name = json_string_value(type_json);
    enum ovsdb_atom_type type;
    ovsdb_base_init(base, OVSDB_VOID);
    if (!type_name || !ovsdb_atom_type_from_name(type_name, &type)) {
        return ovsdb_error_syntax(json, NULL, "expected the name of a type");
    }
    base->type = type;

    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) json, name, value) {
        struct ovsdb_error *error
            = strcmp(name, "type") ? parse_constraint(base, name, value) : NULL;
        if (error) {
            ovsdb_base_destroy(base);
            return error;
        }
    }
    if (base->min_integer > base->max_integer || base->min_real > base->max_real
        || base->min_length > base->max_length) {
        ovsdb_base_destroy(base);
        return ovsdb_error_syntax(json, NULL, "the minimum is above the maximum");
    }
    return NULL;
}

static void constraints_to_json(const struct ovsdb_base *base, json_t *json)
{
    if (base->allowed) {
        json_t *set = json_array();
        for (size_t i = 0; i < base->n_allowed; i++) {
            json_array_append_new(set, ovsdb_atom_to_json(&base->allowed[i], base->type));
        }
        json_object_set_new(json, "enum", json_pack("[so]", "set", set));
    }
    if (base->min_integer != INT64_MIN) {
        json_object_set_new(json, "minInteger", json_integer(base->min_integer));
    }
    if (base->max_integer != INT64_MAX) {
        json_object_set_new(json, "maxInteger", json_integer(base->max_integer));
    }
    if (base->min_real != -DBL_MAX) {
        json_object_set_new(json, "minReal", json_real(base->min_real));
    }
    if (base->max_real != DBL_MAX) {
        json_object_set_new(json, "maxReal", json_real(base->max_real));
    }
    if (base->min_length) {
        json_object_set_new(json, "minLength", json_integer(base->min_length));
    }
    if (base->max_length != UINT32_MAX) {
        json_object_set_new(json, "maxLength", json_integer(base->max_length));
    }
    if (base->ref_table) {
        json_object_set_new(json, "refTable", json_string(base->ref_table));
        if (base->weak) {
            json_object_set_new(json, "refType", json_string("weak"));
        }
    }
}

json_t *ovsdb_base_to_json(const struct ovsdb_base *base)
{
    json_t *json = json_object();
    json_object_set_new(json, "type", json_string(ovsdb_atom_type_name(base->type)));
    constraints_to_json(base, json);
    if (json_object_size(json) > 1) {
        return json;
    }
    json_decref(json);
    return json_string(ovsdb_atom_type_name(base->type));
}

static struct ovsdb_error *check_allowed(const struct ovsdb_base *base,
                                         const union ovsdb_atom *atom)
{
    struct strbuf values = STRBUF_INIT;
    for (size_t i = 0; i < base->n_allowed; i++) {
        if (!ovsdb_atom_compare(&base->allowed[i], atom, base->type)) {
            strbuf_destroy(&values);
            return NULL;
        }
        strbuf_puts(&values, i ? ", " : "");
        ovsdb_atom_to_text(&base->allowed[i], base->type, &values);
    }
    struct strbuf value = STRBUF_INIT;
    ovsdb_atom_to_text(atom, base->type, &value);
    struct ovsdb_error *error = ovsdb_error_create(
        "constraint violation", "%s is not one of the allowed values ([%s])", strbuf_str(&value),
        strbuf_str(&values));
    strbuf_destroy(&value);
    strbuf_destroy(&values);
    return error;
}

static struct ovsdb_error *check_length(const struct ovsdb_base *base, const char *s)
{
    uint32_t length = 0;
    if (!base->min_length && base->max_length == UINT32_MAX) {
        return NULL;
    }
    for (const char *p = s; *p; p++) {
        length += (*(const unsigned char *) p & 0xc0) != 0x80;
    }
    if (length < base->min_length || length > base->max_length) {
        return ovsdb_error_create("constraint violation",
                                  "\"%.100s\" is %" PRIu32 " characters long, but from %" PRIu32
                                  " to %" PRIu32 " are allowed",
                                  s, length, base->min_length, base->max_length);
    }
    return NULL;
}

static struct ovsdb_error *check_integer(const struct ovsdb_base *base, int64_t integer)
{
    if (integer >= base->min_integer && integer <= base->max_integer) {
        return NULL;
    }
    if (base->max_integer == INT64_MAX) {
        return ovsdb_error_create("constraint violation",
                                  "%" PRId64 " is less than minimum allowed value %" PRId64, integer,
                                  base->min_integer);
    }
    if (base->min_integer == INT64_MIN) {
        return ovsdb_error_create("constraint violation",
                                  "%" PRId64 " is greater than maximum allowed value %" PRId64,
                                  integer, base->max_integer);
    }
    return ovsdb_error_create("constraint violation",
                              "%" PRId64 " is not in the valid range %" PRId64 " to %" PRId64
                              " (inclusive)",
                              integer, base->min_integer, base->max_integer);
}

/* Also refuses what is no number. */
static struct ovsdb_error *check_real(const struct ovsdb_base *base, double real)
{
    if (real >= base->min_real && real <= base->max_real) {
        return NULL;
    }
    return ovsdb_error_create("constraint violation",
                              "%g is not in the valid range %g to %g (inclusive)", real,
                              base->min_real, base->max_real);
}

struct ovsdb_error *ovsdb_base_check(const struct ovsdb_base *base, const union ovsdb_atom *atom)
{
    if (base->allowed) {
        return check_allowed(base, atom);
    }
    switch (base->type) {
    case OVSDB_INTEGER:
        return check_integer(base, atom->integer);
    case OVSDB_REAL:
        return check_real(base, atom->real);
    case OVSDB_STRING:
        return check_length(base, atom->string);
    case OVSDB_VOID:
    case OVSDB_BOOLEAN:
    case OVSDB_UUID:
        return NULL;
    }
    return NULL;
}

void ovsdb_type_destroy(struct ovsdb_type *type)
{
    ovsdb_base_destroy(&type->key);
    ovsdb_base_destroy(&type->value);
}

static struct ovsdb_error *parse_counts(struct ovsdb_type *type, const json_t *json)
{
    const json_t *min = json_object_get(json, "min");
    const json_t *max = json_object_get(json, "max");
    if (min) {
        if (!json_is_integer(min) || (json_integer_value(min) >> 1)) {
            return ovsdb_error_syntax(json, NULL, "min must be 0 or 1");
        }
        type->n_min = json_integer_value(min);
    }
    if (max) {
        const char *s = json_string_value(max);
        json_int_t n = json_integer_value(max);
        if (s && !strcmp(s, "unlimited")) {
            type->n_max = UINT32_MAX;
        } else if (json_is_integer(max) && n >= 1 && n < UINT32_MAX) {
            type->n_max = n;
        } else {
            return ovsdb_error_syntax(json, NULL, "max must be at least 1, or \"unlimited\"");
        }
    }
    return NULL;
}

struct ovsdb_error *ovsdb_type_from_json(struct ovsdb_type *type, const json_t *json)
{
    type->n_min = type->n_max = 1;
    ovsdb_base_init(&type->key, OVSDB_VOID);
    ovsdb_base_init(&type->value, OVSDB_VOID);
    if (!json_is_object(json)) {
        return ovsdb_base_from_json(&type->key, json);
    }
    const char *name;
    json_t *member;
    struct ovsdb_error *error = NULL;
    json_object_foreach ((json_t *) json, name, member) {
        if (!strcmp(name, "key")) {
            error = ovsdb_base_from_json(&type->key, member);
        } else if (!strcmp(name, "value")) {
            error = ovsdb_base_from_json(&type->value, member);
        } else if (strcmp(name, "min") && strcmp(name, "max")) {
            error = ovsdb_error_syntax(json, NULL, "\"%.100s\" does not belong here", name);
        }
        if (error) {
            break;
        }
    }
    if (!error && type->key.type == OVSDB_VOID) {
        error = ovsdb_error_syntax(json, NULL, "a type needs a \"key\"");
    }
    if (!error) {
        error = parse_counts(type, json);
    }
    if (error) {
        ovsdb_type_destroy(type);
    }
    return error;
}

json_t *ovsdb_type_to_json(const struct ovsdb_type *type)
{
    json_t *key = ovsdb_base_to_json(&type->key);
    if (ovsdb_type_is_scalar(type) && json_is_string(key)) {
        return key;
    }
    json_t *json = json_object();
    json_object_set_new(json, "key", key);
    if (ovsdb_type_is_map(type)) {
        json_object_set_new(json, "value", ovsdb_base_to_json(&type->value));
    }
    if (type->n_min != 1) {
        json_object_set_new(json, "min", json_integer(type->n_min));
    }
    if (type->n_max == UINT32_MAX) {
        json_object_set_new(json, "max", json_string("unlimited"));
    } else if (type->n_max != 1) {
        json_object_set_new(json, "max", json_integer(type->n_max));
    }
    return json;
}
