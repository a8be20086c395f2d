/* SPDX-License-Identifier: Apache-2.0 */
/* A datum: what one column of one row holds, a set of atoms or a map from atom to atom.
 *
 * A single value is a set of one. The keys are sorted by ovsdb_atom_compare() and distinct, in each function's arguments and
 * results alike, so that equality is a walk and search is binary. 'values' is null unless the type is a map. Both arrays and
 * the strings in them belong to the datum. Functions take the type from the column. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ovsdb/atom.h"
#include "lib/ovsdb/type.h"

struct smap;

struct ovsdb_datum {
    size_t n;
    union ovsdb_atom *keys;   /* null if 'n' is 0 */
    union ovsdb_atom *values; /* null if 'n' is 0 or the type is no map */
};

#define OVSDB_DATUM_EMPTY                                                                          \
    {                                                                                              \
        0, NULL, NULL                                                                              \
    }

/* Making and destroying. */

/* Empty if the type allows it, else one default atom (for an enumeration its first value). */
struct ovsdb_datum ovsdb_datum_default(const struct ovsdb_type *);
bool ovsdb_datum_is_default(const struct ovsdb_datum *, const struct ovsdb_type *);
struct ovsdb_datum ovsdb_datum_clone(const struct ovsdb_datum *, const struct ovsdb_type *);
void ovsdb_datum_destroy(struct ovsdb_datum *, const struct ovsdb_type *);

/* Comparing and finding. */

int ovsdb_datum_compare(const struct ovsdb_datum *, const struct ovsdb_datum *,
                        const struct ovsdb_type *);
bool ovsdb_datum_equals(const struct ovsdb_datum *, const struct ovsdb_datum *,
                        const struct ovsdb_type *);
uint32_t ovsdb_datum_hash(const struct ovsdb_datum *, const struct ovsdb_type *, uint32_t basis);

/* The index of 'key', or SIZE_MAX. */
size_t ovsdb_datum_find(const struct ovsdb_datum *, const union ovsdb_atom *key,
                        const struct ovsdb_type *);

/* True if each element of 'part' (key and value, in a map) is in 'whole'; if none is. */
bool ovsdb_datum_includes(const struct ovsdb_datum *whole, const struct ovsdb_datum *part,
                          const struct ovsdb_type *);
bool ovsdb_datum_excludes(const struct ovsdb_datum *whole, const struct ovsdb_datum *part,
                          const struct ovsdb_type *);

/* Changing. */

/* Adds an element; takes over the atoms. 'value' is null for a set. What has the same key is replaced. */
void ovsdb_datum_put(struct ovsdb_datum *, union ovsdb_atom *key, union ovsdb_atom *value,
                     const struct ovsdb_type *);
void ovsdb_datum_remove_at(struct ovsdb_datum *, size_t i, const struct ovsdb_type *);

/* Adds what 'other' has and 'datum' has not; with 'replace', 'other' wins where both have a key. */
void ovsdb_datum_union(struct ovsdb_datum *, const struct ovsdb_datum *other, bool replace,
                       const struct ovsdb_type *);

/* Removes the elements of 'other': in a map those with the same key and value, or with 'keys_only' those with the same key. */
void ovsdb_datum_subtract(struct ovsdb_datum *, const struct ovsdb_datum *other, bool keys_only,
                          const struct ovsdb_type *);

/* The difference as "modify" in update2 and the journal carry it: where there is at most one element the new value; else for a
 * set the elements that are in one of both, for a map those and the new value of each key whose value differs. Applying it to
 * 'old' gives 'new'. */
struct ovsdb_datum ovsdb_datum_diff(const struct ovsdb_datum *old, const struct ovsdb_datum *new,
                                    const struct ovsdb_type *);
struct ovsdb_datum ovsdb_datum_apply_diff(const struct ovsdb_datum *old,
                                          const struct ovsdb_datum *diff,
                                          const struct ovsdb_type *);

/* Checking. */

/* The atoms against the base types, and the number of elements. Null or a "constraint violation". */
struct ovsdb_error *ovsdb_datum_check(const struct ovsdb_datum *, const struct ovsdb_type *)
    WARN_UNUSED;
struct ovsdb_error *ovsdb_datum_check_count(const struct ovsdb_datum *, const struct ovsdb_type *)
    WARN_UNUSED;

/* Sorts 'n' elements that were filled in any order, and returns the first index of a repeated key or SIZE_MAX. */
size_t ovsdb_datum_sort(struct ovsdb_datum *, const struct ovsdb_type *);

/* JSON (datum_json.c). A set of one is written as the bare atom, and read as such or as a set. Constraints are checked. */
json_t *ovsdb_datum_to_json(const struct ovsdb_datum *, const struct ovsdb_type *);
struct ovsdb_error *ovsdb_datum_from_json(struct ovsdb_datum *, const struct ovsdb_type *,
                                          const json_t *, struct ovsdb_symtab *) WARN_UNUSED;

/* The same without the check of how many elements there are, for differences and operands. */
struct ovsdb_error *ovsdb_datum_part_from_json(struct ovsdb_datum *, const struct ovsdb_type *,
                                               const json_t *, struct ovsdb_symtab *) WARN_UNUSED;

/* The text of the command-line tools (datum_text.c). */

/* "a", "[a, b]" or "{k=v, k=v}". */
void ovsdb_datum_to_text(const struct ovsdb_datum *, const struct ovsdb_type *, struct strbuf *);

/* Elements separated by blanks, strings unquoted, no brackets. */
void ovsdb_datum_to_bare(const struct ovsdb_datum *, const struct ovsdb_type *, struct strbuf *);

/* Parses "a,b", "[a, b]", "k=v k=v", "{k=v}". Constraints are checked. Null or a sentence that the
 * caller frees. */
char *ovsdb_datum_from_text(struct ovsdb_datum *, const struct ovsdb_type *, const char *,
                            struct ovsdb_symtab *) WARN_UNUSED;

/* Takes one word off the front of '*s': a quoted string with its quotes, or all up to a blank, a comma or one of ()[]{}=. Moves '*s'
 * behind it. '*word' is the caller's to free. For those whose syntax goes beyond a datum. */
char *ovsdb_datum_parse_word(const char **s, char **word) WARN_UNUSED;
