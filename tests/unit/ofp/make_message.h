/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages of each kind in each version, for the tests and for what they are compared with. */
#pragma once

#include "lib/ofp/message.h"
#include "tests/unit/ofp/generate.h"

/* A message being made, or made again from one that was decoded. */
struct maker {
    struct generator g;
    enum ofp_version version;
    bool nx;
    struct ofpbuf out;
    const struct ofpbuf *wire; /* what was decoded */
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
};

/* Matches and actions come from a small choice that Open vSwitch has, too, and not from all there are. */
extern bool make_message_plain;

extern const struct message_kind message_kinds[];
extern const size_t n_message_kinds;
