/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces: from an Interface row to a switch port, and its state back to the row. */
#include "vswitchd/iface.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"

LOG_MODULE(iface);

struct iface *iface_create(const char *name, const char *bridge)
{
    struct iface *iface = xzalloc(sizeof *iface);
    iface->name = xstrdup(name);
    iface->bridge = xstrdup(bridge);
    iface->no = OFPP_NONE;
    iface->dirty = true;
    return iface;
}

void iface_destroy(struct iface *iface)
{
    if (iface) {
        free(iface->name);
        free(iface->bridge);
        free(iface->error);
        free(iface->limits_problem);
        free(iface);
    }
}

static ofp_port_t requested_number(const struct ovsdb_row *row)
{
    /* A number that was given before is asked for again, so that it survives restarts. */
    int64_t no = ovsdb_row_int(row, "ofport_request", -1);
    if (no < 0) {
        no = ovsdb_row_int(row, "ofport", -1);
    }
    return no > 0 && no < OFPP_MAX ? (ofp_port_t) no : OFPP_NONE;
}

static void set_bfd(const struct iface *iface, struct ofproto *ofproto, const struct ovsdb_row *row)
{
    struct smap bfd;
    ovsdb_row_smap(row, "bfd", &bfd);
    ofproto_port_set_bfd(ofproto, iface->name, &bfd);
    smap_destroy(&bfd);
}

static char *add_or_change(struct iface *iface, struct ofproto *ofproto, const struct ovsdb_row *row)
{
    const char *mac_text = ovsdb_row_string(row, "mac", NULL);
    struct eth_addr mac;
    if (mac_text && !eth_parse(mac_text, &mac)) {
        return xasprintf("%s: mac \"%s\" is not an Ethernet address", iface->name, mac_text);
    }
    if (mac_text && (mac.ea[0] & 1)) {
        return xasprintf("%s: mac %s is a group address", iface->name, mac_text);
    }

    struct smap options;
    ovsdb_row_smap(row, "options", &options);
    const char *affinity = ovsdb_row_map_get(row, "other_config", "pmd-rxq-affinity", NULL);
    if (affinity) {
        /* To the datapath it is an option like the others. */
        smap_set(&options, "pmd-rxq-affinity", affinity);
    }
    struct ofproto_port_config config = {
        .name = iface->name,
        .type = strcmp(iface->name, iface->bridge) ? ovsdb_row_string(row, "type", "") : "internal",
        .options = &options,
        .requested = requested_number(row),
        .mac = mac_text ? &mac : NULL,
        .mtu = ovsdb_row_int(row, "mtu_request", 0),
    };
    char *error = NULL;
    int errnum = ofproto_port_set(ofproto, &config, &iface->no, &error);
    if (errnum && !error) {
        error = xasprintf("%s: %s", iface->name, strerror(errnum));
    } else if (!errnum) {
        free(error);
        error = NULL;
        set_bfd(iface, ofproto, row);
    }
    smap_destroy(&options);
    return error;
}

/* A port number as OVSDB has it: OpenFlow 1.0's for the local port, -1 for none. */
static int64_t ofport_column(ofp_port_t no)
{
    uint16_t no_10;
    return no != OFPP_NONE && ofp_port_to_10(no, &no_10) ? no_10 : -1;
}

void iface_apply(struct iface *iface, struct ofproto *ofproto, const struct ovsdb_row *row,
                 const char *refusal)
{
    if (!iface->dirty && !iface->error) {
        return;
    }

    bool added = iface->no == OFPP_NONE;
    char *error = refusal ? xstrdup(refusal) : add_or_change(iface, ofproto, row);
    if (error && !refusal && !added) {
        /* Some things, say the number of queues, are for a port's life: it gets another one. */
        ofproto_port_del(ofproto, iface->name);
        iface->no = OFPP_NONE;
        added = true;
        free(error);
        error = add_or_change(iface, ofproto, row);
    }
    if (error) {
        /* The same failure again, from a retry, is no news. */
        if (!iface->error || strcmp(error, iface->error)) {
            log_warn("bridge %s: could not add interface %s: %s", iface->bridge, iface->name, error);
        }
        if (iface->no != OFPP_NONE) {
            ofproto_port_del(ofproto, iface->name);
        }
        iface->no = OFPP_NONE;
    } else if (added) {
        log_info("bridge %s: added interface %s on port %" PRId64, iface->bridge, iface->name,
                 ofport_column(iface->no));
    }
    free(iface->error);
    iface->error = error;
    iface->dirty = false;
}

