/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of IPFIX exporters. */
#include "lib/ofp/ipfix_stats.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/print.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { STATS_LEN = 88, N_COUNTERS = 10 };

void ofp_reply_ipfix_stats(struct ofp_msgs *msgs, const struct ofp_ipfix_stats *is)
{
    const uint64_t counters[N_COUNTERS] = {
        is->total_flows, is->current_flows, is->packets,     is->ipv4_packets, is->ipv6_packets,
        is->errors,      is->ipv4_errors,   is->ipv6_errors, is->tx_packets,   is->tx_errors,
    };
    size_t start = msgs->buf.size;

    for (size_t i = 0; i < N_COUNTERS; i++) {
        put_u64(&msgs->buf, counters[i]);
    }
    put_u32(&msgs->buf, is->collector_set_id);
    put_zeros(&msgs->buf, 4);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_ipfix_stats_next(struct ofp_stats_iter *iter, struct ofp_ipfix_stats *is)
{
    uint64_t *const counters[N_COUNTERS] = {
        &is->total_flows, &is->current_flows, &is->packets,     &is->ipv4_packets,
        &is->ipv6_packets, &is->errors,       &is->ipv4_errors, &is->ipv6_errors,
        &is->tx_packets,  &is->tx_errors,
    };

    if (iter->n < STATS_LEN) {
        return OFPBRC_BAD_LEN;
    }
    for (size_t i = 0; i < N_COUNTERS; i++) {
        *counters[i] = get_u64(iter->p + 8 * i);
    }
    is->collector_set_id = get_u32(iter->p + 8 * N_COUNTERS);
    iter->p += STATS_LEN;
    iter->n -= STATS_LEN;
    return OFPERR_OK;
}

static void format_stats(struct strbuf *s, const struct ofp_ipfix_stats *is, int indent)
{
    strbuf_putf(s, "flows=%llu, current flows=%llu, sampled pkts=%llu, ipv4 ok=%llu, ",
                (unsigned long long) is->total_flows, (unsigned long long) is->current_flows,
                (unsigned long long) is->packets, (unsigned long long) is->ipv4_packets);
    strbuf_putf(s, "ipv6 ok=%llu, tx pkts=%llu\n%*s", (unsigned long long) is->ipv6_packets,
                (unsigned long long) is->tx_packets, indent, "");
    strbuf_putf(s, "pkts errs=%llu, ipv4 errs=%llu, ipv6 errs=%llu, tx errs=%llu\n",
                (unsigned long long) is->errors, (unsigned long long) is->ipv4_errors,
                (unsigned long long) is->ipv6_errors, (unsigned long long) is->tx_errors);
}

enum ofp_error print_ipfix_bridge(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_ipfix_stats is;
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    enum ofp_error error = ofp_ipfix_stats_next(&iter, &is);
    if (!error) {
        strbuf_puts(p->s, "\n  bridge ipfix: ");
        format_stats(p->s, &is, 16);
    }
    return error;
}

enum ofp_error print_ipfix_flow(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    strbuf_putf(p->s, " %zu ids\n", iter.n / STATS_LEN);
    while (iter.n) {
        struct ofp_ipfix_stats is;
        enum ofp_error error = ofp_ipfix_stats_next(&iter, &is);

        if (error) {
            return error;
        }
        strbuf_putf(p->s, "  id %3u: ", is.collector_set_id);
        format_stats(p->s, &is, 10);
    }
    return OFPERR_OK;
}
