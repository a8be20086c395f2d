/* SPDX-License-Identifier: Apache-2.0 */
/* Reconfiguration of the whole switch, and the periodic write-back of what can be seen of it. */
#include "vswitchd/vswitch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/tls.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"
#include "ofproto/ofproto.h"
#include "vswitchd/bridge.h"
#include "vswitchd/controllers.h"
#include "vswitchd/known_keys.h"
#include "vswitchd/names.h"

LOG_MODULE(vswitch);

enum {
    DEFAULT_STATS_INTERVAL = 5000, /* ms */
    RETRY_INTERVAL = 1000,         /* ms, for ports whose device is not there */
};

struct vswitch {
    struct loop *loop;
    struct ovsdb *db;
    struct ovsdb_watch *watch;
    struct loop_timer *stats_timer;
    struct loop_timer *retry_timer;
    struct hmap bridges;     /* struct bridge.by_name */
    bool scheduled;          /* a reconfiguration is deferred */
    bool complete;           /* the first one was done */
    bool destroyed;
};

static struct bridge *find_bridge(const struct vswitch *vswitch, const char *name)
{
    struct bridge *bridge;
    hmap_for_each_with_hash (bridge, by_name, hash_string(name, 0), &vswitch->bridges) {
        if (!strcmp(bridge->name, name)) {
            return bridge;
        }
    }
    return NULL;
}

