/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges: from a Bridge row, with its Port and Interface rows, to a running switch. */
#include "vswitchd/bridge.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/net/flow_text.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"
#include "vswitchd/bundle_config.h"
#include "vswitchd/controllers.h"
#include "vswitchd/flow_tables.h"
#include "vswitchd/qos.h"

LOG_MODULE(bridge);

enum {
    DEFAULT_MAC_AGING_TIME = 300, /* seconds */
    MIN_MAC_AGING_TIME = 15,
    MAX_MAC_AGING_TIME = 3600,
    DEFAULT_MAC_TABLE_SIZE = 8192,
    MIN_MAC_TABLE_SIZE = 10,
    MAX_MAC_TABLE_SIZE = 1000000,
};

static struct bridge_bundle *find_bundle(const struct bridge *bridge, const char *name)
{
    struct bridge_bundle *bundle;
    hmap_for_each_with_hash (bundle, by_name, hash_string(name, 0), &bridge->bundles) {
        if (!strcmp(bundle->name, name)) {
            return bundle;
        }
    }
    return NULL;
}

static void destroy_bundle(struct bridge *bridge, struct bridge_bundle *bundle)
{
    hmap_remove(&bridge->bundles, &bundle->by_name);
    free(bundle->name);
    free(bundle);
}

static void destroy_iface(struct bridge *bridge, struct iface *iface)
{
    hmap_remove(&bridge->ifaces, &iface->by_name);
    iface_destroy(iface);
}

struct bridge *bridge_create(const char *name)
{
    struct bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = xstrdup(name);
    hmap_init(&bridge->ifaces);
    hmap_init(&bridge->bundles);
    return bridge;
}

void bridge_destroy(struct bridge *bridge, bool delete_ports)
{
    if (!bridge) {
        return;
    }
    struct iface *iface, *next_iface;
    hmap_for_each_safe (iface, next_iface, by_name, &bridge->ifaces) {
        destroy_iface(bridge, iface);
    }
    hmap_destroy(&bridge->ifaces);
    struct bridge_bundle *bundle, *next_bundle;
    hmap_for_each_safe (bundle, next_bundle, by_name, &bridge->bundles) {
        destroy_bundle(bridge, bundle);
    }
    hmap_destroy(&bridge->bundles);
    if (bridge->ofproto) {
        ofproto_destroy(bridge->ofproto, delete_ports);
    }
    free(bridge->name);
    free(bridge);
}

struct iface *bridge_find_iface(const struct bridge *bridge, const char *name)
{
    struct iface *iface;
    hmap_for_each_with_hash (iface, by_name, hash_string(name, 0), &bridge->ifaces) {
        if (!strcmp(iface->name, name)) {
            return iface;
        }
    }
    return NULL;
}

/* Marks what 'row' wants, creating records for what is new. */
static void mark_wanted(struct bridge *bridge, const struct ovsdb_row *row)
{
    size_t n_ports = ovsdb_row_n(row, "ports");
    for (size_t i = 0; i < n_ports; i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", i);
        const char *port_name = ovsdb_row_string(port, "name", "");
        struct bridge_bundle *bundle = find_bundle(bridge, port_name);
        if (!bundle) {
            bundle = xzalloc(sizeof *bundle);
            bundle->name = xstrdup(port_name);
            hmap_insert(&bridge->bundles, &bundle->by_name, hash_string(port_name, 0));
        }
        bundle->wanted = true;

        size_t n_ifaces = ovsdb_row_n(port, "interfaces");
        for (size_t j = 0; j < n_ifaces; j++) {
            const char *name =
                ovsdb_row_string(ovsdb_row_ref_at(port, "interfaces", j), "name", "");
            struct iface *iface = bridge_find_iface(bridge, name);
            if (!iface) {
                iface = iface_create(name, bridge->name);
                hmap_insert(&bridge->ifaces, &iface->by_name, hash_string(name, 0));
            }
            iface->wanted = true;
        }
    }
}

