/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath's end of the shared statistics. */
#include "datapath/stats_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

int stats_memory_create(struct stats_memory *m, uint32_t n_rows, uint32_t max_flows)
{
    size_t size = stats_memory_size(n_rows, max_flows);
    m->fd = memfd_create("weft-stats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (m->fd < 0) {
        return errno;
    }
    m->base = ftruncate(m->fd, size)
                  ? MAP_FAILED
                  : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
    if (m->base == MAP_FAILED
        || fcntl(m->fd, F_ADD_SEALS,
                 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)) {
        int error = errno;
        if (m->base != MAP_FAILED) {
            munmap(m->base, size);
        }
        close(m->fd);
        return error;
    }
    *(struct stats_memory_header *) m->base = (struct stats_memory_header) {
        STATS_MEMORY_MAGIC, STATS_MEMORY_VERSION, n_rows, max_flows, 1 };
    m->n_rows = n_rows;
    m->max_flows = max_flows;
    m->n_used = 1;
    return 0;
}

void stats_memory_destroy(struct stats_memory *m)
{
    munmap(m->base, stats_memory_size(m->n_rows, m->max_flows));
    close(m->fd);
}

struct stats_memory_entry *stats_memory_use_row(struct stats_memory *m, uint32_t row)
{
    struct stats_memory_header *header = m->base;
    if (row >= m->n_used) {
        m->n_used = row + 1;
        __atomic_store_n(&header->n_used, m->n_used, __ATOMIC_RELAXED);
    }
    return stats_memory_row(m->base, m->max_flows, row);
}

void stats_memory_prefetch(const struct stats_memory *m, uint32_t id)
{
    for (uint32_t row = 0; row < m->n_used; row++) {
        __builtin_prefetch(stats_memory_row(m->base, m->max_flows, row) + id, 1);
    }
}

void stats_memory_reset(struct stats_memory *m, uint32_t id)
{
    for (uint32_t row = 0; row < m->n_used; row++) {
        struct stats_memory_entry *e = stats_memory_row(m->base, m->max_flows, row) + id;
        __atomic_store_n(&e->packets, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&e->bytes, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&e->used_ms, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&e->tcp_flags, 0, __ATOMIC_RELAXED);
    }
}

void stats_memory_sum(const struct stats_memory *m, uint32_t id, struct stats_memory_entry *sum)
{
    *sum = (struct stats_memory_entry) { 0, 0, 0, 0, 0 };
    for (uint32_t row = 0; row < m->n_used; row++) {
        const struct stats_memory_entry *e = stats_memory_row(m->base, m->max_flows, row) + id;
        int64_t used_ms = __atomic_load_n(&e->used_ms, __ATOMIC_RELAXED);
        sum->packets += __atomic_load_n(&e->packets, __ATOMIC_RELAXED);
        sum->bytes += __atomic_load_n(&e->bytes, __ATOMIC_RELAXED);
        sum->used_ms = used_ms > sum->used_ms ? used_ms : sum->used_ms;
        sum->tcp_flags |= __atomic_load_n(&e->tcp_flags, __ATOMIC_RELAXED);
    }
}
