/* SPDX-License-Identifier: Apache-2.0 */
/* fdb/...: looking at MAC tables and changing them by hand. */
#include <ctype.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "lib/net/flow_text.h"
#include "ofproto/commands.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"

static struct ofproto *find_bridge(struct unixctl_conn *conn, const char *name)
{
    struct ofproto *ofproto = ofproto_find(name);
    if (!ofproto) {
        unixctl_reply_error(conn, "no such bridge");
    }
    return ofproto;
}

static void reply_buffer(struct unixctl_conn *conn, struct strbuf *s)
{
    unixctl_reply(conn, strbuf_str(s));
    strbuf_destroy(s);
}

static void show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct ofproto *ofproto = find_bridge(conn, argv[1]);
    if (!ofproto) {
        return;
    }
    ofproto_push_stats(); /* so that ages are those of the last packets */
    struct mac_entry_info *entries;
    size_t n = mac_table_dump(ofproto->macs, &entries);
    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, " port  VLAN  MAC                Age\n");
    for (size_t i = 0; i < n; i++) {
        const struct mac_entry_info *e = &entries[i];
        struct strbuf port = STRBUF_INIT;
        ofp_port_format(&port, e->port);
        strbuf_putf(&s, "%5s  %4u  ", strbuf_str(&port), e->vlan);
        eth_format(&s, e->mac);
        if (e->is_static) {
            strbuf_puts(&s, "  static\n");
        } else {
            strbuf_putf(&s, "  %3lld\n", (long long) (MAX(clock_ms() - e->used_ms, 0) / 1000));
        }
        strbuf_destroy(&port);
    }
    free(entries);
    reply_buffer(conn, &s);
}

static void flush_one(struct ofproto *ofproto)
{
    if (mac_table_flush(ofproto->macs)) {
        revalidator_wake();
    }
}

static void flush(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    if (argc > 1) {
        struct ofproto *ofproto = find_bridge(conn, argv[1]);
        if (!ofproto) {
            return;
        }
        flush_one(ofproto);
    } else {
        for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
            flush_one(o);
        }
    }
    unixctl_reply(conn, "table successfully flushed");
}

static void show_stats(struct strbuf *s, const struct ofproto *ofproto)
{
    struct mac_table_stats stats;
    mac_table_stats(ofproto->macs, &stats);
    strbuf_putf(s, "Statistics for bridge \"%s\":\n", ofproto->name);
    strbuf_putf(s, "  Current/maximum MAC entries in the table: %zu/%zu\n", stats.n, stats.max);
    strbuf_putf(s, "  Current static MAC entries in the table : %zu\n", stats.n_static);
    strbuf_putf(s, "  Total number of learned MAC entries     : %llu\n", (unsigned long long) stats.learned);
    strbuf_putf(s, "  Total number of expired MAC entries     : %llu\n", (unsigned long long) stats.expired);
    strbuf_putf(s, "  Total number of evicted MAC entries     : %llu\n", (unsigned long long) stats.evicted);
    strbuf_putf(s, "  Total number of port moved MAC entries  : %llu\n", (unsigned long long) stats.moved);
}

static void stats_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    if (argc > 1) {
        struct ofproto *ofproto = find_bridge(conn, argv[1]);
        if (!ofproto) {
            return;
        }
        show_stats(&s, ofproto);
    } else {
        for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
            show_stats(&s, o);
        }
    }
    reply_buffer(conn, &s);
}

static void stats_clear(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    if (argc > 1) {
        struct ofproto *ofproto = find_bridge(conn, argv[1]);
        if (!ofproto) {
            return;
        }
        mac_table_stats_clear(ofproto->macs);
    } else {
        for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
            mac_table_stats_clear(o->macs);
        }
    }
    unixctl_reply(conn, "statistics successfully cleared");
}

/* A VLAN and a MAC address as the commands are given them. False: an error was replied. */
static bool parse_address(struct unixctl_conn *conn, const char *vlan_text, const char *mac_text, uint16_t *vlan,
                          struct eth_addr *mac)
{
    char *end;
    unsigned long v = strtoul(vlan_text, &end, 10);
    if (!isdigit((unsigned char) vlan_text[0]) || *end || v >= VLAN_N) {
        unixctl_reply_error(conn, "invalid vlan");
        return false;
    }
    if (!eth_parse(mac_text, mac) || mac->ea[0] & 1) {
        unixctl_reply_error(conn, "bad MAC address");
        return false;
    }
    *vlan = (uint16_t) v;
    return true;
}

/* fdb/add BRIDGE PORT VLAN MAC */
static void add(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct ofproto *ofproto = find_bridge(conn, argv[1]);
    uint16_t vlan;
    struct eth_addr mac;
    if (!ofproto || !parse_address(conn, argv[3], argv[4], &vlan, &mac)) {
        return;
    }
    const struct ofport *port = port_set_find(ofproto->ports, argv[2]);
    ofp_port_t no;
    if (!port && ofp_port_from_string(argv[2], &no)) {
        port = port_set_by_no(ofproto->ports, no);
    }
    if (!port) {
        unixctl_reply_error(conn, "no such port");
    } else if (!mac_table_add_static(ofproto->macs, mac, vlan, port->no)) {
        unixctl_reply_error(conn, "the table is full of static entries");
    } else {
        revalidator_wake();
        unixctl_reply(conn, NULL);
    }
}

/* fdb/del BRIDGE VLAN MAC */
static void del(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct ofproto *ofproto = find_bridge(conn, argv[1]);
    uint16_t vlan;
    struct eth_addr mac;
    if (!ofproto || !parse_address(conn, argv[2], argv[3], &vlan, &mac)) {
        return;
    }
    if (!mac_table_delete(ofproto->macs, mac, vlan)) {
        unixctl_reply_error(conn, "entry not found");
        return;
    }
    revalidator_wake();
    unixctl_reply(conn, NULL);
}

void commands_fdb_register(struct unixctl *unixctl)
{
    unixctl_register(unixctl, "fdb/show", "bridge", 1, 1, show, NULL);
    unixctl_register(unixctl, "fdb/flush", "[bridge]", 0, 1, flush, NULL);
    unixctl_register(unixctl, "fdb/stats-show", "[bridge]", 0, 1, stats_show, NULL);
    unixctl_register(unixctl, "fdb/stats-clear", "[bridge]", 0, 1, stats_clear, NULL);
    unixctl_register(unixctl, "fdb/add", "bridge port vlan mac", 4, 4, add, NULL);
    unixctl_register(unixctl, "fdb/del", "bridge vlan mac", 3, 3, del, NULL);
}
