/* SPDX-License-Identifier: Apache-2.0 */
/* The slots of a MAC table in a mapped file. */
#include "ofproto/mac_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/boot_id.h"

LOG_MODULE(mac_store);

#define MAC_STORE_MAGIC 0x3162646674666577ULL /* "weftfdb1" */

enum { FIRST_SLOTS = 1024, FLAG_USED = 1, FLAG_STATIC = 2 };

struct store_header {
    uint64_t magic;
    uint32_t slot_size; /* bytes */
    uint32_t reserved;
    char boot_id[48];
};
static_assert(sizeof(struct store_header) == 64, "a line");

struct store_slot {
    int64_t used_ms;
    uint32_t port;
    uint32_t flags;
    struct eth_addr mac;
    uint16_t vlan;
    uint32_t reserved;
    uint32_t check; /* of all before it */
};
static_assert(sizeof(struct store_slot) == 32, "layout of the file");

struct mac_store {
    char *path;
    int fd;
    struct store_header *header; /* the mapping */
    size_t map_size;             /* bytes */
    uint32_t n_slots;
    uint32_t *free;              /* stack of free slots */
    uint32_t n_free;
};

/* The same in every run of the program, unlike lib/base/hash.h's. */
static uint32_t checksum(const struct store_slot *slot)
{
    const uint8_t *p = (const uint8_t *) slot;
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < offsetof(struct store_slot, check); i++) {
        h = (h ^ p[i]) * 16777619u;
    }
    return h ? h : 1;
}

static struct store_slot *slots(const struct mac_store *store)
{
    return (struct store_slot *) (void *) (store->header + 1);
}

/* Makes the file and the mapping 'n_slots' long; new slots are free. */
static int resize(struct mac_store *store, uint32_t n_slots)
{
    size_t size = sizeof(struct store_header) + (size_t) n_slots * sizeof(struct store_slot);
    if (ftruncate(store->fd, size)) {
        return errno;
    }
    void *p = store->header
                  ? mremap(store->header, store->map_size, size, MREMAP_MAYMOVE)
                  : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, store->fd, 0);
    if (p == MAP_FAILED) {
        return errno;
    }
    store->header = p;
    store->map_size = size;
    store->free = xrealloc(store->free, n_slots * sizeof *store->free);
    for (uint32_t i = n_slots; i > store->n_slots; i--) {
        store->free[store->n_free++] = i - 1;
    }
    store->n_slots = n_slots;
    return 0;
}

static bool header_is_ours(const struct store_header *header, const struct store_header *ours)
{
    return !memcmp(header, ours, sizeof *ours);
}

struct mac_store *mac_store_open(const char *path, int *errorp)
{
    struct mac_store *store = xzalloc(sizeof *store);
    store->path = xstrdup(path);
    store->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (store->fd < 0 || fstat(store->fd, &st)) {
        goto error;
    }
    uint64_t n = st.st_size > (off_t) sizeof(struct store_header)
                     ? (st.st_size - sizeof(struct store_header)) / sizeof(struct store_slot)
                     : 0;
    errno = resize(store, MIN(MAX(n, FIRST_SLOTS), MAC_TABLE_MAX_MAX));
    if (errno) {
        goto error;
    }
    struct store_header ours = { .magic = MAC_STORE_MAGIC, .slot_size = sizeof(struct store_slot) };
    char boot_id[BOOT_ID_SIZE];
    boot_id_read(boot_id);
    memcpy(ours.boot_id, boot_id, BOOT_ID_LEN);
    if (!header_is_ours(store->header, &ours)) {
        memset(store->header, 0, store->map_size);
        *store->header = ours;
    }
    return store;

error:
    *errorp = errno;
    mac_store_close(store);
    return NULL;
}

void mac_store_close(struct mac_store *store)
{
    if (store) {
        if (store->header) {
            munmap(store->header, store->map_size);
        }
        if (store->fd >= 0) {
            close(store->fd);
        }
        free(store->free);
        free(store->path);
        free(store);
    }
}

void mac_store_forget(struct mac_store *store)
{
    memset(slots(store), 0, store->map_size - sizeof(struct store_header));
    unlink(store->path);
}

static int compare_used(const void *a_, const void *b_)
{
    const struct mac_entry_info *a = a_, *b = b_;
    return (a->used_ms > b->used_ms) - (a->used_ms < b->used_ms);
}

void mac_store_load(struct mac_store *store, void (*cb)(void *aux, const struct mac_entry_info *),
                    void *aux)
{
    /* The caller may put entries while they are read: read all, then empty all, then tell. */
    size_t n = 0, bad = 0;
    struct mac_entry_info *entries = xcalloc(store->n_slots, sizeof *entries);
    for (uint32_t i = 0; i < store->n_slots; i++) {
        struct store_slot slot = slots(store)[i];
        if (!(slot.flags & FLAG_USED)) {
            continue;
        }
        if (slot.check != checksum(&slot) || slot.vlan >= VLAN_N) {
            bad++;
            continue;
        }
        entries[n++] = (struct mac_entry_info) {
            .mac = slot.mac,
            .vlan = slot.vlan,
            .port = slot.port,
            .is_static = slot.flags & FLAG_STATIC,
            .used_ms = slot.used_ms,
        };
    }
    memset(slots(store), 0, store->map_size - sizeof(struct store_header));
    store->n_free = 0;
    for (uint32_t i = store->n_slots; i > 0; i--) {
        store->free[store->n_free++] = i - 1;
    }
    if (bad) {
        log_warn("%s: left out %zu entries that were not written completely", store->path, bad);
    }
    qsort(entries, n, sizeof *entries, compare_used);
    for (size_t i = 0; i < n; i++) {
        cb(aux, &entries[i]);
    }
    free(entries);
}

void mac_store_put(struct mac_store *store, uint32_t *slot_no, const struct mac_entry_info *entry)
{
    if (*slot_no == MAC_STORE_NO_SLOT) {
        if (!store->n_free) {
            int error = resize(store, store->n_slots * 2);
            if (error) {
                log_warn_rl("%s: cannot grow (%s), learned addresses will not survive a restart",
                            store->path, strerror(error));
                return;
            }
        }
        *slot_no = store->free[--store->n_free];
    }
    struct store_slot slot = {
        .used_ms = entry->used_ms,
        .port = entry->port,
        .flags = FLAG_USED | (entry->is_static ? FLAG_STATIC : 0),
        .mac = entry->mac,
        .vlan = entry->vlan,
    };
    slot.check = checksum(&slot);
    slots(store)[*slot_no] = slot;
}

void mac_store_clear(struct mac_store *store, uint32_t *slot_no)
{
    if (*slot_no != MAC_STORE_NO_SLOT) {
        memset(&slots(store)[*slot_no], 0, sizeof(struct store_slot));
        store->free[store->n_free++] = *slot_no;
        *slot_no = MAC_STORE_NO_SLOT;
    }
}
