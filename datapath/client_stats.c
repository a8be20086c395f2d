/* SPDX-License-Identifier: Apache-2.0 */
/* Flow statistics, read from the memory that the datapath shares. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "datapath/client_request.h"
#include "datapath/stats_memory.h"
#include "lib/base/mem.h"

struct dp_stats {
    void *base;
    size_t size;
    uint32_t n_rows, max_flows;
};

/* Maps the memory behind 'fd' and checks that it is what it must be. Null or a sentence in static
 * storage. */
static const char *map(struct dp_stats *stats, int fd)
{
    struct stat st;

    if (fstat(fd, &st) || st.st_size < STATS_MEMORY_HEADER_SIZE ||
        !(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK)) {
        return "the datapath's statistics are not in sealed memory";
    }
    stats->size = st.st_size;
    stats->base = mmap(NULL, stats->size, PROT_READ, MAP_SHARED, fd, 0);
    if (stats->base == MAP_FAILED) {
        stats->base = NULL;
        return strerror(errno);
    }

    struct stats_memory_header header = *(const volatile struct stats_memory_header *) stats->base;
    if (header.magic != STATS_MEMORY_MAGIC || header.version != STATS_MEMORY_VERSION ||
        header.n_rows > DP_MAX_THREADS + 1 ||
        stats_memory_size(header.n_rows, header.max_flows) > stats->size) {
        return "the datapath's statistics are not in the form that this program knows";
    }
    stats->n_rows = header.n_rows;
    stats->max_flows = header.max_flows;
    return NULL;
}

struct dp_stats *dp_stats_open(struct dp_client *client, char **errorp)
{
    struct dp_parsed answer;

    *errorp = NULL;
    dp_request_start(client, DP_MSG_STATS_OPEN);
    if (dp_request_call(client, &answer, errorp)) {
        return NULL;
    }
    if (client->n_fds != 1) {
        dp_request_break(client, EPROTO);
        *errorp = xstrdup("the datapath sent no statistics");
        return NULL;
    }

    struct dp_stats *stats = xzalloc(sizeof *stats);
    const char *error = map(stats, client->fds[0]);
    if (error) {
        *errorp = xstrdup(error);
        dp_stats_close(stats);
        return NULL;
    }
    return stats;
}

void dp_stats_close(struct dp_stats *stats)
{
    if (stats) {
        if (stats->base) {
            munmap(stats->base, stats->size);
        }
        free(stats);
    }
}

void dp_stats_flow(const struct dp_stats *stats, uint32_t flow_id, struct dp_flow_stats *sum)
{
    *sum = (struct dp_flow_stats) { 0, 0, 0, 0 };
    if (flow_id >= stats->max_flows) {
        return;
    }
    const struct stats_memory_header *header = stats->base;
    uint32_t n_used = __atomic_load_n(&header->n_used, __ATOMIC_RELAXED);
    for (uint32_t row = 0; row < MIN(n_used, stats->n_rows); row++) {
        const struct stats_memory_entry *e =
            stats_memory_row(stats->base, stats->max_flows, row) + flow_id;
        int64_t used_ms = __atomic_load_n(&e->used_ms, __ATOMIC_RELAXED);
        sum->packets += __atomic_load_n(&e->packets, __ATOMIC_RELAXED);
        sum->bytes += __atomic_load_n(&e->bytes, __ATOMIC_RELAXED);
        sum->used_ms = MAX(sum->used_ms, used_ms);
        sum->tcp_flags |= __atomic_load_n(&e->tcp_flags, __ATOMIC_RELAXED);
    }
}

static uint32_t n_rows(const struct dp_stats *stats)
{
    const struct stats_memory_header *header = stats->base;
    return MIN(__atomic_load_n(&header->n_used, __ATOMIC_RELAXED), stats->n_rows);
}

uint64_t dp_stats_packets(const struct dp_stats *stats, uint32_t flow_id)
{
    uint64_t packets = 0;
    for (uint32_t row = 0; flow_id < stats->max_flows && row < n_rows(stats); row++) {
        const struct stats_memory_entry *e =
            stats_memory_row(stats->base, stats->max_flows, row) + flow_id;
        packets += __atomic_load_n(&e->packets, __ATOMIC_RELAXED);
    }
    return packets;
}

void dp_stats_prefetch(const struct dp_stats *stats, uint32_t flow_id)
{
    for (uint32_t row = 0; flow_id < stats->max_flows && row < n_rows(stats); row++) {
        __builtin_prefetch(stats_memory_row(stats->base, stats->max_flows, row) + flow_id);
    }
}
