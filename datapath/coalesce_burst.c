/* SPDX-License-Identifier: Apache-2.0 */
/* Putting the packets of a burst together. */
#include "datapath/coalesce_burst.h"

#include "datapath/arena.h"
#include "lib/net/coalesce.h"

enum {
    MAX_RUNS = 4,  /* connections at a time */
    MIN_LEN = 512, /* bytes of a first segment: of shorter ones there is less to gain than a copy costs */
};

/* Super-packets that may still grow, the oldest first. */
struct runs {
    unsigned int n;
    struct coalescer of[MAX_RUNS];
};

static void end_run(struct runs *runs, unsigned int i)
{
    coalesce_finish(&runs->of[i]);
    runs->n--;
    memmove(&runs->of[i], &runs->of[i + 1], (runs->n - i) * sizeof runs->of[0]);
}

static void end_all(struct runs *runs)
{
    while (runs->n) {
        end_run(runs, runs->n - 1);
    }
}

/* A tail for what follows the first segment. */
static bool give_room(struct frame_cache *frames, struct coalescer *run)
{
    uint8_t *before = run->packet->tail;
    uint8_t *room = frame_cache_get_tail(frames);
    if (!room || !coalesce_use_room(run, room, ARENA_TAIL_SIZE)) {
        frame_cache_put_tail(frames, room);
        return false;
    }
    frame_cache_put_tail(frames, before);
    return true;
}

/* Adds 'p' to the run that it continues. False if there is none, or it cannot be. */
static bool append(struct frame_cache *frames, struct runs *runs, struct packet *p)
{
    for (unsigned int i = 0; i < runs->n; i++) {
        struct coalescer *run = &runs->of[i];
        if (coalesce_suits(run, p)) {
            if ((!run->room && !give_room(frames, run)) || !coalesce_add(run, p)) {
                return false;
            }
            if (run->closed) {
                end_run(runs, i);
            }
            frame_cache_put(frames, p);
            return true;
        }
    }
    return false;
}

/* 'p' stays by itself, and may be the first of others. Whatever of its connection comes behind it must not be put in front of it. */
static void begin(struct runs *runs, struct packet *p)
{
    struct coalescer run;
    if (!coalesce_start(&run, p)) {
        end_all(runs);
        return;
    }
    for (unsigned int i = runs->n; i-- > 0;) {
        if (coalesce_is_same_connection(&runs->of[i], &run)) {
            end_run(runs, i);
        }
    }
    if (!run.closed && packet_len(p) >= MIN_LEN) {
        if (runs->n == MAX_RUNS) {
            end_run(runs, 0);
        }
        runs->of[runs->n++] = run;
    }
}

unsigned int coalesce_burst(struct frame_cache *frames, struct packet **packets, unsigned int n)
{
    unsigned int n_left = 0;
    while (n_left < n && packet_len(packets[n_left]) < MIN_LEN) {
        n_left++;
    }
    if (likely(n - n_left < 2)) {
        return n;
    }
    struct runs runs;
    runs.n = 0;
    for (unsigned int i = n_left; i < n; i++) {
        struct packet *p = packets[i];
        if (!append(frames, &runs, p)) {
            packets[n_left++] = p;
            begin(&runs, p);
        }
    }
    end_all(&runs);
    return n_left;
}
