/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes of translations: one allocation each, with credits and actions behind it. */
#include "ofproto/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "ofproto/table.h"
#include "ofproto/xlate_credit.h"

struct outcome *outcome_create(struct xlate_out *out)
{
    size_t credits_size = out->credits.n * sizeof *out->credits.items;
    struct outcome *o = xmalloc(sizeof *o + credits_size + out->actions.size);
    struct xlate_credit *items = (void *) (o + 1);
    uint8_t *actions = (uint8_t *) items + credits_size;
    if (credits_size) {
        memcpy(items, out->credits.items, credits_size);
    }
    if (out->actions.size) {
        memcpy(actions, out->actions.data, out->actions.size);
    }
    *o = (struct outcome) {
        .n_refs = 1,
        .credits = { items, out->credits.n, out->credits.n },
        .actions_size = out->actions.size,
        .actions = actions,
    };
    out->credits.n = 0; /* their references are the outcome's */
    return o;
}

static bool equals(const struct outcome *o, const struct xlate_out *out)
{
    return o->actions_size == out->actions.size && (!o->actions_size || !memcmp(o->actions, out->actions.data, o->actions_size))
           && xlate_credits_equal(&o->credits, &out->credits);
}

struct outcome *outcome_share(struct outcome **last, struct xlate_out *out)
{
    if (!*last || !equals(*last, out)) {
        outcome_unref(*last);
        *last = outcome_create(out);
    }
    return outcome_ref(*last);
}

struct outcome *outcome_ref(struct outcome *o)
{
    __atomic_add_fetch(&o->n_refs, 1, __ATOMIC_RELAXED);
    return o;
}

void outcome_unref(struct outcome *o)
{
    if (o && !__atomic_sub_fetch(&o->n_refs, 1, __ATOMIC_ACQ_REL)) {
        xlate_credits_truncate(&o->credits, 0);
        free(o);
    }
}

static void depend(const struct outcome *o, int n)
{
    if (!o->credits.n || o->credits.n == XLATE_MAX_CREDITS) {
        table_depend(NULL, 0, n); /* adopted, or not all are there */
    }
    for (size_t i = 0; i < o->credits.n; i++) {
        const struct xlate_credit *credit = &o->credits.items[i];
        if (credit->type == CREDIT_TABLE) {
            table_depend(credit->u.table.ofproto, credit->u.table.table, n);
        }
    }
}

/* While a first flow comes and a last one goes at the same time, the tables have a dependent too many for a moment, never one too few. */
void outcome_count(struct outcome *o, int n)
{
    uint32_t before = __atomic_fetch_add(&o->n_counted, (uint32_t) n, __ATOMIC_SEQ_CST);
    if (n > 0 ? before == 0 : before == 1) {
        depend(o, n);
    }
}
