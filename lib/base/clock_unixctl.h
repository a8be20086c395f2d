/* SPDX-License-Identifier: Apache-2.0 */
/* The commands by which tests set the clock: time/stop and time/warp. For daemons that run with --enable-dummy. */
#pragma once

struct loop;
struct unixctl;

/* Loop's thread. Undone by clock_unixctl_stop(), before the loop is destroyed. */
void clock_unixctl_register(struct unixctl *, struct loop *);
void clock_unixctl_stop(void);
