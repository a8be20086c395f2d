/* SPDX-License-Identifier: Apache-2.0 */
/* The flows of two sources side by side, to compare them. */
#include "utilities/ofctl_flow_table.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action.h"
#include "lib/ofp/match_text.h"

static size_t match_size(uint32_t lines)
{
    return 2 * (size_t) __builtin_popcount(lines) * sizeof(struct flow_line);
}

static struct flow_entry *pack(uint8_t table, uint16_t priority, const struct match *match)
{
    uint32_t lines = match->mask.lines;
    struct flow_entry *entry = xzalloc_cacheline(sizeof *entry + match_size(lines));
    struct flow_line *line = entry->match;

    entry->table = table;
    entry->priority = priority;
    entry->lines = lines;
    for (; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        *line++ = *flow_line(&match->flow, i);
        *line++ = match->mask.line[i];
    }
    return entry;
}

void flow_entry_match(const struct flow_entry *entry, struct match *match)
{
    const struct flow_line *line = entry->match;

    match_init(match);
    for (uint32_t lines = entry->lines; lines; lines &= lines - 1) {
        unsigned int i = (unsigned int) __builtin_ctz(lines);
        flow_use_line(&match->flow, i);
        flow_use_line(&match->mask, i);
        match->flow.line[i] = *line++;
        match->mask.line[i] = *line++;
    }
}

static uint32_t hash_entry(const struct flow_entry *e)
{
    uint32_t basis = (uint32_t) e->table << 16 | e->priority;

    return hash_bytes(e->match, match_size(e->lines), hash_u64(e->lines, basis));
}

static bool same_flow(const struct flow_entry *a, const struct flow_entry *b)
{
    return a->table == b->table && a->priority == b->priority && a->lines == b->lines &&
           !memcmp(a->match, b->match, match_size(a->lines));
}

static void version_destroy(struct flow_version *version)
{
    if (version) {
        ofpbuf_destroy(&version->actions);
        free(version);
    }
}

void flow_table_put(struct flow_table *table, int source, uint8_t table_id, uint16_t priority,
                    const struct match *match, const struct flow_version *version)
{
    struct flow_entry *new = pack(table_id, priority, match), *entry;
    uint32_t hash = hash_entry(new);

    hmap_for_each_with_hash (entry, node, hash, &table->entries) {
        if (same_flow(entry, new)) {
            break;
        }
    }
    if (entry) {
        free(new);
    } else {
        entry = new;
        entry->index = hmap_count(&table->entries);
        hmap_insert(&table->entries, &entry->node, hash);
    }
    version_destroy(entry->versions[source]);
    entry->versions[source] = xmemdup(version, sizeof *version);
}

void flow_table_destroy(struct flow_table *table)
{
    struct flow_entry *entry, *next;

    hmap_for_each_safe (entry, next, node, &table->entries) {
        for (int i = 0; i < FLOW_TABLE_SOURCES; i++) {
            version_destroy(entry->versions[i]);
        }
        hmap_remove(&table->entries, &entry->node);
        free(entry);
    }
    hmap_destroy(&table->entries);
}

static int compare(const void *a_, const void *b_)
{
    const struct flow_entry *const *a = a_, *const *b = b_;

    if ((*a)->table != (*b)->table) {
        return (*a)->table < (*b)->table ? -1 : 1;
    }
    return (*a)->index < (*b)->index ? -1 : 1;
}

struct flow_entry **flow_table_sorted(const struct flow_table *table)
{
    size_t n = hmap_count(&table->entries), i = 0;
    struct flow_entry **sorted = xcalloc(n + 1, sizeof *sorted), *entry;

    hmap_for_each (entry, node, &table->entries) {
        sorted[i++] = entry;
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted, compare);
    }
    return sorted;
}

/* An abstract list keeps how it came over the wire; what counts is what it says. */
static bool actions_equal(const struct ofpbuf *a, const struct ofpbuf *b)
{
    struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

    ofp_actions_format(&x, a->data, a->size, NULL);
    ofp_actions_format(&y, b->data, b->size, NULL);
    bool equal = !strcmp(strbuf_str(&x), strbuf_str(&y));
    strbuf_destroy(&x);
    strbuf_destroy(&y);
    return equal;
}

bool flow_entry_is_equal(const struct flow_entry *entry)
{
    const struct flow_version *a = entry->versions[0], *b = entry->versions[1];

    return a && b && a->cookie == b->cookie && a->idle_timeout == b->idle_timeout &&
           a->hard_timeout == b->hard_timeout && a->importance == b->importance &&
           actions_equal(&a->actions, &b->actions);
}

void flow_entry_format(struct strbuf *s, const struct flow_entry *entry, int source)
{
    const struct flow_version *v = entry->versions[source];
    struct match match;

    if (!v) {
        return;
    }
    if (entry->table) {
        strbuf_putf(s, "table=%u ", entry->table);
    }
    flow_entry_match(entry, &match);
    match_format_with_priority(s, &match, NULL, entry->priority);
    if (v->cookie) {
        strbuf_putf(s, " cookie=%#llx", (unsigned long long) be64_to_host(v->cookie));
    }
    if (v->idle_timeout) {
        strbuf_putf(s, " idle_timeout=%u", v->idle_timeout);
    }
    if (v->hard_timeout) {
        strbuf_putf(s, " hard_timeout=%u", v->hard_timeout);
    }
    if (v->importance) {
        strbuf_putf(s, " importance=%u", v->importance);
    }
    strbuf_puts(s, " actions=");
    ofp_actions_format(s, v->actions.data, v->actions.size, NULL);
    strbuf_putc(s, '\n');
}
