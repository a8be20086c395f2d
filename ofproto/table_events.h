/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of tables tells connections, on its way to the main thread.
 *
 * A transaction may be committed by any thread, since packets learn flows; connections belong to the main thread. Events are queued in the order
 * of the commits and handed out on the main thread: before the commit returns if it is the one that commits, else from the loop. Rules of an
 * event are referenced for as long as it lasts. Flow-removed messages go to connmgr by themselves; everything else to the listener of the
 * bridge. */
#pragma once

#include "lib/ofp/message.h"

struct ofproto;
struct rule;

enum table_event_type {
    TABLE_EVENT_ADDED,    /* 'rule', maybe in the place of 'old' */
    TABLE_EVENT_MODIFIED, /* 'old' became 'rule' */
    TABLE_EVENT_REMOVED,  /* 'old', for 'reason' */
    TABLE_EVENT_STATUS,   /* the vacancy of 'status.desc.table' passed a threshold */
};

struct table_event {
    enum table_event_type type;
    struct rule *rule, *old;
    enum ofp_removed_reason reason;
    const void *requester; /* of the transaction: not to be dereferenced; null for the switch itself */
    be32 xid;              /* of the request */
    struct ofp_table_status status;
};

/* Main thread. Events of rules are only made while 'flows' is on; hidden rules have none. */
struct table_listener {
    void (*cb)(void *aux, const struct table_event *); /* null: nobody listens */
    void (*flush)(void *aux); /* after the events of a change, or of several; null: nothing */
    void *aux;
    bool flows;
};
void table_set_listener(struct ofproto *, const struct table_listener *);

/* Hands out what waits. */
void table_events_run(void);

/* For ofproto/transaction.c and table.c. */

/* With the lock held: appended to the queue, with references to the rules; 'removed_message' for a flow-removed. */
void table_events_put(struct ofproto *, const struct table_event *, bool removed_message);

/* Without the lock, behind a commit. 'later': from the loop in any case, since the caller is in the middle of something. */
void table_events_flush(bool later);

/* Main thread: a bridge comes or goes; the events of one that goes are dropped. */
void table_events_attach(struct ofproto *);
void table_events_detach(struct ofproto *);
