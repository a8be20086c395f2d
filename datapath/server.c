/* SPDX-License-Identifier: Apache-2.0 */
/* The socket and its clients: connections come, requests are handed out, answers go back. */
#include "datapath/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "datapath/datapath.h"
#include "datapath/server_request.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"

LOG_MODULE(dp_server);
COVERAGE_DEFINE(dp_request);
COVERAGE_DEFINE(dp_request_refused);
COVERAGE_DEFINE(dp_client_dropped);

enum {
    MAX_CLIENTS = 256,
    MAX_QUEUED = 4 << 20,   /* bytes that wait for one client */
    REQUESTS_PER_TURN = 32, /* of one client, then the others have a turn */
    LISTEN_BACKLOG = 64,
};

/* A message that the client's socket did not take yet. */
struct queued {
    struct cds_list_head node;
    size_t len;
    size_t n_fds;
    int fds[DP_MSG_MAX_FDS]; /* duplicates, owned */
    uint64_t data[];
};

struct server_client {
    struct server *server;
    struct cds_list_head node;
    int fd;
    pid_t pid;
    struct loop_watch *watch;
    uint32_t version;           /* 0 until HELLO */
    bool events;                /* subscribed to port events; requests are over */
    bool doomed;                /* to be destroyed as soon as nobody uses it */
    struct cds_list_head queue; /* struct queued.node */
    size_t n_queued;            /* bytes */
};

static void queued_free(struct queued *q)
{
    for (size_t i = 0; i < q->n_fds; i++) {
        if (q->fds[i] >= 0) {
            close(q->fds[i]);
        }
    }
    free(q);
}

static void client_destroy(struct server_client *client)
{
    struct server *server = client->server;
    struct queued *q, *next;

    server_client_left(server, client);
    cds_list_for_each_entry_safe (q, next, &client->queue, node) {
        queued_free(q);
    }
    cds_list_del(&client->node);
    server->n_clients--;
    loop_watch_destroy(client->watch);
    close(client->fd);
    free(client);
}

static void doom(struct server_client *client, const char *why)
{
    if (!client->doomed) {
        client->doomed = true;
        COVERAGE_INC(dp_client_dropped);
        log_warn_rl("client %d dropped: %s", (int) client->pid, why);
    }
}

/* Reads only while nothing waits to be written, so that a client cannot make its queue grow by
 * requests. */
static void update_watch(struct server_client *client)
{
    loop_watch_set_events(client->watch, cds_list_empty(&client->queue) ? LOOP_READ : LOOP_WRITE);
}

static void enqueue(struct server_client *client, const void *data, size_t len, const int *fds,
                    size_t n_fds)
{
    if (client->n_queued + len > MAX_QUEUED) {
        doom(client, "it does not read what it is sent");
        return;
    }
    struct queued *q = xmalloc(sizeof *q + len);
    q->len = len;
    q->n_fds = n_fds;
    memcpy(q->data, data, len);
    for (size_t i = 0; i < n_fds; i++) {
        q->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
        if (q->fds[i] < 0) {
            doom(client, "no descriptors left");
        }
    }
    cds_list_add_tail(&q->node, &client->queue);
    client->n_queued += len;
    update_watch(client);
}

static void client_send(struct server_client *client, const void *data, size_t len, const int *fds,
                        size_t n_fds)
{
    if (client->doomed) {
        return;
    }
    if (!cds_list_empty(&client->queue)) {
        enqueue(client, data, len, fds, n_fds);
        return;
    }
    int error = dp_msg_send(client->fd, data, len, fds, n_fds);
    if (error == EAGAIN || error == ENOBUFS) {
        enqueue(client, data, len, fds, n_fds);
    } else if (error) {
        doom(client, strerror(error));
    }
}

