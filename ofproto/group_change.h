/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods as parts of transactions. */
#pragma once

#include "lib/ofp/group.h"

struct ofproto;
struct transaction;

/* The default limits: groups of one bridge, and buckets in all of them. */
enum { GROUP_CHANGE_MAX_GROUPS = 1 << 20, GROUP_CHANGE_MAX_BUCKETS = 1 << 22 };

/* Of every bridge, from the next group-mod on. Main thread. */
void group_change_set_limits(size_t max_groups, size_t max_buckets);

/* Prepares a group-mod: what follows in the transaction sees the groups as it leaves them, packets see them once the transaction is
 * committed. Flows that refer to a deleted group go with it. After an error the transaction can only be aborted. */
enum ofp_error group_change_prepare(struct transaction *, struct ofproto *, const struct ofp_group_mod *) WARN_UNUSED;
