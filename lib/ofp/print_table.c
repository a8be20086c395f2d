/* SPDX-License-Identifier: Apache-2.0 */
/* Printing tables: what is in them and what they can do. */
#include <ctype.h>
#include <stdlib.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"
#include "lib/ofp/table_features.h"

/* The end of a run of names with consecutive numbers, "reg0" to "reg15"; 'i' itself if there is
 * none. */
static size_t numbered_run(const char *const *names, size_t i, size_t n)
{
    size_t base = strcspn(names[i], "0123456789");
    char *end;

    if (!names[i][base]) {
        return i;
    }
    unsigned long number = strtoul(names[i] + base, &end, 10);
    size_t last = i;
    for (size_t j = i + 1; !*end && j < n; j++) {
        if (strncmp(names[j], names[i], base) || !isdigit((unsigned char) names[j][base]) ||
            strtoul(names[j] + base, &end, 10) != number + (j - i)) {
            break;
        }
        last = j;
    }
    return last;
}

/* The end of a run of names that have the part up to the first underscore in common. */
static size_t prefix_run(const char *const *names, size_t i, size_t n, size_t *len)
{
    const char *underscore = strchr(names[i], '_');
    size_t last = i;

    if (!underscore) {
        return i;
    }
    *len = (size_t) (underscore - names[i]) + 1;
    while (last + 1 < n && !strncmp(names[last + 1], names[i], *len)) {
        last++;
    }
    return last;
}

static void put_names(struct strbuf *s, const char *const *names, size_t n, const char *separator)
{
    for (size_t i = 0; i < n; i++) {
        size_t len, run = numbered_run(names, i, n);

        strbuf_puts(s, i ? separator : "");
        if (run > i) {
            strbuf_putf(s, "%s...%s", names[i], names[run]);
            i = run;
            continue;
        }
        run = prefix_run(names, i, n, &len);
        if (run == i) {
            strbuf_puts(s, names[i]);
            continue;
        }
        const char *rest[FIELD_N_IDS];
        for (size_t j = i; j <= run; j++) {
            rest[j - i] = names[j] + len;
        }
        strbuf_putf(s, "%.*s{", (int) len, names[i]);
        put_names(s, rest, run - i + 1, ",");
        strbuf_putc(s, '}');
        i = run;
    }
}

void field_set_format(struct strbuf *s, const struct field_set *set)
{
    const char *names[FIELD_N_IDS];
    size_t n = 0;

    for (int id = 0; id < FIELD_N_IDS; id++) {
        if (field_set_has(set, (enum field_id) id)) {
            names[n++] = field_get((enum field_id) id)->name;
        }
    }
    put_names(s, names, n, " ");
}

static bool is_empty(const struct field_set *set)
{
    static const struct field_set none;

    return !memcmp(set, &none, sizeof none);
}

static void put_set(struct strbuf *s, const char *title, const struct field_set *set)
{
    if (!is_empty(set)) {
        strbuf_puts(s, title);
        field_set_format(s, set);
        strbuf_putc(s, '\n');
    }
}

static void put_actions(struct strbuf *s, const char *title, const struct table_actions *a)
{
    static const struct bit_name names[] = {
        { 1u << 0, "output" },        { 1u << 22, "group" },        { 1u << 25, "set_field" },
        { 1u << 1, "set_vlan_vid" },  { 1u << 2, "set_vlan_pcp" },
        { 1u << 18, "strip_vlan" },   { 1u << 17, "push_vlan" },    { 1u << 3, "mod_dl_src" },
        { 1u << 4, "mod_dl_dst" },    { 1u << 5, "mod_nw_src" },    { 1u << 6, "mod_nw_dst" },
        { 1u << 7, "mod_nw_tos" },    { 1u << 8, "mod_nw_ecn" },    { 1u << 23, "mod_nw_ttl" },
        { 1u << 9, "mod_tp_src" },    { 1u << 10, "mod_tp_dst" },   { 1u << 24, "dec_ttl" },
        { 1u << 13, "set_mpls_label" }, { 1u << 14, "set_mpls_tc" }, { 1u << 15, "set_mpls_ttl" }, { 1u << 16, "dec_mpls_ttl" },
        { 1u << 19, "push_mpls" },    { 1u << 20, "pop_mpls" },     { 1u << 21, "set_queue" },
    };

    strbuf_putf(s, "      %s features:\n        actions: ", title);
    print_bits(s, a->actions, names, ARRAY_SIZE(names), "none");
    strbuf_putc(s, '\n');
    put_set(s, "        supported on Set-Field: ", &a->set_field);
}

