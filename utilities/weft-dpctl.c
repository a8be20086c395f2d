/* SPDX-License-Identifier: Apache-2.0 */
/* weft-dpctl: looks at and changes a running datapath, as ovs-dpctl does, through the datapath's
 * socket. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "utilities/dpctl.h"

static const char *socket_path; /* null: the default */

void dpctl_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "weft-dpctl: %s\n", message);
    free(message);
    exit(1);
}

int dpctl_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "weft-dpctl: %s\n", message);
    free(message);
    return 1;
}

static const char *port_name(void *aux, uint32_t no)
{
    struct dpctl *ctl = aux;

    for (size_t i = 0; ctl->names && i < ctl->n_ports; i++) {
        if (ctl->ports[i].no == no) {
            return ctl->ports[i].name;
        }
    }
    return NULL;
}

static bool port_number(void *aux, const char *name, uint32_t *no)
{
    struct dpctl *ctl = aux;

    for (size_t i = 0; i < ctl->n_ports; i++) {
        if (!strcmp(ctl->ports[i].name, name)) {
            *no = ctl->ports[i].no;
            return true;
        }
    }
    return false;
}

const struct flow_port_names *dpctl_port_names(struct dpctl *ctl)
{
    if (!ctl->port_names.name) {
        int error = dp_port_dump(ctl->client, &ctl->ports, NULL, &ctl->n_ports);
        if (error) {
            dpctl_fatal("cannot read the ports (%s)", strerror(error));
        }
        ctl->port_names = (struct flow_port_names) { port_name, port_number, ctl };
    }
    return &ctl->port_names;
}

static int dump_dps(struct dpctl *ctl, int argc, char *argv[])
{
    printf("system@%s\n", dp_client_info(ctl->client)->name);
    return 0;
}

/* There is one datapath, and it lives as long as its daemon. */
static int refuse_dp(struct dpctl *ctl, int argc, char *argv[])
{
    return dpctl_error(
        "%s: the datapath is weft-datapathd's only one; it comes and goes with the daemon",
        argv[0]);
}

static int drops(struct dpctl *ctl, int argc, char *argv[])
{
    struct dp_totals totals;
    int error = dp_totals_get(ctl->client, &totals);

    if (error) {
        return dpctl_error("cannot read the totals (%s)", strerror(error));
    }
    for (int i = 1; i < DROP_N_REASONS; i++) {
        if (totals.drops[i] || ctl->verbosity) {
            printf("%-24s %20llu  %s\n", drop_reason_name(i), (unsigned long long) totals.drops[i],
                   drop_reason_text(i));
        }
    }
    printf("%-24s %20llu  %s\n", "malformed", (unsigned long long) totals.malformed,
           "inner headers cut or wrong; forwarded all the same");
    return 0;
}

static int command(struct dpctl *ctl, int argc, char *argv[])
{
    struct strbuf reply = STRBUF_INIT;
    int error = dp_command(ctl->client, argc - 1, (const char *const *) argv + 1, &reply);
    const char *text = strbuf_str(&reply);

    if (error) {
        fprintf(stderr, "%s\nweft-dpctl: the datapath returned an error (%s)\n", text,
                strerror(error));
    } else if (*text) {
        printf("%s%s", text, text[reply.length - 1] == '\n' ? "" : "\n");
    }
    strbuf_destroy(&reply);
    return error ? 1 : 0;
}

static int version(struct dpctl *ctl, int argc, char *argv[])
{
    printf("weft-dpctl (Weft) %s\n", PACKAGE_VERSION);
    return 0;
}

static dpctl_command list_commands;

struct dpctl_entry {
    const char *name, *usage;
    int min_args, max_args; /* -1: any number */
    bool offline;           /* works without a datapath */
    int dp_arg;             /* DP_ARG_* */
    dpctl_command *run;
};

/* Where the datapath may be named. */
enum { DP_ARG_NONE, DP_ARG_FIRST, DP_ARG_OPTIONAL };