static void flush_queue(struct server_client *client)
{
    while (!cds_list_empty(&client->queue) && !client->doomed) {
        struct queued *q = cds_list_first_entry(&client->queue, struct queued, node);
        int error = dp_msg_send(client->fd, q->data, q->len, q->fds, q->n_fds);
        if (error == EAGAIN || error == ENOBUFS) {
            return;
        }
        if (error) {
            doom(client, strerror(error));
            return;
        }
        cds_list_del(&q->node);
        client->n_queued -= q->len;
        queued_free(q);
    }
    update_watch(client);
}

uint32_t server_client_version(const struct server_client *client)
{
    return client->version;
}

void server_answer_continue(struct server_answer *answer)
{
    struct dp_msg *msg = (void *) answer->b.data;

    msg->flags |= DP_MSG_MORE;
    if (dp_build_finish(&answer->b)) {
        client_send(answer->client, answer->b.data, answer->b.len, answer->fds, answer->n_fds);
    } else {
        doom(answer->client, "an answer did not fit into a message");
    }
    answer->n_fds = 0;
    dp_build_start(&answer->b, msg->type, DP_MSG_REPLY, msg->seq, 0);
}

void server_send_event(struct server *server, const struct dp_port *port, bool deleted)
{
    struct dp_builder b = { .data = server->event };
    struct dp_wire_port wire;
    struct server_client *client;

    dp_wire_from_port(&wire, port);
    dp_build_start(&b, DP_MSG_PORT_EVENT, 0, 0, 0);
    dp_build_put(&b, DP_A_PORT, &wire, sizeof wire);
    if (deleted) {
        dp_build_put(&b, DP_A_DELETED, NULL, 0);
    }
    if (!dp_build_finish(&b)) {
        return;
    }
    cds_list_for_each_entry (client, &server->clients, node) {
        if (client->events) {
            client_send(client, b.data, b.len, NULL, 0);
        }
        /* A client that is doomed here is destroyed on its next turn: its socket is shut down so
         * that there is one. */
        if (client->doomed) {
            shutdown(client->fd, SHUT_RDWR);
            loop_watch_set_events(client->watch, LOOP_READ);
        }
    }
}

static int hello(struct server *server, struct server_answer *answer)
{
    const struct dp_wire_versions *offer = dp_attr_content(answer->request->attr[DP_A_VERSIONS]);
    struct dp_wire_info info = { .instance = server->instance,
                                 .pid = getpid(),
                                 .version = MIN(offer->max, DP_PROTOCOL_MAX),
                                 .n_threads = datapath_n_threads(server->dp),
                                 .max_flows = server->config.max_flows };

    if (info.version < offer->min || info.version < DP_PROTOCOL_MIN) {
        answer->error = xasprintf("the datapath speaks versions %d to %d of the protocol",
                                  DP_PROTOCOL_MIN, DP_PROTOCOL_MAX);
        return EPROTONOSUPPORT;
    }
    strncpy(info.name, server->config.name, sizeof info.name - 1);
    answer->client->version = info.version;
    dp_build_put(&answer->b, DP_A_INFO, &info, sizeof info);
    return 0;
}

static int port_events(struct server *server, struct server_answer *answer)
{
    answer->client->events = true;
    return 0;
}

