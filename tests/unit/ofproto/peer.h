/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of an OpenFlow connection, for tests: a socket that is read and written byte by byte. */
#pragma once

#include <stdbool.h>

#include "lib/ofp/message.h"

struct connmgr;
struct ofproto;

struct peer {
    int fd;
    uint8_t *rx;      /* received, not yet taken */
    size_t n, allocated;
    bool closed;      /* by the switch */
};

/* Connects to the bridge by a socket pair, as a controller or a service connection. */
void peer_connect(struct peer *, struct ofproto *, bool primary);

/* The peer's end of a socket that is connected already. */
void peer_use(struct peer *, int fd);

/* The same, with the hello of 'versions' said and answered. */
void peer_open(struct peer *, struct ofproto *, bool primary, uint32_t versions);
void peer_close(struct peer *);

/* Lets the switch work, until nothing more happens. */
void peer_run(void);

void peer_send(struct peer *, const void *data, size_t n);
void peer_send_buf(struct peer *, struct ofpbuf *); /* empties it */

/* A message of a header and 'n' bytes. */
void peer_send_raw(struct peer *, uint8_t version, uint8_t type, uint32_t xid, const void *body, size_t n);

/* The next message from the switch, whole, or null if there is none; the caller frees it. */
uint8_t *peer_receive(struct peer *, size_t *n);

/* The next message must be of this type. The same, with its body; null is fine for both. */
uint8_t *peer_expect(struct peer *, uint8_t type, size_t *n);
void peer_expect_nothing(struct peer *);
void peer_expect_error(struct peer *, enum ofp_error);
void peer_expect_closed(struct peer *);

/* Sends an echo request and expects its answer as the next message. */
void peer_check_alive(struct peer *, uint8_t version);

/* A flow-mod of OpenFlow 1.3 or 1.0: match in_port, one output. */
void peer_flow_mod(struct peer *, enum ofp_version, enum ofp_flow_command, ofp_port_t in_port, ofp_port_t output,
                   uint16_t flags);
