/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that stand for tunnels. */
#include "datapath/port_tunnel.h"

#include <errno.h>
#include <stdlib.h>

#include "datapath/port_kinds.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

enum { MTU = 65535 /* no limit of its own: that of the path is what counts */ };

struct tunnel {
    struct tunnel_kind_config config;
    uint16_t dst_port;
    uint32_t sequence; /* forwarding: rw, atomic */
};

static char *read_dst_port(const struct smap *options, struct tunnel *tunnel)
{
    const char *text = smap_get(options, "dst-port");
    char *end;

    tunnel->dst_port = tunnel->config.kind == TUNNEL_VXLAN ? VXLAN_PORT : GENEVE_PORT;
    if (!text) {
        return NULL;
    }
    unsigned long value = strtoul(text, &end, 10);
    if (!*text || *end || *text == '-' || value < 1 || value > UINT16_MAX) {
        return xasprintf("options:dst-port=%s: must be 1 to %d", text, UINT16_MAX);
    }
    tunnel->dst_port = value;
    return NULL;
}

static char *read_gbp(const struct smap *options, struct tunnel *tunnel)
{
    const char *text = smap_get_or(options, "gbp", "false");

    tunnel->config.gbp = !strcmp(text, "true");
    return tunnel->config.gbp || !strcmp(text, "false") ? NULL
                                                        : xasprintf("options:gbp=%s: must be true or false", text);
}

static int tunnel_open(struct port *port, const struct smap *options, char **errorp)
{
    struct tunnel read = { .config.kind = TUNNEL_GRE };

    if (port->ops == &port_vxlan_ops) {
        read.config.kind = TUNNEL_VXLAN;
        *errorp = port_check_options(options, "dst-port", "gbp", NULL);
    } else if (port->ops == &port_geneve_ops) {
        read.config.kind = TUNNEL_GENEVE;
        *errorp = port_check_options(options, "dst-port", NULL);
    } else {
        *errorp = port_check_options(options, NULL);
    }
    if (!*errorp && read.config.kind != TUNNEL_GRE) {
        *errorp = read_dst_port(options, &read);
    }
    if (!*errorp) {
        *errorp = read_gbp(options, &read);
    }
    if (*errorp) {
        return EINVAL;
    }
    struct tunnel *tunnel = xmalloc(sizeof *tunnel);
    *tunnel = read;
    port->priv = tunnel;
    port->mtu = MTU;
    port->admin_up = port->carrier = true;
    port->n_rxq = 0;
    return 0;
}

static void tunnel_close(struct port *port)
{
    free(port->priv);
    port->priv = NULL;
}

static int tunnel_set(struct port *port, const struct dp_port_change *change, char **errorp)
{
    if (change->options || change->mac || change->mtu) {
        *errorp = xasprintf("%s: only the administrative state of a tunnel port can be changed", port->name);
        return EOPNOTSUPP;
    }
    if (change->set_admin) {
        port_set_admin(port, change->admin_up);
    }
    return 0;
}

static int tunnel_rx_fd(const struct port *port, unsigned int q)
{
    return -1;
}

static unsigned int tunnel_rx(struct port *port, unsigned int q, struct frame_cache *frames, struct batch *batch,
                              unsigned int max)
{
    return 0;
}

static unsigned int tunnel_tx(struct port *port, unsigned int thread, struct packet *const *packets, unsigned int n,
                              enum drop_reason *why)
{
    *why = DROP_TUNNEL_BARE;
    return 0;
}

#define TUNNEL_OPS(TYPE)                                                                           \
    {                                                                                              \
        .type = TYPE, .open = tunnel_open, .close = tunnel_close, .set = tunnel_set,               \
        .rx_fd = tunnel_rx_fd, .rx = tunnel_rx, .tx = tunnel_tx,                                   \
    }

const struct port_ops port_vxlan_ops = TUNNEL_OPS("vxlan");
const struct port_ops port_geneve_ops = TUNNEL_OPS("geneve");
const struct port_ops port_gre_ops = TUNNEL_OPS("gre");

const struct tunnel_kind_config *port_tunnel_config(const struct port *port)
{
    return port->ops->tx == tunnel_tx ? &((const struct tunnel *) port->priv)->config : NULL;
}

uint32_t port_tunnel_sequence(struct port *port, uint32_t n)
{
    struct tunnel *tunnel = port->priv;

    return __atomic_fetch_add(&tunnel->sequence, n, __ATOMIC_RELAXED);
}
