/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have to do with datapaths, connection tracking zones and auto-attach. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ovsdb/datum.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_model.h"

enum { DEFAULT_ZONE = -1, MAX_ZONE = 65535 };

static const struct ovsdb_column *get_column(const struct vsctl *vsctl, const char *table,
                                             const char *column)
{
    const struct ovsdb_table_schema *t = ovsdb_schema_table(ovsdb_get_schema(vsctl->db), table);
    return t ? ovsdb_schema_column(t, column) : NULL;
}

/* The element of a map to rows under a key; null if there is none. */
static const struct ovsdb_row *map_get(const struct vsctl *vsctl, const struct ovsdb_row *row,
                                       const char *column, const union ovsdb_atom *key)
{
    const struct ovsdb_column *c = get_column(vsctl, ovsdb_row_table(row), column);
    size_t i = ovsdb_datum_find(ovsdb_row_datum(row, column), key, &c->type);
    return i != SIZE_MAX ? ovsdb_row_ref_value_at(row, column, i) : NULL;
}

/* Puts a row under an integer key, or removes the key if 'target' is null. */
static void map_put(struct vsctl *vsctl, const struct ovsdb_row *row, const char *column,
                    int64_t number, const struct ovsdb_row *target)
{
    const struct ovsdb_column *c = get_column(vsctl, ovsdb_row_table(row), column);
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(row, column), &c->type);
    union ovsdb_atom key = { .integer = number };
    size_t i = ovsdb_datum_find(&datum, &key, &c->type);
    if (target) {
        union ovsdb_atom value = { .uuid = *ovsdb_row_uuid(target) };
        ovsdb_datum_put(&datum, &key, &value, &c->type);
    } else if (i != SIZE_MAX) {
        ovsdb_datum_remove_at(&datum, i, &c->type);
    }
    ovsdb_txn_set_datum(vsctl->txn, row, column, &datum);
}

/* Null if there is none of this name. */
static const struct ovsdb_row *find_datapath(const struct vsctl *vsctl, const char *name)
{
    union ovsdb_atom key = { .string = (char *) name };
    return map_get(vsctl, vsctl->root, "datapaths", &key);
}

static const struct ovsdb_row *get_datapath(const struct vsctl *vsctl, const char *name)
{
    const struct ovsdb_row *datapath = find_datapath(vsctl, name);
    if (!datapath) {
        vsctl_fatal("datapath %s does not exist", name);
    }
    return datapath;
}

/* "zone=N" or "N". */
static int parse_zone(const char *s)
{
    const char *digits = !strncmp(s, "zone=", 5) ? s + 5 : s;
    char *end;
    long zone = strtol(digits, &end, 10);
    if (!isdigit((unsigned char) digits[0]) || *end || zone > MAX_ZONE) {
        vsctl_fatal("invalid zone \"%s\": expected zone=N with N from 0 to %d", s, MAX_ZONE);
    }
    return zone;
}

static const struct ovsdb_row *find_zone(const struct vsctl *vsctl,
                                         const struct ovsdb_row *datapath, int zone)
{
    union ovsdb_atom key = { .integer = zone };
    return map_get(vsctl, datapath, "ct_zones", &key);
}

/* "NAME=SECONDS". */
static void put_timeout(struct ovsdb_datum *timeouts, const struct ovsdb_type *type,
                        const char *text)
{
    const char *equals = strchr(text, '=');
    char *end;
    if (!equals) {
        vsctl_fatal("invalid timeout \"%s\": expected POLICY=SECONDS", text);
    }
    union ovsdb_atom value = { .integer = strtoll(equals + 1, &end, 10) };
    if (end == equals + 1 || *end) {
        vsctl_fatal("invalid timeout \"%s\": expected POLICY=SECONDS", text);
    }
    union ovsdb_atom key = { .string = xstrndup(text, equals - text) };
    ovsdb_datum_put(timeouts, &key, &value, type);
}

