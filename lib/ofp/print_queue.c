/* SPDX-License-Identifier: Apache-2.0 */
/* Printing the configuration of queues. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"
#include "lib/ofp/stats.h"

enum { RATE_FULL = 1000 };

static void put_port(struct printer *p, ofp_port_t port)
{
    strbuf_puts(p->s, "port=");
    names_format_port(p->s, port, p->names);
}

enum ofp_error print_queue_config_request(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_queue_config_request *r = &msg->u.queue_config_request;

    strbuf_putc(p->s, ' ');
    put_port(p, r->port);
    if (r->queue != OFPQ_ALL) {
        strbuf_putf(p->s, " queue=%u", r->queue);
    }
    return OFPERR_OK;
}

static void put_rate(struct strbuf *s, const char *name, uint16_t rate)
{
    if (rate <= RATE_FULL) {
        strbuf_putf(s, " %s:%u.%u%%", name, rate / 10, rate % 10);
    } else if (rate != OFP_QUEUE_RATE_NONE) {
        strbuf_putf(s, " %s:(disabled)", name);
    }
}

static int compare_queues(const void *a_, const void *b_)
{
    const struct ofp_queue_config *a = a_, *b = b_;

    if (a->port != b->port) {
        return a->port < b->port ? -1 : 1;
    }
    return a->queue < b->queue ? -1 : a->queue > b->queue;
}

static void put_queues(struct printer *p, struct ofp_queue_config *queues, size_t n)
{
    qsort(queues, n, sizeof *queues, compare_queues);
    strbuf_putc(p->s, ' ');
    for (size_t i = 0; i < n; i++) {
        if (!i || queues[i].port != queues[i - 1].port) {
            put_port(p, queues[i].port);
            strbuf_putc(p->s, '\n');
        }
        strbuf_putf(p->s, "queue %u:", queues[i].queue);
        put_rate(p->s, "min_rate", queues[i].min_rate);
        put_rate(p->s, "max_rate", queues[i].max_rate);
        strbuf_putc(p->s, '\n');
    }
}

enum ofp_error print_queue_config(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofp_queue_config *queues = NULL;
    size_t n = 0, allocated = 0;
    ofp_port_t port;
    enum ofp_error error = ofp_queue_config_iter_init(&iter, msg, &port);

    while (iter.n && !error) {
        if (n == allocated) {
            queues = grow_array(queues, &allocated, sizeof *queues);
        }
        error = ofp_queue_config_next(&iter, &queues[n]);
        if (!error && msg->version < OFP14) {
            queues[n].port = port; /* which is ANY if the reply is about all */
        }
        n += !error;
    }
    if (n) {
        put_queues(p, queues, n);
    }
    free(queues);
    return error;
}
