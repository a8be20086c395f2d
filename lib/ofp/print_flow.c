/* SPDX-License-Identifier: Apache-2.0 */
/* Printing flows: flow-mods, their ends, and their statistics. */
#include "lib/base/strbuf.h"
#include "lib/ofp/match_text.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"
#include "lib/ofp/stats.h"

/* Each followed by a blank. */
void print_flow_flags(struct strbuf *s, unsigned int flags)
{
    static const struct bit_name names[] = {
        { OFP_FF_SEND_FLOW_REM, "send_flow_rem" },
        { OFP_FF_CHECK_OVERLAP, "check_overlap" },
        { OFP_FF_RESET_COUNTS, "reset_counts" },
        { OFP_FF_NO_PKT_COUNTS, "no_packet_counts" },
        { OFP_FF_NO_BYT_COUNTS, "no_byte_counts" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].bit) {
            strbuf_putf(s, "%s ", names[i].name);
        }
    }
}

static void need_blank(struct strbuf *s)
{
    if (s->length && s->s[s->length - 1] != ' ') {
        strbuf_putc(s, ' ');
    }
}

static void put_cookie(struct strbuf *s, const struct ofp_flow_mod *fm)
{
    if (fm->new_cookie && fm->new_cookie != BE64_MAX) {
        strbuf_putf(s, "cookie:0x%llx ", (unsigned long long) be64_to_host(fm->new_cookie));
    }
    if (fm->cookie_mask) {
        strbuf_putf(s, "cookie:0x%llx/0x%llx ", (unsigned long long) be64_to_host(fm->cookie),
                    (unsigned long long) be64_to_host(fm->cookie_mask));
    }
}

enum ofp_error print_flow_mod(struct printer *p, const struct ofp_message *msg)
{
    static const char *const commands[] = { "ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT" };
    const struct ofp_flow_mod *fm = &msg->u.flow_mod;
    struct strbuf *s = p->s;
    unsigned int flags = fm->flags;

    strbuf_putf(s, " %s", commands[fm->command]);
    if (fm->table) {
        strbuf_puts(s, " table:");
        names_format_table(s, fm->table, p->names);
    }
    strbuf_putc(s, ' ');
    match_format_with_priority(s, &fm->match, p->names, fm->priority);
    need_blank(s);
    put_cookie(s, fm);
    if (fm->idle_timeout) {
        strbuf_putf(s, "idle:%u ", fm->idle_timeout);
    }
    if (fm->hard_timeout) {
        strbuf_putf(s, "hard:%u ", fm->hard_timeout);
    }
    if (fm->importance) {
        strbuf_putf(s, "importance:%u ", fm->importance);
    }
    if (fm->buffer_id != UINT32_MAX) {
        strbuf_putf(s, "buf:0x%x ", fm->buffer_id);
    }
    if (fm->out_port != OFPP_NONE) {
        strbuf_puts(s, "out_port:");
        names_format_port(s, fm->out_port, p->names);
        strbuf_putc(s, ' ');
    }
    if (msg->version <= OFP11) {
        flags &= ~(unsigned int) OFP_FF_RESET_COUNTS; /* goes without saying there */
    }
    print_flow_flags(s, flags);
    strbuf_puts(s, "actions=");
    ofp_actions_format(s, fm->actions.data, fm->actions.size, p->names);
    return OFPERR_OK;
}

void print_removed_reason(struct strbuf *s, unsigned int reason)
{
    static const char *const reasons[] = {
        "idle", "hard", "delete", "group_delete", "meter_delete", "eviction",
    };

    if (reason < ARRAY_SIZE(reasons)) {
        strbuf_puts(s, reasons[reason]);
    } else {
        strbuf_putf(s, "%u", reason);
    }
}

enum ofp_error print_flow_removed(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_flow_removed *fr = &msg->u.flow_removed;
    struct strbuf *s = p->s;

    strbuf_putc(s, ' ');
    match_format_with_priority(s, &fr->match, p->names, fr->priority);
    strbuf_puts(s, " reason=");
    print_removed_reason(s, fr->reason);
    if (fr->table != OFP_TABLE_ALL) {
        strbuf_puts(s, " table_id=");
        names_format_table(s, fr->table, p->names);
    }
    if (fr->cookie) {
        strbuf_putf(s, " cookie:0x%llx", (unsigned long long) be64_to_host(fr->cookie));
    }
    strbuf_puts(s, " duration");
    print_duration(s, fr->duration_sec, fr->duration_nsec);
    strbuf_putf(s, " idle%u", fr->idle_timeout);
    if (fr->hard_timeout) {
        strbuf_putf(s, " hard%u", fr->hard_timeout);
    }
    strbuf_putf(s, " pkts%llu bytes%llu\n", (unsigned long long) fr->packets,
                (unsigned long long) fr->bytes);
    return OFPERR_OK;
}

