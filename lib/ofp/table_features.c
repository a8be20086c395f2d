/* SPDX-License-Identifier: Apache-2.0 */
/* Table features: OpenFlow 1.3 section 7.3.5.5. Every table can do the same. */
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/reply.h"

enum {
    PROP_INSTRUCTIONS = 0,
    PROP_NEXT_TABLES = 2,
    PROP_WRITE_ACTIONS = 4,
    PROP_APPLY_ACTIONS = 6,
    PROP_MATCH = 8,
    PROP_WILDCARDS = 10,
    PROP_WRITE_SETFIELD = 12,
    PROP_APPLY_SETFIELD = 14,
};

enum { NAME_LEN = 32, MAX_ENTRIES = 1000000 };

/* Instructions: goto-table comes first, since the last table lacks it; then write-metadata, write-, apply- and clear-actions. */
static const uint8_t instructions[] = { 1, 2, 3, 4, 5 };

/* Output, set-mpls-ttl, dec-mpls-ttl, push-vlan, pop-vlan, push-mpls, pop-mpls, set-queue, group, set-nw-ttl, dec-nw-ttl,
 * set-field. */
static const uint8_t actions[] = { 0, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25 };

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

static bool has_header(const struct field *f)
{
    return f->nxm_header || f->oxm_header;
}

static void put_fields(struct ofpbuf *out, enum ofp_version version, uint16_t prop, bool masks,
                       bool writable_only)
{
    size_t start = begin(out, prop);

    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);

        if (has_header(f) && (f->writable || !writable_only)) {
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

    put_u16(out, 0);
    put_u8(out, table);
    put_zeros(out, 5);
    memcpy(ofpbuf_put_zeros(out, NAME_LEN), name, MIN(strlen(name), NAME_LEN - 1));
    put_u64(out, UINT64_MAX); /* bits of metadata that can be matched */
    put_u64(out, UINT64_MAX); /* and written */
    put_u32(out, 0);
    put_u32(out, MAX_ENTRIES);
    put_types(out, PROP_INSTRUCTIONS, instructions + last, ARRAY_SIZE(instructions) - last);
    put_next_tables(out, table);
    put_types(out, PROP_WRITE_ACTIONS, actions, ARRAY_SIZE(actions));
    put_types(out, PROP_APPLY_ACTIONS, actions, ARRAY_SIZE(actions));
    put_fields(out, version, PROP_MATCH, true, false);
    put_fields(out, version, PROP_WILDCARDS, false, false);
    put_fields(out, version, PROP_WRITE_SETFIELD, false, true);
    put_fields(out, version, PROP_APPLY_SETFIELD, false, true);
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
    reply_end_element(msgs, start);
}
