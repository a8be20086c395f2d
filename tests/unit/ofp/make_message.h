/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages of each kind in each version, for the tests and for what they are compared with. */
#pragma once

#include "lib/ofp/message.h"
#include "tests/unit/ofp/generate.h"

struct message_kind;

/* A message being made, or made again from one that was decoded. */
struct maker {
    struct generator g;
    enum ofp_version version;
    bool nx;
    struct ofpbuf out;
    const struct ofpbuf *wire; /* what was decoded */
    const struct message_kind *kind;
};

/* A kind of message in a range of versions. What is made from random values may lose, on its way through the first
 * decoding, what its version cannot say ('lossy'); from then on nothing may change. */
struct message_kind {
    const char *name;
    bool nx;
    uint8_t first, last; /* enum ofp_version */
    bool lossy;
    void (*make)(struct maker *);
    void (*again)(struct maker *, const struct ofp_message *);
    enum ofp_msg_type type; /* for makers of several kinds */
};

/* Matches and actions come from a small choice that Open vSwitch has, too, and not from all there are. */
extern bool make_message_plain;

/* Packets, flows, ports, statistics; and everything else. */
extern const struct message_kind message_kinds[], state_message_kinds[];
extern const size_t n_message_kinds, n_state_message_kinds;

/* For makers. A reply is begun at the end of m->out. */
void make_random_match(struct maker *, struct match *);
void make_random_actions(struct maker *, struct ofpbuf *, unsigned int max, bool instructions);
struct ofp_msgs make_begin_reply(struct maker *, enum ofp_msg_type request);
