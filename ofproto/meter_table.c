/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of bridges and their counterparts in the datapath. */
#include "ofproto/meter_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client.h"
#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/backer.h"
#include "ofproto/limits.h"
#include "ofproto/private.h"
#include "ofproto/references.h"
#include "ofproto/state_log_object.h"
#include "ofproto/table_private.h"
#include "ofproto/transaction.h"

LOG_MODULE(meter_table);

COVERAGE_DEFINE(meter_add);
COVERAGE_DEFINE(meter_modify);
COVERAGE_DEFINE(meter_delete);
COVERAGE_DEFINE(meter_full);

struct meters {
    struct ofproto *ofproto;
    struct cds_lfht *by_id; /* struct meter.node */
    size_t n;
    bool missed;            /* a translation looked for a meter that is not there; any thread: rw, atomic */
};

/* Numbers of the datapath's meters. Main thread. */
static struct meter *by_dp_id[DP_MAX_METERS];
static uint32_t last_dp_id, n_dp_ids;

/* Lookups. */

static int has_id(struct cds_lfht_node *node, const void *id)
{
    return caa_container_of(node, struct meter, node)->id == *(const uint32_t *) id;
}

static uint32_t hash_id(uint32_t id)
{
    return hash_u64(id, 0);
}

static struct meter *find(const struct meters *meters, uint32_t id)
{
    struct cds_lfht_iter iter;
    if (!meters) {
        return NULL;
    }
    cds_lfht_lookup(meters->by_id, hash_id(id), has_id, &id, &iter);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&iter);
    return node ? caa_container_of(node, struct meter, node) : NULL;
}

const struct meter *meter_table_lookup(const struct ofproto *ofproto, uint32_t id)
{
    struct meters *meters = ofproto->meters;
    const struct meter *meter = find(meters, id);
    if (!meter && meters) {
        __atomic_store_n(&meters->missed, true, __ATOMIC_RELAXED);
    }
    return meter;
}