static server_handler *const handlers[DP_MSG_N_TYPES] = {
    [DP_MSG_HELLO] = hello,
    [DP_MSG_PORT_ADD] = server_port_add,
    [DP_MSG_PORT_DEL] = server_port_del,
    [DP_MSG_PORT_SET] = server_port_set,
    [DP_MSG_PORT_GET] = server_port_get,
    [DP_MSG_PORT_DUMP] = server_port_dump,
    [DP_MSG_PORT_EVENTS] = port_events,
    [DP_MSG_OPERATE] = server_operate,
    [DP_MSG_FLOW_FLUSH] = server_flow_flush,
    [DP_MSG_FLOW_DUMP] = server_flow_dump,
    [DP_MSG_FLOW_GET] = server_flow_get,
    [DP_MSG_TOTALS] = server_totals,
    [DP_MSG_STATS_OPEN] = server_stats_open,
    [DP_MSG_UPCALLS_OPEN] = server_upcalls_open,
    [DP_MSG_CONFIG_SET] = server_config_set,
    [DP_MSG_COMMAND] = server_command,
    [DP_MSG_SELECT_PUT] = server_select_put,
    [DP_MSG_SELECT_DEL] = server_select_del,
    [DP_MSG_SELECT_STATS] = server_select_stats,
    [DP_MSG_SELECT_DUMP] = server_select_dump,
    [DP_MSG_METER_SET] = server_meter_set,
    [DP_MSG_METER_DEL] = server_meter_del,
    [DP_MSG_METER_STATS] = server_meter_stats,
    [DP_MSG_METER_DUMP] = server_meter_dump,
    [DP_MSG_PORT_QOS] = server_port_qos,
    [DP_MSG_PORT_QUEUES] = server_port_queues,
};

static void refuse(struct server_answer *answer, int error)
{
    const struct dp_msg *request = answer->request->msg;

    COVERAGE_INC(dp_request_refused);
    answer->n_fds = 0;
    dp_build_start(&answer->b, request->type, DP_MSG_REPLY, request->seq, error);
    if (answer->error) {
        dp_build_string(&answer->b, DP_A_ERROR, answer->error);
        if (answer->b.overflow) {
            dp_build_rewind(&answer->b, sizeof(struct dp_msg));
        }
    }
}

static void handle_request(struct server_client *client, const struct dp_parsed *request)
{
    struct server *server = client->server;
    struct server_answer answer = { .client = client, .request = request, .b.data = server->out };

    COVERAGE_INC(dp_request);
    dp_build_start(&answer.b, request->msg->type, DP_MSG_REPLY, request->msg->seq, 0);
    int error = handlers[request->msg->type](server, &answer);
    if (!error && !dp_build_finish(&answer.b)) {
        error = EMSGSIZE;
    }
    if (error) {
        refuse(&answer, error);
    }
    if (dp_build_finish(&answer.b)) {
        client_send(client, answer.b.data, answer.b.len, answer.fds, answer.n_fds);
    }
    free(answer.error);
}

/* Checks what came and acts on it. Fds that a client sends are of no use to anybody. */
static void handle_message(struct server_client *client, size_t n, const int *fds, size_t n_fds)
{
    struct dp_parsed request;
    const char *wrong = dp_msg_check(client->server->in, n, false, &request);

    for (size_t i = 0; i < n_fds; i++) {
        close(fds[i]);
    }
    if (!wrong && n_fds) {
        wrong = "descriptors with a request";
    }
    if (!wrong && !client->version != (request.msg->type == DP_MSG_HELLO)) {
        wrong = "a request before the handshake, or a second handshake";
    }
    if (!wrong &&
        ((request.msg->type >= DP_MSG_SELECT_PUT && client->version < DP_PROTOCOL_SELECT) ||
         (request.msg->type >= DP_MSG_PORT_QOS && client->version < DP_PROTOCOL_QOS))) {
        wrong = "a request of a later version of the protocol";
    }
    if (!wrong && client->events) {
        wrong = "a request after it asked for events";
    }
    if (wrong) {
        char *why = xasprintf("it sent a bad message (%s)", wrong);
        if (request.msg) {
            struct server_answer answer = {
                .client = client, .request = &request, .b.data = client->server->out, .error = why
            };
            refuse(&answer, EBADMSG);
            if (dp_build_finish(&answer.b)) {
                client_send(client, answer.b.data, answer.b.len, NULL, 0);
            }
        }
        doom(client, why);
        free(why);
        return;
    }
    handle_request(client, &request);
}

