/* SPDX-License-Identifier: Apache-2.0 */
/* What a bridge does when no controller can be reached: in "standalone" mode it becomes a learning switch after a while.
 *
 * When no controller was connected for three probe intervals, all flows are removed and a hidden one, above every other, forwards as NORMAL
 * does. It goes when a controller is in charge again: one that sends something that only such a one does, or that has been connected for
 * half a minute. Main thread. */
#pragma once

#include <stdbool.h>

struct fail_open;
struct connmgr;

struct fail_open *fail_open_create(struct connmgr *);
void fail_open_destroy(struct fail_open *); /* null is fine; leaves the flow as it is */

/* Controllers or the mode changed, or a connection came, went or was admitted. */
void fail_open_update(struct fail_open *);
bool fail_open_is_active(const struct fail_open *);

/* The flow "priority=PRIORITY actions=NORMAL" of table 0. */
struct ofproto;
void fail_open_add_normal(struct ofproto *, int priority);
