/* SPDX-License-Identifier: Apache-2.0 */
/* Groups in abstract form: what group-mods, group descriptions, statistics and features say.
 *
 * One form for all versions: the NXT_GROUP_MOD of 1.0, 1.1 to 1.4's buckets, 1.5's buckets with
 * properties and the Netronome selection method (experimenter 0x154d, type 1). Buckets lie in an
 * array; each owns its actions. Sources: OpenFlow 1.3 section 7.3.4.3, 1.5 sections 7.3.4.3 and
 * 7.3.5.7 to 7.3.5.11. */
#pragma once

#include "lib/ofp/action.h"
#include "lib/ofp/field.h"
#include "lib/ofp/ofp.h"

struct ofp_names;
struct ofp_msgs;
struct ofp_stats_iter;

enum { OFP_MAX_BUCKETS = 1024 };

enum ofp_group_type { OFPGT_ALL, OFPGT_SELECT, OFPGT_INDIRECT, OFPGT_FF, OFPGT_N };
enum ofp_group_command { OFPGC_ADD, OFPGC_MODIFY, OFPGC_DELETE, OFPGC_INSERT_BUCKET = 3, OFPGC_REMOVE_BUCKET = 5,
                         OFPGC_ADD_OR_MOD = 0x8000 };

#define OFPG_MAX 0xffffff00u
#define OFPG_BUCKET_MAX 0xffffff00u
#define OFPG_BUCKET_FIRST 0xfffffffdu
#define OFPG_BUCKET_LAST 0xfffffffeu
#define OFPG_BUCKET_ALL 0xffffffffu

struct ofp_bucket {
    uint32_t id;
    uint16_t weight;       /* select */
    ofp_port_t watch_port; /* OFPP_NONE: none */
    uint32_t watch_group;  /* OFPG_ANY: none */
    struct ofpbuf actions; /* owned */
};

struct ofp_group_props {
    char selection_method[16]; /* "", "hash", "dp_hash"; 0-terminated */
    uint64_t selection_param;
    uint64_t fields[(FIELD_N_IDS + 63) / 64]; /* "hash": which fields, one bit for each enum field_id */
    union field_value *masks;  /* owned: FIELD_N_IDS masks, of which those of 'fields' count; null: none */
};

struct ofp_group_mod {
    enum ofp_group_command command;
    enum ofp_group_type type;
    uint32_t id;            /* OFPG_ALL: all (delete) */
    uint32_t command_bucket; /* OFPG_BUCKET_*, or a bucket's id; INSERT_ and REMOVE_BUCKET */
    struct ofp_bucket *buckets; /* owned */
    size_t n_buckets;
    struct ofp_group_props props;
};
void ofp_group_mod_destroy(struct ofp_group_mod *);
void ofp_bucket_destroy(struct ofp_bucket *);
void ofp_bucket_clone(struct ofp_bucket *, const struct ofp_bucket *);
void ofp_group_props_destroy(struct ofp_group_props *);
void ofp_group_props_clone(struct ofp_group_props *, const struct ofp_group_props *);

struct ofp_group_desc {
    uint32_t id;
    enum ofp_group_type type;
    struct ofp_bucket *buckets;
    size_t n_buckets;
    struct ofp_group_props props;
};
void ofp_group_desc_destroy(struct ofp_group_desc *);

struct ofp_bucket_stats {
    uint64_t packets, bytes; /* UINT64_MAX: not known */
};

struct ofp_group_stats {
    uint32_t id, ref_count;
    uint64_t packets, bytes; /* UINT64_MAX: not known */
    uint32_t duration_sec, duration_nsec;
    struct ofp_bucket_stats *buckets;
    size_t n_buckets;
};

struct ofp_group_features {
    uint32_t types, capabilities;
    uint32_t max_groups[OFPGT_N];
    uint32_t actions[OFPGT_N]; /* bits: OpenFlow 1.3's numbers */
};

/* OFPG_ALL asks for all; descriptions of one group since 1.5 only. */
struct ofp_group_request {
    uint32_t id;
};

/* Encoders; see lib/ofp/message.h. Group-mods: 'version' 1.0 uses NXT_GROUP_MOD; insert and remove before 1.5 the Nicira form. */
bool ofp_encode_group_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_group_mod *, be32 xid) WARN_UNUSED;
void ofp_reply_group_desc(struct ofp_msgs *, const struct ofp_group_desc *);
void ofp_reply_group_stats(struct ofp_msgs *, const struct ofp_group_stats *);
void ofp_encode_group_features_reply(struct ofpbuf *out, enum ofp_version, const struct ofp_group_features *, be32 xid);

/* The next element of a reply, as ofp_flow_stats_next() in lib/ofp/stats.h. The element is the caller's to destroy. */
enum ofp_error ofp_group_desc_next(struct ofp_stats_iter *, struct ofp_group_desc *) WARN_UNUSED;
enum ofp_error ofp_group_stats_next(struct ofp_stats_iter *, struct ofp_group_stats *) WARN_UNUSED; /* 'buckets' is freed with free() */

/* "group_id=1,type=select,bucket=weight:5,actions=2" as ovs-ofctl reads it. An error that names the word (the caller frees it), or null. */
char *ofp_group_mod_parse(struct ofp_group_mod *, const char *text, enum ofp_group_command, const struct ofp_names *) WARN_UNUSED;
void ofp_group_desc_format(struct strbuf *, const struct ofp_group_desc *, enum ofp_version, const struct ofp_names *);
void ofp_group_stats_format(struct strbuf *, const struct ofp_group_stats *);

/* What any switch checks of a group-mod by itself: bucket counts per type, weights, duplicate bucket ids, watch_port where it may be,
 * known selection method. */
enum ofp_error ofp_group_mod_check(const struct ofp_group_mod *) WARN_UNUSED;
