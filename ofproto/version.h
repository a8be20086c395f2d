/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the OpenFlow state: how a packet sees all of a change, or nothing of it.
 *
 * There is one version number for the tables and groups of all bridges. A translation takes it once, at its start, and shows it to each lookup; a
 * lookup passes over what that version does not have. A change gets the next number: what it adds is put where readers can
 * find it, marked to begin with that number, and what it takes away is marked to end with it, but stays. Then the number is
 * published, and with this one store everything of the change is there. What has ended is unlinked after a grace period, when
 * no reader of an older version is left.
 *
 * Rules and groups hold a struct version_life each. Numbers are short, since they only tell apart what is about to come, or about to
 * go, from what is there; VERSION_NONE stands for "always" where life begins and "never" where it ends. As numbers come round again,
 * beginnings that are long past must be made VERSION_NONE: every table of things with a life does so when version_epoch() moved.
 *
 * Writers of anything versioned hold tables_lock(). Nobody waits for a grace period, or for another thread, while holding it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t version_t;
#define VERSION_NONE ((version_t) 0)

/* Any thread: ro, atomic; the holder of the lock: wo. */
struct version_life {
    version_t begins, ends;
};

/* Is 'a' not older than 'b'? Neither may be VERSION_NONE. */
static inline bool version_reached(version_t a, version_t b)
{
    return (int32_t) (a - b) >= 0;
}

/* Any thread, inside an RCU section that lasts as long as the version is used. */
version_t version_current(void);

static inline bool version_sees(version_t version, const struct version_life *life)
{
    version_t begins = __atomic_load_n(&life->begins, __ATOMIC_RELAXED);
    version_t ends = __atomic_load_n(&life->ends, __ATOMIC_RELAXED);
    return (begins == VERSION_NONE || version_reached(version, begins))
           && (ends == VERSION_NONE || !version_reached(version, ends));
}

/* Has it ended, or does it end with a change that is being prepared? What a writer passes over. */
static inline bool version_has_end(const struct version_life *life)
{
    return __atomic_load_n(&life->ends, __ATOMIC_RELAXED) != VERSION_NONE;
}

/* Writers. */

/* One mutex for all that is versioned; not recursive. Any thread; an RCU reader may block here for as long as a change takes. */
void tables_lock(void);
void tables_unlock(void);
bool tables_is_locked(void); /* by the calling thread; for assertions */

/* With the lock held, from here on. */

/* The number of the change that is being prepared, then published by version_publish(). */
version_t version_next(void);

static inline void version_begin(struct version_life *life)
{
    __atomic_store_n(&life->begins, version_next(), __ATOMIC_RELAXED);
}

static inline void version_end(struct version_life *life)
{
    __atomic_store_n(&life->ends, version_next(), __ATOMIC_RELAXED);
}

/* A change that is given up lets live what it had marked to end. What it had added is unlinked and freed after a grace period. */
static inline void version_end_undo(struct version_life *life)
{
    __atomic_store_n(&life->ends, VERSION_NONE, __ATOMIC_RELAXED);
}

/* Began it with the change that is being prepared? Then no reader has seen it, and it need not live on when that change takes it out again. */
static inline bool version_is_pending(const struct version_life *life)
{
    return __atomic_load_n(&life->begins, __ATOMIC_RELAXED) == version_next();
}

void version_publish(void);

/* Moves about every 2^28 versions. Whoever finds that it has calls version_settle() for each life it keeps, no change being prepared. */
uint32_t version_epoch(void);

static inline void version_settle(struct version_life *life)
{
    if (life->begins != VERSION_NONE && version_reached(version_next(), life->begins + (1u << 27))) {
        __atomic_store_n(&life->begins, VERSION_NONE, __ATOMIC_RELAXED);
    }
}
