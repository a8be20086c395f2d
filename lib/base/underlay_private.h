/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the underlay share. All under the lock unless said otherwise. */
#pragma once

#include <pthread.h>

#include "lib/base/hmap.h"
#include "lib/base/underlay.h"

struct linkwatch;
struct loop_timer;
struct loop_watch;
struct mnl_socket;
struct route_ask;
struct route_msg;

struct underlay_address {
    struct hmap_node node; /* by address */
    struct inet_addr addr;
    unsigned int bits;
    int ifindex;           /* 0: of a dummy */
    char device[IFNAMSIZ];
    uint32_t generation;   /* the dump in which it was last seen */
};

struct underlay {
    pthread_mutex_t lock;
    uint64_t version;      /* atomic: any thread reads, the lock's holder writes */
    struct route_ask *ask;

    /* Answers, by key, and by destination for the news. */
    struct hmap answers;
    struct underlay_answer **sorted;
    size_t n_sorted, allocated_sorted;
    uint64_t epoch;        /* answers of an earlier one are stale */

    struct hmap addresses;
    uint32_t generation;   /* of the last dump of addresses */
    struct underlay_user_route *user;
    size_t n_user, allocated_user;
    struct underlay_work work;

    /* The loop's thread. */
    const struct underlay_events *events;
    void *aux;
    struct loop *loop;
    struct mnl_socket *socket;
    struct loop_watch *watch;
    struct loop_timer *pause; /* until news are read again */
    struct linkwatch *links;
    uint8_t *buffer;
};

/* underlay.c */
void underlay_lock(struct underlay *);
void underlay_unlock(struct underlay *);
void underlay_moved_locked(struct underlay *);

/* underlay_answer.c */
void underlay_answers_stale_locked(struct underlay *); /* all */
bool underlay_answers_stale_prefix_locked(struct underlay *, const struct inet_addr *prefix, unsigned int bits); /* was there one? */
bool underlay_answers_stale_device_locked(struct underlay *, const char *device);

/* underlay_address.c */
void underlay_address_news_locked(struct underlay *, const struct route_msg *);
void underlay_addresses_read_locked(struct underlay *);
void underlay_addresses_destroy(struct underlay *);
bool underlay_has_address_locked(struct underlay *, const char *device, const struct inet_addr *);
bool underlay_source_locked(struct underlay *, const char *device, const struct inet_addr *dst, struct inet_addr *source);

/* underlay_user.c: the longest prefix that covers the address and has the mark. Null: none. */
const struct underlay_user_route *underlay_user_find_locked(const struct underlay *, const struct inet_addr *, uint32_t mark);