void bridge_prune(struct bridge *bridge, const struct ovsdb_row *row)
{
    struct iface *iface, *next_iface;
    struct bridge_bundle *bundle, *next_bundle;
    hmap_for_each (iface, by_name, &bridge->ifaces) {
        iface->wanted = false;
    }
    hmap_for_each (bundle, by_name, &bridge->bundles) {
        bundle->wanted = false;
    }
    mark_wanted(bridge, row);

    hmap_for_each_safe (bundle, next_bundle, by_name, &bridge->bundles) {
        if (!bundle->wanted) {
            if (bridge->ofproto) {
                ofproto_bundle_del(bridge->ofproto, bundle->name);
            }
            destroy_bundle(bridge, bundle);
        }
    }
    hmap_for_each_safe (iface, next_iface, by_name, &bridge->ifaces) {
        if (!iface->wanted) {
            if (bridge->ofproto && iface->no != OFPP_NONE) {
                ofproto_port_del(bridge->ofproto, iface->name);
                log_info("bridge %s: deleted interface %s on port %u", bridge->name, iface->name,
                         iface->no == OFPP_LOCAL ? 65534 : iface->no);
            }
            destroy_iface(bridge, iface);
        }
    }
}

/* An address that is the bridge's own for ever: from the UUID of its row, locally administered. */
static struct eth_addr fallback_mac(const struct ovsdb_row *row)
{
    struct eth_addr mac;
    memcpy(mac.ea, ovsdb_row_uuid(row)->bytes, sizeof mac.ea);
    mac.ea[0] = (mac.ea[0] & 0xfc) | 2;
    return mac;
}

static bool is_physical(const struct ovsdb_row *iface)
{
    const char *type = ovsdb_row_string(iface, "type", "");
    return !type[0] || !strcmp(type, "system") || !strcmp(type, "afxdp");
}

/* The address of the local port: other_config:hwaddr, else the lowest of its devices' addresses, as users of OVS expect. */
static struct eth_addr choose_mac(const struct bridge *bridge, const struct ovsdb_row *row)
{
    const char *text = ovsdb_row_map_get(row, "other_config", "hwaddr", NULL);
    struct eth_addr mac;
    if (text) {
        if (eth_parse(text, &mac) && !(mac.ea[0] & 1)) {
            return mac;
        }
        log_warn("bridge %s: other_config:hwaddr \"%s\" is not a usable Ethernet address",
                 bridge->name, text);
    }

    bool found = false;
    size_t n_ports = ovsdb_row_n(row, "ports");
    for (size_t i = 0; bridge->ofproto && i < n_ports; i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", i);
        for (size_t j = 0; j < ovsdb_row_n(port, "interfaces"); j++) {
            const struct ovsdb_row *iface = ovsdb_row_ref_at(port, "interfaces", j);
            struct ofproto_port_status status;
            if (is_physical(iface)
                && ofproto_port_status(bridge->ofproto, ovsdb_row_string(iface, "name", ""), &status)
                && !(status.mac.ea[0] & 1)
                && (!found || memcmp(&status.mac, &mac, sizeof mac) < 0)) {
                mac = status.mac;
                found = true;
            }
        }
    }
    return found ? mac : fallback_mac(row);
}

static uint64_t choose_datapath_id(const struct bridge *bridge, const struct ovsdb_row *row,
                                   struct eth_addr mac)
{
    const char *text = ovsdb_row_map_get(row, "other_config", "datapath-id", NULL);
    if (text) {
        const char *digits = !strncasecmp(text, "0x", 2) ? text + 2 : text;
        size_t n = strspn(digits, "0123456789abcdefABCDEF");
        uint64_t id = strtoull(digits, NULL, 16);
        if (id && n && n <= 16 && !digits[n]) {
            return id;
        }
        log_warn("bridge %s: other_config:datapath-id \"%s\" is not a non-zero number of up to 16 "
                 "hexadecimal digits", bridge->name, text);
    }
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof mac.ea; i++) {
        id = id << 8 | mac.ea[i];
    }
    return id;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return MIN(MAX(x, low), high);
}

