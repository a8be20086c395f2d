/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in hexadecimal. */
#include "utilities/ofctl_hex.h"

#include <ctype.h>

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

const char *hex_parse(const char *text, struct ofpbuf *out)
{
    for (;;) {
        const char *p = text;
        while (isspace((unsigned char) *p)) {
            p++;
        }
        if (digit(p[0]) < 0) {
            return p;
        }
        if (digit(p[1]) < 0) {
            return text;
        }
        uint8_t byte = (uint8_t) (digit(p[0]) << 4 | digit(p[1]));
        ofpbuf_put(out, &byte, 1);
        text = p + 2;
    }
}
