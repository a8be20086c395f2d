/* SPDX-License-Identifier: Apache-2.0 */
/* What a table can do, as a client receives and prints it. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/stats.h"

/* A set of fields, one bit each. */
enum { FIELD_SET_WORDS = (FIELD_N_IDS + 63) / 64 };
struct field_set {
    uint64_t bits[FIELD_SET_WORDS];
};

static inline void field_set_add(struct field_set *set, enum field_id id)
{
    set->bits[id / 64] |= UINT64_C(1) << id % 64;
}

static inline bool field_set_has(const struct field_set *set, enum field_id id)
{
    return set->bits[id / 64] >> id % 64 & 1;
}

/* Actions and instructions that are told; Open vSwitch's tools pass over others, too. */
#define TABLE_KNOWN_ACTIONS 0x3ffe7ffu
#define TABLE_KNOWN_INSTRUCTIONS 0x7eu

/* Either what write-actions or what apply-actions can do. Bits of 'actions' are OpenFlow 1.1's numbers, with what came
 * later. */
struct table_actions {
    uint32_t actions;
    struct field_set set_field;
};

/* For packets that match no flow, or for others. */
struct table_instructions {
    uint32_t instructions; /* bits: OpenFlow 1.3's numbers */
    uint64_t next[4];      /* tables, one bit each */
    struct table_actions write, apply;
};

/* What each table says it holds at most, as OVS does. */
enum { OFP_TABLE_MAX_ENTRIES = 1000000 };

/* In a request of 1.5. */
enum ofp_table_features_command { OFPTFC_REPLACE, OFPTFC_MODIFY, OFPTFC_ENABLE, OFPTFC_DISABLE };

struct ofp_table_features {
    uint8_t id;
    char name[33];
    enum ofp_table_features_command command; /* 1.5 */
    uint64_t metadata_match, metadata_write;
    int miss_config;       /* 1.1 and 1.2: 0 to the controller, 1 continue, 2 drop; -1: not told */
    int eviction, vacancy; /* 1.4+: supported? -1: not told */
    uint32_t max_entries;
    uint32_t properties;   /* bits: the types of those that there were, below 16 */
    bool repeated;         /* one of them more than once */
    bool has_extra;      /* further ones, which are passed over */
    struct table_instructions others, miss;
    struct field_set match, mask, wildcard;
};

/* Properties that a table is described by, or by none of them: instructions, next tables, actions that are written and applied, matches,
 * wildcards, fields that are set. Those for misses are all there, too, or none is. */
enum { TABLE_PROPERTIES = 0x5555, TABLE_MISS_PROPERTIES = 0xa0aa };

/* Nothing is known of the table. */
void ofp_table_features_init(struct ofp_table_features *);

/* The next element of table statistics together with what it tells of the table's features, which since 1.3 is nothing. */
enum ofp_error ofp_table_stats_features_next(struct ofp_stats_iter *, struct ofp_table_stats *,
                                             struct ofp_table_features *) WARN_UNUSED;

/* The next element of a reply to a request for table features, or of a request to change them; see lib/ofp/stats.h. */
enum ofp_error ofp_table_features_next(struct ofp_stats_iter *,
                                       struct ofp_table_features *) WARN_UNUSED;

/* Prints tables one after the other, those that are like the one before in short. */
struct ofp_table_printer {
    struct strbuf *s;
    const struct ofp_names *names;
    bool any;
    int first_ditto, last_ditto; /* -1: none */
    struct ofp_table_features previous;
    struct ofp_table_stats previous_stats;
    bool has_stats, has_features;
};
void ofp_table_printer_init(struct ofp_table_printer *, struct strbuf *, const struct ofp_names *);
/* Either may be null. */
void ofp_table_printer_put(struct ofp_table_printer *, const struct ofp_table_stats *,
                           const struct ofp_table_features *);
void ofp_table_printer_finish(struct ofp_table_printer *);

/* "eth_{src,dst} reg0...reg15": names in the order of the fields, those that begin alike together.
 */
void field_set_format(struct strbuf *, const struct field_set *);
