/* SPDX-License-Identifier: Apache-2.0 */
/* The commands by which tests set the clock: time/stop and time/warp. */
#include "lib/base/clock_unixctl.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/unixctl.h"

/* The warp in progress. Each step is taken by a timer that is due at once: it fires behind all timers that the step before made
 * due, so that nothing is skipped, and the answer comes when all of them have fired. */
static struct unixctl_conn *warping; /* null: none */
static struct loop_timer *step_timer; /* while there is one */
static int64_t left_ms, step_ms;
static void (*observer)(int64_t warp_ms); /* or null */

static void tell_observer(int64_t ms)
{
    if (observer) {
        observer(ms);
    }
}

static void step(void *aux)
{
    if (left_ms > 0) {
        int64_t ms = step_ms < left_ms ? step_ms : left_ms;
        left_ms -= ms;
        clock_warp(ms);
        tell_observer(ms);
        loop_timer_set_in(step_timer, 0);
    } else {
        struct unixctl_conn *conn = warping;
        warping = NULL;
        loop_timer_destroy(step_timer);
        unixctl_reply(conn, "warped");
    }
}

static bool parse_ms(const char *s, int64_t *ms)
{
    char *end;
    *ms = strtoll(s, &end, 10);
    return end != s && !*end && *ms >= 0 && *ms <= INT64_C(100) * 365 * 86400 * 1000;
}

static void stop(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    clock_stop();
    tell_observer(0);
    unixctl_reply(conn, NULL);
}

static void warp(struct unixctl_conn *conn, int argc, const char *argv[], void *loop)
{
    int64_t total, each;
    if (!parse_ms(argv[1], &total) || !parse_ms(argv[argc - 1], &each)) {
        unixctl_reply_error(conn, "invalid number of milliseconds");
    } else if (argc > 2 && !each) {
        unixctl_reply_error(conn, "a step of 0 ms leads nowhere");
    } else if (warping) {
        unixctl_reply_error(conn, "a warp is in progress");
    } else {
        left_ms = total;
        step_ms = each;
        warping = conn;
        step_timer = loop_timer_create(loop, step, NULL);
        step(NULL);
    }
}

void clock_unixctl_register(struct unixctl *u)
{
    unixctl_register(u, "time/stop", "", 0, 0, stop, NULL);
    unixctl_register(u, "time/warp", "[LARGE-MSECS] MSECS", 1, 2, warp, unixctl_loop(u));
}

void clock_unixctl_set_observer(void (*cb)(int64_t warp_ms))
{
    observer = cb;
}
