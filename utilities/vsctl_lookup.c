/* SPDX-License-Identifier: Apache-2.0 */
/* Matches names against the schema, and finds rows. */
#include "utilities/vsctl_lookup.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"

static const struct vsctl_row_name row_names[] = {
    { "AutoAttach", "name", "Bridge", "auto_attach" },
    { "Bridge", "name", NULL, NULL },
    { "Controller", "name", "Bridge", "controller" },
    { "Flow_Sample_Collector_Set", "id", NULL, NULL },
    { "Flow_Table", "name", NULL, NULL },
    { "IPFIX", "name", "Bridge", "ipfix" },
    { "Interface", "name", NULL, NULL },
    { "Manager", "target", NULL, NULL },
    { "Mirror", "name", NULL, NULL },
    { "NetFlow", "name", "Bridge", "netflow" },
    { "Port", "name", NULL, NULL },
    { "QoS", "name", "Port", "qos" },
    { "sFlow", "name", "Bridge", "sflow" },
};

enum { MIN_PARTIAL_UUID = 4 };

/* 0: no match; else the better the higher: a beginning, the whole but for case and dashes, the very name. */
static int score(const char *name, const char *s)
{
    if (!strcmp(name, s)) {
        return 3;
    }
    while (*s && *name) {
        char a = *s == '-' ? '_' : tolower((unsigned char) *s);
        char b = *name == '-' ? '_' : tolower((unsigned char) *name);
        if (a != b) {
            return 0;
        }
        s++;
        name++;
    }
    return *s ? 0 : *name ? 1 : 2;
}

const struct ovsdb_table_schema *vsctl_lookup_table(const struct vsctl *vsctl, const char *name)
{
    const struct ovsdb_schema *schema = ovsdb_get_schema(vsctl->db);
    const struct ovsdb_table_schema *best = NULL;
    struct strbuf matches = STRBUF_INIT;
    int best_score = 0, n = 0;
    for (size_t i = 0; i < schema->n_tables; i++) {
        int s = score(schema->tables[i].name, name);
        if (s > best_score) {
            strbuf_clear(&matches);
            best = &schema->tables[i];
            best_score = s;
            n = 0;
        }
        if (s && s == best_score) {
            strbuf_putf(&matches, "%s%s", n++ ? ", " : "", schema->tables[i].name);
        }
    }
    if (!n) {
        vsctl_fatal("unknown table \"%s\"", name);
    }
    if (n > 1) {
        vsctl_fatal("\"%s\" matches multiple table names: %s", name, strbuf_str(&matches));
    }
    strbuf_destroy(&matches);
    return best;
}

const struct ovsdb_column *vsctl_lookup_column(const struct ovsdb_table_schema *table,
                                               const char *name)
{
    const struct ovsdb_column *best = NULL;
    struct strbuf matches = STRBUF_INIT;
    int best_score = 0, n = 0;
    for (size_t i = 0; i < table->n_columns; i++) {
        int s = i == OVSDB_COL_VERSION ? 0 : score(table->columns[i].name, name);
        if (s > best_score) {
            strbuf_clear(&matches);
            best = &table->columns[i];
            best_score = s;
            n = 0;
        }
        if (s && s == best_score) {
            strbuf_putf(&matches, "%s%s", n++ ? ", " : "", table->columns[i].name);
        }
    }
    if (!n) {
        vsctl_fatal("%s does not contain a column whose name matches \"%s\"", table->name, name);
    }
    if (n > 1) {
        vsctl_fatal("%s contains more than one column whose name matches \"%s\": %s", table->name,
                    name, strbuf_str(&matches));
    }
    strbuf_destroy(&matches);
    return best;
}

const struct vsctl_row_name *vsctl_lookup_row_name(const char *table)
{
    for (size_t i = 0; i < ARRAY_SIZE(row_names); i++) {
        if (!strcmp(row_names[i].table, table)) {
            return &row_names[i];
        }
    }
    return NULL;
}

