/* SPDX-License-Identifier: Apache-2.0 */
/* A string that grows.
 *
 * 's' is always terminated once anything was put, and strbuf_str() terminates it otherwise. Zero-initialised
 * (STRBUF_INIT) is empty. One thread at a time. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct strbuf {
    char *s;          /* null until something is put */
    size_t length;    /* bytes, without the terminator */
    size_t allocated; /* bytes */
};

#define STRBUF_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void strbuf_init(struct strbuf *);
void strbuf_destroy(struct strbuf *);
void strbuf_clear(struct strbuf *);
void strbuf_truncate(struct strbuf *, size_t length);

void strbuf_put(struct strbuf *, const void *data, size_t n);
void strbuf_puts(struct strbuf *, const char *);
void strbuf_putc(struct strbuf *, char);
void strbuf_putf(struct strbuf *, const char *format, ...) PRINTF_FORMAT(2, 3);
void strbuf_vputf(struct strbuf *, const char *format, va_list) PRINTF_FORMAT(2, 0);

/* 'n' bytes of lower-case hexadecimal, without separators. */
void strbuf_put_hex(struct strbuf *, const void *data, size_t n);

/* Makes room for 'n' more bytes, counts them, and returns where they start; their content is undefined. */
void *strbuf_extend(struct strbuf *, size_t n);

/* Removes one trailing 'c' if there is one. */
bool strbuf_chomp(struct strbuf *, char c);

/* The text, never null, owned by the buffer. */
const char *strbuf_str(struct strbuf *);

/* The text, owned by the caller; the buffer is empty afterwards. */
char *strbuf_steal(struct strbuf *);
