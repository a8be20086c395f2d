/* SPDX-License-Identifier: Apache-2.0 */
/* Recirculation: what translation has to remember of a packet that passes the datapath's parser a second time.
 *
 * When translation needs what it cannot know, for example the IP header behind a label that was popped, it *freezes*: it stores what is left to do under
 * a recirculation id, and lets the datapath look the packet up again with that id. The translation of that lookup *thaws* the state and goes on.
 *
 * States are shared: equal ones get the same id, and the id follows from the content, so that a restarted program draws the same ids for the same
 * tables, and cached flows stay right. A state lives as long as a cached flow refers to it, and some seconds longer for packets that are
 * on their way. Any thread; own lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/flow.h"
#include "lib/ofp/ofp.h"

/* Actions that are left in one list, and where that list was met. */
struct recirc_frame {
    ofp_port_t in_port;
    uint8_t table;
    be64 cookie;
    struct ofpbuf actions;
};

struct recirc_content {
    const char *bridge;
    uint32_t in_port;                /* OpenFlow's */
    bool has_priority;               /* a queue was chosen: */
    uint32_t priority, priority_now; /* skb_priority that the packet came with, and that it has */
    struct flow registers;           /* FLOW_LINE_REGS and FLOW_LINE_OPENFLOW whole, of the tunnel what is 'written' */
    struct flow written;             /* bits of the tunnel's lines that were written and are in no packet */
    const struct recirc_frame *frames; /* innermost first */
    size_t n_frames;
    const void *action_set;          /* OpenFlow actions */
    size_t action_set_size;
    bool in_clone;                   /* frozen inside a clone action: nothing comes after the frames, no action set is executed */
    const void *stack;               /* what was pushed, bytes */
    size_t stack_size;
};

struct recirc_state {
    uint32_t id;                     /* not 0 */
    const struct recirc_content *content; /* immutable */
};

void recirc_init(void);
void recirc_destroy(void);

/* A reference to the state with this content; made if it is not there. Copies the content. Null if there are too many. */
struct recirc_state *recirc_get(const struct recirc_content *);

/* A new reference, or null if the id is not known (any more). */
struct recirc_state *recirc_find(uint32_t id);

struct recirc_state *recirc_ref(struct recirc_state *);
void recirc_unref(struct recirc_state *); /* null is fine */

/* Frees what nothing referred to for some seconds. */
void recirc_expire(void);

unsigned int recirc_count(void);
