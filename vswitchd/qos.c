/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of ports: reads QoS, Queue and Interface.ingress_policing_*. Keys, units and defaults are those of the ovs-vswitchd.conf.db
 * manual; what cannot be done is said. */
#include "vswitchd/qos.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/headers.h"
#include "lib/ovsdb/ovsdb.h"
#include "ofproto/ofproto.h"

enum {
    MTU_BITS = 1500 * 8,              /* the least that a queue is guaranteed */
    MIN_BURST = (1500 + 64) * 8,      /* bits, that a queue can do with */
    SUPER_PACKET = 65536 * 8,         /* bits that may come at once */
    BURSTS_PER_SECOND = 20,           /* a burst that nobody gave is the rate by this */
    DEFAULT_POLICING_KBITS = 8000,
    DEFAULT_POLICING_KPKTS = 16,
};

/* What is being made of the rows. */
struct reader {
    struct ofproto_limits limits;
    struct ofproto_queue *queues;
    struct smap details;
    struct strbuf problems;
};

static void complain(struct reader *r, char *what)
{
    strbuf_putf(&r->problems, "%s%s", r->problems.length ? "; " : "", what);
    free(what);
}

/* A number of other_config, 0 if it is not there. */
static uint64_t get_number(struct reader *r, const struct ovsdb_row *row, const char *key)
{
    const char *text = row ? ovsdb_row_map_get(row, "other_config", key, NULL) : NULL;
    char *end;
    if (!text) {
        return 0;
    }
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char) *text) || *end || errno) {
        complain(r, xasprintf("%s=%s is not a number", key, text));
        return 0;
    }
    return value;
}

static uint64_t default_burst(uint64_t rate)
{
    return MAX(rate / BURSTS_PER_SECOND, (uint64_t) SUPER_PACKET);
}

static uint64_t times(uint64_t value, uint64_t factor)
{
    return value > UINT64_MAX / factor ? UINT64_MAX : value * factor;
}

static void read_policer(struct reader *r, const struct ovsdb_row *row)
{
    uint64_t cir = get_number(r, row, "cir"), cbs = get_number(r, row, "cbs");
    if (!cir || !cbs) {
        complain(r, xstrdup("egress-policer needs other_config:cir and other_config:cbs"));
        return;
    }
    r->limits.qos.rate = times(cir, 8);
    r->limits.qos.burst = times(cbs, 8);
    r->limits.qos.uncounted = ETH_HEADER_LEN; /* bytes of IP are meant */
    smap_setf(&r->details, "cir", "%" PRIu64, cir);
    smap_setf(&r->details, "cbs", "%" PRIu64, cbs);
}

/* 'row' is null for a queue that is there without being configured. 'port_rate' is 0 if the port has none. */
static struct ofproto_queue read_queue(struct reader *r, const struct ovsdb_row *row, uint32_t id, uint64_t port_rate)
{
    struct ofproto_queue q = { .dp.id = id, .dscp = -1 };
    uint64_t max = get_number(r, row, "max-rate"), burst = get_number(r, row, "burst");
    q.dp.min_rate = MAX(get_number(r, row, "min-rate"), (uint64_t) MTU_BITS);
    q.dp.max_rate = max ? MAX(max, q.dp.min_rate) : port_rate;
    if (port_rate) {
        q.dp.max_rate = MIN(q.dp.max_rate, port_rate);
        q.dp.min_rate = MIN(q.dp.min_rate, port_rate);
    }
    q.dp.burst = burst ? MAX(burst, (uint64_t) MIN_BURST) : default_burst(q.dp.max_rate);
    q.priority = get_number(r, row, "priority");
    q.dscp = row ? (int) ovsdb_row_int(row, "dscp", -1) : -1;
    return q;
}

static void add_queue(struct reader *r, const struct ovsdb_row *row, uint32_t id, uint64_t port_rate)
{
    r->queues[r->limits.n_queues++] = read_queue(r, row, id, port_rate);
}

static uint64_t link_rate(const struct ofproto *ofproto, const char *name)
{
    struct ofproto_port_status status;
    return ofproto_port_status(ofproto, name, &status) ? status.speed_mbps * UINT64_C(1000000) : 0;
}

