/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what ofproto_bundle_set() was told, kept for the next port map. */
#include "ofproto/bundle.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"

LOG_MODULE(bundle);

static void clear(struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->n_ports; i++) {
        free(bundle->ports[i]);
    }
    free(bundle->ports);
    free(bundle->trunks);
}

static void free_bundle(struct port_set *set, struct bundle *bundle)
{
    hmap_remove(&set->bundles, &bundle->node);
    clear(bundle);
    free(bundle->name);
    free(bundle);
}

struct bundle *bundle_find(const struct port_set *set, const char *name)
{
    struct bundle *bundle;
    hmap_for_each_with_hash (bundle, node, hash_string(name, 0), &set->bundles) {
        if (!strcmp(bundle->name, name)) {
            return bundle;
        }
    }
    return NULL;
}

void bundles_destroy(struct port_set *set)
{
    struct bundle *bundle, *next;
    hmap_for_each_safe (bundle, next, node, &set->bundles) {
        free_bundle(set, bundle);
    }
    hmap_destroy(&set->bundles);
}

static bool same(const struct bundle *a, const struct bundle *b)
{
    if (a->n_ports != b->n_ports || a->vlan_mode != b->vlan_mode || a->vlan != b->vlan
        || a->protected_ != b->protected_ || a->arp_suppress != b->arp_suppress || !a->trunks != !b->trunks
        || (a->trunks && memcmp(a->trunks, b->trunks, VLAN_N / 8))) {
        return false;
    }
    for (size_t i = 0; i < a->n_ports; i++) {
        if (strcmp(a->ports[i], b->ports[i])) {
            return false;
        }
    }
    return true;
}

/* What was learned behind the bundle's ports may be in the wrong VLAN now. */
static void forget_addresses(struct ofproto *ofproto, const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->n_ports; i++) {
        const struct ofport *port = port_set_find(ofproto->ports, bundle->ports[i]);
        if (port) {
            mac_table_flush_port(ofproto->macs, port->no);
        }
    }
}

static void copy_config(struct bundle *bundle, const struct ofproto_bundle_config *config)
{
    bundle->vlan_mode = config->vlan_mode;
    bundle->protected_ = config->protected_;
    bundle->arp_suppress = config->arp_suppress;
    bundle->vlan = config->vlan > 0 && config->vlan < VLAN_N && config->vlan_mode != VLAN_MODE_TRUNK
                       ? config->vlan
                       : 0;
    if (config->trunks && config->vlan_mode != VLAN_MODE_ACCESS) {
        bundle->trunks = xmemdup(config->trunks, VLAN_N / 8);
        if (config->vlan_mode != VLAN_MODE_TRUNK) {
            bundle->trunks[bundle->vlan / 64] |= UINT64_C(1) << bundle->vlan % 64;
        }
    }
    bundle->ports = xcalloc(MAX(config->n_ports, 1), sizeof *bundle->ports);
    for (size_t i = 0; i < config->n_ports; i++) {
        bundle->ports[bundle->n_ports++] = xstrdup(config->ports[i]);
    }
}

void ofproto_bundle_set(struct ofproto *ofproto, const struct ofproto_bundle_config *config)
{
    struct bundle *old = bundle_find(ofproto->ports, config->name);
    struct bundle *bundle = xzalloc(sizeof *bundle);
    copy_config(bundle, config);
    if (old && same(old, bundle)) {
        clear(bundle);
        free(bundle);
        return;
    }
    if (old) {
        forget_addresses(ofproto, old);
        free_bundle(ofproto->ports, old);
    }
    bundle->name = xstrdup(config->name);
    hmap_insert(&ofproto->ports->bundles, &bundle->node, hash_string(bundle->name, 0));
    log_dbg("bridge %s: bundle %s has %zu ports", ofproto->name, bundle->name, bundle->n_ports);
    port_map_changed();
}

void ofproto_bundle_del(struct ofproto *ofproto, const char *name)
{
    struct bundle *bundle = bundle_find(ofproto->ports, name);
    if (bundle) {
        forget_addresses(ofproto, bundle);
        free_bundle(ofproto->ports, bundle);
        port_map_changed();
    }
}
