/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: looks at and programs an OpenFlow switch, as ovs-ofctl does, over OpenFlow. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/daemon.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/tls.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_control.h"
#include "utilities/ofctl_protocol.h"

struct ofctl_options ofctl_options = {
    .versions = OFP_VERSION_BIT(OFP10),
    .protocols = OFCTL_P_ANY,
    .names = -1,
    .packet_in_format = -1,
};

void ofctl_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    fflush(stdout);
    fprintf(stderr, "weft-ofctl: %s\n", message);
    free(message);
    exit(1);
}

void ofctl_check(char *error)
{
    if (error) {
        ofctl_fatal("%s", error);
    }
}

struct entry {
    const char *name, *usage;
    int min_args, max_args; /* -1: any number */
    bool writes;            /* refused with --read-only */
    ofctl_command *run;
};

static int help(int argc, char *argv[]);
static int list_commands(int argc, char *argv[]);

static const struct entry commands[] = {
    { "show", "SWITCH", 1, 1, false, ofctl_show },
    { "dump-desc", "SWITCH", 1, 1, false, ofctl_dump_desc },
    { "dump-tables", "SWITCH", 1, 1, false, ofctl_dump_tables },
    { "dump-table-features", "SWITCH", 1, 1, false, ofctl_dump_table_features },
    { "get-frags", "SWITCH", 1, 1, false, ofctl_get_frags },
    { "set-frags", "SWITCH FRAG_MODE", 2, 2, true, ofctl_set_frags },
    { "dump-ports", "SWITCH [PORT]", 1, 2, false, ofctl_dump_ports },
    { "dump-ports-desc", "SWITCH [PORT]", 1, 2, false, ofctl_dump_ports_desc },
    { "mod-port", "SWITCH IFACE ACT", 3, 3, true, ofctl_mod_port },
    { "queue-stats", "SWITCH [PORT [QUEUE]]", 1, 3, false, ofctl_queue_stats },
    { "dump-flows", "SWITCH [FLOW]", 1, 2, false, ofctl_dump_flows },
    { "dump-aggregate", "SWITCH [FLOW]", 1, 2, false, ofctl_dump_aggregate },
    { "add-flow", "SWITCH FLOW", 2, 2, true, ofctl_add_flow },
    { "add-flows", "SWITCH FILE", 2, 2, true, ofctl_add_flows },
    { "mod-flows", "SWITCH FLOW", 2, 2, true, ofctl_mod_flows },
    { "del-flows", "SWITCH [FLOW]", 1, 2, true, ofctl_del_flows },
    { "replace-flows", "SWITCH FILE", 2, 2, true, ofctl_replace_flows },
    { "diff-flows", "SOURCE1 SOURCE2", 2, 2, true, ofctl_diff_flows },
    { "dump-table-desc", "SWITCH", 1, 1, false, ofctl_dump_table_desc },
    { "mod-table", "SWITCH TABLE MOD", 3, 3, true, ofctl_mod_table },
    { "queue-get-config", "SWITCH [PORT [QUEUE]]", 1, 3, false, ofctl_queue_get_config },
    { "add-group", "SWITCH GROUP", 1, 2, true, ofctl_add_group },
    { "add-groups", "SWITCH FILE", 1, 2, true, ofctl_add_groups },
    { "mod-group", "SWITCH GROUP", 1, 2, true, ofctl_mod_group },
    { "del-groups", "SWITCH [GROUP]", 1, 2, true, ofctl_del_groups },
    { "insert-buckets", "SWITCH [GROUP]", 1, 2, true, ofctl_insert_buckets },
    { "remove-buckets", "SWITCH [GROUP]", 1, 2, true, ofctl_remove_buckets },
    { "dump-groups", "SWITCH [GROUP]", 1, 2, false, ofctl_dump_groups },
    { "dump-group-stats", "SWITCH [GROUP]", 1, 2, false, ofctl_dump_group_stats },
    { "dump-group-features", "SWITCH", 1, 1, false, ofctl_dump_group_features },
    { "add-meter", "SWITCH METER", 2, 2, true, ofctl_add_meter },
    { "mod-meter", "SWITCH METER", 2, 2, true, ofctl_mod_meter },
    { "del-meter", "SWITCH METER", 1, 2, true, ofctl_del_meters },
    { "del-meters", "SWITCH [METER]", 1, 2, true, ofctl_del_meters },
    { "dump-meter", "SWITCH METER", 2, 2, false, ofctl_dump_meters },
    { "dump-meters", "SWITCH [METER]", 1, 2, false, ofctl_dump_meters },
    { "meter-stats", "SWITCH [METER]", 1, 2, false, ofctl_meter_stats },
    { "meter-features", "SWITCH", 1, 1, false, ofctl_meter_features },
    { "bundle", "SWITCH FILE", 2, 2, true, ofctl_bundle },
    { "add-tlv-map", "SWITCH MAP", 2, 2, true, ofctl_add_tlv_map },
    { "del-tlv-map", "SWITCH [MAP]", 1, 2, true, ofctl_del_tlv_map },
    { "dump-tlv-map", "SWITCH", 1, 1, false, ofctl_dump_tlv_map },
    { "ct-flush-zone", "SWITCH ZONE", 2, 2, true, ofctl_ct_flush_zone },
    { "ct-flush", "SWITCH [zone=N] [mark=M] [labels=L] [TUPLE [REPLY-TUPLE]]", 1, 6, true,
      ofctl_ct_flush },
    { "dump-ipfix-bridge", "SWITCH", 1, 1, false, ofctl_dump_ipfix_bridge },
    { "dump-ipfix-flow", "SWITCH", 1, 1, false, ofctl_dump_ipfix_flow },
    { "packet-out", "SWITCH IN_PORT ACTIONS PACKET...", 2, -1, true, ofctl_packet_out },
    { "monitor", "SWITCH [MISSLEN] [invalid_ttl] [resume] [watch:[...]]", 1, -1, false,
      ofctl_monitor },
    { "snoop", "SWITCH", 1, 1, false, ofctl_snoop },
    { "probe", "TARGET", 1, 1, false, ofctl_probe },
    { "ping", "TARGET [N]", 1, 2, false, ofctl_ping },
    { "benchmark", "TARGET N COUNT", 3, 3, false, ofctl_benchmark },

    /* These need no switch. */
    { "ofp-print", "HEX-STRING [VERBOSITY]", 1, 2, false, ofctl_ofp_print },
    { "ofp-parse", "FILE", 1, 1, false, ofctl_ofp_parse },
    { "parse-flow", "FLOW", 1, 1, false, ofctl_parse_flow },
    { "parse-flows", "FILE", 1, 1, false, ofctl_parse_flows },
    { "print-error", "ENUM", 1, 1, false, ofctl_print_error },

    { "parse-group", "GROUP", 1, 1, false, ofctl_parse_group },
    { "parse-nx-match", "", 0, 0, false, ofctl_parse_nx_match },
    { "parse-nxm", "", 0, 0, false, ofctl_parse_nx_match },
    { "parse-oxm", "VERSION", 1, 1, false, ofctl_parse_oxm },
    { "parse-actions", "VERSION", 1, 1, false, ofctl_parse_actions },
    { "parse-instructions", "VERSION", 1, 1, false, ofctl_parse_instructions },
    { "parse-ofp10-match", "", 0, 0, false, ofctl_parse_ofp10_match },
    { "parse-ofp11-match", "", 0, 0, false, ofctl_parse_ofp11_match },
    { "ofp-parse-pcap", "PCAP [PORT...]", 1, -1, false, ofctl_ofp_parse_pcap },
    { "parse-pcap", "PCAP...", 1, -1, false, ofctl_parse_pcap },
    { "encode-error-reply", "ENUM REQUEST", 2, 2, false, ofctl_encode_error_reply },
    { "encode-hello", "BITMAP", 1, 1, false, ofctl_encode_hello },
    { "parse-key-value", "STRING...", 1, -1, false, ofctl_parse_key_value },
    { "compose-packet", "FLOW [L7]", 1, 2, false, ofctl_compose_packet },
    { "check-vlan", "VLAN_TCI VLAN_TCI_MASK", 2, 2, false, ofctl_check_vlan },
    { "parse-packet", "", 0, 0, false, ofctl_parse_packet },

    { "help", "", 0, -1, false, help },
    { "list-commands", "", 0, -1, false, list_commands },
};

