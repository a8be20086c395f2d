/* SPDX-License-Identifier: Apache-2.0 */
/* Cached flows: dumping and deleting them, the revalidator, the handlers. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "lib/net/flow_text.h"
#include "ofproto/backer.h"
#include "ofproto/commands.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/recirc.h"
#include "ofproto/revalidator.h"
#include "ofproto/upcall_latency.h"

/* Dumping. */

struct dump {
    struct strbuf lines;
    const struct ofproto *ofproto;     /* only flows from its ports; null: all */
    bool verbose;
    const struct flow_port_names *names; /* or null */
    const struct flow *filter_key, *filter_mask; /* or null */
};

static const char *port_name(void *aux, uint32_t no)
{
    const struct ofport *port = port_set_by_dp(no);
    return port ? port->name : NULL;
}

static const struct flow_port_names port_names = { .name = port_name };

/* FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
static void put_tcp_flags(struct strbuf *s, uint16_t flags)
{
    static const char letters[] = "FSRP.UEC";
    for (unsigned int i = 0; i < sizeof letters - 1; i++) {
        if (flags & 1u << i) {
            strbuf_putc(s, letters[i]);
        }
    }
}

static void put_stats(struct strbuf *s, const struct dp_flow_stats *stats)
{
    strbuf_putf(s, ", packets:%" PRIu64 ", bytes:%" PRIu64 ", used:", stats->packets, stats->bytes);
    if (stats->used_ms) {
        strbuf_putf(s, "%.3fs", MAX(clock_ms() - stats->used_ms, 0) / 1000.0);
    } else {
        strbuf_puts(s, "never");
    }
    if (stats->tcp_flags) {
        strbuf_puts(s, ", flags:");
        put_tcp_flags(s, stats->tcp_flags);
    }
}

static bool is_wanted(const struct dump *dump, const struct dp_flow *flow)
{
    if (dump->ofproto) {
        const struct ofport *port = port_set_by_dp(flow->key->in_port);
        if (!port || port->ofproto != dump->ofproto) {
            return false;
        }
    }
    return !dump->filter_key || flow_equal_masked(flow->key, dump->filter_key, dump->filter_mask);
}

static bool put_flow(void *dump_, const struct dp_flow *flow)
{
    struct dump *dump = dump_;
    struct strbuf *s = &dump->lines;
    if (!is_wanted(dump, flow)) {
        return true;
    }
    if (dump->verbose) {
        char ufid[UUID_LEN + 1];
        uuid_to_string(&flow->ufid, ufid);
        strbuf_putf(s, "ufid:%s, ", ufid);
    }
    flow_format(s, flow->key, flow->mask, dump->names, dump->verbose);
    put_stats(s, &flow->stats);
    strbuf_puts(s, dump->verbose ? ", dp:weft, actions:" : ", actions:");
    actions_format(s, flow->actions, flow->actions_size, dump->names);
    strbuf_putc(s, '\n');
    return true;
}

/* Takes options (-m, --names, ...) out of the arguments; returns how many are left. */
static int take_options(int argc, const char *argv[], struct dump *dump)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-m") || !strcmp(argv[i], "--more")) {
            dump->verbose = true;
        } else if (!strcmp(argv[i], "--names")) {
            dump->names = &port_names;
        } else if (strcmp(argv[i], "--no-names") && strncmp(argv[i], "type=", 5)) {
            argv[n++] = argv[i];
        }
    }
    return n;
}

static void reply_dump(struct unixctl_conn *conn, struct dump *dump)
{
    struct dp_client *client = backer_client();
    if (!client) {
        unixctl_reply_error(conn, "the datapath is not running");
    } else if (backer_check(dp_flow_dump(client, put_flow, dump))) {
        unixctl_reply_error(conn, "the datapath does not answer");
    } else {
        unixctl_reply(conn, strbuf_str(&dump->lines));
    }
    strbuf_destroy(&dump->lines);
}

/* dpif/dump-flows [-m] [--names | --no-names] BRIDGE */
static void dpif_dump_flows(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct dump dump = { .verbose = false };
    int n = take_options(argc, argv, &dump);
    dump.ofproto = n == 1 ? ofproto_find(argv[0]) : NULL;
    if (!dump.ofproto) {
        unixctl_reply_error(conn, "no such bridge");
        return;
    }
    reply_dump(conn, &dump);
}

