/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC messages: where one ends in a stream of bytes, and whether it is one. */
#include <string.h>

#include "lib/base/jsonrpc.h"
#include "lib/base/mem.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A byte inside of a string, whose opening quote was seen. */
static void scan_string(struct jsonrpc_scan *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
    } else if (c == '\\') {
        s->escaped = true;
    } else if (c == '"') {
        s->in_string = false;
    }
}

/* A byte outside of strings. Returns 1 after the last byte of the value, -1 if it cannot be, else 0. */
static int scan_plain(struct jsonrpc_scan *s, char c)
{
    switch (c) {
    case '{':
    case '[':
        s->started = true;
        return ++s->depth > JSONRPC_MAX_DEPTH ? -1 : 0;
    case '}':
    case ']':
        return !s->started ? -1 : --s->depth ? 0 : 1;
    case '"':
        s->in_string = true;
        break;
    default:
        break;
    }
    /* A message is an object; a value that is neither object nor array needs no reading. */
    return s->started || is_space(c) ? 0 : -1;
}

ssize_t jsonrpc_scan_message(struct jsonrpc_scan *s, const char *data, size_t n)
{
    for (size_t i = s->scanned; i < n; i++) {
        if (i >= JSONRPC_MAX_MESSAGE) {
            return -1;
        }
        if (s->in_string) {
            scan_string(s, data[i]);
            continue;
        }
        int verdict = scan_plain(s, data[i]);
        if (verdict) {
            return verdict < 0 ? -1 : (ssize_t) (i + 1);
        }
    }
    s->scanned = n;
    return 0;
}

/* The member 'name', or null if it is not there or a JSON null. */
static json_t *member(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value && !json_is_null(value) ? value : NULL;
}

static char *call_from_json(json_t *json, struct jsonrpc_msg *msg)
{
    json_t *method = member(json, "method");
    if (!json_is_string(method)) {
        return xstrdup("the method is not a string");
    }
    msg->method = json_string_value(method);
    msg->params = member(json, "params");
    if (!json_is_array(msg->params)) {
        return xstrdup("the parameters are not an array");
    }
    if (member(json, "result") || member(json, "error")) {
        return xstrdup("a message with a method has no result and no error");
    }
    msg->type = msg->id ? JSONRPC_REQUEST : JSONRPC_NOTIFY;
    return NULL;
}

static char *answer_from_json(json_t *json, struct jsonrpc_msg *msg)
{
    if (!msg->id) {
        return xstrdup("a message has neither a method nor an id");
    }
    if (member(json, "params")) {
        return xstrdup("an answer has no parameters");
    }
    msg->error = member(json, "error");
    msg->result = msg->error ? member(json, "result") : json_object_get(json, "result");
    if (msg->error && msg->result) {
        return xstrdup("an answer has either a result or an error");
    }
    if (!msg->error && !msg->result) {
        return xstrdup("an answer has neither a result nor an error");
    }
    msg->type = msg->error ? JSONRPC_ERROR : JSONRPC_REPLY;
    return NULL;
}

char *jsonrpc_msg_from_json(json_t *json, struct jsonrpc_msg *msg)
{
    memset(msg, 0, sizeof *msg);
    if (!json_is_object(json)) {
        return xstrdup("a message is an object");
    }
    msg->id = member(json, "id");
    return member(json, "method") ? call_from_json(json, msg) : answer_from_json(json, msg);
}
