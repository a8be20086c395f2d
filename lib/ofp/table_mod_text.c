/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables as text, as ovs-ofctl prints and reads them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"

static const char *on_off(int on)
{
    return on < 0 ? "" : on ? "on" : "off";
}

enum ofp_error print_table_mod(struct printer *p, const struct ofp_message *msg)
{
    static const char *const misses[] = { "default", "controller", "continue", "drop" };
    const struct ofp_table_mod *tm = &msg->u.table_mod;

    if (tm->table == OFP_TABLE_ALL) {
        strbuf_puts(p->s, " table_id: ALL_TABLES");
    } else {
        strbuf_puts(p->s, " table_id=");
        names_format_table(p->s, tm->table, p->names);
    }
    if (tm->miss != OFP_MISS_DEFAULT) {
        strbuf_putf(p->s, ", flow_miss_config=%s", misses[tm->miss]);
    }
    if (msg->version < OFP14) {
        return OFPERR_OK;
    }
    /* Flags of eviction are a table's to tell, not a controller's to say. */
    strbuf_putf(p->s, ", eviction=%s",
                tm->eviction_flags != UINT32_MAX ? "***error***" : on_off(tm->eviction));
    strbuf_putf(p->s, ", vacancy=%s", on_off(tm->vacancy));
    if (tm->vacancy > 0) {
        strbuf_putf(p->s, " vacancy:%u,%u", tm->vacancy_down, tm->vacancy_up);
    }
    return OFPERR_OK;
}

static void format_eviction_flags(struct strbuf *s, uint32_t flags)
{
    static const struct bit_name names[] = {
        { OFPTMPEF_OTHER, "OTHER" },
        { OFPTMPEF_IMPORTANCE, "IMPORTANCE" },
        { OFPTMPEF_LIFETIME, "LIFETIME" },
    };
    const char *separator = "";

    if (flags == UINT32_MAX) {
        strbuf_puts(s, "(default)");
        return;
    }
    if (!flags) {
        strbuf_putc(s, '0');
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].bit) {
            strbuf_putf(s, "%s%s", separator, names[i].name);
            separator = "|";
            flags &= ~names[i].bit;
        }
    }
    if (flags) {
        strbuf_putf(s, "%s0x%x", separator, flags);
    }
}

void ofp_table_desc_format(struct strbuf *s, const struct ofp_table_desc *td,
                           const struct ofp_names *names)
{
    strbuf_puts(s, "\n  table ");
    names_format_table(s, td->table, names);
    strbuf_putf(s, ":\n   eviction=%s eviction_flags=", on_off(td->eviction));
    format_eviction_flags(s, td->eviction_flags);
    strbuf_putf(s, "\n   vacancy=%s", on_off(td->vacancy));
    if (td->vacancy) {
        strbuf_putf(s, " vacancy_down=%u%% vacancy_up=%u%% vacancy=%u%%", td->vacancy_down,
                    td->vacancy_up, td->vacancy_now);
    }
    strbuf_putc(s, '\n');
}

enum ofp_error print_table_desc(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_table_desc td;
        enum ofp_error error = ofp_table_desc_next(&iter, &td);

        if (error) {
            return error;
        }
        ofp_table_desc_format(p->s, &td, p->names);
    }
    return OFPERR_OK;
}

enum ofp_error print_table_status(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_table_status *ts = &msg->u.table_status;

    strbuf_putf(p->s, " reason=%s\ntable_desc:-",
                ts->reason == OFPTR_VACANCY_DOWN ? "VACANCY_DOWN" : "VACANCY_UP");
    ofp_table_desc_format(p->s, &ts->desc, p->names);
    return OFPERR_OK;
}

static char *parse_percent(const char *text, const char *what, uint8_t *value)
{
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (end == text || *end || errno || n < 0 || n > 100) {
        return xasprintf("Invalid vacancy %s value \"%s\"", what, text);
    }
    *value = (uint8_t) n;
    return NULL;
}

/* "20,80" */
static char *parse_vacancy(struct ofp_table_mod *tm, const char *text)
{
    char *copy = xstrdup(text), *save = NULL;
    char *down = strtok_r(copy, ",", &save), *up = strtok_r(NULL, ",", &save), *error;

    tm->vacancy = 1;
    if (!down) {
        error = xstrdup("Vacancy down value missing");
    } else if (!up) {
        error = xstrdup("Vacancy up value missing");
    } else {
        error = parse_percent(down, "down", &tm->vacancy_down);
        error = error ? error : parse_percent(up, "up", &tm->vacancy_up);
        if (!error && tm->vacancy_down > tm->vacancy_up) {
            error = xasprintf("Invalid vacancy range, vacancy up should be greater than vacancy "
                              "down (%s)",
                              ofp_error_name(OFPBPC_BAD_VALUE));
        }
    }
    free(copy);
    return error;
}

char *ofp_table_mod_parse(struct ofp_table_mod *tm, const char *table, const char *setting,
                          uint32_t *versions, const struct ofp_names *names)
{
    enum { MISS = 1 << OFP11 | 1 << OFP12, SINCE_14 = 1 << OFP14 | 1 << OFP15 };

    *tm = (struct ofp_table_mod) { .eviction = -1, .vacancy = -1, .eviction_flags = UINT32_MAX };
    if (!strcmp(table, "all") || !strcmp(table, "ALL")) {
        tm->table = OFP_TABLE_ALL;
    } else if (!names_parse_table(table, names, &tm->table)) {
        return xasprintf("unknown table \"%s\"", table);
    }
    uint32_t usable = MISS;
    if (!strcmp(setting, "controller")) {
        tm->miss = OFP_MISS_CONTROLLER;
    } else if (!strcmp(setting, "continue")) {
        tm->miss = OFP_MISS_CONTINUE;
    } else if (!strcmp(setting, "drop")) {
        tm->miss = OFP_MISS_DROP;
    } else if (!strcmp(setting, "evict") || !strcmp(setting, "noevict")) {
        tm->eviction = setting[0] == 'e';
        usable = SINCE_14;
    } else if (!strcmp(setting, "novacancy")) {
        tm->vacancy = 0;
        usable = SINCE_14;
    } else if (!strncmp(setting, "vacancy:", 8)) {
        usable = SINCE_14;
        char *error = parse_vacancy(tm, setting + 8);
        if (error) {
            return error;
        }
    } else {
        return xasprintf("invalid table_mod setting %s", setting);
    }
    *versions &= usable;
    return NULL;
}
