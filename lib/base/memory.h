/* SPDX-License-Identifier: Apache-2.0 */
/* What takes up memory: `memory/show`. Each owner of many things registers a function that counts them. Main thread only. */
#pragma once

#include <stdint.h>

struct memory_usage;
struct strbuf;

/* Calls memory_usage_add() for each kind of thing. */
typedef void memory_cb(struct memory_usage *, void *aux);

void memory_register(memory_cb *, void *aux);
void memory_unregister(memory_cb *, void *aux);

/* Adds 'n' to the number of "name". 'name' must stay valid until the callback's caller is done: a literal. */
void memory_usage_add(struct memory_usage *, const char *name, uint64_t n);

/* One line of "name:n" words in the order of the names, then the allocator's figures. */
void memory_show(struct strbuf *);
