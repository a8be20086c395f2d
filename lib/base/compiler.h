/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and small macros that name what the compiler is told. */
#pragma once

#include <assert.h>
#include <stddef.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_FORMAT(fmt, first) __attribute__((format(printf, fmt, first)))
#define NO_RETURN __attribute__((noreturn))
#define MALLOC_LIKE __attribute__((malloc, returns_nonnull))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define PACKED __attribute__((packed))

#define CACHE_LINE_SIZE 64
#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE_SIZE)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(array)[0])
#define ROUND_UP(x, y) (((x) + (y) - 1) / (y) * (y))
#define DIV_ROUND_UP(x, y) (((x) + (y) - 1) / (y))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* The structure of 'type' whose 'member' is at 'ptr'. */
#define CONTAINER_OF(ptr, type, member) ((type *) (void *) ((char *) (ptr) -offsetof(type, member)))
