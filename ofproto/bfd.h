/* SPDX-License-Identifier: Apache-2.0 */
/* BFD on the ports of bridges: which port has a session, its packets in and out, and what becomes of its answer.
 *
 * A port whose session does not forward is not live: groups and bundle actions that watch it take another, and controllers see it
 * (ofport_is_live()). Sessions belong to the main thread. Their packets come from the handlers through one bounded queue that ports share
 * fairly, so that a guest that floods its port with BFD packets delays no other session.
 *
 * What a session has agreed on with its peer is kept in a file in the run directory, written when it changes: a restarted
 * program goes on where the last one was, and the peer notices nothing if it was away for less than the detection time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_upcall;
struct loop;
struct ofport;
struct smap;
struct unixctl;

/* Main thread. */

/* Registers bfd/show and bfd/set-forwarding if 'unixctl' is not null. */
void bfd_start(struct loop *, struct unixctl *);
void bfd_stop(void); /* no port has a session any more */

/* The port's session is as OVSDB's Interface.bfd says, or gone if that does not enable it. */
void bfd_configure(struct ofport *, const struct smap *);
void bfd_forget(struct ofport *); /* the port is deleted */

/* True if the port has no session. */
bool bfd_port_forwards(const struct ofport *);

/* OVSDB's bfd_status; empty if the port has no session. */
void bfd_port_status(const struct ofport *, struct smap *);

/* What translation has to know of a port with a session. */
struct bfd_look {
    bool on;
    bool check_key; /* packets of tunnels are the session's with key 0 only */
};
struct bfd_look bfd_port_look(const struct ofport *);

/* Any thread. */

enum { BFD_USERDATA_MAX = 80 };

/* The user data with which packets of a port's session are sent up; bytes written to 'to'. */
size_t bfd_userdata_encode(const char *bridge, uint32_t port, uint8_t to[BFD_USERDATA_MAX]);

/* Takes the packet over to the main thread if it was sent up with such user data; false if it was not. */
bool bfd_from_upcall(const struct dp_upcall *);
