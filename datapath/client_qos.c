/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of ports as clients set them, and the counters of queues. */
#include <errno.h>
#include <stdlib.h>

#include "datapath/client_request.h"
#include "lib/base/mem.h"

int dp_port_set_qos(struct dp_client *client, uint32_t no, const struct dp_port_qos *qos)
{
    struct dp_parsed answer;

    if (client->info.version < DP_PROTOCOL_QOS) {
        return EOPNOTSUPP;
    }
    if (qos->n_queues > DP_QOS_MAX_QUEUES) {
        return EINVAL;
    }
    const struct dp_wire_qos wire = { .rate = qos->rate,
                                      .burst = qos->burst,
                                      .in_rate = qos->in_rate,
                                      .in_burst = qos->in_burst,
                                      .in_packet_rate = qos->in_packet_rate,
                                      .in_packet_burst = qos->in_packet_burst,
                                      .uncounted = qos->uncounted };
    struct dp_wire_queue *queues = xcalloc(MAX(qos->n_queues, 1), sizeof *queues);
    for (size_t i = 0; i < qos->n_queues; i++) {
        const struct dp_queue *q = &qos->queues[i];
        if (q->id >= DP_QOS_MAX_QUEUE_ID || (i && q->id <= qos->queues[i - 1].id)) {
            free(queues);
            return EINVAL;
        }
        queues[i] = (struct dp_wire_queue) {
            .id = q->id, .min_rate = q->min_rate, .max_rate = q->max_rate, .burst = q->burst
        };
    }
    struct dp_builder *b = dp_request_start(client, DP_MSG_PORT_QOS);
    dp_build_u32(b, DP_A_PORT_NO, no);
    dp_build_put(b, DP_A_QOS, &wire, sizeof wire);
    dp_build_put(b, DP_A_QUEUES, queues, qos->n_queues * sizeof *queues);
    free(queues);
    return dp_request_call(client, &answer, NULL);
}

int dp_port_queue_stats(struct dp_client *client, uint32_t no, struct dp_queue_stats **stats,
                        size_t *n)
{
    struct dp_parsed answer;

    *stats = NULL;
    *n = 0;
    if (client->info.version < DP_PROTOCOL_QOS) {
        return EOPNOTSUPP;
    }
    dp_build_u32(dp_request_start(client, DP_MSG_PORT_QUEUES), DP_A_PORT_NO, no);
    int error = dp_request_call(client, &answer, NULL);
    if (error) {
        return error;
    }
    const struct dp_attr *a = answer.attr[DP_A_QUEUE_STATS];
    const struct dp_wire_queue_stats *wire = dp_attr_content(a);
    *n = a->len / sizeof *wire;
    *stats = xcalloc(MAX(*n, 1), sizeof **stats);
    for (size_t i = 0; i < *n; i++) {
        (*stats)[i] = (struct dp_queue_stats) { .id = wire[i].id,
                                                .packets = wire[i].packets,
                                                .bytes = wire[i].bytes,
                                                .dropped = wire[i].dropped,
                                                .duration_ns = wire[i].duration_ns };
    }
    return 0;
}
