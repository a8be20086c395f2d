/* SPDX-License-Identifier: Apache-2.0 */
/* Byte streams by name, and listeners for them.
 *
 * Names, as OVS's tools write them: active "unix:PATH", "tcp:HOST:PORT", "ssl:HOST:PORT"; passive "punix:PATH", "ptcp:PORT[:HOST]",
 * "pssl:PORT[:HOST]". HOST is a literal IPv4 address, or an IPv6 address in brackets; without one a listener takes all IPv4 addresses. A PATH
 * that does not begin with '/' is in the run-time directory. "ssl:" and "pssl:" speak TLS with the files of lib/base/tls.h.
 *
 * A stream buffers in both directions. Received bytes are handed to 'received', which takes from the front what it can use;
 * the rest is presented again with what comes next. To hold back a peer that sends more than is wanted, use
 * stream_pause(). Sent bytes are queued; stream_backlog() tells how many, for those who bound their memory.
 * Callbacks run from the loop, never from within a stream function, and none after stream_destroy(), which any callback may
 * call. One thread: that of the loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct loop;
struct stream;
struct listener;

struct stream_ops {
    /* An active stream is connected; called once, before anything else. May be null. */
    void (*connected)(void *aux);

    /* 'n' bytes at 'data' wait; returns how many were used, 0 to wait for more. */
    size_t (*received)(void *aux, const uint8_t *data, size_t n);

    /* All queued bytes were written. May be null. */
    void (*drained)(void *aux);

    /* The stream is closed or could not be connected: 'error' is 0 for an orderly end by the peer, else a positive errno.
     * The stream stays valid until it is destroyed, but does nothing more. */
    void (*closed)(void *aux, int error);
};

/* True if 'name' looks like an active (or passive) stream of a kind that exists here. */
bool stream_name_is_active(const char *name);
bool stream_name_is_passive(const char *name);

/* Starts to connect to 'name'. Returns null and sets '*errorp' to a sentence (the caller frees it) if the name is wrong (errno is EINVAL) or
 * the connection fails at once (errno says why). 'default_port' (host order, 0 for none) is used where the name has none. */
struct stream *stream_open(struct loop *, const char *name, uint16_t default_port,
                           const struct stream_ops *, void *aux, char **errorp) WARN_UNUSED;

/* A stream over a connected socket, which it owns from now on. 'name' is for messages. */
struct stream *stream_from_fd(struct loop *, int fd, const char *name, const struct stream_ops *,
                              void *aux);

/* The server's side of TLS over an accepted socket, which it owns from now on: 'connected' is called when the peer has proved who it is. */
struct stream *stream_accept_tls(struct loop *, int fd, const char *name, const struct stream_ops *, void *aux);

/* Sets what is called back; for a stream that was just accepted. */
void stream_set_ops(struct stream *, const struct stream_ops *, void *aux);

void stream_send(struct stream *, const void *data, size_t n);
size_t stream_backlog(const struct stream *); /* bytes queued, not yet written */
void stream_pause(struct stream *, bool paused); /* stop or go on reading */
const char *stream_name(const struct stream *);

/* From 'closed' on: a sentence that says more than the errno does, or null. */
const char *stream_error(const struct stream *);

/* Closes at once; queued bytes are lost. Null is fine. */
void stream_destroy(struct stream *);

/* Closes once the queued bytes were written; the caller must not use the stream any more. */
void stream_finish(struct stream *);

/* 'accepted' owns the new stream and must stream_set_ops() it. A peer of "pssl:" is shown once TLS has let it in. */
typedef void listener_cb(void *aux, struct stream *);

/* Listens at the passive name. A Unix socket is made with mode 0600, and a stale one replaced; a live one is an error.
 * Null and a sentence in '*errorp' on failure (the caller frees it). */
struct listener *listener_open(struct loop *, const char *name, uint16_t default_port,
                               listener_cb *accepted, void *aux, char **errorp) WARN_UNUSED;

/* The name with the port that was bound, where it was 0. */
const char *listener_name(const struct listener *);

/* Stops listening and removes the Unix socket's file. Null is fine. */
void listener_destroy(struct listener *);
