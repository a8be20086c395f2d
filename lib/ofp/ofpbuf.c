/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer that messages and action lists are built in. */
#include "lib/ofp/ofp.h"

#include <stdlib.h>

#include "lib/base/mem.h"

void ofpbuf_destroy(struct ofpbuf *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof *buf);
}

static uint8_t *extend(struct ofpbuf *buf, size_t n)
{
    if (!buf->data || n > buf->allocated - buf->size) {
        buf->allocated = MAX(buf->size + n, MAX(buf->allocated * 2, 128));
        buf->data = xrealloc(buf->data, buf->allocated);
    }
    uint8_t *p = buf->data + buf->size;
    buf->size += n;
    return p;
}

void *ofpbuf_put_zeros(struct ofpbuf *buf, size_t n)
{
    uint8_t *p = extend(buf, n);

    /* An empty buffer that stays empty has no memory. */
    return n ? memset(p, 0, n) : p;
}

void ofpbuf_put(struct ofpbuf *buf, const void *p, size_t n)
{
    if (n) {
        memcpy(extend(buf, n), p, n);
    }
}

void ofpbuf_pad8(struct ofpbuf *buf)
{
    ofpbuf_put_zeros(buf, ROUND_UP(buf->size, 8u) - buf->size);
}
