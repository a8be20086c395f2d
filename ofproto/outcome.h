/* SPDX-License-Identifier: Apache-2.0 */
/* What a translation came to, apart from what the megaflow matches: who is credited, and the datapath's actions.
 *
 * Of a thousand new megaflows most go the same way as the one before: the same rules, the same tables, the same actions. They share one outcome, so
 * that a cached flow needs little memory of its own. An outcome never changes, and lives as long as a flow has it.
 *
 * An outcome is made by one thread, which alone gives it to flows; any thread may let go of it. */
#pragma once

#include "lib/base/compiler.h"
#include "ofproto/xlate.h"

struct outcome {
    uint32_t n_refs;    /* any thread, atomic */
    uint32_t n_counted; /* see outcome_count(); atomic */
    struct xlate_credits credits;
    size_t actions_size;
    const void *actions;
};

/* One with the result of a translation, and one reference: '*last' itself with another reference if it is the same, else a new one, which becomes
 * '*last'. '*last' is null or a reference of the caller's. A new one takes over the credits of 'out', whose actions stay. */
struct outcome *outcome_share(struct outcome **last, struct xlate_out *out);

/* One that is nobody's last. */
struct outcome *outcome_create(struct xlate_out *out);

struct outcome *outcome_ref(struct outcome *);
void outcome_unref(struct outcome *); /* null is fine */

/* One more flow ('n' is 1), or one less (-1), by which the tables of the credits have dependents: while there is any, their
 * changes are a matter for a sweep (table_depend()). More: only the thread that made the outcome. The bridges of the credits are
 * there. */
void outcome_count(struct outcome *, int n);
