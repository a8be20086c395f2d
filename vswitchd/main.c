/* SPDX-License-Identifier: Apache-2.0 */
/* weft-vswitchd: the control program. Reads its options and starts, in order, what the switch consists of. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock_unixctl.h"
#include "lib/base/coverage.h"
#include "lib/base/daemon.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/rcu.h"
#include "lib/base/signals.h"
#include "lib/base/tls.h"
#include "lib/base/unixctl.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/server.h"
#include "ofproto/ofproto.h"
#include "vswitchd/datapathd.h"
#include "vswitchd/names.h"
#include "vswitchd/ovs_names.h"
#include "vswitchd/vswitch.h"
#include "vswitchd/vswitch_schema.h"

LOG_MODULE(vswitchd);

enum { COVERAGE_INTERVAL = 5000 }; /* ms */

struct options {
    char *db_path;
    char *datapath_path;      /* null: the default */
    const char *remotes[16];  /* besides db.sock */
    size_t n_remotes;
    bool start_datapath;
    bool dummy;
    bool ovs_names;
};

/* All that runs, so that it can be taken down in the reverse order. */
struct vswitchd {
    struct options options;
    struct loop *loop;
    struct unixctl *unixctl;
    struct ovsdb *db;
    struct ovsdb_server *server;
    struct vswitch *vswitch;
    struct loop_timer *coverage_timer;
    bool cleanup; /* at exit, delete ports and flows from the datapath */
};

static void usage(void)
{
    printf("weft-vswitchd: the control program of the Weft virtual switch\n"
           "usage: weft-vswitchd [OPTIONS]\n"
           "\nOptions:\n"
           "  --db=FILE               configuration database (default: %s/conf.db)\n"
           "  --remote=REMOTE         also serve the database at REMOTE, e.g. ptcp:6640:127.0.0.1\n"
           "  --datapath=SOCKET       socket of weft-datapathd (default: %s/datapath.sock)\n"
           "  --no-start-datapath     do not start weft-datapathd when none is running\n"
           "  --ovs-names             also answer to the name ovs-vswitchd, for ovs-appctl\n"
           "  --enable-dummy          allow what tests need: dummy ports, a clock that can be set\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n"
           "%s%s",
           paths_dbdir(), paths_rundir(), daemon_usage, tls_usage);
}

/* Start-up failures end the program; the daemon's parent tells by its exit status. */
static void fatal_if(char *error)
{
    if (error) {
        log_emer("%s", error);
        fprintf(stderr, "weft-vswitchd: %s\n", error);
        free(error);
        exit(1);
    }
}

static void parse_options(int argc, char *argv[], struct options *options)
{
    enum { OPT_DB = 1, OPT_REMOTE, OPT_DATAPATH, OPT_NO_START, OPT_OVS_NAMES, OPT_DUMMY };
    static const struct option long_options[] = {
        { "db", required_argument, NULL, OPT_DB },
        { "remote", required_argument, NULL, OPT_REMOTE },
        { "datapath", required_argument, NULL, OPT_DATAPATH },
        { "no-start-datapath", no_argument, NULL, OPT_NO_START },
        { "ovs-names", no_argument, NULL, OPT_OVS_NAMES },
        { "enable-dummy", optional_argument, NULL, OPT_DUMMY },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        DAEMON_LONG_OPTIONS,
        TLS_LONG_OPTIONS,
        { NULL, 0, NULL, 0 },
    };
    options->start_datapath = true;
    int c;
    char *error = NULL;
    while ((c = getopt_long(argc, argv, "hVv::" TLS_SHORT_OPTIONS, long_options, NULL)) != -1) {
        if (daemon_parse_option(c, optarg) || tls_parse_option(c, optarg, &error)) {
            fatal_if(error);
            continue;
        }
        switch (c) {
        case OPT_DB:
            free(options->db_path);
            options->db_path = paths_in_dbdir(optarg);
            break;
        case OPT_REMOTE:
            if (options->n_remotes == ARRAY_SIZE(options->remotes)) {
                fprintf(stderr, "weft-vswitchd: more than %zu --remote options\n", options->n_remotes);
                exit(1);
            }
            options->remotes[options->n_remotes++] = optarg;
            break;
        case OPT_DATAPATH:
            free(options->datapath_path);
            options->datapath_path = paths_in_rundir(optarg);
            break;
        case OPT_NO_START:
            options->start_datapath = false;
            break;
        case OPT_OVS_NAMES:
            options->ovs_names = true;
            break;
        case OPT_DUMMY:
            options->dummy = true;
            break;
        case 'h':
            usage();
            exit(0);
        case 'V':
            printf("weft-vswitchd (Weft) %s\n", PACKAGE_VERSION);
            exit(0);
        default:
            fprintf(stderr, "Try 'weft-vswitchd --help' for more information.\n");
            exit(1);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "weft-vswitchd: non-option argument \"%s\" not accepted; the configuration "
                        "database is built in (see --db)\n", argv[optind]);
        exit(1);
    }
    if (!options->db_path) {
        options->db_path = paths_in_dbdir("conf.db");
    }
}

static void command_exit(struct unixctl_conn *conn, int argc, const char *argv[], void *vswitchd_)
{
    struct vswitchd *vswitchd = vswitchd_;
    if (argc > 1 && strcmp(argv[1], "--cleanup")) {
        unixctl_reply_error(conn, "the only option of exit is --cleanup");
        return;
    }
    vswitchd->cleanup = argc > 1;
    unixctl_reply(conn, NULL);
    loop_stop(vswitchd->loop);
}

