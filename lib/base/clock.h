/* SPDX-License-Identifier: Apache-2.0 */
/* Time, real or set by a test.
 *
 * clock_ms() never goes back. Once clock_stop() was called it moves only by clock_warp(), which is how the tests of
 * time-outs run without waiting. All timers of the event loop follow it. Wall-clock time moves along.
 * Any thread may read; main thread only sets. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int64_t clock_ms(void);      /* monotonic, milliseconds */
uint64_t clock_ns(void);     /* monotonic, nanoseconds */
int64_t clock_wall_ms(void); /* since 1970-01-01 UTC, milliseconds */

/* The real monotonic clock even when the clock is stopped: for time-outs of input and output, milliseconds. */
int64_t clock_real_ms(void);

void clock_stop(void);
bool clock_is_stopped(void);

/* Moves the clock, stopped or not, ahead by 'ms' >= 0. */
void clock_warp(int64_t ms);
