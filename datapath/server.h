/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath's end of its socket: clients and their requests, port events, and who the control
 * program is.
 *
 * Everything runs on the main thread's loop. Nothing a client does can make the server wait or grow
 * without bound: a client that does not read its answers is not read from, and one that does not
 * read its events is dropped. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct datapath;
struct loop;
struct server;

struct server_config {
    struct loop *loop;
    struct datapath *datapath;
    const char *path;    /* of the socket; a stale one is replaced */
    const char *name;    /* of the datapath, as dp_info.name */
    const char *program; /* the text of the command "version" */
    uint32_t max_flows;
    bool enable_dummy;       /* commands for tests */
    void (*exit)(void *aux); /* the command "exit" was given */
    void *aux;
};

/* Listens at the socket. Null and a sentence in '*errorp' on failure (the caller frees it). */
struct server *server_create(const struct server_config *, char **errorp) WARN_UNUSED;

/* Drops all clients and removes the socket. Null is fine. */
void server_destroy(struct server *);
