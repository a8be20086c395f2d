/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel options between the two forms that they have: as they came in the packet, one behind the other, and as the fields tun_metadata0 to 63
 * that the bridge's table gives a place each.
 *
 * Translation knows the fields only, and which of them are there (tun_present). If it looked at any, the megaflow matches all options as they came, since the place of each
 * hangs on those in front of it. */
#include "lib/net/tunnel_header.h"
#include "lib/ofp/field_map.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/xlate_ctx.h"

enum { OPTION_UNIT = 4, N_OPTS_LINES = FLOW_TUN_OPTS_SIZE / FLOW_LINE_SIZE };

/* Where the field of entry 'i' is in flow.tun_opts; its length in bytes, 0: not mapped. */
static size_t place(const struct field_map *map, size_t i, size_t *offset)
{
    *offset = map->entries[i].offset * OPTION_UNIT;
    return map->entries[i].field ? map->entries[i].field->n_bytes : 0;
}

static const struct geneve_option *find_option(const uint8_t *options, size_t n, uint16_t class, uint8_t type)
{
    for (size_t at = 0; at + sizeof(struct geneve_option) <= n;) {
        const struct geneve_option *o = (const struct geneve_option *) (const void *) (options + at);
        if (o->class == htons(class) && o->type == type) {
            return o;
        }
        at += sizeof *o + (o->len & GENEVE_OPTION_LEN_MASK) * OPTION_UNIT;
    }
    return NULL;
}

uint64_t xlate_tunnel_map_options(const struct field_map *map, const struct flow *key, uint8_t opts[FLOW_TUN_OPTS_SIZE])
{
    bool has = key->lines & 1u << FLOW_LINE_TUN_OPTS && key->lines & 1u << FLOW_LINE_TUNNEL;
    size_t n = has ? MIN(key->tun_opts_len * (size_t) OPTION_UNIT, (size_t) FLOW_TUN_OPTS_SIZE) : 0;
    uint8_t raw[FLOW_TUN_OPTS_SIZE] = { 0 };
    for (size_t i = 0; n && i < N_OPTS_LINES; i++) {
        memcpy(raw + i * FLOW_LINE_SIZE, flow_line(key, FLOW_LINE_TUN_OPTS + i)->bytes, FLOW_LINE_SIZE);
    }
    uint64_t present = 0;
    memset(opts, 0, FLOW_TUN_OPTS_SIZE);
    for (size_t i = 0; map && n && i < OFP_TLV_N_FIELDS; i++) {
        size_t offset, len = place(map, i, &offset);
        const struct geneve_option *o = len ? find_option(raw, n, map->entries[i].opt_class, map->entries[i].opt_type) : NULL;
        size_t at = o ? (size_t) ((const uint8_t *) (o + 1) - raw) : n;
        if (o && (o->len & GENEVE_OPTION_LEN_MASK) * (size_t) OPTION_UNIT == len && at + len <= n) {
            memcpy(opts + offset, o + 1, len);
            present |= UINT64_C(1) << i;
        }
    }
    return present;
}

void xlate_tunnel_take_options(struct xlate_ctx *ctx)
{
    const struct flow *key = ctx->in->flow;
    uint64_t present = xlate_tunnel_map_options(ctx->bridge->options, key, ctx->p.flow.tun_opts);
    if (!key->recirc_id) {
        ctx->p.flow.tun_present = present; /* else it was kept, with what was written since */
    }
    memcpy(ctx->p.base.tun_opts, ctx->p.flow.tun_opts, sizeof ctx->p.base.tun_opts);
    ctx->options_taken = true;
}

void xlate_tunnel_finish_mask(struct xlate_ctx *ctx)
{
    static const uint8_t nothing[FLOW_TUN_OPTS_SIZE];
    struct flow *mask = ctx->mask;
    bool looked = mask->tun_present || memcmp(mask->tun_opts, nothing, sizeof nothing);
    if (!ctx->options_taken || (!looked && !mask->tun_opts_len)) {
        return;
    }
    const struct flow *key = ctx->in->flow;
    size_t n = MIN(key->tun_opts_len * (size_t) OPTION_UNIT, (size_t) FLOW_TUN_OPTS_SIZE);
    memset(mask->tun_opts, 0, sizeof mask->tun_opts);
    memset(mask->tun_opts, 0xff, key->lines & 1u << FLOW_LINE_TUN_OPTS ? n : 0);
    mask->tun_opts_len = UINT8_MAX;
}

/* Those that are there, be it that they came with the packet or were written. */
void xlate_tunnel_put_options(struct xlate_ctx *ctx, struct tunnel_header *h)
{
    enum { CRITICAL = 0x80 };
    const struct field_map *map = ctx->bridge->options;
    XLATE_LOOK(ctx, tun_flags);
    if (map) {
        XLATE_LOOK(ctx, tun_present);
    }
    h->geneve_flags = ctx->p.flow.tun_flags & FLOW_TUN_OAM ? GENEVE_FLAG_OAM : 0;
    for (size_t i = 0; map && i < OFP_TLV_N_FIELDS; i++) {
        size_t offset, len = place(map, i, &offset);
        if (!len || !(ctx->p.flow.tun_present >> i & 1)
            || h->options_len + sizeof(struct geneve_option) + len > GENEVE_OPTIONS_MAX) {
            continue;
        }
        xlate_look(ctx, offsetof(struct flow, tun_opts) + offset, len);
        struct geneve_option *o = (struct geneve_option *) (void *) (h->options + h->options_len);
        o->class = htons(map->entries[i].opt_class);
        o->type = map->entries[i].opt_type;
        o->len = (uint8_t) (len / OPTION_UNIT);
        memcpy(o + 1, ctx->p.flow.tun_opts + offset, len);
        h->options_len = (uint8_t) (h->options_len + sizeof *o + len);
        h->geneve_flags |= o->type & CRITICAL ? GENEVE_FLAG_CRITICAL : 0;
    }
}
