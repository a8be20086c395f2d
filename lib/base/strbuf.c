/* SPDX-License-Identifier: Apache-2.0 */
/* A string that grows. */
#include "lib/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

static void reserve(struct strbuf *b, size_t n)
{
    if (b->allocated - b->length <= n) {
        b->allocated = MAX(b->allocated * 2, b->length + n + 1);
        b->allocated = MAX(b->allocated, 64);
        b->s = xrealloc(b->s, b->allocated);
    }
}

void strbuf_init(struct strbuf *b)
{
    *b = (struct strbuf) STRBUF_INIT;
}

void strbuf_destroy(struct strbuf *b)
{
    if (b) {
        free(b->s);
        strbuf_init(b);
    }
}

void strbuf_clear(struct strbuf *b)
{
    strbuf_truncate(b, 0);
}

void strbuf_truncate(struct strbuf *b, size_t length)
{
    if (length <= b->length && b->s) {
        b->length = length;
        b->s[length] = '\0';
    }
}

void *strbuf_extend(struct strbuf *b, size_t n)
{
    reserve(b, n);
    void *start = b->s + b->length;
    b->length += n;
    b->s[b->length] = '\0';
    return start;
}

void strbuf_put(struct strbuf *b, const void *data, size_t n)
{
    void *to = strbuf_extend(b, n);
    if (n) {
        memcpy(to, data, n);
    }
}

void strbuf_puts(struct strbuf *b, const char *s)
{
    strbuf_put(b, s, strlen(s));
}

void strbuf_putc(struct strbuf *b, char c)
{
    strbuf_put(b, &c, 1);
}

void strbuf_vputf(struct strbuf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = b->s ? b->allocated - b->length : 0;
    int n = vsnprintf(b->s ? b->s + b->length : NULL, room, format, args);
    if (n >= 0 && (size_t) n >= room) {
        reserve(b, n);
        vsnprintf(b->s + b->length, n + 1, format, again);
    }
    va_end(again);
    b->length += n > 0 ? n : 0;
}

void strbuf_putf(struct strbuf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_vputf(b, format, args);
    va_end(args);
}

void strbuf_put_hex(struct strbuf *b, const void *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = data;
    char *to = strbuf_extend(b, 2 * n);
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[p[i] >> 4];
        to[2 * i + 1] = digits[p[i] & 15];
    }
}

bool strbuf_chomp(struct strbuf *b, char c)
{
    if (b->length && b->s[b->length - 1] == c) {
        strbuf_truncate(b, b->length - 1);
        return true;
    }
    return false;
}

const char *strbuf_str(struct strbuf *b)
{
    reserve(b, 0);
    b->s[b->length] = '\0';
    return b->s;
}

char *strbuf_steal(struct strbuf *b)
{
    char *s = (char *) strbuf_str(b);
    strbuf_init(b);
    return s;
}