static void add_zone_tp(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = get_datapath(vsctl, command->argv[1]);
    int zone = parse_zone(command->argv[2]);
    const struct ovsdb_row *row = find_zone(vsctl, datapath, zone);
    bool has_policy = row && ovsdb_row_has(row, "timeout_policy");
    if (has_policy && !vsctl_has_option(command, "--may-exist")) {
        vsctl_fatal("zone id %d already exists", zone);
    }
    /* Otherwise the new policy takes the place of the old one. */
    const struct ovsdb_type *type = &get_column(vsctl, "CT_Timeout_Policy", "timeouts")->type;
    struct ovsdb_datum timeouts = OVSDB_DATUM_EMPTY;
    for (int i = 3; i < command->argc; i++) {
        put_timeout(&timeouts, type, command->argv[i]);
    }
    const struct ovsdb_row *policy = ovsdb_txn_insert(vsctl->txn, "CT_Timeout_Policy");
    ovsdb_txn_set_datum(vsctl->txn, policy, "timeouts", &timeouts);
    if (!row) {
        row = ovsdb_txn_insert(vsctl->txn, "CT_Zone");
        map_put(vsctl, datapath, "ct_zones", zone, row);
    }
    ovsdb_txn_set_refs(vsctl->txn, row, "timeout_policy", &policy, 1);
}

/* True if the server's schema has limits and the zone has one. */
static bool has_limit(const struct vsctl *vsctl, const struct ovsdb_row *zone)
{
    return get_column(vsctl, "CT_Zone", "limit") && ovsdb_row_has(zone, "limit");
}

static void del_zone_tp(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = get_datapath(vsctl, command->argv[1]);
    int zone = parse_zone(command->argv[2]);
    const struct ovsdb_row *row = find_zone(vsctl, datapath, zone);
    if (!row) {
        if (!vsctl_has_option(command, "--if-exists")) {
            vsctl_fatal("zone id %d does not exist", zone);
        }
    } else if (has_limit(vsctl, row)) {
        ovsdb_txn_clear(vsctl->txn, row, "timeout_policy");
    } else {
        map_put(vsctl, datapath, "ct_zones", zone, NULL);
    }
}

static void list_zone_tp(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = find_datapath(vsctl, command->argv[1]);
    if (!datapath) {
        vsctl_fatal("datapath: %s record not found", command->argv[1]);
    }
    for (size_t i = 0; i < ovsdb_row_n(datapath, "ct_zones"); i++) {
        const struct ovsdb_row *zone = ovsdb_row_ref_value_at(datapath, "ct_zones", i);
        const struct ovsdb_row *policy = zone ? ovsdb_row_ref(zone, "timeout_policy") : NULL;
        strbuf_putf(&command->output, "Zone:%lld, Timeout Policies:",
                    (long long) ovsdb_row_int_at(datapath, "ct_zones", i));
        for (size_t j = 0; policy && j < ovsdb_row_n(policy, "timeouts"); j++) {
            strbuf_putf(&command->output, " %s=%lld", ovsdb_row_string_at(policy, "timeouts", j),
                        (long long) ovsdb_row_int_value_at(policy, "timeouts", j));
        }
        strbuf_puts(&command->output, policy ? "\n" : " system default\n");
    }
}

static int parse_zone_or_default(const char *s)
{
    return !strcmp(s, "default") ? DEFAULT_ZONE : parse_zone(s);
}

static void need_limits(const struct vsctl *vsctl)
{
    if (!get_column(vsctl, "CT_Zone", "limit")
        || !get_column(vsctl, "Datapath", "ct_zone_default_limit")) {
        vsctl_fatal("the server's database has no zone limits");
    }
}

