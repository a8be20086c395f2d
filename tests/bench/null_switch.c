/* SPDX-License-Identifier: Apache-2.0 */
/* A switch that does not switch: what comes from one guest goes to the other unseen. It has Weft's own rings and packet memory and
 * nothing else, so it tells how much of a packet's time the rest of the datapath takes.
 *
 * usage: null_switch SOCKET SOCKET   connects to the guests, forwards on processor 1, prints "cycles N" a packet and
 *                                    "burst N", packets at a time, when it is told to end */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/port_kinds.h"
#include "datapath/port_vhost.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"

enum { N_PORTS = 2, N_FRAMES = 16384, N_TAILS = 64, CPU = 1, MAX_UNSETTLED = 4 /* passes */ };

static struct port ports[N_PORTS];
static struct port_counters counters[N_PORTS][1];
static struct frame_cache *frames;
static struct loop *loop;
static bool stop;
static uint64_t n_packets, n_bursts, busy_cycles;

static uint64_t cycles(void)
{
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    return 0; /* not told */
#endif
}

/* From one port to the other; returns the number of packets. */
static unsigned int move(struct port *from, struct port *to)
{
    struct batch batch;
    enum drop_reason why;
    batch_init(&batch);
    unsigned int n = from->ops->rx(from, 0, frames, &batch, BATCH_MAX);
    if (n) {
        n_bursts++;
        to->ops->tx(to, 0, batch.packets, n, &why);
        frame_cache_put_all(frames, batch.packets, n);
    }
    return n;
}

/* As Weft's forwarding threads do: when there is nothing more, and every few passes. */
static void settle(unsigned int n)
{
    static unsigned int n_passes;
    if (!n || ++n_passes >= MAX_UNSETTLED) {
        n_passes = 0;
        for (int i = 0; i < N_PORTS; i++) {
            ports[i].ops->tx_done(&ports[i], 0);
        }
    }
}

static void *forward(void *aux)
{
    rcu_thread_start();
    for (int i = 0; i < N_PORTS; i++) {
        ports[i].ops->rx_poll(&ports[i], 0, true);
    }
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint64_t start = cycles();
        unsigned int n = move(&ports[0], &ports[1]) + move(&ports[1], &ports[0]);
        settle(n);
        if (n) {
            n_packets += n;
            busy_cycles += cycles() - start;
        }
        rcu_quiesce();
    }
    rcu_thread_end();
    return NULL;
}

static void port_changed(void *aux, struct port *port, unsigned int n_rxq)
{
}

static void die(const char *what, char *error)
{
    fprintf(stderr, "null_switch: %s: %s\n", what, error ? error : "cannot be had");
    exit(1);
}

static void open_port(unsigned int i, const char *socket)
{
    struct smap options = SMAP_INIT;
    char *error = NULL;
    smap_set(&options, "vhost-server-path", socket);
    ports[i].ops = port_kind_find("vhostuserclient");
    ports[i].no = i + 1;
    snprintf(ports[i].name, sizeof ports[i].name, "g%u", i);
    ports[i].counters = counters[i];
    if (ports[i].ops->open(&ports[i], &options, &error)) {
        die(socket, error);
    }
    smap_destroy(&options);
}

static void end(void *aux, unsigned int events)
{
    loop_stop(loop);
}

int main(int argc, char *argv[])
{
    static uint64_t drops[DROP_N_REASONS];
    char *error = NULL;
    sigset_t signals;
    if (argc != 1 + N_PORTS) {
        fprintf(stderr, "usage: %s SOCKET SOCKET\n", argv[0]);
        return 1;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    rcu_thread_start();
    loop = loop_create();
    const struct port_host host = { loop, port_changed, NULL };
    port_vhost_set_host(&host);
    struct arena *arena = arena_create(N_FRAMES, N_TAILS, 1, &error);
    if (!arena) {
        die("packet memory", error);
    }
    frames = frame_cache_create(arena, 0, drops);
    for (unsigned int i = 0; i < N_PORTS; i++) {
        open_port(i, argv[1 + i]);
    }
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    struct loop_watch *watch = loop_watch_create(loop, fd, LOOP_READ, end, NULL);
    pthread_t thread;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(CPU, &cpus);
    if (pthread_create(&thread, NULL, forward, NULL)) {
        die("a thread", NULL);
    }
    pthread_setaffinity_np(thread, sizeof cpus, &cpus);
    loop_run(loop);

    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    rcu_offline();
    pthread_join(thread, NULL);
    rcu_online();
    printf("cycles %.2f\n", n_packets ? (double) busy_cycles / (double) n_packets : 0);
    printf("burst %.1f\n", n_bursts ? (double) n_packets / (double) n_bursts : 0);
    for (unsigned int i = 0; i < N_PORTS; i++) {
        ports[i].ops->close(&ports[i]);
    }
    loop_watch_destroy(watch);
    frame_cache_destroy(frames);
    arena_destroy(arena);
    loop_destroy(loop);
    rcu_thread_end();
    return 0;
}