static int compare_ids(const void *a_, const void *b_)
{
    const struct meter *const *a = a_, *const *b = b_;
    return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

size_t meter_table_list(const struct ofproto *ofproto, uint32_t id, struct meter ***list)
{
    const struct meters *meters = ofproto->meters;
    size_t n = 0;
    *list = xcalloc(id == OFPM_ALL ? meters->n + 1 : 1, sizeof **list);
    if (id != OFPM_ALL) {
        struct meter *meter = find(meters, id);
        if (meter) {
            (*list)[n++] = meter;
        }
        return n;
    }
    struct cds_lfht_iter iter;
    struct meter *meter;
    cds_lfht_for_each_entry (meters->by_id, &iter, meter, node) {
        (*list)[n++] = meter;
    }
    qsort(*list, n, sizeof **list, compare_ids);
    return n;
}

/* The datapath's meters. */

/* Numbers are used again as late as possible: cached flows may still name a meter that is gone. */
static bool take_dp_id(struct meter *meter, uint32_t wanted)
{
    if (wanted < DP_MAX_METERS && !by_dp_id[wanted]) {
        meter->dp_id = wanted;
    } else if (n_dp_ids == DP_MAX_METERS) {
        return false;
    } else {
        do {
            last_dp_id = (last_dp_id + 1) % DP_MAX_METERS;
        } while (by_dp_id[last_dp_id]);
        meter->dp_id = last_dp_id;
    }
    by_dp_id[meter->dp_id] = meter;
    n_dp_ids++;
    return true;
}

static void make_dp_config(const struct ofp_meter_config *config, struct dp_meter_config *dp)
{
    memset(dp, 0, sizeof *dp);
    dp->flags = config->flags;
    if (!(dp->flags & (DP_METER_KBPS | DP_METER_PKTPS))) {
        dp->flags |= DP_METER_KBPS;
    }
    dp->n_bands = config->n_bands;
    for (size_t i = 0; i < config->n_bands; i++) {
        const struct ofp_meter_band *band = &config->bands[i];
        dp->bands[i] = (struct dp_meter_band) { .type = band->type, .rate = band->rate, .burst = band->burst,
                                                .prec_level = band->prec_level };
    }
}

static void put(const struct meter *meter, struct dp_client *client)
{
    struct dp_meter_config config;
    make_dp_config(&meter->config, &config);
    int error = client ? backer_check(dp_meter_set(client, meter->dp_id, &config)) : 0;
    if (error) {
        log_warn_rl("bridge %s: the datapath refused meter %u (%s)", meter->ofproto->name, meter->id, strerror(error));
    }
}

struct adoption {
    uint8_t *found;         /* for each number: 1 if the datapath has this very meter */
    uint32_t *strangers;
    size_t n_strangers, allocated;
};

static bool adopt(void *aux, uint32_t id, const struct dp_meter_config *theirs, const struct dp_meter_stats *stats)
{
    struct adoption *adoption = aux;
    struct dp_meter_config ours;
    if (id < DP_MAX_METERS && by_dp_id[id]) {
        make_dp_config(&by_dp_id[id]->config, &ours);
        adoption->found[id] = ours.flags == theirs->flags && ours.n_bands == theirs->n_bands
                              && !memcmp(ours.bands, theirs->bands, ours.n_bands * sizeof ours.bands[0]);
        return true;
    }
    if (adoption->n_strangers == adoption->allocated) {
        adoption->strangers = grow_array(adoption->strangers, &adoption->allocated, sizeof *adoption->strangers);
    }
    adoption->strangers[adoption->n_strangers++] = id;
    return true;
}

void meter_table_connected(struct dp_client *client)
{
    struct adoption adoption = { .found = xcalloc(DP_MAX_METERS, 1) };
    int error = backer_check(dp_meter_dump(client, adopt, &adoption));
    for (size_t i = 0; i < adoption.n_strangers && !error; i++) {
        error = backer_check(dp_meter_del(client, adoption.strangers[i], NULL));
    }
    for (uint32_t id = 0; id < DP_MAX_METERS && !error && n_dp_ids; id++) {
        if (by_dp_id[id] && !adoption.found[id]) {
            put(by_dp_id[id], client);
        }
    }
    if (error) {
        log_warn("cannot look at the datapath's meters: %s", strerror(error));
    }
    free(adoption.found);
    free(adoption.strangers);
}

void meter_table_stats(const struct meter *meter, struct ofp_meter_stats *stats)
{
    struct dp_meter_stats dp;
    int64_t age = MAX(clock_ms() - meter->created_ms, (int64_t) 0);
    *stats = (struct ofp_meter_stats) {
        .id = meter->id,
        .n_flows = (uint32_t) references_count(meter->ofproto->references, REFERENCE_METER, meter->id),
        .duration_sec = (uint32_t) (age / 1000),
        .duration_nsec = (uint32_t) (age % 1000 * 1000000),
        .n_bands = meter->config.n_bands,
    };
    if (backer_client() && !backer_check(dp_meter_stats(backer_client(), meter->dp_id, &dp))) {
        stats->packets_in = dp.packets;
        stats->bytes_in = dp.bytes;
        for (size_t i = 0; i < MIN(stats->n_bands, (uint16_t) dp.n_bands); i++) {
            stats->bands[i] = (struct ofp_meter_band_stats) { dp.bands[i].packets, dp.bands[i].bytes };
        }
    }
}

/* In and out. */

struct meters *meter_table_create(struct ofproto *ofproto)
{
    struct meters *meters = xzalloc(sizeof *meters);
    meters->ofproto = ofproto;
    meters->by_id = cds_lfht_new_flavor(16, 16, 0, CDS_LFHT_AUTO_RESIZE, &urcu_qsbr_flavor, NULL);
    return meters;
}

static void free_meter(struct rcu_head *head)
{
    free(CONTAINER_OF(head, struct meter, rcu));
}

/* With 'from_datapath' the datapath's meter goes, too. */
static void remove_meter(struct meters *meters, struct meter *meter, bool from_datapath)
{
    cds_lfht_del(meters->by_id, &meter->node);
    meters->n--;
    by_dp_id[meter->dp_id] = NULL;
    n_dp_ids--;
    if (from_datapath && backer_client()) {
        int error = backer_check(dp_meter_del(backer_client(), meter->dp_id, NULL));
        if (error && error != ENOENT) {
            log_warn_rl("the datapath did not delete a meter (%s)", strerror(error));
        }
    }
    urcu_qsbr_call_rcu(&meter->rcu, free_meter);
}

static void free_table(void *aux)
{
    struct meters *meters = aux;
    cds_lfht_destroy(meters->by_id, NULL);
    free(meters);
}

void meter_table_destroy(struct meters *meters, bool delete_meters)
{
    if (meters) {
        struct cds_lfht_iter iter;
        struct meter *meter;
        cds_lfht_for_each_entry (meters->by_id, &iter, meter, node) {
            remove_meter(meters, meter, delete_meters);
        }
        rcu_postpone(free_table, meters);
    }
}

/* What the standard asks of a configuration, with the errors of OVS. */
static enum ofp_error check(const struct ofp_meter_config *config)
{
    bool both = (config->flags & (OFPMF_KBPS | OFPMF_PKTPS)) == (OFPMF_KBPS | OFPMF_PKTPS);
    bool is_virtual = config->id == OFPM_CONTROLLER || config->id == OFPM_SLOWPATH;
    if (!config->id || (config->id > OFPM_MAX && !is_virtual)) {
        return OFPMMFC_INVALID_METER;
    }
    if (both || config->flags & ~(OFPMF_KBPS | OFPMF_PKTPS | OFPMF_BURST | OFPMF_STATS)) {
        return OFPMMFC_BAD_FLAGS;
    }
    for (size_t i = 0; i < config->n_bands; i++) {
        const struct ofp_meter_band *band = &config->bands[i];
        if (band->type != OFPMBT_DROP && band->type != OFPMBT_DSCP_REMARK) {
            return OFPMMFC_BAD_BAND;
        }
        if (!band->rate) {
            return OFPMMFC_BAD_RATE;
        }
    }
    return OFPERR_OK;
}

static void configure(struct meter *meter, const struct ofp_meter_config *config, bool restored)
{
    bool remarks = false;
    meter->config = *config;
    for (size_t i = 0; i < config->n_bands; i++) {
        remarks |= config->bands[i].type == OFPMBT_DSCP_REMARK;
    }
    if (remarks != meter->remarks) {
        __atomic_store_n(&meter->remarks, remarks, __ATOMIC_RELAXED);
        ofproto_need_revalidation();
    }
    if (!restored) {
        put(meter, backer_client()); /* else meter_table_connected() does, if it must */
    }
}

static void log_meter(const struct meter *meter)
{
    struct tables *tables = meter->ofproto->tables;
    if (tables && tables->log) {
        tables_lock();
        state_log_put_meter(tables->log, meter);
        tables_unlock();
    }
}

static enum ofp_error add(struct ofproto *ofproto, const struct ofp_meter_config *config, uint32_t dp_id,
                          int64_t created_ms)
{
    struct meters *meters = ofproto->meters;
    enum ofp_error error = check(config);
    if (error) {
        return error;
    }
    if (find(meters, config->id)) {
        return OFPMMFC_METER_EXISTS;
    }
    struct meter *meter = xzalloc(sizeof *meter);
    meter->ofproto = ofproto;
    meter->id = config->id;
    meter->created_ms = created_ms;
    if (!take_dp_id(meter, dp_id)) {
        free(meter);
        return OFPMMFC_OUT_OF_METERS;
    }
    COVERAGE_INC(meter_add);
    configure(meter, config, dp_id < DP_MAX_METERS);
    cds_lfht_add(meters->by_id, hash_id(meter->id), &meter->node);
    meters->n++;
    if (__atomic_exchange_n(&meters->missed, false, __ATOMIC_RELAXED)) {
        ofproto_need_revalidation();
    }
    return OFPERR_OK;
}

enum ofp_error meter_table_add(struct ofproto *ofproto, const struct ofp_meter_config *config)
{
    if (n_dp_ids >= limits_meters() && !find(ofproto->meters, config->id)) {
        COVERAGE_INC(meter_full);
        return OFPMMFC_OUT_OF_METERS;
    }
    enum ofp_error error = add(ofproto, config, DP_MAX_METERS, clock_ms());
    if (!error) {
        log_meter(find(ofproto->meters, config->id));
    }
    return error;
}

enum ofp_error meter_table_restore(struct ofproto *ofproto, const struct ofp_meter_config *config, uint32_t dp_id,
                                   int64_t created_ms)
{
    return add(ofproto, config, dp_id, created_ms);
}

enum ofp_error meter_table_modify(struct ofproto *ofproto, const struct ofp_meter_config *config)
{
    struct meter *meter = find(ofproto->meters, config->id);
    if (!meter) {
        return OFPMMFC_UNKNOWN_METER;
    }
    enum ofp_error error = check(config);
    if (!error) {
        COVERAGE_INC(meter_modify);
        configure(meter, config, false);
        log_meter(meter);
    }
    return error;
}

void meter_table_delete(struct ofproto *ofproto, uint32_t id, const void *requester)
{
    struct meter **list;
    size_t n = meter_table_list(ofproto, id, &list);
    if (n) {
        struct transaction *txn = transaction_begin();
        transaction_set_requester(txn, requester, 0);
        for (size_t i = 0; i < n; i++) {
            transaction_delete_by_meter(txn, ofproto, list[i]->id);
            state_log_drop(ofproto->tables->log, STATE_LOG_METER, list[i]->id);
        }
        transaction_commit(txn);
        for (size_t i = 0; i < n; i++) {
            COVERAGE_INC(meter_delete);
            remove_meter(ofproto->meters, list[i], true);
        }
        ofproto_need_revalidation(); /* packet-ins may have passed it */
    }
    free(list);
}