static int list_commands(int argc, char *argv[])
{
    puts("The available commands are:");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %-22s%s\n", commands[i].name, commands[i].usage);
    }
    return 0;
}

static int help(int argc, char *argv[])
{
    printf(
        "weft-ofctl: looks at and programs OpenFlow switches\n"
        "usage: weft-ofctl [OPTIONS] COMMAND [ARG...]\n"
        "\nSwitches:\n"
        "  show SWITCH                 what the switch is, its ports and settings\n"
        "  dump-desc SWITCH            who made the switch\n"
        "  dump-tables SWITCH          statistics of tables\n"
        "  dump-table-features SWITCH  what tables can do (OpenFlow 1.3)\n"
        "  dump-ports SWITCH [PORT]    statistics of ports\n"
        "  dump-ports-desc SWITCH      descriptions of ports\n"
        "  mod-port SWITCH PORT ACT    [no-]up, down, stp, receive, receive-stp, flood, forward, "
        "packet-in\n"
        "  queue-stats SWITCH [PORT [QUEUE]]  statistics of queues\n"
        "  get-frags SWITCH            how fragments are treated\n"
        "  set-frags SWITCH MODE       normal, drop, reassemble or nx-match\n"
        "  dump-flows SWITCH [FLOW]    flows, or those that FLOW matches\n"
        "  dump-aggregate SWITCH [FLOW]  their sums\n"
        "  add-flow SWITCH FLOW        add a flow\n"
        "  add-flows SWITCH FILE       change flows as FILE (-: standard input) says\n"
        "  mod-flows SWITCH FLOW       change the actions of flows\n"
        "  del-flows SWITCH [FLOW]     delete flows\n"
        "  replace-flows SWITCH FILE   make the switch's flows those of FILE\n"
        "  diff-flows SOURCE1 SOURCE2  compare the flows of switches or files\n"
        "  dump-table-desc SWITCH      eviction and vacancy events of tables (OpenFlow 1.4)\n"
        "  mod-table SWITCH TABLE MOD  controller, continue, drop (1.1, 1.2), evict, noevict,\n"
        "                              vacancy:DOWN,UP, novacancy (1.4), name:NAME (1.3)\n"
        "  queue-get-config SWITCH [PORT [QUEUE]]  configuration of queues\n"
        "  add-group SWITCH GROUP      add a group\n"
        "  add-groups SWITCH FILE      change groups as FILE says\n"
        "  mod-group SWITCH GROUP      change a group; --may-create: or add it\n"
        "  del-groups SWITCH [GROUP]   delete groups\n"
        "  insert-buckets SWITCH GROUP, remove-buckets SWITCH GROUP\n"
        "                              change some buckets of a group\n"
        "  dump-groups SWITCH [GROUP]  groups\n"
        "  dump-group-stats SWITCH [GROUP], dump-group-features SWITCH\n"
        "  add-meter SWITCH METER, mod-meter SWITCH METER, del-meters SWITCH [METER]\n"
        "                              change meters (OpenFlow 1.3)\n"
        "  dump-meters SWITCH [METER], meter-stats SWITCH [METER], meter-features SWITCH\n"
        "  bundle SWITCH FILE          change flows and groups as FILE says, all or nothing\n"
        "  add-tlv-map SWITCH MAP, del-tlv-map SWITCH [MAP], dump-tlv-map SWITCH\n"
        "                              Geneve options as tun_metadata fields\n"
        "  ct-flush-zone SWITCH ZONE   forget the connections of a zone\n"
        "  ct-flush SWITCH [zone=N] [mark=M] [labels=L] [TUPLE [REPLY]]\n"
        "                              forget connections\n"
        "  dump-ipfix-bridge SWITCH, dump-ipfix-flow SWITCH  statistics of IPFIX\n"
        "  packet-out SWITCH \"in_port=PORT packet=HEX actions=ACTIONS\"\n"
        "  packet-out SWITCH IN_PORT ACTIONS PACKET...\n"
        "                              have the switch execute ACTIONS on packets\n"
        "  monitor SWITCH [MISSLEN] [invalid_ttl] [resume] [watch:[FLOWS]]\n"
        "                              print what the switch says of its own accord; resume: send\n"
        "                              paused packets back; watch: print changes of flows\n"
        "  snoop SWITCH                print what the switch and its controllers say\n"
        "\nSwitches and controllers:\n"
        "  probe TARGET                is TARGET up?\n"
        "  ping TARGET [N]             time 10 echoes of N bytes\n"
        "  benchmark TARGET N COUNT    time COUNT echoes of N bytes\n"
        "\nWithout a switch:\n"
        "  ofp-print HEX               print a message\n"
        "  ofp-parse FILE              print the messages in FILE\n"
        "  parse-flow FLOW             print a flow as a message\n"
        "  parse-flows FILE            print the flows of FILE as messages\n"
        "  ofp-parse-pcap PCAP [PORT...]  print the OpenFlow in recorded packets\n"
        "  print-error NAME            the numbers of an error\n"
        "  parse-group, parse-actions, parse-instructions, parse-nx-match, parse-oxm,\n"
        "  parse-ofp10-match, parse-ofp11-match, parse-key-value, parse-packet, parse-pcap,\n"
        "  compose-packet, encode-hello, encode-error-reply  for tests\n"
        "\nSWITCH or TARGET is the name of a bridge, unix:FILE, tcp:HOST[:PORT] or "
        "ssl:HOST[:PORT] (port 6653 if none is given).\n"
        "\n%s"
        "\nOptions:\n"
        "  -O, --protocols=VERSIONS    OpenFlow versions that may be spoken (default: OpenFlow10)\n"
        "  -F, --flow-format=FORMATS   forms in which flows may be sent: OpenFlow10, NXM, OXM, "
        "each with\n"
        "                              -table_id, +table_id or -OpenFlowVERSION to be precise\n"
        "  -P, --packet-in-format=F    form in which packets are wanted: standard, nxt_packet_in, "
        "nxt_packet_in2\n"
        "  -t, --timeout=SECS          give up after SECS seconds\n"
        "      --strict                flow commands: match priority and masks exactly\n"
        "      --bundle                flow and group commands: all or nothing\n"
        "      --may-create            mod-group: add a group that there is not\n"
        "      --readd                 replace-flows: also write flows that did not change\n"
        "      --read-only             refuse commands that change the switch\n"
        "      --names, --no-names     print names, or numbers, of ports and tables\n"
        "      --no-stats              leave statistics out of flows\n"
        "      --sort[=FIELD]          sort flows by FIELD, or by priority\n"
        "      --rsort[=FIELD]         the same in descending order\n"
        "  -m, --more                  print more\n"
        "      --timestamp             monitor, snoop: print when a message came\n"
        "      --detach, --pidfile[=FILE], --overwrite-pidfile, --no-chdir, --unixctl=SOCKET\n"
        "                              monitor, snoop: in the background, with a control socket\n"
        "  -v, --verbose[=SPEC]        set logging levels\n"
        "  -h, --help                  display this help message\n"
        "  -V, --version               display version information\n",
        tls_usage);
    return 0;
}

