/* SPDX-License-Identifier: Apache-2.0 */
/* weft-dpctl: ports. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "utilities/dpctl.h"

/* An IFACE argument: NAME[,KEY=VALUE]... */
struct iface_arg {
    char *text; /* the words below lie in it */
    const char *name, *type;
    uint32_t port_no;
    struct smap options; /* all others */
};

static bool parse_u32(const char *text, uint32_t *value)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *value = number;
    return *text && !*end && text[0] != '-' && number < UINT32_MAX;
}

static void parse_iface(const char *word, struct iface_arg *arg)
{
    char *save = NULL;

    arg->text = xstrdup(word);
    arg->name = strtok_r(arg->text, ",", &save);
    arg->type = NULL;
    arg->port_no = DP_PORT_NONE;
    smap_init(&arg->options);
    if (!arg->name) {
        dpctl_fatal("%s is not a valid network device name", word);
    }
    for (char *option; (option = strtok_r(NULL, ",", &save));) {
        char *value = strchr(option, '=');
        value = value ? (*value = '\0', value + 1) : "";
        if (!strcmp(option, "type")) {
            arg->type = value;
        } else if (strcmp(option, "port_no")) {
            smap_set(&arg->options, option, value);
        } else if (!parse_u32(value, &arg->port_no)) {
            dpctl_fatal("%s: \"%s\" is not a port number", arg->name, value);
        }
    }
}

static void free_iface(struct iface_arg *arg)
{
    smap_destroy(&arg->options);
    free(arg->text);
}

int dpctl_add_if(struct dpctl *ctl, int argc, char *argv[])
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        struct iface_arg arg;
        char *error = NULL;
        parse_iface(argv[i], &arg);
        if (dp_port_add(ctl->client, arg.name, arg.type ? arg.type : "system", &arg.options,
                        &arg.port_no, &error)) {
            status = dpctl_error("adding %s failed (%s)", arg.name, error);
        }
        free(error);
        free_iface(&arg);
    }
    return status;
}

int dpctl_del_if(struct dpctl *ctl, int argc, char *argv[])
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        struct dp_port port;
        uint32_t no;
        int error = 0;
        if (!parse_u32(argv[i], &no)) {
            error = dp_port_find(ctl->client, argv[i], &port);
            no = port.no;
        }
        if (!error) {
            error = dp_port_del(ctl->client, no);
        }
        if (error) {
            status =
                dpctl_error("deleting port %s failed (%s)", argv[i],
                            error == ENODEV ? "no port has that name or number" : strerror(error));
        }
    }
    return status;
}

/* Takes mac, mtu and admin out of the options. Null or what is wrong (the caller frees it). */
static char *take_change(struct smap *options, struct dp_port_change *change, struct eth_addr *mac)
{
    const char *value = smap_get(options, "mac");

    if (value) {
        if (!eth_parse(value, mac)) {
            return xasprintf("\"%s\" is not a MAC address", value);
        }
        change->mac = mac;
        smap_remove(options, "mac");
    }
    value = smap_get(options, "mtu");
    if (value) {
        if (!parse_u32(value, &change->mtu) || !change->mtu) {
            return xasprintf("\"%s\" is not an MTU", value);
        }
        smap_remove(options, "mtu");
    }
    value = smap_get(options, "admin");
    if (value) {
        if (strcmp(value, "up") && strcmp(value, "down")) {
            return xasprintf("admin is up or down, not \"%s\"", value);
        }
        change->set_admin = true;
        change->admin_up = !strcmp(value, "up");
        smap_remove(options, "admin");
    }
    change->options = smap_count(options) ? options : NULL;
    return NULL;
}

static char *set_one(struct dpctl *ctl, struct iface_arg *arg)
{
    struct dp_port_change change = { NULL, NULL, 0, false, false };
    struct dp_port port;
    struct eth_addr mac;
    char *message = NULL;

    int error = dp_port_find(ctl->client, arg->name, &port);
    if (error) {
        return xstrdup(error == ENODEV ? "no port has that name" : strerror(error));
    }
    if (arg->type && strcmp(arg->type, port.type)) {
        return xasprintf("cannot change its type from %s to %s", port.type, arg->type);
    }
    if (arg->port_no != DP_PORT_NONE && arg->port_no != port.no) {
        return xasprintf("cannot change its port number from %" PRIu32 " to %" PRIu32, port.no,
                         arg->port_no);
    }
    message = take_change(&arg->options, &change, &mac);
    if (!message && dp_port_set(ctl->client, port.no, &change, &message) && !message) {
        message = xstrdup("refused");
    }
    return message;
}

