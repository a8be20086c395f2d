/* SPDX-License-Identifier: Apache-2.0 */
/* A group: what OpenFlow's "group" action leads to (OpenFlow 1.5 section 5.10), as one immutable object.
 *
 * A group-mod never changes a group. It makes another object of the same id, and the two overlap for a while: each has a
 * life in versions (ofproto/version.h), so that a packet meets the flows and the groups of one version.
 * (ofproto/group_table.h keeps them.) What does change in an object is atomic: counters, which buckets are alive, and the
 * generation, which moves on whenever a translation that went through the group might come out differently. Cached flows
 * remember the sum of the generations that they met (ofproto/validity.h).
 *
 * An object lives as long as somebody has a reference: its table until it is removed, then the credits of cached flows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/ofp/group.h"
#include "ofproto/group_tally.h"
#include "ofproto/version.h"

struct group_select;
struct ofproto;

struct group_bucket {
    struct ofp_bucket b;     /* ro */
    bool live;               /* any thread: ro; writer: wo; atomic. True if it watches nothing */
};

struct group {
    struct cds_lfht_node node;  /* in its table, by id */
    struct rcu_head rcu;
    struct ofproto *ofproto;
    uint32_t id;
    uint32_t refs;              /* atomic */
    struct version_life life;
    uint64_t generation;        /* any thread: ro; writer: wo; atomic */
    enum ofp_group_type type;
    bool watches;               /* a bucket depends on a port or a group */
    int64_t created_ms, modified_ms;
    uint64_t stamp;             /* writer: of the last walk that came by */
    struct group_tally *tally;  /* a reference */
    struct ofp_group_props props;
    uint32_t n_slots;           /* select: of its tables */
    struct group_select *select; /* select: RCU; a reference; null if no bucket is alive. See ofproto/group_select.h */
    size_t n_buckets;
    struct group_bucket buckets[];
};

/* A group of one reference that is in no table, and begins with the next version. Buckets and properties are copied. */
struct group *group_create(struct ofproto *, uint32_t id, enum ofp_group_type, const struct ofp_group_props *,
                           const struct ofp_bucket *, size_t n_buckets);

/* The writer, for a group that no packet has met: it goes on counting where an earlier run of the program was. Takes over the reference. */
void group_set_tally(struct group *, struct group_tally *);

/* Any thread. */
void group_ref(struct group *);
void group_unref(struct group *); /* null is fine; frees after a grace period */
void group_credit(struct group *, uint64_t packets, uint64_t bytes);
void group_credit_bucket(struct group *, size_t bucket, uint64_t packets, uint64_t bytes);

static inline uint64_t group_generation(const struct group *group)
{
    return __atomic_load_n(&group->generation, __ATOMIC_ACQUIRE);
}

static inline bool group_bucket_is_live(const struct group_bucket *bucket)
{
    return __atomic_load_n(&bucket->live, __ATOMIC_ACQUIRE);
}

/* The first bucket that is alive, or -1. */
int group_first_live(const struct group *);

static inline bool group_bucket_watches(const struct ofp_bucket *bucket)
{
    return bucket->watch_port != OFPP_NONE || bucket->watch_group != OFPG_ANY;
}

/* The writer: a translation that went through the group may come out differently now. Who translates meanwhile must find that it
 * raced: the version of all tables has moved before. */
void group_touch(struct group *);

/* For replies. The caller frees the array of buckets; what else the description points to is the group's. */
void group_describe(const struct group *, struct ofp_group_desc *);
/* 'stats->buckets' receives 'n_buckets' elements; the caller frees it. */
void group_stats(const struct group *, uint32_t ref_count, struct ofp_group_stats *);
