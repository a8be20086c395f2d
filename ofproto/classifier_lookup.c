/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups in a classifier: by version, with the mask under which the answer holds, and with conjunctive matches. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/classifier_private.h"

struct lookup {
    const struct classifier *cls;
    const struct mask_index *index; /* of subtables, not null */
    version_t version;
    struct flow_words words;
    struct flow *mask;
    unsigned int use;        /* bits of the prefix fields that may be used */
    unsigned int looked;     /* bits of those that the tries were asked for */
    unsigned int grown;      /* bits of those whose 'covered' grew and is not in the set of subtables to look at yet */
    struct {
        unsigned int n_bits; /* that decided */
        unsigned int covered; /* leading bits that are in the mask */
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

/* What the trie of the field tells of the flow. */
static void look_up_prefix(struct lookup *lookup, unsigned int field)
{
    size_t offset = prefix_fields[field].offset;
    const uint8_t *line = (const uint8_t *) lookup->words.line[offset / FLOW_LINE_SIZE];
    if (!(lookup->looked & 1u << field)) {
        lookup->looked |= 1u << field;
        lookup->prefixes[field].n_bits = prefix_trie_lookup(&lookup->cls->tries[field], line + offset % FLOW_LINE_SIZE,
                                                            prefix_fields[field].n_bits,
                                                            &lookup->prefixes[field].found);
    }
}

static void add_prefix(struct lookup *lookup, unsigned int field, unsigned int n_bits)
{
    size_t offset = prefix_fields[field].offset;
    if (n_bits <= lookup->prefixes[field].covered) {
        return;
    }
    lookup->prefixes[field].covered = n_bits;
    lookup->grown |= 1u << field;
    flow_use_line(lookup->mask, (unsigned int) (offset / FLOW_LINE_SIZE));
    uint8_t *bytes = (uint8_t *) lookup->mask + offset;
    memset(bytes, 0xff, n_bits / 8);
    if (n_bits % 8) {
        bytes[n_bits / 8] |= (uint8_t) (0xff00 >> n_bits % 8);
    }
}

/* True if no rule of the subtable has a prefix (of an address for STAGE_L3, of a port for STAGE_L4) that contains the flow's; the bits that
 * prove it are in the mask then. */
static bool skip_by_prefix(void *aux, const struct subtable *subtable, enum minimatch_stage stage)
{
    struct lookup *lookup = aux;
    unsigned int first = stage == STAGE_L3 ? 0 : PREFIX_TP_SRC, end = stage == STAGE_L3 ? PREFIX_TP_SRC : N_PREFIX_FIELDS;
    for (unsigned int i = first; i < end; i++) {
        unsigned int length = subtable->mask->prefix[i];
        if (!length || !(lookup->use & 1u << i)) {
            continue;
        }
        look_up_prefix(lookup, i);
        if (!prefix_lengths_has(&lookup->prefixes[i].found, length)) {
            add_prefix(lookup, i, MIN(length, lookup->prefixes[i].n_bits));
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
        if (stage >= STAGE_L3 && skip_by_prefix(lookup, subtable, (enum minimatch_stage) stage)) {
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
    struct subtable_cursor cursor = { NULL, 0 };
    *found = NULL;
    if (__atomic_load_n(&subtable->n_matches, __ATOMIC_RELAXED) > SUBTABLE_SMALL) {
        return false;
    }
    for (struct rule *rule; (rule = subtable_next(subtable, &cursor));) {
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

/* The first pass: families of subtables that a rule can match in, those of the highest priority first. */

enum { MAX_CANDIDATES = 64, FEW_CANDIDATES = 8 };

struct candidates {
    unsigned int n;
    struct candidate {
        int32_t priority; /* at most */
        const struct subtable_family *family;
    } items[MAX_CANDIDATES];
};

/* The sets of families that the flow's prefixes allow, for one field. */
struct allowed {
    unsigned int n;
    const uint64_t *sets[MAX_PREFIX_BITS + 1];
};

static const uint64_t *load_set(const struct mask_index *index, unsigned int field, unsigned int length)
{
    return rcu_load(((struct mask_index *) index)->sets[field][length]);
}

static void find_allowed(struct lookup *lookup, const struct mask_index *index, unsigned int field, struct allowed *allowed)
{
    const uint64_t *set = load_set(index, field, 0);
    allowed->n = 0;
    if (set) {
        allowed->sets[allowed->n++] = set;
    }
    look_up_prefix(lookup, field);
    for (unsigned int half = 0; half < 2; half++) {
        for (uint64_t bits = lookup->prefixes[field].found.bits[half]; bits; bits &= bits - 1) {
            set = load_set(index, field, half * 64 + (unsigned int) __builtin_ctzll(bits) + 1);
            if (set) {
                allowed->sets[allowed->n++] = set;
            }
        }
    }
}

static uint64_t load_word(const uint64_t *set, unsigned int word)
{
    return __atomic_load_n(&set[word], __ATOMIC_ACQUIRE);
}

static uint64_t allowed_word(const struct allowed *allowed, unsigned int word)
{
    uint64_t bits = 0;
    for (unsigned int i = 0; i < allowed->n; i++) {
        bits |= load_word(allowed->sets[i], word);
    }
    return bits;
}

static const struct subtable *member_at(const struct subtable_family *family, unsigned int i)
{
    return rcu_dereference(((struct subtable_family *) family)->members[i]);
}

static void try_family(struct lookup *lookup, const struct subtable_family *family, struct soft_matches *soft,
                       struct rule **best)
{
    for (uint64_t members = family_find(family, &lookup->words); members; members &= members - 1) {
        unsigned int i = (unsigned int) __builtin_ctzll(members);
        const struct subtable *subtable = member_at(family, i);
        int32_t priority = __atomic_load_n(&family->max_priorities[i], __ATOMIC_RELAXED);
        if (subtable && (!*best || priority > (*best)->priority)) {
            struct rule *rule = subtable_lookup(subtable, &lookup->words);
            if (rule) {
                take(lookup, rule, soft, best);
            }
        }
    }
}

/* Members of families in which a rule can match. */
struct members {
    unsigned int n;
    struct {
        int32_t priority; /* at most */
        const struct subtable *subtable;
    } items[2 * MAX_CANDIDATES];
};

/* The most promising first; without them afterwards. */
static void try_members(struct lookup *lookup, struct members *members, struct soft_matches *soft, struct rule **best)
{
    for (unsigned int i = 0; i < members->n; i++) {
        subtable_prefetch(members->items[i].subtable);
    }
    for (unsigned int n = members->n; n; n--) {
        unsigned int max = 0;
        for (unsigned int i = 1; i < n; i++) {
            max = members->items[i].priority > members->items[max].priority ? i : max;
        }
        if (*best && members->items[max].priority <= (*best)->priority) {
            break;
        }
        struct rule *rule = subtable_lookup(members->items[max].subtable, &lookup->words);
        if (rule) {
            take(lookup, rule, soft, best);
        }
        members->items[max] = members->items[n - 1];
    }
    members->n = 0;
}

/* Many candidates are in memory that no cache has: all are looked into at once, step by step, so that the processor waits for all of them
 * together. */
static void try_many(struct lookup *lookup, const struct candidates *candidates, struct soft_matches *soft,
                     struct rule **best)
{
    struct family_probe probes[MAX_CANDIDATES];
    struct members members = { .n = 0 };
    for (unsigned int i = 0; i < candidates->n; i++) {
        family_probe_begin(&probes[i], candidates->items[i].family, &lookup->words);
    }
    for (unsigned int i = 0; i < candidates->n; i++) {
        family_probe_prefetch(&probes[i]);
    }
    for (unsigned int i = 0; i < candidates->n; i++) {
        const struct subtable_family *family = candidates->items[i].family;
        for (uint64_t found = family_probe_end(&probes[i]); found; found &= found - 1) {
            unsigned int which = (unsigned int) __builtin_ctzll(found);
            int32_t priority = __atomic_load_n(&family->max_priorities[which], __ATOMIC_RELAXED);
            const struct subtable *subtable = member_at(family, which);
            if (!subtable || (*best && priority <= (*best)->priority)) {
                continue;
            }
            __builtin_prefetch(&subtable->mask);
            members.items[members.n].priority = priority;
            members.items[members.n++].subtable = subtable;
            if (members.n == ARRAY_SIZE(members.items)) {
                try_members(lookup, &members, soft, best);
            }
        }
    }
    try_members(lookup, &members, soft, best);
}

/* Looks into the candidates, the most promising first; without them afterwards. */
static void try_candidates(struct lookup *lookup, struct candidates *candidates, struct soft_matches *soft,
                           struct rule **best)
{
    struct candidate *items = candidates->items;
    if (candidates->n > FEW_CANDIDATES) {
        try_many(lookup, candidates, soft, best);
        candidates->n = 0;
        return;
    }
    for (unsigned int n = candidates->n; n; n--) {
        unsigned int max = 0;
        for (unsigned int i = 1; i < n; i++) {
            max = items[i].priority > items[max].priority ? i : max;
        }
        if (*best && items[max].priority <= (*best)->priority) {
            break;
        }
        try_family(lookup, items[max].family, soft, best);
        items[max] = items[n - 1];
    }
    candidates->n = 0;
}

static struct rule *search_best(struct lookup *lookup, struct soft_matches *soft)
{
    const struct mask_index *index = rcu_dereference(((struct classifier *) lookup->cls)->families);
    struct candidates candidates;
    struct allowed allowed[PREFIX_TP_SRC];
    struct rule *best = NULL;
    unsigned int n_fields = 0, n_words = __atomic_load_n(&index->n_used, __ATOMIC_ACQUIRE);
    for (unsigned int i = 0; i < PREFIX_TP_SRC; i++) {
        if (lookup->use & 1u << i) {
            find_allowed(lookup, index, i, &allowed[n_fields++]);
        }
    }
    candidates.n = 0;
    for (unsigned int word = 0; word < n_words; word++) {
        uint64_t bits = load_word(index->all, word);
        for (unsigned int i = 0; i < n_fields && bits; i++) {
            bits &= allowed_word(&allowed[i], word);
        }
        for (; bits; bits &= bits - 1) {
            unsigned int number = word * 64 + (unsigned int) __builtin_ctzll(bits);
            int32_t priority = __atomic_load_n(&index->max_priorities[number], __ATOMIC_RELAXED);
            const struct subtable_family *family = rcu_dereference(index->things[number]);
            if (!family || (best && priority <= best->priority)) {
                continue;
            }
            __builtin_prefetch(family);
            candidates.items[candidates.n++] = (struct candidate) { priority, family };
            if (candidates.n == MAX_CANDIDATES) {
                try_candidates(lookup, &candidates, soft, &best);
            }
        }
    }
    try_candidates(lookup, &candidates, soft, &best);
    return best;
}

/* The second pass: what proves that there is no better answer. */

/* Takes out of 'todo' the subtables that bits which are in the mask already exclude. */
static void exclude_covered(const struct lookup *lookup, unsigned int fields, uint64_t *todo, unsigned int first,
                            unsigned int end)
{
    for (unsigned int i = 0; i < N_PREFIX_FIELDS; i++) {
        unsigned int covered = lookup->prefixes[i].covered;
        for (unsigned int length = 1; fields & 1u << i && length <= prefix_fields[i].n_bits; length++) {
            const uint64_t *set = load_set(lookup->index, i, length);
            if (set && MIN(length, lookup->prefixes[i].n_bits) <= covered
                && !prefix_lengths_has(&lookup->prefixes[i].found, length)) {
                for (unsigned int word = first; word < end; word++) {
                    todo[word] &= ~load_word(set, word);
                }
            }
        }
    }
}

/* Only what is at least 'floor' counts: the priority of the answer, or -1. */
static struct rule *prove(struct lookup *lookup, int32_t floor, struct soft_matches *soft)
{
    enum { FEW_WORDS = 128 };
    const struct mask_index *index = lookup->index;
    unsigned int n_words = __atomic_load_n(&index->n_used, __ATOMIC_ACQUIRE);
    uint64_t few[FEW_WORDS], *todo = n_words <= FEW_WORDS ? few : xcalloc(n_words, sizeof *todo);
    struct rule *best = NULL;
    for (unsigned int word = 0; word < n_words; word++) {
        todo[word] = load_word(index->all, word);
    }
    lookup->grown = lookup->looked;
    for (unsigned int word = 0; word < n_words; word++) {
        while (todo[word]) {
            if (lookup->grown) {
                unsigned int fields = lookup->grown;
                lookup->grown = 0;
                exclude_covered(lookup, fields, todo, word, n_words);
                continue;
            }
            unsigned int number = word * 64 + (unsigned int) __builtin_ctzll(todo[word]);
            todo[word] &= todo[word] - 1;
            int32_t below = best ? best->priority : floor - 1;
            const struct subtable *subtable = rcu_dereference(index->things[number]);
            if (!subtable || __atomic_load_n(&index->max_priorities[number], __ATOMIC_RELAXED) <= below) {
                continue;
            }
            struct rule *rule = lookup_masked(lookup, subtable, below);
            if (rule) {
                take(lookup, rule, soft, &best);
            }
        }
    }
    if (todo != few) {
        free(todo);
    }
    return best;
}

static struct rule *search(struct lookup *lookup, struct soft_matches *soft)
{
    if (!lookup->mask) {
        return search_best(lookup, soft);
    }
    const struct rule *best = search_best(lookup, NULL);
    return prove(lookup, best ? best->priority : -1, soft);
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
    struct lookup lookup = {
        .cls = cls,
        .index = rcu_dereference(((struct classifier *) cls)->index),
        .version = version,
        .mask = mask,
        .use = __atomic_load_n(&cls->prefixes, __ATOMIC_RELAXED),
    };
    struct soft_matches soft = { NULL, 0, 0 };
    if (!lookup.index) {
        return NULL;
    }
    flow_words_init(&lookup.words, flow);
    struct rule *best = search(&lookup, &soft);
    if (soft.n) {
        best = resolve(&lookup, &soft, best);
        free(soft.rules);
    }
    return best;
}
