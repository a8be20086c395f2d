/* SPDX-License-Identifier: Apache-2.0 */
/* The table of ports. */
#include "datapath/port_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "datapath/port_qos.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"

enum { ENTRIES_SIZE = DP_MAX_PORTS * sizeof(struct port_entry *) };

void port_table_init(struct port_table *table)
{
    memset(table, 0, sizeof *table);
    table->entries = mmap(NULL, ENTRIES_SIZE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table->entries == MAP_FAILED) {
        abort();
    }
    hmap_init(&table->by_name);
}

void port_table_destroy(struct port_table *table)
{
    assert(!table->n);
    munmap(table->entries, ENTRIES_SIZE);
    hmap_destroy(&table->by_name);
}

struct port_entry *port_entry_create(uint32_t no, const char *name, const struct port_ops *ops)
{
    struct port_entry *entry = xzalloc_cacheline(sizeof *entry);
    entry->port.ops = ops;
    entry->port.no = no;
    entry->port.n_rxq = 1;
    entry->port.counters = entry->counters;
    snprintf(entry->port.name, sizeof entry->port.name, "%s", name);
    for (unsigned int i = 0; i < ARRAY_SIZE(entry->queues); i++) {
        entry->queues[i].entry = entry;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(entry->rx); i++) {
        entry->rx[i].entry = entry;
        entry->rx[i].q = i;
        entry->rx[i].fd = -1;
        entry->rx[i].tied_cpu = -1;
    }
    return entry;
}

void port_entry_free(struct port_entry *entry)
{
    port_qos_destroy(entry->qos);
    free(entry);
}

uint32_t port_table_unused_number(const struct port_table *table)
{
    for (uint32_t no = 1; no < DP_MAX_PORTS; no++) {
        if (!table->entries[no]) {
            return no;
        }
    }
    return DP_PORT_NONE;
}

void port_table_insert(struct port_table *table, struct port_entry *entry)
{
    assert(!table->entries[entry->port.no]);
    hmap_insert(&table->by_name, &entry->node, hash_string(entry->port.name, 0));
    table->n++;
    table->limit = MAX(table->limit, entry->port.no + 1);
    rcu_store(table->entries[entry->port.no], entry);
}

void port_table_remove(struct port_table *table, struct port_entry *entry)
{
    rcu_store(table->entries[entry->port.no], NULL);
    hmap_remove(&table->by_name, &entry->node);
    table->n--;
    while (table->limit && !table->entries[table->limit - 1]) {
        table->limit--;
    }
}

struct port_entry *port_table_find(const struct port_table *table, const char *name)
{
    struct port_entry *entry;
    hmap_for_each_with_hash (entry, node, hash_string(name, 0), &table->by_name) {
        if (!strcmp(entry->port.name, name)) {
            return entry;
        }
    }
    return NULL;
}

struct port_entry *port_table_next(const struct port_table *table, uint32_t no)
{
    for (; no < table->limit; no++) {
        if (table->entries[no]) {
            return table->entries[no];
        }
    }
    return NULL;
}
