/* SPDX-License-Identifier: Apache-2.0 */
/* weft-datapathd: the forwarding program. Reads its options and starts, in order, what the datapath
 * consists of. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <unistd.h>

#include "datapath/datapath.h"
#include "datapath/port_ingress.h"
#include "datapath/port_kinds.h"
#include "datapath/server.h"
#include "datapath/tap_steering.h"
#include "datapath/xdp_program.h"
#include "lib/base/daemon.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/paths.h"
#include "lib/base/rcu.h"
#include "lib/base/signals.h"

LOG_MODULE(datapathd);

enum {
    DEFAULT_MAX_FLOWS = 1 << 20,
    DEFAULT_FRAMES = 32768,
    MAX_DEFAULT_THREADS = 4,
};

struct options {
    char *socket_path;
    unsigned int n_threads, max_flows, n_frames;
    bool dummy;
};

static void usage(void)
{
    printf("weft-datapathd: the forwarding program of the Weft virtual switch\n"
           "usage: weft-datapathd [OPTIONS]\n"
           "\nOptions:\n"
           "  --socket=FILE           socket for clients (default: %s/datapath.sock)\n"
           "  --n-threads=N           forwarding threads, 1 to %d\n"
           "                          (default: one per processor, up to %d)\n"
           "  --max-flows=N           cached flows (default: %d)\n"
           "  --n-frames=N            packet buffers of 2 KiB (default: %d)\n"
           "  --enable-dummy          allow what tests need: dummy ports, a clock that can be set\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n"
           "%s",
           paths_rundir(), DATAPATH_MAX_THREADS, MAX_DEFAULT_THREADS, DEFAULT_MAX_FLOWS,
           DEFAULT_FRAMES, daemon_usage);
}

static unsigned int parse_number(const char *name, const char *text, unsigned long min,
                                 unsigned long max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (!*text || *end || text[0] == '-' || value < min || value > max) {
        fprintf(stderr, "weft-datapathd: --%s=%s: must be a number from %lu to %lu\n", name, text,
                min, max);
        exit(1);
    }
    return value;
}

static void parse_options(int argc, char *argv[], struct options *options)
{
    enum { OPT_SOCKET = 1, OPT_THREADS, OPT_FLOWS, OPT_FRAMES, OPT_DUMMY };
    static const struct option long_options[] = {
        { "socket", required_argument, NULL, OPT_SOCKET },
        { "n-threads", required_argument, NULL, OPT_THREADS },
        { "max-flows", required_argument, NULL, OPT_FLOWS },
        { "n-frames", required_argument, NULL, OPT_FRAMES },
        { "enable-dummy", optional_argument, NULL, OPT_DUMMY },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        DAEMON_LONG_OPTIONS,
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "hVv::", long_options, NULL)) != -1) {
        if (daemon_parse_option(c, optarg)) {
            continue;
        }
        switch (c) {
        case OPT_SOCKET:
            free(options->socket_path);
            options->socket_path = paths_in_rundir(optarg);
            break;
        case OPT_THREADS:
            options->n_threads = parse_number("n-threads", optarg, 1, DATAPATH_MAX_THREADS);
            break;
        case OPT_FLOWS:
            options->max_flows = parse_number("max-flows", optarg, 16, 1 << 26);
            break;
        case OPT_FRAMES:
            options->n_frames = parse_number("n-frames", optarg, 1024, 1 << 24);
            break;
        case OPT_DUMMY:
            options->dummy = true;
            break;
        case 'h':
            usage();
            exit(0);
        case 'V':
            printf("weft-datapathd (Weft) %s\n", PACKAGE_VERSION);
            exit(0);
        default:
            fprintf(stderr, "Try 'weft-datapathd --help' for more information.\n");
            exit(1);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "weft-datapathd: non-option argument \"%s\" not accepted\n", argv[optind]);
        exit(1);
    }
    if (!options->socket_path) {
        options->socket_path = paths_in_rundir("datapath.sock");
    }
}

static void fatal_if(char *error)
{
    if (error) {
        log_emer("%s", error);
        fprintf(stderr, "weft-datapathd: %s\n", error);
        free(error);
        exit(1);
    }
}

static unsigned int default_threads(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : MIN(n, MAX_DEFAULT_THREADS);
}

static void stop(void *loop)
{
    loop_stop(loop);
}

static void count_memory(struct memory_usage *usage, void *dp)
{
    struct dp_totals totals;

    datapath_totals(dp, &totals);
    memory_usage_add(usage, "ports", totals.n_ports);
    memory_usage_add(usage, "datapath-flows", totals.n_flows);
    memory_usage_add(usage, "masks", totals.n_masks);
    memory_usage_add(usage, "frames", totals.n_frames);
    memory_usage_add(usage, "frames-in-use", totals.n_frames - totals.n_frames_free);
    memory_usage_add(usage, "tails-in-use", datapath_n_tails_in_use(dp));
    memory_usage_add(usage, "huge-pages", datapath_has_huge_pages(dp));
}

static struct datapath *start_datapath(const struct options *options)
{
    const struct datapath_config config = { .max_flows = options->max_flows,
                                            .n_threads = options->n_threads,
                                            .n_frames = options->n_frames };
    char *error = NULL;

    if (options->dummy) {
        port_kinds_enable_dummy();
    }
    struct datapath *dp = datapath_create(&config, &error);
    fatal_if(error);
    memory_register(count_memory, dp);
    if (!datapath_has_huge_pages(dp)) {
        log_info("packet buffers lie in ordinary pages: too few huge pages are free");
    }
    return dp;
}

static struct server *start_server(const struct options *options, struct loop *loop,
                                   struct datapath *dp)
{
    const struct server_config config = { .loop = loop,
                                          .datapath = dp,
                                          .path = options->socket_path,
                                          .name = "ovs-system",
                                          .program = "weft-datapathd (Weft) " PACKAGE_VERSION,
                                          .max_flows = options->max_flows,
                                          .enable_dummy = options->dummy,
                                          .exit = stop,
                                          .aux = loop };
    char *error = NULL;

    struct server *server = server_create(&config, &error);
    fatal_if(error);
    return server;
}

int main(int argc, char *argv[])
{
    /* Taps, routes and packet sockets; and memory that may not be paged out, for devices that
     * register it. */
    static const int capabilities[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK, -1 };
    struct options options = { NULL, default_threads(), DEFAULT_MAX_FLOWS, DEFAULT_FRAMES, false };

    hash_init();
    daemon_init("weft-datapathd");
    parse_options(argc, argv, &options);
    daemon_start();

    /* Threads inherit what is left of the privileges, so these go before the first thread comes. */
    port_ingress_init();
    xdp_program_init();
    tap_steering_init();
    daemon_drop_privileges(capabilities);

    rcu_thread_start();
    struct loop *loop = loop_create();
    struct datapath *dp = start_datapath(&options);
    struct server *server = start_server(&options, loop, dp);
    signals_start(loop, stop, loop);
    daemon_complete();
    log_info("weft-datapathd %s is ready with %u forwarding threads", PACKAGE_VERSION,
             options.n_threads);

    loop_run(loop);

    log_info("exiting");
    server_destroy(server);
    memory_unregister(count_memory, dp);
    datapath_destroy(dp);
    signals_stop();
    loop_destroy(loop);
    rcu_thread_end();
    free(options.socket_path);
    daemon_exit();
    return 0;
}
