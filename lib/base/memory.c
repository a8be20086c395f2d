/* SPDX-License-Identifier: Apache-2.0 */
/* What takes up memory. */
#include "lib/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

struct owner {
    memory_cb *cb;
    void *aux;
};

struct count {
    const char *name;
    uint64_t n;
};

struct memory_usage {
    struct count *counts;
    size_t n, allocated;
};

static struct owner *owners;
static size_t n_owners, allocated_owners;

static int compare_names(const void *a_, const void *b_)
{
    const struct count *a = a_;
    const struct count *b = b_;
    return strcmp(a->name, b->name);
}

#ifdef HAVE_JEMALLOC
static void show_allocator(struct strbuf *s)
{
    static const char *const figures[] = { "allocated", "active", "metadata", "resident", "mapped" };
    uint64_t epoch = 1;
    size_t length = sizeof epoch;
    mallctl("epoch", &epoch, &length, &epoch, length); /* refreshes the figures */
    strbuf_puts(s, "heap:");
    for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
        char *name = xasprintf("stats.%s", figures[i]);
        size_t bytes = 0;
        length = sizeof bytes;
        if (!mallctl(name, &bytes, &length, NULL, 0)) {
            strbuf_putf(s, " %s:%zu", figures[i], bytes);
        }
        free(name);
    }
    strbuf_puts(s, " (bytes)\n");
}
#else
static void show_allocator(struct strbuf *s)
{
    strbuf_puts(s, "heap: no figures, this program is not linked with jemalloc\n");
}
#endif

void memory_register(memory_cb *cb, void *aux)
{
    if (n_owners == allocated_owners) {
        owners = grow_array(owners, &allocated_owners, sizeof *owners);
    }
    owners[n_owners++] = (struct owner) { cb, aux };
}

void memory_unregister(memory_cb *cb, void *aux)
{
    for (size_t i = 0; i < n_owners; i++) {
        if (owners[i].cb == cb && owners[i].aux == aux) {
            owners[i] = owners[--n_owners];
            break;
        }
    }
    if (!n_owners) {
        free(owners);
        owners = NULL;
        allocated_owners = 0;
    }
}

void memory_usage_add(struct memory_usage *usage, const char *name, uint64_t n)
{
    for (size_t i = 0; i < usage->n; i++) {
        if (!strcmp(usage->counts[i].name, name)) {
            usage->counts[i].n += n;
            return;
        }
    }
    if (usage->n == usage->allocated) {
        usage->counts = grow_array(usage->counts, &usage->allocated, sizeof *usage->counts);
    }
    usage->counts[usage->n++] = (struct count) { name, n };
}

void memory_show(struct strbuf *s)
{
    struct memory_usage usage = { NULL, 0, 0 };
    for (size_t i = 0; i < n_owners; i++) {
        owners[i].cb(&usage, owners[i].aux);
    }
    if (usage.n) {
        qsort(usage.counts, usage.n, sizeof *usage.counts, compare_names);
        for (size_t i = 0; i < usage.n; i++) {
            strbuf_putf(s, "%s%s:%llu", i ? " " : "", usage.counts[i].name,
                        (unsigned long long) usage.counts[i].n);
        }
        strbuf_putc(s, '\n');
    }
    free(usage.counts);
    show_allocator(s);
}
