/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: one or more ports of a bridge that are one to the outside, with its VLANs. OVSDB's Port. Main thread only. */
#pragma once

#include "lib/base/hmap.h"
#include "ofproto/ofproto.h"

struct port_set;

struct bundle {
    struct hmap_node node; /* in the port set, by name */
    char *name;
    char **ports;          /* names; ports that are not there are passed over */
    size_t n_ports;
    enum ofproto_vlan_mode vlan_mode;
    uint16_t vlan;         /* of access and native modes, 0: none */
    uint64_t *trunks;      /* bitmap of VLAN_N bits with the native VLAN in it, null: all */
    bool protected_;
    bool arp_suppress;
};

struct bundle *bundle_find(const struct port_set *, const char *name);
void bundles_destroy(struct port_set *);
