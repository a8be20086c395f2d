/* SPDX-License-Identifier: Apache-2.0 */
/* weft-vsctl: reads and changes the switch's configuration, with the commands and the output of ovs-vsctl. */
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/tls.h"
#include "lib/base/utf8.h"
#include "utilities/vsctl.h"
#include "utilities/vsctl_usage.h"

enum {
    OPT_DB = 0x2000,
    OPT_NO_WAIT,
    OPT_RETRY,
    OPT_DRY_RUN,
    OPT_ONELINE,
    OPT_NO_SYSLOG,
    OPT_NO_HEADINGS,
    OPT_PRETTY,
    OPT_BARE,
    OPT_MAX_COLUMN_WIDTH,
    OPT_LOG_FILE,
    OPT_LOCAL /* options of commands, from here on */
};

static const struct option global_options[] = {
    { "db", required_argument, NULL, OPT_DB },
    { "no-wait", no_argument, NULL, OPT_NO_WAIT },
    { "retry", no_argument, NULL, OPT_RETRY },
    { "dry-run", no_argument, NULL, OPT_DRY_RUN },
    { "oneline", no_argument, NULL, OPT_ONELINE },
    { "timeout", required_argument, NULL, 't' },
    { "format", required_argument, NULL, 'f' },
    { "data", required_argument, NULL, 'd' },
    { "no-headings", no_argument, NULL, OPT_NO_HEADINGS },
    { "pretty", no_argument, NULL, OPT_PRETTY },
    { "bare", no_argument, NULL, OPT_BARE },
    { "max-column-width", required_argument, NULL, OPT_MAX_COLUMN_WIDTH },
    { "no-syslog", no_argument, NULL, OPT_NO_SYSLOG },
    { "verbose", optional_argument, NULL, 'v' },
    { "log-file", optional_argument, NULL, OPT_LOG_FILE },
    TLS_LONG_OPTIONS,
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
};

/* The options that come before the first command, its own among them. */
struct parser {
    struct option *options;
    size_t n, allocated;
    struct smap local; /* of the first command */
    int timeout_s;
};

void vsctl_exit(int status)
{
    /* Straight out: the kernel frees faster than we could. */
    fflush(stdout);
    fflush(stderr);
    _exit(status);
}

void vsctl_fatal(const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "weft-vsctl: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    vsctl_exit(1);
}

void vsctl_fatal_if(char *error)
{
    if (error) {
        vsctl_fatal("%s", error);
    }
}

static void put_option(struct parser *parser, const struct option *option)
{
    if (parser->n + 1 >= parser->allocated) {
        parser->options = grow_array(parser->options, &parser->allocated, sizeof *parser->options);
    }
    parser->options[parser->n++] = *option;
    memset(&parser->options[parser->n], 0, sizeof *parser->options);
}

static void put_local_option(void *parser_, const char *name)
{
    struct parser *parser = parser_;
    size_t n = strcspn(name, "=");
    char *bare = xstrndup(name + 2, n - 2);
    struct option option = { bare, name[n] ? required_argument : no_argument, NULL, OPT_LOCAL };
    for (size_t i = 0; i < parser->n; i++) {
        if (!strcmp(parser->options[i].name, bare)) {
            free(bare);
            return;
        }
    }
    put_option(parser, &option);
}

static int parse_timeout(const char *s)
{
    char *end;
    long value = strtol(s, &end, 10);
    if (!isdigit((unsigned char) s[0]) || *end || value < 1 || value > 1000000000) {
        vsctl_fatal("value %s on -t or --timeout is invalid", s);
    }
    return value;
}

static void show_version(void)
{
    printf("weft-vsctl (Weft) %s\n", PACKAGE_VERSION);
    vsctl_exit(0);
}

static void parse_max_width(const char *s, struct vsctl_table_style *style)
{
    char *end;
    long value = strtol(s, &end, 10);
    if (end == s || *end || value < 0) {
        vsctl_fatal("%s is not a valid column width", s);
    }
    style->max_width = value;
}

static void parse_style(struct vsctl *vsctl, int c)
{
    switch (c) {
    case 'f':
        vsctl_fatal_if(vsctl_table_parse_format(optarg, &vsctl->style));
        break;
    case 'd':
        vsctl_fatal_if(vsctl_table_parse_cells(optarg, &vsctl->style));
        break;
    case OPT_NO_HEADINGS:
        vsctl->style.no_headings = true;
        break;
    case OPT_PRETTY:
        vsctl->style.pretty = true;
        break;
    case OPT_BARE:
        vsctl->style.format = VSCTL_TABLE_LIST;
        vsctl->style.cells = VSCTL_CELL_BARE;
        vsctl->style.no_headings = true;
        break;
    case OPT_MAX_COLUMN_WIDTH:
        parse_max_width(optarg, &vsctl->style);
        break;
    }
}

