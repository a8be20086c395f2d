/* SPDX-License-Identifier: Apache-2.0 */
/* A blocking OpenFlow connection to a switch, for one command.
 *
 * Each function ends the program with a message when the connection breaks or the peer breaks the protocol: there is nothing that a
 * command could do then. Messages are received one at a time and are never longer than OpenFlow allows, so that a peer, however
 * hostile, costs a bounded amount of memory. */
#pragma once

#include "lib/ofp/message.h"

struct connection;
struct loop;

/* Connects to 'target' - "unix:PATH", "tcp:HOST[:PORT]", "ssl:HOST[:PORT]", the path of a socket, or the name of a bridge - and agrees on one of the
 * 'versions' (bitmap). */
struct connection *connection_open(const char *target, uint32_t versions);

/* Connects to the place where the bridge shows what it and its controllers say. No version is agreed on. */
struct connection *connection_open_snoop(const char *target);

void connection_close(struct connection *); /* null is fine */

enum ofp_version connection_version(const struct connection *);
const char *connection_name(const struct connection *);

/* A transaction id that no other request of this program has. */
be32 connection_xid(void);

/* Sends the whole messages in 'buf' and empties it. */
void connection_send(struct connection *, struct ofpbuf *buf);

/* Waits for the next message, which replaces what 'msg' held. */
void connection_recv(struct connection *, struct ofpbuf *msg);

/* The same, for at most 'timeout_ms'. Returns false if nothing came. */
bool connection_recv_for(struct connection *, struct ofpbuf *msg, int timeout_ms) WARN_UNUSED;

/* Waits until something happens: messages come, or what else the loop is used for. */
void connection_wait(struct connection *);
struct loop *connection_loop(const struct connection *);

/* Waits for a message with this xid. Others are dropped, except that the peer's echo requests are answered. */
void connection_recv_xid(struct connection *, be32 xid, struct ofpbuf *msg);

/* Sends one request and waits for its answer, which may be an error message. */
void connection_transact(struct connection *, struct ofpbuf *request, struct ofpbuf *reply);

/* Sends one request that has no answer but an error, and a barrier. True if it succeeded, else 'reply' is the error message. */
bool connection_transact_noreply(struct connection *, struct ofpbuf *request, struct ofpbuf *reply) WARN_UNUSED;

/* Echoes what the peer's echo request brought. */
void connection_answer_echo(struct connection *, const struct ofpbuf *request);

/* The type of a message, by its header alone. */
static inline uint8_t connection_msg_type(const struct ofpbuf *msg)
{
    return msg->data[1];
}
enum { CONNECTION_TYPE_HELLO = 0, CONNECTION_TYPE_ERROR = 1, CONNECTION_TYPE_ECHO_REQUEST = 2, CONNECTION_TYPE_ECHO_REPLY = 3 };
