/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the client: one request and its answer. */
#pragma once

#include "datapath/protocol.h"

struct dp_client {
    int fd;
    int broken; /* a positive errno: the connection is of no use any more */
    uint32_t seq;
    struct dp_info info;
    struct dp_builder out;
    uint8_t *in;             /* DP_MSG_MAX bytes */
    int fds[DP_MSG_MAX_FDS]; /* of the last answer; closed with the next one unless taken (-1) */
    size_t n_fds;
    struct flow key, mask; /* of the flow last handed out */
};

/* Starts a request in client->out. */
struct dp_builder *dp_request_start(struct dp_client *, enum dp_msg_type);

/* Sends it. 0, E2BIG if it did not fit into a message (the connection is fine), or the errno of a
 * broken connection. */
int dp_request_send(struct dp_client *) WARN_UNUSED;

/* The next answer to it: 0 and '*answer' filled, valid until the next call, or the errno of a
 * broken connection. A refusal is an answer: see answer->msg->error. */
int dp_request_receive(struct dp_client *, struct dp_parsed *answer) WARN_UNUSED;

/* Sends the request and receives its only answer. 0, or a positive errno, be it a refusal or a
 * broken connection; then
 * '*errorp' (if not null) is a sentence, which the caller frees. */
int dp_request_call(struct dp_client *, struct dp_parsed *answer, char **errorp) WARN_UNUSED;

/* The connection is of no use any more, because of 'error', which is returned. */
int dp_request_break(struct dp_client *, int error);

/* The sentence of a refusal. */
char *dp_request_error_text(const struct dp_parsed *answer);
