/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups in a classifier: by version, with the mask under which the answer holds, and with conjunctive matches. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/classifier_private.h"

struct lookup {
    const struct classifier *cls;
    version_t version;
    struct flow_words words;
    struct flow *mask;
    struct {
        bool done;
        unsigned int n_bits;
        struct prefix_lengths found;
    } prefixes[N_PREFIX_FIELDS];
};

static uint64_t mask_word(const struct flow *mask, unsigned int where)
{
    unsigned int line = where / MINIMATCH_LINE_WORDS;
    if (!(mask->lines & (1u << line))) {
        return 0;
    }
    return ((const uint64_t *) (const void *) mask->line[line].bytes)[where % MINIMATCH_LINE_WORDS];
}

static void add_prefix(struct flow *mask, unsigned int field, unsigned int n_bits)
{
    size_t offset = prefix_fields[field].offset;
    if (!n_bits) {
        return;
    }
    flow_use_line(mask, (unsigned int) (offset / FLOW_LINE_SIZE));
    uint8_t *bytes = (uint8_t *) mask + offset;
    memset(bytes, 0xff, n_bits / 8);
    if (n_bits % 8) {
        bytes[n_bits / 8] |= (uint8_t) (0xff00 >> n_bits % 8);
    }
}

/* True if no rule of the subtable has a prefix that contains the flow's address; the bits that prove it are in the mask then. */
static bool skip_by_prefix(void *aux, const struct subtable *subtable)
{
    struct lookup *lookup = aux;
    unsigned int prefixes = __atomic_load_n(&lookup->cls->prefixes, __ATOMIC_RELAXED);
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int length = subtable->mask->prefix[i];
        if (!length || !(prefixes & 1u << i)) {
            continue;
        }
        if (!lookup->prefixes[i].done) {
            size_t offset = prefix_fields[i].offset;
            const uint8_t *line = (const uint8_t *) lookup->words.line[offset / FLOW_LINE_SIZE];
            lookup->prefixes[i].n_bits = prefix_trie_lookup(&lookup->cls->tries[i], line + offset % FLOW_LINE_SIZE,
                                                            prefix_fields[i].n_bits, &lookup->prefixes[i].found);
            lookup->prefixes[i].done = true;
        }
        if (!prefix_lengths_has(&lookup->prefixes[i].found, length)) {
            add_prefix(lookup->mask, i, MIN(length, lookup->prefixes[i].n_bits));
            return true;
        }
    }
    return false;
}

/* The bits of 'part' in which the flow differs from the rule. */
static uint64_t difference(const struct lookup *lookup, const struct rule *rule, const struct minimask_part *part)
{
    return (flow_word(&lookup->words, part->where) ^ rule->match.values[part->index]) & part->bits;
}

/* Does a bit that is in the mask already tell that the rule does not match? */
static bool is_excluded(const struct lookup *lookup, const struct rule *rule)
{
    const struct minimask *mask = rule->match.mask;
    for (unsigned int i = 0; i < mask->n_parts; i++) {
        const struct minimask_part *part = &mask->parts[i];
        if (difference(lookup, rule, part) & mask_word(lookup->mask, part->where)) {
            return true;
        }
    }
    return false;
}

/* The part's bits, of the 32-bit half in which 'different' has a bit (the first, if in both). */
static uint64_t half_with(uint64_t bits, uint64_t different)
{
    uint64_t low = 0xffffffffu;
    return different & low ? bits & low : bits & ~low;
}

/* Adds a part of the stage that tells that the rule does not match, if there is one. */
static bool exclude_by_stage(struct lookup *lookup, const struct rule *rule, unsigned int stage)
{
    const struct minimask *mask = rule->match.mask;
    for (unsigned int i = stage ? mask->stage_end[stage - 1] : 0; i < mask->stage_end[stage]; i++) {
        const struct minimask_part *part = &mask->parts[i];
        uint64_t different = difference(lookup, rule, part);
        if (different) {
            if (!(different & mask_word(lookup->mask, part->where))) {
                minimask_add_word(half_with(part->bits, different), part->where, lookup->mask);
            }
            return true;
        }
    }
    return false;
}

/* None of the 'n' rules matches: adds what proves it. */
static void exclude(struct lookup *lookup, const struct subtable *subtable, struct rule **rules, unsigned int n)
{
    unsigned int left = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (!is_excluded(lookup, rules[i])) {
            rules[left++] = rules[i];
        }
    }
    for (unsigned int stage = 0; stage < N_STAGES && left; stage++) {
        if (stage == STAGE_L3 && skip_by_prefix(lookup, subtable)) {
            return;
        }
        n = left;
        left = 0;
        for (unsigned int i = 0; i < n; i++) {
            if (!exclude_by_stage(lookup, rules[i], stage)) {
                rules[left++] = rules[i];
            }
        }
    }
}

