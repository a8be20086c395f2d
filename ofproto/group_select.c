/* SPDX-License-Identifier: Apache-2.0 */
/* Select tables: made of weights and liveness, put into the datapath on demand, and deleted when nobody uses them any more. */
#include "ofproto/group_select.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/uuid.h"
#include "lib/net/select.h"
#include "ofproto/group.h"
#include "ofproto/maglev.h"

LOG_MODULE(group_select);

struct group_select {
    struct rcu_head rcu;
    struct cds_list_head node;      /* in 'retired' */
    struct hmap_node by_id;         /* in 'inherited' */
    unsigned int sweeps;            /* that it stays there */
    uint32_t refs;                  /* atomic */
    uint32_t id, n_slots, n_live;
    struct group_tally *tally;      /* a reference */

    pthread_mutex_t lock;           /* protects: */
    bool installed;
    struct uuid instance;           /* of the datapath that has it */
    struct dp_select_stats *pulled; /* what is in the tally already; null: nothing */
    uint16_t *slots;                /* for group_select_choose(); null until it is called */

    size_t n;                       /* buckets, as many as the group has */
    struct maglev_bucket buckets[];
};

/* Tables that nobody uses, for group_select_reap(). */
static pthread_mutex_t retired_lock = PTHREAD_MUTEX_INITIALIZER;
static CDS_LIST_HEAD(retired);

/* Ids count up from where chance has it, so that tables of the last run are in nobody's way. With 'retired_lock'. */
static uint32_t first_id, n_ids;

static uint32_t draw_id(void)
{
    pthread_mutex_lock(&retired_lock);
    if (!n_ids) {
        struct uuid random = uuid_random();
        memcpy(&first_id, &random, sizeof first_id);
    }
    uint32_t id = first_id + n_ids++;
    pthread_mutex_unlock(&retired_lock);
    return id;
}

static bool is_own(uint32_t id)
{
    pthread_mutex_lock(&retired_lock);
    bool own = id - first_id < n_ids;
    pthread_mutex_unlock(&retired_lock);
    return own;
}

/* Making. */

static struct group_select *create(const struct group *group)
{
    struct group_select *select = xzalloc(sizeof *select + group->n_buckets * sizeof select->buckets[0]);
    select->refs = 1;
    select->n = group->n_buckets;
    select->n_slots = group->n_slots;
    for (size_t i = 0; i < group->n_buckets; i++) {
        const struct group_bucket *bucket = &group->buckets[i];
        uint32_t weight = group_bucket_is_live(bucket) ? bucket->b.weight : 0;
        select->buckets[i] = (struct maglev_bucket) { .key = bucket->b.id, .weight = weight };
        select->n_live += weight > 0;
    }
    if (!select->n_live) {
        free(select);
        return NULL;
    }
    select->id = draw_id();
    select->tally = group_tally_ref(group->tally);
    pthread_mutex_init(&select->lock, NULL);
    return select;
}

/* The size hangs on the weights alone, so that the death of a bucket moves no more than it must. */
static uint32_t choose_size(const struct group *group)
{
    struct maglev_bucket *buckets = xcalloc(group->n_buckets + 1, sizeof *buckets);
    for (size_t i = 0; i < group->n_buckets; i++) {
        buckets[i].weight = group->buckets[i].b.weight;
    }
    uint32_t size = maglev_size(buckets, group->n_buckets);
    free(buckets);
    return size;
}

void group_select_inherit(struct group *group, const struct group *old)
{
    if (group->type == OFPGT_SELECT && old && old->n_slots) {
        /* Another size would move all connections. One that was right for more buckets serves as well. */
        group->n_slots = MAX(old->n_slots, choose_size(group));
    }
}

struct group_select *group_select_rcu(const struct group *group)
{
    return rcu_dereference(((struct group *) group)->select);
}

uint32_t group_select_id(const struct group_select *select)
{
    return select->id;
}

uint32_t group_select_n_live(const struct group_select *select)
{
    return select->n_live;
}

bool group_select_has(const struct group_select *select, size_t bucket)
{
    return select->buckets[bucket].weight;
}

