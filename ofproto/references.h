/* SPDX-License-Identifier: Apache-2.0 */
/* Which flows of a bridge refer to which groups and meters, so that deleting one of these finds the flows that go with it without
 * a search of all tables. The tables tell of each rule that comes and goes; most refer to nothing and are not noted. Under
 * tables_lock(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/ofp/ofp.h"

struct ofproto;
struct references;
struct rule;
struct rule_list;

enum reference_kind { REFERENCE_GROUP, REFERENCE_METER };

struct references *references_create(void);
void references_destroy(struct references *); /* null is fine */

/* Before the rule's actions change it goes, and comes again afterwards. Null references are fine. */
void references_add(struct references *, struct rule *);
void references_remove(struct references *, const struct rule *);

/* Are the groups and meters there that a list of OpenFlow actions names? As the changes prepared so far have it. */
enum ofp_error references_check(const struct ofproto *, const void *actions, size_t size) WARN_UNUSED;

/* How many rules refer to it? */
size_t references_count(const struct references *, enum reference_kind, uint32_t id);
void references_collect(const struct references *, enum reference_kind, uint32_t id, struct rule_list *);
