/* SPDX-License-Identifier: Apache-2.0 */
/* Controller rows and the connections that stand for them. */
#include "vswitchd/controllers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/stream.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"
#include "ofproto/ofproto.h"

LOG_MODULE(controllers);

enum { DEFAULT_MAX_BACKOFF = 8000, DEFAULT_PROBE = 5000, MIN_BACKOFF = 1000 }; /* ms */

/* One that connects to the switch only looks, unless the row says otherwise. */
static bool is_service(const struct ovsdb_row *row)
{
    const char *type = ovsdb_row_string(row, "type", "");
    return *type ? !strcmp(type, "service") : stream_name_is_passive(ovsdb_row_string(row, "target", ""));
}

/* "in-band" is what it is unless the row says otherwise. */
static bool is_in_band(const struct ovsdb_row *row)
{
    return strcmp(ovsdb_row_string(row, "connection_mode", ""), "out-of-band");
}

void controllers_set_managers(const struct ovsdb_row *root)
{
    size_t n = ovsdb_row_n(root, "manager_options"), n_targets = 0;
    const char **targets = xcalloc(n + 1, sizeof *targets);
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(root, "manager_options", i);
        if (is_in_band(row)) {
            targets[n_targets++] = ovsdb_row_string(row, "target", "");
        }
    }
    ofprotos_set_managers(targets, n_targets);
    free(targets);
}

/* The first controller that is reached in band and names an address gives the local port its own. */
static void set_local_address(struct ofproto *ofproto, const struct ovsdb_row *bridge)
{
    static const char *const columns[] = { "local_ip", "local_netmask", "local_gateway" };
    struct smap address = SMAP_INIT;
    bool disabled = ovsdb_row_map_bool(bridge, "other_config", "disable-in-band", false);
    for (size_t i = 0; i < ovsdb_row_n(bridge, "controller") && !disabled && !smap_count(&address); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(bridge, "controller", i);
        if (!is_in_band(row) || !*ovsdb_row_string(row, "local_ip", "")) {
            continue;
        }
        for (size_t j = 0; j < ARRAY_SIZE(columns); j++) {
            const char *value = ovsdb_row_string(row, columns[j], "");
            if (*value) {
                smap_set(&address, columns[j], value);
            }
        }
    }
    ofproto_set_local_address(ofproto, &address);
    smap_destroy(&address);
}

void controllers_apply(struct ofproto *ofproto, const struct ovsdb_row *bridge)
{
    size_t n = ovsdb_row_n(bridge, "controller");
    struct ofproto_controller_config *configs = xcalloc(n, sizeof *configs);
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(bridge, "controller", i);
        configs[i] = (struct ofproto_controller_config) {
            .target = ovsdb_row_string(row, "target", ""),
            .max_backoff_ms = MAX(ovsdb_row_int(row, "max_backoff", DEFAULT_MAX_BACKOFF), MIN_BACKOFF),
            .probe_ms = ovsdb_row_int(row, "inactivity_probe", DEFAULT_PROBE),
            .service = is_service(row),
            .in_band = is_in_band(row),
            .enable_async = ovsdb_row_bool(row, "enable_async_messages", true),
            .rate_limit = ovsdb_row_int(row, "controller_rate_limit", 0),
            .burst_limit = ovsdb_row_int(row, "controller_burst_limit", 0),
            .queue_size = ovsdb_row_int(row, "controller_queue_size",
                                        ovsdb_row_map_int(bridge, "other_config",
                                                          "controller-queue-size", 100)),
        };
    }
    set_local_address(ofproto, bridge);
    ofproto_set_controllers(ofproto, configs, n);
    free(configs);
}

static void put_counters(struct smap *map, const char *kind, const struct ofproto_packet_in_counters *counters)
{
    const struct { const char *name; uint64_t value; } values[] = {
        { "backlog", counters->backlog }, { "bypassed", counters->bypassed },
        { "queued", counters->queued },   { "dropped", counters->dropped },
    };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        char *key = xasprintf("packet-in-%s-%s", kind, values[i].name);
        smap_setf(map, key, "%" PRIu64, values[i].value);
        free(key);
    }
}

void controllers_write_back(const struct ofproto *ofproto, struct ovsdb_txn *txn,
                            const struct ovsdb_row *bridge)
{
    for (size_t i = 0; i < ovsdb_row_n(bridge, "controller"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(bridge, "controller", i);
        struct ofproto_controller_status status;
        if (!ofproto_controller_status(ofproto, ovsdb_row_string(row, "target", ""), &status)) {
            ovsdb_txn_set_bool(txn, row, "is_connected", false);
            ovsdb_txn_clear(txn, row, "role");
            ovsdb_txn_clear(txn, row, "status");
            continue;
        }
        struct smap map = SMAP_INIT;
        smap_set(&map, "state", status.state);
        if (status.last_error) {
            smap_set(&map, "last_error", status.last_error);
        }
        if (status.sec_since_connect >= 0) {
            smap_setf(&map, "sec_since_connect", "%" PRId64, status.sec_since_connect);
        }
        if (status.sec_since_disconnect >= 0) {
            smap_setf(&map, "sec_since_disconnect", "%" PRId64, status.sec_since_disconnect);
        }
        if (status.n_connections > 1) {
            smap_setf(&map, "n_connections", "%u", status.n_connections);
        }
        if (status.counted) {
            put_counters(&map, "miss", &status.misses);
            put_counters(&map, "action", &status.actions);
        }
        ovsdb_txn_set_bool(txn, row, "is_connected", status.connected);
        ovsdb_txn_set_string(txn, row, "role", status.role);
        ovsdb_txn_set_smap(txn, row, "status", &map);
        smap_destroy(&map);
    }
}
