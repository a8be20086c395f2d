/* SPDX-License-Identifier: Apache-2.0 */
/* weft-appctl: runs a command in a running daemon, as ovs-appctl does.
 *
 * weft-vswitchd answers on its control socket in JSON-RPC. weft-datapathd, which parses no JSON, answers the same commands on the
 * datapath's socket. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"

static void usage(void)
{
    printf("weft-appctl: runs a command in a running Weft daemon\n"
           "usage: weft-appctl [OPTIONS] COMMAND [ARG...]\n"
           "\nOptions:\n"
           "  -t, --target=TARGET     daemon by name (default: weft-vswitchd), or its control socket\n"
           "  -T, --timeout=SECS      give up after SECS seconds\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n"
           "\nCommon commands:\n"
           "  list-commands           list the commands that the daemon knows\n"
           "  version                 the daemon's version\n"
           "  vlog/list, vlog/set [SPEC], vlog/reopen\n"
           "  coverage/show, memory/show, exit\n");
}

static void fatal(char *message)
{
    fprintf(stderr, "weft-appctl: %s\n", message);
    free(message);
    exit(1);
}

static void print_body(const char *body)
{
    fputs(body, stdout);
    size_t n = strlen(body);
    if (n && body[n - 1] != '\n') {
        putchar('\n');
    }
}

/* The command's answer on stdout, or its error on stderr and exit status 2. */
static int report(const char *daemon, const char *result, const char *error)
{
    if (!error) {
        print_body(result ? result : "");
        return 0;
    }
    fprintf(stderr, "%s%s", error, error[0] && error[strlen(error) - 1] == '\n' ? "" : "\n");
    fprintf(stderr, "weft-appctl: %s: server returned an error\n", daemon);
    return 2;
}

static int call_datapath(int argc, char *argv[])
{
    char *error = NULL;
    struct dp_client *client = dp_client_open(NULL, &error);
    if (!client) {
        fatal(error);
    }
    struct strbuf reply = STRBUF_INIT;
    int errnum = dp_command(client, argc, (const char *const *) argv, &reply);
    int status = report("weft-datapathd", strbuf_str(&reply), errnum ? strbuf_str(&reply) : NULL);
    strbuf_destroy(&reply);
    dp_client_destroy(client);
    return status;
}

static int call_control_socket(const char *target, int timeout_ms, int argc, char *argv[])
{
    char *error = NULL;
    char *path = paths_find_unixctl(target, &error);
    if (!path) {
        fatal(error);
    }
    char *result = NULL;
    int errnum = unixctl_call(path, argc, argv, timeout_ms, &result, &error);
    if (errnum) {
        fatal(xasprintf("%s: transaction error (%s)", path, strerror(errnum)));
    }
    int status = report(path, result, error);
    free(result);
    free(error);
    free(path);
    return status;
}

int main(int argc, char *argv[])
{
    static const struct option long_options[] = {
        { "target", required_argument, NULL, 't' },
        { "timeout", required_argument, NULL, 'T' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    const char *target = "weft-vswitchd";
    long timeout = 0;
    int c;
    while ((c = getopt_long(argc, argv, "+t:T:hV", long_options, NULL)) != -1) {
        char *end;
        switch (c) {
        case 't':
            target = optarg;
            break;
        case 'T':
            timeout = strtol(optarg, &end, 10);
            if (*end || timeout <= 0 || timeout > 1000000) {
                fatal(xasprintf("\"%s\" is not a number of seconds", optarg));
            }
            break;
        case 'h':
            usage();
            return 0;
        case 'V':
            printf("weft-appctl (Weft) %s\n", PACKAGE_VERSION);
            return 0;
        default:
            return 1;
        }
    }
    if (optind >= argc) {
        fatal(xstrdup("at least one non-option argument is required (use --help for help)"));
    }
    if (!strcmp(target, "weft-datapathd")) {
        return call_datapath(argc - optind, argv + optind);
    }
    return call_control_socket(target, timeout * 1000, argc - optind, argv + optind);
}