static void client_ready(void *aux, unsigned int events)
{
    struct server_client *client = aux;

    if (events & LOOP_WRITE) {
        flush_queue(client);
    }
    for (int i = 0; i < REQUESTS_PER_TURN && !client->doomed && cds_list_empty(&client->queue);
         i++) {
        int fds[DP_MSG_MAX_FDS];
        size_t n, n_fds;
        int error = dp_msg_recv(client->fd, client->server->in, &n, fds, &n_fds);
        if (error == EAGAIN) {
            return;
        }
        if (error == EPIPE || error == ECONNRESET) {
            client_destroy(client); /* an orderly end */
            return;
        }
        if (error) {
            doom(client, strerror(error));
        } else {
            handle_message(client, n, fds, n_fds);
        }
    }
    if (client->doomed) {
        client_destroy(client);
    }
}

static void accept_client(void *aux, unsigned int events)
{
    struct server *server = aux;
    struct ucred cred;
    socklen_t len = sizeof cred;
    const int buffer = 2 * DP_MSG_MAX;

    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
            log_warn_rl("cannot accept a client (%s)", strerror(errno));
        }
        return;
    }
    if (server->n_clients >= MAX_CLIENTS) {
        log_warn_rl("too many clients, one was refused");
        close(fd);
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer)) {
        close(fd);
        return;
    }

    struct server_client *client = xzalloc(sizeof *client);
    client->server = server;
    client->fd = fd;
    client->pid = cred.pid;
    CDS_INIT_LIST_HEAD(&client->queue);
    cds_list_add_tail(&client->node, &server->clients);
    server->n_clients++;
    client->watch = loop_watch_create(server->config.loop, fd, LOOP_READ, client_ready, client);
}

/* Binds a socket at 'path', replacing a stale one. 0 or a positive errno: EADDRINUSE if somebody
 * listens there. */
static int bind_socket(const char *path, int *fdp)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    const struct sockaddr *sa = (const struct sockaddr *) &sun;

    if (strlen(path) >= sizeof sun.sun_path) {
        return ENAMETOOLONG;
    }
    strcpy(sun.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    if (!connect(fd, sa, sizeof sun) || errno == EAGAIN) {
        close(fd);
        return EADDRINUSE;
    }
    if (errno == ECONNREFUSED) {
        unlink(path);
    }

    mode_t old_mask = umask(0177);
    int error = bind(fd, sa, sizeof sun) ? errno : 0;
    umask(old_mask);
    if (!error && listen(fd, LISTEN_BACKLOG)) {
        error = errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    *fdp = fd;
    return 0;
}

struct server *server_create(const struct server_config *config, char **errorp)
{
    int fd = -1;
    int error = bind_socket(config->path, &fd);

    *errorp = NULL;
    if (error) {
        *errorp = xasprintf("%s: cannot listen (%s)", config->path, strerror(error));
        return NULL;
    }
    struct server *server = xzalloc_cacheline(sizeof *server);
    server->config = *config;
    server->dp = config->datapath;
    server->instance = uuid_random();
    server->path = xstrdup(config->path);
    server->listen_fd = fd;
    CDS_INIT_LIST_HEAD(&server->clients);
    server->in = xmalloc(DP_MSG_MAX);
    server->out = xmalloc(DP_MSG_MAX);
    server->event = xmalloc(DP_MSG_MAX);
    hmap_init(&server->known_ports);
    *errorp = server_ports_start(server);
    if (*errorp) {
        server_destroy(server);
        return NULL;
    }
    server->listen_watch =
        loop_watch_create(config->loop, server->listen_fd, LOOP_READ, accept_client, server);
    return server;
}

void server_destroy(struct server *server)
{
    struct server_client *client, *next;

    if (!server) {
        return;
    }
    cds_list_for_each_entry_safe (client, next, &server->clients, node) {
        client_destroy(client);
    }
    loop_watch_destroy(server->listen_watch);
    server_ports_stop(server);
    unlink(server->path);
    close(server->listen_fd);
    hmap_destroy(&server->known_ports);
    free(server->path);
    free(server->in);
    free(server->out);
    free(server->event);
    free(server->ops);
    free(server);
}
