/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of ports, and what their implementations share. */
#pragma once

#include "datapath/port.h"

extern const struct port_ops port_dummy_ops, port_internal_ops, port_packet_ops, port_pcap_ops,
    port_tap_ops, port_vhost_client_ops, port_vhost_server_ops, port_vhost_dpdk_client_ops,
    port_vhost_dpdk_server_ops, port_vxlan_ops, port_geneve_ops, port_gre_ops, port_xdp_ops;

/* Dummy ports exist only once this was called: --enable-dummy. Main thread, before any port is
 * added. */
void port_kinds_enable_dummy(void);

/* Null if 'options' has no keys but those named (the list ends with null), else a sentence about
 * the unknown one, which the caller frees. */
char *port_check_options(const struct smap *options, ...) WARN_UNUSED __attribute__((sentinel));

/* The option "n_rxq", 1 if it is not there. Null or what is wrong (the caller frees it). */
char *port_n_rxq_option(const struct smap *options, unsigned int *n) WARN_UNUSED;
