/* SPDX-License-Identifier: Apache-2.0 */
/* The commands for the switch as a whole: init, show, emer-reset. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"

/* The row of Open_vSwitch is made before any command runs. */
static void init(struct vsctl *vsctl, struct vsctl_command *command)
{
}

/* What "show" tells of a table's rows: the name, and columns that differ from their default. References to rows of tables in this
 * list show as these rows, further in. */
struct show {
    const char *table;
    const char *name_column; /* null: the UUID */
    const char *columns[6];
};

static const struct show shows[] = {
    { "Open_vSwitch", NULL, { "manager_options", "bridges", "ovs_version" } },
    { "Bridge", "name", { "controller", "fail_mode", "datapath_type", "ports" } },
    { "Port", "name", { "tag", "trunks", "interfaces" } },
    { "Interface", "name", { "type", "options", "error" } },
    { "Controller", "target", { "is_connected" } },
    { "Manager", "target", { "is_connected" } },
};

static const struct show *find_show(const char *table)
{
    for (size_t i = 0; i < ARRAY_SIZE(shows); i++) {
        if (!strcmp(shows[i].table, table)) {
            return &shows[i];
        }
    }
    return NULL;
}

enum { INDENT = 4, MAX_LEVEL = 5 };

static void show_row(struct vsctl *vsctl, const struct show *show, const struct ovsdb_row *row,
                     int level, struct strbuf *out);

static void show_column(struct vsctl *vsctl, const struct ovsdb_row *row, const char *name,
                        int level, struct strbuf *out)
{
    const struct ovsdb_table_schema *table
        = ovsdb_schema_table(ovsdb_get_schema(vsctl->db), ovsdb_row_table(row));
    const struct ovsdb_column *column = ovsdb_schema_column(table, name);
    const struct ovsdb_datum *datum = ovsdb_row_datum(row, name);
    const char *ref_table = column->type.key.ref_table;
    const struct show *other = ref_table ? find_show(ref_table) : NULL;
    if (other) {
        for (size_t i = 0; level < MAX_LEVEL && i < datum->n; i++) {
            const struct ovsdb_row *target = ovsdb_row_ref_at(row, name, i);
            if (target) {
                show_row(vsctl, other, target, level, out);
            }
        }
    } else if (!ovsdb_datum_is_default(datum, &column->type)) {
        strbuf_putf(out, "%*s%s: ", level * INDENT, "", name);
        ovsdb_datum_to_text(datum, &column->type, out);
        strbuf_putc(out, '\n');
    }
}

static void show_row(struct vsctl *vsctl, const struct show *show, const struct ovsdb_row *row,
                     int level, struct strbuf *out)
{
    strbuf_putf(out, "%*s", level * INDENT, "");
    if (show->name_column) {
        union ovsdb_atom name = { .string = (char *) ovsdb_row_string(row, show->name_column, "") };
        strbuf_putf(out, "%s ", show->table);
        ovsdb_atom_to_text(&name, OVSDB_STRING, out);
    } else {
        char uuid[UUID_LEN + 1];
        uuid_to_string(ovsdb_row_uuid(row), uuid);
        strbuf_puts(out, uuid);
    }
    strbuf_putc(out, '\n');
    for (size_t i = 0; i < ARRAY_SIZE(show->columns) && show->columns[i]; i++) {
        show_column(vsctl, row, show->columns[i], level + 1, out);
    }
}

static void show_all(struct vsctl *vsctl, struct vsctl_command *command)
{
    show_row(vsctl, &shows[0], vsctl->root, 0, &command->output);
}

static void clear_columns(struct vsctl *vsctl, const struct ovsdb_row *row,
                          const char *const *columns)
{
    for (; *columns; columns++) {
        ovsdb_txn_clear(vsctl->txn, row, *columns);
    }
}

/* What a bridge's local port has for an address outlives the reset. */
static void reset_bridge(struct vsctl *vsctl, const struct ovsdb_row *bridge)
{
    static const char *const columns[] = { "controller", "fail_mode", "mirrors",     "netflow",
                                           "sflow",      "ipfix",     "flood_vlans", NULL };
    const char *hwaddr = ovsdb_row_map_get(bridge, "other_config", "hwaddr", NULL);
    struct smap kept = SMAP_INIT;
    if (hwaddr) {
        smap_set(&kept, "hwaddr", hwaddr);
    }
    ovsdb_txn_set_smap(vsctl->txn, bridge, "other_config", &kept);
    smap_destroy(&kept);
    clear_columns(vsctl, bridge, columns);
}

static void emer_reset(struct vsctl *vsctl, struct vsctl_command *command)
{
    static const char *const root_columns[] = { "manager_options", "ssl", NULL };
    static const char *const tables[]
        = { "Controller", "Manager", "SSL", "Mirror", "NetFlow", "sFlow", "IPFIX" };
    const struct ovsdb_row *row;
    ovsdb_for_each (row, vsctl->db, "Bridge") {
        reset_bridge(vsctl, row);
    }
    ovsdb_for_each (row, vsctl->db, "Port") {
        ovsdb_txn_clear(vsctl->txn, row, "other_config");
    }
    ovsdb_for_each (row, vsctl->db, "Interface") {
        ovsdb_txn_set_int(vsctl->txn, row, "ingress_policing_rate", 0);
        ovsdb_txn_set_int(vsctl->txn, row, "ingress_policing_burst", 0);
    }
    clear_columns(vsctl, vsctl->root, root_columns);
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        while ((row = ovsdb_first(vsctl->db, tables[i])) != NULL) {
            ovsdb_txn_delete(vsctl->txn, row);
        }
    }
    vsctl_model_forget(vsctl);
}

const struct vsctl_syntax vsctl_general_commands[] = {
    { "init", 0, 0, "", 0, init, NULL },
    { "show", 0, 0, "", VSCTL_CORE | VSCTL_CONTROL | VSCTL_SHOW, show_all, NULL },
    { "emer-reset", 0, 0, "", VSCTL_ALL, emer_reset, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