/* The first rule of those with one match, from 'rule' on, that the version has and that is above 'priority'. */
static struct rule *visible(const struct lookup *lookup, struct rule *rule, int32_t priority)
{
    for (; rule && rule->priority > priority; rule = rcu_dereference(rule->next)) {
        if (version_sees(lookup->version, &rule->life)) {
            return rule;
        }
    }
    return NULL;
}

/* The rules of a small subtable that match, if there are any above 'priority'. False if it is not small (any more). */
static bool lookup_small(struct lookup *lookup, const struct subtable *subtable, int32_t priority,
                         struct rule **found)
{
    struct rule *rules[SUBTABLE_SMALL];
    unsigned int n = 0;
    size_t position = 0;
    *found = NULL;
    if (__atomic_load_n(&subtable->n_matches, __ATOMIC_RELAXED) > SUBTABLE_SMALL) {
        return false;
    }
    for (struct rule *rule; (rule = subtable_next(subtable, &position));) {
        rule = visible(lookup, rule, priority);
        if (!rule) {
            continue;
        }
        if (minimatch_matches(&rule->match, &lookup->words)) {
            minimask_add_to(subtable->mask, lookup->mask);
            *found = rule;
            return true;
        }
        if (n == SUBTABLE_SMALL) {
            return false;
        }
        rules[n++] = rule;
    }
    exclude(lookup, subtable, rules, n);
    return true;
}

static struct rule *lookup_masked(struct lookup *lookup, const struct subtable *subtable, int32_t priority)
{
    struct rule *rule;
    if (lookup_small(lookup, subtable, priority, &rule)) {
        return rule;
    }
    unsigned int n_parts;
    rule = subtable_lookup_staged(subtable, &lookup->words, skip_by_prefix, lookup, &n_parts);
    for (unsigned int i = 0; i < n_parts; i++) {
        minimask_add_word(subtable->mask->parts[i].bits, subtable->mask->parts[i].where, lookup->mask);
    }
    return rule;
}

/* Conjunctive matches. A flow with conjunctions is a soft match: it is a clause of others, and answers nothing by itself. */

struct soft_matches {
    struct rule **rules;
    size_t n, allocated;
};

/* Of the rules of one match from 'rule' on: the soft ones above '*best' are added to 'soft' (unless it is null), and the first other one is the best
 * from then on. */
static void take(struct lookup *lookup, struct rule *rule, struct soft_matches *soft, struct rule **best)
{
    int32_t priority = *best ? (*best)->priority : -1;
    while ((rule = visible(lookup, rule, priority))) {
        if (!rule_has(rule, RULE_CONJUNCTION)) {
            *best = rule;
            return;
        }
        if (soft) {
            if (soft->n == soft->allocated) {
                soft->rules = grow_array(soft->rules, &soft->allocated, sizeof *soft->rules);
            }
            soft->rules[soft->n++] = rule;
        }
        rule = rcu_dereference(rule->next);
    }
}

static struct rule *search(struct lookup *lookup, struct soft_matches *soft)
{
    const struct subtable_vector *vector = rcu_dereference(((struct classifier *) lookup->cls)->vector);
    struct rule *best = NULL;
    for (unsigned int i = 0; i < vector->n; i++) {
        const struct entry *entry = &vector->entries[i];
        int32_t priority = best ? best->priority : -1;
        if (__atomic_load_n(&entry->max_priority, __ATOMIC_RELAXED) <= priority) {
            break;
        }
        struct rule *rule = lookup->mask ? lookup_masked(lookup, entry->subtable, priority)
                                         : subtable_lookup(entry->subtable, &lookup->words);
        if (rule) {
            take(lookup, rule, soft, &best);
        }
    }
    return best;
}

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
    struct rule *rule = search(lookup, NULL);
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
static struct rule *resolve(struct lookup *lookup, struct soft_matches *soft, struct rule *best)
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

struct rule *classifier_lookup(const struct classifier *cls, version_t version, const struct flow *flow,
                               struct flow *mask)
{
    struct lookup lookup = { .cls = cls, .version = version, .mask = mask };
    struct soft_matches soft = { NULL, 0, 0 };
    flow_words_init(&lookup.words, flow);
    struct rule *best = search(&lookup, &soft);
    if (soft.n) {
        best = resolve(&lookup, &soft, best);
        free(soft.rules);
    }
    return best;
}
