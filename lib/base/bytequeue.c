/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of bytes that lie side by side. */
#include "lib/base/bytequeue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { KEEP_ALLOCATED = 256 << 10 };

void bytequeue_destroy(struct bytequeue *q)
{
    free(q->buffer);
    memset(q, 0, sizeof *q);
}

uint8_t *bytequeue_reserve(struct bytequeue *q, size_t n)
{
    if (q->head && q->allocated - q->head - q->n < n && q->head >= q->n) {
        /* At least half was taken: moving the rest costs no more than taking it did. */
        memmove(q->buffer, q->buffer + q->head, q->n);
        q->head = 0;
    }
    if (q->allocated - q->head - q->n < n) {
        q->allocated = MAX(q->allocated * 2, q->head + q->n + n);
        q->buffer = xrealloc(q->buffer, q->allocated);
    }
    return q->buffer + q->head + q->n;
}

void bytequeue_commit(struct bytequeue *q, size_t n)
{
    assert(n <= q->allocated - q->head - q->n);
    q->n += n;
}

void bytequeue_put(struct bytequeue *q, const void *data, size_t n)
{
    if (n) {
        memcpy(bytequeue_reserve(q, n), data, n);
        q->n += n;
    }
}

void bytequeue_take(struct bytequeue *q, size_t n)
{
    assert(n <= q->n);
    q->head += n;
    q->n -= n;
    if (!q->n) {
        q->head = 0;
        if (q->allocated > KEEP_ALLOCATED) {
            bytequeue_destroy(q);
        }
    }
}
