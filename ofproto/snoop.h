/* SPDX-License-Identifier: Apache-2.0 */
/* The snoop socket of a bridge: whoever connects sees a copy of what the controllers and the switch say to each other. Main thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct loop;
struct snoop;

/* Listens at the passive stream 'name'; null (and the reason is logged) if that cannot be. */
struct snoop *snoop_create(struct loop *, const char *name);
void snoop_destroy(struct snoop *); /* null is fine */

/* Copies a message to all that look; one who does not read misses some. Null snoops are fine. */
void snoop_copy(struct snoop *, const void *message, size_t size);
