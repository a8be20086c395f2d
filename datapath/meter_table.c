/* SPDX-License-Identifier: Apache-2.0 */
/* Meters by id, and their bands. */
#include "datapath/meter_table.h"

#include <errno.h>
#include <stdlib.h>

#include "datapath/batch.h"
#include "datapath/spin.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/net/segment.h"

/* What a packet takes, and what 1000 bits or a packet of a bucket's size are, in tokens. */
#define TOKENS_PER_BIT 1000000ull
#define TOKENS_PER_KBIT (1000 * TOKENS_PER_BIT)
#define TOKENS_PER_PACKET 1000000000ull

struct band {
    uint64_t tokens, size; /* tokens in the bucket, and at most */
    uint64_t packets, bytes;
};

struct meter {
    uint32_t locked;
    uint64_t filled_ns; /* when the buckets were filled last; with the lock, as all below */
    uint64_t set_ns;    /* constant */
    uint64_t packets, bytes;
    struct dp_meter_config config; /* constant */
    struct band bands[DP_METER_MAX_BANDS];
} CACHE_ALIGNED;

struct meter_table {
    struct meter *meters[DP_MAX_METERS]; /* main: rw; forwarding: ro; RCU */
};

struct meter_table *meter_table_create(void)
{
    return xzalloc(sizeof(struct meter_table));
}

void meter_table_destroy(struct meter_table *t)
{
    for (uint32_t id = 0; t && id < DP_MAX_METERS; id++) {
        free(t->meters[id]);
    }
    free(t);
}

static bool is_config_valid(const struct dp_meter_config *config)
{
    const unsigned int units = DP_METER_KBPS | DP_METER_PKTPS;
    unsigned int unit = config->flags & units;
    if ((unit != DP_METER_KBPS && unit != DP_METER_PKTPS)
        || config->flags & ~(units | DP_METER_BURST | DP_METER_STATS)
        || config->n_bands > DP_METER_MAX_BANDS) {
        return false;
    }
    for (unsigned int i = 0; i < config->n_bands; i++) {
        const struct dp_meter_band *b = &config->bands[i];
        if ((b->type != DP_METER_DROP && b->type != DP_METER_DSCP_REMARK) ) {
            return false;
        }
    }
    return true;
}

int meter_table_set(struct meter_table *t, uint32_t id, const struct dp_meter_config *config,
                    uint64_t now_ns)
{
    if (id >= DP_MAX_METERS || !is_config_valid(config)) {
        return EINVAL;
    }
    struct meter *m = xzalloc_cacheline(sizeof *m), *old = t->meters[id];
    uint64_t unit = config->flags & DP_METER_KBPS ? TOKENS_PER_KBIT : TOKENS_PER_PACKET;
    m->config = *config;
    m->set_ns = m->filled_ns = now_ns;
    for (unsigned int i = 0; i < config->n_bands; i++) {
        const struct dp_meter_band *b = &config->bands[i];
        uint32_t burst = config->flags & DP_METER_BURST && b->burst ? b->burst : b->rate;
        m->bands[i].tokens = m->bands[i].size = burst * unit;
    }
    rcu_store(t->meters[id], m);
    if (old) {
        rcu_free(old);
    }
    return 0;
}

int meter_table_del(struct meter_table *t, uint32_t id)
{
    struct meter *m = meter_table_find(t, id);
    if (!m) {
        return ENOENT;
    }
    rcu_store(t->meters[id], NULL);
    rcu_free(m);
    return 0;
}

uint32_t meter_table_next(const struct meter_table *t, uint32_t id)
{
    while (id < DP_MAX_METERS && !t->meters[id]) {
        id++;
    }
    return MIN(id, (uint32_t) DP_MAX_METERS);
}

struct meter *meter_table_find(const struct meter_table *t, uint32_t id)
{
    return id < DP_MAX_METERS ? rcu_load(t->meters[id]) : NULL;
}