size_t group_select_choose(struct group_select *select, uint32_t hash)
{
    pthread_mutex_lock(&select->lock);
    if (!select->slots) {
        select->slots = xcalloc(select->n_slots, sizeof *select->slots);
        maglev_build(select->buckets, select->n, select->slots, select->n_slots);
    }
    size_t bucket = select->slots[select_slot(hash, select->n_slots)];
    pthread_mutex_unlock(&select->lock);
    return bucket;
}

/* References. */

struct group_select *group_select_ref(struct group_select *select)
{
    __atomic_fetch_add(&select->refs, 1, __ATOMIC_RELAXED);
    return select;
}

void group_select_unref(struct group_select *select)
{
    if (select && __atomic_fetch_sub(&select->refs, 1, __ATOMIC_ACQ_REL) == 1) {
        pthread_mutex_lock(&retired_lock);
        cds_list_add_tail(&select->node, &retired);
        pthread_mutex_unlock(&retired_lock);
    }
}

static void unref_replaced(struct rcu_head *head)
{
    group_select_unref(CONTAINER_OF(head, struct group_select, rcu));
}

void group_select_update(struct group *group)
{
    if (group->type != OFPGT_SELECT) {
        return;
    }
    if (!group->n_slots) {
        group->n_slots = choose_size(group);
    }
    struct group_select *old = group->select;
    rcu_assign_pointer(group->select, create(group));
    if (old) {
        /* A reader may be about to take a reference. */
        urcu_qsbr_call_rcu(&old->rcu, unref_replaced);
    }
}

/* Marks, for the next run of the program. Of the tables of a group, the one that was put last has them. */

static pthread_mutex_t marks_lock = PTHREAD_MUTEX_INITIALIZER; /* taken inside a table's */

static void mark_table(struct group_select *select)
{
    pthread_mutex_lock(&marks_lock);
    group_tally_mark_table(select->tally, select->id);
    pthread_mutex_unlock(&marks_lock);
}

/* Right after the credit. */
static void mark(struct group_select *select, size_t bucket)
{
    uint32_t id;
    pthread_mutex_lock(&marks_lock);
    if (group_tally_marked_table(select->tally, &id) && id == select->id) {
        group_tally_mark(select->tally, bucket, select->pulled[bucket].packets, select->pulled[bucket].bytes);
    }
    pthread_mutex_unlock(&marks_lock);
}

/* In the datapath. */

static bool is_installed(const struct group_select *select, const struct dp_client *client)
{
    return select->installed && uuid_equals(&select->instance, &dp_client_info(client)->instance);
}

static int put(struct group_select *select, struct dp_client *client)
{
    uint16_t *slots = xcalloc(select->n_slots, sizeof *slots);
    maglev_build(select->buckets, select->n, slots, select->n_slots);
    int error = dp_select_put(client, select->id, slots, select->n_slots, (uint32_t) select->n);
    free(slots);
    return error;
}

int group_select_install(struct group_select *select, struct dp_client *client)
{
    int error = 0;
    pthread_mutex_lock(&select->lock);
    if (!is_installed(select, client)) {
        error = put(select, client);
        if (!error) {
            select->installed = true;
            select->instance = dp_client_info(client)->instance;
            free(select->pulled);
            select->pulled = NULL;
            mark_table(select);
        } else {
            log_warn_rl("the datapath refused a select table (%s)", strerror(error));
        }
    }
    pthread_mutex_unlock(&select->lock);
    return error;
}

static void add_up(struct group_select *select, const struct dp_select_stats *now)
{
    if (!select->pulled) {
        select->pulled = xcalloc(select->n, sizeof *select->pulled);
    }
    for (size_t i = 0; i < select->n; i++) {
        group_tally_credit_bucket(select->tally, i, now[i].packets - select->pulled[i].packets,
                                  now[i].bytes - select->pulled[i].bytes);
        select->pulled[i] = now[i];
        mark(select, i);
    }
}

void group_select_pull(struct group_select *select, struct dp_client *client)
{
    pthread_mutex_lock(&select->lock);
    if (is_installed(select, client)) {
        struct dp_select_stats *now = xcalloc(select->n, sizeof *now);
        if (!dp_select_stats(client, select->id, now, (uint32_t) select->n)) {
            add_up(select, now);
        }
        free(now);
    }
    pthread_mutex_unlock(&select->lock);
}

