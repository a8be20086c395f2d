/* SPDX-License-Identifier: Apache-2.0 */
/* Which flow of a full table has to go.
 *
 * As in OVS: only flows with a timeout may be evicted. Flows are in groups by the values of some fields of their match; one of the largest group
 * goes, so that no group crowds out the others. In a group it is the one of lowest importance, and of these the one that would expire
 * first. Whoever holds tables_lock(). */
#pragma once

#include <stddef.h>

#include "lib/ofp/field.h"

struct eviction;
struct rule;

/* With no fields all flows are in one group. The fields are copied. */
struct eviction *eviction_create(const struct subfield *fields, size_t n_fields);
void eviction_destroy(struct eviction *); /* null is fine */

/* A flow that has come, or has gone. */
void eviction_add(struct eviction *, struct rule *);
void eviction_remove(struct eviction *, struct rule *);

/* The flow to evict, or null if none may be. */
struct rule *eviction_choose(struct eviction *);