enum ofp_error print_flow_stats_request(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_flow_stats_request *r = &msg->u.flow_stats_request;

    if (r->table != OFP_TABLE_ALL) {
        strbuf_puts(p->s, " table=");
        names_format_table(p->s, r->table, p->names);
    }
    if (r->out_port != OFPP_NONE) {
        strbuf_puts(p->s, " out_port=");
        names_format_port(p->s, r->out_port, p->names);
    }
    strbuf_putc(p->s, ' ');
    match_format(p->s, &r->match, p->names);
    strbuf_chomp(p->s, ' ');
    return OFPERR_OK;
}

/* Counters that may be unknown. */
static void put_counter(struct strbuf *s, const char *name, uint64_t value)
{
    if (value == UINT64_MAX) {
        strbuf_putf(s, "%s=?, ", name);
    } else {
        strbuf_putf(s, "%s=%llu, ", name, (unsigned long long) value);
    }
}

void ofp_flow_stats_format(struct strbuf *s, const struct ofp_flow_stats *fs,
                           const struct ofp_names *names, bool show_stats)
{
    if (show_stats || fs->cookie) {
        strbuf_putf(s, "cookie=0x%llx, ", (unsigned long long) be64_to_host(fs->cookie));
    }
    if (show_stats) {
        strbuf_puts(s, "duration=");
        print_duration(s, fs->duration_sec, fs->duration_nsec);
        strbuf_puts(s, ", ");
    }
    if (show_stats || fs->table) {
        strbuf_puts(s, "table=");
        names_format_table(s, fs->table, names);
        strbuf_puts(s, ", ");
    }
    if (show_stats) {
        put_counter(s, "n_packets", fs->packets);
        put_counter(s, "n_bytes", fs->bytes);
    }
    if (fs->idle_timeout) {
        strbuf_putf(s, "idle_timeout=%u, ", fs->idle_timeout);
    }
    if (fs->hard_timeout) {
        strbuf_putf(s, "hard_timeout=%u, ", fs->hard_timeout);
    }
    print_flow_flags(s, fs->flags);
    if (fs->importance) {
        strbuf_putf(s, "importance=%u, ", fs->importance);
    }
    if (show_stats && fs->idle_age >= 0) {
        strbuf_putf(s, "idle_age=%d, ", fs->idle_age);
    }
    if (show_stats && fs->hard_age >= 0 && (uint32_t) fs->hard_age != fs->duration_sec) {
        strbuf_putf(s, "hard_age=%d, ", fs->hard_age);
    }
    match_format_with_priority(s, fs->match, names, fs->priority);
    need_blank(s);
    strbuf_puts(s, "actions=");
    ofp_actions_format(s, fs->actions, fs->actions_size, names);
}

enum ofp_error print_flow_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;
    struct ofpbuf actions = { 0 };
    enum ofp_error error = OFPERR_OK;

    ofp_stats_iter_init(&iter, msg);
    strbuf_putc(p->s, '\n');
    while (iter.n && !error) {
        struct ofp_flow_stats fs;
        struct match match;

        error = ofp_flow_stats_next(&iter, &fs, &match, &actions);
        if (!error) {
            strbuf_putc(p->s, ' ');
            ofp_flow_stats_format(p->s, &fs, p->names, true);
            strbuf_putc(p->s, '\n');
        }
    }
    ofpbuf_destroy(&actions);
    return error;
}

enum ofp_error print_flow_counters(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    strbuf_putc(p->s, '\n');
    while (iter.n) {
        struct ofp_flow_stats fs;
        struct match match;
        enum ofp_error error = ofp_flow_counters_next(&iter, &fs, &match);

        if (error) {
            return error;
        }
        strbuf_puts(p->s, " duration=");
        print_duration(p->s, fs.duration_sec, fs.duration_nsec);
        strbuf_puts(p->s, ", table=");
        names_format_table(p->s, fs.table, p->names);
        strbuf_puts(p->s, ", ");
        put_counter(p->s, "n_packets", fs.packets);
        put_counter(p->s, "n_bytes", fs.bytes);
        if (fs.idle_age >= 0) {
            strbuf_putf(p->s, "idle_age=%d, ", fs.idle_age);
        }
        match_format_with_priority(p->s, &match, p->names, fs.priority);
        strbuf_chomp(p->s, ' ');
        strbuf_putc(p->s, '\n');
    }
    return OFPERR_OK;
}

enum ofp_error print_aggregate(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putf(p->s, " packet_count=%llu byte_count=%llu flow_count=%u",
                (unsigned long long) msg->u.aggregate.packets,
                (unsigned long long) msg->u.aggregate.bytes, msg->u.aggregate.n_flows);
    return OFPERR_OK;
}
