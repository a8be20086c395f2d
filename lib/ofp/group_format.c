/* SPDX-License-Identifier: Apache-2.0 */
/* Groups as text, as ovs-ofctl prints them. */
#include <stdlib.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/group_codec.h"
#include "lib/ofp/names.h"
#include "lib/ofp/print.h"

static const char *const type_names[OFPGT_N] = { "all", "select", "indirect", "ff" };

static void format_id(struct strbuf *s, uint32_t id)
{
    strbuf_putf(s, "group_id=%u", id);
}

static bool is_all_ones(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0xff) {
            return false;
        }
    }
    return true;
}

static void format_fields(struct strbuf *s, const struct ofp_group_props *props)
{
    unsigned int n = 0;
    const char *separator = "";

    for (size_t i = 0; i < ARRAY_SIZE(props->fields); i++) {
        n += (unsigned int) __builtin_popcountll(props->fields[i]);
    }
    if (!n) {
        return;
    }
    strbuf_puts(s, n > 1 ? ",fields(" : ",fields=");
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);

        if (!group_props_has_field(props, (enum field_id) id)) {
            continue;
        }
        strbuf_putf(s, "%s%s", separator, f->name);
        separator = ",";
        if (!is_all_ones(props->masks[id].b, f->n_bytes)) {
            union field_value exact;

            memset(&exact, 0xff, sizeof exact);
            strbuf_putc(s, '=');
            field_format_value(s, f, &props->masks[id], &exact, NULL);
        }
    }
    strbuf_puts(s, n > 1 ? ")" : "");
}

static void format_props(struct strbuf *s, const struct ofp_group_props *props)
{
    if (!props->selection_method[0]) {
        return;
    }
    strbuf_putf(s, ",selection_method=%s", props->selection_method);
    if (props->selection_param) {
        strbuf_putf(s, ",selection_method_param=%llu",
                    (unsigned long long) props->selection_param);
    }
    format_fields(s, props);
}

static void format_bucket(struct strbuf *s, const struct ofp_bucket *b, bool show_id,
                          unsigned int usual_weight, const struct ofp_names *names)
{
    strbuf_puts(s, ",bucket=");
    if (show_id) {
        strbuf_putf(s, "bucket_id:%u,", b->id);
    }
    if (b->weight != usual_weight) {
        strbuf_putf(s, "weight:%u,", b->weight);
    }
    if (b->watch_port != OFPP_NONE) {
        strbuf_puts(s, "watch_port:");
        names_format_port(s, b->watch_port, names);
        strbuf_putc(s, ',');
    }
    if (b->watch_group != OFPG_ANY) {
        strbuf_putf(s, "watch_group:%u,", b->watch_group);
    }
    strbuf_puts(s, "actions=");
    ofp_actions_format(s, b->actions.data, b->actions.size, names);
}

static void format_body(struct strbuf *s, const struct ofp_group_desc *gd, bool has_type,
                        bool show_ids, const struct ofp_names *names)
{
    format_id(s, gd->id);
    if (has_type) {
        strbuf_putf(s, ",type=%s",
                    (unsigned int) gd->type < OFPGT_N ? type_names[gd->type] : "unknown");
    }
    format_props(s, &gd->props);
    for (size_t i = 0; i < gd->n_buckets; i++) {
        format_bucket(s, &gd->buckets[i], show_ids, gd->type == OFPGT_SELECT, names);
    }
}

void ofp_group_desc_format(struct strbuf *s, const struct ofp_group_desc *gd,
                           enum ofp_version version, const struct ofp_names *names)
{
    format_body(s, gd, true, version == OFP10 || version >= OFP15, names);
}