static void prune_bridges(struct vswitch *vswitch, const struct ovsdb_row *root)
{
    struct bridge *bridge, *next;
    hmap_for_each (bridge, by_name, &vswitch->bridges) {
        bridge->wanted = false;
    }
    for (size_t i = 0; i < ovsdb_row_n(root, "bridges"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(root, "bridges", i);
        const char *name = ovsdb_row_string(row, "name", "");
        bridge = find_bridge(vswitch, name);
        if (!bridge) {
            bridge = bridge_create(name);
            hmap_insert(&vswitch->bridges, &bridge->by_name, hash_string(name, 0));
        }
        bridge->wanted = true;
        bridge_prune(bridge, row);
    }
    hmap_for_each_safe (bridge, next, by_name, &vswitch->bridges) {
        if (!bridge->wanted) {
            log_info("bridge %s: deleted", bridge->name);
            hmap_remove(&vswitch->bridges, &bridge->by_name);
            bridge_destroy(bridge, true);
        }
    }
}

static void write_host(const struct vswitch *vswitch, struct ovsdb_txn *txn,
                       const struct ovsdb_row *root)
{
    static const char *const iface_types[] = {
        "", "system", "internal", "tap", "patch", "vxlan", "geneve", "gre", "ip6gre", "nvgre", "pcap", "dummy",
        "afxdp",
        "vhostuserclient", "vhostuser", "dpdkvhostuserclient", "dpdkvhostuser",
    };
    static const char *const datapath_types[] = { "system", "netdev" };
    ovsdb_txn_set_strings(txn, root, "iface_types", iface_types + 1, ARRAY_SIZE(iface_types) - 1);
    ovsdb_txn_set_strings(txn, root, "datapath_types", datapath_types, ARRAY_SIZE(datapath_types));
    ovsdb_txn_set_string(txn, root, "ovs_version", VSWITCHD_OVS_VERSION);
}

static void write_back(struct vswitch *vswitch, bool reconfigured, bool statistics)
{
    const struct ovsdb_row *root = ovsdb_only(vswitch->db, "Open_vSwitch");
    if (!root) {
        return;
    }
    struct ovsdb_txn *txn = ovsdb_txn_begin(vswitch->db);
    for (size_t i = 0; i < ovsdb_row_n(root, "bridges"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(root, "bridges", i);
        struct bridge *bridge = find_bridge(vswitch, ovsdb_row_string(row, "name", ""));
        if (bridge) {
            bridge_write_back(bridge, txn, row, statistics);
        }
    }
    if (reconfigured) {
        write_host(vswitch, txn, root);
        ovsdb_txn_set_int(txn, root, "cur_cfg", ovsdb_row_int(root, "next_cfg", 0));
    }
    ovsdb_txn_commit_or_log(txn);
}

/* Keys and certificates, which controllers and managers share. An empty text is as good as none. */
static const char *file_name(const struct ovsdb_row *row, const char *column)
{
    const char *name = row ? ovsdb_row_string(row, column, "") : "";
    return *name ? name : NULL;
}

static void configure_tls(const struct ovsdb *db)
{
    const struct ovsdb_row *root = ovsdb_only(db, "Open_vSwitch");
    const struct ovsdb_row *row = root ? ovsdb_row_ref(root, "ssl") : NULL;
    struct tls_files files = {
        .private_key = file_name(row, "private_key"),
        .certificate = file_name(row, "certificate"),
        .ca_cert = file_name(row, "ca_cert"),
        .bootstrap_ca_cert = row && ovsdb_row_bool(row, "bootstrap_ca_cert", false),
    };
    tls_set_files(&files);
}

static void reconfigure(struct vswitch *vswitch)
{
    const struct ovsdb_row *root = ovsdb_only(vswitch->db, "Open_vSwitch");
    if (!root || !ofprotos_connected()) {
        return;
    }
    struct smap options;
    ovsdb_row_smap(root, "other_config", &options);
    ofprotos_set_options(&options);
    smap_destroy(&options);

    prune_bridges(vswitch, root);
    controllers_set_managers(root);
    bool failures = false;
    for (size_t i = 0; i < ovsdb_row_n(root, "bridges"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(root, "bridges", i);
        struct bridge *bridge = find_bridge(vswitch, ovsdb_row_string(row, "name", ""));
        bridge_apply(bridge, row);
        failures |= bridge_has_failures(bridge);
    }
    if (!vswitch->complete) {
        vswitch->complete = true;
        ofprotos_complete();
    }
    write_back(vswitch, true, false);
    if (failures) {
        loop_timer_set_in(vswitch->retry_timer, RETRY_INTERVAL);
    }
}

static void run_scheduled(void *vswitch_)
{
    struct vswitch *vswitch = vswitch_;
    vswitch->scheduled = false;
    if (vswitch->destroyed) {
        free(vswitch);
    } else {
        reconfigure(vswitch);
    }
}

static void schedule(struct vswitch *vswitch)
{
    if (!vswitch->scheduled && !vswitch->destroyed) {
        vswitch->scheduled = true;
        loop_defer(vswitch->loop, run_scheduled, vswitch);
    }
}

void vswitch_poke(void *vswitch)
{
    schedule(vswitch);
}

static void write_statistics(void *vswitch_)
{
    struct vswitch *vswitch = vswitch_;
    const struct ovsdb_row *root = ovsdb_only(vswitch->db, "Open_vSwitch");
    int64_t interval = DEFAULT_STATS_INTERVAL;
    if (root) {
        interval = ovsdb_row_map_int(root, "other_config", "stats-update-interval", interval);
    }
    if (vswitch->complete && ofprotos_connected()) {
        write_back(vswitch, false, true);
    }
    loop_timer_set_in(vswitch->stats_timer, MAX(interval, DEFAULT_STATS_INTERVAL));
}

/* How each table's keys are checked, and in which column they are. */
static const struct key_check {
    const char *table, *column;
    void (*check)(const struct ovsdb_row *);
} key_checks[] = {
    { "Open_vSwitch", "other_config", known_keys_check_open_vswitch },
    { "Bridge", "other_config", known_keys_check_bridge },
    { "Port", "other_config", known_keys_check_port },
    { "Interface", "options", known_keys_check_interface },
    { "Interface", "bfd", known_keys_check_interface },
    { "QoS", "other_config", known_keys_check_qos },
    { "Queue", "other_config", known_keys_check_queue },
};

static void check_changed_keys(const struct ovsdb_change *change)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_checks); i++) {
        if (!strcmp(ovsdb_row_table(change->row), key_checks[i].table)
            && ovsdb_change_has(change, key_checks[i].column)) {
            key_checks[i].check(change->row);
        }
    }
}

