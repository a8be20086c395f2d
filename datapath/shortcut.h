/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflows that a thread met last on each port, as bytes of packets: what most packets of a burst match, so that these need not
 * be parsed, hashed and looked up.
 *
 * Per port there are a few megaflows (datapath/wire_match.h). shortcuts_find() compares a burst with them; any match is an answer, as it
 * is in the signature cache. What does not match goes the long way, after which shortcuts_learn() may take the flows of that way's
 * larger groups in. Where that finds little - many flows by turns, packets that are built otherwise - it is tried less and less often, down
 * to one burst of MAX_PAUSE, so that its cost vanishes.
 *
 * A megaflow that was changed or removed has another generation, or no mask, and is forgotten when it is met next.
 *
 * The owner's thread only, between two quiescent states. */
#pragma once

#include "datapath/batch.h"
#include "datapath/megaflow.h"
#include "datapath/wire_match.h"

enum { SHORTCUT_WAYS = 4 };

/* What carrying out the actions takes, besides the places of headers. */
enum shortcut_kind {
    SHORTCUT_BARE,  /* nothing */
    SHORTCUT_POP,   /* they do nothing but decapsulate */
    SHORTCUT_KEYED, /* the packet's key */
};

struct shortcut_hit {
    const struct megaflow *flow;
    const struct flow_actions *actions;
    const struct wire_match *match; /* until the next call of any of these */
    enum shortcut_kind kind;
    uint32_t packets; /* bitmap */
};

struct shortcuts;

struct shortcuts *shortcuts_create(void);
void shortcuts_destroy(struct shortcuts *); /* null is fine */

/* Finds flows of 'n' packets that were received, or decapsulated, on 'in_port' and were not parsed; each packet is in one hit at most. The
 * number of hits. */
unsigned int shortcuts_find(struct shortcuts *, const struct megaflow *slots, uint32_t in_port,
                            struct packet *const *packets, unsigned int n, struct shortcut_hit hits[SHORTCUT_WAYS]);

/* Are flows of the burst that was searched last on 'in_port' to be learned? */
bool shortcuts_wants(const struct shortcuts *, uint32_t in_port);

/* Learns a flow of that burst from one of its packets, which was parsed to 'key' and did not match before. */
void shortcuts_learn(struct shortcuts *, uint32_t in_port, const struct megaflow *, const struct packet *,
                     const struct flow *key);
