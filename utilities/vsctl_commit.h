/* SPDX-License-Identifier: Apache-2.0 */
/* Sending what the commands did. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/smap.h"

struct vsctl;
struct vsctl_command;

struct vsctl_commit {
    json_t *ops;          /* operations that do what the commands did; maybe none */
    json_t *where_root;   /* the condition that selects the only row of Open_vSwitch */
    struct smap inserted; /* after sending: the UUID of each inserted row by its "uuid-name" */
    json_int_t next_cfg;  /* after sending: what cur_cfg is to reach */
};

/* Takes down the operations of the open transaction and aborts it, so that the copy is again as the server has it. */
void vsctl_commit_init(struct vsctl_commit *, struct vsctl *, const struct vsctl_command *,
                       size_t n_commands);
void vsctl_commit_destroy(struct vsctl_commit *);

bool vsctl_commit_is_empty(const struct vsctl_commit *);

/* True if the server carried it out; false if the commands have to run again, because the database has changed meanwhile. Another
 * error ends the program. */
bool vsctl_commit_send(struct vsctl_commit *, struct vsctl *);
