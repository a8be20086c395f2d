/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel ports as the main thread keeps them: configuration, listener, and the way to a configured remote address. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct ofport;
struct ofproto_tunnel_path;
struct strbuf;
struct tunnel_config;
struct tunnel_port;

/* Makes 'port' a tunnel, or changes it, as its type and options say. 0, or a positive errno and a sentence (the caller frees it): then
 * it is as it was. */
int tunnel_port_set(struct ofport *port, char **errorp) WARN_UNUSED;

/* With 'from_datapath' the last one of its kind also leaves the datapath. Null is fine. */
void tunnel_port_destroy(struct tunnel_port *, bool from_datapath);

const struct tunnel_config *tunnel_port_config(const struct tunnel_port *);
uint32_t tunnel_port_listener(const struct tunnel_port *); /* DP_PORT_NONE while the datapath does not have it */
const char *tunnel_port_driver(const struct tunnel_port *); /* static */
void tunnel_port_status(struct tunnel_port *, struct ofproto_tunnel_path *);

/* From time to time: the next hops of configured remote addresses stay known, so that the first packet finds them. */
void tunnel_ports_run(void);

/* ofproto/list-tunnels */
void tunnel_ports_list(struct strbuf *);
