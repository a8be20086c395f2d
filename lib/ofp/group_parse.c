/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a group as `ovs-ofctl add-group` takes it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/action_text.h"
#include "lib/ofp/group_codec.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/names.h"

/* What a command takes. */
enum { ALLOW_TYPE = 1, ALLOW_BUCKETS = 2, ALLOW_COMMAND_BUCKET = 4, NEED_COMMAND_BUCKET = 8 };

struct group_parser {
    struct ofp_group_mod *gm;
    const struct ofp_names *names;
    unsigned int allowed;
    bool had_type, had_id, had_command_bucket;
};

/* A bucket under construction: its actions in text collect here. */
struct bucket_parser {
    struct ofp_bucket *bucket;
    const struct ofp_names *names;
    char *actions; /* owned; null: none */
};

static unsigned int allowed_for(enum ofp_group_command command)
{
    switch (command) {
    case OFPGC_DELETE:
        return 0;
    case OFPGC_INSERT_BUCKET:
        return ALLOW_BUCKETS | ALLOW_COMMAND_BUCKET | NEED_COMMAND_BUCKET;
    case OFPGC_REMOVE_BUCKET:
        return ALLOW_COMMAND_BUCKET;
    default:
        return ALLOW_TYPE | ALLOW_BUCKETS;
    }
}

static char *parse_u32(const char *text, uint32_t *value)
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

static char *parse_bucket_word(struct bucket_parser *p, const struct key_value *kv, bool *known)
{
    struct ofp_bucket *b = p->bucket;
    uint64_t n;

    *known = true;
    if (!strcmp(kv->key, "weight")) {
        char *error = action_parse_number(kv->value, NULL, UINT16_MAX, &n);
        if (error) {
            free(error);
            return xasprintf("invalid weight \"%s\"", kv->value);
        }
        b->weight = (uint16_t) n;
        return NULL;
    }
    if (!strcmp(kv->key, "watch_port")) {
        bool any = !strcmp(kv->value, "any") || !strcmp(kv->value, "ANY");
        if (any) {
            b->watch_port = OFPP_NONE;
            return NULL;
        }
        bool valid = names_parse_port(kv->value, p->names, &b->watch_port) &&
                     (b->watch_port < OFPP_MAX || b->watch_port == OFPP_LOCAL ||
                      b->watch_port == OFPP_CONTROLLER || b->watch_port == OFPP_NONE);
        return valid ? NULL : xasprintf("%s: invalid watch_port", kv->value);
    }
    if (!strcmp(kv->key, "watch_group")) {
        char *error = parse_u32(kv->value, &b->watch_group);
        if (!error && b->watch_group > OFPG_MAX) {
            error = xasprintf("invalid watch_group id %u", b->watch_group);
        }
        return error;
    }
    if (!strcmp(kv->key, "bucket_id")) {
        char *error = parse_u32(kv->value, &b->id);
        if (!error && b->id > OFPG_BUCKET_MAX) {
            error = xasprintf("invalid bucket_id id %u", b->id);
        }
        return error;
    }
    *known = false;
    return NULL;
}

/* Appends to the actions in text. */
static void add_action_text(struct bucket_parser *p, const char *text, size_t n)
{
    char *old = p->actions;

    while (n && strchr(", \t\r\n", text[n - 1])) {
        n--;
    }
    p->actions = old ? xasprintf("%s,%.*s", old, (int) n, text) : xstrndup(text, n);
    free(old);
}

/* What is not a property of the bucket is an action, and goes on as the user wrote it. */
static char *parse_bucket_words(struct bucket_parser *p, char *text)
{
    char *original = xstrdup(text), *rest = text, *error = NULL;
    struct key_value kv;

    while (!error) {
        rest += strspn(rest, ", \t\r\n");
        const char *start = original + (rest - text);
        bool known;

        if (!key_value_next(&rest, &kv)) {
            break;
        }
        error = parse_bucket_word(p, &kv, &known);
        if (known) {
            continue;
        }
        if (!strcmp(kv.key, "action") || !strcmp(kv.key, "actions")) {
            add_action_text(p, kv.value, strlen(kv.value));
        } else {
            add_action_text(p, start, (size_t) (original + (rest - text) - start));
        }
    }
    free(original);
    return error;
}

/* Instructions are not for buckets. */
static char *check_bucket_actions(const struct ofpbuf *actions)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, actions->data, actions->size) {
        switch (a->type) {
        case OFPACT_GOTO_TABLE:
            return xstrdup("goto_table instruction not allowed here");
        case OFPACT_WRITE_METADATA:
            return xstrdup("write_metadata instruction not allowed here");
        case OFPACT_WRITE_ACTIONS:
            return xstrdup("write_actions instruction not allowed here");
        case OFPACT_CLEAR_ACTIONS:
            return xstrdup("clear_actions instruction not allowed here");
        default:
            break;
        }
    }
    return NULL;
}

