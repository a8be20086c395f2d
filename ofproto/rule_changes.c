/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of the matches of rules that changed, and the comparison of a megaflow with them. */
#include "ofproto/rule_changes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/coverage.h"
#include "lib/base/mem.h"
#include "ofproto/rule.h"
#include "ofproto/ukey.h"
#include "ofproto/xlate_credit.h"

COVERAGE_DEFINE(rule_changes_too_many);

/* One rule's place and match, as of when it changed. The bridge may be gone: it is only compared. */
struct change {
    const struct ofproto *ofproto;
    uint8_t table;
    const struct minimask *mask; /* a reference; null: every packet is concerned */
    uint64_t *values;            /* owned; room for 'n_values' */
    size_t n_values;
};

static struct {
    pthread_mutex_t lock;
    struct change ring[RULE_CHANGES_MAX];
    uint64_t last; /* the number of the youngest; written under the lock, read by anybody */
} changes = { .lock = PTHREAD_MUTEX_INITIALIZER };

uint64_t rule_changes_last(void)
{
    return __atomic_load_n(&changes.last, __ATOMIC_ACQUIRE);
}

static void note(struct change *change, const struct rule *rule)
{
    const struct minimask *mask = rule->match.mask;
    minimask_unref(change->mask);
    if (mask->n_words > change->n_values) {
        change->values = xrealloc(change->values, minimatch_values_size(mask));
        change->n_values = mask->n_words;
    }
    change->ofproto = rule->ofproto;
    change->table = rule->table;
    change->mask = minimask_ref(mask);
    if (mask->n_words) {
        memcpy(change->values, rule->match.values, minimatch_values_size(mask));
    }
}

void rule_changes_add(const struct rule *const *rules, size_t n)
{
    pthread_mutex_lock(&changes.lock);
    uint64_t last = changes.last + n;
    size_t skip = n > RULE_CHANGES_MAX ? n - RULE_CHANGES_MAX : 0; /* these would be overwritten at once */
    for (size_t i = skip; i < n; i++) {
        note(&changes.ring[(changes.last + i + 1) % RULE_CHANGES_MAX], rules[i]);
    }
    __atomic_store_n(&changes.last, last, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&changes.lock);
}

void rule_changes_add_table(const struct ofproto *ofproto, uint8_t table)
{
    pthread_mutex_lock(&changes.lock);
    struct change *change = &changes.ring[(changes.last + 1) % RULE_CHANGES_MAX];
    minimask_unref(change->mask);
    change->ofproto = ofproto;
    change->table = table;
    change->mask = NULL;
    __atomic_store_n(&changes.last, changes.last + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&changes.lock);
}

/* Comparing. */

/* The word 'where' of a flow; zero if its line is not in use. */
static uint64_t packed_word(const struct packed_flow *flow, unsigned int where)
{
    unsigned int line = where / MINIMATCH_LINE_WORDS;
    uint64_t word = 0;
    if (flow->lines & (1u << line)) {
        unsigned int index = __builtin_popcount(flow->lines & ((1u << line) - 1));
        memcpy(&word, flow->data[index].bytes + where % MINIMATCH_LINE_WORDS * sizeof word, sizeof word);
    }
    return word;
}

enum {
    WORD_IN_PORT = offsetof(struct flow, in_port) / sizeof(uint64_t),
    WORD_METADATA = offsetof(struct flow, metadata) / sizeof(uint64_t),
};

/* Value and known bits of a word of the packet, as it was at the lookup. */
struct known_word {
    uint64_t value, bits;
};

static void know_bytes(struct known_word *known, size_t offset, const void *value, size_t n)
{
    memcpy((uint8_t *) &known->value + offset % sizeof known->value, value, n);
    memset((uint8_t *) &known->bits + offset % sizeof known->bits, 0xff, n);
}

static struct known_word known_word(const struct table_looked *looked, const struct packed_flow *key,
                                    const struct packed_flow *mask, unsigned int where)
{
    struct known_word known = { 0, 0 };
    unsigned int line = where / MINIMATCH_LINE_WORDS;
    bool unchanged = looked->unchanged & 1u << line;
    if (unchanged && line < FLOW_N_DP_LINES) {
        known = (struct known_word) { packed_word(key, where), packed_word(mask, where) };
    } else if (unchanged && line == FLOW_LINE_REGS) {
        known.bits = UINT64_MAX;
    }
    if (where == WORD_IN_PORT) {
        know_bytes(&known, offsetof(struct flow, in_port), &looked->in_port, sizeof looked->in_port);
    } else if (where == WORD_METADATA && (looked->metadata_known || unchanged)) {
        be64 metadata = unchanged ? 0 : looked->metadata;
        know_bytes(&known, offsetof(struct flow, metadata), &metadata, sizeof metadata);
    }
    return known; /* conj_id is set by the lookup itself: it is not known */
}

static bool may_match(const struct change *change, const struct table_looked *looked, const struct packed_flow *key,
                      const struct packed_flow *mask)
{
    for (unsigned int i = 0; change->mask && i < change->mask->n_words; i++) {
        const struct minimask_word *word = &change->mask->words[i];
        struct known_word known = known_word(looked, key, mask, word->where);
        if ((change->values[i] ^ known.value) & word->bits & known.bits) {
            return false;
        }
    }
    return true;
}

static bool concerns(const struct change *change, const struct xlate_credits *credits, const struct packed_flow *key,
                     const struct packed_flow *mask)
{
    for (size_t i = 0; i < credits->n; i++) {
        const struct xlate_credit *credit = &credits->items[i];
        if (credit->type == CREDIT_TABLE && credit->u.table.ofproto == change->ofproto
            && credit->u.table.table == change->table && may_match(change, &credit->u.table.looked, key, mask)) {
            return true;
        }
    }
    return false;
}

bool rule_changes_concern(uint64_t since, const struct xlate_credits *credits, const struct packed_flow *key,
                          const struct packed_flow *mask, uint64_t *now)
{
    pthread_mutex_lock(&changes.lock);
    uint64_t last = *now = changes.last;
    bool yes = last - since > RULE_CHANGES_MAX;
    if (yes) {
        COVERAGE_INC(rule_changes_too_many);
    }
    for (uint64_t number = since + 1; number <= last && !yes; number++) {
        yes = concerns(&changes.ring[number % RULE_CHANGES_MAX], credits, key, mask);
    }
    pthread_mutex_unlock(&changes.lock);
    return yes;
}
