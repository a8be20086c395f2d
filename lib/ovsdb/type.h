/* SPDX-License-Identifier: Apache-2.0 */
/* The types of columns: one atom, an optional one, a set or a map, each with its constraints (RFC 7047 section 3.2,
 * <type> and <base-type>). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ovsdb/atom.h"

struct ovsdb_base {
    enum ovsdb_atom_type type;
    union ovsdb_atom *allowed; /* "enum", sorted; null if there is none */
    size_t n_allowed;

    int64_t min_integer, max_integer;  /* OVSDB_INTEGER */
    double min_real, max_real;         /* OVSDB_REAL */
    uint32_t min_length, max_length;   /* OVSDB_STRING: characters */
    char *ref_table;                   /* OVSDB_UUID: may be null */
    bool weak;                         /* the reference to ref_table does not keep the row alive */
};

struct ovsdb_type {
    struct ovsdb_base key, value; /* value: OVSDB_VOID but in a map */
    uint32_t n_min;               /* 0 or 1 */
    uint32_t n_max;               /* 1 or more; UINT32_MAX: unlimited */
};

void ovsdb_base_init(struct ovsdb_base *, enum ovsdb_atom_type);
void ovsdb_base_destroy(struct ovsdb_base *);
struct ovsdb_error *ovsdb_base_from_json(struct ovsdb_base *, const json_t *) WARN_UNUSED;
json_t *ovsdb_base_to_json(const struct ovsdb_base *);

/* Null, or the "constraint violation". */
struct ovsdb_error *ovsdb_base_check(const struct ovsdb_base *, const union ovsdb_atom *)
    WARN_UNUSED;

static inline bool ovsdb_base_is_strong(const struct ovsdb_base *base)
{
    return base->type == OVSDB_UUID && base->ref_table && !base->weak;
}

static inline bool ovsdb_base_is_weak(const struct ovsdb_base *base)
{
    return base->type == OVSDB_UUID && base->ref_table && base->weak;
}

void ovsdb_type_destroy(struct ovsdb_type *);
struct ovsdb_error *ovsdb_type_from_json(struct ovsdb_type *, const json_t *) WARN_UNUSED;
json_t *ovsdb_type_to_json(const struct ovsdb_type *);

static inline bool ovsdb_type_is_map(const struct ovsdb_type *type)
{
    return type->value.type != OVSDB_VOID;
}

static inline bool ovsdb_type_is_scalar(const struct ovsdb_type *type)
{
    return !ovsdb_type_is_map(type) && type->n_min == 1 && type->n_max == 1;
}

/* A set of at most one atom that may be empty. */
static inline bool ovsdb_type_is_optional(const struct ovsdb_type *type)
{
    return !ovsdb_type_is_map(type) && type->n_min == 0 && type->n_max == 1;
}
