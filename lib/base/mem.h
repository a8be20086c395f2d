/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is always there: each function aborts the program when there is none left.
 *
 * For start-up and configuration. The forwarding threads of the datapath take no memory from the heap at all.
 * Any thread may call these. The caller owns what they return and frees it with free(). */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/compiler.h"

void *xmalloc(size_t size) MALLOC_LIKE;
void *xzalloc(size_t size) MALLOC_LIKE;
void *xcalloc(size_t n, size_t size) MALLOC_LIKE;
void *xrealloc(void *p, size_t size);
void *xmemdup(const void *p, size_t size) MALLOC_LIKE;
char *xstrdup(const char *s) MALLOC_LIKE;
char *xstrndup(const char *s, size_t max) MALLOC_LIKE;
char *xasprintf(const char *format, ...) MALLOC_LIKE PRINTF_FORMAT(1, 2);
char *xvasprintf(const char *format, va_list args) MALLOC_LIKE PRINTF_FORMAT(1, 0);

/* 'size' bytes that start on a cache line, zeroed or as they are; free with free(). */
void *xzalloc_cacheline(size_t size) MALLOC_LIKE;
void *xmalloc_cacheline(size_t size) MALLOC_LIKE;

/* Grows the array 'p' of '*allocated' elements of 'size' bytes each, to at least one more (doubling it). */
void *grow_array(void *p, size_t *allocated, size_t size);
