/* SPDX-License-Identifier: Apache-2.0 */
/* The packet arena: two classes of buffers, magazines of free ones, and the threads' caches of
 * magazines. */
#include "datapath/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void) (p), (void) (n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void) (p), (void) (n))
#endif

#include "lib/base/mem.h"
#include "lib/net/tunnel.h"

/* Buffers are numbered. A magazine holds the numbers of free ones; it is itself numbered from 1,
 * because 0 ends a list. */
enum { MAGAZINE_SIZE = 32, HUGE_PAGE_SIZE = 2 << 20 };

struct magazine {
    uint32_t next; /* in a stack; any thread, relaxed */
    uint32_t n;
    uint32_t items[MAGAZINE_SIZE];
};

/* A Treiber stack of magazines: the number of the top one in the low half, and in the high half a
 * count of the changes, so that a compare-and-swap fails when the top left and came back. */
struct stack {
    uint64_t top;
} CACHE_ALIGNED;

struct pool {
    struct stack full;  /* with at least one buffer */
    struct stack empty;
    uint32_t n_items;
    uint32_t n_stacked; /* buffers in the full stack; any thread, relaxed */
    struct magazine *magazines;
    struct magazine *remnant; /* what destroyed caches left that fills no magazine; main thread */
};

/* 'loaded' is taken from and given to; 'previous' is either full or empty, so that a thread at the
 * edge of a magazine does not go to the stacks with each buffer. */
struct pool_cache {
    struct pool *pool;
    struct magazine *loaded, *previous;
    uint32_t n; /* buffers in both; owner: rw; main: ro, relaxed */
};

/* A packet with what the arena knows of it. The array of these parallels the frames. */
struct arena_packet {
    struct packet packet;
    uint32_t refs;
} __attribute__((aligned(128)));

struct mapping {
    uint8_t *base;
    size_t size;
    bool huge;
};

struct arena {
    struct mapping frames, tails;
    struct arena_packet *packets;
    struct packet_tunnel *tunnels; /* as many; not touched until a packet needs it */
    uint32_t *tail_refs; /* each written by the thread that has the tail */
    struct pool frame_pool, tail_pool;
    struct frame_cache **caches; /* main thread */
    unsigned int n_caches, max_caches;
};

struct frame_cache {
    struct pool_cache frames, tails;
    struct arena *arena;
    uint64_t *drops;
    unsigned int thread;
} CACHE_ALIGNED;

/* Magazines and pools. */

