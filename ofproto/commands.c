/* SPDX-License-Identifier: Apache-2.0 */
/* ofproto/..., bridge/..., and what is passed on to the datapath. */
#include "ofproto/commands.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock_unixctl.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "ofproto/backer.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"
#include "ofproto/trace.h"

LOG_MODULE(commands);

static int compare_names(const void *a_, const void *b_)
{
    const char *const *a = a_, *const *b = b_;
    return strcmp(*a, *b);
}

static void list(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    size_t n = 0, allocated = 0;
    const char **names = NULL;
    for (struct ofproto *o = ofproto_first(); o; o = ofproto_next(o)) {
        if (n == allocated) {
            names = grow_array(names, &allocated, sizeof *names);
        }
        names[n++] = o->name;
    }
    if (n) {
        qsort(names, n, sizeof *names, compare_names);
    }
    struct strbuf s = STRBUF_INIT;
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&s, "%s\n", names[i]);
    }
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
    free(names);
}

typedef char *trace_function(int argc, const char *const argv[], struct strbuf *);

static void answer_trace(struct unixctl_conn *conn, trace_function *function, int argc, const char *argv[])
{
    struct strbuf s = STRBUF_INIT;
    char *error = function(argc - 1, argv + 1, &s);
    if (error) {
        unixctl_reply_error(conn, error);
        free(error);
    } else {
        unixctl_reply(conn, strbuf_str(&s));
    }
    strbuf_destroy(&s);
}

static void trace(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    answer_trace(conn, trace_run, argc, argv);
}

static void trace_packet_out(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    answer_trace(conn, trace_run_packet_out, argc, argv);
}

/* bridge/dump-flows [--offload-stats] BRIDGE */
static void bridge_dump_flows(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct ofproto *ofproto = ofproto_find(argv[argc - 1]);
    if (!ofproto) {
        unixctl_reply_error(conn, "Unknown bridge");
        return;
    }
    ofproto_push_stats();
    struct strbuf s = STRBUF_INIT;
    table_dump(ofproto, &s, true);
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
}

/* bridge/reconnect [BRIDGE] */
static void bridge_reconnect(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct ofproto *ofproto = argc > 1 ? ofproto_find(argv[1]) : ofproto_first();
    if (argc > 1 && !ofproto) {
        unixctl_reply_error(conn, "Unknown bridge");
        return;
    }
    for (; ofproto; ofproto = argc > 1 ? NULL : ofproto_next(ofproto)) {
        connmgr_reconnect(ofproto->connmgr);
    }
    unixctl_reply(conn, NULL);
}

/* Lets the datapath carry out a command of its own. */
static void pass_on(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    struct dp_client *client = backer_client();
    if (!client) {
        unixctl_reply_error(conn, "the datapath is not running");
    } else if (backer_check(dp_command(client, argc, argv, &s))) {
        unixctl_reply_error(conn, s.length ? strbuf_str(&s) : "the datapath does not answer");
    } else {
        unixctl_reply(conn, strbuf_str(&s));
    }
    strbuf_destroy(&s);
}

/* A test has stopped the clock (0) or moved it: the datapath's clock follows, and what is due to happen to cached flows happens now. */
static void clock_changed(int64_t warp_ms)
{
    struct dp_client *client = backer_client();
    if (!client) {
        return;
    }
    char *ms = xasprintf("%lld", (long long) warp_ms);
    const char *stop[] = { "time/stop" }, *warp[] = { "time/warp", ms };
    struct strbuf s = STRBUF_INIT;
    if (backer_check(warp_ms ? dp_command(client, 2, warp, &s) : dp_command(client, 1, stop, &s))) {
        log_warn("the datapath's clock does not follow: %s", strbuf_str(&s));
    }
    strbuf_destroy(&s);
    free(ms);
    if (warp_ms) {
        revalidator_wait();
    }
}

/* What the datapath's main thread answers. */
static void register_passed_on(struct unixctl *unixctl)
{
    static const struct {
        const char *name, *usage;
        int min_args, max_args;
    } commands[] = {
        { "dpif-netdev/dpif-impl-get", "", 0, 0 },
        { "dpif-netdev/dpif-impl-set", "dpif_implementation_name", 1, 1 },
        { "dpif-netdev/miniflow-parser-get", "", 0, 0 },
        { "dpif-netdev/miniflow-parser-set", "miniflow_implementation_name", 1, 1 },
        { "dpif-netdev/pmd-perf-show", "[-nh] [-pmd core] [dp]", 0, 4 },
        { "dpif-netdev/pmd-rxq-rebalance", "[dp]", 0, 1 },
        { "dpif-netdev/pmd-rxq-show", "[-pmd core] [-secs secs] [dp]", 0, 5 },
        { "dpif-netdev/pmd-sleep-show", "[dp]", 0, 1 },
        { "dpif-netdev/pmd-stats-clear", "[-pmd core] [dp]", 0, 3 },
        { "dpif-netdev/pmd-stats-show", "[-pmd core] [dp]", 0, 3 },
        { "dpif-netdev/subtable-lookup-info-get", "", 0, 0 },
        { "dpif-netdev/subtable-lookup-prio-get", "", 0, 0 },
        { "dpif-netdev/subtable-lookup-prio-set", "lookup_func prio", 2, 2 },
        { "dpif/simd", "[name]", 0, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        unixctl_register(unixctl, commands[i].name, commands[i].usage, commands[i].min_args, commands[i].max_args, pass_on, NULL);
    }
}

void commands_register(struct unixctl *unixctl)
{
    register_passed_on(unixctl);
    unixctl_register(unixctl, "ofproto/list", "", 0, 0, list, NULL);
    unixctl_register(unixctl, "ofproto/trace", "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]", 1, -1,
                     trace, NULL);
    unixctl_register(unixctl, "ofproto/trace-packet-out",
                     "[-consistent] {[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet] actions", 2, -1,
                     trace_packet_out, NULL);
    unixctl_register(unixctl, "bridge/dump-flows", "[--offload-stats] bridge", 1, 2, bridge_dump_flows, NULL);
    unixctl_register(unixctl, "bridge/reconnect", "[bridge]", 0, 1, bridge_reconnect, NULL);
    commands_fdb_register(unixctl);
    commands_datapath_register(unixctl);
    commands_flow_register(unixctl);
    commands_tunnel_register(unixctl);
    commands_qos_register(unixctl);
    if (ofprotos_config()->dummy) {
        unixctl_register(unixctl, "netdev-dummy/receive", "name [--qid queue_id] packet|flow [--len packet_len]", 2, -1,
                         pass_on, NULL);
        unixctl_register(unixctl, "netdev-dummy/set-admin-state", "[netdev] up|down", 1, 2, pass_on, NULL);
        clock_unixctl_set_observer(clock_changed);
    }
}