static void format_command_bucket(struct strbuf *s, uint32_t id)
{
    strbuf_puts(s, " command_bucket_id:");
    switch (id) {
    case OFPG_BUCKET_FIRST:
        strbuf_puts(s, "first");
        break;
    case OFPG_BUCKET_LAST:
        strbuf_puts(s, "last");
        break;
    case OFPG_BUCKET_ALL:
        strbuf_puts(s, "all");
        break;
    default:
        strbuf_putf(s, "%u", id);
        break;
    }
    strbuf_putc(s, ',');
}

enum ofp_error print_group_mod(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_group_mod *gm = &msg->u.group_mod;
    struct ofp_group_desc gd = { gm->id, gm->type, gm->buckets, gm->n_buckets, gm->props };
    bool on_buckets = false;

    strbuf_puts(p->s, "\n ");
    switch (gm->command) {
    case OFPGC_ADD:
        strbuf_puts(p->s, "ADD");
        break;
    case OFPGC_MODIFY:
        strbuf_puts(p->s, "MOD");
        break;
    case OFPGC_ADD_OR_MOD:
        strbuf_puts(p->s, "ADD_OR_MOD");
        break;
    case OFPGC_DELETE:
        strbuf_puts(p->s, "DEL");
        break;
    case OFPGC_INSERT_BUCKET:
    case OFPGC_REMOVE_BUCKET:
        on_buckets = true;
        strbuf_puts(p->s, gm->command == OFPGC_INSERT_BUCKET ? "INSERT_BUCKET" : "REMOVE_BUCKET");
        format_command_bucket(p->s, gm->command_bucket);
        break;
    }
    strbuf_puts(p->s, on_buckets ? "" : " ");
    format_body(p->s, &gd, !on_buckets, msg->nx || msg->version >= OFP15, p->names);
    return OFPERR_OK;
}

enum ofp_error print_group_request(struct printer *p, const struct ofp_message *msg)
{
    uint32_t id = msg->u.group_request.id;

    strbuf_puts(p->s, " group_id=");
    if (id == OFPG_ALL) {
        strbuf_puts(p->s, "ALL");
    } else if (id == OFPG_ANY) {
        strbuf_puts(p->s, "ANY");
    } else {
        strbuf_putf(p->s, "%u", id);
    }
    return OFPERR_OK;
}

enum ofp_error print_group_desc(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_group_desc gd;

        enum ofp_error error = ofp_group_desc_next(&iter, &gd);
        if (error) {
            return error;
        }
        strbuf_puts(p->s, "\n ");
        ofp_group_desc_format(p->s, &gd, msg->version, p->names);
        ofp_group_desc_destroy(&gd);
    }
    return OFPERR_OK;
}

static void format_counters(struct strbuf *s, uint64_t packets, uint64_t bytes)
{
    strbuf_putf(s, "packet_count=%llu,byte_count=%llu", (unsigned long long) packets,
                (unsigned long long) bytes);
}

void ofp_group_stats_format(struct strbuf *s, const struct ofp_group_stats *gs)
{
    format_id(s, gs->id);
    if (gs->duration_sec != UINT32_MAX) {
        strbuf_puts(s, ",duration=");
        print_duration(s, gs->duration_sec, gs->duration_nsec);
    }
    strbuf_putf(s, ",ref_count=%u,", gs->ref_count);
    format_counters(s, gs->packets, gs->bytes);
    for (size_t i = 0; i < gs->n_buckets; i++) {
        if (gs->buckets[i].packets != UINT64_MAX) {
            strbuf_putf(s, ",bucket%zu:", i);
            format_counters(s, gs->buckets[i].packets, gs->buckets[i].bytes);
        }
    }
}

enum ofp_error print_group_stats(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_group_stats gs;

        enum ofp_error error = ofp_group_stats_next(&iter, &gs);
        if (error) {
            strbuf_puts(p->s, " ***parse error***\n");
            return error;
        }
        strbuf_puts(p->s, "\n ");
        ofp_group_stats_format(p->s, &gs);
        free(gs.buckets);
    }
    return OFPERR_OK;
}

