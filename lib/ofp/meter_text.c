/* SPDX-License-Identifier: Apache-2.0 */
/* Meters as text, as ovs-ofctl prints and reads them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_text.h"
#include "lib/ofp/meter.h"
#include "lib/ofp/print.h"

void ofp_meter_id_format(struct strbuf *s, uint32_t id)
{
    switch (id) {
    case OFPM_SLOWPATH:
        strbuf_puts(s, "slowpath");
        break;
    case OFPM_CONTROLLER:
        strbuf_puts(s, "controller");
        break;
    case OFPM_ALL:
        strbuf_puts(s, "all");
        break;
    default:
        strbuf_putf(s, "%u", id);
        break;
    }
}

static const struct bit_name flag_names[] = {
    { OFPMF_KBPS, "kbps" },
    { OFPMF_PKTPS, "pktps" },
    { OFPMF_BURST, "burst" },
    { OFPMF_STATS, "stats" },
};

static void format_flags(struct strbuf *s, uint32_t flags)
{
    for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
        if (flags & flag_names[i].bit) {
            strbuf_putf(s, "%s ", flag_names[i].name);
            flags &= ~flag_names[i].bit;
        }
    }
    if (flags) {
        strbuf_putf(s, "flags:0x%x ", flags);
    }
}

static void format_band(struct strbuf *s, uint16_t flags, const struct ofp_meter_band *b)
{
    strbuf_putf(s, "\ntype=%s rate=%u", b->type == OFPMBT_DROP ? "drop" : "dscp_remark", b->rate);
    if (flags & OFPMF_BURST) {
        strbuf_putf(s, " burst_size=%u", b->burst);
    }
    if (b->type == OFPMBT_DSCP_REMARK) {
        strbuf_putf(s, " prec_level=%u", b->prec_level);
    }
}

void ofp_meter_config_format(struct strbuf *s, const struct ofp_meter_config *mc)
{
    strbuf_puts(s, "meter=");
    ofp_meter_id_format(s, mc->id);
    strbuf_putc(s, ' ');
    format_flags(s, mc->flags);
    strbuf_puts(s, "bands=");
    for (size_t i = 0; i < mc->n_bands; i++) {
        format_band(s, mc->flags, &mc->bands[i]);
    }
    strbuf_putc(s, '\n');
}

void ofp_meter_stats_format(struct strbuf *s, const struct ofp_meter_stats *ms)
{
    strbuf_puts(s, "meter:");
    ofp_meter_id_format(s, ms->id);
    strbuf_putf(s, " flow_count:%u packet_in_count:%llu byte_in_count:%llu duration:", ms->n_flows,
                (unsigned long long) ms->packets_in, (unsigned long long) ms->bytes_in);
    print_duration(s, ms->duration_sec, ms->duration_nsec);
    strbuf_puts(s, " bands:\n");
    for (size_t i = 0; i < ms->n_bands; i++) {
        strbuf_putf(s, "%zu: packet_count:%llu byte_count:%llu\n", i,
                    (unsigned long long) ms->bands[i].packets,
                    (unsigned long long) ms->bands[i].bytes);
    }
}

enum ofp_error print_meter_mod(struct printer *p, const struct ofp_message *msg)
{
    static const char *const commands[] = { "ADD", "MOD", "DEL" };
    const struct ofp_meter_mod *mm = &msg->u.meter_mod;

    strbuf_putf(p->s, " %s ", commands[mm->command]);
    ofp_meter_config_format(p->s, &mm->config);
    return OFPERR_OK;
}

enum ofp_error print_meter_request(struct printer *p, const struct ofp_message *msg)
{
    strbuf_puts(p->s, " meter=");
    ofp_meter_id_format(p->s, msg->u.meter_request.id);
    return OFPERR_OK;
}

enum ofp_error print_meter_config(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_meter_config mc;
        enum ofp_error error = ofp_meter_config_next(&iter, &mc);

        if (error) {
            return error;
        }
        strbuf_putc(p->s, '\n');
        ofp_meter_config_format(p->s, &mc);
    }
    return OFPERR_OK;
}

enum ofp_error print_meter_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_meter_stats ms;
        enum ofp_error error = ofp_meter_stats_next(&iter, &ms);

        if (error) {
            return error;
        }
        strbuf_putc(p->s, '\n');
        ofp_meter_stats_format(p->s, &ms);
    }
    return OFPERR_OK;
}

enum ofp_error print_meter_features(struct printer *p, const struct ofp_message *msg)
{
    static const struct bit_name bands[] = {
        { 1u << OFPMBT_DROP, "drop" },
        { 1u << OFPMBT_DSCP_REMARK, "dscp_remark" },
    };
    const struct ofp_meter_features *mf = &msg->u.meter_features;

    strbuf_putf(p->s, "\nmax_meter:%u max_bands:%u max_color:%u\n", mf->max_meters, mf->max_bands,
                mf->max_color);
    strbuf_puts(p->s, "band_types: ");
    print_bits(p->s, mf->band_types, bands, ARRAY_SIZE(bands), "0");
    strbuf_puts(p->s, "\ncapabilities: ");
    print_bits(p->s, mf->capabilities, flag_names, ARRAY_SIZE(flag_names), "0");
    strbuf_putc(p->s, '\n');
    return OFPERR_OK;
}

struct meter_parser {
    struct ofp_meter_mod *mm;
    bool had_id;
};

static char *parse_number(const char *text, uint32_t *value)
{
    uint64_t n;
    char *error = action_parse_number(text, NULL, UINT32_MAX, &n);

    if (error) {
        free(error);
        return xasprintf("invalid numeric format %s", text);
    }
    *value = (uint32_t) n;
    return NULL;
}

static char *parse_id(struct meter_parser *p, const char *value)
{
    uint32_t *id = &p->mm->config.id;

    p->had_id = true;
    if (!strcmp(value, "all")) {
        *id = OFPM_ALL;
        return NULL;
    }
    if (!strcmp(value, "controller")) {
        *id = OFPM_CONTROLLER;
        return NULL;
    }
    if (!strcmp(value, "slowpath")) {
        *id = OFPM_SLOWPATH;
        return NULL;
    }
    char *error = parse_number(value, id);
    if (!error && (!*id || *id > OFPM_MAX)) {
        error = xstrdup("invalid value for meter");
    }
    return error;
}

/* The value behind "=" of a word, cut off; null and a message if there is none. */
static char *take_value(char *word, char **error)
{
    char *value = strchr(word, '=');

    if (!value || !value[1]) {
        if (value) {
            *value = '\0';
        }
        *error = xasprintf("field %s missing value", word);
        return NULL;
    }
    *value++ = '\0';
    return value;
}