static char *parse_bucket(struct ofp_bucket *b, char *text, enum ofp_group_type type,
                          const struct ofp_names *names)
{
    struct bucket_parser p = { b, names, NULL };

    b->id = OFPG_BUCKET_ALL; /* to be numbered */
    b->weight = type == OFPGT_SELECT;
    b->watch_port = OFPP_NONE;
    b->watch_group = OFPG_ANY;
    char *error = parse_bucket_words(&p, text);
    if (!error && !p.actions) {
        error = xstrdup("bucket must specify actions");
    }
    if (!error) {
        error = ofp_actions_parse(p.actions, names, &b->actions);
    }
    if (!error) {
        error = check_bucket_actions(&b->actions);
    }
    if (!error && type == OFPGT_FF && b->watch_port == OFPP_NONE && b->watch_group == OFPG_ANY) {
        error = xstrdup("fast failover bucket requires watch_port or watch_group");
    }
    free(p.actions);
    return error;
}

/* The bucket ids that the user did not tell are the smallest free ones. */
static void number_buckets(struct ofp_group_mod *gm)
{
    uint32_t next = 0;

    for (size_t i = 0; i < gm->n_buckets; i++) {
        if (gm->buckets[i].id != OFPG_BUCKET_ALL) {
            continue;
        }
        for (size_t j = 0; j < gm->n_buckets; j++) {
            if (gm->buckets[j].id == next) {
                next++;
                j = (size_t) -1; /* look again for the next number */
            }
        }
        gm->buckets[i].id = next++;
    }
}

static char *parse_buckets(struct group_parser *p, char *text)
{
    struct ofp_group_mod *gm = p->gm;
    size_t allocated = 0;

    while (text) {
        char *next = strstr(text, "bucket=");

        if (next) {
            *next = '\0';
            next += strlen("bucket=");
        }
        if (gm->n_buckets == OFP_MAX_BUCKETS) {
            return xstrdup("too many buckets");
        }
        if (gm->n_buckets == allocated) {
            gm->buckets = grow_array(gm->buckets, &allocated, sizeof *gm->buckets);
        }
        struct ofp_bucket *b = &gm->buckets[gm->n_buckets++];
        memset(b, 0, sizeof *b);
        char *error = parse_bucket(b, text, gm->type, p->names);
        if (error) {
            return error;
        }
        if (b->weight && gm->type != OFPGT_SELECT && p->allowed & ALLOW_TYPE) {
            return xstrdup("Only select groups can have bucket weights.");
        }
        text = next;
    }
    number_buckets(gm);
    return NULL;
}

static char *parse_command_bucket(struct group_parser *p, const char *value)
{
    struct ofp_group_mod *gm = p->gm;

    if (!(p->allowed & ALLOW_COMMAND_BUCKET)) {
        return xstrdup("command bucket id is not needed");
    }
    if (!strcmp(value, "all")) {
        gm->command_bucket = OFPG_BUCKET_ALL;
    } else if (!strcmp(value, "first")) {
        gm->command_bucket = OFPG_BUCKET_FIRST;
    } else if (!strcmp(value, "last")) {
        gm->command_bucket = OFPG_BUCKET_LAST;
    } else {
        char *error = parse_u32(value, &gm->command_bucket);
        if (error) {
            return error;
        }
        if (gm->command_bucket > OFPG_BUCKET_MAX) {
            return xasprintf("invalid command bucket id %u", gm->command_bucket);
        }
    }
    if (gm->command == OFPGC_INSERT_BUCKET && gm->command_bucket == OFPG_BUCKET_ALL) {
        return xstrdup("command_bucket_id=all is not permitted");
    }
    p->had_command_bucket = true;
    return NULL;
}

static char *parse_type(struct group_parser *p, const char *value)
{
    static const struct {
        const char *name;
        enum ofp_group_type type;
    } types[] = {
        { "all", OFPGT_ALL }, { "select", OFPGT_SELECT },       { "indirect", OFPGT_INDIRECT },
        { "ff", OFPGT_FF },   { "fast_failover", OFPGT_FF },
    };

    if (!(p->allowed & ALLOW_TYPE)) {
        return xstrdup("type is not needed");
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(value, types[i].name)) {
            p->gm->type = types[i].type;
            p->had_type = true;
            return NULL;
        }
    }
    return xasprintf("invalid group type %s", value);
}

