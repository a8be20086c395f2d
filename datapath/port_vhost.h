/* SPDX-License-Identifier: Apache-2.0 */
/* Ports to guests over vhost-user: what the rest of the program does for them. */
#pragma once

#include "datapath/port.h"

struct loop;

/* What such ports need of the main thread. */
struct port_host {
    struct loop *loop;
    /* The port's state changed, and the number of its receive queues perhaps, too. */
    void (*changed)(void *aux, struct port *, unsigned int n_rxq);
    void *aux;
};

/* Main thread, before such a port is opened; null: none can be from now on. */
void port_vhost_set_host(const struct port_host *);