static void destroy(struct group_select *select)
{
    pthread_mutex_destroy(&select->lock);
    group_tally_unref(select->tally);
    free(select->pulled);
    free(select->slots);
    free(select);
}

/* Tables of the last run. Those of which a restored group has marks are counted until all cached flows are translated again. */

enum { SWEEPS = 2 }; /* the one that is under way may have begun before */

/* With 'retired_lock'. */
static struct hmap inherited = HMAP_INIT; /* of struct group_select.by_id */
static bool adopted;                      /* a datapath was asked for its tables */

void group_select_inherit_table(struct group_tally *tally, size_t n_buckets)
{
    uint32_t id;
    if (!group_tally_marked_table(tally, &id)) {
        return;
    }
    struct group_select *select = xzalloc(sizeof *select);
    select->refs = 1;
    select->id = id;
    select->n = n_buckets;
    select->sweeps = SWEEPS;
    select->tally = group_tally_ref(tally);
    select->pulled = xcalloc(n_buckets + 1, sizeof *select->pulled);
    for (size_t i = 0; i < n_buckets; i++) {
        group_tally_get_mark(tally, i, &select->pulled[i].packets, &select->pulled[i].bytes);
    }
    pthread_mutex_init(&select->lock, NULL);
    pthread_mutex_lock(&retired_lock);
    hmap_insert(&inherited, &select->by_id, hash_u64(id, 0));
    pthread_mutex_unlock(&retired_lock);
}

/* Is it a table that was inherited? Then it is there. */
static bool take_up(const struct dp_select *table, const struct uuid *instance)
{
    struct group_select *select;
    bool found = false;
    pthread_mutex_lock(&retired_lock);
    hmap_for_each_with_hash (select, by_id, hash_u64(table->id, 0), &inherited) {
        if (select->id == table->id && select->n == table->n_buckets) {
            select->installed = found = true;
            select->instance = *instance;
        }
    }
    pthread_mutex_unlock(&retired_lock);
    return found;
}

/* With 'retired_lock'. After a sweep: of those that were taken up, or could have been, some may be in use no more. */
static void retire_inherited(void)
{
    struct group_select *select, *next;
    hmap_for_each_safe (select, next, by_id, &inherited) {
        if (adopted && !--select->sweeps) {
            hmap_remove(&inherited, &select->by_id);
            cds_list_add_tail(&select->node, &retired);
        }
    }
}

void group_select_reap(struct dp_client *client)
{
    pthread_mutex_lock(&retired_lock);
    retire_inherited();
    pthread_mutex_unlock(&retired_lock);
    for (;;) {
        struct group_select *select = NULL;
        pthread_mutex_lock(&retired_lock);
        if (!cds_list_empty(&retired)) {
            select = cds_list_first_entry(&retired, struct group_select, node);
            cds_list_del(&select->node);
        }
        pthread_mutex_unlock(&retired_lock);
        if (!select) {
            return;
        }
        group_select_pull(select, client);
        if (is_installed(select, client)) {
            int error = dp_select_del(client, select->id);
            if (error && error != ENOENT) {
                log_warn_rl("the datapath did not delete a select table (%s)", strerror(error));
            }
        }
        destroy(select);
    }
}

struct leftovers {
    struct uuid instance;
    uint32_t *ids;
    size_t n, allocated;
};

static bool collect_leftover(void *aux, const struct dp_select *table)
{
    struct leftovers *list = aux;
    if (!is_own(table->id) && !take_up(table, &list->instance) && !table->deleted) {
        if (list->n == list->allocated) {
            list->ids = grow_array(list->ids, &list->allocated, sizeof *list->ids);
        }
        list->ids[list->n++] = table->id;
    }
    return true;
}

void group_select_adopt(struct dp_client *client)
{
    struct leftovers list = { .instance = dp_client_info(client)->instance };
    int error = dp_select_dump(client, collect_leftover, &list);
    for (size_t i = 0; i < list.n && !error; i++) {
        error = dp_select_del(client, list.ids[i]);
        error = error == ENOENT ? 0 : error;
    }
    pthread_mutex_lock(&retired_lock);
    adopted = true;
    pthread_mutex_unlock(&retired_lock);
    if (error && error != EOPNOTSUPP) {
        log_warn("cannot delete select tables of the last run: %s", strerror(error));
    }
    free(list.ids);
}
