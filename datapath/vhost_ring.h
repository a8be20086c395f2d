/* SPDX-License-Identifier: Apache-2.0 */
/* One virtqueue of a guest's network device: taking packets out of it, or putting packets in.
 *
 * A ring is a conversation in memory that the guest may rewrite at any moment. Each field that it
 * writes is read once, into private memory, and checked there; walks along chains are bounded; an
 * address counts only as far as the guest's memory has it. A chain that makes no sense is given
 * back unused and counted; an index that makes no sense stops the ring until the guest sets it up
 * anew.
 *
 * Packets are taken and put in bursts: what was used is told to the guest once per burst. Whether it wants to be
 * interrupted for that is looked at later, once for several bursts: the look has to wait until all that was
 * written has reached the guest's processor, which takes as long as a good part of a burst.
 *
 * The main thread sets a ring up and publishes it (port_vhost.c); from then on it belongs to the
 * thread that polls it (guest to switch), or to whoever holds its lock (switch to guest).
 *
 * Source: virtio 1.2 sections 2.7 (split) and 2.8 (packed), 5.1.6 (network packets). */
#pragma once

#include <pthread.h>

#include <urcu/arch.h>

#include "datapath/batch.h"
#include "datapath/port.h"
#include "datapath/vhost_memory.h"

enum {
    VHOST_MAX_SEGS = 128,  /* pieces of one packet's memory, and descriptors of one chain */
    VHOST_MAX_PIECES = 24, /* of a tail that is borrowed; a super-packet of Linux has 17 */
};

/* Both formats lay a descriptor out in 16 bytes. */
struct vhost_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t a, b; /* split: flags, next; packed: buffer id, flags */
};
static_assert(sizeof(struct vhost_desc) == 16, "virtio 1.2 sections 2.7.5 and 2.8.13");

/* Flags of descriptors. */
enum {
    VHOST_DESC_NEXT = 1,
    VHOST_DESC_WRITE = 2,
    VHOST_DESC_INDIRECT = 4,
    VHOST_DESC_AVAIL = 1 << 7,
    VHOST_DESC_USED = 1 << 15,
};

/* What follows the flags and index of a split ring's two halves. */
struct vhost_used_elem {
    uint32_t id, len;
};

struct vhost_avail {
    uint16_t flags, idx;
    uint16_t ring[]; /* and behind it used_event */
};

struct vhost_used {
    uint16_t flags, idx;
    struct vhost_used_elem ring[]; /* and behind it avail_event */
};

/* Event suppression of a packed ring. */
struct vhost_event {
    uint16_t desc; /* offset, and in the highest bit the wrap counter */
    uint16_t flags;
};
enum {
    VHOST_EVENT_ENABLE = 0,
    VHOST_EVENT_DISABLE = 1,
    VHOST_EVENT_DESC = 2,
    VHOST_EVENT_FLAG_BITS = 2, /* the others are reserved */
};

/* Of the front-end's log of dirty pages: one bit for each. */
struct vhost_log {
    uint8_t *bits;
    uint64_t size; /* bytes */
};
enum { VHOST_LOG_PAGE = 4096 };

/* The memory that one chain of descriptors names. */
struct vhost_seg {
    uint8_t *base;
    uint32_t len;
    uint64_t addr; /* guest-physical */
};

struct vhost_chain {
    uint16_t id;      /* to be given back */
    uint16_t n_slots; /* entries that it takes of the ring */
    bool is_indirect;
    uint16_t n;
    uint32_t len; /* of all segments */
    struct vhost_seg segs[VHOST_MAX_SEGS];
};

/* A chain that is to be given back with 'len' bytes written. */
struct vhost_done {
    uint16_t id, n_slots;
    uint32_t len;
};

struct vhost_ring {
    /* Set up by the main thread; constant while published. */
    const struct vhost_memory *memory;
    const struct vhost_log *log; /* null: pages need not be logged */
    struct vhost_desc *desc;
    struct vhost_avail *avail;
    struct vhost_used *used;
    struct vhost_event *driver, *device; /* packed */
    uint64_t features;
    uint64_t log_addr; /* guest-physical address of the used ring, to be logged; 0: not */
    struct vhost_inflight_packed
        *inflight; /* where a packed ring's position outlives the program; may be null */
    uint16_t size;
    uint8_t hdr_len;
    bool packed, event_idx, mergeable, in_order;
    int kick_fd, call_fd, err_fd;

    /* The owner's. */
    uint16_t next_avail CACHE_ALIGNED; /* split: free-running; packed: an offset */
    uint16_t next_used;
    uint16_t n_avail; /* split: entries known to be there from next_avail on */
    bool avail_wrap, used_wrap;
    bool lends;         /* packets may borrow the guest's memory until the next take */
    bool suppressed;    /* the guest was told that it need not kick */
    uint32_t n_due;     /* bursts for which the guest was not asked yet whether to be told of them */
    uint16_t signalled; /* split: used index, packed: next_used, when the guest was last asked */
    uint16_t n_unsignalled;   /* packed: entries used since then */
    bool broken;              /* owner: wo; main: ro, relaxed */
    struct vhost_chain chain; /* in work */

    /* Entries from the position on whose descriptors were read: the descriptor, its head or buffer
     * id, and its memory, if it is a whole chain by itself, of the right direction and in one
     * piece; else null. */
    uint16_t n_ahead;
    uint16_t ids[BATCH_MAX];
    struct vhost_desc ahead[BATCH_MAX];
    uint8_t *plain[BATCH_MAX];

