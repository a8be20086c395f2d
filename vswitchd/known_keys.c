/* SPDX-License-Identifier: Apache-2.0 */
/* Reports keys of maps that nothing acts on. */
#include "vswitchd/known_keys.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/ovsdb/ovsdb.h"

LOG_MODULE(known_keys);

/* What Weft acts on, by place. A list ends with null. */
static const char *const open_vswitch_keys[] = {
    "flow-limit", "max-idle", "max-revalidator", "n-handler-threads", "n-revalidator-threads",
    "bundle-idle-timeout", "group-limit", "bucket-limit", "meter-limit", "learn-limit", "learned-flow-limit", "resubmit-limit", "monitor-limit", "stats-update-interval", "pmd-cpu-mask",
    "pmd-rxq-assign", "pmd-rxq-isolate", "pmd-sleep-max", "vlan-limit", NULL,
};
static const char *const bridge_keys[] = {
    "datapath-id", "hwaddr", "mac-aging-time", "mac-table-size", "forward-bpdu", "dp-desc", "dp-sn",
    "disable-in-band", "in-band-queue", "arp-suppress", "controller-queue-size", NULL,
};
static const char *const port_keys[] = { "priority-tags", "arp-suppress", NULL };
static const char *const qos_keys[] = { "max-rate", "cir", "cbs", NULL };
static const char *const queue_keys[] = { "min-rate", "max-rate", "burst", NULL };
static const char *const patch_options[] = { "peer", NULL };
static const char *const pcap_options[] = { "rx-file", "tx-file", "rxq_pcap", "tx_pcap", "pcap",
                                            "loop", NULL };
static const char *const dummy_options[] = { "n_rxq", "rxq_pcap", "tx_pcap", "pcap", NULL };
static const char *const internal_options[] = { "n_rxq", "local_ip", "local_netmask", "local_gateway", NULL };
static const char *const vhost_options[] = { "vhost-server-path", "n_rxq", NULL };
static const char *const bfd_keys[] = {
    "enable", "min_rx", "min_tx", "decay_min_rx", "forwarding_if_rx", "cpath_down", "check_tnl_key", "mult",
    "bfd_local_src_mac", "bfd_local_dst_mac", "bfd_remote_dst_mac", "bfd_src_ip", "bfd_dst_ip", NULL,
};
static const char *const tunnel_options[] = {
    "remote_ip", "local_ip", "key", "in_key", "out_key", "dst_port", "tos", "ttl", "df_default", "csum", "egress_pkt_mark",
    "exts", "packet_type", "seq", "psk", "remote_cert", "remote_name", "ipsec_encapsulation", "ipsec_skb_mark", NULL,
};
static const char *const tunnel_types[] = { "vxlan", "geneve", "gre", "ip6gre", "nvgre", NULL };
static const char *const device_options[] = { "n_rxq", NULL };
static const char *const xdp_options[] = { "n_rxq", "n_rxq_desc", "n_txq_desc", "use-need-wakeup", "xdp-mode", NULL };

/* Keys that Open vSwitch acts on where Weft does not: known words, so no suggestion is made. */
static const char *const other_keys[] = {
    "hw-offload", "dpdk-init", "userspace-tso-enable", "flow-restore-wait",
    "enable-statistics", "stp-priority", "rstp-priority", "mcast-snooping-aging-time",
    "mcast-snooping-table-size", "bond-detect-mode", "lacp-time", "qinq-ethtype",
    "remote_ip", "local_ip", "key", "in_key", "out_key", "dst_port", "tos", "ttl", "df_default", "csum",
    "xdp-mode", "oam", "priority", "eir", "ebs", NULL,
};

enum { MAX_DISTANCE = 3, MAX_KEY = 40 };

/* Levenshtein's distance between two short words. */
static unsigned int distance(const char *a, const char *b)
{
    unsigned int row[MAX_KEY + 1];
    size_t n = strlen(b);
    if (n > MAX_KEY || strlen(a) > MAX_KEY) {
        return MAX_KEY;
    }
    for (size_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        unsigned int diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            unsigned int replace = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(replace, MIN(row[j], row[j + 1]) + 1);
        }
    }
    return row[n];
}