static char *parse_meter_word(struct meter_parser *p, char *word)
{
    struct ofp_meter_config *mc = &p->mm->config;
    char *error = NULL;

    for (size_t i = 0; p->mm->command != OFPMC_DELETE && i < ARRAY_SIZE(flag_names); i++) {
        if (!strcmp(word, flag_names[i].name)) {
            mc->flags |= (uint16_t) flag_names[i].bit;
            return NULL;
        }
    }
    char *value = take_value(word, &error);
    if (error) {
        return error;
    }
    return !strcmp(word, "meter") ? parse_id(p, value) : xasprintf("unknown keyword %s", word);
}

static char *check_meter(const struct meter_parser *p)
{
    uint16_t flags = p->mm->config.flags;

    if (!p->had_id) {
        return xstrdup("must specify 'meter'");
    }
    if (p->mm->command != OFPMC_DELETE && !(flags & (OFPMF_KBPS | OFPMF_PKTPS))) {
        return xstrdup("meter must specify either 'kbps' or 'pktps'");
    }
    return NULL;
}

/* Bands are written one behind the other, each begins with its type. */
struct band_parser {
    struct ofp_meter_config *mc;
    bool had_prec_level, had_burst;
};

static char *check_band(const struct band_parser *p)
{
    const struct ofp_meter_config *mc = p->mc;
    const struct ofp_meter_band *b = &mc->bands[mc->n_bands - 1];

    if (b->type == OFPMBT_DSCP_REMARK ? !p->had_prec_level : p->had_prec_level) {
        return xstrdup(b->type == OFPMBT_DSCP_REMARK
                           ? "'dscp_remark' band must have 'prec_level'"
                           : "Only 'dscp_remark' band may have 'prec_level'");
    }
    if (!b->rate) {
        return xstrdup("band must have 'rate'");
    }
    if (mc->flags & OFPMF_BURST && !p->had_burst) {
        return xstrdup("band must have 'burst_size' when 'burst' flag is set");
    }
    if (!(mc->flags & OFPMF_BURST) && p->had_burst) {
        return xstrdup("band may have 'burst_size' only when 'burst' flag is set");
    }
    return NULL;
}