static void set_zone_limit(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = get_datapath(vsctl, command->argv[1]);
    int zone = parse_zone_or_default(command->argv[2]);
    char *end;
    long long limit = strtoll(command->argv[3], &end, 10);
    need_limits(vsctl);
    if (!isdigit((unsigned char) command->argv[3][0]) || *end || limit > UINT32_MAX) {
        vsctl_fatal("invalid limit \"%s\"", command->argv[3]);
    }
    if (zone == DEFAULT_ZONE) {
        ovsdb_txn_set_int(vsctl->txn, datapath, "ct_zone_default_limit", limit);
        return;
    }
    const struct ovsdb_row *row = find_zone(vsctl, datapath, zone);
    if (!row) {
        row = ovsdb_txn_insert(vsctl->txn, "CT_Zone");
        map_put(vsctl, datapath, "ct_zones", zone, row);
    }
    ovsdb_txn_set_int(vsctl->txn, row, "limit", limit);
}

static void del_zone_limit(struct vsctl *vsctl, struct vsctl_command *command)
{
    bool must_exist = !vsctl_has_option(command, "--if-exists");
    const struct ovsdb_row *datapath = get_datapath(vsctl, command->argv[1]);
    int zone = parse_zone_or_default(command->argv[2]);
    need_limits(vsctl);
    if (zone == DEFAULT_ZONE) {
        if (must_exist && !ovsdb_row_has(datapath, "ct_zone_default_limit")) {
            vsctl_fatal("datapath %s does not have a default zone limit", command->argv[1]);
        }
        ovsdb_txn_clear(vsctl->txn, datapath, "ct_zone_default_limit");
        return;
    }
    const struct ovsdb_row *row = find_zone(vsctl, datapath, zone);
    if (!row || !has_limit(vsctl, row)) {
        if (must_exist) {
            vsctl_fatal("zone id %d does not have limit", zone);
        }
    } else if (ovsdb_row_has(row, "timeout_policy")) {
        ovsdb_txn_clear(vsctl->txn, row, "limit");
    } else {
        map_put(vsctl, datapath, "ct_zones", zone, NULL);
    }
}

static void list_zone_limits(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = get_datapath(vsctl, command->argv[1]);
    need_limits(vsctl);
    if (ovsdb_row_has(datapath, "ct_zone_default_limit")) {
        strbuf_putf(&command->output, "Default limit:%lld\n",
                    (long long) ovsdb_row_int(datapath, "ct_zone_default_limit", 0));
    }
    for (size_t i = 0; i < ovsdb_row_n(datapath, "ct_zones"); i++) {
        const struct ovsdb_row *zone = ovsdb_row_ref_value_at(datapath, "ct_zones", i);
        if (zone && ovsdb_row_has(zone, "limit")) {
            strbuf_putf(&command->output, "Zone:%lld, Limit:%lld\n",
                        (long long) ovsdb_row_int_at(datapath, "ct_zones", i),
                        (long long) ovsdb_row_int(zone, "limit", 0));
        }
    }
}

static void list_dp_cap(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *datapath = find_datapath(vsctl, command->argv[1]);
    if (!datapath) {
        vsctl_fatal("datapath \"%s\" record not found", command->argv[1]);
    }
    for (size_t i = 0; i < ovsdb_row_n(datapath, "capabilities"); i++) {
        strbuf_putf(&command->output, "%s%s=%s", i ? " " : "",
                    ovsdb_row_string_at(datapath, "capabilities", i),
                    ovsdb_row_string_value_at(datapath, "capabilities", i));
    }
    strbuf_putc(&command->output, '\n');
}

/* Auto-attach: a map from I-SID to VLAN, in a row of its own beside the bridge's. */

static int64_t parse_number(const char *s)
{
    char *end;
    long long number = strtoll(s, &end, 10);
    if (end == s || *end) {
        vsctl_fatal("Invalid argument %s", s);
    }
    return number;
}

