/* SPDX-License-Identifier: Apache-2.0 */
/* The datapath's ports that receive for tunnels: one for each kind and UDP port, shared by all tunnel ports of it. Main thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/hmap.h"
#include "ofproto/tunnel_config.h"

struct strbuf;

struct tunnel_listener {
    struct hmap_node node;
    char name[TUNNEL_DEVICE_NAME_SIZE];
    enum tunnel_kind kind;
    uint16_t port;        /* UDP, 0: GRE */
    unsigned int refs;    /* tunnel ports */
    uint32_t dp_no;       /* DP_PORT_NONE while the datapath does not have it */
};

/* The listener for such a port, opened if it is the first. Null and a sentence (the caller frees it) if the datapath refuses; while there is no
 * datapath it waits. */
struct tunnel_listener *tunnel_listener_get(const struct tunnel_config *, char **errorp) WARN_UNUSED;

/* The last port takes it out of the datapath, if 'from_datapath'. */
void tunnel_listener_put(struct tunnel_listener *, bool from_datapath);

/* The datapath is there (again); is gone. */
void tunnel_listeners_reconnect(void);
void tunnel_listeners_disconnect(void);

/* Is the datapath's port one of these? */
bool tunnel_listener_owns(uint32_t dp_no);

/* tnl/ports/show */
void tunnel_listeners_show(struct strbuf *, bool verbose);
