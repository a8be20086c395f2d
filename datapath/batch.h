/* SPDX-License-Identifier: Apache-2.0 */
/* A burst of packets: what one call to a port's rx brings, and what the core carries from stage to
 * stage. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/net/packet.h"

enum { BATCH_MAX = 32 };

struct batch {
    unsigned int n;
    struct packet *packets[BATCH_MAX]; /* owned */
};

static inline void batch_init(struct batch *batch)
{
    batch->n = 0;
}

static inline unsigned int batch_room(const struct batch *batch)
{
    return BATCH_MAX - batch->n;
}

/* There must be room. */
static inline void batch_add(struct batch *batch, struct packet *packet)
{
    batch->packets[batch->n++] = packet;
}

/* For each I whose bit is set in a bitmap of packets. */
#define BATCH_FOR_EACH(I, BITMAP)                                                                  \
    for (uint32_t todo_ = (BITMAP), I; todo_ && (I = __builtin_ctz(todo_), true);                  \
         todo_ &= todo_ - 1)