static bool actions_equal(const struct table_actions *a, const struct table_actions *b)
{
    return a->actions == b->actions && !memcmp(&a->set_field, &b->set_field, sizeof a->set_field);
}

static void put_next(struct strbuf *s, const uint64_t next[4])
{
    const char *separator = "";
    bool any = next[0] | next[1] | next[2] | next[3];

    if (!any) {
        return;
    }
    strbuf_puts(s, "      next tables: ");
    for (unsigned int i = 0; i < 256; i++) {
        unsigned int last = i;

        if (!(next[i / 64] >> i % 64 & 1)) {
            continue;
        }
        while (last < 255 && next[(last + 1) / 64] >> (last + 1) % 64 & 1) {
            last++;
        }
        strbuf_putf(s, last > i ? "%s%u-%u" : "%s%u", separator, i, last);
        separator = ",";
        i = last;
    }
    strbuf_putc(s, '\n');
}

static void put_instructions(struct strbuf *s, const char *title,
                             const struct table_instructions *t,
                             const struct table_instructions *previous)
{
    static const struct bit_name names[] = {
        { 1 << 6, "meter" },         { 1 << 4, "apply_actions" },  { 1 << 5, "clear_actions" },
        { 1 << 3, "write_actions" }, { 1 << 2, "write_metadata" }, { 1 << 1, "goto_table" },
    };

    strbuf_putf(s, "    instructions (%s):\n", title);
    put_next(s, t->next);
    strbuf_puts(s, "      instructions: ");
    print_bits(s, t->instructions, names, ARRAY_SIZE(names), "none");
    strbuf_putc(s, '\n');
    if (previous && actions_equal(&t->write, &previous->write) &&
        actions_equal(&t->apply, &previous->apply) && !is_empty(&t->write.set_field)) {
        strbuf_puts(s, "      (same actions)\n");
    } else if (actions_equal(&t->write, &t->apply)) {
        put_actions(s, "Write-Actions and Apply-Actions", &t->write);
    } else {
        put_actions(s, "Write-Actions", &t->write);
        put_actions(s, "Apply-Actions", &t->apply);
    }
}

static void put_matching(struct strbuf *s, const struct ofp_table_features *tf)
{
    struct field_set arbitrary, wildcard, exact;

    for (int i = 0; i < FIELD_SET_WORDS; i++) {
        arbitrary.bits[i] = tf->match.bits[i] & tf->mask.bits[i];
        wildcard.bits[i] = tf->match.bits[i] & ~tf->mask.bits[i] & tf->wildcard.bits[i];
        exact.bits[i] = tf->match.bits[i] & ~tf->mask.bits[i] & ~tf->wildcard.bits[i];
    }
    strbuf_puts(s, "    matching:\n");
    put_set(s, "      arbitrary mask: ", &arbitrary);
    put_set(s, "      exact match or wildcard: ", &wildcard);
    put_set(s, "      must exact match: ", &exact);
}

static bool matching_equal(const struct ofp_table_features *a, const struct ofp_table_features *b)
{
    return !memcmp(&a->match, &b->match, sizeof a->match) &&
           !memcmp(&a->mask, &b->mask, sizeof a->mask) &&
           !memcmp(&a->wildcard, &b->wildcard, sizeof a->wildcard);
}

