/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to the datapath: its set-up, one request at a time, and its end. */
#include "datapath/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "datapath/client_request.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"

LOG_MODULE(dp_client);

enum { ANSWER_TIMEOUT_S = 30 }; /* a datapath that takes longer is stuck */

static void close_fds(struct dp_client *client)
{
    for (size_t i = 0; i < client->n_fds; i++) {
        if (client->fds[i] >= 0) {
            close(client->fds[i]);
        }
    }
    client->n_fds = 0;
}

int dp_request_break(struct dp_client *client, int error)
{
    if (!client->broken) {
        client->broken = error;
    }
    return client->broken;
}

struct dp_builder *dp_request_start(struct dp_client *client, enum dp_msg_type type)
{
    if (!++client->seq) {
        client->seq = 1;
    }
    dp_build_start(&client->out, type, 0, client->seq, 0);
    return &client->out;
}

int dp_request_send(struct dp_client *client)
{
    close_fds(client);
    if (client->broken) {
        return client->broken;
    }
    if (!dp_build_finish(&client->out)) {
        return E2BIG;
    }
    int error = dp_msg_send(client->fd, client->out.data, client->out.len, NULL, 0);
    return error ? dp_request_break(client, error == EAGAIN ? ETIMEDOUT : error) : 0;
}

int dp_request_receive(struct dp_client *client, struct dp_parsed *answer)
{
    const struct dp_msg *request = (const void *) client->out.data;
    size_t n;

    close_fds(client);
    if (client->broken) {
        return client->broken;
    }
    int error = dp_msg_recv(client->fd, client->in, &n, client->fds, &client->n_fds);
    if (error) {
        return dp_request_break(client, error == EAGAIN ? ETIMEDOUT : error);
    }
    const char *wrong = dp_msg_check(client->in, n, true, answer);
    if (!wrong && (answer->msg->type != request->type || answer->msg->seq != request->seq)) {
        wrong = "not the answer to the request";
    }
    if (wrong) {
        log_err_rl("the datapath sent a bad message (%s)", wrong);
        return dp_request_break(client, EPROTO);
    }
    return 0;
}

char *dp_request_error_text(const struct dp_parsed *answer)
{
    const struct dp_attr *a = answer->attr[DP_A_ERROR];

    return xstrdup(a ? dp_attr_string(a) : strerror(answer->msg->error));
}

int dp_request_call(struct dp_client *client, struct dp_parsed *answer, char **errorp)
{
    int error = dp_request_send(client);

    if (!error) {
        error = dp_request_receive(client, answer);
    }
    if (error) {
        if (errorp) {
            *errorp = error == E2BIG
                          ? xstrdup("the request is too long")
                          : xasprintf("connection to the datapath failed (%s)", strerror(error));
        }
        return error;
    }
    if (answer->msg->flags & DP_MSG_MORE) {
        error = dp_request_break(client, EPROTO);
        if (errorp) {
            *errorp = xstrdup("the datapath sent a bad message");
        }
        return error;
    }
    error = answer->msg->error;
    if (error && errorp) {
        *errorp = dp_request_error_text(answer);
    }
    return error;
}

static int connect_socket(const char *path, int *fdp)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
    const int buffer = 2 * DP_MSG_MAX;

    if (strlen(path) >= sizeof sun.sun_path) {
        return ENAMETOOLONG;
    }
    strcpy(sun.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, (struct sockaddr *) &sun, sizeof sun) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer)) {
        int error = errno;
        close(fd);
        return error;
    }
    *fdp = fd;
    return 0;
}

static int shake_hands(struct dp_client *client, char **errorp)
{
    struct dp_wire_versions versions = { DP_PROTOCOL_MIN, DP_PROTOCOL_MAX };
    struct dp_parsed answer;

    dp_build_put(dp_request_start(client, DP_MSG_HELLO), DP_A_VERSIONS, &versions, sizeof versions);
    int error = dp_request_call(client, &answer, errorp);
    if (error) {
        return error;
    }

    const struct dp_wire_info *info = dp_attr_content(answer.attr[DP_A_INFO]);
    if (info->version < DP_PROTOCOL_MIN || info->version > DP_PROTOCOL_MAX) {
        *errorp = xasprintf("the datapath speaks version %u of the protocol", info->version);
        return EPROTONOSUPPORT;
    }
    client->info = (struct dp_info) { .instance = info->instance,
                                      .pid = info->pid,
                                      .version = info->version,
                                      .n_threads = info->n_threads,
                                      .max_flows = info->max_flows };
    memcpy(client->info.name, info->name, sizeof client->info.name);
    return 0;
}

struct dp_client *dp_client_open(const char *path, char **errorp)
{
    char *full_path = path ? xstrdup(path) : paths_in_rundir("datapath.sock");
    char *reason = NULL;
    int fd = -1;

    *errorp = NULL;
    int error = connect_socket(full_path, &fd);
    if (error) {
        *errorp = xasprintf("%s: cannot connect to the datapath (%s)", full_path, strerror(error));
        free(full_path);
        return NULL;
    }

    struct dp_client *client = xzalloc_cacheline(sizeof *client);
    client->fd = fd;
    client->out.data = xmalloc(DP_MSG_MAX);
    client->in = xmalloc(DP_MSG_MAX);
    if (shake_hands(client, &reason)) {
        *errorp = xasprintf("%s: %s", full_path, reason);
        free(reason);
        dp_client_destroy(client);
        client = NULL;
    }
    free(full_path);
    return client;
}

void dp_client_destroy(struct dp_client *client)
{
    if (!client) {
        return;
    }
    close_fds(client);
    close(client->fd);
    free(client->out.data);
    free(client->in);
    free(client);
}

int dp_client_broken(const struct dp_client *client)
{
    return client->broken;
}

bool dp_client_has_tunnels(const struct dp_client *client)
{
    return client->info.version >= DP_PROTOCOL_TUNNEL;
}

const struct dp_info *dp_client_info(const struct dp_client *client)
{
    return &client->info;
}

int dp_client_fd(const struct dp_client *client)
{
    return client->fd;
}