static const struct ovsdb_row *find_aa(struct vsctl *vsctl, const char *bridge_name, bool create)
{
    const struct ovsdb_row *bridge = vsctl_model_bridge(vsctl, bridge_name, true)->row;
    const struct ovsdb_row *aa = ovsdb_row_ref(bridge, "auto_attach");
    if (!aa && create) {
        aa = ovsdb_txn_insert(vsctl->txn, "AutoAttach");
        ovsdb_txn_set_refs(vsctl->txn, bridge, "auto_attach", &aa, 1);
    }
    return aa;
}

static void add_aa_mapping(struct vsctl *vsctl, struct vsctl_command *command)
{
    union ovsdb_atom isid = { .integer = parse_number(command->argv[2]) };
    union ovsdb_atom vlan = { .integer = parse_number(command->argv[3]) };
    const struct ovsdb_row *aa = find_aa(vsctl, command->argv[1], true);
    const struct ovsdb_type *type = &get_column(vsctl, "AutoAttach", "mappings")->type;
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(aa, "mappings"), type);
    if (ovsdb_datum_find(&datum, &isid, type) == SIZE_MAX) {
        ovsdb_datum_put(&datum, &isid, &vlan, type);
    }
    ovsdb_txn_set_datum(vsctl->txn, aa, "mappings", &datum);
}

static void del_aa_mapping(struct vsctl *vsctl, struct vsctl_command *command)
{
    union ovsdb_atom isid = { .integer = parse_number(command->argv[2]) };
    int64_t vlan = parse_number(command->argv[3]);
    const struct ovsdb_row *aa = find_aa(vsctl, command->argv[1], false);
    const struct ovsdb_type *type = &get_column(vsctl, "AutoAttach", "mappings")->type;
    if (!aa) {
        return;
    }
    struct ovsdb_datum datum = ovsdb_datum_clone(ovsdb_row_datum(aa, "mappings"), type);
    size_t i = ovsdb_datum_find(&datum, &isid, type);
    if (i != SIZE_MAX && datum.values[i].integer == vlan) {
        ovsdb_datum_remove_at(&datum, i, type);
    }
    ovsdb_txn_set_datum(vsctl->txn, aa, "mappings", &datum);
}

static void get_aa_mapping(struct vsctl *vsctl, struct vsctl_command *command)
{
    const struct ovsdb_row *aa = find_aa(vsctl, command->argv[1], false);
    for (size_t i = 0; aa && i < ovsdb_row_n(aa, "mappings"); i++) {
        strbuf_putf(&command->output, "%lld %lld\n",
                    (long long) ovsdb_row_int_at(aa, "mappings", i),
                    (long long) ovsdb_row_int_value_at(aa, "mappings", i));
    }
}

enum { AA = VSCTL_CORE | VSCTL_AA };

const struct vsctl_syntax vsctl_zone_commands[] = {
    { "add-zone-tp", 3, -1, "--may-exist", VSCTL_ZONES, add_zone_tp, NULL },
    { "del-zone-tp", 2, 2, "--if-exists", VSCTL_ZONES, del_zone_tp, NULL },
    { "list-zone-tp", 1, 1, "", VSCTL_ZONES, list_zone_tp, NULL },
    { "set-zone-limit", 3, 3, "", VSCTL_ZONES, set_zone_limit, NULL },
    { "del-zone-limit", 2, 2, "--if-exists", VSCTL_ZONES, del_zone_limit, NULL },
    { "list-zone-limits", 1, 1, "", VSCTL_ZONES, list_zone_limits, NULL },
    { "list-dp-cap", 1, 1, "", VSCTL_ZONES, list_dp_cap, NULL },
    { "add-aa-mapping", 3, 3, "", AA, add_aa_mapping, NULL },
    { "del-aa-mapping", 3, 3, "", AA, del_aa_mapping, NULL },
    { "get-aa-mapping", 1, 1, "", AA, get_aa_mapping, NULL },
    { NULL, 0, 0, NULL, 0, NULL, NULL },
};