static bool instructions_empty(const struct table_instructions *t)
{
    static const struct table_instructions none;

    return !memcmp(t, &none, sizeof none);
}

static void put_settings(struct strbuf *s, const struct ofp_table_features *tf)
{
    static const char *const configs[] = { "controller", "continue", "drop", "unknown" };

    if (tf->metadata_match || tf->metadata_write) {
        strbuf_putf(s, "    metadata: match=%#llx write=%#llx\n",
                    (unsigned long long) tf->metadata_match,
                    (unsigned long long) tf->metadata_write);
    }
    if (tf->miss_config >= 0) {
        strbuf_putf(s, "    config=%s\n", configs[tf->miss_config & 3]);
    }
    if (tf->eviction >= 0) {
        strbuf_putf(s, "    eviction: %ssupported\n", tf->eviction ? "" : "not ");
    }
    if (tf->vacancy >= 0) {
        strbuf_putf(s, "    vacancy events: %ssupported\n", tf->vacancy ? "" : "not ");
    }
    if (tf->max_entries) {
        strbuf_putf(s, "    max_entries=%u\n", tf->max_entries);
    }
}

static void put_features(struct strbuf *s, const struct ofp_table_features *tf,
                         const struct ofp_table_features *previous)
{
    put_settings(s, tf);
    if (previous && !memcmp(&tf->others, &previous->others, sizeof tf->others) &&
        !memcmp(&tf->miss, &previous->miss, sizeof tf->miss)) {
        if (!instructions_empty(&tf->others)) {
            strbuf_puts(s, "    (same instructions)\n");
        }
    } else if (!memcmp(&tf->others, &tf->miss, sizeof tf->others)) {
        if (!instructions_empty(&tf->others)) {
            put_instructions(s, "table miss and others", &tf->others,
                             previous ? &previous->others : NULL);
        }
    } else {
        put_instructions(s, "other than table miss", &tf->others,
                         previous ? &previous->others : NULL);
        put_instructions(s, "table miss", &tf->miss, previous ? &previous->miss : NULL);
    }
    if (previous && matching_equal(tf, previous)) {
        strbuf_puts(s, "    (same matching)\n");
    } else {
        put_matching(s, tf);
    }
}

void ofp_table_printer_init(struct ofp_table_printer *tp, struct strbuf *s,
                            const struct ofp_names *names)
{
    memset(tp, 0, sizeof *tp);
    tp->s = s;
    tp->names = names;
    tp->first_ditto = tp->last_ditto = -1;
}

/* Writes down the tables that were left out because they are like the one before. */
static void flush_ditto(struct ofp_table_printer *tp)
{
    if (tp->first_ditto < 0) {
        return;
    }
    if (tp->first_ditto == tp->last_ditto) {
        strbuf_putf(tp->s, "\n  table %d: ditto\n", tp->first_ditto);
    } else {
        strbuf_putf(tp->s, "\n  tables %d...%d: ditto\n", tp->first_ditto, tp->last_ditto);
    }
    tp->first_ditto = tp->last_ditto = -1;
}

/* Like the one before: the tables that may come next are then, too, as one would expect. */
static bool features_alike(const struct ofp_table_features *a, const struct ofp_table_features *b)
{
    struct ofp_table_features x = *a, y = *b;

    /* A table does not lead to itself or back. */
    for (int i = 0; i < 2; i++) {
        struct ofp_table_features *t = i ? &y : &x;
        uint8_t id = MAX(a->id, b->id);

        for (unsigned int j = 0; j <= id; j++) {
            t->others.next[j / 64] &= ~(UINT64_C(1) << j % 64);
            t->miss.next[j / 64] &= ~(UINT64_C(1) << j % 64);
        }
        t->id = 0;
        memset(t->name, 0, sizeof t->name);
    }
    return !memcmp(&x, &y, sizeof x);
}

static bool stats_alike(const struct ofp_table_stats *a, const struct ofp_table_stats *b)
{
    return a->active == b->active && a->lookups == b->lookups && a->matched == b->matched &&
           a->max_entries == b->max_entries;
}

