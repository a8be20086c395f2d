/* SPDX-License-Identifier: Apache-2.0 */
/* The blocking side of a database connection. */
#include "lib/ovsdb/client.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/jsonrpc.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"

enum { DEFAULT_PORT = 6640 };

struct ovsdb_client {
    struct loop *loop;
    struct jsonrpc *rpc;
    ovsdb_client_cb *notified;
    void *aux;
    bool connected;
    int error; /* the connection is lost */
    unsigned int n_notified;

    json_int_t id;          /* of the last request */
    json_t *result, *reply_error; /* its answer, until it is taken */
};

static void connected(void *client_)
{
    struct ovsdb_client *client = client_;
    client->connected = true;
}

static void received(void *client_, const struct jsonrpc_msg *msg)
{
    struct ovsdb_client *client = client_;
    bool answer = (msg->type == JSONRPC_REPLY || msg->type == JSONRPC_ERROR)
                  && json_integer_value(msg->id) == client->id;
    if (msg->type == JSONRPC_NOTIFY) {
        client->n_notified++;
        client->notified(client->aux, msg->method, msg->params);
    } else if (answer && msg->type == JSONRPC_REPLY) {
        client->result = json_incref(msg->result);
    } else if (answer) {
        client->reply_error = json_incref(msg->error);
    }
}

static void closed(void *client_, int error)
{
    struct ovsdb_client *client = client_;
    client->error = error ? error : ECONNRESET;
}

struct ovsdb_client *ovsdb_client_open(const char *name, ovsdb_client_cb *notified, void *aux,
                                       int *error)
{
    static const struct jsonrpc_ops ops = { connected, received, closed };
    struct ovsdb_client *client = xzalloc(sizeof *client);
    char *text = NULL;
    client->notified = notified;
    client->aux = aux;
    client->loop = loop_create();
    struct stream *stream = stream_open(client->loop, name, DEFAULT_PORT, NULL, NULL, &text);
    if (stream) {
        client->rpc = jsonrpc_create(client->loop, stream, &ops, client);
    } else {
        client->error = stream_name_is_active(name) && errno ? errno : EAFNOSUPPORT;
    }
    free(text);
    while (!client->error && !client->connected) {
        loop_run_once(client->loop, -1);
    }
    *error = client->error;
    if (*error) {
        ovsdb_client_close(client);
        return NULL;
    }
    return client;
}

void ovsdb_client_close(struct ovsdb_client *client)
{
    if (client) {
        jsonrpc_destroy(client->rpc);
        loop_destroy(client->loop);
        json_decref(client->result);
        json_decref(client->reply_error);
        free(client);
    }
}

int ovsdb_client_call(struct ovsdb_client *client, const char *method, json_t *params,
                      json_t **result, json_t **error)
{
    client->id++;
    jsonrpc_send_request(client->rpc, method, params, json_integer(client->id));
    while (!client->error && !client->result && !client->reply_error) {
        loop_run_once(client->loop, -1);
    }
    *result = client->result;
    *error = client->reply_error;
    client->result = client->reply_error = NULL;
    return *result || *error ? 0 : client->error;
}

int ovsdb_client_wait(struct ovsdb_client *client)
{
    unsigned int before = client->n_notified;
    while (!client->error && client->n_notified == before) {
        loop_run_once(client->loop, -1);
    }
    return client->n_notified != before ? 0 : client->error;
}
