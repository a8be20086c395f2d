/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that Open_vSwitch.other_config sets for the whole program, and that are one number each. What is there already stays when a limit is
 * lowered. (Flows: Flow_Table.flow_limit, ofproto/table_config.h. Groups: ofproto/group_change.h. Bundles: ofproto/message_bundle.h. Cached
 * flows: ofproto/revalidator.h.) */
#pragma once

#include <stdint.h>

struct smap;

/* Main thread. */
void limits_set_options(const struct smap *);

/* Any thread. */
uint32_t limits_meters(void);    /* meter-limit: of all bridges */
uint32_t limits_learned(void);   /* learn-limit: flows of one cookie and table by learn actions that name no limit; 0: as many as there is room for */
uint32_t limits_all_learned(void); /* learned-flow-limit: flows of a bridge by learn actions, all together; 0: as many as there is room for */
uint32_t limits_resubmits(void); /* resubmit-limit: tables that a translation goes through */
uint32_t limits_monitors(void);  /* monitor-limit: of one connection */