static void parse_log(int c)
{
    if (c == 'v') {
        vsctl_fatal_if(log_set(optarg ? optarg : "dbg"));
    } else if (c == OPT_NO_SYSLOG) {
        vsctl_fatal_if(log_set("ANY:syslog:warn"));
    } else if (log_open_file(optarg)) {
        vsctl_fatal("cannot open the log file");
    }
}

static void parse_option(struct vsctl *vsctl, struct parser *parser, int c, int index)
{
    switch (c) {
    case OPT_DB:
        free(vsctl->db_name);
        vsctl->db_name = xstrdup(optarg);
        break;
    case OPT_NO_WAIT:
        vsctl->no_wait = true;
        break;
    case OPT_RETRY:
        vsctl->retry = true;
        break;
    case OPT_DRY_RUN:
        vsctl->dry_run = true;
        break;
    case OPT_ONELINE:
        vsctl->oneline = true;
        break;
    case 't':
        parser->timeout_s = parse_timeout(optarg);
        break;
    case 'v':
    case OPT_NO_SYSLOG:
    case OPT_LOG_FILE:
        parse_log(c);
        break;
    case OPT_LOCAL: {
        char *name = xasprintf("--%s", parser->options[index].name);
        smap_set(&parser->local, name, optarg ? optarg : "");
        free(name);
        break;
    }
    case 'h':
        vsctl_usage_print();
        vsctl_exit(0);
    case 'V':
        show_version();
        break;
    case '?':
        vsctl_exit(1); /* getopt_long() has said why */
    default:
        parse_style(vsctl, c);
    }
}

/* Returns the index of the first word that is not an option. */
static int parse_options(struct vsctl *vsctl, struct parser *parser, int argc, char *argv[])
{
    const char *environment = getenv("OVS_CTL_TIMEOUT");
    for (size_t i = 0; i < ARRAY_SIZE(global_options); i++) {
        put_option(parser, &global_options[i]);
    }
    vsctl_command_for_each_option(put_local_option, parser);
    parser->timeout_s = environment && environment[0] ? parse_timeout(environment) : 0;
    for (;;) {
        int index = 0;
        int c = getopt_long(argc, argv, "+t:f:d:v::hV" TLS_SHORT_OPTIONS, parser->options, &index);
        if (c == -1) {
            return optind;
        }
        char *error = NULL;
        if (tls_parse_option(c, optarg, &error)) {
            vsctl_fatal_if(error);
        } else {
            parse_option(vsctl, parser, c, index);
        }
    }
}

/* Says why the program ends, and ends it by the signal, as whoever asked for the timeout expects. */
static void on_alarm(int signum)
{
    static const char message[] = "weft-vsctl: terminating with signal 14 (Alarm clock)\n";
    ssize_t n = write(STDERR_FILENO, message, sizeof message - 1);
    (void) n;
    signal(signum, SIG_DFL);
    raise(signum);
}

/* The command line as a shell would read it, for the journal. */
static char *quote_arguments(int argc, char *argv[])
{
    struct strbuf text = STRBUF_INIT;
    strbuf_puts(&text, "weft-vsctl:");
    for (int i = 0; i < argc; i++) {
        bool plain = argv[i][0] != '\0';
        for (const char *p = argv[i]; *p; p++) {
            plain &= isalnum((unsigned char) *p) || strchr("-_./:=@,+%", *p) != NULL;
        }
        strbuf_puts(&text, plain ? " " : " '");
        for (const char *p = argv[i]; *p; p++) {
            if (*p == '\'') {
                strbuf_puts(&text, "'\\''");
            } else {
                strbuf_putc(&text, *p);
            }
        }
        strbuf_puts(&text, plain ? "" : "'");
    }
    return strbuf_steal(&text);
}

int main(int argc, char *argv[])
{
    struct vsctl vsctl = { .style = { .format = VSCTL_TABLE_LIST } };
    struct parser parser = { .options = NULL };
    struct vsctl_command *commands;
    size_t n;

    hash_init();
    log_init("weft-vsctl");
    vsctl_fatal_if(log_set("ANY:console:warn"));
    vsctl_fatal_if(log_set("ANY:syslog:off"));
    argv[0] = (char *) "weft-vsctl";
    for (int i = 1; i < argc; i++) {
        if (!utf8_is_valid(argv[i])) {
            vsctl_fatal("argument %d is not valid UTF-8", i);
        }
    }
    smap_init(&parser.local);
    int first = parse_options(&vsctl, &parser, argc, argv);
    vsctl_command_parse_all(argc - first, argv + first, &parser.local, &commands, &n);
    vsctl.comment = quote_arguments(argc, argv);
    if (!vsctl.db_name) {
        char *path = paths_in_rundir("db.sock");
        vsctl.db_name = xasprintf("unix:%s", path);
        free(path);
    }
    signal(SIGALRM, on_alarm);
    alarm(parser.timeout_s);
    vsctl_exit(vsctl_run(&vsctl, commands, n));
}
