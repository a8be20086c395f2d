/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the kinds of ports. */
#include "datapath/port_kinds.h"

#include <string.h>

const struct port_ops *const port_kinds[] = {
    &port_packet_ops,
    &port_internal_ops,
    &port_tap_ops,
    &port_pcap_ops,
    &port_dummy_ops,
    &port_vhost_client_ops,
    &port_vhost_server_ops,
    &port_vhost_dpdk_client_ops,
    &port_vhost_dpdk_server_ops,
    &port_vxlan_ops,
    &port_geneve_ops,
    &port_gre_ops,
    &port_xdp_ops,
    NULL,
};

static bool dummy_enabled;

void port_kinds_enable_dummy(void)
{
    dummy_enabled = true;
}

const struct port_ops *port_kind_find(const char *type)
{
    for (size_t i = 0; port_kinds[i]; i++) {
        if (!strcmp(port_kinds[i]->type, type)) {
            return port_kinds[i] != &port_dummy_ops || dummy_enabled ? port_kinds[i] : NULL;
        }
    }
    return NULL;
}
