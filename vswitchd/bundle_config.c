/* SPDX-License-Identifier: Apache-2.0 */
/* VLAN modes and trunks of a Port row, as the ovs-vswitchd.conf.db manual defines their defaults. */
#include "vswitchd/bundle_config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/ovsdb/ovsdb.h"
#include "ofproto/ofproto.h"

LOG_MODULE(bundle_config);

enum { N_VLANS = 4096, TRUNKS_WORDS = N_VLANS / 64 };

/* Without a mode a tag makes an access port, and trunks beside it count for nothing. */
static enum ofproto_vlan_mode choose_mode(const struct ovsdb_row *port, int tag)
{
    const char *mode = ovsdb_row_string(port, "vlan_mode", NULL);
    if (!mode) {
        if (tag >= 0 && ovsdb_row_has(port, "trunks")) {
            log_warn("port %s: trunks have no effect beside a tag without vlan_mode",
                     ovsdb_row_string(port, "name", ""));
        }
        return tag >= 0 ? VLAN_MODE_ACCESS : VLAN_MODE_TRUNK;
    } else if (!strcmp(mode, "access")) {
        return VLAN_MODE_ACCESS;
    } else if (!strcmp(mode, "native-tagged")) {
        return VLAN_MODE_NATIVE_TAGGED;
    } else if (!strcmp(mode, "native-untagged")) {
        return VLAN_MODE_NATIVE_UNTAGGED;
    } else if (strcmp(mode, "trunk")) {
        log_warn("port %s: VLAN mode %s is not supported; the port is a trunk",
                 ovsdb_row_string(port, "name", ""), mode);
    }
    return VLAN_MODE_TRUNK;
}

static bool read_trunks(const struct ovsdb_row *port, uint64_t trunks[TRUNKS_WORDS])
{
    size_t n = ovsdb_row_n(port, "trunks");
    memset(trunks, 0, TRUNKS_WORDS * sizeof *trunks);
    for (size_t i = 0; i < n; i++) {
        int64_t vlan = ovsdb_row_int_at(port, "trunks", i);
        if (vlan >= 0 && vlan < N_VLANS) {
            trunks[vlan / 64] |= UINT64_C(1) << vlan % 64;
        }
    }
    return n > 0;
}

void bundle_config_apply(struct ofproto *ofproto, const struct ovsdb_row *port)
{
    int tag = ovsdb_row_int(port, "tag", -1);
    enum ofproto_vlan_mode mode = choose_mode(port, tag);
    uint64_t trunks[TRUNKS_WORDS];
    bool limited = mode != VLAN_MODE_ACCESS && read_trunks(port, trunks);
    if (limited && mode != VLAN_MODE_TRUNK && tag >= 0) {
        trunks[tag / 64] |= UINT64_C(1) << tag % 64;
    }

    size_t n = ovsdb_row_n(port, "interfaces");
    const char **names = xcalloc(n, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = ovsdb_row_string(ovsdb_row_ref_at(port, "interfaces", i), "name", "");
    }
    struct ofproto_bundle_config config = {
        .name = ovsdb_row_string(port, "name", ""),
        .ports = names,
        .n_ports = n,
        .vlan_mode = mode,
        .vlan = mode == VLAN_MODE_TRUNK ? -1 : MAX(tag, 0),
        .trunks = limited ? trunks : NULL,
        .protected_ = ovsdb_row_bool(port, "protected", false),
        .arp_suppress = ovsdb_row_map_bool(port, "other_config", "arp-suppress", false),
    };
    ofproto_bundle_set(ofproto, &config);
    free(names);
}
