/* SPDX-License-Identifier: Apache-2.0 */
/* Table features: OpenFlow 1.3 section 7.3.5.5, 1.4 section 7.3.5.18. Every table can do the same. */
#include "lib/ofp/table_features.h"

#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/reply.h"

/* Properties for other packets than misses. Those for misses follow, but for match and wildcards.
 */
enum {
    PROP_INSTRUCTIONS = 0,
    PROP_NEXT_TABLES = 2,
    PROP_WRITE_ACTIONS = 4,
    PROP_APPLY_ACTIONS = 6,
    PROP_MATCH = 8,
    PROP_WILDCARDS = 10,
    PROP_WRITE_SETFIELD = 12,
    PROP_APPLY_SETFIELD = 14,
    PROP_SYNC_FROM = 16,
    PROP_WRITE_COPYFIELD = 18,
    PROP_APPLY_COPYFIELD = 20,
    PROP_PACKET_TYPES = 22,
    PROP_EXPERIMENTERS = 0xfffe,
};

enum { ENTRY_LEN = 64, PROP_HEADER_LEN = 4, NAME_LEN = 32 };

/* Bits of the capabilities since 1.4. */
enum { CAPABILITY_EVICTION = 4, CAPABILITY_VACANCY = 8 };

/* Instructions: goto-table comes first, since the last table lacks it; then write-metadata, write-, apply- and
 * clear-actions, and meter, which is an action in 1.5. */
static const uint8_t instructions[] = { 1, 2, 3, 4, 5, 6 };

/* Output, copy-TTL-out and -in, set-mpls-ttl, dec-mpls-ttl, push-vlan, pop-vlan, push-mpls, pop-mpls, set-queue, group,
 * set-nw-ttl, dec-nw-ttl, set-field, push-pbb, pop-pbb; since 1.5 copy-field and meter. */
static const uint8_t actions[] = {
    0, 11, 12, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
};
enum { N_ACTIONS_SINCE_15 = 2, N_INSTRUCTIONS_UNTIL_14 = 1 };

static size_t begin(struct ofpbuf *out, uint16_t type)
{
    size_t start = out->size;

    put_u16(out, type);
    put_u16(out, 0);
    return start;
}

static void end(struct ofpbuf *out, size_t start)
{
    size_t len = out->size - start;

    put_be16(out->data + start + 2, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}

/* Headers alone, of instructions or actions. */
static void put_types(struct ofpbuf *out, uint16_t prop, const uint8_t *types, size_t n)
{
    size_t start = begin(out, prop);

    for (size_t i = 0; i < n; i++) {
        put_u16(out, types[i]);
        put_u16(out, 4);
    }
    end(out, start);
}

static void put_fields(struct ofpbuf *out, enum ofp_version version, uint16_t prop, bool masks,
                       bool writable_only)
{
    size_t start = begin(out, prop);

    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);

        if (f->writable || !writable_only) { /* what has no header is not put */
            nxm_put_header(out, f, (int) version, masks && f->masking == MASK_ANY);
        }
    }
    end(out, start);
}

static void put_next_tables(struct ofpbuf *out, uint8_t table)
{
    size_t start = begin(out, PROP_NEXT_TABLES);

    for (int next = table + 1; next < OFP_N_TABLES; next++) {
        put_u8(out, (uint8_t) next);
    }
    end(out, start);
}

void ofp_reply_table_features(struct ofp_msgs *msgs, uint8_t table, const char *name)
{
    enum ofp_version version = reply_version(msgs);
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;
    bool last = table + 1 >= OFP_N_TABLES;
    size_t n_instructions = ARRAY_SIZE(instructions) - (version >= OFP15 ? N_INSTRUCTIONS_UNTIL_14 : 0);
    size_t n_actions = ARRAY_SIZE(actions) - (version < OFP15 ? N_ACTIONS_SINCE_15 : 0);

    put_u16(out, 0);
    put_u8(out, table);
    put_zeros(out, 5);
    memcpy(ofpbuf_put_zeros(out, NAME_LEN), name, MIN(strlen(name), NAME_LEN - 1));
    put_u64(out, UINT64_MAX); /* bits of metadata that can be matched */
    put_u64(out, UINT64_MAX); /* and written */
    put_u32(out, 0);
    put_u32(out, OFP_TABLE_MAX_ENTRIES);
    put_types(out, PROP_INSTRUCTIONS, instructions + last, n_instructions - last);
    put_next_tables(out, table);
    put_types(out, PROP_WRITE_ACTIONS, actions, n_actions);
    put_types(out, PROP_APPLY_ACTIONS, actions, n_actions);
    put_fields(out, version, PROP_MATCH, true, false);
    put_fields(out, version, PROP_WILDCARDS, false, false);
    put_fields(out, version, PROP_WRITE_SETFIELD, false, true);
    put_fields(out, version, PROP_APPLY_SETFIELD, false, true);
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}

