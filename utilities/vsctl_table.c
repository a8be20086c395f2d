/* SPDX-License-Identifier: Apache-2.0 */
/* Prints tables as lists, columns, HTML, comma-separated values and JSON. */
#include "utilities/vsctl_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/datum.h"

struct cell {
    struct ovsdb_datum datum;
    const struct ovsdb_type *type;
};

struct vsctl_table {
    char **headings;
    size_t n_columns;
    struct cell *cells; /* row by row */
    size_t n, allocated;
};

char *vsctl_table_parse_format(const char *s, struct vsctl_table_style *style)
{
    static const char *const names[] = { "list", "table", "html", "csv", "json" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(names[i], s)) {
            style->format = i;
            return NULL;
        }
    }
    return xasprintf("unknown output format \"%s\"", s);
}

char *vsctl_table_parse_cells(const char *s, struct vsctl_table_style *style)
{
    static const char *const names[] = { "string", "bare", "json" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(names[i], s)) {
            style->cells = i;
            return NULL;
        }
    }
    return xasprintf("unknown data format \"%s\"", s);
}

struct vsctl_table *vsctl_table_create(const char *const *headings, size_t n_columns)
{
    struct vsctl_table *table = xzalloc(sizeof *table);
    table->headings = xcalloc(n_columns + 1, sizeof *table->headings);
    for (; table->n_columns < n_columns; table->n_columns++) {
        table->headings[table->n_columns] = xstrdup(headings[table->n_columns]);
    }
    return table;
}

void vsctl_table_destroy(struct vsctl_table *table)
{
    if (table) {
        for (size_t i = 0; i < table->n; i++) {
            ovsdb_datum_destroy(&table->cells[i].datum, table->cells[i].type);
        }
        for (size_t i = 0; i < table->n_columns; i++) {
            free(table->headings[i]);
        }
        free(table->cells);
        free(table->headings);
        free(table);
    }
}

void vsctl_table_add(struct vsctl_table *table, const struct ovsdb_datum *datum,
                     const struct ovsdb_type *type)
{
    if (table->n >= table->allocated) {
        table->cells = grow_array(table->cells, &table->allocated, sizeof *table->cells);
    }
    table->cells[table->n].datum = ovsdb_datum_clone(datum, type);
    table->cells[table->n].type = type;
    table->n++;
}

static size_t n_rows(const struct vsctl_table *table)
{
    return table->n_columns ? table->n / table->n_columns : 0;
}

static void put_json(const json_t *json, size_t flags, struct strbuf *out)
{
    char *s = json_dumps(json, flags | JSON_ENCODE_ANY);
    strbuf_puts(out, s ? s : "");
    free(s);
}

/* JSON as ovs-vsctl lays it out over lines: closing brackets stay on the line of what they close. */
static void put_pretty(const json_t *json, size_t indent, struct strbuf *out)
{
    bool object = json_is_object(json);
    size_t n = 0;
    const char *key;
    json_t *part;
    if (!object && !json_array_size(json)) {
        put_json(json, JSON_COMPACT, out);
        return;
    }
    strbuf_putc(out, object ? '{' : '[');
    for (; n < json_array_size(json); n++) {
        strbuf_putf(out, "%s\n%*s", n ? "," : "", (int) indent + 2, "");
        put_pretty(json_array_get(json, n), indent + 2, out);
    }
    json_object_foreach ((json_t *) json, key, part) {
        strbuf_putf(out, "%s\n%*s\"%s\": ", n++ ? "," : "", (int) indent + 2, "", key);
        put_pretty(part, indent + 2, out);
    }
    strbuf_putc(out, object ? '}' : ']');
}

