/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for the counters of a bridge's rules, that survives the program. */
#include "ofproto/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"

LOG_MODULE(counters);

/* Slots come in chunks of this size and alignment, so that a slot's address leads to its chunk. A chunk's first page is its header, which
 * is never in the file. */
enum {
    CHUNK_SIZE = 65536,
    HEADER_SIZE = 4096,
    CHUNK_DATA = CHUNK_SIZE - HEADER_SIZE,
    CHUNK_SLOTS = CHUNK_DATA / sizeof(struct rule_counters),
    MAX_CHUNKS = 65536,
};

struct chunk_header {
    struct counters *pool;
    uint32_t index;
};

struct chunk {
    uint8_t *base;
    unsigned int n_used;
    uint64_t used[CHUNK_SLOTS / 64]; /* bitmap */
    uint32_t *refs;                  /* of each slot, beyond the first; null as long as there are none */
};

struct counters {
    pthread_mutex_t lock; /* of everything */
    uint64_t refs;        /* the creator's, and one for each slot that is taken */
    int fd;               /* -1: no file */
    bool adopting;        /* no slot was taken yet other than by adoption */
    struct chunk *chunks;
    size_t n_chunks, allocated_chunks;
    size_t first_free;    /* no chunk before this one has a slot to give */
};

static struct chunk_header *header_of(const struct rule_counters *slot)
{
    return (struct chunk_header *) ((uintptr_t) slot & ~((uintptr_t) CHUNK_SIZE - 1));
}

static_assert(CHUNK_SLOTS % 64 == 0, "the bitmap has a bit for each slot");

static struct rule_counters *slot_at(const struct chunk *chunk, unsigned int i)
{
    return (struct rule_counters *) (void *) (chunk->base + HEADER_SIZE + i * sizeof(struct rule_counters));
}

/* CHUNK_SIZE bytes of address space at a multiple of it. */
static uint8_t *reserve(void)
{
    uint8_t *p = mmap(NULL, 2 * CHUNK_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        log_abort("no address space for counters: %s", strerror(errno));
    }
    size_t before = (CHUNK_SIZE - (uintptr_t) p % CHUNK_SIZE) % CHUNK_SIZE;
    if (before) {
        munmap(p, before);
    }
    munmap(p + before + CHUNK_SIZE, CHUNK_SIZE - before);
    return p + before;
}

static bool map_file(struct counters *pool, uint8_t *data, size_t index)
{
    off_t offset = (off_t) index * CHUNK_DATA;

    /* Room is taken before it is mapped: a full file system is an error here and not a signal at the first store. */
    int error = posix_fallocate(pool->fd, offset, CHUNK_DATA);
    if (!error && mmap(data, CHUNK_DATA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, pool->fd, offset) == MAP_FAILED) {
        error = errno;
    }
    if (error) {
        log_warn_rl("counters of flows will not survive a restart: %s", strerror(error));
    }
    return !error;
}