/* Bits of types, each of which stands with its own length in the list. */
static enum ofp_error decode_types(const uint8_t *p, size_t n, uint32_t known, uint32_t *bits)
{
    while (n >= 4) {
        size_t len = get_u16(p + 2);
        unsigned int type = get_u16(p);

        if (len < 4 || len > n) {
            return OFPTFFC_BAD_FEATURES;
        }
        if (type < 32) {
            *bits |= 1u << type & known;
        }
        p += len;
        n -= len;
    }
    return n ? OFPTFFC_BAD_FEATURES : OFPERR_OK;
}

static enum ofp_error decode_fields(const uint8_t *p, size_t n, struct field_set *set,
                                    struct field_set *mask)
{
    while (n) {
        struct nxm_header h;
        enum ofp_error error = nxm_decode_header(p, n, &h);

        if (error && error != OFPBMC_BAD_FIELD) {
            return OFPTFFC_BAD_FEATURES;
        }
        if (!error) {
            field_set_add(set, h.field->id);
            if (h.has_mask && mask) {
                field_set_add(mask, h.field->id);
            }
        }
        p += h.len;
        n -= h.len;
    }
    return OFPERR_OK;
}

static void decode_next_tables(const uint8_t *p, size_t n, uint64_t next[4])
{
    for (size_t i = 0; i < n; i++) {
        next[p[i] / 64] |= UINT64_C(1) << p[i] % 64;
    }
}

static enum ofp_error decode_prop(uint16_t type, const uint8_t *p, size_t n,
                                  struct ofp_table_features *tf, bool *has_miss)
{
    bool miss = type & 1;
    struct table_instructions *t = miss ? &tf->miss : &tf->others;

    *has_miss |= miss && type <= PROP_APPLY_SETFIELD + 1;
    if (type < PROP_SYNC_FROM) {
        tf->repeated |= tf->properties >> type & 1;
        tf->properties |= 1u << type;
    }
    switch (type & ~1u) {
    case PROP_INSTRUCTIONS:
        return decode_types(p, n, TABLE_KNOWN_INSTRUCTIONS, &t->instructions);
    case PROP_NEXT_TABLES:
        decode_next_tables(p, n, t->next);
        return OFPERR_OK;
    case PROP_WRITE_ACTIONS:
        return decode_types(p, n, TABLE_KNOWN_ACTIONS, &t->write.actions);
    case PROP_APPLY_ACTIONS:
        return decode_types(p, n, TABLE_KNOWN_ACTIONS, &t->apply.actions);
    case PROP_MATCH:
        return decode_fields(p, n, &tf->match, &tf->mask);
    case PROP_WILDCARDS:
        return decode_fields(p, n, &tf->wildcard, NULL);
    case PROP_WRITE_SETFIELD:
        return decode_fields(p, n, &t->write.set_field, NULL);
    case PROP_APPLY_SETFIELD:
        return decode_fields(p, n, &t->apply.set_field, NULL);
    case PROP_SYNC_FROM:
    case PROP_WRITE_COPYFIELD:
    case PROP_APPLY_COPYFIELD:
    case PROP_PACKET_TYPES:
    case PROP_EXPERIMENTERS:
        tf->has_extra = true;
        return OFPERR_OK; /* nothing that is shown */
    default:
        return OFPBPC_BAD_TYPE;
    }
}

void ofp_table_features_init(struct ofp_table_features *tf)
{
    memset(tf, 0, sizeof *tf);
    tf->miss_config = tf->eviction = tf->vacancy = -1;
}

enum ofp_error ofp_table_features_next(struct ofp_stats_iter *iter, struct ofp_table_features *tf)
{
    size_t len = iter->n >= ENTRY_LEN ? get_u16(iter->p) : 0;
    const uint8_t *p = iter->p;
    bool has_miss = false;

    ofp_table_features_init(tf);
    if (len < ENTRY_LEN || len > iter->n || len % 8) {
        return OFPBPC_BAD_LEN;
    }
    tf->id = p[2];
    if (iter->version >= OFP15) {
        tf->command = (enum ofp_table_features_command) p[3];
        if (p[3] > OFPTFC_DISABLE) {
            return OFPTFFC_BAD_COMMAND;
        }
    }
    if (iter->version >= OFP14) {
        tf->eviction = get_u32(p + 56) & CAPABILITY_EVICTION ? 1 : 0;
        tf->vacancy = get_u32(p + 56) & CAPABILITY_VACANCY ? 1 : 0;
    }
    memcpy(tf->name, p + 8, NAME_LEN);
    tf->metadata_match = get_u64(p + 40);
    tf->metadata_write = get_u64(p + 48);
    tf->max_entries = get_u32(p + 60);
    for (size_t at = ENTRY_LEN; at < len;) {
        size_t prop_len = get_u16(p + at + 2);

        if (prop_len < PROP_HEADER_LEN || ROUND_UP(prop_len, 8) > len - at) {
            return OFPBPC_BAD_LEN;
        }
        enum ofp_error error = decode_prop(get_u16(p + at), p + at + PROP_HEADER_LEN,
                                           prop_len - PROP_HEADER_LEN, tf, &has_miss);
        if (error) {
            return error;
        }
        at += ROUND_UP(prop_len, 8);
    }
    if (!has_miss) {
        tf->miss = tf->others;
    }
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}