static const struct dpctl_entry commands[] = {
    { "add-dp", "DP [IFACE...]", 1, -1, true, DP_ARG_NONE, refuse_dp },
    { "del-dp", "DP", 1, 1, true, DP_ARG_NONE, refuse_dp },
    { "add-if", "DP IFACE...", 2, -1, false, DP_ARG_FIRST, dpctl_add_if },
    { "del-if", "DP IFACE...", 2, -1, false, DP_ARG_FIRST, dpctl_del_if },
    { "set-if", "DP IFACE...", 2, -1, false, DP_ARG_FIRST, dpctl_set_if },
    { "dump-dps", "", 0, 0, false, DP_ARG_NONE, dump_dps },
    { "show", "[DP...]", 0, -1, false, DP_ARG_NONE, dpctl_show },
    { "monitor", "[DP]", 0, 1, false, DP_ARG_OPTIONAL, dpctl_monitor },
    { "dump-flows", "[DP]", 0, 1, false, DP_ARG_OPTIONAL, dpctl_dump_flows },
    { "add-flow", "[DP] FLOW ACTIONS", 2, 3, false, DP_ARG_OPTIONAL, dpctl_add_flow },
    { "add-flows", "[DP] FILE", 1, 2, false, DP_ARG_OPTIONAL, dpctl_add_flows },
    { "mod-flow", "[DP] FLOW ACTIONS", 2, 3, false, DP_ARG_OPTIONAL, dpctl_mod_flow },
    { "mod-flows", "[DP] FILE", 1, 2, false, DP_ARG_OPTIONAL, dpctl_mod_flows },
    { "get-flow", "[DP] ufid:UFID", 1, 2, false, DP_ARG_OPTIONAL, dpctl_get_flow },
    { "del-flow", "[DP] FLOW", 1, 2, false, DP_ARG_OPTIONAL, dpctl_del_flow },
    { "del-flows", "[DP] [FILE]", 0, 2, false, DP_ARG_OPTIONAL, dpctl_del_flows },
    { "drops", "[DP]", 0, 1, false, DP_ARG_OPTIONAL, drops },
    { "parse-actions", "ACTIONS", 1, 1, true, DP_ARG_NONE, dpctl_parse_actions },
    { "command", "COMMAND [ARG...]", 1, -1, false, DP_ARG_NONE, command },
    { "list-commands", "", 0, 0, true, DP_ARG_NONE, list_commands },
    { "version", "", 0, 0, true, DP_ARG_NONE, version },
};

static int list_commands(struct dpctl *ctl, int argc, char *argv[])
{
    puts("The available commands are:");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %-16s%s\n", commands[i].name, commands[i].usage);
    }
    return 0;
}

static void usage(void)
{
    printf(
        "weft-dpctl: looks at and changes a running Weft datapath\n"
        "usage: weft-dpctl [OPTIONS] COMMAND [ARG...]\n"
        "  add-if DP IFACE...         add each IFACE as a port\n"
        "  set-if DP IFACE...         change the options of each IFACE\n"
        "  del-if DP IFACE...         delete each IFACE\n"
        "  dump-dps                   print the datapath's name\n"
        "  show [DP...]               print ports and totals\n"
        "  monitor [DP]               print ports as they come, change and go, until interrupted\n"
        "  dump-flows [DP]            print the cached flows\n"
        "  add-flow [DP] FLOW ACTIONS add FLOW with ACTIONS\n"
        "  add-flows [DP] FILE        add flows from FILE, or - for standard input\n"
        "  mod-flow [DP] FLOW ACTIONS change FLOW's actions\n"
        "  mod-flows [DP] FILE        change flows from FILE\n"
        "  get-flow [DP] ufid:UFID    print one flow\n"
        "  del-flow [DP] FLOW         delete FLOW\n"
        "  del-flows [DP] [FILE]      delete all flows, or those in FILE\n"
        "  drops [DP]                 print how many packets were dropped, and why\n"
        "  parse-actions ACTIONS      print ACTIONS as the datapath understands them\n"
        "  command COMMAND [ARG...]   run a command in weft-datapathd, e.g. list-commands\n"
        "DP is system@NAME or NAME, as dump-dps prints it. An IFACE may be followed by\n"
        ",type=TYPE, ,port_no=N and options of its type, such as ,n_rxq=N; set-if also takes\n"
        ",mac=MAC, ,mtu=N and ,admin=up|down.\n"
        "\nOptions:\n"
        "  -s, --statistics        show: also print the ports' statistics\n"
        "  -m, --more              more in dump-flows and drops\n"
        "  --names                 print names of ports in flows\n"
        "  --no-names              print numbers (the default)\n"
        "  --may-create            mod-flow: create the flow if it does not exist\n"
        "  --clear                 mod-flow: reset the statistics to zero\n"
        "  --socket=FILE           the datapath's socket\n"
        "  -t, --timeout=SECS      give up after SECS seconds\n"
        "  -v, --verbose=[SPEC]    set logging levels\n"
        "  -h, --help              display this help message\n"
        "  -V, --version           display version information\n");
}

