/* SPDX-License-Identifier: Apache-2.0 */
/* weft-dpctl: what its commands share. Each command is a function of the words behind the
 * datapath's name. */
#pragma once

#include <stdbool.h>

#include "datapath/client.h"
#include "lib/base/compiler.h"
#include "lib/net/flow_text.h"

struct dpctl {
    struct dp_client *client;
    bool statistics; /* -s */
    int verbosity;   /* -m: how often */
    bool names;      /* --names */
    bool may_create; /* --may-create */
    bool clear;      /* --clear */

    /* For translating port names; read when it is first needed. */
    struct dp_port *ports;
    size_t n_ports;
    struct flow_port_names port_names;
};

/* Returns the program's exit status. argv[0] is the command's name. */
typedef int dpctl_command(struct dpctl *, int argc, char *argv[]);

dpctl_command dpctl_add_if, dpctl_del_if, dpctl_set_if, dpctl_show, dpctl_monitor;
dpctl_command dpctl_dump_flows, dpctl_add_flow, dpctl_mod_flow, dpctl_get_flow, dpctl_del_flow,
    dpctl_del_flows, dpctl_add_flows, dpctl_mod_flows, dpctl_parse_actions;

/* Prints "weft-dpctl: ..." and ends the program with status 1. */
void dpctl_fatal(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* Prints "weft-dpctl: ...". Returns 1. */
int dpctl_error(const char *format, ...) PRINTF_FORMAT(1, 2);

/* Reads the ports, so that port_names works: numbers to names only with --names, names to numbers
 * always. */
const struct flow_port_names *dpctl_port_names(struct dpctl *);
