/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue that ports share fairly: they are served in turn, and when it is full, room is made where most is waiting. So a port that floods it
 * loses its own packets, and the others get theirs through.
 *
 * One thread at a time. Items are the caller's, who embeds a struct fair_item. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/rcu.h"

struct fair_item {
    struct cds_list_head node;
    size_t size; /* bytes, for the limit; set by the caller */
};

struct fair_queue;

struct fair_queue *fair_queue_create(size_t max_items, size_t max_bytes);
void fair_queue_destroy(struct fair_queue *); /* it is empty; null is fine */
void fair_queue_set_max_items(struct fair_queue *, size_t max_items);

void fair_queue_put(struct fair_queue *, uint32_t port, struct fair_item *);

/* The item that goes next, or null: the first of the port whose turn it is. */
struct fair_item *fair_queue_take(struct fair_queue *);

/* Takes an item that has to go because there are too many, or null if there are not. It is the first of the port that has the most. To be called
 * after each fair_queue_put() until it returns null. */
struct fair_item *fair_queue_take_excess(struct fair_queue *);

size_t fair_queue_n(const struct fair_queue *);
