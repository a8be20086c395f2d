/* SPDX-License-Identifier: Apache-2.0 */
/* Datums as RFC 7047 section 5.1 writes them: <value>, <set>, <map>. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"

static json_t *set_to_json(const struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    if (datum->n == 1) {
        return ovsdb_atom_to_json(&datum->keys[0], type->key.type);
    }
    json_t *elements = json_array();
    for (size_t i = 0; i < datum->n; i++) {
        json_array_append_new(elements, ovsdb_atom_to_json(&datum->keys[i], type->key.type));
    }
    return json_pack("[so]", "set", elements);
}

json_t *ovsdb_datum_to_json(const struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    if (!ovsdb_type_is_map(type)) {
        return set_to_json(datum, type);
    }
    json_t *pairs = json_array();
    for (size_t i = 0; i < datum->n; i++) {
        json_t *key = ovsdb_atom_to_json(&datum->keys[i], type->key.type);
        json_t *value = ovsdb_atom_to_json(&datum->values[i], type->value.type);
        json_array_append_new(pairs, json_pack("[oo]", key, value));
    }
    return json_pack("[so]", "map", pairs);
}

static struct ovsdb_error *atom_from_json(union ovsdb_atom *atom, const struct ovsdb_base *base,
                                          const json_t *json, struct ovsdb_symtab *symtab)
{
    struct ovsdb_error *error = ovsdb_atom_from_json(atom, base->type, json, symtab);
    if (!error) {
        error = ovsdb_base_check(base, atom);
        if (error) {
            ovsdb_atom_destroy(atom, base->type);
        }
    }
    return error;
}

/* The array inside ["set", [...]] or ["map", [...]], or null if 'json' is no such thing. */
static const json_t *unwrap(const json_t *json, const char *class)
{
    const char *s = json_string_value(json_array_get(json, 0));
    const json_t *inner = json_array_get(json, 1);
    return s && json_array_size(json) == 2 && !strcmp(s, class) && json_is_array(inner) ? inner
                                                                                        : NULL;
}

/* One element of a set or map to the end of 'datum', which has room for it. */
static struct ovsdb_error *append_element(struct ovsdb_datum *datum, const struct ovsdb_type *type,
                                          const json_t *json, struct ovsdb_symtab *symtab)
{
    if (!ovsdb_type_is_map(type)) {
        struct ovsdb_error *error
            = atom_from_json(&datum->keys[datum->n], &type->key, json, symtab);
        datum->n += !error;
        return error;
    }
    if (json_array_size(json) != 2) {
        return ovsdb_error_syntax(json, NULL, "expected a pair [<key>, <value>]");
    }
    union ovsdb_atom key;
    struct ovsdb_error *error
        = atom_from_json(&key, &type->key, json_array_get(json, 0), symtab);
    if (error) {
        return error;
    }
    error = atom_from_json(&datum->values[datum->n], &type->value, json_array_get(json, 1), symtab);
    if (error) {
        ovsdb_atom_destroy(&key, type->key.type);
        return error;
    }
    datum->keys[datum->n++] = key;
    return NULL;
}

static struct ovsdb_error *parse_elements(struct ovsdb_datum *datum, const struct ovsdb_type *type,
                                          const json_t *elements, const json_t *whole,
                                          struct ovsdb_symtab *symtab)
{
    /* A bare atom stands for a set of itself. */
    size_t n = elements ? json_array_size(elements) : 1;
    if (n) {
        datum->keys = xcalloc(n, sizeof *datum->keys);
        datum->values = ovsdb_type_is_map(type) ? xcalloc(n, sizeof *datum->values) : NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *element = elements ? json_array_get(elements, i) : whole;
        struct ovsdb_error *error = append_element(datum, type, element, symtab);
        if (error) {
            return error;
        }
    }
    if (ovsdb_datum_sort(datum, type) != SIZE_MAX) {
        return ovsdb_error_syntax(whole, "constraint violation", "%s",
                                  ovsdb_type_is_map(type) ? "map contains duplicate key"
                                                          : "set contains duplicate");
    }
    return NULL;
}

static struct ovsdb_error *from_json(struct ovsdb_datum *datum, const struct ovsdb_type *type,
                                     const json_t *json, struct ovsdb_symtab *symtab,
                                     bool check_count)
{
    bool map = ovsdb_type_is_map(type);
    const json_t *elements = unwrap(json, map ? "map" : "set");
    *datum = (struct ovsdb_datum) OVSDB_DATUM_EMPTY;
    if (map && !elements) {
        return ovsdb_error_syntax(json, NULL, "expected [\"map\", <array>]");
    }
    struct ovsdb_error *error = parse_elements(datum, type, elements, json, symtab);
    if (!error && check_count) {
        error = ovsdb_datum_check_count(datum, type);
    }
    if (error) {
        ovsdb_datum_destroy(datum, type);
    }
    return error;
}

struct ovsdb_error *ovsdb_datum_from_json(struct ovsdb_datum *datum, const struct ovsdb_type *type,
                                          const json_t *json, struct ovsdb_symtab *symtab)
{
    return from_json(datum, type, json, symtab, true);
}

struct ovsdb_error *ovsdb_datum_part_from_json(struct ovsdb_datum *datum,
                                               const struct ovsdb_type *type, const json_t *json,
                                               struct ovsdb_symtab *symtab)
{
    return from_json(datum, type, json, symtab, false);
}
