/* SPDX-License-Identifier: Apache-2.0 */
/* dpif/... and dpctl/...: the datapath and its ports. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "ofproto/backer.h"
#include "ofproto/commands.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/tunnel_port.h"

static const char *datapath_name(void)
{
    struct dp_client *client = backer_client();
    return client ? dp_client_info(client)->name : "ovs-system";
}

/* False: an error was replied. */
static bool get_totals(struct unixctl_conn *conn, struct dp_totals *totals)
{
    struct dp_client *client = backer_client();
    if (!client || backer_check(dp_totals_get(client, totals))) {
        unixctl_reply_error(conn, "the datapath is not running");
        return false;
    }
    return true;
}

static void reply_buffer(struct unixctl_conn *conn, struct strbuf *s)
{
    unixctl_reply(conn, strbuf_str(s));
    strbuf_destroy(s);
}

static int compare_bridges(const void *a_, const void *b_)
{
    const struct ofproto *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static int compare_ports(const void *a_, const void *b_)
{
    const struct ofport *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static void put_port(struct strbuf *s, const struct ofport *port)
{
    uint32_t no = port->no == OFPP_LOCAL ? 65534 : port->no;
    strbuf_putf(s, "    %s %u/", port->name, no);
    uint32_t dp_no = port->tunnel ? tunnel_port_listener(port->tunnel) : port->dp.no;
    if (dp_no != DP_PORT_NONE) {
        strbuf_putf(s, "%u:", dp_no);
    } else {
        strbuf_puts(s, "none:");
    }
    strbuf_putf(s, " (%s", port->type);
    const char *peer = port->is_patch ? smap_get(&port->options, "peer") : NULL;
    if (peer) {
        strbuf_putf(s, ": peer=%s", peer);
    }
    const struct smap_node **sorted = port->tunnel ? smap_sorted(&port->options) : NULL;
    for (size_t i = 0; sorted && i < smap_count(&port->options); i++) {
        strbuf_putf(s, "%s%s=%s", i ? ", " : ": ", sorted[i]->key, sorted[i]->value);
    }
    free(sorted);
    strbuf_puts(s, ")\n");
}

static void put_bridge(struct strbuf *s, const struct ofproto *ofproto)
{
    size_t n = 0;
    const struct ofport **ports = xcalloc(hmap_count(&ofproto->ports->ports) + 1, sizeof *ports);
    struct ofport *port;
    strbuf_putf(s, "  %s:\n", ofproto->name);
    hmap_for_each (port, by_name, &ofproto->ports->ports) {
        ports[n++] = port;
    }
    qsort(ports, n, sizeof *ports, compare_ports);
    for (size_t i = 0; i < n; i++) {
        put_port(s, ports[i]);
    }
    free(ports);
}

static void dpif_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct dp_totals totals;
    if (!get_totals(conn, &totals)) {
        return;
    }
    struct strbuf s = STRBUF_INIT;
    strbuf_putf(&s, "system@%s: hit:%" PRIu64 " missed:%" PRIu64 "\n", datapath_name(), totals.n_hit, totals.n_missed);
    size_t n = 0;
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        n++;
    }
    const struct ofproto **bridges = xcalloc(n + 1, sizeof *bridges);
    n = 0;
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        bridges[n++] = o;
    }
    qsort(bridges, n, sizeof *bridges, compare_bridges);
    for (size_t i = 0; i < n; i++) {
        put_bridge(&s, bridges[i]);
    }
    free(bridges);
    reply_buffer(conn, &s);
}

/* What the datapath can do, under the names by which tools ask. */
static void show_features(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    if (argc > 1 && !ofproto_find(argv[1])) {
        unixctl_reply_error(conn, "no such bridge");
        return;
    }
    unixctl_reply(conn, "Masked set action: Yes\n"
                        "Tunnel push pop: No\n"
                        "Ufid: Yes\n"
                        "Truncate action: Yes\n"
                        "Clone action: Yes\n"
                        "Sample nesting: 10\n"
                        "Conntrack eventmask: No\n"
                        "Conntrack clear: No\n"
                        "Max dp_hash algorithm: 1\n"
                        "Check pkt length action: No\n"
                        "Conntrack timeout policy: No\n"
                        "Explicit Drop action: Yes\n"
                        "Optimized Balance TCP mode: No\n"
                        "Conntrack all-zero IP SNAT: No\n"
                        "MPLS Label add: No\n"
                        "Max VLAN headers: 2\n"
                        "Max MPLS depth: 3\n"
                        "Recirc: Yes\n"
                        "CT state: No\n"
                        "CT zone: No\n"
                        "CT mark: No\n"
                        "CT label: No\n"
                        "CT state NAT: No\n"
                        "CT orig tuple: No\n"
                        "CT orig tuple for IPv6: No\n"
                        "IPv6 ND Extension: Yes\n");
}

