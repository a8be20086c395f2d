/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose answer comes in parts. */
#pragma once

#include "lib/ofp/message.h"

struct connection;

/* Called with each part, decoded and as it came. */
typedef void ofctl_multipart_cb(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw);

/* Sends the request and calls 'cb' with each part of its answer, which must be of the type. An error message, and what cannot be
 * decoded, ends the program. */
void ofctl_multipart(struct connection *, struct ofpbuf *request, enum ofp_msg_type type, ofctl_multipart_cb *cb, void *aux);

/* A whole command: connects to 'target', asks with 'body' (see ofp_encode_stats_request()) in the form that the version has, and prints
 * each part of the answer. */
void ofctl_multipart_command(const char *target, enum ofp_msg_type request, enum ofp_msg_type reply, const void *body);

/* Sends the request, empties it, and prints each part of its answer, or the error message that came instead. */
void ofctl_multipart_dump(struct connection *, struct ofpbuf *request, enum ofp_msg_type type, const struct ofp_names *);