static char *begin_band(struct band_parser *p, const char *type)
{
    struct ofp_meter_config *mc = p->mc;
    char *error = mc->n_bands ? check_band(p) : NULL;

    if (error) {
        return error;
    }
    if (mc->n_bands == OFP_MAX_METER_BANDS) {
        return xasprintf("a meter has at most %d bands", OFP_MAX_METER_BANDS);
    }
    bool drop = !strcmp(type, "drop");
    if (!drop && strcmp(type, "dscp_remark")) {
        return xasprintf("field type unknown value %s", type);
    }
    memset(&mc->bands[mc->n_bands], 0, sizeof mc->bands[mc->n_bands]);
    mc->bands[mc->n_bands++].type = drop ? OFPMBT_DROP : OFPMBT_DSCP_REMARK;
    p->had_prec_level = p->had_burst = false;
    return NULL;
}

static char *parse_band_word(struct band_parser *p, char *word)
{
    char *error = NULL, *value = take_value(word, &error);
    uint32_t number;

    if (error) {
        return error;
    }
    if (!strcmp(word, "type")) {
        return begin_band(p, value);
    }
    if (!p->mc->n_bands) {
        return xstrdup("band must start with the 'type' keyword");
    }
    struct ofp_meter_band *b = &p->mc->bands[p->mc->n_bands - 1];
    if (!strcmp(word, "rate")) {
        return parse_number(value, &b->rate);
    }
    if (!strcmp(word, "burst_size")) {
        p->had_burst = true;
        return parse_number(value, &b->burst);
    }
    if (!strcmp(word, "prec_level")) {
        p->had_prec_level = true;
        error = parse_number(value, &number);
        if (!error && number > UINT8_MAX) {
            error = xasprintf("invalid prec_level \"%s\"", value);
        }
        b->prec_level = error ? 0 : (uint8_t) number;
        return error;
    }
    return xasprintf("unknown keyword %s", word);
}

static char *parse_bands(struct ofp_meter_config *mc, char *text)
{
    struct band_parser p = { .mc = mc };
    char *save = NULL, *error = NULL;

    for (char *word = strtok_r(text, ", \t\r\n", &save); word && !error;
         word = strtok_r(NULL, ", \t\r\n", &save)) {
        error = parse_band_word(&p, word);
    }
    if (!error && !mc->n_bands) {
        error = xstrdup("meter must have bands");
    }
    return error ? error : check_band(&p);
}

/* Cuts off the bands, which come last. */
static char *cut_bands(char *text)
{
    char *bands = strstr(text, "band");
    char *value = bands ? strchr(bands, '=') : NULL;

    if (!value) {
        return NULL;
    }
    *bands = '\0';
    return value + 1;
}

char *ofp_meter_mod_parse(struct ofp_meter_mod *mm, const char *text,
                          enum ofp_meter_command command)
{
    struct meter_parser p = { .mm = mm };
    char *copy = xstrdup(text), *save = NULL, *bands = NULL, *error = NULL;

    memset(mm, 0, sizeof *mm);
    mm->command = command;
    if (command != OFPMC_DELETE) {
        bands = cut_bands(copy);
        error = bands ? NULL : xstrdup("must specify bands");
    }
    for (char *word = strtok_r(copy, ", \t\r\n", &save); word && !error;
         word = strtok_r(NULL, ", \t\r\n", &save)) {
        error = parse_meter_word(&p, word);
    }
    error = error ? error : check_meter(&p);
    if (!error && bands) {
        error = parse_bands(&mm->config, bands);
    }
    free(copy);
    return error;
}
