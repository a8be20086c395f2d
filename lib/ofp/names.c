/* SPDX-License-Identifier: Apache-2.0 */
/* Names of ports and tables in text. */
#include "lib/ofp/names.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* Only what is letters and digits and begins with a letter stands without quotes. */
static bool is_plain(const char *name)
{
    if (!isalpha((unsigned char) *name)) {
        return false;
    }
    for (; *name; name++) {
        if (!isalnum((unsigned char) *name)) {
            return false;
        }
    }
    return true;
}

static void format_name(struct strbuf *s, const char *name)
{
    if (is_plain(name)) {
        strbuf_puts(s, name);
        return;
    }
    strbuf_putc(s, '"');
    for (; *name; name++) {
        unsigned char c = (unsigned char) *name;

        if (c == '"' || c == '\\') {
            strbuf_putc(s, '\\');
            strbuf_putc(s, *name);
        } else if (c < ' ') {
            strbuf_putf(s, "\\u%04x", c);
        } else {
            strbuf_putc(s, *name);
        }
    }
    strbuf_putc(s, '"');
}

/* What stands between quotes, or the text itself if there are none. The caller frees it; null if
 * quotes do not match. */
static char *unquote(const char *text)
{
    size_t n = strlen(text);

    if (*text != '"') {
        return xstrdup(text);
    }
    if (n < 2 || text[n - 1] != '"') {
        return NULL;
    }
    char *name = xmalloc(n);
    char *to = name;
    for (const char *p = text + 1; p < text + n - 1; p++) {
        if (*p == '\\' && p + 1 < text + n - 1) {
            p++;
        }
        *to++ = *p;
    }
    *to = '\0';
    return name;
}

void names_format_port(struct strbuf *s, ofp_port_t port, const struct ofp_names *names)
{
    /* What is reserved has a name already, but for the local port. */
    const char *name = names && names->port_name && port < OFPP_MAX
                           ? names->port_name(names->aux, port)
                           : NULL;

    if (name) {
        format_name(s, name);
    } else {
        ofp_port_format(s, port);
    }
}

void names_format_table(struct strbuf *s, uint8_t table, const struct ofp_names *names)
{
    const char *name = names && names->table_name ? names->table_name(names->aux, table) : NULL;

    if (name) {
        format_name(s, name);
    } else {
        strbuf_putf(s, "%u", table);
    }
}

bool names_parse_port(const char *text, const struct ofp_names *names, ofp_port_t *port)
{
    if (ofp_port_from_string(text, port)) {
        return true;
    }
    char *name = unquote(text);
    bool found = name && names && names->port_number && names->port_number(names->aux, name, port);
    free(name);
    return found;
}

bool names_parse_table(const char *text, const struct ofp_names *names, uint8_t *table)
{
    if (isdigit((unsigned char) *text)) {
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (!*end && n <= UINT8_MAX) {
            *table = (uint8_t) n;
            return true;
        }
    }
    char *name = unquote(text);
    bool found =
        name && names && names->table_number && names->table_number(names->aux, name, table);
    free(name);
    return found;
}