/* Names of actions by the number that a version gives them. */
static void format_actions(struct strbuf *s, uint32_t bits, enum ofp_version version)
{
    static const struct bit_name names_10[] = {
        { 1u << 0, "output" },     { 1u << 11, "enqueue" },   { 1u << 1, "set_vlan_vid" },
        { 1u << 2, "set_vlan_pcp" }, { 1u << 3, "strip_vlan" }, { 1u << 4, "mod_dl_src" },
        { 1u << 5, "mod_dl_dst" }, { 1u << 6, "mod_nw_src" }, { 1u << 7, "mod_nw_dst" },
        { 1u << 8, "mod_nw_tos" }, { 1u << 9, "mod_tp_src" }, { 1u << 10, "mod_tp_dst" },
    };
    static const struct bit_name names_11[] = {
        { 1u << 0, "output" },        { 1u << 22, "group" },       { 1u << 1, "set_vlan_vid" },
        { 1u << 2, "set_vlan_pcp" },  { 1u << 18, "strip_vlan" },  { 1u << 17, "push_vlan" },
        { 1u << 3, "mod_dl_src" },    { 1u << 4, "mod_dl_dst" },   { 1u << 5, "mod_nw_src" },
        { 1u << 6, "mod_nw_dst" },    { 1u << 7, "mod_nw_tos" },   { 1u << 8, "mod_nw_ecn" },
        { 1u << 23, "mod_nw_ttl" },   { 1u << 9, "mod_tp_src" },   { 1u << 10, "mod_tp_dst" },
        { 1u << 24, "dec_ttl" },      { 1u << 13, "set_mpls_label" }, { 1u << 14, "set_mpls_tc" },
        { 1u << 15, "set_mpls_ttl" }, { 1u << 16, "dec_mpls_ttl" }, { 1u << 19, "push_mpls" },
        { 1u << 20, "pop_mpls" },     { 1u << 21, "set_queue" },
    };
    static const struct bit_name names_12[] = {
        { 1u << 0, "output" },        { 1u << 22, "group" },        { 1u << 25, "set_field" },
        { 1u << 18, "strip_vlan" },   { 1u << 17, "push_vlan" },    { 1u << 23, "mod_nw_ttl" },
        { 1u << 24, "dec_ttl" },      { 1u << 15, "set_mpls_ttl" }, { 1u << 16, "dec_mpls_ttl" },
        { 1u << 19, "push_mpls" },    { 1u << 20, "pop_mpls" },     { 1u << 21, "set_queue" },
    };
    const struct bit_name *names = version == OFP10   ? names_10
                                   : version == OFP11 ? names_11
                                                      : names_12;
    size_t n = version == OFP10   ? ARRAY_SIZE(names_10)
               : version == OFP11 ? ARRAY_SIZE(names_11)
                                  : ARRAY_SIZE(names_12);
    uint32_t known = 0;

    for (size_t i = 0; i < n; i++) {
        known |= names[i].bit;
    }
    print_bits(s, bits & known, names, n, "<none>");
}

enum ofp_error print_group_features(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_group_features *gf = &msg->u.group_features;
    struct msg_header h;

    if (msg_header_decode(p->data, p->n, &h)) {
        return OFPBRC_BAD_LEN;
    }
    strbuf_putf(p->s, "\n Group table:\n    Types:  0x%x\n    Capabilities:  0x%x\n", gf->types,
                gf->capabilities);
    for (size_t i = 0; i < OFPGT_N; i++) {
        if (gf->types & 1u << i) {
            strbuf_putf(p->s, "    %s group:\n       max_groups=%#x\n       actions: ",
                        i == OFPGT_FF ? "fast failover" : type_names[i], gf->max_groups[i]);
            format_actions(p->s, get_u32(h.body + 24 + 4 * i), msg->version);
            strbuf_putc(p->s, '\n');
        }
    }
    return OFPERR_OK;
}
