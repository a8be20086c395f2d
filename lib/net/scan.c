/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting flow and action text into words. */
#include "lib/net/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

void scan_skip(struct scanner *s)
{
    s->at += strspn(s->at, ", \t\r\n");
}

bool scan_literal(struct scanner *s, const char *literal)
{
    size_t n = strlen(literal);
    if (strncmp(s->at, literal, n)) {
        return false;
    }
    s->at += n;
    return true;
}

size_t scan_word(struct scanner *s, const char *stops, char word[SCAN_WORD_SIZE])
{
    size_t n = strcspn(s->at, stops);
    size_t kept = n < SCAN_WORD_SIZE ? n : SCAN_WORD_SIZE - 1;
    memcpy(word, s->at, kept);
    word[kept] = '\0';
    if (kept < n) {
        return SCAN_WORD_SIZE;
    }
    s->at += n;
    return n;
}

void scan_peek(const struct scanner *s, char word[SCAN_WORD_SIZE])
{
    size_t n = strcspn(s->at, ",() \t\r\n");
    n = n ? n : *s->at != '\0';
    n = n <= 40 ? n : 40;
    memcpy(word, s->at, n);
    word[n] = '\0';
}

bool scan_u64(const char *word, uint64_t max, uint64_t *number)
{
    bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    const char *digits = hex ? word + 2 : word;
    if (!(hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits))) {
        return false;
    }
    char *end;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, hex ? 16 : 10);
    if (errno || *end || value > max) {
        return false;
    }
    *number = value;
    return true;
}
