/* SPDX-License-Identifier: Apache-2.0 */
/* A change of the OpenFlow state that happens as a whole or not at all: a bundle, or a single flow-mod, group-mod, ...
 *
 * Operations are carried out in order, each seeing what those before it did, but no packet does: everything new begins, and everything
 * old ends, with the next version (ofproto/version.h). If one fails the whole is aborted, and nothing has changed. If none does it is
 * committed: operations of other kinds publish, the state log takes note, the version is published, and then connections are told.
 *
 *     struct transaction *txn = transaction_begin();
 *     for each message: error = transaction_flow_mod(txn, ...); if (error) { transaction_abort(txn); return error; }
 *     transaction_commit(txn);
 *
 * Groups, ports and others take part with callbacks (struct transaction_part). The time that a transaction takes grows with its
 * operations and the flows that they concern, and with nothing else. Any thread that is an RCU reader; from begin to commit or abort it
 * holds tables_lock() and must not wait for anything. */
#pragma once

#include <stddef.h>

#include "lib/ofp/message.h"
#include "ofproto/version.h"

struct flow_mod_source;
struct ofproto;
struct packed_flow_mod;
struct transaction;

/* Takes tables_lock(). */
struct transaction *transaction_begin(void) WARN_UNUSED;

/* Who asked, for what flow monitors say of their own changes: 'requester' is only compared. */
void transaction_set_requester(struct transaction *, const void *requester, be32 xid);

/* Before a change of something that the bridge's log keeps: all of the transaction is one change of that log. */
void transaction_set_bridge(struct transaction *, struct ofproto *);

/* Prepares a flow-mod. What it came from must stay until the transaction ends; null if it was made here. After an error the transaction can only be
 * aborted. */
enum ofp_error transaction_flow_mod(struct transaction *, struct ofproto *, const struct ofp_flow_mod *,
                                    const struct flow_mod_source *) WARN_UNUSED;

/* The same for one that flow_mod_check() was content with. */
enum ofp_error transaction_packed_flow_mod(struct transaction *, struct ofproto *, const struct packed_flow_mod *,
                                           const struct flow_mod_source *) WARN_UNUSED;

/* Is there a reason to refuse it that lies in its actions alone, whatever the tables hold? */
enum ofp_error flow_mod_check(const struct ofp_flow_mod *) WARN_UNUSED;

/* Takes out the visible flows whose actions (action sets included) use the group, or the meter, as part of its removal. */
void transaction_delete_by_group(struct transaction *, struct ofproto *, uint32_t group);
void transaction_delete_by_meter(struct transaction *, struct ofproto *, uint32_t meter);

/* Something else that was prepared with success and is to be published or undone with the transaction. What is versioned needs no 'publish'; what
 * is not (port-mods) changes there. Null members are fine. */
struct transaction_part {
    void (*publish)(void *aux);   /* just before the version is, in the order of addition; cannot fail; the lock is held */
    void (*undo)(void *aux);      /* on abort, in the reverse order; the lock is held */
    void (*published)(void *aux); /* behind a commit, without the lock, in the committing thread: tell others */
    void (*destroy)(void *aux);   /* last in either case, without the lock */
};
void transaction_add(struct transaction *, const struct transaction_part *, void *aux); /* 'part' must stay */

/* Both release the lock and free the transaction. */
void transaction_commit(struct transaction *);
void transaction_abort(struct transaction *);
