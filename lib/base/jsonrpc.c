/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC sessions: a stream cut into messages, echoes, and probes of an idle peer. */
#include "lib/base/jsonrpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"

LOG_MODULE(jsonrpc);

/* The id of our own echo requests. */
static const char probe_id[] = "echo";

/* Answers and news that may pile up for a peer before its next message has to wait. */
enum { CHOKE_BYTES = 8 << 20 };

struct jsonrpc {
    struct stream *stream; /* null after we closed it ourselves */
    char *name;
    const struct jsonrpc_ops *ops;
    void *aux;
    struct jsonrpc_scan scan;
    struct loop_timer *probe;
    int probe_ms;      /* 0: off */
    bool probing;      /* an echo request is on its way since the last byte that came */
    bool paused;       /* by the owner */
    bool choked;       /* too much is queued for the peer, so that nothing is taken from it either */
    bool busy, dead;   /* as in stream.c: destroyed in a callback, freed behind it */
};

static void free_session(struct jsonrpc *s)
{
    free(s->name);
    free(s);
}

static void close_with(struct jsonrpc *s, int error)
{
    loop_timer_cancel(s->probe);
    if (s->ops->closed) {
        s->ops->closed(s->aux, error);
    }
}

static void update_pause(struct jsonrpc *s)
{
    if (s->stream) {
        stream_pause(s->stream, s->paused || s->choked);
    }
}

static void reject(struct jsonrpc *s, const char *why)
{
    log_warn_rl("%s: closed, for it sent what is not a JSON-RPC message: %s", s->name, why);
    stream_destroy(s->stream);
    s->stream = NULL;
    close_with(s, EPROTO);
}

static bool is_probe_answer(const struct jsonrpc_msg *msg)
{
    return (msg->type == JSONRPC_REPLY || msg->type == JSONRPC_ERROR) && json_is_string(msg->id)
           && !strcmp(json_string_value(msg->id), probe_id);
}

static void dispatch(struct jsonrpc *s, const struct jsonrpc_msg *msg)
{
    if (msg->type == JSONRPC_REQUEST && !strcmp(msg->method, "echo")) {
        jsonrpc_send_reply(s, json_incref(msg->params), json_incref(msg->id));
    } else if (!is_probe_answer(msg)) {
        s->ops->received(s->aux, msg);
    }
}

/* One whole JSON value. */
static void take_value(struct jsonrpc *s, const char *text, size_t n)
{
    struct jsonrpc_msg msg;
    json_error_t parse_error;
    json_t *json = json_loadb(text, n, 0, &parse_error);
    char *error = json ? jsonrpc_msg_from_json(json, &msg) : xstrdup(parse_error.text);
    if (error) {
        reject(s, error);
        free(error);
    } else {
        dispatch(s, &msg);
    }
    json_decref(json);
}

static void note_life(struct jsonrpc *s)
{
    s->probing = false;
    if (s->probe_ms) {
        loop_timer_set_in(s->probe, s->probe_ms);
    }
}

static size_t received(void *s_, const uint8_t *data, size_t n)
{
    struct jsonrpc *s = s_;
    const char *text = (const char *) data;
    note_life(s);

    ssize_t length = jsonrpc_scan_message(&s->scan, text, n);
    if (!length) {
        return 0;
    }
    s->busy = true;
    if (length < 0) {
        reject(s, "no object begins like this, or it is too long or too deep");
    } else {
        memset(&s->scan, 0, sizeof s->scan);
        take_value(s, text, (size_t) length);
    }
    s->busy = false;
    if (s->dead) {
        free_session(s);
    }
    return length < 0 ? n : (size_t) length;
}

static void connected(void *s_)
{
    struct jsonrpc *s = s_;
    if (s->ops->connected) {
        s->ops->connected(s->aux);
    }
}

static void drained(void *s_)
{
    struct jsonrpc *s = s_;
    s->choked = false;
    update_pause(s);
}

