/* SPDX-License-Identifier: Apache-2.0 */
/* Bridge.flow_tables: from Flow_Table rows to the settings of a switch's tables. */
#include "vswitchd/flow_tables.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/ovsdb.h"
#include "ofproto/ofproto.h"

/* The strings of a set; the caller frees the array. */
static const char **strings(const struct ovsdb_row *row, const char *column, size_t *n)
{
    *n = ovsdb_row_n(row, column);
    const char **list = xcalloc(*n + 1, sizeof *list);
    for (size_t i = 0; i < *n; i++) {
        list[i] = ovsdb_row_string_at(row, column, i);
    }
    return list;
}

static void apply(struct ofproto *ofproto, uint8_t table, const struct ovsdb_row *row)
{
    int64_t limit = ovsdb_row_int(row, "flow_limit", UINT32_MAX);
    struct ofproto_table_config config = {
        .name = ovsdb_row_string(row, "name", ""),
        .flow_limit = limit < UINT32_MAX ? (uint32_t) limit : UINT32_MAX,
        .evict = !strcmp(ovsdb_row_string(row, "overflow_policy", "refuse"), "evict"),
    };
    config.groups = strings(row, "groups", &config.n_groups);
    config.prefixes = strings(row, "prefixes", &config.n_prefixes);
    ofproto_configure_table(ofproto, table, &config);
    free((void *) config.groups);
    free((void *) config.prefixes);
}

void flow_tables_apply(struct ofproto *ofproto, const struct ovsdb_row *bridge)
{
    const struct ovsdb_row *rows[OFP_N_TABLES] = { NULL };
    for (size_t i = 0; i < ovsdb_row_n(bridge, "flow_tables"); i++) {
        int64_t table = ovsdb_row_int_at(bridge, "flow_tables", i);
        if (table >= 0 && table < OFP_N_TABLES) {
            rows[table] = ovsdb_row_ref_value_at(bridge, "flow_tables", i);
        }
    }
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        if (rows[i]) {
            apply(ofproto, (uint8_t) i, rows[i]);
        } else {
            ofproto_configure_table(ofproto, (uint8_t) i, NULL);
        }
    }
}