static void command_compact(struct unixctl_conn *conn, int argc, const char *argv[], void *vswitchd_)
{
    struct vswitchd *vswitchd = vswitchd_;
    int error = ovsdb_compact(vswitchd->db);
    if (error) {
        unixctl_reply_error(conn, strerror(error));
    } else {
        unixctl_reply(conn, NULL);
    }
}

static void stop_by_signal(void *loop)
{
    loop_stop(loop);
}

static void run_coverage(void *vswitchd_)
{
    struct vswitchd *vswitchd = vswitchd_;
    coverage_run();
    loop_timer_set_in(vswitchd->coverage_timer, COVERAGE_INTERVAL);
}

static void poke(void *vswitchd_)
{
    struct vswitchd *vswitchd = vswitchd_;
    if (vswitchd->vswitch) {
        vswitch_poke(vswitchd->vswitch);
    }
}

static void start_control_socket(struct vswitchd *vswitchd)
{
    char *error = NULL;
    vswitchd->unixctl = unixctl_create(vswitchd->loop, daemon_unixctl_path(), &error);
    fatal_if(error);
    unixctl_register(vswitchd->unixctl, "exit", "[--cleanup]", 0, 1, command_exit, vswitchd);
    unixctl_register(vswitchd->unixctl, "ovsdb-server/compact", "", 0, 1, command_compact, vswitchd);
    if (vswitchd->options.ovs_names) {
        unixctl_set_version_text(vswitchd->unixctl,
                                 "ovs-vswitchd (Open vSwitch) " VSWITCHD_OVS_VERSION);
        fatal_if(ovs_names_create());
    } else {
        unixctl_set_version_text(vswitchd->unixctl, "weft-vswitchd (Weft) " PACKAGE_VERSION);
    }
    if (vswitchd->options.dummy) {
        clock_unixctl_register(vswitchd->unixctl);
    }
}

static void start_database(struct vswitchd *vswitchd)
{
    char *error = NULL;
    vswitchd->db = ovsdb_open(vswitch_schema_text, vswitchd->options.db_path, &error);
    fatal_if(error);
    vswitchd->server = ovsdb_server_create(vswitchd->loop, vswitchd->db);
    char *path = paths_in_rundir("db.sock");
    char *socket = xasprintf("punix:%s", path);
    fatal_if(ovsdb_server_add_remote(vswitchd->server, socket));
    free(socket);
    free(path);
    for (size_t i = 0; i < vswitchd->options.n_remotes; i++) {
        const char *remote = vswitchd->options.remotes[i];
        if (strcmp(remote, "db:Open_vSwitch,Open_vSwitch,manager_options")) { /* which are followed anyway */
            fatal_if(ovsdb_server_add_remote(vswitchd->server, remote));
        }
    }
    ovsdb_server_follow_managers(vswitchd->server);
}

static void start_switch(struct vswitchd *vswitchd)
{
    struct ofprotos_config config = {
        .loop = vswitchd->loop,
        .unixctl = vswitchd->unixctl,
        .datapath_path = vswitchd->options.datapath_path,
        .dummy = vswitchd->options.dummy,
        .changed = poke,
        .aux = vswitchd,
    };
    fatal_if(ofprotos_start(&config));
    vswitchd->vswitch = vswitch_create(vswitchd->loop, vswitchd->db);
}

static void stop(struct vswitchd *vswitchd)
{
    loop_timer_destroy(vswitchd->coverage_timer);
    vswitch_destroy(vswitchd->vswitch, vswitchd->cleanup);
    ofprotos_stop(vswitchd->cleanup);
    ovsdb_server_destroy(vswitchd->server);
    ovsdb_close(vswitchd->db);
    if (vswitchd->options.ovs_names) {
        ovs_names_remove();
    }
    unixctl_destroy(vswitchd->unixctl);
    signals_stop();
    loop_destroy(vswitchd->loop);
    free(vswitchd->options.db_path);
    free(vswitchd->options.datapath_path);
    daemon_exit();
}

/* jemalloc's name, it reads this when the program starts. A million rules are spread over memory that is read in no order; with pages of 2 MB the
 * processor finds its way there in much less time, at 8 bytes more a rule. */
extern const char *malloc_conf;
const char *malloc_conf = "thp:always";

int main(int argc, char *argv[])
{
    /* Binding of low ports is all that is left of root's powers: listeners may come with the configuration. */
    static const int capabilities[] = { CAP_NET_BIND_SERVICE, -1 };
    struct vswitchd vswitchd = { .options = { 0 } };

    hash_init();
    daemon_init("weft-vswitchd");
    parse_options(argc, argv, &vswitchd.options);
    daemon_start();
    rcu_thread_start();
    if (vswitchd.options.start_datapath) {
        char *error = datapathd_ensure(vswitchd.options.datapath_path, vswitchd.options.dummy);
        if (error) {
            log_warn("%s; waiting for one to be started", error);
            free(error);
        }
    }

    vswitchd.loop = loop_create();
    signals_start(vswitchd.loop, stop_by_signal, vswitchd.loop);
    start_control_socket(&vswitchd);
    start_database(&vswitchd);
    daemon_drop_privileges(capabilities);
    start_switch(&vswitchd);
    vswitchd.coverage_timer = loop_timer_create(vswitchd.loop, run_coverage, &vswitchd);
    loop_timer_set_in(vswitchd.coverage_timer, COVERAGE_INTERVAL);
    daemon_complete();
    log_info("weft-vswitchd %s started", PACKAGE_VERSION);

    loop_run(vswitchd.loop);
    stop(&vswitchd);
    rcu_thread_end();
    return 0;
}
