/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that go to database clients. */
#include "lib/ovsdb/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* Enough of a wrong value for its author to recognise it. */
enum { SYNTAX_MAX = 200 };

struct ovsdb_error {
    char *tag;
    char *details;
    char *syntax; /* null if there is none */
};

static PRINTF_FORMAT(2, 0) struct ovsdb_error *create(const char *tag, const char *format,
                                                      va_list args)
{
    struct ovsdb_error *error = xzalloc(sizeof *error);
    error->tag = xstrdup(tag);
    error->details = xvasprintf(format, args);
    return error;
}

struct ovsdb_error *ovsdb_error_create(const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct ovsdb_error *error = create(tag, format, args);
    va_end(args);
    return error;
}

/* Cuts at a character's boundary, so that what is quoted stays UTF-8. */
static int collect(const char *data, size_t n, void *buf_)
{
    struct strbuf *buf = buf_;
    size_t room = SYNTAX_MAX - buf->length;
    if (n <= room) {
        strbuf_put(buf, data, n);
        return 0;
    }
    while (room > 0 && ((unsigned char) data[room] & 0xc0) == 0x80) {
        room--;
    }
    strbuf_put(buf, data, room);
    strbuf_puts(buf, "...");
    return -1;
}

struct ovsdb_error *ovsdb_error_syntax(const json_t *json, const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct ovsdb_error *error = create(tag ? tag : "syntax error", format, args);
    va_end(args);
    if (json) {
        struct strbuf buf = STRBUF_INIT;
        json_dump_callback(json, collect, &buf, JSON_ENCODE_ANY | JSON_COMPACT);
        error->syntax = strbuf_steal(&buf);
    }
    return error;
}

void ovsdb_error_destroy(struct ovsdb_error *error)
{
    if (error) {
        free(error->tag);
        free(error->details);
        free(error->syntax);
        free(error);
    }
}

const char *ovsdb_error_tag(const struct ovsdb_error *error)
{
    return error->tag;
}

json_t *ovsdb_error_to_json(const struct ovsdb_error *error)
{
    json_t *json = json_object();
    json_object_set_new(json, "error", json_string(error->tag));
    json_object_set_new(json, "details", json_string(error->details));
    if (error->syntax) {
        json_object_set_new(json, "syntax", json_string(error->syntax));
    }
    return json;
}

char *ovsdb_error_to_string(const struct ovsdb_error *error)
{
    struct strbuf buf = STRBUF_INIT;
    if (error->syntax) {
        strbuf_putf(&buf, "syntax \"%s\": ", error->syntax);
    }
    strbuf_putf(&buf, "%s: %s", error->tag, error->details);
    return strbuf_steal(&buf);
}

char *ovsdb_error_steal_string(struct ovsdb_error *error)
{
    char *s = error ? ovsdb_error_to_string(error) : NULL;
    ovsdb_error_destroy(error);
    return s;
}
