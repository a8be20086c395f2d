/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting text into keys and values. */
#include "lib/ofp/key_value.h"

#include <string.h>

/* The end of a value: a separator outside of parentheses, brackets and quotes, or, inside
 * parentheses, the one that closes them. */
static char *value_end(char *s, bool inside)
{
    int depth = 0;
    bool quoted = false;

    for (; *s; s++) {
        if (*s == '"') {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (*s == '(' || *s == '[') {
            depth++;
        } else if (*s == ')' || *s == ']') {
            if (!depth && inside) {
                break;
            }
            depth -= depth > 0;
        } else if (!depth && strchr(", \t\r\n", *s)) {
            break;
        }
    }
    return s;
}

bool key_value_next(char **text, struct key_value *kv)
{
    static const char separators[] = ", \t\r\n";
    char *p = *text + strspn(*text, separators);

    if (!*p) {
        return false;
    }
    kv->key = p;
    p += strcspn(p, ":=(, \t\r\n");
    char delimiter = *p;
    if (!delimiter || strchr(separators, delimiter)) {
        if (delimiter) {
            *p++ = '\0';
        }
        kv->value = p - !!delimiter; /* the empty text behind the key */
        kv->has_value = false;
        *text = p;
        return true;
    }
    *p++ = '\0';
    kv->has_value = true;
    kv->value = p;
    if (delimiter == '(') {
        char *end = value_end(p, true);

        /* Commas and blanks are part of what is in parentheses. */
        while (*end && *end != ')') {
            end = value_end(end + 1, true);
        }
        p = end;
        if (!*p) {
            *text = p;
            return true;
        }
        /* "check_pkt_larger(100)->reg0[0]": what an arrow joins to the parenthesis is part of the
         * value, and so is the parenthesis. */
        if (!strncmp(p, ")->", 3)) {
            p = value_end(p + 1, false);
            if (*p) {
                *p++ = '\0';
            }
            *text = p;
            return true;
        }
        *p++ = '\0';
        *text = p;
        return true;
    }
    p = value_end(p, false);
    if (*p) {
        *p++ = '\0';
    }
    *text = p;
    return true;
}
