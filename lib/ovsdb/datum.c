/* SPDX-License-Identifier: Apache-2.0 */
/* Sets and maps of atoms, kept as sorted arrays. */
#include "lib/ovsdb/datum.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/error.h"

static int compare_keys(const struct ovsdb_datum *a, size_t i, const struct ovsdb_datum *b,
                        size_t j, const struct ovsdb_type *type)
{
    return ovsdb_atom_compare(&a->keys[i], &b->keys[j], type->key.type);
}

static int compare_values(const struct ovsdb_datum *a, size_t i, const struct ovsdb_datum *b,
                          size_t j, const struct ovsdb_type *type)
{
    return ovsdb_type_is_map(type)
               ? ovsdb_atom_compare(&a->values[i], &b->values[j], type->value.type)
               : 0;
}

static void reserve(struct ovsdb_datum *datum, size_t n, const struct ovsdb_type *type)
{
    if (n) {
        datum->keys = xrealloc(datum->keys, n * sizeof *datum->keys);
        if (ovsdb_type_is_map(type)) {
            datum->values = xrealloc(datum->values, n * sizeof *datum->values);
        }
    }
}

/* Appends a copy; 'datum' has room for it. */
static void append_clone(struct ovsdb_datum *datum, const struct ovsdb_datum *from, size_t i,
                         const struct ovsdb_type *type)
{
    datum->keys[datum->n] = ovsdb_atom_clone(&from->keys[i], type->key.type);
    if (ovsdb_type_is_map(type)) {
        datum->values[datum->n] = ovsdb_atom_clone(&from->values[i], type->value.type);
    }
    datum->n++;
}

static void destroy_at(struct ovsdb_datum *datum, size_t i, const struct ovsdb_type *type)
{
    ovsdb_atom_destroy(&datum->keys[i], type->key.type);
    if (ovsdb_type_is_map(type)) {
        ovsdb_atom_destroy(&datum->values[i], type->value.type);
    }
}

static void move(struct ovsdb_datum *to, size_t i, const struct ovsdb_datum *from, size_t j,
                 const struct ovsdb_type *type)
{
    to->keys[i] = from->keys[j];
    if (ovsdb_type_is_map(type)) {
        to->values[i] = from->values[j];
    }
}

/* An empty datum keeps no arrays. */
static void release_if_empty(struct ovsdb_datum *datum)
{
    if (!datum->n) {
        free(datum->keys);
        free(datum->values);
        datum->keys = datum->values = NULL;
    }
}

static union ovsdb_atom base_default(const struct ovsdb_base *base)
{
    return base->n_allowed ? ovsdb_atom_clone(&base->allowed[0], base->type)
                           : ovsdb_atom_default(base->type);
}

struct ovsdb_datum ovsdb_datum_default(const struct ovsdb_type *type)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    if (type->n_min) {
        reserve(&datum, 1, type);
        datum.keys[0] = base_default(&type->key);
        if (ovsdb_type_is_map(type)) {
            datum.values[0] = base_default(&type->value);
        }
        datum.n = 1;
    }
    return datum;
}

static bool is_base_default(const union ovsdb_atom *atom, const struct ovsdb_base *base)
{
    return base->n_allowed ? !ovsdb_atom_compare(atom, &base->allowed[0], base->type)
                           : ovsdb_atom_is_default(atom, base->type);
}

bool ovsdb_datum_is_default(const struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    if (datum->n != type->n_min) {
        return false;
    }
    return !datum->n
           || (is_base_default(&datum->keys[0], &type->key)
               && (!ovsdb_type_is_map(type) || is_base_default(&datum->values[0], &type->value)));
}

struct ovsdb_datum ovsdb_datum_clone(const struct ovsdb_datum *from, const struct ovsdb_type *type)
{
    struct ovsdb_datum datum = OVSDB_DATUM_EMPTY;
    reserve(&datum, from->n, type);
    for (size_t i = 0; i < from->n; i++) {
        append_clone(&datum, from, i, type);
    }
    return datum;
}

void ovsdb_datum_destroy(struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    for (size_t i = 0; i < datum->n; i++) {
        destroy_at(datum, i, type);
    }
    datum->n = 0;
    release_if_empty(datum);
}

int ovsdb_datum_compare(const struct ovsdb_datum *a, const struct ovsdb_datum *b,
                        const struct ovsdb_type *type)
{
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    for (size_t i = 0; i < a->n; i++) {
        int cmp = compare_keys(a, i, b, i, type);
        if (!cmp) {
            cmp = compare_values(a, i, b, i, type);
        }
        if (cmp) {
            return cmp;
        }
    }
    return 0;
}

bool ovsdb_datum_equals(const struct ovsdb_datum *a, const struct ovsdb_datum *b,
                        const struct ovsdb_type *type)
{
    return !ovsdb_datum_compare(a, b, type);
}

uint32_t ovsdb_datum_hash(const struct ovsdb_datum *datum, const struct ovsdb_type *type,
                          uint32_t basis)
{
    for (size_t i = 0; i < datum->n; i++) {
        basis = ovsdb_atom_hash(&datum->keys[i], type->key.type, basis);
        if (ovsdb_type_is_map(type)) {
            basis = ovsdb_atom_hash(&datum->values[i], type->value.type, basis);
        }
    }
    return basis;
}

