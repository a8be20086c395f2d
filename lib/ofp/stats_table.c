/* SPDX-License-Identifier: Apache-2.0 */
/* Table statistics, which up to 1.2 tell what tables can do, too: OpenFlow 1.0 section 5.3.5, 1.1 and 1.2 section
 * A.3.5.3, 1.3 section 7.3.5.4. */
#include "lib/ofp/field_table.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/table_features.h"

/* Lengths of an element. */
enum { TABLE_10_LEN = 64, TABLE_11_LEN = 88, TABLE_12_LEN = 128, TABLE_13_LEN = 24 };

/* What the tables of this switch can do. */
enum {
    MATCH_10 = 0x3fffff,      /* OFPFW_*: all */
    MATCH_11 = 0xfbff,        /* OFPFMF_*: all but the kind of match */
    ACTIONS_11 = 0x1ffe7ff,   /* bit n: action n */
    ACTIONS_12 = 0x3ff8001,
    INSTRUCTIONS = 0x3e,      /* bit n: instruction n */
    GOTO_TABLE_BIT = 1 << 1,
};
/* Bit n: field n of OXM's basic class. */
#define MATCH_12 UINT64_C(0x101ffffffffd)
#define SET_FIELDS_12 UINT64_C(0xffffffbdd)

/* The last table leads to no other. */
static uint32_t instructions_of(uint8_t table)
{
    return table + 1 < OFP_N_TABLES ? INSTRUCTIONS : INSTRUCTIONS & ~GOTO_TABLE_BIT;
}

static void encode_table_11(struct ofpbuf *out, const struct ofp_table_stats *ts)
{
    stats_text_encode(out, ts->name, 32);
    put_u32(out, MATCH_11); /* wildcards */
    put_u32(out, MATCH_11);
    put_u32(out, instructions_of(ts->id));
    put_u32(out, ACTIONS_11); /* write-actions */
    put_u32(out, ACTIONS_11); /* apply-actions */
    put_u32(out, ts->config);
    put_u32(out, ts->max_entries);
}

static void encode_table_12(struct ofpbuf *out, const struct ofp_table_stats *ts)
{
    stats_text_encode(out, ts->name, 32);
    put_u64(out, MATCH_12);
    put_u64(out, MATCH_12); /* wildcards */
    put_u32(out, ACTIONS_12); /* write-actions */
    put_u32(out, ACTIONS_12); /* apply-actions */
    put_u64(out, SET_FIELDS_12); /* of write-actions */
    put_u64(out, SET_FIELDS_12); /* of apply-actions */
    put_u64(out, UINT64_MAX); /* metadata that can be matched */
    put_u64(out, UINT64_MAX); /* and written */
    put_u32(out, instructions_of(ts->id));
    put_u32(out, ts->config);
    put_u32(out, ts->max_entries);
}

void ofp_reply_table_stats(struct ofp_msgs *msgs, const struct ofp_table_stats *ts)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    enum ofp_version version = reply_version(msgs);
    put_u8(out, ts->id);
    put_zeros(out, version == OFP11 || version == OFP12 ? 7 : 3);
    if (version == OFP10) {
        stats_text_encode(out, ts->name, 32);
        put_u32(out, MATCH_10);
        put_u32(out, ts->max_entries);
    } else if (version == OFP11) {
        encode_table_11(out, ts);
    } else if (version == OFP12) {
        encode_table_12(out, ts);
    }
    put_u32(out, ts->active);
    put_u64(out, ts->lookups);
    put_u64(out, ts->matched);
    reply_end_element(msgs, start);
}

/* Of the element, and where in it the maximum number of entries stands. */
static const struct {
    uint8_t len, max_entries_at;
} forms[] = {
    [OFP10] = { TABLE_10_LEN, 40 },
    [OFP11] = { TABLE_11_LEN, 64 },
    [OFP12] = { TABLE_12_LEN, 104 },
    [OFP13] = { TABLE_13_LEN, 0 },
};

enum ofp_error ofp_table_stats_next(struct ofp_stats_iter *iter, struct ofp_table_stats *ts)
{
    enum ofp_version form = MIN(iter->version, OFP13);
    size_t len = forms[form].len, max_entries_at = forms[form].max_entries_at;
    const uint8_t *p = iter->p;

    if (iter->n < len) {
        return OFPBRC_BAD_LEN;
    }
    memset(ts, 0, sizeof *ts);
    ts->id = *p;
    if (max_entries_at) {
        stats_text_decode(ts->name, sizeof ts->name, p + (form == OFP10 ? 4 : 8), 32);
        ts->config = form == OFP10 ? 0 : get_u32(p + max_entries_at - 4);
        ts->max_entries = get_u32(p + max_entries_at);
        p += max_entries_at;
    }
    p += 4;
    ts->active = get_u32(p);
    ts->lookups = get_u64(p + 4);
    ts->matched = get_u64(p + 12);
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}