int dpctl_set_if(struct dpctl *ctl, int argc, char *argv[])
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        struct iface_arg arg;
        parse_iface(argv[i], &arg);
        char *message = set_one(ctl, &arg);
        if (message) {
            status = dpctl_error("%s: %s", arg.name, message);
            free(message);
        }
        free_iface(&arg);
    }
    return status;
}

static void show_totals(const struct dp_totals *t)
{
    uint64_t n_lookups = t->n_hit + t->n_missed;

    printf("  lookups: hit:%" PRIu64 " missed:%" PRIu64 " lost:%" PRIu64 "\n", t->n_hit,
           t->n_missed, t->n_lost);
    printf("  flows: %" PRIu32 "\n", t->n_flows);
    printf("  masks: hit:%" PRIu64 " total:%" PRIu32 " hit/pkt:%.2f\n", t->n_mask_hit, t->n_masks,
           n_lookups ? (double) t->n_mask_hit / n_lookups : 0);
    printf("  cache: hit:%" PRIu64 " hit-rate:%.2f%%\n", t->n_cache_hit,
           n_lookups ? 100.0 * t->n_cache_hit / n_lookups : 0);
}

static void show_port(const struct dpctl *ctl, const struct dp_port *port,
                      const struct dp_port_stats *s)
{
    printf("  port %" PRIu32 ": %s", port->no, port->name);
    if (strcmp(port->type, "system")) {
        printf(" (%s)", port->type);
    }
    if (port->error[0]) {
        printf(" error: %s", port->error);
    }
    putchar('\n');
    if (ctl->statistics) {
        printf("    RX packets:%" PRIu64 " errors:%" PRIu64 " dropped:%" PRIu64
               " overruns:? frame:?\n",
               s->rx_packets, s->rx_errors, s->rx_dropped);
        printf("    TX packets:%" PRIu64 " errors:%" PRIu64 " dropped:%" PRIu64
               " aborted:? carrier:?\n",
               s->tx_packets, s->tx_errors, s->tx_dropped);
        printf("    collisions:?\n    RX bytes:%" PRIu64 "  TX bytes:%" PRIu64 "\n", s->rx_bytes,
               s->tx_bytes);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct dp_port *const *x = a, *const *y = b;

    return (*x)->no < (*y)->no ? -1 : (*x)->no > (*y)->no;
}

int dpctl_show(struct dpctl *ctl, int argc, char *argv[])
{
    struct dp_totals totals;
    struct dp_port_stats *stats;
    struct dp_port *ports;
    size_t n;

    for (int i = 1; i < argc; i++) {
        const char *name = strncmp(argv[i], "system@", 7) ? argv[i] : argv[i] + 7;
        if (strcmp(name, dp_client_info(ctl->client)->name)) {
            return dpctl_error("opening datapath %s failed (No such device)", argv[i]);
        }
    }
    int error = dp_totals_get(ctl->client, &totals);
    if (!error) {
        error = dp_port_dump(ctl->client, &ports, &stats, &n);
    }
    if (error) {
        return dpctl_error("cannot read the datapath's state (%s)", strerror(error));
    }

    printf("system@%s:\n", dp_client_info(ctl->client)->name);
    show_totals(&totals);
    const struct dp_port **sorted = xcalloc(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &ports[i];
    }
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t i = 0; i < n; i++) {
        show_port(ctl, sorted[i], &stats[sorted[i] - ports]);
    }
    free(sorted);
    free(ports);
    free(stats);
    return 0;
}

static void print_event(const struct dp_port *port, bool deleted)
{
    struct strbuf mac = STRBUF_INIT;

    eth_format(&mac, port->mac);
    printf("%s port %" PRIu32 ": %s (%s) mac %s mtu %" PRIu32 " admin %s link %s%s%s\n",
           deleted ? "deleted" : "changed", port->no, port->name, port->type, strbuf_str(&mac),
           port->mtu, port->admin_up ? "up" : "down", port->carrier ? "up" : "down",
           port->error[0] ? " error: " : "", port->error);
    fflush(stdout);
    strbuf_destroy(&mac);
}

int dpctl_monitor(struct dpctl *ctl, int argc, char *argv[])
{
    int error = dp_port_events_open(ctl->client);

    if (!error) {
        printf("watching the ports of system@%s\n", dp_client_info(ctl->client)->name);
        fflush(stdout);
    }
    while (!error) {
        struct dp_port port;
        bool deleted;
        error = dp_port_event_recv(ctl->client, &port, &deleted);
        if (!error) {
            print_event(&port, deleted);
        } else if (error == EAGAIN) {
            struct pollfd pfd = { dp_client_fd(ctl->client), POLLIN, 0 };
            error = poll(&pfd, 1, -1) < 0 && errno != EINTR ? errno : 0;
        }
    }
    return dpctl_error("the datapath has gone (%s)", strerror(error));
}
