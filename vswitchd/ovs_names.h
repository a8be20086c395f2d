/* SPDX-License-Identifier: Apache-2.0 */
/* --ovs-names: the control socket and the pidfile also under the names where ovs-appctl looks for them. */
#pragma once

#include "lib/base/compiler.h"

/* Makes symbolic links in the run directory: ovs-vswitchd.pid and ovs-vswitchd.PID.ctl. The pidfile must exist. Null, or a sentence (the caller
 * frees it). Main thread. */
char *ovs_names_create(void) WARN_UNUSED;
void ovs_names_remove(void);
