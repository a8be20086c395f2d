/* SPDX-License-Identifier: Apache-2.0 */
/* Printing ports and queues. */
#include "lib/ofp/print.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/names.h"

static const struct bit_name config_names[] = {
    { OFPPC_PORT_DOWN, "PORT_DOWN" }, { OFPPC_NO_STP, "NO_STP" },
    { OFPPC_NO_RECV, "NO_RECV" },     { OFPPC_NO_RECV_STP, "NO_RECV_STP" },
    { OFPPC_NO_FLOOD, "NO_FLOOD" },   { OFPPC_NO_FWD, "NO_FWD" },
    { OFPPC_NO_PACKET_IN, "NO_PACKET_IN" },
};

static const struct bit_name state_names[] = {
    { OFPPS_LINK_DOWN, "LINK_DOWN" },
    { OFPPS_BLOCKED, "BLOCKED" },
    { OFPPS_LIVE, "LIVE" },
};

static const struct bit_name feature_names[] = {
    { 1 << 0, "10MB-HD" },  { 1 << 1, "10MB-FD" },   { 1 << 2, "100MB-HD" }, { 1 << 3, "100MB-FD" },
    { 1 << 4, "1GB-HD" },   { 1 << 5, "1GB-FD" },    { 1 << 6, "10GB-FD" },  { 1 << 7, "40GB-FD" },
    { 1 << 8, "100GB-FD" }, { 1 << 9, "1TB-FD" },    { 1 << 10, "OTHER" },   { 1 << 11, "COPPER" },
    { 1 << 12, "FIBER" },   { 1 << 13, "AUTO_NEG" }, { 1 << 14, "AUTO_PAUSE" },
    { 1 << 15, "AUTO_PAUSE_ASYM" },
};

static void put_features(struct strbuf *s, const char *title, uint32_t features)
{
    if (features) {
        strbuf_putf(s, "     %-12s", title);
        print_bits(s, features, feature_names, ARRAY_SIZE(feature_names), "0");
        strbuf_putc(s, '\n');
    }
}

static void put_state(struct strbuf *s, uint32_t state)
{
    static const char *const stp[] = { "", "STP_LEARN", "STP_FORWARD", "STP_BLOCK" };

    /* Without a blank between, as ovs-ofctl does. */
    strbuf_puts(s, stp[(state & OFPPS_STP_MASK) >> 8]);
    print_bits(s, state & ~(uint32_t) OFPPS_STP_MASK, state_names, ARRAY_SIZE(state_names),
               state & OFPPS_STP_MASK ? "" : "0");
}

static void put_mac(struct strbuf *s, struct eth_addr mac)
{
    strbuf_putf(s, "%02x:%02x:%02x:%02x:%02x:%02x", mac.ea[0], mac.ea[1], mac.ea[2], mac.ea[3],
                mac.ea[4], mac.ea[5]);
}

void print_phy_port(struct strbuf *s, const struct ofp_phy_port *port)
{
    strbuf_putc(s, ' ');
    ofp_port_format(s, port->no);
    strbuf_putf(s, "(%s): addr:", port->name);
    put_mac(s, port->mac);
    strbuf_puts(s, "\n     config:     ");
    print_bits(s, port->config, config_names, ARRAY_SIZE(config_names), "0");
    strbuf_puts(s, "\n     state:      ");
    put_state(s, port->state);
    strbuf_putc(s, '\n');
    put_features(s, "current:", port->curr);
    put_features(s, "advertised:", port->advertised);
    put_features(s, "supported:", port->supported);
    put_features(s, "peer:", port->peer);
    strbuf_putf(s, "     speed: %u Mbps now, %u Mbps max\n", port->curr_speed / 1000,
                port->max_speed / 1000);
    port_props_format_optics(s, &port->optics);
}

enum ofp_error print_port_status(struct printer *p, const struct ofp_message *msg)
{
    static const char *const reasons[] = { "ADD", "DEL", "MOD" };

    strbuf_putf(p->s, " %s:", reasons[msg->u.port_status.reason]);
    print_phy_port(p->s, &msg->u.port_status.port);
    return OFPERR_OK;
}

enum ofp_error print_port_mod(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_port_mod *pm = &msg->u.port_mod;

    strbuf_puts(p->s, " port: ");
    names_format_port(p->s, pm->no, p->names);
    strbuf_puts(p->s, ": addr:");
    put_mac(p->s, pm->mac);
    strbuf_puts(p->s, "\n     config: ");
    print_bits(p->s, pm->config, config_names, ARRAY_SIZE(config_names), "0");
    strbuf_puts(p->s, "\n     mask:   ");
    print_bits(p->s, pm->mask, config_names, ARRAY_SIZE(config_names), "0");
    strbuf_puts(p->s, "\n     advertise: ");
    print_bits(p->s, pm->advertise, feature_names, ARRAY_SIZE(feature_names), "UNCHANGED");
    strbuf_putc(p->s, '\n');
    port_props_format_optics_mod(p->s, &pm->optics);
    return OFPERR_OK;
}

enum ofp_error print_port_desc_request(struct printer *p, const struct ofp_message *msg)
{
    strbuf_puts(p->s, " port=");
    names_format_port(p->s, msg->u.port_stats_request.port, p->names);
    return OFPERR_OK;
}

static int compare_ports(const void *a_, const void *b_)
{
    const struct ofp_phy_port *a = a_, *b = b_;

    return a->no < b->no ? -1 : a->no > b->no;
}