void meter_get(struct meter *m, uint64_t now_ns, struct dp_meter_config *config,
               struct dp_meter_stats *stats)
{
    *config = m->config;
    *stats = (struct dp_meter_stats) {
        .duration_ns = now_ns > m->set_ns ? now_ns - m->set_ns : 0,
        .n_bands = m->config.n_bands,
    };
    spin_lock(&m->locked);
    stats->packets = m->packets;
    stats->bytes = m->bytes;
    for (unsigned int i = 0; i < m->config.n_bands; i++) {
        stats->bands[i].packets = m->bands[i].packets;
        stats->bands[i].bytes = m->bands[i].bytes;
    }
    spin_unlock(&m->locked);
}

/* What comes to a meter in one call. */
struct load {
    unsigned int n;
    uint32_t packets[BATCH_MAX], bytes[BATCH_MAX];
    uint8_t band[BATCH_MAX]; /* the band to apply, NO_BAND for none */
};

enum { NO_BAND = DP_METER_MAX_BANDS };

/* Fills the buckets with what they gained. Threads see the clock at slightly different times: one that is behind adds nothing. */
static void fill(struct meter *m, uint64_t now_ns)
{
    if (now_ns <= m->filled_ns) {
        return;
    }
    uint64_t passed = now_ns - m->filled_ns;
    m->filled_ns = now_ns;
    for (unsigned int i = 0; i < m->config.n_bands; i++) {
        struct band *b = &m->bands[i];
        uint64_t room = b->size - b->tokens, rate = m->config.bands[i].rate;
        if (rate) {
            b->tokens = passed > room / rate ? b->size : b->tokens + passed * rate;
        }
    }
}

/* Takes tokens from one band, and makes it the one to apply to packets that exceed it and none of a higher rate. */
static void drain(struct meter *m, unsigned int band, struct load *load)
{
    struct band *b = &m->bands[band];
    const struct dp_meter_band *bands = m->config.bands;
    bool kbps = m->config.flags & DP_METER_KBPS;
    for (unsigned int i = 0; i < load->n; i++) {
        uint64_t cost = kbps ? load->bytes[i] * 8 * TOKENS_PER_BIT
                             : load->packets[i] * TOKENS_PER_PACKET;
        if (b->tokens >= cost) {
            b->tokens -= cost;
        } else if (load->band[i] == NO_BAND || bands[band].rate > bands[load->band[i]].rate) {
            load->band[i] = band;
        }
    }
}

static void count(struct meter *m, const struct load *load)
{
    for (unsigned int i = 0; i < load->n; i++) {
        m->packets += load->packets[i];
        m->bytes += load->bytes[i];
        if (load->band[i] != NO_BAND) {
            m->bands[load->band[i]].packets += load->packets[i];
            m->bands[load->band[i]].bytes += load->bytes[i];
        }
    }
}

void meter_run(struct meter *m, uint64_t now_ns, struct packet *const *packets, unsigned int n,
               struct meter_verdict *verdicts)
{
    struct load load = { .n = n };
    for (unsigned int i = 0; i < n; i++) {
        load.packets[i] = segment_count(packets[i]);
        load.bytes[i] = packet_len(packets[i]);
        load.band[i] = NO_BAND;
    }
    spin_lock(&m->locked);
    fill(m, now_ns);
    for (unsigned int band = 0; band < m->config.n_bands; band++) {
        drain(m, band, &load);
    }
    count(m, &load);
    spin_unlock(&m->locked);
    for (unsigned int i = 0; i < n; i++) {
        const struct dp_meter_band *b = &m->config.bands[load.band[i] % DP_METER_MAX_BANDS];
        verdicts[i].type = load.band[i] == NO_BAND        ? METER_PASS
                           : b->type == DP_METER_DROP ? METER_DROP
                                                          : METER_REMARK;
        verdicts[i].prec_level = b->prec_level;
    }
}
