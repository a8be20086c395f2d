/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of all packets: one arena of frames, and a cache of free frames per thread.
 *
 * The arena has two classes of buffers, both cut once at start-up out of one mapping each, from
 * huge pages where the machine has some free:
 *
 *   - frames of PACKET_FRAME_SIZE bytes, the heads of packets. Each frame has its struct packet for
 *     life, kept in an array aside, so that the frames alone can serve as a device's receive
 *     memory.
 *   - tails of ARENA_TAIL_SIZE bytes, for what does not fit the head of a super-packet.
 *
 * A thread takes and returns buffers through its frame_cache, last in first out, so that it works
 * in memory that is still in its processor's caches. Caches exchange whole magazines of free
 * buffers with the arena through lock-free stacks; no call here takes a lock, and none but
 * arena_create() takes memory from the heap.
 *
 * Ownership. A packet has a reference count: output to several ports shares one packet between
 * their queues. Whoever wants to write to a packet - its bytes, its length or its metadata - must
 * hold the only reference; frame_cache_make_private() gives a packet of which that is true. A tail
 * is never written once its packet was received, and copies of a packet share it by a count of its
 * own. A packet, its copies and its tail stay with one thread, so that the counts need not be
 * atomic. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/net/packet.h"
#include "lib/net/reason.h"

struct arena;

struct packet_tunnel;

enum { ARENA_TAIL_SIZE = 65536, ARENA_MAX_HEADROOM = 512 };
static_assert(ARENA_TAIL_SIZE + PACKET_HEAD_SIZE >= PACKET_MAX_SIZE,
              "head and tail hold any packet");

/* Main thread only. */

/* An arena of at least 'n_frames' frames and 'n_tails' tails that serves at most 'n_caches' caches.
 * Null, and a sentence in '*errorp' (the caller frees it), if the memory is not to be had. */
struct arena *arena_create(uint32_t n_frames, uint32_t n_tails, unsigned int n_caches,
                           char **errorp) WARN_UNUSED;

/* All caches were destroyed before, and no packet is in use. Null is fine. */
void arena_destroy(struct arena *);

/* The mapping of the frames, for devices that register it: 'size' bytes, frames at multiples of
 * PACKET_FRAME_SIZE. */
void *arena_frames(const struct arena *, size_t *size);

/* The packet of the frame at 'index' times PACKET_FRAME_SIZE of that mapping, for its owner: frame_cache_get() gave
 * it to a device, which gives it back. */
struct packet *arena_packet_at(const struct arena *, uint32_t index);

bool arena_has_huge_pages(const struct arena *); /* frames and tails alike */

uint32_t arena_n_frames(const struct arena *);
uint32_t arena_n_tails(const struct arena *);

/* Frames and tails that are free, in the arena and its caches. Exact when no thread works, else
 * near. */
uint32_t arena_n_frames_free(const struct arena *);
uint32_t arena_n_tails_free(const struct arena *);

/* A cache of free buffers, for one thread. 'thread' is that thread's index in all per-thread
 * arrays; 'drops' its DROP_N_REASONS counters of dropped packets. Null if the arena serves no more
 * caches. */
struct frame_cache *frame_cache_create(struct arena *, unsigned int thread,
                                       uint64_t *drops) WARN_UNUSED;
void frame_cache_destroy(struct frame_cache *); /* gives all back to the arena; null is fine */

/* The cache's own thread only, from here on. */

unsigned int frame_cache_thread(const struct frame_cache *);
const struct arena *frame_cache_arena(const struct frame_cache *);

/* A packet without bytes in a fresh frame: 'data' behind PACKET_HEADROOM bytes of headroom,
 * head_len 0, no tail, no debt, no metadata, no offsets; the caller holds the only reference. Null
 * when the arena is empty. */
struct packet *frame_cache_get(struct frame_cache *) WARN_UNUSED;

/* 'n' of these at once, which costs less than one by one. Returns how many: fewer when the arena has
 * become empty. */
unsigned int frame_cache_get_all(struct frame_cache *, struct packet **, unsigned int n) WARN_UNUSED;

/* A tail buffer of ARENA_TAIL_SIZE bytes, or null. Its owner either stores it in the 'tail' of a
 * packet, which then owns it, or puts it back. */
uint8_t *frame_cache_get_tail(struct frame_cache *) WARN_UNUSED;
void frame_cache_put_tail(struct frame_cache *, uint8_t *tail); /* null is fine */

/* One more owner of a tail of the arena's; 'tail' may point into it, and then serves like its start. */
void frame_cache_ref_tail(struct frame_cache *, const uint8_t *tail);

/* Gives up one reference to a packet; with the last one, its frame and its tail are free. */
void frame_cache_put(struct frame_cache *, struct packet *);
void frame_cache_put_all(struct frame_cache *, struct packet *const *, unsigned int n);

/* frame_cache_put(), and counts one packet dropped for 'reason'. */
void frame_cache_drop(struct frame_cache *, struct packet *, enum drop_reason reason);

/* Counts 'n' packets that were dropped before they had a frame. */
void frame_cache_count_drops(struct frame_cache *, enum drop_reason reason, unsigned int n);

/* One more reference. */
void arena_packet_ref(struct packet *);
bool arena_packet_is_shared(const struct packet *);

/* packet_truncate() for a packet of the arena: a tail that is no longer needed is free. The caller
 * holds the only reference. */
void frame_cache_truncate(struct frame_cache *, struct packet *, uint32_t len);

/* Makes 'n' bytes of headroom, at most ARENA_MAX_HEADROOM, by moving the packet's bytes: the last ones of the head to the tail if
 * there is no room for them. False when there is no tail. The caller holds the only reference. */
bool frame_cache_make_headroom(struct frame_cache *, struct packet *, uint32_t n) WARN_UNUSED;

/* Room for what is known of the tunnel that the packet came out of; copies have their own. */
struct packet_tunnel *frame_cache_tunnel(struct frame_cache *, const struct packet *);

/* A tail that is not the arena's is *borrowed*: bytes of somebody else's that stay where they are
 * until the burst in work is done, such as a guest's; it may lie in pieces. Nothing frees it.
 * frame_cache_own_tail() gives a packet bytes of its own instead; the caller holds the only
 * reference. False if there is no buffer. */
bool frame_cache_has_borrowed_tail(const struct frame_cache *, const struct packet *);
bool frame_cache_own_tail(struct frame_cache *, struct packet *) WARN_UNUSED;

/* A new packet with the same bytes (the tail shared), debt, offsets and metadata. Null when the
 * arena is empty. */
struct packet *frame_cache_copy(struct frame_cache *, const struct packet *) WARN_UNUSED;

/* Exchanges the caller's reference for one that is the only one: the packet itself or a copy. Null
 * when the arena is empty; the reference is given up then, too, and the drop counted. */
struct packet *frame_cache_make_private(struct frame_cache *, struct packet *) WARN_UNUSED;