static void map_memory(uint8_t *p, size_t size)
{
    if (mmap(p, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        log_abort("no memory for counters: %s", strerror(errno));
    }
}

static void add_chunk(struct counters *pool)
{
    if (pool->n_chunks >= pool->allocated_chunks) {
        pool->chunks = grow_array(pool->chunks, &pool->allocated_chunks, sizeof *pool->chunks);
    }
    struct chunk *chunk = &pool->chunks[pool->n_chunks];
    memset(chunk, 0, sizeof *chunk);
    chunk->base = reserve();
    map_memory(chunk->base, HEADER_SIZE);
    if (pool->fd < 0 || !map_file(pool, chunk->base + HEADER_SIZE, pool->n_chunks)) {
        map_memory(chunk->base + HEADER_SIZE, CHUNK_DATA);
    }
    *(struct chunk_header *) (void *) chunk->base = (struct chunk_header) { pool, (uint32_t) pool->n_chunks };
    pool->n_chunks++;
}

struct counters *counters_create(const char *path, int *error)
{
    int fd = -1;
    size_t n_chunks = 0;
    *error = 0;
    if (path) {
        struct stat st;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 || fstat(fd, &st)) {
            *error = errno;
            if (fd >= 0) {
                close(fd);
            }
            return NULL;
        }
        n_chunks = MIN((size_t) st.st_size / CHUNK_DATA, (size_t) MAX_CHUNKS);
    }

    struct counters *pool = xzalloc(sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pool->refs = 1;
    pool->fd = fd;
    pool->adopting = true;
    while (pool->n_chunks < n_chunks) {
        add_chunk(pool);
    }
    return pool;
}

static void destroy(struct counters *pool)
{
    for (size_t i = 0; i < pool->n_chunks; i++) {
        munmap(pool->chunks[i].base, CHUNK_SIZE);
        free(pool->chunks[i].refs);
    }
    free(pool->chunks);
    if (pool->fd >= 0) {
        close(pool->fd);
    }
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Unlocks. */
static void unref_locked(struct counters *pool)
{
    bool last = !--pool->refs;
    pthread_mutex_unlock(&pool->lock);
    if (last) {
        destroy(pool);
    }
}

void counters_unref(struct counters *pool)
{
    if (pool) {
        pthread_mutex_lock(&pool->lock);
        unref_locked(pool);
    }
}

/* What a slot says stays as it is when it is given back, for it may be that only the program ends. */
static void mark(struct counters *pool, struct rule_counters *slot, bool used)
{
    size_t index = header_of(slot)->index;
    struct chunk *chunk = &pool->chunks[index];
    size_t i = (size_t) (slot - slot_at(chunk, 0));
    uint64_t bit = 1ULL << i % 64;
    assert(!(chunk->used[i / 64] & bit) == used);
    chunk->used[i / 64] ^= bit;
    chunk->n_used += used ? 1 : -1u;
    if (!used) {
        pool->first_free = MIN(pool->first_free, index);
    }
}

static struct rule_counters *find_free(struct counters *pool)
{
    while (pool->first_free < pool->n_chunks && pool->chunks[pool->first_free].n_used == CHUNK_SLOTS) {
        pool->first_free++;
    }
    if (pool->first_free == pool->n_chunks) {
        add_chunk(pool);
    }
    struct chunk *chunk = &pool->chunks[pool->first_free];
    unsigned int word = 0;
    while (chunk->used[word] == UINT64_MAX) {
        word++;
    }
    return slot_at(chunk, word * 64 + (unsigned int) __builtin_ctzll(~chunk->used[word]));
}

struct rule_counters *counters_alloc(struct counters *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->adopting = false;
    struct rule_counters *slot = find_free(pool);
    memset(slot, 0, sizeof *slot);
    mark(pool, slot, true);
    pool->refs++;
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

struct rule_counters *counters_adopt(struct counters *pool, uint32_t number)
{
    struct rule_counters *slot = NULL;
    size_t index = number / CHUNK_SLOTS, i = number % CHUNK_SLOTS;
    pthread_mutex_lock(&pool->lock);
    assert(pool->adopting);
    if (index < pool->n_chunks && !(pool->chunks[index].used[i / 64] >> i % 64 & 1)) {
        slot = slot_at(&pool->chunks[index], (unsigned int) i);
        mark(pool, slot, true);
        pool->refs++;
    }
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

struct rule_counters *counters_get(struct counters *pool, uint32_t number)
{
    struct rule_counters *slot = NULL;
    size_t index = number / CHUNK_SLOTS, i = number % CHUNK_SLOTS;
    pthread_mutex_lock(&pool->lock);
    if (index < pool->n_chunks && pool->chunks[index].used[i / 64] >> i % 64 & 1) {
        slot = slot_at(&pool->chunks[index], (unsigned int) i);
    }
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

uint32_t counters_number(const struct rule_counters *slot)
{
    const struct chunk_header *header = header_of(slot);
    const uint8_t *first = (const uint8_t *) header + HEADER_SIZE;
    return header->index * CHUNK_SLOTS + (uint32_t) (((const uint8_t *) slot - first) / sizeof *slot);
}

struct rule_counters *counters_ref(struct rule_counters *slot)
{
    if (slot) {
        struct counters *pool = header_of(slot)->pool;
        pthread_mutex_lock(&pool->lock);
        struct chunk *chunk = &pool->chunks[header_of(slot)->index];
        if (!chunk->refs) {
            chunk->refs = xcalloc(CHUNK_SLOTS, sizeof *chunk->refs);
        }
        chunk->refs[slot - slot_at(chunk, 0)]++;
        pthread_mutex_unlock(&pool->lock);
    }
    return slot;
}

void counters_free(struct rule_counters *slot)
{
    if (!slot) {
        return;
    }
    struct counters *pool = header_of(slot)->pool;
    pthread_mutex_lock(&pool->lock);
    struct chunk *chunk = &pool->chunks[header_of(slot)->index];
    uint32_t *more = chunk->refs ? &chunk->refs[slot - slot_at(chunk, 0)] : NULL;
    if (more && *more) {
        --*more;
        pthread_mutex_unlock(&pool->lock);
    } else {
        mark(pool, slot, false);
        unref_locked(pool);
    }
}
