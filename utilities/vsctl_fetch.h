/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the server and the copy of its database. Whatever fails ends the program. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct vsctl;
struct vsctl_command;

/* Connects, and makes 'vsctl->db' a copy of what the commands need, which is kept up to date from now on. */
void vsctl_fetch(struct vsctl *, const struct vsctl_command *, size_t n);

/* Sends a request that has to succeed; takes over 'params'. The caller owns the result. */
json_t *vsctl_fetch_call(struct vsctl *, const char *method, json_t *params);

/* Waits until the server says something of its own accord. */
void vsctl_fetch_wait(struct vsctl *);
