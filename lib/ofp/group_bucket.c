/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets on the wire: OpenFlow 1.1 to 1.4 (1.3 section 7.3.4.3) and 1.5 (section 7.3.4.3.1). */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/group_codec.h"
#include "lib/ofp/prop.h"

enum { BUCKET_11_LEN = 16, BUCKET_15_LEN = 8 };
enum { PROP_WEIGHT = 0, PROP_WATCH_PORT = 1, PROP_WATCH_GROUP = 2, PROP_U16_LEN = 6, PROP_U32_LEN = 8 };

bool group_has_bucket_props(enum ofp_version version, bool nx)
{
    return nx || version >= OFP15;
}

/* A port to watch: OFPP_ANY, or one that can exist. */
static bool watch_port_decode(const uint8_t *p, ofp_port_t *port)
{
    uint16_t port10;

    *port = get_u32(p);
    return *port == OFPP_NONE || ofp_port_to_10(*port, &port10);
}

static enum ofp_error decode_11(const uint8_t *p, size_t n, enum ofp_version version, uint32_t id,
                                struct ofp_bucket *b)
{
    b->id = id;
    b->weight = get_u16(p + 2);
    b->watch_group = get_u32(p + 8);
    enum ofp_error error =
        actions_decode(p + BUCKET_11_LEN, n - BUCKET_11_LEN, version, 0, &b->actions);
    if (error) {
        return error;
    }
    return watch_port_decode(p + 4, &b->watch_port) ? OFPERR_OK : OFPGMFC_BAD_WATCH;
}

static enum ofp_error decode_prop(const struct prop *prop, struct ofp_bucket *b)
{
    switch (prop->type) {
    case PROP_WEIGHT:
        if (prop->n != PROP_U16_LEN && prop->n != PROP_U32_LEN) {
            return OFPBPC_BAD_LEN;
        }
        b->weight = get_u16(prop->p + 4);
        return OFPERR_OK;
    case PROP_WATCH_PORT:
        if (prop->n == PROP_U32_LEN && !watch_port_decode(prop->p + 4, &b->watch_port)) {
            return OFPGMFC_BAD_WATCH;
        }
        break;
    case PROP_WATCH_GROUP:
        b->watch_group = prop->n == PROP_U32_LEN ? get_u32(prop->p + 4) : OFPG_ANY;
        break;
    default:
        return prop_unknown(prop);
    }
    return prop->n == PROP_U32_LEN ? OFPERR_OK : OFPBPC_BAD_LEN;
}

static enum ofp_error decode_15(const uint8_t *p, size_t n, enum ofp_version version,
                                enum ofp_group_type type, struct ofp_bucket *b)
{
    size_t actions_len = get_u16(p + 2);

    b->id = get_u32(p + 4);
    b->weight = type == OFPGT_SELECT;
    b->watch_port = OFPP_NONE;
    b->watch_group = OFPG_ANY;
    p += BUCKET_15_LEN;
    n -= BUCKET_15_LEN;
    if (actions_len > n || actions_len % 8) {
        return OFPGMFC_BAD_BUCKET;
    }
    enum ofp_error error = actions_decode(p, actions_len, version, 0, &b->actions);
    p += actions_len;
    n -= actions_len;
    while (!error && n) {
        struct prop prop;

        error = prop_pull(&p, &n, &prop);
        if (!error) {
            error = decode_prop(&prop, b);
        }
    }
    return !error && b->id > OFPG_BUCKET_MAX ? OFPGMFC_BAD_BUCKET : error;
}

enum ofp_error group_buckets_decode(const uint8_t *p, size_t n, enum ofp_version version,
                                    bool props, enum ofp_group_type type,
                                    struct ofp_bucket **bucketsp, size_t *n_buckets)
{
    size_t header = props ? BUCKET_15_LEN : BUCKET_11_LEN, allocated = 0;
    struct ofp_bucket *buckets = NULL;
    enum ofp_error error = OFPERR_OK;

    *n_buckets = 0;
    while (!error && n) {
        size_t len = n >= header ? get_u16(p) : 0;

        if (len < header || len > n || len % 8) {
            error = OFPGMFC_BAD_BUCKET;
            break;
        }
        if (*n_buckets == OFP_MAX_BUCKETS) {
            error = OFPGMFC_OUT_OF_BUCKETS;
            break;
        }
        if (*n_buckets == allocated) {
            buckets = grow_array(buckets, &allocated, sizeof *buckets);
        }
        struct ofp_bucket *b = &buckets[(*n_buckets)++];
        memset(b, 0, sizeof *b);
        error = props ? decode_15(p, len, version, type, b)
                      : decode_11(p, len, version, (uint32_t) *n_buckets - 1, b);
        p += len;
        n -= len;
    }
    *bucketsp = buckets;
    if (!error && group_has_duplicate_ids(buckets, *n_buckets)) {
        error = OFPGMFC_BAD_BUCKET;
    }
    return error;
}

static void encode_11(struct ofpbuf *out, enum ofp_version version, const struct ofp_bucket *b)
{
    put_u16(out, 0);
    put_u16(out, b->weight);
    put_u32(out, b->watch_port);
    put_u32(out, b->watch_group);
    put_zeros(out, 4);
    actions_encode(b->actions.data, b->actions.size, version, out);
}

static void encode_15(struct ofpbuf *out, enum ofp_version version, enum ofp_group_type type,
                      const struct ofp_bucket *b)
{
    put_u16(out, 0);
    put_u16(out, 0);
    put_u32(out, b->id);
    size_t actions_at = out->size;
    actions_encode(b->actions.data, b->actions.size, version, out);
    put_be16(out->data + actions_at - 6, htons((uint16_t) (out->size - actions_at)));
    if (b->weight || type == OFPGT_SELECT) {
        size_t start = prop_begin(out, PROP_WEIGHT);
        put_u16(out, b->weight);
        put_u16(out, 0);
        prop_end(out, start);
    }
    if (b->watch_port != OFPP_NONE) {
        prop_put_u32(out, PROP_WATCH_PORT, b->watch_port);
    }
    if (b->watch_group != OFPG_ANY) {
        prop_put_u32(out, PROP_WATCH_GROUP, b->watch_group);
    }
}

void group_buckets_encode(struct ofpbuf *out, enum ofp_version version, bool props,
                          enum ofp_group_type type, const struct ofp_bucket *buckets,
                          size_t n_buckets)
{
    for (size_t i = 0; i < n_buckets; i++) {
        size_t start = out->size;

        if (props) {
            encode_15(out, version, type, &buckets[i]);
        } else {
            encode_11(out, version, &buckets[i]);
        }
        put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    }
}