/* "eth_dst,ip_src=255.255.0.0": fields with the bits that count. */
static char *parse_fields(struct group_parser *p, char *value)
{
    struct key_value kv;

    while (key_value_next(&value, &kv)) {
        const struct field *f = field_by_name(kv.key);
        union field_value mask, unused;

        if (!f) {
            return xasprintf("%s: unknown field %s", value, kv.key);
        }
        if (group_props_has_field(&p->gm->props, f->id)) {
            return xasprintf("%s: duplicate field", kv.key);
        }
        memset(&mask, 0, sizeof mask);
        memset(mask.b, 0xff, f->n_bytes);
        if (*kv.value) {
            char *error = field_parse_value(f, kv.value, p->names, &mask, &unused);
            if (error) {
                return error;
            }
            if (!field_mask_valid(f, &mask)) {
                return xasprintf("%s: invalid mask for field %s", kv.value, f->name);
            }
        }
        group_props_add_field(&p->gm->props, f->id, &mask);
    }
    return NULL;
}

static char *parse_id(struct group_parser *p, const char *value)
{
    if (!strcmp(value, "all")) {
        p->gm->id = OFPG_ALL;
    } else {
        char *error = parse_u32(value, &p->gm->id);
        if (error) {
            return error;
        }
        if (p->gm->id > OFPG_MAX) {
            return xasprintf("invalid group id %u", p->gm->id);
        }
    }
    p->had_id = true;
    return NULL;
}

static char *parse_word(struct group_parser *p, const struct key_value *kv)
{
    struct ofp_group_props *props = &p->gm->props;

    if (!strcmp(kv->key, "command_bucket_id")) {
        return parse_command_bucket(p, kv->value);
    }
    if (!strcmp(kv->key, "group_id")) {
        return parse_id(p, kv->value);
    }
    if (!strcmp(kv->key, "type")) {
        return parse_type(p, kv->value);
    }
    if (!strcmp(kv->key, "selection_method")) {
        if (!(p->allowed & ALLOW_TYPE)) {
            return xstrdup("selection method is not needed");
        }
        if (strlen(kv->value) >= sizeof props->selection_method) {
            return xasprintf("selection method is longer than %zu bytes long",
                             sizeof props->selection_method - 1);
        }
        memset(props->selection_method, 0, sizeof props->selection_method);
        memcpy(props->selection_method, kv->value, strlen(kv->value));
        return NULL;
    }
    if (!strcmp(kv->key, "selection_method_param")) {
        if (!(p->allowed & ALLOW_TYPE)) {
            return xstrdup("selection method param is not needed");
        }
        return action_parse_number(kv->value, NULL, UINT64_MAX, &props->selection_param);
    }
    if (!strcmp(kv->key, "fields")) {
        if (!(p->allowed & ALLOW_TYPE)) {
            return xstrdup("fields are not needed");
        }
        return parse_fields(p, kv->value);
    }
    return xasprintf("unknown keyword %s", kv->key);
}

/* What was told must be enough for the command, and go together. */
static char *check_words(const struct group_parser *p)
{
    const struct ofp_group_props *props = &p->gm->props;

    if (!p->had_id) {
        return xstrdup("must specify a group_id");
    }
    if (p->allowed & ALLOW_TYPE && !p->had_type) {
        return xstrdup("must specify a type");
    }
    if (p->allowed & NEED_COMMAND_BUCKET && !p->had_command_bucket) {
        return xstrdup("must specify a command bucket id");
    }
    if (props->masks && strcmp(props->selection_method, "hash")) {
        return xstrdup("fields may only be specified with \"selection_method=hash\"");
    }
    if (props->selection_param && !props->selection_method[0]) {
        return xstrdup("selection_method_param is only allowed with \"selection_method\"");
    }
    return NULL;
}

static char *parse(struct group_parser *p, char *text)
{
    char *buckets = strstr(text, "bucket=");
    struct key_value kv;

    if (buckets) {
        if (!(p->allowed & ALLOW_BUCKETS)) {
            return xstrdup("bucket is not needed");
        }
        *buckets = '\0';
        buckets += strlen("bucket=");
    }
    while (key_value_next(&text, &kv)) {
        char *error = parse_word(p, &kv);
        if (error) {
            return error;
        }
    }
    char *error = check_words(p);
    if (!error && buckets) {
        error = parse_buckets(p, buckets);
    }
    if (!error && p->gm->type == OFPGT_INDIRECT && p->gm->n_buckets > 1) {
        error = xstrdup("Indirect groups can have at most one bucket.");
    }
    return error;
}

char *ofp_group_mod_parse(struct ofp_group_mod *gm, const char *text,
                          enum ofp_group_command command, const struct ofp_names *names)
{
    struct group_parser p = { .gm = gm, .names = names, .allowed = allowed_for(command) };

    memset(gm, 0, sizeof *gm);
    gm->command = command;
    gm->id = OFPG_ANY;
    gm->command_bucket = OFPG_BUCKET_ALL;
    if (command == OFPGC_DELETE && !*text) {
        gm->id = OFPG_ALL;
        return NULL;
    }
    char *copy = xstrdup(text);
    char *error = parse(&p, copy);
    free(copy);
    if (error) {
        ofp_group_mod_destroy(gm);
    }
    return error;
}