void iface_write_result(const struct iface *iface, struct ovsdb_txn *txn, const struct ovsdb_row *row)
{
    ovsdb_txn_set_int(txn, row, "ofport", ofport_column(iface->no));
    ovsdb_txn_set_string(txn, row, "error", iface->error);
}

static void write_counters(const struct dp_port_stats *stats, struct ovsdb_txn *txn,
                           const struct ovsdb_row *row)
{
    static const char *const names[] = {
        "rx_packets", "rx_bytes", "rx_dropped", "rx_errors",
        "tx_packets", "tx_bytes", "tx_dropped", "tx_errors",
    };
    const int64_t values[] = {
        stats->rx_packets, stats->rx_bytes, stats->rx_dropped, stats->rx_errors,
        stats->tx_packets, stats->tx_bytes, stats->tx_dropped, stats->tx_errors,
    };
    ovsdb_txn_set_int_map(txn, row, "statistics", names, values, ARRAY_SIZE(names));
}

static void write_optional_int(struct ovsdb_txn *txn, const struct ovsdb_row *row, const char *column,
                               int64_t value)
{
    if (value > 0) {
        ovsdb_txn_set_int(txn, row, column, value);
    } else {
        ovsdb_txn_clear(txn, row, column);
    }
}

static void clear_status(struct ovsdb_txn *txn, const struct ovsdb_row *row)
{
    static const char *const columns[] = { "admin_state", "link_state", "link_speed", "mac_in_use",
                                           "mtu", "ifindex", "status", "statistics", "duplex", "bfd_status" };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_txn_clear(txn, row, columns[i]);
    }
}

/* OVS's keys for the device that a tunnel's packets leave by, and more of the way. */
static void put_tunnel_path(struct smap *map, const struct ofproto_tunnel_path *path)
{
    if (path->device[0]) {
        smap_set(map, "tunnel_egress_iface", path->device);
        smap_set(map, "tunnel_egress_iface_carrier", path->carrier ? "up" : "down");
        smap_set(map, "tunnel_source_ip", path->source);
        smap_set(map, "tunnel_next_hop", path->next_hop);
    }
    if (path->mtu) {
        smap_setf(map, "tunnel_mtu", "%u", path->mtu);
    }
    if (path->problem[0]) {
        smap_set(map, "tunnel_problem", path->problem);
    }
}

void iface_write_status(const struct iface *iface, const struct ofproto *ofproto, struct ovsdb_txn *txn,
                        const struct ovsdb_row *row, bool statistics)
{
    struct ofproto_port_status status;
    if (iface->no == OFPP_NONE || !ofproto_port_status(ofproto, iface->name, &status)) {
        clear_status(txn, row);
        return;
    }

    ovsdb_txn_set_string(txn, row, "admin_state", status.admin_up ? "up" : "down");
    ovsdb_txn_set_string(txn, row, "link_state", status.carrier ? "up" : "down");
    write_optional_int(txn, row, "link_speed", (int64_t) status.speed_mbps * 1000000);
    write_optional_int(txn, row, "mtu", status.mtu);
    ovsdb_txn_set_int(txn, row, "ifindex", status.ifindex);
    ovsdb_txn_set_int(txn, row, "link_resets", status.link_resets);

    struct strbuf mac = STRBUF_INIT;
    eth_format(&mac, status.mac);
    ovsdb_txn_set_string(txn, row, "mac_in_use", strbuf_str(&mac));
    strbuf_destroy(&mac);

    struct smap map = SMAP_INIT;
    smap_set(&map, "driver_name", status.driver ? status.driver : "weft");
    put_tunnel_path(&map, &status.path);
    ofproto_port_details(ofproto, iface->name, &map);
    ovsdb_txn_set_smap(txn, row, "status", &map);
    smap_destroy(&map);

    struct smap bfd = SMAP_INIT;
    ofproto_port_bfd_status(ofproto, iface->name, &bfd);
    ovsdb_txn_set_smap(txn, row, "bfd_status", &bfd);
    smap_destroy(&bfd);

    /* A device that vanished keeps its port number and says what is wrong. */
    if (!iface->error) {
        ovsdb_txn_set_string(txn, row, "error", status.error[0] ? status.error : NULL);
    }
    struct dp_port_stats stats;
    if (statistics && ofproto_port_counters(ofproto, iface->name, &stats)) {
        write_counters(&stats, txn, row);
    }
}
