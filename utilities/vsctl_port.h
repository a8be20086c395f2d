/* SPDX-License-Identifier: Apache-2.0 */
/* Adding a port of one or several interfaces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "utilities/vsctl.h"

struct vsctl_port_request {
    const char *bridge, *port;
    char **ifaces;
    size_t n_ifaces;
    char **settings; /* "column[:key]=value" */
    size_t n_settings;
    bool may_exist, fake_iface;
};

void vsctl_port_add(struct vsctl *, const struct vsctl_port_request *);
