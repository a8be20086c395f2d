/* SPDX-License-Identifier: Apache-2.0 */
/* Conjunctive matches: which of the soft matches of a flow make up a conjunction, and the rule that this leads to. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/classifier_private.h"

/* Looks up the flow with 'id' in its conj_id, soft matches left out. That field is known, so it is nothing that the mask need have. */
static struct rule *search_conj_id(struct lookup *lookup, uint32_t id)
{
    enum { LINE = offsetof(struct flow, conj_id) / FLOW_LINE_SIZE, AT = offsetof(struct flow, conj_id) % FLOW_LINE_SIZE };
    const uint64_t *old_line = lookup->words.line[LINE];
    struct flow *mask = lookup->mask;
    uint32_t old_bits = mask && mask->lines & (1u << LINE) ? mask->conj_id : 0;
    struct flow_line line;
    memcpy(&line, old_line, sizeof line);
    memcpy(line.bytes + AT, &id, sizeof id);

    lookup->words.line[LINE] = (const uint64_t *) (const void *) &line;
    struct rule *rule = lookup_search(lookup, NULL);
    lookup->words.line[LINE] = old_line;
    if (mask && mask->lines & (1u << LINE)) {
        mask->conj_id = old_bits;
    }
    return rule;
}

struct clause {
    uint32_t id;
    uint8_t n, clause;
};

static int compare_clauses(const void *a_, const void *b_)
{
    const struct clause *a = a_, *b = b_;
    return a->id != b->id ? (a->id > b->id ? 1 : -1) : a->n - b->n;
}

/* All clauses of soft matches; the caller frees them. */
static struct clause *list_clauses(struct rule *const *rules, size_t n_rules, size_t *n)
{
    struct clause *clauses = NULL;
    size_t allocated = 0;
    *n = 0;
    for (size_t i = 0; i < n_rules; i++) {
        const struct rule_actions *actions = rules[i]->actions;
        const struct ofp_action *a;
        ofp_action_for_each (a, actions->data, actions->size) {
            const struct ofp_action_conjunction *c = (const struct ofp_action_conjunction *) a;
            if (a->type == OFPACT_CONJUNCTION && c->clause < c->n_clauses && c->n_clauses <= 64) {
                if (*n == allocated) {
                    clauses = grow_array(clauses, &allocated, sizeof *clauses);
                }
                clauses[(*n)++] = (struct clause) { c->id, c->n_clauses, c->clause };
            }
        }
    }
    return clauses;
}

/* The rule for a conjunction all of whose clauses are among the soft matches, which are of one priority. Of several the lowest id that leads to
 * a rule counts. */
static struct rule *match_conjunctions(struct lookup *lookup, struct rule *const *rules, size_t n_rules)
{
    size_t n;
    struct clause *clauses = list_clauses(rules, n_rules, &n);
    struct rule *found = NULL;
    if (n > 1) {
        qsort(clauses, n, sizeof *clauses, compare_clauses);
    }
    for (size_t i = 0, j; i < n && !found; i = j) {
        uint64_t seen = 0;
        for (j = i; j < n && !compare_clauses(&clauses[i], &clauses[j]); j++) {
            seen |= 1ULL << clauses[j].clause;
        }
        if ((unsigned int) __builtin_popcountll(seen) == clauses[i].n) {
            found = search_conj_id(lookup, clauses[i].id);
        }
    }
    free(clauses);
    return found;
}

static int compare_priorities(const void *a_, const void *b_)
{
    const struct rule *const *a = a_, *const *b = b_;
    return (*b)->priority - (*a)->priority;
}

/* From the highest priority of soft matches down to that of 'best': the first at which they make up a conjunction with a rule. */
struct rule *lookup_resolve(struct lookup *lookup, struct soft_matches *soft, struct rule *best)
{
    qsort(soft->rules, soft->n, sizeof *soft->rules, compare_priorities);
    for (size_t i = 0, j; i < soft->n && (!best || soft->rules[i]->priority > best->priority); i = j) {
        for (j = i + 1; j < soft->n && soft->rules[j]->priority == soft->rules[i]->priority; j++) {
        }
        struct rule *rule = match_conjunctions(lookup, &soft->rules[i], j - i);
        if (rule) {
            return rule;
        }
    }
    return best;
}
