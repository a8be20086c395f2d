/* SPDX-License-Identifier: Apache-2.0 */
/* The user and the capabilities under which a daemon runs. For lib/base/daemon.c. Main thread only.
 *
 * Functions that return a string return null, or a sentence that the caller frees. */
#pragma once

#include "lib/base/compiler.h"

struct daemon_user;

/* USER, USER:GROUP, USER: (the user's own group, as without it) or :GROUP. */
char *daemon_user_parse(const char *text, struct daemon_user **) WARN_UNUSED;
void daemon_user_destroy(struct daemon_user *); /* null is fine */

/* Makes 'path', or the open log file, the user's. */
char *daemon_user_own(const struct daemon_user *, const char *path) WARN_UNUSED;
void daemon_user_own_log(const struct daemon_user *);

/* Becomes the user (null: stays) and gives up all capabilities but those of 'keep', a list that ends with -1. */
char *daemon_user_become(const struct daemon_user *, const int *keep) WARN_UNUSED;