static uint32_t choose_versions(const struct bridge *bridge, const struct ovsdb_row *row)
{
    uint32_t versions = 0;
    for (size_t i = 0; i < ovsdb_row_n(row, "protocols"); i++) {
        uint32_t bitmap = 0;
        char *error = ofp_versions_from_string(ovsdb_row_string_at(row, "protocols", i), &bitmap);
        if (error) {
            log_warn("bridge %s: protocols: %s", bridge->name, error);
            free(error);
        }
        versions |= bitmap;
    }
    if (versions && !(versions & OFP_VERSIONS_IMPLEMENTED)) {
        log_warn("bridge %s: none of the protocols is implemented; using all that are", bridge->name);
    }
    return versions & OFP_VERSIONS_IMPLEMENTED;
}

static bool configure_switch(struct bridge *bridge, const struct ovsdb_row *row)
{
    size_t n_flood = ovsdb_row_n(row, "flood_vlans");
    uint16_t *flood_vlans = xcalloc(n_flood, sizeof *flood_vlans);
    for (size_t i = 0; i < n_flood; i++) {
        flood_vlans[i] = ovsdb_row_int_at(row, "flood_vlans", i);
    }

    bridge->mac = choose_mac(bridge, row);
    struct ofproto_config config = {
        .datapath_type = ovsdb_row_string(row, "datapath_type", ""),
        .datapath_id = choose_datapath_id(bridge, row, bridge->mac),
        .mac = bridge->mac,
        .fail_secure = !strcmp(ovsdb_row_string(row, "fail_mode", "standalone"), "secure"),
        .versions = choose_versions(bridge, row),
        .mac_aging_time = clamp(ovsdb_row_map_int(row, "other_config", "mac-aging-time", DEFAULT_MAC_AGING_TIME),
                                MIN_MAC_AGING_TIME, MAX_MAC_AGING_TIME),
        .mac_table_size = clamp(ovsdb_row_map_int(row, "other_config", "mac-table-size", DEFAULT_MAC_TABLE_SIZE),
                                MIN_MAC_TABLE_SIZE, MAX_MAC_TABLE_SIZE),
        .forward_bpdu = ovsdb_row_map_bool(row, "other_config", "forward-bpdu", false),
        .arp_suppress = ovsdb_row_map_bool(row, "other_config", "arp-suppress", false),
        .dp_desc = ovsdb_row_map_get(row, "other_config", "dp-desc", NULL),
        .dp_sn = ovsdb_row_map_get(row, "other_config", "dp-sn", NULL),
        .disable_in_band = ovsdb_row_map_bool(row, "other_config", "disable-in-band", false),
        .in_band_queue = clamp(ovsdb_row_map_int(row, "other_config", "in-band-queue", -1), -1, INT32_MAX),
        .flood_vlans = flood_vlans,
        .n_flood_vlans = n_flood,
    };
    if (bridge->ofproto) {
        ofproto_configure(bridge->ofproto, &config);
    } else {
        char *error = NULL;
        bridge->ofproto = ofproto_create(bridge->name, &config, &error);
        if (!bridge->ofproto) {
            log_err("could not create bridge %s: %s", bridge->name, error);
            free(error);
        }
    }
    free(flood_vlans);
    if (bridge->ofproto) {
        flow_tables_apply(bridge->ofproto, row);
    }
    return bridge->ofproto != NULL;
}

/* A problem is said once, and stands in Port.status. */
static void apply_limits(struct bridge *bridge, const struct ovsdb_row *port)
{
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(port, "interfaces", i);
        struct iface *iface = bridge_find_iface(bridge, ovsdb_row_string(row, "name", ""));
        char *problem = iface->no == OFPP_NONE ? NULL : qos_apply(bridge->ofproto, port, row);
        if (problem && (!iface->limits_problem || strcmp(problem, iface->limits_problem))) {
            log_warn("port %s: %s", ovsdb_row_string(port, "name", ""), problem);
        }
        free(iface->limits_problem);
        iface->limits_problem = problem;
    }
}

