/* SPDX-License-Identifier: Apache-2.0 */
/* The commands by which tests set the clock: time/stop and time/warp. For daemons that run with --enable-dummy. */
#pragma once

#include <stdint.h>

struct unixctl;

/* Loop's thread. */
void clock_unixctl_register(struct unixctl *);

/* Calls 'cb' whenever a command has stopped the clock (with 0) or moved it. Null: nobody. */
void clock_unixctl_set_observer(void (*cb)(int64_t warp_ms));