/* Fields by bits of a mask. */
struct field_bit {
    uint16_t bit;
    uint8_t field;
};

static void add_bits(struct field_set *set, uint32_t bits, const struct field_bit *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bits & 1u << table[i].bit) {
            field_set_add(set, (enum field_id) table[i].field);
        }
    }
}

static void features_10(const uint8_t *p, struct ofp_table_features *tf)
{
    /* Addresses have six bits each, of which none is for the address as a whole. */
    static const struct field_bit fields[] = {
        { 0, FIELD_IN_PORT }, { 1, FIELD_VLAN_VID }, { 2, FIELD_ETH_SRC }, { 3, FIELD_ETH_DST },
        { 4, FIELD_ETH_TYPE }, { 5, FIELD_IP_PROTO }, { 6, FIELD_TCP_SRC }, { 7, FIELD_TCP_DST },
        { 8, FIELD_IPV4_SRC }, { 14, FIELD_IPV4_DST }, { 20, FIELD_VLAN_PCP }, { 21, FIELD_IP_DSCP },
    };

    add_bits(&tf->match, get_u32(p + 36), fields, ARRAY_SIZE(fields));
    tf->wildcard = tf->match;
}

static void features_11(const uint8_t *p, struct ofp_table_features *tf)
{
    static const struct field_bit fields[] = {
        { 0, FIELD_IN_PORT }, { 1, FIELD_VLAN_VID }, { 2, FIELD_VLAN_PCP }, { 3, FIELD_ETH_TYPE },
        { 4, FIELD_IP_DSCP }, { 5, FIELD_IP_PROTO }, { 6, FIELD_TCP_SRC }, { 7, FIELD_TCP_DST },
        { 8, FIELD_MPLS_LABEL }, { 9, FIELD_MPLS_TC }, { 11, FIELD_ETH_SRC }, { 12, FIELD_ETH_DST },
        { 13, FIELD_IPV4_SRC }, { 14, FIELD_IPV4_DST }, { 15, FIELD_METADATA },
    };

    add_bits(&tf->wildcard, get_u32(p + 40), fields, ARRAY_SIZE(fields));
    add_bits(&tf->match, get_u32(p + 44), fields, ARRAY_SIZE(fields));
    tf->others.instructions = get_u32(p + 48);
    tf->others.write.actions = get_u32(p + 52);
    tf->others.apply.actions = get_u32(p + 56);
    tf->miss_config = (int) (get_u32(p + 60) & 3);
}

static void add_oxm_bits(struct field_set *set, uint64_t bits)
{
    for (int id = 0; id < FIELD_N_IDS; id++) {
        const struct field *f = field_get((enum field_id) id);
        uint32_t number = f->oxm_header >> 9 & 127;

        if (f->oxm_header >> 16 == OXM_CLASS_BASIC && f->oxm_since <= OFP12 && number < 64 &&
            bits >> number & 1) {
            field_set_add(set, f->id);
        }
    }
}

static void features_12(const uint8_t *p, struct ofp_table_features *tf)
{
    add_oxm_bits(&tf->match, get_u64(p + 40));
    add_oxm_bits(&tf->wildcard, get_u64(p + 48));
    tf->others.write.actions = get_u32(p + 56);
    tf->others.apply.actions = get_u32(p + 60);
    add_oxm_bits(&tf->others.write.set_field, get_u64(p + 64));
    add_oxm_bits(&tf->others.apply.set_field, get_u64(p + 72));
    tf->metadata_match = get_u64(p + 80);
    tf->metadata_write = get_u64(p + 88);
    tf->others.instructions = get_u32(p + 96);
    tf->miss_config = (int) (get_u32(p + 100) & 3);
}

enum ofp_error ofp_table_stats_features_next(struct ofp_stats_iter *iter, struct ofp_table_stats *ts,
                                             struct ofp_table_features *tf)
{
    const uint8_t *p = iter->p;
    enum ofp_error error = ofp_table_stats_next(iter, ts);

    ofp_table_features_init(tf);
    if (error) {
        return error;
    }
    tf->id = ts->id;
    memcpy(tf->name, ts->name, sizeof ts->name);
    tf->max_entries = ts->max_entries;
    switch (iter->version) {
    case OFP10:
        features_10(p, tf);
        break;
    case OFP11:
        features_11(p, tf);
        break;
    case OFP12:
        features_12(p, tf);
        break;
    default:
        break;
    }
    tf->others.instructions &= TABLE_KNOWN_INSTRUCTIONS;
    tf->others.write.actions &= TABLE_KNOWN_ACTIONS;
    tf->others.apply.actions &= TABLE_KNOWN_ACTIONS;
    tf->miss = tf->others;
    return OFPERR_OK;
}