/* dpctl/dump-flows [-m] [--names | --no-names] [DP] [filter=FLOW] [type=TYPE] */
static void dpctl_dump_flows(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct dump dump = { .verbose = false };
    struct flow key, mask;
    int n = take_options(argc, argv, &dump);
    for (int i = 0; i < n; i++) {
        if (!strncmp(argv[i], "filter=", 7)) {
            char *error = flow_parse_text(argv[i] + 7, NULL, &key, &mask);
            if (error) {
                unixctl_reply_error(conn, error);
                free(error);
                return;
            }
            dump.filter_key = &key;
            dump.filter_mask = &mask;
        }
    }
    reply_dump(conn, &dump);
}

static void del_flows(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    revalidator_purge();
    struct dp_client *client = backer_client();
    if (!client || backer_check(dp_flow_flush(client))) {
        unixctl_reply_error(conn, "the datapath is not running");
    } else {
        unixctl_reply(conn, NULL);
    }
}

/* The revalidator and the handlers. */

static void reval_wait(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    revalidator_wait();
    unixctl_reply(conn, NULL);
}

static void reval_purge(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    revalidator_purge();
    unixctl_reply(conn, NULL);
}

static void reval_pause(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    revalidator_pause(true);
    unixctl_reply(conn, NULL);
}

static void reval_resume(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    revalidator_pause(false);
    unixctl_reply(conn, NULL);
}

static void upcall_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct revalidator_info info;
    revalidator_info(&info);
    struct dp_client *client = backer_client();
    struct strbuf s = STRBUF_INIT;
    strbuf_putf(&s, "system@%s:\n", client ? dp_client_info(client)->name : "ovs-system");
    strbuf_putf(&s, "  flows         : (current %u) (avg %u) (max %u) (limit %u)\n", info.n_flows, info.avg_flows,
                info.max_flows, info.flow_limit);
    strbuf_putf(&s, "  dump duration : %ums\n", info.dump_duration_ms);
    strbuf_puts(&s, "  ufid enabled : true\n");
    strbuf_putf(&s, "  handlers     : %u\n", backer_n_handlers());
    strbuf_putf(&s, "  recirculation ids : %u\n", recirc_count());
    if (info.paused) {
        strbuf_puts(&s, "  the revalidator is paused\n");
    }
    unixctl_reply(conn, strbuf_str(&s));
    strbuf_destroy(&s);
}

/* upcall/latency [clear] */
static void upcall_latency(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    if (argc == 1) {
        upcall_latency_show(&s);
        unixctl_reply(conn, strbuf_str(&s));
    } else if (!strcmp(argv[1], "clear")) {
        upcall_latency_clear();
        unixctl_reply(conn, NULL);
    } else {
        unixctl_reply_error(conn, "the one argument is \"clear\"");
    }
    strbuf_destroy(&s);
}

static void set_flow_limit(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    char *end;
    unsigned long limit = strtoul(argv[1], &end, 10);
    if (!isdigit((unsigned char) argv[1][0]) || *end || limit > UINT32_MAX) {
        unixctl_reply_error(conn, "invalid flow limit");
        return;
    }
    revalidator_set_flow_limit((unsigned int) limit);
    char *reply = xasprintf("set flow_limit to %lu", limit);
    unixctl_reply(conn, reply);
    free(reply);
}

void commands_flow_register(struct unixctl *unixctl)
{
    unixctl_register(unixctl, "dpif/dump-flows", "[-m] [--names | --no-names] bridge", 1, -1, dpif_dump_flows, NULL);
    unixctl_register(unixctl, "dpctl/dump-flows", "[-m] [--names | --no-names] [dp] [filter=..] [type=..]", 0, -1,
                     dpctl_dump_flows, NULL);
    unixctl_register(unixctl, "dpctl/del-flows", "[dp]", 0, 1, del_flows, NULL);
    unixctl_register(unixctl, "revalidator/wait", "", 0, 0, reval_wait, NULL);
    unixctl_register(unixctl, "revalidator/purge", "", 0, 0, reval_purge, NULL);
    unixctl_register(unixctl, "revalidator/pause", "", 0, 0, reval_pause, NULL);
    unixctl_register(unixctl, "revalidator/resume", "", 0, 0, reval_resume, NULL);
    unixctl_register(unixctl, "upcall/show", "", 0, 0, upcall_show, NULL);
    unixctl_register(unixctl, "upcall/latency", "[clear]", 0, 1, upcall_latency, NULL);
    unixctl_register(unixctl, "upcall/set-flow-limit", "flow-limit-number", 1, 1, set_flow_limit, NULL);
}
