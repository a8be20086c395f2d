/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as JSON demands it (RFC 3629). Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

/* Bytes of the well-formed character at 's', which has 'n' bytes; 0 if there is none. */
size_t utf8_length(const char *s, size_t n);

bool utf8_is_valid(const char *s);

/* A copy, which the caller frees, in which each byte that belongs to no character is replaced by U+FFFD. */
char *utf8_sanitize(const char *s) MALLOC_LIKE;
