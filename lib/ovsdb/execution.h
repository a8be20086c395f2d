/* SPDX-License-Identifier: Apache-2.0 */
/* Executes the operations of a "transact" request (RFC 7047 sections 4.1.3 and 5.2). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ovsdb;

/* Bounds what one request may make the server write or answer: this many values, a long string counting as several. */
enum { OVSDB_EXECUTION_BUDGET = 32 << 20 };

struct ovsdb_execution {
    struct ovsdb *db;
    const json_t *params; /* ["DATABASE", OPERATION, ...] */
    bool read_only;
    int64_t elapsed_ms; /* since the request came */

    /* Whether the client owns the lock. */
    bool (*owns_lock)(void *aux, const char *lock);
    void *aux;
};

/* Returns the result, an array with an element per operation and one more if the commit failed. Null if a "wait" does not hold but
 * may still: then nothing was changed, and '*timeout_ms' says how long after the request came to give up (INT64_MAX: never). */
json_t *ovsdb_execution_run(const struct ovsdb_execution *, int64_t *timeout_ms);