/* The text of a cell; the caller frees it. */
static char *cell_text(const struct vsctl_table *table, size_t row, size_t column,
                       const struct vsctl_table_style *style)
{
    const struct cell *cell = &table->cells[row * table->n_columns + column];
    struct strbuf text = STRBUF_INIT;
    if (style->cells == VSCTL_CELL_JSON) {
        json_t *json = ovsdb_datum_to_json(&cell->datum, cell->type);
        put_json(json, JSON_COMPACT, &text);
        json_decref(json);
    } else if (style->cells == VSCTL_CELL_BARE) {
        ovsdb_datum_to_bare(&cell->datum, cell->type, &text);
    } else {
        ovsdb_datum_to_text(&cell->datum, cell->type, &text);
    }
    strbuf_puts(&text, "");
    return strbuf_steal(&text);
}

static void print_list(const struct vsctl_table *table, const struct vsctl_table_style *style,
                       struct strbuf *out)
{
    for (size_t row = 0; row < n_rows(table); row++) {
        strbuf_puts(out, row ? "\n" : "");
        for (size_t column = 0; column < table->n_columns; column++) {
            char *text = cell_text(table, row, column, style);
            if (!style->no_headings) {
                strbuf_putf(out, "%-20s: ", table->headings[column]);
            }
            strbuf_putf(out, "%s\n", text);
            free(text);
        }
    }
}

/* Characters, so that columns are aligned also beyond ASCII. */
static size_t width_of(const char *s)
{
    size_t width = 0;
    for (; *s; s++) {
        width += (*(const unsigned char *) s & 0xc0) != 0x80;
    }
    return width;
}

/* The text, cut or filled up to 'width'. No blanks stay at the end of a line. */
static void put_padded(const char *s, size_t width, bool last, struct strbuf *out)
{
    size_t put = 0;
    while (*s && (put < width || (*(const unsigned char *) s & 0xc0) == 0x80)) {
        put += (*(const unsigned char *) s & 0xc0) != 0x80;
        strbuf_putc(out, *s++);
    }
    for (; put < width; put++) {
        strbuf_putc(out, ' ');
    }
    if (last) {
        while (strbuf_chomp(out, ' ')) {
        }
    }
    strbuf_putc(out, last ? '\n' : ' ');
}

static void print_columns(const struct vsctl_table *table, const struct vsctl_table_style *style,
                          struct strbuf *out)
{
    size_t rows = n_rows(table);
    char **texts = xcalloc(table->n + 1, sizeof *texts);
    size_t *widths = xcalloc(table->n_columns + 1, sizeof *widths);
    for (size_t i = 0; i < rows * table->n_columns; i++) {
        size_t *width = &widths[i % table->n_columns];
        texts[i] = cell_text(table, i / table->n_columns, i % table->n_columns, style);
        *width = MAX(*width, width_of(texts[i]));
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        if (style->max_width) {
            widths[i] = MIN(widths[i], style->max_width);
        }
        if (!style->no_headings) {
            widths[i] = MAX(widths[i], width_of(table->headings[i]));
        }
    }
    for (size_t i = 0; !style->no_headings && i < table->n_columns; i++) {
        put_padded(table->headings[i], widths[i], i == table->n_columns - 1, out);
    }
    for (size_t i = 0; !style->no_headings && i < table->n_columns; i++) {
        for (size_t j = 0; j < widths[i]; j++) {
            strbuf_putc(out, '-');
        }
        strbuf_putc(out, i == table->n_columns - 1 ? '\n' : ' ');
    }
    for (size_t i = 0; i < rows * table->n_columns; i++) {
        size_t column = i % table->n_columns;
        put_padded(texts[i], widths[column], column == table->n_columns - 1, out);
        free(texts[i]);
    }
    free(texts);
    free(widths);
}

static void put_escaped(const char *s, struct strbuf *out)
{
    for (; *s; s++) {
        switch (*s) {
        case '&':
            strbuf_puts(out, "&amp;");
            break;
        case '<':
            strbuf_puts(out, "&lt;");
            break;
        case '>':
            strbuf_puts(out, "&gt;");
            break;
        case '"':
            strbuf_puts(out, "&quot;");
            break;
        default:
            strbuf_putc(out, *s);
        }
    }
}

