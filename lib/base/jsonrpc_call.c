/* SPDX-License-Identifier: Apache-2.0 */
/* The blocking JSON-RPC client of the command-line tools. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/loop.h"
#include "lib/base/stream.h"
#include "lib/base/stream_name.h"
#include "lib/base/utf8.h"

struct call {
    bool done;
    int error; /* positive errno if the session ended first */
    json_t *id, *result, *error_value;
};

static void received(void *call_, const struct jsonrpc_msg *msg)
{
    struct call *call = call_;
    if ((msg->type == JSONRPC_REPLY || msg->type == JSONRPC_ERROR) && json_equal(msg->id, call->id)
        && !call->done) {
        call->done = true;
        call->result = json_incref(msg->result);
        call->error_value = json_incref(msg->error);
    }
}

static void closed(void *call_, int error)
{
    struct call *call = call_;
    if (!call->done) {
        call->done = true;
        call->error = error ? error : ECONNRESET;
    }
}

static void wait_for_answer(struct loop *loop, struct call *call, int timeout_ms)
{
    int64_t deadline = timeout_ms ? clock_real_ms() + timeout_ms : INT64_MAX;
    while (!call->done) {
        int64_t left = deadline - clock_real_ms();
        if (left <= 0) {
            call->done = true;
            call->error = ETIMEDOUT;
        } else {
            loop_run_once(loop, timeout_ms ? (int) left : -1);
        }
    }
}

int jsonrpc_call(const char *name, const char *method, json_t *params, int timeout_ms,
                 json_t **result, json_t **error)
{
    static const struct jsonrpc_ops ops = { NULL, received, closed };
    struct call call = { .id = NULL };
    char *sentence;
    int fd;

    *result = *error = NULL;
    if (!utf8_is_valid(method)) {
        json_decref(params);
        return EILSEQ;
    }
    int err = stream_name_connect(name, 0, &fd, &sentence);
    if (err) {
        free(sentence);
        json_decref(params);
        return err;
    }
    struct loop *loop = loop_create();
    struct jsonrpc *session = jsonrpc_create(loop, stream_from_fd(loop, fd, name, NULL, NULL),
                                             &ops, &call);
    call.id = json_integer(0);
    jsonrpc_send_request(session, method, params, json_incref(call.id));
    wait_for_answer(loop, &call, timeout_ms);
    jsonrpc_destroy(session);
    loop_destroy(loop);

    json_decref(call.id);
    *result = call.result;
    *error = call.error_value;
    return call.error;
}