static void set_timeout(const char *text)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    if (!*text || *end || !seconds || seconds > 1000000) {
        dpctl_fatal("value %s on -t or --timeout is not at least 1", text);
    }
    alarm(seconds);
}

static void parse_options(int argc, char *argv[], struct dpctl *ctl)
{
    enum { OPT_NAMES = 1, OPT_NO_NAMES, OPT_MAY_CREATE, OPT_CLEAR, OPT_SOCKET };
    static const struct option long_options[] = {
        { "statistics", no_argument, NULL, 's' },
        { "more", no_argument, NULL, 'm' },
        { "names", no_argument, NULL, OPT_NAMES },
        { "no-names", no_argument, NULL, OPT_NO_NAMES },
        { "may-create", no_argument, NULL, OPT_MAY_CREATE },
        { "clear", no_argument, NULL, OPT_CLEAR },
        { "socket", required_argument, NULL, OPT_SOCKET },
        { "timeout", required_argument, NULL, 't' },
        { "verbose", optional_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    char *error;
    int c;

    while ((c = getopt_long(argc, argv, "smt:v::hV", long_options, NULL)) != -1) {
        switch (c) {
        case 's':
            ctl->statistics = true;
            break;
        case 'm':
            ctl->verbosity++;
            break;
        case OPT_NAMES:
            ctl->names = true;
            break;
        case OPT_NO_NAMES:
            ctl->names = false;
            break;
        case OPT_MAY_CREATE:
            ctl->may_create = true;
            break;
        case OPT_CLEAR:
            ctl->clear = true;
            break;
        case OPT_SOCKET:
            socket_path = optarg;
            break;
        case 't':
            set_timeout(optarg);
            break;
        case 'v':
            error = log_set(optarg);
            if (error) {
                dpctl_fatal("%s", error);
            }
            break;
        case 'h':
            usage();
            exit(0);
        case 'V':
            version(NULL, 0, NULL);
            exit(0);
        default:
            exit(1);
        }
    }
}

/* Is 'word' the name of the datapath? */
static bool names_dp(const struct dpctl *ctl, const char *word)
{
    const char *name = strncmp(word, "system@", 7) ? word : word + 7;

    return !strcmp(name, dp_client_info(ctl->client)->name);
}

/* Takes the datapath's name out of the words. */
static void strip_dp(const struct dpctl *ctl, const struct dpctl_entry *entry, int *argc,
                     char *argv[])
{
    bool named = *argc > 1 && names_dp(ctl, argv[1]);

    if (entry->dp_arg == DP_ARG_NONE) {
        return;
    }
    if (!named && (entry->dp_arg == DP_ARG_FIRST || *argc - 1 == entry->max_args)) {
        dpctl_fatal("there is no datapath named %s (try dump-dps)", argv[1]);
    }
    if (named) {
        memmove(argv + 1, argv + 2,
                (*argc - 1) * sizeof *argv); /* the null behind the last word, too */
        --*argc;
    }
    int min_args = entry->min_args - (entry->dp_arg == DP_ARG_FIRST);
    if (*argc - 1 < min_args) {
        dpctl_fatal("'%s' command requires at least %d arguments", entry->name, entry->min_args);
    }
}

static const struct dpctl_entry *find_command(int argc, char *argv[])
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct dpctl_entry *entry = &commands[i];
        if (strcmp(argv[0], entry->name)) {
            continue;
        }
        if (argc - 1 < entry->min_args) {
            dpctl_fatal("'%s' command requires at least %d arguments", entry->name,
                        entry->min_args);
        }
        if (entry->max_args >= 0 && argc - 1 > entry->max_args) {
            dpctl_fatal("'%s' command takes at most %d arguments", entry->name, entry->max_args);
        }
        return entry;
    }
    dpctl_fatal("unknown command '%s'; use --help for help", argv[0]);
}

int main(int argc, char *argv[])
{
    struct dpctl ctl = { .client = NULL };
    char *error;

    hash_init();
    error = log_set("ANY:console:warn");
    free(error);
    parse_options(argc, argv, &ctl);
    argc -= optind;
    argv += optind;
    if (!argc) {
        dpctl_fatal("missing command name; use --help for help");
    }

    const struct dpctl_entry *entry = find_command(argc, argv);
    if (!entry->offline) {
        ctl.client = dp_client_open(socket_path, &error);
        if (!ctl.client) {
            dpctl_fatal("%s", error);
        }
        strip_dp(&ctl, entry, &argc, argv);
    }
    int status = entry->run(&ctl, argc, argv);
    free(ctl.ports);
    dp_client_destroy(ctl.client);
    return fflush(stdout) ? 1 : status;
}