static bool is_ditto(const struct ofp_table_printer *tp, const struct ofp_table_stats *ts,
                     const struct ofp_table_features *tf, int id)
{
    int previous = tp->last_ditto >= 0   ? tp->last_ditto
                   : tp->has_features    ? tp->previous.id
                                         : tp->previous_stats.id;

    return tp->any && id == previous + 1 && tp->has_stats == (ts != NULL) &&
           tp->has_features == (tf != NULL) && (!ts || stats_alike(ts, &tp->previous_stats)) &&
           (!tf || features_alike(tf, &tp->previous));
}

static void put_title(struct ofp_table_printer *tp, int id, const char *name, int command)
{
    static const char *const commands[] = { "replace", "modify", "enable", "disable" };

    strbuf_puts(tp->s, tp->any ? "\n" : "");
    if (command != OFPTFC_REPLACE) {
        strbuf_putf(tp->s, "  command: %s\n", commands[command & 3]);
    }
    strbuf_putf(tp->s, "  table %d", id);
    if (name[0]) {
        strbuf_puts(tp->s, " (\"");
        for (; *name; name++) {
            strbuf_putc(tp->s, isprint((unsigned char) *name) ? *name : '?');
        }
        strbuf_puts(tp->s, "\")");
    }
    strbuf_puts(tp->s, ":\n");
}

void ofp_table_printer_put(struct ofp_table_printer *tp, const struct ofp_table_stats *ts,
                           const struct ofp_table_features *tf)
{
    int id = ts ? ts->id : tf->id;

    if (is_ditto(tp, ts, tf, id)) {
        tp->first_ditto = tp->first_ditto < 0 ? id : tp->first_ditto;
        tp->last_ditto = id;
        return;
    }
    flush_ditto(tp);
    put_title(tp, id, tf ? tf->name : ts->name, tf ? (int) tf->command : OFPTFC_REPLACE);
    if (ts) {
        strbuf_putf(tp->s, "    active=%u, ", ts->active);
        strbuf_putf(tp->s, "lookup=%llu, matched=%llu\n", (unsigned long long) ts->lookups,
                    (unsigned long long) ts->matched);
        tp->previous_stats = *ts;
    }
    if (tf) {
        bool follows = tp->any && tp->has_features;
        if (follows && features_alike(tf, &tp->previous)) {
            strbuf_puts(tp->s, "    (same features)\n");
        } else {
            put_features(tp->s, tf, follows ? &tp->previous : NULL);
        }
        tp->previous = *tf;
    }
    tp->has_stats = ts != NULL;
    tp->has_features = tf != NULL;
    tp->any = true;
}

void ofp_table_printer_finish(struct ofp_table_printer *tp)
{
    flush_ditto(tp);
}

enum ofp_error print_table_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofp_table_printer tp;

    strbuf_putc(p->s, '\n');
    ofp_stats_iter_init(&iter, msg);
    ofp_table_printer_init(&tp, p->s, p->names);
    while (iter.n) {
        struct ofp_table_stats ts;
        struct ofp_table_features tf;
        enum ofp_error error = ofp_table_stats_features_next(&iter, &ts, &tf);

        if (error) {
            return error;
        }
        ofp_table_printer_put(&tp, &ts, msg->version < OFP13 ? &tf : NULL);
    }
    ofp_table_printer_finish(&tp);
    return OFPERR_OK;
}

enum ofp_error print_table_features(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofp_table_printer tp;

    strbuf_putc(p->s, '\n');
    ofp_stats_iter_init(&iter, msg);
    ofp_table_printer_init(&tp, p->s, p->names);
    while (iter.n) {
        struct ofp_table_features tf;
        enum ofp_error error = ofp_table_features_next(&iter, &tf);

        if (error) {
            return error;
        }
        ofp_table_printer_put(&tp, NULL, &tf);
    }
    ofp_table_printer_finish(&tp);
    return OFPERR_OK;
}