static void set_timeout(const char *text)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    if (!*text || *end || !seconds || seconds > 1000000) {
        ofctl_fatal("value %s on -t or --timeout is invalid", text);
    }
    alarm((unsigned int) seconds);
}

static void set_packet_in_format(const char *text)
{
    static const char *const formats[] = { "standard", "nxt_packet_in", "nxt_packet_in2" };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (!strcmp(text, formats[i]) ||
            (i == OFP_PACKET_IN_STANDARD && !strcmp(text, "openflow10"))) {
            ofctl_options.packet_in_format = (int) i;
            return;
        }
    }
    ofctl_fatal("unknown packet-in format `%s'", text);
}

enum {
    OPT_STRICT = 256,
    OPT_READD,
    OPT_TIMESTAMP,
    OPT_SORT,
    OPT_RSORT,
    OPT_NAMES,
    OPT_NO_NAMES,
    OPT_BUNDLE,
    OPT_MAY_CREATE,
    OPT_NO_STATS, OPT_BARE,
    OPT_READ_ONLY,
    OPT_COLOR,
};

static void set_option(int c, const char *arg)
{
    switch (c) {
    case 'O':
        ofctl_check(ofp_versions_from_string(arg, &ofctl_options.versions));
        break;
    case 'F':
        ofctl_check(ofctl_protocols_parse(arg, &ofctl_options.protocols));
        break;
    case 'P':
        set_packet_in_format(arg);
        break;
    case 'm':
        ofctl_options.verbosity++;
        break;
    case 't':
        set_timeout(arg);
        break;
    case 'v':
        ofctl_check(log_set(arg));
        break;
    case OPT_STRICT:
        ofctl_options.strict = true;
        break;
    case OPT_READ_ONLY:
        ofctl_options.read_only = true;
        break;
    case OPT_READD:
        ofctl_options.readd = true;
        break;
    case OPT_TIMESTAMP:
        ofctl_options.timestamp = true;
        break;
    case OPT_NO_STATS:
        ofctl_options.hide_stats = true;
        break;
    case OPT_NAMES:
        ofctl_options.names = 1;
        break;
    case OPT_NO_NAMES:
        ofctl_options.names = 0;
        break;
    case OPT_BUNDLE:
        ofctl_options.bundle = true;
        break;
    case OPT_MAY_CREATE:
        ofctl_options.may_create = true;
        break;
    case OPT_SORT:
        ofctl_sort_add(arg, false);
        break;
    case OPT_RSORT:
        ofctl_sort_add(arg, true);
        break;
    case OPT_BARE:
        ofctl_options.bare = true;
        break;
    case OPT_COLOR:
        break; /* there is no color in what is printed */
    case 'h':
        exit(help(0, NULL));
    case 'V':
        printf("weft-ofctl (Weft) %s\nOpenFlow versions 0x%x:0x%x\n", PACKAGE_VERSION, OFP10,
               OFP15);
        exit(0);
    default:
        exit(1);
    }
}