static void apply_port(struct bridge *bridge, const struct ovsdb_row *port)
{
    size_t n = ovsdb_row_n(port, "interfaces");
    const char *refusal = n > 1 ? "bonds (ports of several interfaces) are not supported" : NULL;
    for (size_t i = 0; i < n; i++) {
        const struct ovsdb_row *row = ovsdb_row_ref_at(port, "interfaces", i);
        struct iface *iface = bridge_find_iface(bridge, ovsdb_row_string(row, "name", ""));
        iface_apply(iface, bridge->ofproto, row, refusal);
    }
    bundle_config_apply(bridge->ofproto, port);
    apply_limits(bridge, port);
}

static int compare_names(const void *a_, const void *b_)
{
    const struct ovsdb_row *const *a = a_, *const *b = b_;
    return strcmp(ovsdb_row_string(*a, "name", ""), ovsdb_row_string(*b, "name", ""));
}

/* By name, so that ports that come together are numbered the same way every time. The caller frees the array. */
static const struct ovsdb_row **sorted_ports(const struct ovsdb_row *row, size_t *n)
{
    *n = ovsdb_row_n(row, "ports");
    const struct ovsdb_row **ports = xcalloc(*n, sizeof *ports);
    for (size_t i = 0; i < *n; i++) {
        ports[i] = ovsdb_row_ref_at(row, "ports", i);
    }
    qsort(ports, *n, sizeof *ports, compare_names);
    return ports;
}

void bridge_apply(struct bridge *bridge, const struct ovsdb_row *row)
{
    if (!configure_switch(bridge, row)) {
        return;
    }
    size_t n_ports;
    const struct ovsdb_row **ports = sorted_ports(row, &n_ports);
    for (size_t i = 0; i < n_ports; i++) {
        apply_port(bridge, ports[i]);
    }
    free(ports);

    /* The ports may have brought a lower address than the bridge had. */
    struct eth_addr mac = choose_mac(bridge, row);
    if (memcmp(&mac, &bridge->mac, sizeof mac)) {
        configure_switch(bridge, row);
    }
    controllers_apply(bridge->ofproto, row);
}

static void write_port_status(const struct bridge *bridge, struct ovsdb_txn *txn, const struct ovsdb_row *port)
{
    struct smap status = SMAP_INIT;
    for (size_t i = 0; i < ovsdb_row_n(port, "interfaces"); i++) {
        const char *name = ovsdb_row_string(ovsdb_row_ref_at(port, "interfaces", i), "name", "");
        const struct iface *iface = bridge_find_iface(bridge, name);
        if (iface && iface->limits_problem) {
            smap_set(&status, "qos_problem", iface->limits_problem);
        }
    }
    ovsdb_txn_set_smap(txn, port, "status", &status);
    smap_destroy(&status);
}

void bridge_write_back(struct bridge *bridge, struct ovsdb_txn *txn, const struct ovsdb_row *row,
                       bool statistics)
{
    if (!bridge->ofproto) {
        return;
    }
    char *id = xasprintf("%016" PRIx64, ofproto_datapath_id(bridge->ofproto));
    ovsdb_txn_set_string(txn, row, "datapath_id", id);
    ovsdb_txn_set_string(txn, row, "datapath_version", PACKAGE_VERSION);
    free(id);

    for (size_t i = 0; i < ovsdb_row_n(row, "ports"); i++) {
        const struct ovsdb_row *port = ovsdb_row_ref_at(row, "ports", i);
        write_port_status(bridge, txn, port);
        for (size_t j = 0; j < ovsdb_row_n(port, "interfaces"); j++) {
            const struct ovsdb_row *iface_row = ovsdb_row_ref_at(port, "interfaces", j);
            const struct iface *iface =
                bridge_find_iface(bridge, ovsdb_row_string(iface_row, "name", ""));
            if (iface) {
                iface_write_result(iface, txn, iface_row);
                iface_write_status(iface, bridge->ofproto, txn, iface_row, statistics);
            }
        }
    }
    controllers_write_back(bridge->ofproto, txn, row);
}

bool bridge_has_failures(const struct bridge *bridge)
{
    struct iface *iface;
    hmap_for_each (iface, by_name, &bridge->ifaces) {
        if (iface->error) {
            return true;
        }
    }
    return false;
}
