/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: parse-nx-match and parse-oxm: matches as lists of entries by their names on the wire,
 * "NXM_OF_IN_PORT(0001), NXM_OF_IP_SRC_W(0a000000/ff000000)", decoded and encoded again. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/msg_header.h"
#include "lib/ofp/nxm.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_hex.h"
#include "utilities/ofctl_lines.h"

/* The name of a header on the wire: NXM's and OXM's differ. */
static const char *name_of(const struct field *f, uint32_t header)
{
    const struct field_entry *e = field_entry(f);
    uint32_t plain = header & ~0x1ffu;

    if (f->oxm_header && plain == (f->oxm_header & ~0x1ffu)) {
        return e->oxm_name;
    }
    return e->nxm_name ? e->nxm_name : e->exp_name;
}

void ofctl_format_entries(const uint8_t *p, size_t n, struct strbuf *s)
{
    while (n) {
        struct nxm_header h;

        if (nxm_decode_header(p, n, &h) || h.len + h.value_len > n) {
            strbuf_puts(s, "***error***");
            return;
        }
        const char *name = name_of(h.field, get_u32(p));
        strbuf_putf(s, "%s%s%s(", s->length ? ", " : "", name ? name : h.field->name,
                    h.has_mask ? "_W" : "");
        size_t half = h.has_mask ? h.value_len / 2 : h.value_len;
        strbuf_put_hex(s, p + h.len, half);
        if (h.has_mask) {
            strbuf_putc(s, '/');
            strbuf_put_hex(s, p + h.len + half, half);
        }
        strbuf_putc(s, ')');
        p += h.len + h.value_len;
        n -= h.len + h.value_len;
    }
}

/* The field that has the name, and the header that goes with it. */
static const struct field *find(const char *name, uint32_t *header)
{
    const struct field *f = field_by_wire_name(name);

    if (f) {
        const struct field_entry *e = field_entry(f);
        *header = e->oxm_name && !strcmp(e->oxm_name, name) ? f->oxm_header : f->nxm_header;
    }
    return f;
}

/* One entry, cut off from the text: name, "_W", value and mask. */
static char *parse_entry(char *text, struct ofpbuf *out)
{
    char *paren = strchr(text, '('), *close = strrchr(text, ')');
    uint32_t header = 0;

    if (!paren || !close || close[1]) {
        return xasprintf("%s: missing parentheses", text);
    }
    char *whole = xstrdup(text);
    *paren = *close = '\0';
    size_t n = strlen(text);
    bool has_mask = n > 2 && !strcmp(text + n - 2, "_W");
    if (has_mask) {
        text[n - 2] = '\0';
    }
    const struct field *f = find(text, &header);
    if (!f || !header) {
        char *error = xasprintf("%s: unknown field `%s'", whole, text);
        free(whole);
        return error;
    }
    free(whole);
    put_u32(out, has_mask ? header + (header & 0xff) + 0x100 : header);
    size_t start = out->size;
    const char *rest = hex_parse(paren + 1, out);
    if (has_mask && *rest == '/') {
        rest = hex_parse(rest + 1, out);
    }
    if (*rest || out->size - start != (size_t) f->n_bytes * (has_mask ? 2 : 1)) {
        return xasprintf("%s: bad value of field `%s'", paren + 1, text);
    }
    return NULL;
}

static char *parse_entries(char *line, struct ofpbuf *out)
{
    char *save = NULL, *error = NULL;

    if (!strcmp(line, "<any>")) {
        return NULL;
    }
    for (char *word = strtok_r(line, ", ", &save); word && !error; word = strtok_r(NULL, ", ", &save)) {
        error = parse_entry(word, out);
    }
    return error;
}

static char *parse_line(void *aux, char *line)
{
    int version = *(const int *) aux;
    struct ofpbuf in = { NULL, 0, 0 }, back = { NULL, 0, 0 };
    struct strbuf s = STRBUF_INIT;
    struct nxm_cookie cookie;
    struct match match;

    ofctl_check(parse_entries(line, &in));
    enum ofp_error error = nxm_decode_match(in.data, in.size, ofctl_options.strict, &match,
                                            version == NXM_VERSION ? &cookie : NULL);
    if (error) {
        printf("nx_pull_match() returned error %s\n", ofp_error_name(error));
    } else {
        nxm_encode_match(&back, &match, version, version == NXM_VERSION ? &cookie : NULL);
        ofctl_format_entries(back.data, back.size, &s);
        puts(s.length ? strbuf_str(&s) : "<any>");
    }
    strbuf_destroy(&s);
    ofpbuf_destroy(&in);
    ofpbuf_destroy(&back);
    return NULL;
}

int ofctl_parse_nx_match(int argc, char *argv[])
{
    int version = NXM_VERSION;

    ofctl_lines_read("-", parse_line, &version);
    return 0;
}

int ofctl_parse_oxm(int argc, char *argv[])
{
    int version = (int) ofctl_version_parse(argv[1]);

    if (version < OFP12) {
        ofctl_fatal("%s: not a valid version for OXM", argv[1]);
    }
    ofctl_lines_read("-", parse_line, &version);
    return 0;
}
