/* SPDX-License-Identifier: Apache-2.0 */
/* TLS below a stream: a bufferevent of libevent over a connected socket. For lib/base/stream.c.
 *
 * libevent calls during the poll, where nothing shared may be touched; so each event is only noted, and 'wake' is called, which asks the
 * loop for a call of the stream, outside the poll. What is received and not taken is bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct bytequeue;
struct loop;
struct stream_tls;

/* Begins the handshake over 'fd', which stays the caller's. Null and a sentence in '*errorp' (the caller frees it) on failure. */
struct stream_tls *stream_tls_create(struct loop *, int fd, bool server, void (*wake)(void *aux), void *aux, char **errorp) WARN_UNUSED;

/* Says goodbye if there is room for it. Null is fine. */
void stream_tls_destroy(struct stream_tls *);

enum stream_tls_state {
    STREAM_TLS_HANDSHAKE,
    STREAM_TLS_READY,
    STREAM_TLS_BOOTSTRAPPED, /* the CA certificate was taken from the peer; the connection has done its duty */
    STREAM_TLS_ENDED,
};
enum stream_tls_state stream_tls_state(const struct stream_tls *);

/* Moves at most 'max' received bytes to the end of the queue; also once it has ended. Returns how many. */
size_t stream_tls_read(struct stream_tls *, struct bytequeue *, size_t max);

/* Takes all bytes from the queue, to be sent. */
void stream_tls_write(struct stream_tls *, struct bytequeue *);
size_t stream_tls_backlog(const struct stream_tls *);

/* Why it ended: 0 for an orderly end, else a positive errno; and in words, null for an orderly end. */
int stream_tls_error(const struct stream_tls *);
const char *stream_tls_error_text(const struct stream_tls *);