/* Queue 0 is always there. */
static void read_shaper(struct reader *r, const struct ovsdb_row *row, uint64_t link)
{
    uint64_t max = get_number(r, row, "max-rate"), rate = max ? max : link, guaranteed = 0;
    size_t n = ovsdb_row_n(row, "queues");
    r->queues = xcalloc(n + 1, sizeof *r->queues);
    if (!n || ovsdb_row_int_at(row, "queues", 0)) {
        add_queue(r, NULL, 0, rate);
    }
    for (size_t i = 0; i < n; i++) {
        int64_t id = ovsdb_row_int_at(row, "queues", i);
        if (id >= DP_QOS_MAX_QUEUE_ID || r->limits.n_queues == DP_QOS_MAX_QUEUES) {
            complain(r, xasprintf("queue %" PRId64 " is not possible: at most %d, with numbers below %d", id, DP_QOS_MAX_QUEUES,
                                  DP_QOS_MAX_QUEUE_ID));
            break;
        }
        add_queue(r, ovsdb_row_ref_value_at(row, "queues", i), (uint32_t) id, rate);
    }
    for (size_t i = 0; i < r->limits.n_queues; i++) {
        guaranteed += r->queues[i].dp.min_rate;
    }
    if (rate && guaranteed > rate) {
        complain(r, xasprintf("the queues' min-rates come to %" PRIu64 ", more than the port's %" PRIu64, guaranteed, rate));
    }
    r->limits.qos.rate = rate;
    r->limits.qos.burst = default_burst(rate);
    if (rate) {
        smap_setf(&r->details, "max-rate", "%" PRIu64, rate);
    }
}

static void read_qos(struct reader *r, const struct ovsdb_row *row, uint64_t link)
{
    const char *type = ovsdb_row_string(row, "type", "");
    if (!*type || !strcmp(type, "linux-noop")) {
        return; /* what others set up is left alone */
    }
    if (!strcmp(type, "egress-policer")) {
        read_policer(r, row);
        if (ovsdb_row_has(row, "queues")) {
            complain(r, xstrdup("egress-policer has no queues"));
        }
    } else if (!strcmp(type, "linux-htb") || !strcmp(type, "linux-hfsc")) {
        read_shaper(r, row, link);
    } else {
        complain(r, xasprintf("QoS type %s is not supported", type));
        return;
    }
    r->limits.type = type;
}

static void read_policing(struct reader *r, const struct ovsdb_row *row)
{
    struct dp_port_qos *qos = &r->limits.qos;
    uint64_t rate = (uint64_t) ovsdb_row_int(row, "ingress_policing_rate", 0);
    uint64_t burst = (uint64_t) ovsdb_row_int(row, "ingress_policing_burst", 0);
    uint64_t packet_rate = (uint64_t) ovsdb_row_int(row, "ingress_policing_kpkts_rate", 0);
    uint64_t packet_burst = (uint64_t) ovsdb_row_int(row, "ingress_policing_kpkts_burst", 0);
    if (rate) {
        qos->in_rate = times(rate, 1000);
        qos->in_burst = times(burst ? burst : DEFAULT_POLICING_KBITS, 1000);
    }
    if (packet_rate) {
        qos->in_packet_rate = times(packet_rate, 1000);
        qos->in_packet_burst = times(packet_burst ? packet_burst : DEFAULT_POLICING_KPKTS, 1000);
    }
}

char *qos_apply(struct ofproto *ofproto, const struct ovsdb_row *port, const struct ovsdb_row *iface)
{
    const char *name = ovsdb_row_string(iface, "name", "");
    const struct ovsdb_row *row = ovsdb_row_ref(port, "qos");
    struct reader r = { .problems = STRBUF_INIT };
    smap_init(&r.details);
    if (row) {
        read_qos(&r, row, link_rate(ofproto, name));
    }
    read_policing(&r, iface);
    r.limits.details = &r.details;
    r.limits.queues = r.queues;
    char *error = ofproto_port_set_limits(ofproto, name, &r.limits);
    if (error) {
        complain(&r, error);
    }
    char *problems = r.problems.length ? xstrdup(strbuf_str(&r.problems)) : NULL;
    strbuf_destroy(&r.problems);
    smap_destroy(&r.details);
    free(r.queues);
    return problems;
}
