/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the limits of ports. */
#include <errno.h>
#include <stdlib.h>

#include "datapath/datapath.h"
#include "datapath/server_request.h"
#include "lib/base/mem.h"

int server_port_qos(struct server *server, struct server_answer *answer)
{
    const struct dp_wire_qos *wire = dp_attr_content(answer->request->attr[DP_A_QOS]);
    const struct dp_attr *a = answer->request->attr[DP_A_QUEUES];
    const struct dp_wire_queue *wire_queues = dp_attr_content(a);
    size_t n = a->len / sizeof *wire_queues;
    struct dp_queue *queues = xcalloc(MAX(n, 1), sizeof *queues);

    for (size_t i = 0; i < n; i++) {
        queues[i] = (struct dp_queue) { wire_queues[i].id, wire_queues[i].min_rate,
                                        wire_queues[i].max_rate, wire_queues[i].burst };
    }
    const struct dp_port_qos config = { .rate = wire->rate,
                                        .burst = wire->burst,
                                        .uncounted = wire->uncounted,
                                        .in_rate = wire->in_rate,
                                        .in_burst = wire->in_burst,
                                        .in_packet_rate = wire->in_packet_rate,
                                        .in_packet_burst = wire->in_packet_burst,
                                        .queues = queues,
                                        .n_queues = n };
    int error = datapath_port_set_qos(server->dp, dp_attr_u32(answer->request->attr[DP_A_PORT_NO]),
                                      &config);
    free(queues);
    return error;
}

int server_port_queues(struct server *server, struct server_answer *answer)
{
    struct dp_queue_stats *stats;
    size_t n;
    int error = datapath_port_queue_stats(
        server->dp, dp_attr_u32(answer->request->attr[DP_A_PORT_NO]), &stats, &n);

    if (error) {
        return error;
    }
    struct dp_wire_queue_stats *wire = xcalloc(MAX(n, 1), sizeof *wire);
    for (size_t i = 0; i < n; i++) {
        wire[i] = (struct dp_wire_queue_stats) { .id = stats[i].id,
                                                 .packets = stats[i].packets,
                                                 .bytes = stats[i].bytes,
                                                 .dropped = stats[i].dropped,
                                                 .duration_ns = stats[i].duration_ns };
    }
    dp_build_put(&answer->b, DP_A_QUEUE_STATS, wire, n * sizeof *wire);
    free(wire);
    free(stats);
    return 0;
}
