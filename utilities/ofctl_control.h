/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: the control socket of monitor and snoop, and their life in the background.
 *
 * Commands are called while the loop runs, in which nothing can be sent: they take note, and control_run() does what they ask for. */
#pragma once

#include <stdbool.h>

struct connection;
struct control;
struct ofp_names;
struct ofpbuf;

/* Whether an option of the command line was one for the background; takes note of it. */
bool control_parse_option(int c, const char *argument);

/* Goes to the background if the user wants that. Before anything is opened. */
void control_begin(void);

/* Opens the socket for what is said on 'c'; lets the parent go, if there is one. */
struct control *control_start(struct connection *c, const struct ofp_names *accepted);

/* Does what the commands that came ask for. False if the program is to end. */
bool control_run(struct control *);

/* Is reading stopped? */
bool control_is_blocked(const struct control *);

/* A message came. */
void control_received(struct control *, const struct ofpbuf *);

/* Closes the socket. If a signal asked for the end, the program ends by it. */
void control_stop(struct control *);