static void put_html_cell(const char *element, const char *text, struct strbuf *out)
{
    strbuf_putf(out, "    <%s>", element);
    put_escaped(text, out);
    strbuf_putf(out, "</%s>\n", element);
}

static void print_html(const struct vsctl_table *table, const struct vsctl_table_style *style,
                       struct strbuf *out)
{
    strbuf_puts(out, "<table border=1>\n");
    if (!style->no_headings) {
        strbuf_puts(out, "  <tr>\n");
        for (size_t i = 0; i < table->n_columns; i++) {
            put_html_cell("th", table->headings[i], out);
        }
        strbuf_puts(out, "  </tr>\n");
    }
    for (size_t row = 0; row < n_rows(table); row++) {
        strbuf_puts(out, "  <tr>\n");
        for (size_t column = 0; column < table->n_columns; column++) {
            char *text = cell_text(table, row, column, style);
            put_html_cell("td", text, out);
            free(text);
        }
        strbuf_puts(out, "  </tr>\n");
    }
    strbuf_puts(out, "</table>\n");
}

/* RFC 4180. */
static void put_csv_cell(const char *s, bool last, struct strbuf *out)
{
    bool quote = strpbrk(s, "\n\",") != NULL;
    strbuf_puts(out, quote ? "\"" : "");
    for (; *s; s++) {
        strbuf_puts(out, *s == '"' ? "\"" : "");
        strbuf_putc(out, *s);
    }
    strbuf_puts(out, quote ? "\"" : "");
    strbuf_putc(out, last ? '\n' : ',');
}

static void print_csv(const struct vsctl_table *table, const struct vsctl_table_style *style,
                      struct strbuf *out)
{
    for (size_t i = 0; !style->no_headings && i < table->n_columns; i++) {
        put_csv_cell(table->headings[i], i == table->n_columns - 1, out);
    }
    for (size_t row = 0; row < n_rows(table); row++) {
        for (size_t column = 0; column < table->n_columns; column++) {
            char *text = cell_text(table, row, column, style);
            put_csv_cell(text, column == table->n_columns - 1, out);
            free(text);
        }
    }
}

static void print_json(const struct vsctl_table *table, const struct vsctl_table_style *style,
                       struct strbuf *out)
{
    json_t *headings = json_array(), *data = json_array();
    for (size_t i = 0; i < table->n_columns; i++) {
        json_array_append_new(headings, json_string(table->headings[i]));
    }
    for (size_t row = 0; row < n_rows(table); row++) {
        json_t *cells = json_array();
        for (size_t column = 0; column < table->n_columns; column++) {
            const struct cell *cell = &table->cells[row * table->n_columns + column];
            json_array_append_new(cells, ovsdb_datum_to_json(&cell->datum, cell->type));
        }
        json_array_append_new(data, cells);
    }
    json_t *json = json_pack("{soso}", "data", data, "headings", headings);
    if (style->pretty) {
        put_pretty(json, 0, out); /* "data" and "headings" were put in this order */
    } else {
        put_json(json, JSON_SORT_KEYS | JSON_COMPACT, out);
    }
    strbuf_putc(out, '\n');
    json_decref(json);
}

void vsctl_table_print(const struct vsctl_table *table, const struct vsctl_table_style *style,
                       struct strbuf *out)
{
    static void (*const printers[])(const struct vsctl_table *, const struct vsctl_table_style *,
                                    struct strbuf *)
        = { [VSCTL_TABLE_LIST] = print_list,
            [VSCTL_TABLE_TABLE] = print_columns,
            [VSCTL_TABLE_HTML] = print_html,
            [VSCTL_TABLE_CSV] = print_csv,
            [VSCTL_TABLE_JSON] = print_json };
    printers[style->format](table, style, out);
}
