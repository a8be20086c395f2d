/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as JSON demands it. */
#include "lib/base/utf8.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

static bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

size_t utf8_length(const char *s, size_t n)
{
    const uint8_t *b = (const uint8_t *) s;
    if (!n) {
        return 0;
    }
    if (b[0] < 0x80) {
        return 1;
    }
    size_t length = b[0] >= 0xc2 && b[0] < 0xe0 ? 2 : (b[0] & 0xf0) == 0xe0 ? 3
                    : b[0] >= 0xf0 && b[0] < 0xf5 ? 4 : 0;
    if (!length || length > n) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(b[i])) {
            return 0;
        }
    }
    /* Neither a longer form than needed, nor a surrogate, nor past U+10FFFF. */
    bool bad = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f)
               || (b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f);
    return bad ? 0 : length;
}

bool utf8_is_valid(const char *s)
{
    size_t n = strlen(s), length;
    for (; n; s += length, n -= length) {
        length = utf8_length(s, n);
        if (!length) {
            return false;
        }
    }
    return true;
}

char *utf8_sanitize(const char *s)
{
    struct strbuf out = STRBUF_INIT;
    size_t n = strlen(s);
    while (n) {
        size_t length = utf8_length(s, n);
        if (length) {
            strbuf_put(&out, s, length);
        } else {
            strbuf_puts(&out, "\xef\xbf\xbd");
            length = 1;
        }
        s += length;
        n -= length;
    }
    return strbuf_steal(&out);
}
