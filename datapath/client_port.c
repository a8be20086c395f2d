/* SPDX-License-Identifier: Apache-2.0 */
/* Ports as clients add, change and watch them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client_request.h"
#include "lib/base/mem.h"

int dp_port_add(struct dp_client *client, const char *name, const char *type,
                const struct smap *options, uint32_t *no, char **errorp)
{
    struct dp_builder *b = dp_request_start(client, DP_MSG_PORT_ADD);
    struct dp_parsed answer;

    dp_build_string(b, DP_A_NAME, name);
    dp_build_string(b, DP_A_TYPE, type);
    dp_build_u32(b, DP_A_PORT_NO, *no);
    if (options) {
        dp_build_settings(b, options);
    }
    *errorp = NULL;
    if (!*name || strlen(name) > DP_PORT_NAME_MAX || !*type || strlen(type) > DP_PORT_TYPE_MAX) {
        *errorp = xasprintf("the name or type of a port is empty or too long");
        return EINVAL;
    }
    int error = dp_request_call(client, &answer, errorp);
    if (!error) {
        *no = dp_attr_u32(answer.attr[DP_A_PORT_NO]);
    }
    return error;
}

int dp_port_del(struct dp_client *client, uint32_t no)
{
    struct dp_parsed answer;

    dp_build_u32(dp_request_start(client, DP_MSG_PORT_DEL), DP_A_PORT_NO, no);
    return dp_request_call(client, &answer, NULL);
}

int dp_port_set(struct dp_client *client, uint32_t no, const struct dp_port_change *change,
                char **errorp)
{
    struct dp_builder *b = dp_request_start(client, DP_MSG_PORT_SET);
    struct dp_parsed answer;

    dp_build_u32(b, DP_A_PORT_NO, no);
    if (change->options) {
        dp_build_settings(b, change->options);
    }
    if (change->mac) {
        dp_build_put(b, DP_A_MAC, change->mac, sizeof *change->mac);
    }
    if (change->mtu) {
        dp_build_u32(b, DP_A_MTU, change->mtu);
    }
    if (change->set_admin) {
        dp_build_u32(b, DP_A_ADMIN, change->admin_up);
    }
    *errorp = NULL;
    return dp_request_call(client, &answer, errorp);
}

static int get(struct dp_client *client, struct dp_port *port, struct dp_port_stats *stats)
{
    struct dp_parsed answer;
    int error = dp_request_call(client, &answer, NULL);

    if (error) {
        return error;
    }
    const struct dp_wire_port_record *record = dp_attr_content(answer.attr[DP_A_PORT_STATS]);
    if (port) {
        dp_wire_to_port(&record->port, port);
    }
    if (stats) {
        dp_wire_to_port_stats(&record->stats, stats);
    }
    return 0;
}

int dp_port_get(struct dp_client *client, uint32_t no, struct dp_port *port,
                struct dp_port_stats *stats)
{
    dp_build_u32(dp_request_start(client, DP_MSG_PORT_GET), DP_A_PORT_NO, no);
    return get(client, port, stats);
}

int dp_port_find(struct dp_client *client, const char *name, struct dp_port *port)
{
    if (!*name || strlen(name) > DP_PORT_NAME_MAX) {
        return ENODEV;
    }
    dp_build_string(dp_request_start(client, DP_MSG_PORT_GET), DP_A_NAME, name);
    return get(client, port, NULL);
}

/* Where the ports of a dump are gathered. */
struct gathered {
    struct dp_port *ports;
    struct dp_port_stats *stats;
    size_t n, allocated;
};

static void gather(struct gathered *g, const struct dp_wire_port_record *record)
{
    if (g->n == g->allocated) {
        g->allocated = g->allocated ? 2 * g->allocated : 64;
        g->ports = xrealloc(g->ports, g->allocated * sizeof *g->ports);
        g->stats = xrealloc(g->stats, g->allocated * sizeof *g->stats);
    }
    dp_wire_to_port(&record->port, &g->ports[g->n]);
    dp_wire_to_port_stats(&record->stats, &g->stats[g->n]);
    g->n++;
}

static int dump(struct dp_client *client, struct gathered *g)
{
    for (uint32_t cursor = 0;;) {
        struct dp_parsed answer;
        dp_build_u32(dp_request_start(client, DP_MSG_PORT_DUMP), DP_A_CURSOR, cursor);
        int error = dp_request_call(client, &answer, NULL);
        if (error) {
            return error;
        }
        const struct dp_attr *a = NULL;
        while ((a = dp_attr_next(&answer, DP_A_PORT_STATS, a))) {
            gather(g, dp_attr_content(a));
        }
        uint32_t next = dp_attr_u32(answer.attr[DP_A_CURSOR]);
        if (next == DP_PORT_NONE) {
            return 0;
        }
        if (next <= cursor || g->n > DP_MAX_PORTS) {
            return dp_request_break(client, EPROTO); /* it would never end */
        }
        cursor = next;
    }
}

int dp_port_dump(struct dp_client *client, struct dp_port **ports, struct dp_port_stats **stats,
                 size_t *n)
{
    struct gathered g = { NULL, NULL, 0, 0 };
    int error = dump(client, &g);

    if (ports && !error) {
        *ports = g.ports;
    } else {
        free(g.ports);
    }
    if (stats && !error) {
        *stats = g.stats;
    } else {
        free(g.stats);
    }
    *n = error ? 0 : g.n;
    if (error && ports) {
        *ports = NULL;
    }
    if (error && stats) {
        *stats = NULL;
    }
    return error;
}

int dp_port_events_open(struct dp_client *client)
{
    struct dp_parsed answer;

    dp_request_start(client, DP_MSG_PORT_EVENTS);
    int error = dp_request_call(client, &answer, NULL);
    if (!error && fcntl(client->fd, F_SETFL, O_NONBLOCK)) {
        error = errno;
    }
    return error;
}

int dp_port_event_recv(struct dp_client *client, struct dp_port *port, bool *deleted)
{
    struct dp_parsed event;
    size_t n;

    if (client->broken) {
        return client->broken;
    }
    int error = dp_msg_recv(client->fd, client->in, &n, client->fds, &client->n_fds);
    if (error) {
        return error == EAGAIN ? EAGAIN : dp_request_break(client, error);
    }
    if (dp_msg_check(client->in, n, true, &event) || event.msg->type != DP_MSG_PORT_EVENT ||
        client->n_fds) {
        return dp_request_break(client, EPROTO);
    }
    dp_wire_to_port(dp_attr_content(event.attr[DP_A_PORT]), port);
    *deleted = event.attr[DP_A_DELETED] != NULL;
    return 0;
}