static void push(struct pool *pool, struct stack *stack, struct magazine *magazine)
{
    uint32_t number = magazine - pool->magazines + 1;
    uint64_t top = __atomic_load_n(&stack->top, __ATOMIC_RELAXED);
    uint64_t new_top;
    do {
        __atomic_store_n(&magazine->next, (uint32_t) top, __ATOMIC_RELAXED);
        new_top = ((top >> 32) + 1) << 32 | number;
    } while (!__atomic_compare_exchange_n(&stack->top, &top, new_top, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

static struct magazine *pop(struct pool *pool, struct stack *stack)
{
    uint64_t top = __atomic_load_n(&stack->top, __ATOMIC_ACQUIRE);
    for (;;) {
        uint32_t number = (uint32_t) top;
        if (!number) {
            return NULL;
        }
        struct magazine *magazine = &pool->magazines[number - 1];
        uint32_t next = __atomic_load_n(&magazine->next, __ATOMIC_RELAXED);
        uint64_t new_top = ((top >> 32) + 1) << 32 | next;
        if (__atomic_compare_exchange_n(&stack->top, &top, new_top, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE)) {
            return magazine;
        }
    }
}

static void push_full(struct pool *pool, struct magazine *magazine)
{
    __atomic_fetch_add(&pool->n_stacked, magazine->n, __ATOMIC_RELAXED);
    push(pool, &pool->full, magazine);
}

static struct magazine *pop_full(struct pool *pool)
{
    struct magazine *magazine = pop(pool, &pool->full);
    if (magazine) {
        __atomic_fetch_sub(&pool->n_stacked, magazine->n, __ATOMIC_RELAXED);
    }
    return magazine;
}

/* There are magazines for all items, two for each cache, and the remnant, so that an empty one is
 * always there. */
static struct magazine *pop_empty(struct pool *pool)
{
    struct magazine *magazine = pop(pool, &pool->empty);
    assert(magazine);
    magazine->n = 0;
    return magazine;
}

static void pool_init(struct pool *pool, uint32_t n_items, unsigned int n_caches)
{
    uint32_t n_full = DIV_ROUND_UP(n_items, MAGAZINE_SIZE);
    uint32_t n_magazines = n_full + 2 * n_caches + 1;
    memset(pool, 0, sizeof *pool);
    pool->magazines = xcalloc(n_magazines, sizeof *pool->magazines);
    pool->n_items = n_items;
    for (uint32_t i = n_magazines; i-- > n_full;) {
        push(pool, &pool->empty, &pool->magazines[i]);
    }

    /* The buffers with the lowest numbers come out first. */
    for (uint32_t i = n_full; i-- > 0;) {
        struct magazine *magazine = &pool->magazines[i];
        uint32_t first = i * MAGAZINE_SIZE;
        uint32_t n = MIN(n_items - first, MAGAZINE_SIZE);
        for (uint32_t j = 0; j < n; j++) {
            magazine->items[j] = first + n - 1 - j;
        }
        magazine->n = n;
        push_full(pool, magazine);
    }
    pool->remnant = pop_empty(pool);
}

static void pool_cache_init(struct pool_cache *cache, struct pool *pool)
{
    cache->pool = pool;
    cache->loaded = pool->remnant;
    cache->previous = pop_empty(pool);
    cache->n = cache->loaded->n;
    pool->remnant = pop_empty(pool);
}

static void drain(struct pool *pool, struct magazine *magazine)
{
    while (magazine->n) {
        if (pool->remnant->n == MAGAZINE_SIZE) {
            push_full(pool, pool->remnant);
            pool->remnant = pop_empty(pool);
        }
        pool->remnant->items[pool->remnant->n++] = magazine->items[--magazine->n];
    }
    push(pool, &pool->empty, magazine);
}

static void pool_cache_destroy(struct pool_cache *cache)
{
    drain(cache->pool, cache->loaded);
    drain(cache->pool, cache->previous);
}

static void swap_magazines(struct pool_cache *cache)
{
    struct magazine *loaded = cache->loaded;
    cache->loaded = cache->previous;
    cache->previous = loaded;
}

static bool reload(struct pool_cache *cache)
{
    swap_magazines(cache);
    if (!cache->loaded->n) {
        struct magazine *full = pop_full(cache->pool);
        if (!full) {
            return false;
        }
        push(cache->pool, &cache->pool->empty, cache->loaded);
        cache->loaded = full;
        __atomic_store_n(&cache->n, cache->n + full->n, __ATOMIC_RELAXED);
    }
    return true;
}

static void unload(struct pool_cache *cache)
{
    swap_magazines(cache);
    if (cache->loaded->n == MAGAZINE_SIZE) {
        __atomic_store_n(&cache->n, cache->n - MAGAZINE_SIZE, __ATOMIC_RELAXED);
        push_full(cache->pool, cache->loaded);
        cache->loaded = pop_empty(cache->pool);
    }
}

static inline bool take(struct pool_cache *cache, uint32_t *item)
{
    if (unlikely(!cache->loaded->n) && !reload(cache)) {
        return false;
    }
    *item = cache->loaded->items[--cache->loaded->n];
    __atomic_store_n(&cache->n, cache->n - 1, __ATOMIC_RELAXED);
    return true;
}

static inline void give(struct pool_cache *cache, uint32_t item)
{
    if (unlikely(cache->loaded->n == MAGAZINE_SIZE)) {
        unload(cache);
    }
    cache->loaded->items[cache->loaded->n++] = item;
    __atomic_store_n(&cache->n, cache->n + 1, __ATOMIC_RELAXED);
}

/* Mappings. */

/* Ordinary pages, aligned so that the kernel can put huge ones in their place later. */
static void *map_plain(size_t size)
{
    uint8_t *p = mmap(NULL, size + HUGE_PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    uint8_t *aligned = (uint8_t *) ROUND_UP((uintptr_t) p, (uintptr_t) HUGE_PAGE_SIZE);
    if (aligned > p) {
        munmap(p, aligned - p);
    }
    munmap(aligned + size, p + HUGE_PAGE_SIZE - aligned);
    return aligned;
}

static bool map(struct mapping *m, size_t size)
{
    m->size = ROUND_UP(size, (size_t) HUGE_PAGE_SIZE);
    m->base = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
                   -1, 0);
    m->huge = m->base != MAP_FAILED;
    if (!m->huge) {
        m->base = map_plain(m->size);
        if (m->base) {
            madvise(m->base, m->size, MADV_HUGEPAGE);
        }
    }
    return m->base != NULL;
}

static void unmap(struct mapping *m)
{
    if (m->base) {
        ASAN_UNPOISON_MEMORY_REGION(m->base, m->size);
        munmap(m->base, m->size);
    }
}

/* The arena. */

struct arena *arena_create(uint32_t n_frames, uint32_t n_tails, unsigned int n_caches,
                           char **errorp)
{
    struct arena *arena = xzalloc(sizeof *arena);
    n_frames = MAX(n_frames, MAGAZINE_SIZE);
    n_tails = MAX(n_tails, MAGAZINE_SIZE);
    if (!map(&arena->frames, (size_t) n_frames * PACKET_FRAME_SIZE)
        || !map(&arena->tails, (size_t) n_tails * ARENA_TAIL_SIZE)) {
        *errorp = xasprintf("no memory for %u packet frames and %u tails", n_frames, n_tails);
        unmap(&arena->frames);
        free(arena);
        return NULL;
    }
    ASAN_POISON_MEMORY_REGION(arena->frames.base, arena->frames.size);
    ASAN_POISON_MEMORY_REGION(arena->tails.base, arena->tails.size);
    size_t packets_size = n_frames * sizeof *arena->packets;
    arena->packets = aligned_alloc(sizeof *arena->packets, packets_size);
    if (!arena->packets) {
        abort();
    }
    memset(arena->packets, 0, packets_size);
    arena->tunnels = aligned_alloc(CACHE_LINE_SIZE, n_frames * sizeof *arena->tunnels);
    if (!arena->tunnels) {
        abort();
    }
    arena->tail_refs = xcalloc(n_tails, sizeof *arena->tail_refs);
    arena->max_caches = n_caches;
    arena->caches = xcalloc(n_caches, sizeof *arena->caches);
    pool_init(&arena->frame_pool, n_frames, n_caches);
    pool_init(&arena->tail_pool, n_tails, n_caches);
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (arena) {
        assert(!arena->n_caches);
        unmap(&arena->frames);
        unmap(&arena->tails);
        free(arena->packets);
        free(arena->tunnels);
        free(arena->tail_refs);
        free(arena->caches);
        free(arena->frame_pool.magazines);
        free(arena->tail_pool.magazines);
        free(arena);
    }
}

void *arena_frames(const struct arena *arena, size_t *size)
{
    *size = (size_t) arena->frame_pool.n_items * PACKET_FRAME_SIZE;
    return arena->frames.base;
}

bool arena_has_huge_pages(const struct arena *arena)
{
    return arena->frames.huge && arena->tails.huge;
}

uint32_t arena_n_frames(const struct arena *arena)
{
    return arena->frame_pool.n_items;
}

uint32_t arena_n_tails(const struct arena *arena)
{
    return arena->tail_pool.n_items;
}

static uint32_t pool_n_free(const struct pool *pool)
{
    return __atomic_load_n(&pool->n_stacked, __ATOMIC_RELAXED) + pool->remnant->n;
}

uint32_t arena_n_frames_free(const struct arena *arena)
{
    uint32_t n = pool_n_free(&arena->frame_pool);
    for (unsigned int i = 0; i < arena->n_caches; i++) {
        n += __atomic_load_n(&arena->caches[i]->frames.n, __ATOMIC_RELAXED);
    }
    return MIN(n, arena->frame_pool.n_items);
}

uint32_t arena_n_tails_free(const struct arena *arena)
{
    uint32_t n = pool_n_free(&arena->tail_pool);
    for (unsigned int i = 0; i < arena->n_caches; i++) {
        n += __atomic_load_n(&arena->caches[i]->tails.n, __ATOMIC_RELAXED);
    }
    return MIN(n, arena->tail_pool.n_items);
}

/* Caches. */

struct frame_cache *frame_cache_create(struct arena *arena, unsigned int thread, uint64_t *drops)
{
    if (arena->n_caches == arena->max_caches) {
        return NULL;
    }
    struct frame_cache *cache = xzalloc_cacheline(sizeof *cache);
    pool_cache_init(&cache->frames, &arena->frame_pool);
    pool_cache_init(&cache->tails, &arena->tail_pool);
    cache->arena = arena;
    cache->thread = thread;
    cache->drops = drops;
    arena->caches[arena->n_caches++] = cache;
    return cache;
}

void frame_cache_destroy(struct frame_cache *cache)
{
    if (!cache) {
        return;
    }
    struct arena *arena = cache->arena;
    pool_cache_destroy(&cache->frames);
    pool_cache_destroy(&cache->tails);
    for (unsigned int i = 0; i < arena->n_caches; i++) {
        if (arena->caches[i] == cache) {
            arena->caches[i] = arena->caches[--arena->n_caches];
            break;
        }
    }
    free(cache);
}

unsigned int frame_cache_thread(const struct frame_cache *cache)
{
    return cache->thread;
}

const struct arena *frame_cache_arena(const struct frame_cache *cache)
{
    return cache->arena;
}

struct packet *arena_packet_at(const struct arena *arena, uint32_t index)
{
    return &arena->packets[index].packet;
}

static struct arena_packet *arena_packet(const struct packet *packet)
{
    return CONTAINER_OF(packet, struct arena_packet, packet);
}

static inline struct packet *use_frame(struct arena *arena, uint32_t i)
{
    struct arena_packet *p = &arena->packets[i];
    uint8_t *frame = arena->frames.base + (size_t) i * PACKET_FRAME_SIZE;
    ASAN_UNPOISON_MEMORY_REGION(frame, PACKET_FRAME_SIZE);
    assert(!p->refs);
    p->refs = 1;
    packet_use(&p->packet, frame, PACKET_FRAME_SIZE, PACKET_HEADROOM, 0);
    return &p->packet;
}

struct packet *frame_cache_get(struct frame_cache *cache)
{
    uint32_t i;
    return take(&cache->frames, &i) ? use_frame(cache->arena, i) : NULL;
}

/* Out of the magazine one by one: numbers that were just written one by one are not to be read together, since that would wait until
 * they, and all that was written before them, have reached the cache. */
unsigned int frame_cache_get_all(struct frame_cache *cache, struct packet **packets, unsigned int n)
{
    struct pool_cache *free = &cache->frames;
    unsigned int done = 0;
    while (done < n && (likely(free->loaded->n) || reload(free))) {
        struct magazine *from = free->loaded;
        unsigned int part = MIN(n - done, from->n);
        from->n -= part;
        __atomic_store_n(&free->n, free->n - part, __ATOMIC_RELAXED);
        for (unsigned int i = part; i; i--) {
            packets[done++] = use_frame(cache->arena, from->items[from->n + i - 1]);
        }
    }
    return done;
}

static uint32_t tail_number(const struct frame_cache *cache, const uint8_t *tail)
{
    size_t i = (tail - cache->arena->tails.base) / ARENA_TAIL_SIZE;
    assert(i < cache->arena->tail_pool.n_items);
    return i;
}

uint8_t *frame_cache_get_tail(struct frame_cache *cache)
{
    uint32_t i;
    if (!take(&cache->tails, &i)) {
        return NULL;
    }
    uint8_t *tail = cache->arena->tails.base + (size_t) i * ARENA_TAIL_SIZE;
    ASAN_UNPOISON_MEMORY_REGION(tail, ARENA_TAIL_SIZE);
    cache->arena->tail_refs[i] = 1;
    return tail;
}

static bool is_arenas(const struct frame_cache *cache, const uint8_t *tail)
{
    return (uintptr_t) tail - (uintptr_t) cache->arena->tails.base < cache->arena->tails.size;
}

void frame_cache_put_tail(struct frame_cache *cache, uint8_t *tail)
{
    if (tail && is_arenas(cache, tail)) {
        uint32_t i = tail_number(cache, tail);
        assert(cache->arena->tail_refs[i]);
        if (!--cache->arena->tail_refs[i]) {
            ASAN_POISON_MEMORY_REGION(cache->arena->tails.base + (size_t) i * ARENA_TAIL_SIZE,
                                      ARENA_TAIL_SIZE);
            give(&cache->tails, i);
        }
    }
}

void frame_cache_ref_tail(struct frame_cache *cache, const uint8_t *tail)
{
    cache->arena->tail_refs[tail_number(cache, tail)]++;
}

/* Gives up one reference; true if it was the last one, and the frame is now to be given back. */
static inline bool unref(struct frame_cache *cache, struct packet *packet)
{
    struct arena_packet *p = arena_packet(packet);
    assert(p->refs);
    if (--p->refs) {
        return false;
    }
    if (unlikely(packet->tail != NULL)) {
        frame_cache_put_tail(cache, packet->tail);
    }
    ASAN_POISON_MEMORY_REGION(packet->frame, PACKET_FRAME_SIZE);
    return true;
}

void frame_cache_put(struct frame_cache *cache, struct packet *packet)
{
    if (unref(cache, packet)) {
        give(&cache->frames, arena_packet(packet) - cache->arena->packets);
    }
}

void frame_cache_put_all(struct frame_cache *cache, struct packet *const *packets, unsigned int n)
{
    struct pool_cache *free = &cache->frames;
    for (unsigned int i = 0; i < n;) {
        if (unlikely(free->loaded->n == MAGAZINE_SIZE)) {
            unload(free);
        }
        struct magazine *to = free->loaded;
        unsigned int before = to->n, now = before;
        for (; i < n && now < MAGAZINE_SIZE; i++) {
            to->items[now] = arena_packet(packets[i]) - cache->arena->packets;
            now += unref(cache, packets[i]);
        }
        to->n = now;
        __atomic_store_n(&free->n, free->n + now - before, __ATOMIC_RELAXED);
    }
}

void frame_cache_count_drops(struct frame_cache *cache, enum drop_reason reason, unsigned int n)
{
    __atomic_store_n(&cache->drops[reason], cache->drops[reason] + n, __ATOMIC_RELAXED);
}

void frame_cache_drop(struct frame_cache *cache, struct packet *packet, enum drop_reason reason)
{
    frame_cache_count_drops(cache, reason, 1);
    frame_cache_put(cache, packet);
}

void arena_packet_ref(struct packet *packet)
{
    arena_packet(packet)->refs++;
}

bool arena_packet_is_shared(const struct packet *packet)
{
    return arena_packet(packet)->refs > 1;
}

void frame_cache_truncate(struct frame_cache *cache, struct packet *packet, uint32_t len)
{
    uint8_t *tail = packet->tail;
    packet_truncate(packet, len);
    if (tail && !packet->tail) {
        frame_cache_put_tail(cache, tail);
    }
}

struct packet_tunnel *frame_cache_tunnel(struct frame_cache *cache, const struct packet *packet)
{
    return &cache->arena->tunnels[arena_packet(packet) - cache->arena->packets];
}

/* Moves the last 'n' bytes of the head to the front of a tail that is the packet's own. */
static bool move_to_tail(struct frame_cache *cache, struct packet *p, uint32_t n)
{
    uint8_t *tail = p->tail_len + n <= ARENA_TAIL_SIZE ? frame_cache_get_tail(cache) : NULL;
    if (!tail) {
        return false;
    }
    if (!packet_read(p, p->head_len, tail + n, p->tail_len)) {
        abort(); /* the packet is as long as it is */
    }
    p->head_len -= n;
    memcpy(tail, p->data + p->head_len, n);
    frame_cache_put_tail(cache, p->tail);
    p->tail = tail;
    p->pieces = NULL;
    p->tail_len += n;
    return true;
}

bool frame_cache_make_headroom(struct frame_cache *cache, struct packet *p, uint32_t n)
{
    assert(n <= ARENA_MAX_HEADROOM);
    if (n <= packet_headroom(p)) {
        return true;
    }
    uint32_t start = ROUND_UP(n, 2u);
    if (start + p->head_len > p->frame_size
        && !move_to_tail(cache, p, start + p->head_len - p->frame_size)) {
        return false;
    }
    memmove(p->frame + start, p->data, p->head_len);
    p->data = p->frame + start;
    return true;
}

struct packet *frame_cache_copy(struct frame_cache *cache, const struct packet *from)
{
    struct packet *to = frame_cache_get(cache);
    if (to) {
        uint8_t *frame = to->frame;
        *to = *from;
        to->frame = frame;
        to->data = frame + (from->data - from->frame);
        memcpy(to->data, from->data, from->head_len);
        if (to->tail && is_arenas(cache, to->tail)) {
            cache->arena->tail_refs[tail_number(cache, to->tail)]++;
        }
        if (to->tunnel) {
            to->tunnel = frame_cache_tunnel(cache, to);
            *to->tunnel = *from->tunnel;
        }
    }
    return to;
}

bool frame_cache_has_borrowed_tail(const struct frame_cache *cache, const struct packet *packet)
{
    return packet->tail && !is_arenas(cache, packet->tail);
}

bool frame_cache_own_tail(struct frame_cache *cache, struct packet *packet)
{
    if (!frame_cache_has_borrowed_tail(cache, packet)) {
        return true;
    }
    uint32_t room = packet->frame_size - packet_headroom(packet) - packet->head_len;
    uint32_t n = packet->tail_len <= room ? packet->tail_len : 0;
    uint8_t *tail = n ? NULL : frame_cache_get_tail(cache);
    if (!n && !tail) {
        return false;
    }
    if (!packet_read(packet, packet->head_len, n ? packet->data + packet->head_len : tail,
                     packet->tail_len)) {
        abort(); /* the packet is as long as it is */
    }
    packet->head_len += n;
    packet->tail_len -= n;
    packet->tail = tail;
    packet->pieces = NULL;
    return true;
}

struct packet *frame_cache_make_private(struct frame_cache *cache, struct packet *packet)
{
    if (likely(!arena_packet_is_shared(packet))) {
        return packet;
    }
    struct packet *copy = frame_cache_copy(cache, packet);
    if (!copy) {
        frame_cache_count_drops(cache, DROP_NO_BUFFER, 1);
    }
    frame_cache_put(cache, packet);
    return copy;
}
