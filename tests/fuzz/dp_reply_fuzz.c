/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile answers to the datapath's client.
 *
 * Input: a byte that picks the request, then answers: a byte of header flags, a byte of error, two
 * bytes of length (little endian) and the body. Headers are right otherwise, so that the fuzzer
 * need not find them out. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datapath/client_request.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"

static bool look_at_flow(void *aux, const struct dp_flow *flow)
{
    size_t *n = aux;

    *n += flow->actions_size + flow->key->lines + flow->mask->lines;
    return true;
}

static void request_ports(struct dp_client *client, int which)
{
    struct dp_port_change change = { .mtu = 9000 };
    struct dp_port_stats *stats;
    struct dp_port port, *ports;
    struct smap options = SMAP_INIT;
    char *error = NULL;
    uint32_t no = 1;
    bool deleted;
    size_t n;

    switch (which) {
    case 0:
        (void) !dp_port_add(client, "p", "dummy", &options, &no, &error);
        break;
    case 1:
        (void) !dp_port_set(client, 1, &change, &error);
        break;
    case 2:
        (void) !dp_port_find(client, "p", &port);
        break;
    case 3:
        if (!dp_port_dump(client, &ports, &stats, &n)) {
            free(ports);
            free(stats);
        }
        break;
    default:
        client->seq = 0;
        if (!dp_port_events_open(client)) {
            (void) !dp_port_event_recv(client, &port, &deleted);
        }
        break;
    }
    free(error);
}

static void request_others(struct dp_client *client, int which)
{
    struct dp_op ops[2] = { { .type = DP_OP_FLOW_DEL }, { .type = DP_OP_FLOW_DEL } };
    static const char *const argv[] = { "version" };
    struct strbuf reply = STRBUF_INIT;
    struct dp_totals totals;
    struct dp_flow flow;
    struct uuid ufid = { { 0 } };
    char *error = NULL;
    size_t n = 0;

    switch (which) {
    case 0:
        (void) !dp_operate(client, ops, 2);
        break;
    case 1:
        (void) !dp_flow_dump(client, look_at_flow, &n);
        break;
    case 2:
        if (!dp_flow_get(client, &ufid, &flow)) {
            look_at_flow(&n, &flow);
        }
        break;
    case 3:
        (void) !dp_totals_get(client, &totals);
        break;
    case 4:
        dp_upcalls_close(dp_upcalls_open(client, 2, &error));
        break;
    case 5:
        dp_stats_close(dp_stats_open(client, &error));
        break;
    default:
        (void) !dp_command(client, 1, argv, &reply);
        break;
    }
    free(error);
    strbuf_destroy(&reply);
}

static bool look_at_select(void *aux, const struct dp_select *select)
{
    size_t *n = aux;

    *n += select->slots[select->n_slots - 1];
    return true;
}

static bool look_at_meter(void *aux, uint32_t id, const struct dp_meter_config *config,
                          const struct dp_meter_stats *stats)
{
    size_t *n = aux;

    *n += config->bands[config->n_bands % DP_METER_MAX_BANDS].rate + stats->n_bands;
    return true;
}

static void request_select(struct dp_client *client, int which)
{
    static const uint16_t slots[2] = { 0, 1 };
    struct dp_meter_config config = { .flags = DP_METER_KBPS };
    struct dp_meter_stats meter_stats;
    struct dp_select_stats stats[2];
    size_t n = 0;

    switch (which) {
    case 0:
        (void) !dp_select_put(client, 1, slots, 2, 2);
        break;
    case 1:
        (void) !dp_select_stats(client, 1, stats, 2);
        break;
    case 2:
        (void) !dp_select_dump(client, look_at_select, &n);
        break;
    case 3:
        (void) !dp_meter_set(client, 1, &config);
        break;
    case 4:
        (void) !dp_meter_del(client, 1, &meter_stats);
        break;
    case 5:
        (void) !dp_meter_stats(client, 1, &meter_stats);
        break;
    case 7: {
        struct dp_queue_stats *queues;
        if (!dp_port_queue_stats(client, 1, &queues, &n)) {
            free(queues);
        }
        break;
    }
    default:
        (void) !dp_meter_dump(client, look_at_meter, &n);
        break;
    }
}

static const uint16_t types[] = { DP_MSG_PORT_ADD,     DP_MSG_PORT_SET,    DP_MSG_PORT_GET,
                                  DP_MSG_PORT_DUMP,    DP_MSG_PORT_EVENTS, DP_MSG_OPERATE,
                                  DP_MSG_FLOW_DUMP,    DP_MSG_FLOW_GET,    DP_MSG_TOTALS,
                                  DP_MSG_UPCALLS_OPEN, DP_MSG_STATS_OPEN,  DP_MSG_COMMAND,
                                  DP_MSG_SELECT_PUT,   DP_MSG_SELECT_STATS, DP_MSG_SELECT_DUMP,
                                  DP_MSG_METER_SET,    DP_MSG_METER_DEL,   DP_MSG_METER_STATS,
                                  DP_MSG_METER_DUMP,   DP_MSG_PORT_QUEUES };
enum { N_PORT_REQUESTS = 5, N_FIRST_REQUESTS = 12 };

/* Queues the answers of the input on the socket. */
static void queue_answers(int fd, uint16_t type, const uint8_t *data, size_t size)
{
    static uint64_t buffer[DP_MSG_MAX / 8];
    struct dp_msg *msg = (void *) buffer;

    for (uint32_t seq = 1; size >= 4; seq++) {
        size_t n = MIN(data[2] | (size_t) data[3] << 8, size - 4);
        *msg = (struct dp_msg) { .magic = DP_MSG_MAGIC,
                                 .type = type,
                                 .flags = DP_MSG_REPLY | (data[0] & 2),
                                 .len = sizeof *msg + n,
                                 .seq = type == DP_MSG_COMMAND ? 1 : seq,
                                 .error = data[1] };
        if (type == DP_MSG_UPCALLS_OPEN) {
            msg->seq = 1;
        }
        if (data[0] & 0x80) {
            msg->type = DP_MSG_PORT_EVENT;
            msg->flags = msg->seq = msg->error = 0;
        }
        memcpy(msg + 1, data + 4, n);
        int memory = data[0] & 0x40 ? open("/dev/null", O_RDONLY) : -1;
        (void) !dp_msg_send(fd, buffer, sizeof *msg + n, &memory, memory >= 0);
        if (memory >= 0) {
            close(memory);
        }
        data += 4 + n;
        size -= 4 + n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_client client = { .info.version = DP_PROTOCOL_MAX };
    int ends[2];

    if (!size || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends)) {
        return 0;
    }
    free(log_set("ANY:ANY:off"));
    unsigned int which = data[0] % ARRAY_SIZE(types);
    queue_answers(ends[1], types[which], data + 1, size - 1);

    client.fd = ends[0];
    client.out.data = xmalloc(DP_MSG_MAX);
    client.in = xmalloc(DP_MSG_MAX);
    if (which < N_PORT_REQUESTS) {
        request_ports(&client, which);
    } else if (which < N_FIRST_REQUESTS) {
        request_others(&client, which - N_PORT_REQUESTS);
    } else {
        request_select(&client, which - N_FIRST_REQUESTS);
    }
    for (size_t i = 0; i < client.n_fds; i++) {
        if (client.fds[i] >= 0) {
            close(client.fds[i]);
        }
    }
    free(client.out.data);
    free(client.in);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
