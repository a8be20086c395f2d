/* SPDX-License-Identifier: Apache-2.0 */
/* qos/...: the limits of ports and the counters of their queues. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "ofproto/commands.h"
#include "ofproto/port_limits.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"

const char *const ofproto_qos_types[] = { "egress-policer", "linux-hfsc", "linux-htb", "linux-noop", NULL };

/* The port of any bridge; null after an answer that there is none. */
static const struct ofport *find_port(struct unixctl_conn *conn, const char *name)
{
    for (struct ofproto *ofproto = ofproto_first(); ofproto; ofproto = ofproto_next(ofproto)) {
        const struct ofport *port = port_set_find(ofproto->ports, name);
        if (port) {
            return port;
        }
    }
    unixctl_reply_error(conn, "no such interface");
    return NULL;
}

static void show_types(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    const struct ofport *port = find_port(conn, argv[1]);
    struct strbuf s = STRBUF_INIT;
    if (!port) {
        return;
    }
    for (const char *const *type = ofproto_qos_types; ofport_has_device(port) && *type; type++) {
        strbuf_putf(&s, "QoS type: %s\n", *type);
    }
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
}

static void put_number(struct strbuf *s, const char *key, uint64_t value)
{
    if (value) {
        strbuf_putf(s, "  %s: %" PRIu64 "\n", key, value);
    }
}

static void put_queue(struct strbuf *s, const struct ofproto_queue *q, const struct dp_queue_stats *stats)
{
    if (q->dp.id) {
        strbuf_putf(s, "\nQueue %" PRIu32 ":\n", q->dp.id);
    } else {
        strbuf_puts(s, "\nDefault:\n");
    }
    put_number(s, "burst", q->dp.burst);
    put_number(s, "priority", q->priority);
    put_number(s, "min-rate", q->dp.min_rate);
    put_number(s, "max-rate", q->dp.max_rate);
    strbuf_putf(s, "  tx_packets: %" PRIu64 "\n  tx_bytes: %" PRIu64 "\n  tx_errors: %" PRIu64 "\n", stats->packets, stats->bytes,
                stats->dropped);
}

static void show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    const struct ofport *port = find_port(conn, argv[1]);
    struct strbuf s = STRBUF_INIT;
    if (!port) {
        return;
    }
    const struct port_limits *limits = port->limits;
    if (!limits || !*limits->type) {
        strbuf_putf(&s, "QoS not configured on %s\n", port->name);
    } else {
        strbuf_putf(&s, "QoS: %s %s\n", port->name, limits->type);
        const struct smap_node **details = smap_sorted(&limits->details);
        for (size_t i = 0; i < smap_count(&limits->details); i++) {
            strbuf_putf(&s, "%s: %s\n", details[i]->key, details[i]->value);
        }
        free(details);
        struct dp_queue_stats *stats;
        size_t n;
        port_limits_stats(port, &stats, &n);
        for (size_t i = 0; i < n; i++) {
            const struct ofproto_queue *q = port_limits_queue(port, stats[i].id);
            if (q) {
                put_queue(&s, q, &stats[i]);
            }
        }
        free(stats);
    }
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
}

void commands_qos_register(struct unixctl *unixctl)
{
    unixctl_register(unixctl, "qos/show-types", "interface", 1, 1, show_types, NULL);
    unixctl_register(unixctl, "qos/show", "interface", 1, 1, show, NULL);
}