enum ofp_error print_phy_ports(struct strbuf *s, struct ofp_stats_iter iter)
{
    struct ofp_phy_port *ports = NULL;
    size_t n = 0, allocated = 0;
    enum ofp_error error = OFPERR_OK;

    while (iter.n && !error) {
        if (n == allocated) {
            ports = grow_array(ports, &allocated, sizeof *ports);
        }
        error = ofp_phy_port_next(&iter, &ports[n]);
        n += !error;
    }
    if (n) {
        qsort(ports, n, sizeof *ports, compare_ports);
    }
    for (size_t i = 0; i < n; i++) {
        print_phy_port(s, &ports[i]);
    }
    free(ports);
    return error;
}

enum ofp_error print_port_desc(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    strbuf_putc(p->s, '\n');
    ofp_stats_iter_init(&iter, msg);
    return print_phy_ports(p->s, iter);
}

enum ofp_error print_port_stats_request(struct printer *p, const struct ofp_message *msg)
{
    strbuf_puts(p->s, " port_no=");
    names_format_port(p->s, msg->u.port_stats_request.port, p->names);
    return OFPERR_OK;
}

/* "name=5" or "name=?", and what follows. */
static void put_counter(struct strbuf *s, const char *name, uint64_t value, const char *behind)
{
    if (value == UINT64_MAX) {
        strbuf_putf(s, "%s=?%s", name, behind);
    } else {
        strbuf_putf(s, "%s=%llu%s", name, (unsigned long long) value, behind);
    }
}

/* How many elements there are up to the first that cannot be read. */
static size_t count_ports(struct ofp_stats_iter iter)
{
    struct ofp_port_stats ps;
    size_t n = 0;

    while (iter.n && !ofp_port_stats_next(&iter, &ps)) {
        n++;
    }
    return n;
}

static size_t count_queues(struct ofp_stats_iter iter)
{
    struct ofp_queue_stats qs;
    size_t n = 0;

    while (iter.n && !ofp_queue_stats_next(&iter, &qs)) {
        n++;
    }
    return n;
}

static void put_port_stats(struct printer *p, const struct ofp_port_stats *ps, bool duration)
{
    struct strbuf *s = p->s;

    strbuf_puts(s, "  port ");
    if (ps->no < 10) {
        strbuf_putc(s, ' ');
    }
    names_format_port(s, ps->no, p->names);
    strbuf_puts(s, ": rx ");
    put_counter(s, "pkts", ps->rx_packets, ", ");
    put_counter(s, "bytes", ps->rx_bytes, ", ");
    put_counter(s, "drop", ps->rx_dropped, ", ");
    put_counter(s, "errs", ps->rx_errors, ", ");
    put_counter(s, "frame", ps->rx_frame_err, ", ");
    put_counter(s, "over", ps->rx_over_err, ", ");
    put_counter(s, "crc", ps->rx_crc_err, "\n           tx ");
    put_counter(s, "pkts", ps->tx_packets, ", ");
    put_counter(s, "bytes", ps->tx_bytes, ", ");
    put_counter(s, "drop", ps->tx_dropped, ", ");
    put_counter(s, "errs", ps->tx_errors, ", ");
    put_counter(s, "coll", ps->collisions, "\n");
    if (duration && ps->duration_sec != UINT32_MAX) {
        strbuf_puts(s, "           duration=");
        print_duration(s, ps->duration_sec, ps->duration_nsec);
        strbuf_putc(s, '\n');
    }
    port_props_format_optics_stats(s, &ps->optics);
    port_props_format_rfc2819(s, &ps->rfc2819);
}

enum ofp_error print_port_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    strbuf_putf(p->s, " %zu ports\n", count_ports(iter));
    while (iter.n && p->verbosity >= 1) {
        struct ofp_port_stats ps;
        enum ofp_error error = ofp_port_stats_next(&iter, &ps);

        if (error) {
            return error;
        }
        put_port_stats(p, &ps, msg->version >= OFP13);
    }
    return OFPERR_OK;
}

enum ofp_error print_queue_stats_request(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_queue_stats_request *r = &msg->u.queue_stats_request;

    strbuf_puts(p->s, " port=");
    names_format_port(p->s, r->port == OFPP_ALL ? OFPP_NONE : r->port, p->names);
    if (r->queue == OFPQ_ALL) {
        strbuf_puts(p->s, " queue=ALL");
    } else {
        strbuf_putf(p->s, " queue=%u", r->queue);
    }
    return OFPERR_OK;
}

enum ofp_error print_queue_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    strbuf_putf(p->s, " %zu queues\n", count_queues(iter));
    while (iter.n && p->verbosity >= 1) {
        struct ofp_queue_stats qs;
        enum ofp_error error = ofp_queue_stats_next(&iter, &qs);

        if (error) {
            return error;
        }
        strbuf_puts(p->s, "  port ");
        names_format_port(p->s, qs.port, p->names);
        strbuf_putf(p->s, " queue %u: ", qs.queue);
        put_counter(p->s, "bytes", qs.tx_bytes, ", ");
        put_counter(p->s, "pkts", qs.tx_packets, ", ");
        put_counter(p->s, "errors", qs.tx_errors, ", ");
        strbuf_puts(p->s, "duration=");
        if (qs.duration_sec == UINT32_MAX) {
            strbuf_putc(p->s, '?');
        } else {
            print_duration(p->s, qs.duration_sec, qs.duration_nsec);
        }
        strbuf_putc(p->s, '\n');
    }
    return OFPERR_OK;
}
