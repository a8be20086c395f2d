/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a miss to the control program: a ring of records in shared memory, with one producer
 * and one consumer.
 *
 * There is one ring for each pair of a forwarding thread and a handler, so that neither side ever
 * waits for a lock. The ring is a memfd: a page of header, then 'size' bytes of records (a power of
 * two). 'head' and 'tail' count bytes since the beginning and never wrap; a record lies at its
 * count modulo 'size', starts and ends at multiples of UPCALL_RECORD_ALIGN, and does not cross the
 * end of the memory: a record of kind UPCALL_PAD fills what is left there. Behind the record's
 * fixed part come the lines of the key that are in use, the user data and the packet.
 *
 * Trust. Neither side believes the other. The producer keeps its own head and size, reads nothing
 * from the memory but 'tail' and 'waiting', and takes a tail that makes no sense for a ring that is
 * full. The consumer keeps its own tail and size, copies each record to private memory before it
 * looks at it, and checks every length in the copy; a ring that makes no sense is broken for good.
 * The memfd is sealed against shrinking, so that no access faults.
 *
 * Waking up. Each handler has a *bell*: one end is readable while it rings. A consumer that finds
 * all its rings empty sets 'waiting' in each and looks once more before it sleeps. A producer that
 * publishes records and finds 'waiting' set clears it and rings. The bell is a socket pair, not an
 * eventfd: the other side could make writing to an eventfd block.
 *
 * Fairness. A port may fill only as many bytes of a ring as are left free at that time, so that one
 * port gets at most half of a ring, n ports at most 1/(n+1) each, and a port that sends little
 * always finds room: a storm of misses from one port cannot lock out the misses of another. */
#pragma once

#include "datapath/client.h"
#include "lib/base/compiler.h"

#define UPCALL_RING_MAGIC 0x77667570u /* "wfup" */
enum {
    UPCALL_RING_VERSION = 1,
    UPCALL_RING_HEADER_SIZE = 4096,
    UPCALL_RING_DEFAULT_SIZE = 1 << 21,
    UPCALL_RING_MIN_SIZE = 1 << 18,
    UPCALL_RING_MAX_SIZE = 1 << 26,
    UPCALL_RECORD_ALIGN = 64,
    UPCALL_PAD = 0,
    UPCALL_ROOM_FRACTION = 16, /* of a ring, that counts as room for more */
};

struct upcall_ring_header {
    uint32_t magic;
    uint32_t version;
    uint64_t size;                   /* bytes behind the header */
    uint64_t head CACHE_ALIGNED;     /* producer: wo; consumer: ro */
    uint64_t tail CACHE_ALIGNED;     /* producer: ro; consumer: wo */
    uint32_t waiting CACHE_ALIGNED;  /* both: rw */
};

struct upcall_record {
    uint32_t size;         /* bytes of the whole record, a multiple of UPCALL_RECORD_ALIGN */
    uint32_t kind;         /* UPCALL_PAD or enum dp_upcall_kind */
    uint32_t lines;        /* of the key */
    uint32_t userdata_len; /* bytes */
    uint32_t packet_len;   /* bytes in the record */
    uint32_t full_len;     /* bytes of the packet */
    struct dp_offload offload;
    uint16_t reserved[3];
    uint64_t time_ns;
    uint8_t reserved2[16];
} __attribute__((aligned(64)));
static_assert(sizeof(struct upcall_record) == 64, "one line, then the key's lines");

/* Bells. */

/* Makes a bell. 'ends' receives the producer's and the consumer's end. 0 or a positive errno. */
enum { UPCALL_BELL_RING_END, UPCALL_BELL_WAIT_END };
int upcall_bell_create(int ends[2]) WARN_UNUSED;

void upcall_bell_ring(int ring_end);  /* any thread; never blocks */
void upcall_bell_drain(int wait_end); /* never blocks: silences the bell */

/* Producer: create and destroy on the main thread, put and publish on one forwarding thread. */

struct upcall_producer;

/* 'size' is a power of two from UPCALL_RING_MIN_SIZE to UPCALL_RING_MAX_SIZE. 0 or a positive
 * errno. */
int upcall_producer_create(size_t size, struct upcall_producer **) WARN_UNUSED;
void upcall_producer_destroy(struct upcall_producer *); /* null is fine */
int upcall_producer_fd(const struct upcall_producer *);  /* the memfd, the producer's */

struct upcall_request {
    enum dp_upcall_kind kind;
    const struct flow *key;
    const struct packet *packet;
    uint32_t max_len;        /* of the packet's bytes */
    const uint8_t *userdata; /* at most ACTION_MAX_USERDATA bytes */
    uint32_t userdata_len;
    uint64_t time_ns;
};

/* Adds a record that the consumer sees after the next publish. DROP_NONE, DROP_UPCALL_QUEUE_FULL,
 * or DROP_UPCALL_QUOTA when only the packet's in_port has no room left. */
enum drop_reason upcall_producer_put(struct upcall_producer *,
                                     const struct upcall_request *) WARN_UNUSED;

/* Is there, for packets of 'in_port', so much room that it is worth while to receive more of them? */
bool upcall_producer_has_room(struct upcall_producer *, uint32_t in_port);

/* Shows the consumer what was put. True if the consumer waits, so that its bell is to be rung. */
bool upcall_producer_publish(struct upcall_producer *) WARN_UNUSED;

/* Consumer: one thread at a time. */

struct upcall_consumer;

/* Maps the memfd, which stays the caller's and may be closed. Null and a sentence in '*errorp' (the
 * caller frees it) if it is no such ring. */
struct upcall_consumer *upcall_consumer_create(int fd, char **errorp) WARN_UNUSED;
void upcall_consumer_destroy(struct upcall_consumer *); /* null is fine */

/* The next record, not released yet; its pointers lead into the consumer's private memory and stay
 * good until it is released. False if there is none. */
bool upcall_consumer_next(struct upcall_consumer *, struct dp_upcall *) WARN_UNUSED;

/* Releases the oldest 'n' records that were received: their pointers go bad, and their room is the
 * producer's again. */
void upcall_consumer_release(struct upcall_consumer *, size_t n);

/* Asks the producer to ring when it publishes more. False if there is something to receive
 * already. */
bool upcall_consumer_wait(struct upcall_consumer *) WARN_UNUSED;

/* Null, or what is wrong with the ring, which gives nothing any more. */
const char *upcall_consumer_error(const struct upcall_consumer *);
