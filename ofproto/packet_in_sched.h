/* SPDX-License-Identifier: Apache-2.0 */
/* The packet-ins of one connection on their way to its peer: as fast as the peer reads and its rate limit allows, ports in turn.
 *
 * What may go at once goes at once. The rest waits in a bounded queue, which makes room at the expense of the port that has the most in it. So
 * one port cannot starve the others, and a peer that does not read costs a bounded amount of memory. Main thread. */
#pragma once

#include <stdint.h>

struct ofconn;
struct ofpbuf;
struct packet_in_sched;

struct packet_in_sched *packet_in_sched_create(struct ofconn *);
void packet_in_sched_destroy(struct packet_in_sched *);

/* 'rate' packet-ins a second, 0 for no limit; after a pause 'burst' at once (0: a quarter of the rate). As many wait while the rate holds them back; 'queue_size'
 * (0: the default) while the peer does. */
void packet_in_sched_set_limits(struct packet_in_sched *, int rate, int burst, int queue_size);

/* Takes the message out of the buffer, which is empty afterwards. */
void packet_in_sched_put(struct packet_in_sched *, uint32_t port, struct ofpbuf *message);

/* The peer has read something. */
void packet_in_sched_run(struct packet_in_sched *);

struct packet_in_sched_counters {
    uint64_t backlog;  /* waiting now */
    uint64_t bypassed; /* sent at once */
    uint64_t queued;   /* had to wait */
    uint64_t dropped;  /* and could not */
};

/* Adds this scheduler's to the counters. */
void packet_in_sched_count(const struct packet_in_sched *, struct packet_in_sched_counters *);