static void dump_dps(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    if (backer_connected()) {
        strbuf_putf(&s, "system@%s\n", datapath_name());
    }
    reply_buffer(conn, &s);
}

static void put_totals(struct strbuf *s, const struct dp_totals *totals)
{
    uint64_t lookups = totals->n_hit + totals->n_missed;
    strbuf_putf(s, "system@%s:\n", datapath_name());
    strbuf_putf(s, "  lookups: hit:%" PRIu64 " missed:%" PRIu64 " lost:%" PRIu64 "\n", totals->n_hit, totals->n_missed,
                totals->n_lost);
    strbuf_putf(s, "  flows: %u\n", totals->n_flows);
    strbuf_putf(s, "  masks: hit:%" PRIu64 " total:%u hit/pkt:%.2f\n", totals->n_mask_hit, totals->n_masks,
                lookups ? (double) totals->n_mask_hit / lookups : 0.0);
    strbuf_putf(s, "  cache: hit:%" PRIu64 " hit-rate:%.2f%%\n", totals->n_cache_hit,
                lookups ? 100.0 * totals->n_cache_hit / lookups : 0.0);
}

static void put_port_stats(struct strbuf *s, const struct dp_port_stats *stats)
{
    strbuf_putf(s, "    RX packets:%" PRIu64 " errors:%" PRIu64 " dropped:%" PRIu64 "\n", stats->rx_packets,
                stats->rx_errors, stats->rx_dropped);
    strbuf_putf(s, "    TX packets:%" PRIu64 " errors:%" PRIu64 " dropped:%" PRIu64 "\n", stats->tx_packets,
                stats->tx_errors, stats->tx_dropped);
    strbuf_putf(s, "    RX bytes:%" PRIu64 "  TX bytes:%" PRIu64 "\n", stats->rx_bytes, stats->tx_bytes);
}

/* dpctl/show [-s] [DP] */
static void dpctl_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct dp_totals totals;
    struct dp_port *ports;
    struct dp_port_stats *stats;
    size_t n;
    if (!get_totals(conn, &totals)) {
        return;
    }
    if (backer_check(dp_port_dump(backer_client(), &ports, &stats, &n))) {
        unixctl_reply_error(conn, "the datapath does not answer");
        return;
    }
    bool with_stats = argc > 1 && (!strcmp(argv[1], "-s") || !strcmp(argv[1], "--statistics"));
    struct strbuf s = STRBUF_INIT;
    put_totals(&s, &totals);
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&s, "  port %u: %s", ports[i].no, ports[i].name);
        if (strcmp(ports[i].type, "system")) {
            strbuf_putf(&s, " (%s)", ports[i].type);
        }
        strbuf_putc(&s, '\n');
        if (ports[i].error[0]) {
            strbuf_putf(&s, "    error: %s\n", ports[i].error);
        }
        if (with_stats) {
            put_port_stats(&s, &stats[i]);
        }
    }
    free(ports);
    free(stats);
    reply_buffer(conn, &s);
}

/* Drops by reason, those that happened. */
static void show_drops(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct dp_totals totals;
    if (!get_totals(conn, &totals)) {
        return;
    }
    struct strbuf s = STRBUF_INIT;
    for (unsigned int i = DROP_NONE + 1; i < DROP_N_REASONS; i++) {
        if (totals.drops[i]) {
            strbuf_putf(&s, "%-24s %12" PRIu64 "  %s\n", drop_reason_name(i), totals.drops[i], drop_reason_text(i));
        }
    }
    reply_buffer(conn, &s);
}

void commands_datapath_register(struct unixctl *unixctl)
{
    unixctl_register(unixctl, "dpif/show", "", 0, 0, dpif_show, NULL);
    unixctl_register(unixctl, "dpif/show-dp-features", "[bridge]", 0, 1, show_features, NULL);
    unixctl_register(unixctl, "dpctl/dump-dps", "", 0, 0, dump_dps, NULL);
    unixctl_register(unixctl, "dpctl/show", "[-s] [dp]", 0, 2, dpctl_show, NULL);
    unixctl_register(unixctl, "dpctl/show-drops", "", 0, 0, show_drops, NULL);
}
