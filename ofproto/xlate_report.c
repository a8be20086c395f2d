/* SPDX-License-Identifier: Apache-2.0 */
/* The narrative of a translation, for ofproto/trace: the bridges, the rules met, the actions, and what they did.
 *
 * It is a tree, since how deep a table is shown hangs on whether anything comes after it: the way into the last table that a packet
 * meets is not indented. It is put into words once the translation is over. */
#include "ofproto/xlate_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "ofproto/xlate_ctx.h"

enum report_type { REPORT_DETAIL, REPORT_WARN, REPORT_ERROR, REPORT_ACTION, REPORT_BUCKET, REPORT_TABLE, REPORT_BRIDGE };

struct report_node {
    struct report_node *next;
    enum report_type type;
    char *text;
    struct report_list below;
};

static struct report_node *add_text(struct xlate_ctx *ctx, enum report_type type, char *text)
{
    struct report_node *node = xzalloc(sizeof *node);
    node->type = type;
    node->text = text;
    node->below.end = &node->below.first;
    *ctx->story->end = node;
    ctx->story->end = &node->next;
    return node;
}

static PRINTF_FORMAT(3, 0) void add(struct xlate_ctx *ctx, enum report_type type, const char *format, va_list args)
{
    struct strbuf s = STRBUF_INIT;
    strbuf_vputf(&s, format, args);
    strbuf_str(&s);
    add_text(ctx, type, strbuf_steal(&s));
}

#define REPORT(TYPE)                                                                               \
    do {                                                                                           \
        if (ctx->story) {                                                                          \
            va_list args;                                                                          \
            va_start(args, format);                                                                \
            add(ctx, TYPE, format, args);                                                          \
            va_end(args);                                                                          \
        }                                                                                          \
    } while (0)

void xlate_report(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(REPORT_DETAIL);
}

void xlate_report_warn(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(REPORT_WARN);
}

void xlate_report_error(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(REPORT_ERROR);
}

static const char *port_name(void *bridge, ofp_port_t no)
{
    const struct map_port *port = map_bridge_port(bridge, no);
    return port ? port->name : NULL;
}

static struct ofp_names *names(struct xlate_ctx *ctx, struct ofp_names *names)
{
    *names = (struct ofp_names) { .port_name = port_name, .aux = (void *) ctx->bridge };
    return ctx->in->trace_names ? names : NULL;
}

void xlate_report_action(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    if (ctx->story) {
        struct strbuf s = STRBUF_INIT;
        struct ofp_names n;
        ofp_actions_format(&s, a, a ? ROUND_UP(a->len, 8u) : 0, names(ctx, &n));
        strbuf_str(&s);
        add_text(ctx, REPORT_ACTION, strbuf_steal(&s));
    }
}

void xlate_report_now(struct xlate_ctx *ctx, const struct subfield *sf)
{
    if (!ctx->story) {
        return;
    }
    struct strbuf s = STRBUF_INIT;
    bool any = false;
    subfield_format(&s, sf);
    strbuf_puts(&s, " is now ");
    union field_value value;
    field_read(sf->field, &ctx->p.flow, &value);
    for (int digit = (sf->n_bits - 1) / 4; digit >= 0; digit--) {
        unsigned int number = 0;
        for (int i = 0; i < 4; i++) {
            unsigned int bit = (unsigned int) digit * 4 + i, at = sf->ofs + bit;
            if (bit < sf->n_bits && value.b[sf->field->n_bytes - 1 - at / 8] >> at % 8 & 1) {
                number |= 1u << i;
            }
        }
        if (number || any) {
            strbuf_putf(&s, "%s%x", any ? "" : "0x", number);
            any = true;
        }
    }
    strbuf_puts(&s, any ? "" : "0");
    strbuf_str(&s);
    add_text(ctx, REPORT_DETAIL, strbuf_steal(&s));
}

/* What opens a level: what is told from here on belongs to it. */

static void enter(struct xlate_ctx *ctx, enum report_type type, char *text)
{
    ctx->story = &add_text(ctx, type, text)->below;
}