    /* Chains of the last burst that packets have borrowed from, and those behind them: not given
     * back yet. */
    uint16_t n_held;
    struct vhost_done held[BATCH_MAX];
    struct packet_piece pieces[BATCH_MAX][VHOST_MAX_PIECES]; /* of their packets' tails */

    pthread_spinlock_t lock CACHE_ALIGNED; /* switch to guest */
};

/* What is kept for a packed ring in the in-flight buffer: where the last batch began and ended. */
struct vhost_inflight_places {
    uint16_t used_idx, old_used_idx;
    uint8_t used_wrap, old_used_wrap, padding[2];
};
struct vhost_inflight_packed {
    uint64_t features;
    uint16_t version, desc_num, free_head, old_free_head;
    struct vhost_inflight_places places;
    uint8_t padding[8];
};

/* All at once: a crash may come in between. */
union vhost_inflight_word {
    uint64_t word;
    struct vhost_inflight_places places;
};
static_assert(sizeof(union vhost_inflight_word) == 8, "one store");

static inline void vhost_inflight_note(struct vhost_inflight_packed *p,
                                       struct vhost_inflight_places places)
{
    const union vhost_inflight_word u = {.places = places};
    __atomic_store_n((uint64_t *)(void *)&p->places, u.word, __ATOMIC_RELAXED);
}

/* Orders a store before a load, which acquire and release do not. */
static inline void vhost_ring_barrier(void)
{
#if defined(__SANITIZE_THREAD__)
    cmm_smp_mb(); /* the thread sanitizer does not know fences */
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* What may be wrong with a burst: counters of the caller's. */
struct vhost_faults {
    unsigned int n_bad;     /* chains that made no sense */
    unsigned int n_no_room; /* packets for which there was no buffer in the arena */
};

/* Main thread only. */

/* Is there such a position? */
bool vhost_ring_is_base(const struct vhost_ring *, uint32_t base);

/* Readies a ring whose constant fields are set for its first use at the position 'base' (as
 * SET_VRING_BASE has it). */
void vhost_ring_start(struct vhost_ring *, uint32_t base);

/* The position, as GET_VRING_BASE has it. Nobody uses the ring. */
uint32_t vhost_ring_base(const struct vhost_ring *);

/* Where a packed ring goes on that another back-end left at 'base' without a word, while it gave
 * back the next 'n_slots' slots, 0 if it was not or this is not known. A batch that the driver has
 * not seen is made whole, its chains unused. So are chains in front of some that were given back by
 * the front-end: QEMU does so with what is sent while nobody is connected, and begins where the
 * ring was when it last heard of it. */
uint32_t vhost_packed_recover(struct vhost_ring *, uint32_t base, uint32_t n_slots);

/* The owner. */

/* Interrupts the guest if it wants to be for what take and put have used. Take does so itself when it finds nothing more and after a
 * few bursts, put never does: whoever puts calls this in the end. */
void vhost_ring_settle(struct vhost_ring *);

/* Takes at most 'max' packets out of the ring into fresh frames at 'packets'; returns how many. If
 * ring->lends, the tail of a long packet may be the guest's own memory, which is given back with
 * the next call: the packet is copied once, to where it goes. */
unsigned int vhost_ring_take(struct vhost_ring *, struct frame_cache *, struct packet **packets,
                             unsigned int max, struct vhost_faults *);

/* Puts packets into the ring; returns how many of the first ones fit. If not all did, '*why' says
 * what became of the next. */
unsigned int vhost_ring_put(struct vhost_ring *, struct packet *const *, unsigned int n,
                            enum drop_reason *why);

/* Gives back what the packets of the last burst had borrowed, all of which are done with, and settles; take does
 * so, too. */
void vhost_ring_release(struct vhost_ring *);

/* Tells the guest whether to kick. After telling it to, says whether something came meanwhile. */
void vhost_ring_suppress(struct vhost_ring *);
bool vhost_ring_arm(struct vhost_ring *);

/* The formats, for vhost_ring.c. */

enum vhost_fetch {
    VHOST_FETCH_OK,
    VHOST_FETCH_NONE,
    VHOST_FETCH_BAD, /* a chain that makes no sense: 'id' and 'n_slots' alone are valid */
};

/* Reads the chain that is 'ahead' entries behind the ring's position. Stops the ring if it cannot
 * be given back. */
enum vhost_fetch vhost_split_fetch(struct vhost_ring *, uint16_t ahead, bool writable,
                                   struct vhost_chain *);
enum vhost_fetch vhost_packed_fetch(struct vhost_ring *, uint16_t ahead, bool writable,
                                    struct vhost_chain *);

/* Reads the first descriptors of the next 'n' chains, for fetch, and asks for the memory that they
 * name. */
void vhost_split_read_ahead(struct vhost_ring *, unsigned int n, bool writable);
void vhost_packed_read_ahead(struct vhost_ring *, unsigned int n, bool writable);

/* Gives the next chains back, in order, and moves on. 'in' says that all were read from, none
 * written to. */
void vhost_split_publish(struct vhost_ring *, const struct vhost_done *, unsigned int n, bool in);
void vhost_packed_publish(struct vhost_ring *, const struct vhost_done *, unsigned int n, bool in);

/* Does the guest want to be told of what was published since it was asked last? */
bool vhost_split_wants_call(struct vhost_ring *);
bool vhost_packed_wants_call(struct vhost_ring *);

void vhost_split_set_kicks(struct vhost_ring *, bool wanted);
void vhost_packed_set_kicks(struct vhost_ring *, bool wanted);
bool vhost_split_has_input(const struct vhost_ring *);
bool vhost_packed_has_input(const struct vhost_ring *);

/* The ring makes no sense any more: stops it. */
void vhost_ring_break(struct vhost_ring *);
