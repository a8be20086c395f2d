/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that does not fail. */
#include "lib/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (unlikely(!p)) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return must(malloc(size ? size : 1));
}

void *xzalloc(size_t size)
{
    return xcalloc(1, size);
}

void *xcalloc(size_t n, size_t size)
{
    return must(n && size ? calloc(n, size) : calloc(1, 1));
}

void *xrealloc(void *p, size_t size)
{
    return must(realloc(p, size ? size : 1));
}

void *xmemdup(const void *p, size_t size)
{
    void *copy = xmalloc(size);
    if (size) {
        memcpy(copy, p, size);
    }
    return copy;
}

char *xstrdup(const char *s)
{
    return must(strdup(s));
}

char *xstrndup(const char *s, size_t max)
{
    return must(strndup(s, max));
}

char *xvasprintf(const char *format, va_list args)
{
    char *s;
    return must(vasprintf(&s, format, args) < 0 ? NULL : s);
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = xvasprintf(format, args);
    va_end(args);
    return s;
}

void *xmalloc_cacheline(size_t size)
{
    return must(aligned_alloc(CACHE_LINE_SIZE, ROUND_UP(MAX(size, 1), CACHE_LINE_SIZE)));
}

void *xzalloc_cacheline(size_t size)
{
    void *p = xmalloc_cacheline(size);
    memset(p, 0, size);
    return p;
}

void *grow_array(void *p, size_t *allocated, size_t size)
{
    size_t n = *allocated ? *allocated * 2 : 4;
    if (n > SIZE_MAX / size) {
        must(NULL);
    }
    *allocated = n;
    return xrealloc(p, n * size);
}
