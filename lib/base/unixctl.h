/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket of a daemon: named commands with arguments and a text reply, over JSON-RPC, as `ovs-appctl` speaks.
 *
 * A command may answer later: it keeps the unixctl_conn and answers it exactly once. All on the loop's thread. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

struct loop;
struct unixctl;
struct unixctl_conn;

/* argv[0] is the command's name. The strings are valid until the command is answered. */
typedef void unixctl_cb(struct unixctl_conn *, int argc, const char *argv[], void *aux);

/* Listens at the Unix socket 'path'. Registers list-commands, version and the commands of the log (vlog/...), coverage and
 * memory. Null and a sentence in '*errorp' on failure (the caller frees it). */
struct unixctl *unixctl_create(struct loop *, const char *path, char **errorp) WARN_UNUSED;
void unixctl_destroy(struct unixctl *);
struct loop *unixctl_loop(const struct unixctl *);

/* 'usage' names the arguments for list-commands. max_args -1: no limit. */
void unixctl_register(struct unixctl *, const char *name, const char *usage, int min_args,
                      int max_args, unixctl_cb *, void *aux);

void unixctl_reply(struct unixctl_conn *, const char *body);       /* null: an empty body */
void unixctl_reply_error(struct unixctl_conn *, const char *body); /* the client exits with 2 */

/* The text of `version` and `--version`: "NAME (Weft) X.Y.Z", or with 'ovs_names' "ovs-vswitchd (Open vSwitch) X.Y.Z", which
 * scripts of OVS parse. */
void unixctl_set_version_text(struct unixctl *, const char *text);

/* Client side, blocking. Calls 'command' at the socket 'path'. 0 with '*result' or '*error' set (the caller frees it), or a
 * positive errno. */
int unixctl_call(const char *path, int argc, char *argv[], int timeout_ms, char **result,
                 char **error) WARN_UNUSED;
