/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods as parts of transactions. */
#pragma once

#include "lib/ofp/group.h"

struct ofproto;
struct smap;
struct transaction;

/* The default limits: groups of one bridge, and buckets in all of them. */
enum { GROUP_CHANGE_MAX_GROUPS = 1 << 20, GROUP_CHANGE_MAX_BUCKETS = 1 << 22 };

/* The limits of every bridge, from the next group-mod on: group-limit and bucket-limit of Open_vSwitch.other_config. Main thread. */
void group_change_set_options(const struct smap *);

/* Prepares a group-mod: what follows in the transaction sees the groups as it leaves them, packets see them once the transaction is
 * committed. Flows that refer to a deleted group go with it. After an error the transaction can only be aborted. */
enum ofp_error group_change_prepare(struct transaction *, struct ofproto *, const struct ofp_group_mod *) WARN_UNUSED;