static void parse_options(int argc, char *argv[])
{
    static const struct option long_options[] = {
        { "protocols", required_argument, NULL, 'O' },
        { "flow-format", required_argument, NULL, 'F' },
        { "packet-in-format", required_argument, NULL, 'P' },
        { "more", no_argument, NULL, 'm' },
        { "timeout", required_argument, NULL, 't' },
        { "strict", no_argument, NULL, OPT_STRICT },
        { "read-only", no_argument, NULL, OPT_READ_ONLY },
        { "readd", no_argument, NULL, OPT_READD },
        { "timestamp", no_argument, NULL, OPT_TIMESTAMP },
        { "sort", optional_argument, NULL, OPT_SORT },
        { "rsort", optional_argument, NULL, OPT_RSORT },
        { "names", no_argument, NULL, OPT_NAMES },
        { "no-names", no_argument, NULL, OPT_NO_NAMES },
        { "bundle", no_argument, NULL, OPT_BUNDLE },
        { "may-create", no_argument, NULL, OPT_MAY_CREATE },
        { "no-stats", no_argument, NULL, OPT_NO_STATS },
        { "bare", no_argument, NULL, OPT_BARE },
        { "color", optional_argument, NULL, OPT_COLOR },
        TLS_LONG_OPTIONS,
        DAEMON_LONG_OPTIONS,
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    char *error = NULL;
    while ((c = getopt_long(argc, argv, "O:F:P:mt:v::hV" TLS_SHORT_OPTIONS, long_options, NULL))
           != -1) {
        if (tls_parse_option(c, optarg, &error)) {
            ofctl_check(error);
        } else if (!control_parse_option(c, optarg)) {
            set_option(c, optarg);
        }
    }
}

/* Only what both -O and -F allow, and what exists here, may be spoken. */
static void settle_versions(void)
{
    struct ofctl_options *o = &ofctl_options;

    if (!(o->versions & OFP_VERSIONS_IMPLEMENTED)) {
        ofctl_fatal(
            "none of the enabled OpenFlow versions is supported; use OpenFlow10 or OpenFlow13");
    }
    uint32_t versions = o->versions & OFP_VERSIONS_IMPLEMENTED;
    uint32_t protocols = ofctl_protocols_of_versions(versions);
    if (!(o->protocols & protocols)) {
        ofctl_fatal("none of the enabled OpenFlow versions supports any of the enabled flow "
                    "formats (%s); use -O to "
                    "enable more versions or -F to enable more formats",
                    ofctl_protocols_format(o->protocols));
    }
    o->protocols &= protocols;
    o->versions = ofctl_versions_of_protocols(o->protocols);
}

static const struct entry *find_command(int argc, char *argv[])
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct entry *entry = &commands[i];
        if (strcmp(argv[0], entry->name)) {
            continue;
        }
        if (argc - 1 < entry->min_args) {
            ofctl_fatal("'%s' command requires at least %d arguments", entry->name,
                        entry->min_args);
        }
        if (entry->max_args >= 0 && argc - 1 > entry->max_args) {
            ofctl_fatal("'%s' command takes at most %d arguments", entry->name, entry->max_args);
        }
        if (entry->writes && ofctl_options.read_only) {
            ofctl_fatal("'%s' command does not work in read only mode", entry->name);
        }
        return entry;
    }
    ofctl_fatal("unknown command '%s'; use --help for help", argv[0]);
}

int main(int argc, char *argv[])
{
    hash_init();
    free(log_set("ANY:console:warn"));
    parse_options(argc, argv);
    settle_versions();
    argc -= optind;
    argv += optind;
    if (!argc) {
        ofctl_fatal("missing command name; use --help for help");
    }
    int status = find_command(argc, argv)->run(argc, argv);
    return fflush(stdout) ? 1 : status;
}
