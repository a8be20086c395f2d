/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor over flow or action text. It never goes past the terminator. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"

struct scanner {
    const char *at;
};

enum { SCAN_WORD_SIZE = 128 /* longest word, terminator included: no value is longer */ };

/* Skips white space and commas. */
void scan_skip(struct scanner *);

/* Takes 'literal' if it is next. */
bool scan_literal(struct scanner *, const char *literal);

/* Takes the characters up to, without, the first of 'stops' or the end, cut to SCAN_WORD_SIZE - 1.
 * Returns their number: 0 if there are none, SCAN_WORD_SIZE if there were too many, in which case
 * the cursor stays. */
size_t scan_word(struct scanner *, const char *stops, char word[SCAN_WORD_SIZE]);

/* The start of what is next, for messages: up to a comma, a parenthesis, or 40 characters. Static
 * length, terminated. */
void scan_peek(const struct scanner *, char word[SCAN_WORD_SIZE]);

/* A whole string as a number of at most 'max', decimal or hexadecimal with 0x. */
bool scan_u64(const char *word, uint64_t max, uint64_t *number) WARN_UNUSED;