/* The index of the first key that is not below 'key'. */
static size_t lower_bound(const struct ovsdb_datum *datum, const union ovsdb_atom *key,
                          const struct ovsdb_type *type)
{
    size_t low = 0, high = datum->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ovsdb_atom_compare(&datum->keys[middle], key, type->key.type) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t ovsdb_datum_find(const struct ovsdb_datum *datum, const union ovsdb_atom *key,
                        const struct ovsdb_type *type)
{
    size_t i = lower_bound(datum, key, type);
    return i < datum->n && !ovsdb_atom_compare(&datum->keys[i], key, type->key.type) ? i : SIZE_MAX;
}

/* True if 'whole' has element 'i' of 'part'. */
static bool has_element(const struct ovsdb_datum *whole, const struct ovsdb_datum *part, size_t i,
                        const struct ovsdb_type *type)
{
    size_t j = ovsdb_datum_find(whole, &part->keys[i], type);
    return j != SIZE_MAX && !compare_values(whole, j, part, i, type);
}

bool ovsdb_datum_includes(const struct ovsdb_datum *whole, const struct ovsdb_datum *part,
                          const struct ovsdb_type *type)
{
    for (size_t i = 0; i < part->n; i++) {
        if (!has_element(whole, part, i, type)) {
            return false;
        }
    }
    return true;
}

bool ovsdb_datum_excludes(const struct ovsdb_datum *whole, const struct ovsdb_datum *part,
                          const struct ovsdb_type *type)
{
    for (size_t i = 0; i < part->n; i++) {
        if (has_element(whole, part, i, type)) {
            return false;
        }
    }
    return true;
}

void ovsdb_datum_put(struct ovsdb_datum *datum, union ovsdb_atom *key, union ovsdb_atom *value,
                     const struct ovsdb_type *type)
{
    size_t i = lower_bound(datum, key, type);
    if (i < datum->n && !ovsdb_atom_compare(&datum->keys[i], key, type->key.type)) {
        destroy_at(datum, i, type);
    } else {
        reserve(datum, datum->n + 1, type);
        memmove(&datum->keys[i + 1], &datum->keys[i], (datum->n - i) * sizeof *datum->keys);
        if (ovsdb_type_is_map(type)) {
            memmove(&datum->values[i + 1], &datum->values[i],
                    (datum->n - i) * sizeof *datum->values);
        }
        datum->n++;
    }
    datum->keys[i] = *key;
    if (ovsdb_type_is_map(type)) {
        datum->values[i] = *value;
    }
}

void ovsdb_datum_remove_at(struct ovsdb_datum *datum, size_t i, const struct ovsdb_type *type)
{
    destroy_at(datum, i, type);
    datum->n--;
    memmove(&datum->keys[i], &datum->keys[i + 1], (datum->n - i) * sizeof *datum->keys);
    if (ovsdb_type_is_map(type)) {
        memmove(&datum->values[i], &datum->values[i + 1], (datum->n - i) * sizeof *datum->values);
    }
    release_if_empty(datum);
}

/* Adds few elements to many one by one. */
static void put_each(struct ovsdb_datum *datum, const struct ovsdb_datum *other, bool replace,
                     const struct ovsdb_type *type)
{
    for (size_t i = 0; i < other->n; i++) {
        if (replace || ovsdb_datum_find(datum, &other->keys[i], type) == SIZE_MAX) {
            union ovsdb_atom key = ovsdb_atom_clone(&other->keys[i], type->key.type);
            union ovsdb_atom value = { .integer = 0 };
            if (ovsdb_type_is_map(type)) {
                value = ovsdb_atom_clone(&other->values[i], type->value.type);
            }
            ovsdb_datum_put(datum, &key, &value, type);
        }
    }
}

/* Merges two sorted arrays into one; the elements that stay move over, those that go are destroyed. */
void ovsdb_datum_union(struct ovsdb_datum *datum, const struct ovsdb_datum *other, bool replace,
                       const struct ovsdb_type *type)
{
    if (other->n <= datum->n / 8) {
        put_each(datum, other, replace, type);
        return;
    }
    struct ovsdb_datum merged = OVSDB_DATUM_EMPTY;
    reserve(&merged, datum->n + other->n, type);
    size_t i = 0, j = 0;
    while (i < datum->n || j < other->n) {
        int cmp = i >= datum->n   ? 1
                  : j >= other->n ? -1
                                  : compare_keys(datum, i, other, j, type);
        if (cmp < 0) {
            move(&merged, merged.n++, datum, i++, type);
        } else if (cmp > 0) {
            append_clone(&merged, other, j++, type);
        } else if (replace) {
            destroy_at(datum, i++, type);
            append_clone(&merged, other, j++, type);
        } else {
            move(&merged, merged.n++, datum, i++, type);
            j++;
        }
    }
    free(datum->keys);
    free(datum->values);
    *datum = merged;
    release_if_empty(datum);
}

void ovsdb_datum_subtract(struct ovsdb_datum *datum, const struct ovsdb_datum *other,
                          bool keys_only, const struct ovsdb_type *type)
{
    size_t kept = 0, j = 0;
    for (size_t i = 0; i < datum->n; i++) {
        while (j < other->n && compare_keys(other, j, datum, i, type) < 0) {
            j++;
        }
        if (j < other->n && !compare_keys(other, j, datum, i, type)
            && (keys_only || !compare_values(other, j, datum, i, type))) {
            destroy_at(datum, i, type);
        } else {
            move(datum, kept++, datum, i, type);
        }
    }
    datum->n = kept;
    release_if_empty(datum);
}

struct ovsdb_datum ovsdb_datum_diff(const struct ovsdb_datum *old, const struct ovsdb_datum *new,
                                    const struct ovsdb_type *type)
{
    if (type->n_max == 1) {
        return ovsdb_datum_clone(new, type);
    }
    struct ovsdb_datum diff = OVSDB_DATUM_EMPTY;
    reserve(&diff, old->n + new->n, type);
    size_t i = 0, j = 0;
    while (i < old->n || j < new->n) {
        int cmp = i >= old->n ? 1 : j >= new->n ? -1 : compare_keys(old, i, new, j, type);
        if (cmp < 0) {
            append_clone(&diff, old, i++, type);
        } else if (cmp > 0) {
            append_clone(&diff, new, j++, type);
        } else {
            if (compare_values(old, i, new, j, type)) {
                append_clone(&diff, new, j, type);
            }
            i++;
            j++;
        }
    }
    release_if_empty(&diff);
    return diff;
}

struct ovsdb_datum ovsdb_datum_apply_diff(const struct ovsdb_datum *old,
                                          const struct ovsdb_datum *diff,
                                          const struct ovsdb_type *type)
{
    if (type->n_max == 1) {
        return ovsdb_datum_clone(diff, type);
    }
    struct ovsdb_datum new = OVSDB_DATUM_EMPTY;
    reserve(&new, old->n + diff->n, type);
    size_t i = 0, j = 0;
    while (i < old->n || j < diff->n) {
        int cmp = i >= old->n ? 1 : j >= diff->n ? -1 : compare_keys(old, i, diff, j, type);
        if (cmp < 0) {
            append_clone(&new, old, i++, type);
        } else if (cmp > 0) {
            append_clone(&new, diff, j++, type);
        } else {
            if (compare_values(old, i, diff, j, type)) {
                append_clone(&new, diff, j, type);
            }
            i++;
            j++;
        }
    }
    release_if_empty(&new);
    return new;
}

struct ovsdb_error *ovsdb_datum_check_count(const struct ovsdb_datum *datum,
                                            const struct ovsdb_type *type)
{
    const char *elements = ovsdb_type_is_map(type) ? "pairs in a map" : "elements in a set";
    if (datum->n < type->n_min) {
        return ovsdb_error_create("constraint violation", "%zu %s, but at least %" PRIu32 " needed",
                                  datum->n, elements, type->n_min);
    }
    if (datum->n > type->n_max) {
        return ovsdb_error_create("constraint violation", "%zu %s, but at most %" PRIu32 " allowed",
                                  datum->n, elements, type->n_max);
    }
    return NULL;
}

struct ovsdb_error *ovsdb_datum_check(const struct ovsdb_datum *datum,
                                      const struct ovsdb_type *type)
{
    for (size_t i = 0; i < datum->n; i++) {
        struct ovsdb_error *error = ovsdb_base_check(&type->key, &datum->keys[i]);
        if (!error && ovsdb_type_is_map(type)) {
            error = ovsdb_base_check(&type->value, &datum->values[i]);
        }
        if (error) {
            return error;
        }
    }
    return ovsdb_datum_check_count(datum, type);
}

struct pair {
    union ovsdb_atom key, value;
};

static int compare_pairs(const void *a_, const void *b_, void *type_)
{
    const struct pair *a = a_, *b = b_;
    const struct ovsdb_type *type = type_;
    return ovsdb_atom_compare(&a->key, &b->key, type->key.type);
}

size_t ovsdb_datum_sort(struct ovsdb_datum *datum, const struct ovsdb_type *type)
{
    bool map = ovsdb_type_is_map(type);
    if (datum->n > 1) {
        struct pair *pairs = xcalloc(datum->n, sizeof *pairs);
        for (size_t i = 0; i < datum->n; i++) {
            pairs[i].key = datum->keys[i];
            if (map) {
                pairs[i].value = datum->values[i];
            }
        }
        qsort_r(pairs, datum->n, sizeof *pairs, compare_pairs, (void *) type);
        for (size_t i = 0; i < datum->n; i++) {
            datum->keys[i] = pairs[i].key;
            if (map) {
                datum->values[i] = pairs[i].value;
            }
        }
        free(pairs);
    }
    for (size_t i = 1; i < datum->n; i++) {
        if (!compare_keys(datum, i - 1, datum, i, type)) {
            return i;
        }
    }
    return SIZE_MAX;
}
