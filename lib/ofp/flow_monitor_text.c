/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors as text, as ovs-ofctl prints and reads them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/flow_monitor.h"
#include "lib/ofp/match_text.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"

static const struct bit_name flag_names[] = {
    { OFPFMF_INITIAL, "initial" },      { OFPFMF_ADD, "add" },
    { OFPFMF_REMOVED, "delete" },       { OFPFMF_MODIFY, "modify" },
    { OFPFMF_INSTRUCTIONS, "actions" }, { OFPFMF_NO_ABBREV, "own" },
    { OFPFMF_ONLY_OWN, "only_own" },
};

static void format_match(struct strbuf *s, const struct match *match, const struct ofp_names *names)
{
    size_t start = s->length;

    strbuf_putc(s, ' ');
    match_format(s, match, names);
    if (s->length == start + 1) {
        strbuf_truncate(s, start);
    }
}

static void format_request(struct strbuf *s, const struct ofp_flow_monitor_request *r,
                           const struct ofp_names *names)
{
    const char *separator = "";

    strbuf_putf(s, "\n id=%u", r->id);
    if (r->command == OFPFMC_DELETE) {
        strbuf_puts(s, " command=delete");
        return;
    }
    strbuf_puts(s, " flags=");
    for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
        if (r->flags & flag_names[i].bit) {
            strbuf_putf(s, "%s%s", separator, flag_names[i].name);
            separator = ",";
        }
    }
    if (r->out_port != OFPP_NONE) {
        strbuf_puts(s, " out_port=");
        names_format_port(s, r->out_port, names);
    }
    if (r->out_group != OFPG_ANY) {
        strbuf_putf(s, " out_group=%u", r->out_group);
    }
    if (r->table != OFP_TABLE_ALL) {
        strbuf_puts(s, " table=");
        names_format_table(s, r->table, names);
    }
    format_match(s, &r->match, names);
}

enum ofp_error print_flow_monitor_request(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_monitor_request r;
        enum ofp_error error = ofp_flow_monitor_request_next(&iter, &r);

        if (error) {
            return error;
        }
        format_request(p->s, &r, p->names);
    }
    return OFPERR_OK;
}

static void format_update(struct strbuf *s, const struct ofp_flow_update *u,
                          const struct ofp_names *names)
{
    static const char *const events[] = {
        "INITIAL", "ADDED", "DELETED", "MODIFIED", "ABBREV", "PAUSED", "RESUMED",
    };

    strbuf_putf(s, "\n event=%s", events[u->event]);
    if (u->event == OFPFME_ABBREV) {
        strbuf_putf(s, " xid=0x%x", ntohl(u->xid));
    }
    if (u->event >= OFPFME_ABBREV) {
        return;
    }
    if (u->event == OFPFME_REMOVED) {
        strbuf_puts(s, " reason=");
        print_removed_reason(s, u->reason);
    }
    strbuf_puts(s, " table=");
    names_format_table(s, u->table, names);
    if (u->idle_timeout) {
        strbuf_putf(s, " idle_timeout=%u", u->idle_timeout);
    }
    if (u->hard_timeout) {
        strbuf_putf(s, " hard_timeout=%u", u->hard_timeout);
    }
    strbuf_putf(s, " cookie=%#llx", (unsigned long long) be64_to_host(u->cookie));
    format_match(s, &u->match, names);
    if (u->actions) {
        strbuf_puts(s, " actions=");
        ofp_actions_format(s, u->actions, u->actions_size, names);
    }
}

enum ofp_error print_flow_monitor_reply(struct printer *p, const struct ofp_message *msg)
{
    struct ofpbuf actions = { NULL, 0, 0 };
    enum ofp_error error = OFPERR_OK;
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n && !error) {
        struct ofp_flow_update u;

        error = ofp_flow_update_next(&iter, &u, &actions);
        if (!error) {
            format_update(p->s, &u, p->names);
        }
    }
    ofpbuf_destroy(&actions);
    return error;
}

enum ofp_error print_flow_monitor_cancel(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " id=%u", msg->u.flow_monitor_cancel.id);
    return OFPERR_OK;
}

/* "!add" and its like switch off what is on by itself. True if the word is one of them. */
static bool take_flag(const char *word, uint16_t *flags)
{
    for (size_t i = 0; *word == '!' && i < ARRAY_SIZE(flag_names); i++) {
        if (flag_names[i].bit != OFPFMF_ONLY_OWN && !strcmp(word + 1, flag_names[i].name)) {
            *flags &= (uint16_t) ~flag_names[i].bit;
            return true;
        }
    }
    return false;
}

char *ofp_flow_monitor_request_parse(struct ofp_flow_monitor_request *r, const char *text,
                                     const struct ofp_names *names)
{
    struct ofp_flow_stats_request filter;
    struct strbuf rest = STRBUF_INIT;
    char *copy = xstrdup(text), *save = NULL;

    memset(r, 0, sizeof *r);
    r->flags = OFPFMF_INITIAL | OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY | OFPFMF_INSTRUCTIONS | OFPFMF_NO_ABBREV;
    for (char *word = strtok_r(copy, ", \t\r\n", &save); word;
         word = strtok_r(NULL, ", \t\r\n", &save)) {
        if (!take_flag(word, &r->flags)) {
            strbuf_putf(&rest, "%s%s", rest.length ? "," : "", word);
        }
    }
    char *error = ofp_flow_stats_request_parse(&filter, strbuf_str(&rest), names);
    r->table = filter.table;
    r->out_port = filter.out_port;
    r->out_group = filter.out_group;
    r->match = filter.match;
    strbuf_destroy(&rest);
    free(copy);
    return error;
}
