/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket of a daemon: its clients and the table of commands. */
#include "lib/base/unixctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/list.h>

#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl_builtin.h"
#include "lib/base/utf8.h"

LOG_MODULE(unixctl);

/* Peers at one time. Each has at most one command in progress. */
enum { MAX_CLIENTS = 256 };

struct command {
    struct hmap_node node;
    char *name, *usage;
    int min_args, max_args;
    unixctl_cb *cb;
    void *aux;
};

struct unixctl {
    struct loop *loop;
    struct listener *listener;
    struct hmap commands;
    struct cds_list_head clients;
    unsigned int n_clients;
    char *version;
};

struct client {
    struct cds_list_head node;
    struct unixctl *unixctl;
    struct jsonrpc *session;
    struct unixctl_conn *pending; /* the command in progress, or null */
};

struct unixctl_conn {
    struct client *client; /* null if it went away meanwhile */
    json_t *id, *params;
    int argc;
    const char **argv; /* points into 'params' and to the command's name */
    char *name;
};

static struct command *find(const struct unixctl *u, const char *name)
{
    struct command *c;
    hmap_for_each_with_hash (c, node, hash_string(name, 0), &u->commands) {
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

static void destroy_client(struct client *client)
{
    if (client->pending) {
        client->pending->client = NULL;
    }
    cds_list_del(&client->node);
    client->unixctl->n_clients--;
    jsonrpc_destroy(client->session);
    free(client);
}

/* The text of an answer as JSON: valid UTF-8, with an end to its last line. */
static json_t *json_from_body(const char *body)
{
    char *text = utf8_sanitize(body ? body : "");
    size_t n = strlen(text);
    if (n && text[n - 1] != '\n') {
        char *longer = xasprintf("%s\n", text);
        free(text);
        text = longer;
    }
    json_t *json = json_string(text);
    free(text);
    return json;
}

static void answer(struct unixctl_conn *conn, const char *body, bool ok)
{
    struct client *client = conn->client;
    if (client) {
        (ok ? jsonrpc_send_reply : jsonrpc_send_error)(client->session, json_from_body(body),
                                                       json_incref(conn->id));
        client->pending = NULL;
        jsonrpc_pause(client->session, false);
    }
    json_decref(conn->id);
    json_decref(conn->params);
    free(conn->argv);
    free(conn->name);
    free(conn);
}

/* Null or what is wrong with the call, which the caller frees. */
static char *check_call(const struct command *c, const char *method, const struct unixctl_conn *conn)
{
    int n_args = conn->argc - 1;
    if (!c) {
        return xasprintf("\"%s\" is not a valid command (list-commands shows those that are)",
                         method);
    }
    if (n_args < c->min_args) {
        return xasprintf("\"%s\" command requires at least %d arguments", method, c->min_args);
    }
    if (c->max_args >= 0 && n_args > c->max_args) {
        return xasprintf("\"%s\" command takes at most %d arguments", method, c->max_args);
    }
    for (int i = 1; i < conn->argc; i++) {
        if (!conn->argv[i]) {
            return xasprintf("\"%s\" command has an argument that is not a string", method);
        }
    }
    return NULL;
}

static struct unixctl_conn *create_conn(struct client *client, const struct jsonrpc_msg *msg)
{
    struct unixctl_conn *conn = xzalloc(sizeof *conn);
    conn->client = client;
    conn->id = json_incref(msg->id);
    conn->params = json_incref(msg->params);
    conn->name = xstrdup(msg->method);
    conn->argc = (int) json_array_size(msg->params) + 1;
    conn->argv = xcalloc((size_t) conn->argc + 1, sizeof *conn->argv);
    conn->argv[0] = conn->name;
    for (int i = 1; i < conn->argc; i++) {
        conn->argv[i] = json_string_value(json_array_get(msg->params, (size_t) i - 1));
    }
    return conn;
}

static void received(void *client_, const struct jsonrpc_msg *msg)
{
    struct client *client = client_;
    if (msg->type != JSONRPC_REQUEST) {
        log_warn_rl("%s: sent what is not a request", jsonrpc_name(client->session));
        destroy_client(client);
        return;
    }

    /* One command at a time: the next one waits until this one is answered. */
    struct unixctl_conn *conn = create_conn(client, msg);
    client->pending = conn;
    jsonrpc_pause(client->session, true);

    struct command *c = find(client->unixctl, msg->method);
    char *error = check_call(c, msg->method, conn);
    if (error) {
        unixctl_reply_error(conn, error);
        free(error);
    } else {
        log_dbg("%s: command %s", jsonrpc_name(client->session), msg->method);
        c->cb(conn, conn->argc, conn->argv, c->aux);
    }
}

static void closed(void *client, int error)
{
    destroy_client(client);
}

static void accepted(void *u_, struct stream *stream)
{
    static const struct jsonrpc_ops ops = { NULL, received, closed };
    struct unixctl *u = u_;
    if (u->n_clients >= MAX_CLIENTS) {
        log_warn_rl("a client of the control socket was turned away: there are %u already",
                    u->n_clients);
        stream_destroy(stream);
        return;
    }
    struct client *client = xzalloc(sizeof *client);
    client->unixctl = u;
    client->session = jsonrpc_create(u->loop, stream, &ops, client);
    cds_list_add(&client->node, &u->clients);
    u->n_clients++;
}

static int compare_commands(const void *a_, const void *b_)
{
    const struct command *const *a = a_;
    const struct command *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

static void list_commands(struct unixctl_conn *conn, int argc, const char *argv[], void *u_)
{
    struct unixctl *u = u_;
    size_t n = 0;
    struct command **sorted = xcalloc(hmap_count(&u->commands), sizeof *sorted), *c;
    hmap_for_each (c, node, &u->commands) {
        sorted[n++] = c;
    }
    qsort(sorted, n, sizeof *sorted, compare_commands);

    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, "The available commands are:\n");
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&s, "  %-23s %s", sorted[i]->name, sorted[i]->usage);
        while (strbuf_chomp(&s, ' ')) {
        }
        strbuf_putc(&s, '\n');
    }
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
    free(sorted);
}