static void closed(void *s_, int error)
{
    close_with(s_, error);
}

/* Nothing came for a whole interval. */
static void probe(void *s_)
{
    struct jsonrpc *s = s_;
    if (!s->probing || s->paused || s->choked) {
        s->probing = true;
        loop_timer_set_in(s->probe, s->probe_ms);
        jsonrpc_send_request(s, "echo", json_array(), json_string(probe_id));
    } else {
        log_info_rl("%s: closed, for it did not answer within %d ms", s->name, s->probe_ms);
        stream_destroy(s->stream);
        s->stream = NULL;
        close_with(s, ETIMEDOUT);
    }
}

struct jsonrpc *jsonrpc_create(struct loop *loop, struct stream *stream,
                               const struct jsonrpc_ops *ops, void *aux)
{
    static const struct stream_ops stream_ops = { connected, received, drained, closed };
    struct jsonrpc *s = xzalloc(sizeof *s);
    s->stream = stream;
    s->name = xstrdup(stream_name(stream));
    s->ops = ops;
    s->aux = aux;
    s->probe = loop_timer_create(loop, probe, s);
    stream_set_ops(stream, &stream_ops, s);
    return s;
}

/* All but the stream, which was given up before. */
static void release(struct jsonrpc *s)
{
    s->stream = NULL;
    loop_timer_destroy(s->probe);
    s->probe = NULL;
    s->dead = true;
    if (!s->busy) {
        free_session(s);
    }
}

void jsonrpc_destroy(struct jsonrpc *s)
{
    if (s) {
        stream_destroy(s->stream);
        release(s);
    }
}

void jsonrpc_finish(struct jsonrpc *s)
{
    if (s->stream) {
        stream_finish(s->stream);
    }
    release(s);
}

/* Sends and frees 'msg', which is null if it holds a null reference. */
static void send_message(struct jsonrpc *s, json_t *msg)
{
    char *text = msg ? json_dumps(msg, JSON_COMPACT) : NULL;
    if (!text) {
        log_err_rl("%s: a message cannot be written as JSON", s->name);
    } else if (s->stream) {
        stream_send(s->stream, text, strlen(text));
        if (stream_backlog(s->stream) > CHOKE_BYTES && !s->choked) {
            s->choked = true;
            update_pause(s);
        }
    }
    free(text);
    json_decref(msg);
}

void jsonrpc_send_request(struct jsonrpc *s, const char *method, json_t *params, json_t *id)
{
    send_message(s, json_pack("{s:s, s:o, s:o}", "method", method, "params", params, "id", id));
}

void jsonrpc_send_notify(struct jsonrpc *s, const char *method, json_t *params)
{
    send_message(s, json_pack("{s:s, s:o, s:n}", "method", method, "params", params, "id"));
}

void jsonrpc_send_reply(struct jsonrpc *s, json_t *result, json_t *id)
{
    send_message(s, json_pack("{s:o, s:n, s:o}", "result", result, "error", "id", id));
}

void jsonrpc_send_error(struct jsonrpc *s, json_t *error, json_t *id)
{
    send_message(s, json_pack("{s:n, s:o, s:o}", "result", "error", error, "id", id));
}

void jsonrpc_set_probe(struct jsonrpc *s, int interval_ms)
{
    s->probe_ms = interval_ms;
    s->probing = false;
    if (interval_ms && s->stream) {
        loop_timer_set_in(s->probe, interval_ms);
    } else {
        loop_timer_cancel(s->probe);
    }
}

void jsonrpc_pause(struct jsonrpc *s, bool paused)
{
    s->paused = paused;
    update_pause(s);
}

size_t jsonrpc_backlog(const struct jsonrpc *s)
{
    return s->stream ? stream_backlog(s->stream) : 0;
}

const char *jsonrpc_error(const struct jsonrpc *s)
{
    return s->stream ? stream_error(s->stream) : NULL;
}

const char *jsonrpc_name(const struct jsonrpc *s)
{
    return s->name;
}