/* Columns of Interface that ask for something; the others describe, or belong to somebody else. */
static bool asks_for_something(const struct ovsdb_change *change)
{
    static const char *const columns[] = { "type", "options", "other_config", "ofport_request", "mac", "mtu_request", "bfd" };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (ovsdb_change_has(change, columns[i])) {
            return true;
        }
    }
    return false;
}

static void mark_dirty(const struct vswitch *vswitch, const struct ovsdb_row *row)
{
    const struct bridge *bridge;
    hmap_for_each (bridge, by_name, &vswitch->bridges) {
        struct iface *iface = bridge_find_iface(bridge, ovsdb_row_string(row, "name", ""));
        if (iface) {
            iface->dirty = true;
        }
    }
}

/* What somebody else changed is to be put in force; what Weft wrote back itself is not. */
static void database_changed(void *vswitch_, const struct ovsdb_changes *changes)
{
    struct vswitch *vswitch = vswitch_;
    if (changes->own) {
        return;
    }
    configure_tls(vswitch->db); /* at once: who asks for TLS in the same transaction shall find it */
    for (size_t i = 0; i < changes->n; i++) {
        const struct ovsdb_change *change = &changes->changes[i];
        if (change->kind == OVSDB_DELETED) {
            continue;
        }
        check_changed_keys(change);
        if (!strcmp(ovsdb_row_table(change->row), "Interface") && asks_for_something(change)) {
            mark_dirty(vswitch, change->row);
        }
    }
    schedule(vswitch);
}

static void retry(void *vswitch)
{
    schedule(vswitch);
}

/* A new database has no root row; `ovs-vsctl init` would make one, and nobody should have to call it. */
static void make_root(struct ovsdb *db)
{
    struct ovsdb_txn *txn = ovsdb_txn_begin(db);
    const struct ovsdb_row *root = ovsdb_only(db, "Open_vSwitch");
    if (!root) {
        root = ovsdb_txn_insert(txn, "Open_vSwitch");
    }
    ovsdb_txn_set_string(txn, root, "ovs_version", VSWITCHD_OVS_VERSION);
    ovsdb_txn_commit_or_log(txn);
}

static void check_all_keys(struct ovsdb *db)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_checks); i++) {
        const struct ovsdb_row *row;
        ovsdb_for_each (row, db, key_checks[i].table) {
            key_checks[i].check(row);
        }
    }
}

struct vswitch *vswitch_create(struct loop *loop, struct ovsdb *db)
{
    struct vswitch *vswitch = xzalloc(sizeof *vswitch);
    vswitch->loop = loop;
    vswitch->db = db;
    hmap_init(&vswitch->bridges);
    make_root(db);
    configure_tls(db);
    check_all_keys(db);
    vswitch->watch = ovsdb_watch_create(db, database_changed, vswitch);
    vswitch->stats_timer = loop_timer_create(loop, write_statistics, vswitch);
    vswitch->retry_timer = loop_timer_create(loop, retry, vswitch);
    loop_timer_set_in(vswitch->stats_timer, DEFAULT_STATS_INTERVAL);
    schedule(vswitch);
    return vswitch;
}

void vswitch_destroy(struct vswitch *vswitch, bool cleanup)
{
    if (!vswitch) {
        return;
    }
    struct bridge *bridge, *next;
    hmap_for_each_safe (bridge, next, by_name, &vswitch->bridges) {
        hmap_remove(&vswitch->bridges, &bridge->by_name);
        bridge_destroy(bridge, cleanup);
    }
    hmap_destroy(&vswitch->bridges);
    ovsdb_watch_destroy(vswitch->watch);
    loop_timer_destroy(vswitch->stats_timer);
    loop_timer_destroy(vswitch->retry_timer);
    vswitch->destroyed = true;
    if (!vswitch->scheduled) {
        free(vswitch);
    }
}
