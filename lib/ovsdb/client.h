/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a database server that waits for its answers, for the command-line tools. */
#pragma once

#include <jansson.h>

#include "lib/base/compiler.h"

struct ovsdb_client;

/* A notification came. It stays the client's. */
typedef void ovsdb_client_cb(void *aux, const char *method, const json_t *params);

/* Connects to 'name' (stream.h), once. Null and a positive errno in '*error' on failure. */
struct ovsdb_client *ovsdb_client_open(const char *name, ovsdb_client_cb *, void *aux, int *error)
    WARN_UNUSED;
void ovsdb_client_close(struct ovsdb_client *); /* null is fine */

/* Sends a request and waits for the answer; takes over 'params'. 0 with '*result' or '*error' set (the caller owns it), or a
 * positive errno if the connection is lost. */
int ovsdb_client_call(struct ovsdb_client *, const char *method, json_t *params, json_t **result,
                      json_t **error) WARN_UNUSED;

/* Waits for a notification. 0 or a positive errno. */
int ovsdb_client_wait(struct ovsdb_client *) WARN_UNUSED;
