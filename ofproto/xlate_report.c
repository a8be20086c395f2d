/* SPDX-License-Identifier: Apache-2.0 */
/* The narrative of a translation, for ofproto/trace: the bridges, the rules met, the actions, and what they did. */
#include <inttypes.h>

#include "ofproto/xlate_ctx.h"

enum { ACTION_INDENT = 4 };

static PRINTF_FORMAT(4, 0) void put_line(struct strbuf *s, unsigned int indent, const char *before,
                                        const char *format, va_list args, const char *after)
{
    strbuf_putf(s, "%*s%s", (int) indent, "", before);
    strbuf_vputf(s, format, args);
    strbuf_putf(s, "%s\n", after);
}

#define REPORT(BEFORE, AFTER)                                                                      \
    do {                                                                                           \
        if (ctx->in->trace) {                                                                      \
            va_list args;                                                                          \
            va_start(args, format);                                                                \
            put_line(ctx->in->trace, ctx->indent + ACTION_INDENT, BEFORE, format, args, AFTER);    \
            va_end(args);                                                                          \
        }                                                                                          \
    } while (0)

void xlate_report(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(" -> ", "");
}

void xlate_report_warn(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(" >> ", "");
}

void xlate_report_error(struct xlate_ctx *ctx, const char *format, ...)
{
    REPORT(" >>>> ", " <<<<");
}

void xlate_report_action(struct xlate_ctx *ctx, const struct ofp_action *a)
{
    struct strbuf *s = ctx->in->trace;
    if (s) {
        strbuf_putf(s, "%*s", (int) ctx->indent + ACTION_INDENT, "");
        if (a) {
            ofp_actions_format(s, a, ROUND_UP(a->len, 8u), NULL);
        } else {
            strbuf_puts(s, "drop");
        }
        strbuf_putc(s, '\n');
    }
}

void xlate_report_bridge(struct xlate_ctx *ctx)
{
    struct strbuf *s = ctx->in->trace;
    if (s) {
        size_t n = strlen(ctx->bridge->name) + strlen("bridge(\"\")");
        strbuf_putf(s, "\n%*sbridge(\"%s\")\n%*s", (int) ctx->indent, "", ctx->bridge->name, (int) ctx->indent, "");
        for (size_t i = 0; i < n; i++) {
            strbuf_putc(s, '-');
        }
        strbuf_putc(s, '\n');
    }
}

void xlate_report_rule(struct xlate_ctx *ctx, const struct rule *rule)
{
    struct strbuf *s = ctx->in->trace;
    if (!s) {
        return;
    }
    struct match match;
    struct strbuf text = STRBUF_INIT;
    rule_get_match(rule, &match);
    match_format(&text, &match, NULL);
    strbuf_chomp(&text, ',');
    strbuf_putf(s, "%*s%2d. %s%spriority %d", (int) ctx->indent, "", ctx->table, strbuf_str(&text),
                text.length ? ", " : "", (int) rule->priority);
    if (rule_cookie(rule)) {
        strbuf_putf(s, ", cookie %#" PRIx64, be64_to_host(rule_cookie(rule)));
    }
    strbuf_putc(s, '\n');
    strbuf_destroy(&text);
}

void xlate_report_no_rule(struct xlate_ctx *ctx, const char *why)
{
    struct strbuf *s = ctx->in->trace;
    if (s) {
        strbuf_putf(s, "%*s%2d. %s\n", (int) ctx->indent, "", ctx->table, why);
        if (!strcmp(why, "No match.")) {
            strbuf_putf(s, "%*sdrop\n", (int) ctx->indent + ACTION_INDENT, "");
        }
    }
}

void xlate_report_bucket(struct xlate_ctx *ctx, uint32_t id)
{
    if (ctx->in->trace) {
        strbuf_putf(ctx->in->trace, "%*sbucket %u\n", (int) ctx->indent + ACTION_INDENT, "", id);
    }
}

void xlate_report_thaw(struct xlate_ctx *ctx, uint32_t recirc_id)
{
    struct strbuf *s = ctx->in->trace;
    if (s) {
        strbuf_putf(s, "\nbridge(\"%s\"), resumed with recirculation id %#x\n", ctx->bridge->name, recirc_id);
    }
}
