/* SPDX-License-Identifier: Apache-2.0 */
/* The names of streams, and the sockets behind them. For lib/base/stream.c, listener.c and jsonrpc_call.c. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/compiler.h"

struct stream_address {
    char *path; /* of a Unix socket, absolute; else null */
    struct sockaddr_storage sockaddr; /* of a TCP socket */
    socklen_t length;
    bool tls; /* "ssl:" or "pssl:" */
};

/* Reads the active or passive 'name'. Null, or a sentence that the caller frees. */
char *stream_name_parse(const char *name, bool passive, uint16_t default_port,
                        struct stream_address *) WARN_UNUSED;
void stream_address_destroy(struct stream_address *);

/* The name with this kind ("tcp", "ssl", "ptcp" or "pssl") of an IPv4 or IPv6 address, which the caller frees. */
char *stream_name_from_sockaddr(const struct sockaddr_storage *, const char *kind);

/* connect() and bind() of the non-blocking socket '*fdp', which they make. Unix paths may be longer than what fits into a
 * socket's address. 0 or a positive errno, with no socket made; a connection in progress counts as success. */
int stream_address_connect(const struct stream_address *, int *fdp) WARN_UNUSED;
int stream_address_bind(const struct stream_address *, int *fdp) WARN_UNUSED;

/* Parses and connects, without TLS: names that ask for it are refused. 0, or a positive errno and a sentence that the caller frees. */
int stream_name_connect(const char *name, uint16_t default_port, int *fdp, char **errorp)
    WARN_UNUSED;