static bool has_name(const struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                     const char *name)
{
    const struct ovsdb_table_schema *table
        = ovsdb_schema_table(ovsdb_get_schema(vsctl->db), ovsdb_row_table(row));
    const struct ovsdb_column *c = ovsdb_schema_column(table, column);
    const struct ovsdb_datum *datum = ovsdb_row_datum(row, column);
    char number[24];
    if (datum->n != 1) {
        return false;
    }
    if (c->type.key.type == OVSDB_INTEGER) {
        snprintf(number, sizeof number, "%" PRId64, datum->keys[0].integer);
        return !strcmp(number, name);
    }
    return !strcmp(datum->keys[0].string, name);
}

static const struct ovsdb_row *find_by_name(const struct vsctl *vsctl,
                                            const struct ovsdb_table_schema *table,
                                            const struct vsctl_row_name *row_name, const char *id)
{
    const char *searched = row_name->via ? row_name->via : table->name;
    const struct ovsdb_row *row, *found = NULL;
    ovsdb_for_each (row, vsctl->db, searched) {
        if (!has_name(vsctl, row, row_name->name_column, id)) {
            continue;
        }
        if (found) {
            vsctl_fatal("multiple rows in %s match \"%s\"", table->name, id);
        }
        found = row;
    }
    if (found && row_name->via) {
        found = ovsdb_row_n(found, row_name->via_column) == 1
                    ? ovsdb_row_ref(found, row_name->via_column)
                    : NULL;
    }
    return found;
}

static bool is_partial_uuid(const char *s)
{
    size_t n = strlen(s);
    return n >= MIN_PARTIAL_UUID && n < UUID_LEN && strspn(s, "0123456789abcdefABCDEF-") == n;
}

static const struct ovsdb_row *find_by_partial_uuid(const struct vsctl *vsctl,
                                                    const struct ovsdb_table_schema *table,
                                                    const char *id)
{
    const struct ovsdb_row *row, *found = NULL;
    ovsdb_for_each (row, vsctl->db, table->name) {
        char uuid[UUID_LEN + 1];
        uuid_to_string(ovsdb_row_uuid(row), uuid);
        if (!strncmp(uuid, id, strlen(id))) {
            if (found) {
                char other[UUID_LEN + 1];
                uuid_to_string(ovsdb_row_uuid(found), other);
                vsctl_fatal("%s contains 2 or more rows whose UUIDs begin with %s: at least %s and "
                            "%s",
                            table->name, id, other, uuid);
            }
            found = row;
        }
    }
    return found;
}

static const struct ovsdb_row *find_row(const struct vsctl *vsctl,
                                        const struct ovsdb_table_schema *table, const char *id)
{
    const struct vsctl_row_name *row_name = vsctl_lookup_row_name(table->name);
    const struct ovsdb_row *row = NULL;
    struct uuid uuid;
    if (uuid_from_string(&uuid, id)) {
        row = ovsdb_find(vsctl->db, table->name, &uuid);
    }
    if (!row && id[0] == '@') {
        const struct ovsdb_symbol *symbol = ovsdb_symtab_find(&vsctl->symtab, id);
        return symbol ? ovsdb_find(vsctl->db, table->name, &symbol->uuid) : NULL;
    }
    if (!row && !strcmp(id, ".") && ovsdb_count(vsctl->db, table->name) == 1) {
        row = ovsdb_first(vsctl->db, table->name);
    }
    if (!row && row_name) {
        row = find_by_name(vsctl, table, row_name, id);
    }
    if (!row && is_partial_uuid(id)) {
        row = find_by_partial_uuid(vsctl, table, id);
    }
    return row;
}

const struct ovsdb_row *vsctl_lookup_row(const struct vsctl *vsctl,
                                         const struct ovsdb_table_schema *table, const char *id,
                                         bool must_exist)
{
    const struct ovsdb_row *row = find_row(vsctl, table, id);
    if (!row && must_exist) {
        vsctl_fatal("no row \"%s\" in table %s", id, table->name);
    }
    return row;
}

void vsctl_lookup_print_ids(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(row_names); i++) {
        const struct vsctl_row_name *row_name = &row_names[i];
        if (row_name->via) {
            printf("  %s: by the \"name\" of the %s that refers to it in \"%s\"\n",
                   row_name->table, row_name->via, row_name->via_column);
        } else {
            printf("  %s: by \"%s\"\n", row_name->table, row_name->name_column);
        }
    }
}
