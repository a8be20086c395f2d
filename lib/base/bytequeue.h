/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of bytes that lie side by side: append at the end, take from the front. One thread at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytequeue {
    uint8_t *buffer;
    size_t head;      /* where the first byte lies */
    size_t n;         /* bytes in the queue */
    size_t allocated; /* size of 'buffer' */
};

void bytequeue_destroy(struct bytequeue *);

static inline const uint8_t *bytequeue_data(const struct bytequeue *q)
{
    return q->buffer + q->head;
}

void bytequeue_put(struct bytequeue *, const void *data, size_t n);

/* Room for 'n' bytes behind the end, to be counted with bytequeue_commit() as far as it was filled. */
uint8_t *bytequeue_reserve(struct bytequeue *, size_t n);
void bytequeue_commit(struct bytequeue *, size_t n);

/* Takes 'n' bytes, at most what is there, from the front. An empty queue gives back what it had grown to. */
void bytequeue_take(struct bytequeue *, size_t n);
