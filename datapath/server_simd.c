/* SPDX-License-Identifier: Apache-2.0 */
/* Showing and choosing the versions of the lookup's inner loops. */
#include "datapath/server_simd.h"

#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/line_ops.h"
#include "datapath/server_request.h"
#include "lib/base/log.h"
#include "lib/base/strbuf.h"

LOG_MODULE(simd);

bool server_simd(struct server *server, int argc, const char *const argv[], struct strbuf *reply)
{
    if (argc > 1) {
        if (!line_ops_choose(argv[1])) {
            strbuf_putf(reply, "%s: there is no such version for this processor", argv[1]);
            return false;
        }
        log_info("flows are looked up with %s", argv[1]);
    }
    for (const struct line_ops *const *ops = line_ops_all; *ops; ops++) {
        strbuf_putf(reply, "%c %-8s%s\n", *ops == line_ops() ? '*' : ' ', (*ops)->name,
                    line_ops_usable(*ops) ? "" : "  (not on this processor)");
    }
    return true;
}

bool server_simd_lookup_get(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    struct dp_totals totals;
    datapath_totals(server->dp, &totals);
    strbuf_puts(reply, "Available dpcls implementations:\n");
    for (const struct line_ops *const *ops = line_ops_all; *ops; ops++) {
        if (line_ops_usable(*ops)) {
            strbuf_putf(reply, "  %s (Use count: %u, Priority: %u)\n", (*ops)->name,
                        *ops == line_ops() ? totals.n_masks : 0, line_ops_priority(*ops));
        }
    }
    return true;
}

bool server_simd_lookup_set(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    const struct line_ops *before = line_ops();
    char *end;
    long priority = strtol(argv[2], &end, 10);
    if (!argv[2][0] || *end || priority < 0 || priority > 255) {
        strbuf_puts(reply, "error: priority must be between 0 and 255");
        return false;
    }
    if (!line_ops_set_priority(argv[1], priority)) {
        strbuf_puts(reply, "error, subtable lookup function not found");
        return false;
    }
    struct dp_totals totals;
    datapath_totals(server->dp, &totals);
    bool changed = before != line_ops();
    strbuf_putf(reply, "Lookup priority change affected %u dpcls ports and %u subtables.\n",
                changed ? totals.n_ports : 0, changed ? totals.n_masks : 0);
    return true;
}

/* The processors of the forwarding threads. */
static void put_threads(struct server *server, const char *separator, struct strbuf *reply)
{
    for (unsigned int i = 0; i < datapath_n_threads(server->dp); i++) {
        struct datapath_thread t;
        datapath_thread_get(server->dp, i, &t);
        strbuf_putf(reply, "%s%d", i ? separator : "", t.cpu >= 0 ? t.cpu : (int) i);
    }
}

bool server_simd_dpif_get(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    strbuf_puts(reply, "Available DPIF implementations:\n  dpif_scalar (pmds: ");
    put_threads(server, ",", reply);
    strbuf_puts(reply, ")\n");
    return true;
}

bool server_simd_dpif_set(struct server *server, int argc, const char *const argv[],
                          struct strbuf *reply)
{
    if (strcmp(argv[1], "dpif_scalar")) {
        strbuf_putf(reply, "DPIF implementation not available: Unknown DPIF implementation %s.",
                    argv[1]);
        return false;
    }
    strbuf_puts(reply, "DPIF implementation set to dpif_scalar.\n");
    return true;
}

bool server_simd_parser_get(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    strbuf_puts(reply, "Available MFEX implementations:\n  scalar (available: True pmds: ");
    put_threads(server, ",", reply);
    strbuf_puts(reply, ")\n");
    return true;
}

bool server_simd_parser_set(struct server *server, int argc, const char *const argv[],
                            struct strbuf *reply)
{
    if (strcmp(argv[1], "scalar")) {
        strbuf_putf(reply, "Error: unknown miniflow extract implementation %s.", argv[1]);
        return false;
    }
    strbuf_puts(reply, "Miniflow extract implementation set to scalar.\n");
    return true;
}
