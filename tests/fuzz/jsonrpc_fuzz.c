/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes JSON-RPC: the framing (in one piece and in small ones, which must agree) and the check of what is a message. The first byte
 * of the input is the size of the small pieces. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same as one call over all of it. */
static ssize_t scan_in_pieces(const char *text, size_t n, size_t piece)
{
    struct jsonrpc_scan state = { 0 };
    for (size_t end = 0;;) {
        end = end + piece < n ? end + piece : n;
        ssize_t length = jsonrpc_scan_message(&state, text, end);
        if (length || end == n) {
            return length;
        }
    }
}

static void check_message(const char *text, size_t n)
{
    struct jsonrpc_msg msg;
    json_t *json = json_loadb(text, n, 0, NULL);
    if (!json) {
        return;
    }
    char *error = jsonrpc_msg_from_json(json, &msg);
    if (!error) {
        switch (msg.type) {
        case JSONRPC_REQUEST:
            assert(msg.method && json_is_array(msg.params) && msg.id);
            break;
        case JSONRPC_NOTIFY:
            assert(msg.method && json_is_array(msg.params) && !msg.id);
            break;
        case JSONRPC_REPLY:
            assert(msg.result && !msg.error && msg.id);
            break;
        case JSONRPC_ERROR:
            assert(msg.error && !msg.result && msg.id);
            break;
        }
    }
    free(error);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) {
        return 0;
    }
    size_t piece = data[0] ? data[0] : 1;
    const char *text = (const char *) data + 1;
    size_t n = size - 1;

    while (n) {
        struct jsonrpc_scan state = { 0 };
        ssize_t length = jsonrpc_scan_message(&state, text, n);
        assert(length == scan_in_pieces(text, n, piece));
        if (length <= 0) {
            break;
        }
        check_message(text, (size_t) length);
        text += length;
        n -= (size_t) length;
    }
    return 0;
}
