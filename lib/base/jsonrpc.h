/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 1.0 over a stream, as RFC 7047 section 4 uses it.
 *
 * A peer is hostile until proven otherwise: a message is at most JSONRPC_MAX_MESSAGE bytes long and JSONRPC_MAX_DEPTH levels
 * deep, and anything that is not a JSON-RPC message ends the session with a log message. JSON values are jansson's; the
 * functions say who owns them. One thread: that of the loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "lib/base/compiler.h"

struct loop;
struct stream;
struct jsonrpc;

enum { JSONRPC_MAX_MESSAGE = 64 << 20, JSONRPC_MAX_DEPTH = 128 };

enum jsonrpc_type { JSONRPC_REQUEST, JSONRPC_NOTIFY, JSONRPC_REPLY, JSONRPC_ERROR };

struct jsonrpc_msg {
    enum jsonrpc_type type;
    const char *method; /* requests and notifications */
    json_t *params;     /* requests and notifications: an array, else null */
    json_t *result;     /* replies */
    json_t *error;      /* errors */
    json_t *id;         /* all but notifications */
};

struct jsonrpc_ops {
    void (*connected)(void *aux); /* active sessions only; may be null */

    /* The message and all in it stay the session's; json_incref() what is to be kept. Echo requests are answered by the
     * session itself and not shown. */
    void (*received)(void *aux, const struct jsonrpc_msg *);

    /* As stream_ops' "closed"; EPROTO after a message that was not one. */
    void (*closed)(void *aux, int error);
};

/* Takes over 'stream'. */
struct jsonrpc *jsonrpc_create(struct loop *, struct stream *, const struct jsonrpc_ops *, void *aux);
void jsonrpc_destroy(struct jsonrpc *); /* null is fine; queued messages are lost */

/* Lets the queued messages go out, then closes. The caller must not use the session any more. */
void jsonrpc_finish(struct jsonrpc *);

/* Each takes over the references to the values passed. */
void jsonrpc_send_request(struct jsonrpc *, const char *method, json_t *params, json_t *id);
void jsonrpc_send_notify(struct jsonrpc *, const char *method, json_t *params);
void jsonrpc_send_reply(struct jsonrpc *, json_t *result, json_t *id);
void jsonrpc_send_error(struct jsonrpc *, json_t *error, json_t *id);

/* Probes an idle peer after 'interval_ms' without a byte from it, and closes with ETIMEDOUT after as long again. 0 is off. */
void jsonrpc_set_probe(struct jsonrpc *, int interval_ms);

/* Stops taking messages from the peer, or goes on. */
void jsonrpc_pause(struct jsonrpc *, bool paused);

size_t jsonrpc_backlog(const struct jsonrpc *); /* bytes queued */
const char *jsonrpc_name(const struct jsonrpc *);
const char *jsonrpc_error(const struct jsonrpc *); /* in "closed": stream_error(), or null */

/* The framing alone, for tests and fuzzing.
 *
 * Returns the length in bytes of the first whole JSON value in the 'n' bytes at 'data' (leading white space included), 0 if more
 * bytes are needed, -1 if no JSON value can begin like this or it exceeds a limit above. '*state' starts zeroed and keeps what
 * was scanned, so that a message that comes in pieces is scanned once; the caller zeroes it after each whole message. */
struct jsonrpc_scan {
    size_t scanned; /* bytes */
    int depth;
    bool in_string, escaped, started;
};
ssize_t jsonrpc_scan_message(struct jsonrpc_scan *state, const char *data, size_t n);

/* Checks that 'json' is a message and points into it. Null or a sentence that the caller frees. */
char *jsonrpc_msg_from_json(json_t *json, struct jsonrpc_msg *) WARN_UNUSED;

/* A client that blocks, for the command-line tools: opens 'name', sends one request and waits for its reply, answering
 * echoes on the way. Takes over 'params'. 'timeout_ms' 0 waits for ever. 0 with '*result' or '*error' set (the caller owns it), or a positive errno. */
int jsonrpc_call(const char *name, const char *method, json_t *params, int timeout_ms,
                 json_t **result, json_t **error) WARN_UNUSED;
