/* SPDX-License-Identifier: Apache-2.0 */
/* What the control program knows of each cached megaflow, and the map of all of them.
 *
 * A handler enters a flow before it puts it into the datapath, and makes it ACTIVE, or takes it out again, when the datapath has answered. From
 * then on only a sweep of the revalidator changes or removes it; there is one sweep at a time. The map is cut into shards, each with a
 * lock that protects all members of its flows that can change, so that handlers, the sweep and whoever reads statistics
 * rarely meet. Flows are freed after a grace period. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "datapath/client.h"
#include "lib/base/id_map.h"
#include "lib/base/uuid.h"
#include "lib/net/flow.h"
#include "ofproto/outcome.h"
#include "ofproto/validity.h"

struct flow_marks;

enum ukey_state {
    UKEY_PUTTING, /* the datapath has not answered yet */
    UKEY_ACTIVE,
    UKEY_GONE,    /* out of the map */
};

/* Lines of a flow that are in use, one behind the other. Never changes. A mask may have several owners. */
struct packed_flow {
    uint32_t lines;
    uint32_t n_refs; /* of a mask; atomic */
    struct packed_line {
        uint8_t bytes[FLOW_LINE_SIZE];
    } data[];
};

/* There may be millions: all that flows can share is elsewhere. */
struct ukey {
    struct uuid ufid;
    struct packed_flow *mask;     /* as the datapath has it; a reference */

    /* Under the shard's lock. */
    struct outcome *outcome;      /* of the translation; a reference */
    struct validity validity;     /* of the translation */
    uint64_t packets, bytes;      /* of the datapath's statistics, that were passed on */
    int64_t used_ms;              /* clock_ms() when it was made, or of the latest packet that is known */
    uint32_t flow_id;             /* of the datapath's statistics */
    uint32_t place;               /* of its glance */
    enum ukey_state state : 8;
    bool adopted : 1;             /* found in the datapath, not translated by this program yet */

    struct packed_flow key;       /* of the packet that made it, unmasked */
};
static_assert(sizeof(struct ukey) == 128, "two lines, then those of the key");

/* What is enough to see of most flows that nothing is to be done about them: no new packets, nothing changed of all that flows may depend on,
 * not idle for too long. The glances of a shard lie in one array, so that a sweep that finds no work reads no flow's record. */
struct ukey_glance {
    struct ukey *ukey;
    uint64_t packets;    /* credited */
    uint64_t epoch;      /* validity_epoch() when the flow was last found valid; 0: to be looked at */
    int64_t used_ms;
    uint32_t flow_id;    /* UINT32_MAX: not known, to be looked at */
};

enum { UKEY_N_SHARDS = 64 };

struct ukey_shard {
    pthread_mutex_t lock;
    struct id_map by_ufid; /* places in 'glances' */
    struct ukey_glance *glances; /* one for each flow in the map */
    size_t n, allocated;
} CACHE_ALIGNED;

struct ukeys {
    struct ukey_shard shards[UKEY_N_SHARDS];
    uint32_t n; /* flows in all shards, atomic */
};

struct ukeys *ukeys_create(void);
void ukeys_destroy(struct ukeys *); /* no other thread uses them; null is fine */
uint32_t ukeys_count(const struct ukeys *);

/* A flow that is not in the map yet. Copies the key; takes over a reference each to the mask and the outcome. */
struct ukey *ukey_create(const struct uuid *ufid, const struct flow *key, struct packed_flow *mask, struct outcome *,
                         const struct validity *);
void ukey_free(struct ukey *); /* one that never was in the map */

/* Replaces the outcome by another, of which a reference is taken over. The caller holds the shard's lock; the flow is in the map. */
void ukey_take_locked(struct ukey *, struct outcome *, const struct validity *);

/* The name of the flow that a packet with 'key' makes. */
struct uuid ukey_draw_ufid(const struct flow *key);

struct ukey_shard *ukeys_shard(struct ukeys *, const struct uuid *ufid);

/* Fetches what inserting a flow with this name is going to look at. */
void ukeys_prefetch(struct ukeys *, const struct uuid *ufid);

/* False if the name is taken. */
bool ukeys_insert(struct ukeys *, struct ukey *) WARN_UNUSED;
struct ukey *ukeys_find_locked(struct ukey_shard *, const struct uuid *ufid);
/* The caller holds the shard's lock. Frees after a grace period. */
void ukeys_remove_locked(struct ukeys *, struct ukey_shard *, struct ukey *);

/* What the next sweeps may go by: the flow is ACTIVE and was looked at in 'epoch' (0: is not known to be valid). After any other
 * change of a flow: ukey_forget_locked(). The caller holds the shard's lock. */
void ukey_glance_locked(struct ukey_shard *, const struct ukey *, uint64_t epoch);
void ukey_forget_locked(struct ukey_shard *, const struct ukey *);

/* Passes on what was counted since the last time, and marks it as passed on. Does nothing for a flow that was adopted and not translated yet: nobody
 * is known to be credited. The caller holds the shard's lock. */
void ukey_credit_locked(struct ukey *, const struct dp_flow_stats *, struct flow_marks *);

struct packed_flow *packed_flow_create(const struct flow *);
struct packed_flow *packed_flow_ref(struct packed_flow *);
void packed_flow_unref(struct packed_flow *); /* null is fine */
bool packed_flow_equals(const struct packed_flow *, const struct flow *);
void packed_flow_expand(const struct packed_flow *, struct flow *);