static void show_version(struct unixctl_conn *conn, int argc, const char *argv[], void *u_)
{
    struct unixctl *u = u_;
    unixctl_reply(conn, u->version);
}

struct unixctl *unixctl_create(struct loop *loop, const char *path, char **errorp)
{
    struct unixctl *u = xzalloc(sizeof *u);
    u->loop = loop;
    hmap_init(&u->commands);
    CDS_INIT_LIST_HEAD(&u->clients);

    char *name = xasprintf("punix:%s", path);
    u->listener = listener_open(loop, name, 0, accepted, u, errorp);
    free(name);
    if (!u->listener) {
        unixctl_destroy(u);
        return NULL;
    }
    unixctl_set_version_text(u, PACKAGE_NAME " (Weft) " PACKAGE_VERSION);
    unixctl_register(u, "list-commands", "", 0, 0, list_commands, u);
    unixctl_register(u, "version", "", 0, 0, show_version, u);
    unixctl_builtin_register(u);
    return u;
}

void unixctl_destroy(struct unixctl *u)
{
    if (!u) {
        return;
    }
    struct client *client, *next_client;
    cds_list_for_each_entry_safe (client, next_client, &u->clients, node) {
        destroy_client(client);
    }
    struct command *c, *next;
    hmap_for_each_safe (c, next, node, &u->commands) {
        hmap_remove(&u->commands, &c->node);
        free(c->name);
        free(c->usage);
        free(c);
    }
    hmap_destroy(&u->commands);
    listener_destroy(u->listener);
    free(u->version);
    free(u);
}

struct loop *unixctl_loop(const struct unixctl *u)
{
    return u->loop;
}

void unixctl_register(struct unixctl *u, const char *name, const char *usage, int min_args,
                      int max_args, unixctl_cb *cb, void *aux)
{
    if (find(u, name)) {
        log_abort("the command %s is registered twice", name);
    }
    struct command *c = xzalloc(sizeof *c);
    c->name = xstrdup(name);
    c->usage = xstrdup(usage ? usage : "");
    c->min_args = min_args;
    c->max_args = max_args;
    c->cb = cb;
    c->aux = aux;
    hmap_insert(&u->commands, &c->node, hash_string(name, 0));
}

void unixctl_reply(struct unixctl_conn *conn, const char *body)
{
    answer(conn, body, true);
}

void unixctl_reply_error(struct unixctl_conn *conn, const char *body)
{
    answer(conn, body, false);
}

void unixctl_set_version_text(struct unixctl *u, const char *text)
{
    free(u->version);
    u->version = xstrdup(text);
}

/* The text in an answer, which the caller frees: null for null, "" for what is not a string. Releases 'json'. */
static char *text_from_json(json_t *json)
{
    const char *s = json_string_value(json);
    char *text = json ? xstrdup(s ? s : "") : NULL;
    json_decref(json);
    return text;
}

int unixctl_call(const char *path, int argc, char *argv[], int timeout_ms, char **result,
                 char **error)
{
    *result = *error = NULL;
    json_t *params = json_array();
    for (int i = 0; i < argc; i++) {
        if (!utf8_is_valid(argv[i])) {
            json_decref(params);
            return EILSEQ;
        }
        if (i) {
            json_array_append_new(params, json_string(argv[i]));
        }
    }
    json_t *result_json, *error_json;
    char *name = xasprintf("unix:%s", path);
    int err = jsonrpc_call(name, argv[0], params, timeout_ms, &result_json, &error_json);
    free(name);
    *result = text_from_json(result_json);
    *error = text_from_json(error_json);
    return err;
}
