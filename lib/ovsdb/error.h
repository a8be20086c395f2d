/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as RFC 7047 section 3.1 has them: a tag that programs compare, and words for people.
 *
 * Functions that can fail because of what a client sent return one of these, or null; the caller owns it. */
#pragma once

#include <jansson.h>

#include "lib/base/compiler.h"

struct ovsdb_error;

struct ovsdb_error *ovsdb_error_create(const char *tag, const char *format, ...)
    PRINTF_FORMAT(2, 3) WARN_UNUSED;

/* A "syntax error" (or 'tag' if it is not null) that quotes the beginning of 'json', which may be null. */
struct ovsdb_error *ovsdb_error_syntax(const json_t *json, const char *tag, const char *format, ...)
    PRINTF_FORMAT(3, 4) WARN_UNUSED;

void ovsdb_error_destroy(struct ovsdb_error *); /* null is fine */

const char *ovsdb_error_tag(const struct ovsdb_error *);

/* {"error": TAG, "details": ..., "syntax": ...} */
json_t *ovsdb_error_to_json(const struct ovsdb_error *);

/* One line; the caller frees it. */
char *ovsdb_error_to_string(const struct ovsdb_error *);

/* The same, and destroys the error. Null for null. */
char *ovsdb_error_steal_string(struct ovsdb_error *);