void xlate_report_bridge(struct xlate_ctx *ctx)
{
    if (ctx->story) {
        enter(ctx, REPORT_BRIDGE, xasprintf("bridge(\"%s\")", ctx->bridge->name));
    }
}

void xlate_report_rule(struct xlate_ctx *ctx, const struct rule *rule)
{
    if (!ctx->story) {
        return;
    }
    struct match match;
    struct strbuf text = STRBUF_INIT;
    struct ofp_names n;
    rule_get_match(rule, &match);
    strbuf_putf(&text, "%2d. ", ctx->table);
    size_t start = text.length;
    match_format(&text, &match, names(ctx, &n));
    strbuf_chomp(&text, ',');
    strbuf_putf(&text, "%spriority %d", text.length > start ? ", " : "", (int) rule->priority);
    if (rule_cookie(rule)) {
        strbuf_putf(&text, ", cookie %#" PRIx64, be64_to_host(rule_cookie(rule)));
    }
    strbuf_str(&text);
    enter(ctx, REPORT_TABLE, strbuf_steal(&text));
}

void xlate_report_no_rule(struct xlate_ctx *ctx, const char *why)
{
    if (ctx->story) {
        enter(ctx, REPORT_TABLE, xasprintf("%2d. %s", ctx->table, why));
        if (!strcmp(why, "No match.")) {
            xlate_report_action(ctx, NULL);
        }
    }
}

void xlate_report_action_set(struct xlate_ctx *ctx)
{
    if (ctx->story) {
        enter(ctx, REPORT_TABLE, xstrdup("--. Executing action set:"));
    }
}

void xlate_report_bucket(struct xlate_ctx *ctx, uint32_t id)
{
    if (ctx->story) {
        enter(ctx, REPORT_BUCKET, xasprintf("bucket %" PRIu32, id));
    }
}

void xlate_report_thaw(struct xlate_ctx *ctx, uint8_t table)
{
    struct report_list *story = ctx->story;
    if (story) {
        enter(ctx, REPORT_TABLE, xstrdup("thaw"));
        enter(ctx, REPORT_TABLE, xasprintf("Resuming from table %u", table));
        ctx->story = story;
    }
}

/* In words. */

static bool is_line(const struct report_node *node)
{
    return node->type <= REPORT_BUCKET;
}

static void put_indent(struct strbuf *s, unsigned int columns)
{
    strbuf_putf(s, "%*s", (int) columns, "");
}

static void put_node(struct strbuf *s, const struct report_node *node, unsigned int indent)
{
    static const char *const before[] = { [REPORT_DETAIL] = " -> ", [REPORT_WARN] = " >> ", [REPORT_ERROR] = " >>>> " };
    if (node->type == REPORT_BRIDGE) {
        strbuf_putc(s, '\n');
    }
    put_indent(s, indent);
    strbuf_putf(s, "%s%s%s\n", node->type <= REPORT_ERROR ? before[node->type] : "", node->text,
                node->type == REPORT_ERROR ? " <<<<" : "");
    if (node->type == REPORT_BRIDGE) {
        put_indent(s, indent);
        for (size_t i = strlen(node->text); i > 0; i--) {
            strbuf_putc(s, '-');
        }
        strbuf_putc(s, '\n');
    }
}

static void put_list(struct strbuf *s, const struct report_list *list, unsigned int level)
{
    enum { COLUMNS = 4 };
    for (const struct report_node *node = list->first; node; node = node->next) {
        unsigned int more = node->next || is_line(node);
        put_node(s, node, (level + more) * COLUMNS);
        put_list(s, &node->below, level + 2 * more);
    }
}

void xlate_report_begin(struct xlate_ctx *ctx, struct report_list *list)
{
    list->first = NULL;
    list->end = &list->first;
    ctx->story = ctx->in->trace ? list : NULL;
}

static void destroy(struct report_list *list)
{
    for (struct report_node *node = list->first, *next; node; node = next) {
        next = node->next;
        destroy(&node->below);
        free(node->text);
        free(node);
    }
}

void xlate_report_end(struct xlate_ctx *ctx, struct report_list *list)
{
    if (ctx->in->trace) {
        put_list(ctx->in->trace, list, 0);
    }
    destroy(list);
    ctx->story = NULL;
}
