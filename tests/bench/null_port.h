/* SPDX-License-Identifier: Apache-2.0 */
/* What programs that measure the switching core without devices have in common: a port kind whose packets are made in memory by a
 * function of the program's own, and which throws away what is sent by it.
 *
 *     static unsigned int null_rx(struct port *, unsigned int q, struct frame_cache *, struct batch *, unsigned int max) { ... }
 *     static const struct port_ops null_ops = NULL_PORT_OPS(null_rx, null_port_tx);
 *     const struct port_ops *port_kind_find(const char *type) { return &null_ops; }    in place of the real kinds
 *
 * All of it is in this header, so that the compiler sees through it as through a real kind's file. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/batch.h"
#include "datapath/port.h"
#include "lib/base/clock.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"

enum { NULL_PORT_PACKET_LEN = 64 };

/* The time-stamp counter, or nanoseconds where there is none. */
static inline uint64_t null_port_cycles(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return clock_ns();
#endif
}

static inline int null_port_open(struct port *port, const struct smap *options, char **errorp)
{
    port->admin_up = true;
    return 0;
}

static inline void null_port_close(struct port *port)
{
}

static inline int null_port_rx_fd(const struct port *port, unsigned int q)
{
    return -1;
}

static inline unsigned int null_port_tx(struct port *port, unsigned int thread, struct packet *const *packets, unsigned int n,
                                        enum drop_reason *why)
{
    return n;
}

#define NULL_PORT_OPS(RX, TX) \
    { \
        .type = "null", .open = null_port_open, .close = null_port_close, .rx_fd = null_port_rx_fd, .rx = (RX), .tx = (TX), \
    }

/* Ends the program, named 'program', if 'error' (an errno) is not 0. */
static inline void null_port_must(const char *program, int error)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", program, strerror(error));
        exit(1);
    }
}

/* Makes 'key' that of a UDP packet over IPv4 from port 1, whose destination address is 'nw_dst', and composes the packet into
 * 'bytes'. Returns 0 or an errno. */
static inline int null_port_template(struct flow *key, be32 nw_dst, uint8_t bytes[NULL_PORT_PACKET_LEN])
{
    flow_init(key);
    flow_use_line(key, FLOW_LINE_L3);
    key->in_port = 1;
    key->eth_type = htons(ETH_TYPE_IP);
    key->eth_dst.ea[5] = 1;
    key->eth_src.ea[5] = 2;
    key->nw_src = htonl(0x0a010203);
    key->nw_dst = nw_dst;
    key->nw_proto = NW_PROTO_UDP;
    key->nw_ttl = 64;
    key->tp_src = htons(1000);
    key->tp_dst = htons(2000);
    return flow_compose(key, bytes, NULL_PORT_PACKET_LEN, NULL_PORT_PACKET_LEN - 42) == NULL_PORT_PACKET_LEN ? 0 : EINVAL;
}