static bool contains(const char *const *list, const char *key)
{
    for (; *list; list++) {
        if (!strcmp(*list, key)) {
            return true;
        }
    }
    return false;
}

static const char *nearest(const char *const *list, const char *key)
{
    const char *best = NULL;
    unsigned int best_distance = MAX_DISTANCE + 1;
    for (; *list; list++) {
        unsigned int d = distance(key, *list);
        if (d < best_distance) {
            best = *list;
            best_distance = d;
        }
    }
    return best;
}

static void check_map(const struct ovsdb_row *row, const char *name, const char *column,
                      const char *const *known)
{
    struct smap map;
    ovsdb_row_smap(row, column, &map);
    const struct smap_node *node;
    smap_for_each (node, &map) {
        if (contains(known, node->key)) {
            continue;
        }
        const char *suggestion = contains(other_keys, node->key) ? NULL : nearest(known, node->key);
        if (suggestion) {
            log_warn("%s: %s:%s is not known; did you mean %s?", name, column, node->key, suggestion);
        } else {
            log_warn("%s: %s:%s is not supported and has no effect", name, column, node->key);
        }
    }
    smap_destroy(&map);
}

/* Columns whose features Weft does not have: said, rather than ignored. */
static void check_empty(const struct ovsdb_row *row, const char *name, const char *const *columns)
{
    for (; *columns; columns++) {
        if (ovsdb_row_has(row, *columns)) {
            log_warn("%s: %s is not supported and has no effect", name, *columns);
        }
    }
}

void known_keys_check_interface(const struct ovsdb_row *row)
{
    static const char *const columns[] = { "cfm_mpid", NULL };
    const char *name = ovsdb_row_string(row, "name", "");
    const char *type = ovsdb_row_string(row, "type", "");
    check_map(row, name, "options",
              !strcmp(type, "patch") ? patch_options
              : contains(tunnel_types, type)            ? tunnel_options
              : !strcmp(type, "afxdp") ? xdp_options
              : !strcmp(type, "pcap") ? pcap_options
              : !strcmp(type, "dummy") ? dummy_options
              : !strcmp(type, "internal") ? internal_options
              : strstr(type, "vhostuser")                        ? vhost_options
                                                                : device_options);
    check_map(row, name, "bfd", bfd_keys);
    check_empty(row, name, columns);
}

void known_keys_check_qos(const struct ovsdb_row *row)
{
    check_map(row, "QoS", "other_config", qos_keys);
}

void known_keys_check_queue(const struct ovsdb_row *row)
{
    check_map(row, "Queue", "other_config", queue_keys);
}

void known_keys_check_bridge(const struct ovsdb_row *row)
{
    static const char *const columns[] = { "mirrors", "netflow", "sflow", "ipfix", "auto_attach", NULL };
    const char *name = ovsdb_row_string(row, "name", "");
    check_map(row, name, "other_config", bridge_keys);
    check_empty(row, name, columns);
    if (ovsdb_row_bool(row, "stp_enable", false) || ovsdb_row_bool(row, "rstp_enable", false)) {
        log_warn("%s: spanning tree is not supported and has no effect", name);
    }
    if (ovsdb_row_bool(row, "mcast_snooping_enable", false)) {
        log_warn("%s: multicast snooping is not supported: multicast is flooded", name);
    }
}

void known_keys_check_port(const struct ovsdb_row *row)
{
    static const char *const columns[] = { "lacp", "cvlans", NULL };
    const char *name = ovsdb_row_string(row, "name", "");
    check_map(row, name, "other_config", port_keys);
    check_empty(row, name, columns);
}

void known_keys_check_open_vswitch(const struct ovsdb_row *row)
{
    check_map(row, "Open_vSwitch", "other_config", open_vswitch_keys);
}
