/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of a bridge: numbers, the datapath's ports behind them, what OpenFlow and OVSDB are told of them. */
#include "ofproto/port_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "ofproto/backer.h"
#include "ofproto/bfd.h"
#include "ofproto/bundle.h"
#include "ofproto/mac_table.h"
#include "ofproto/port_limits.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel_config.h"
#include "ofproto/tunnel_port.h"

LOG_MODULE(port_set);

static struct hmap ports_by_dp = HMAP_INIT; /* struct ofport.by_dp; main */

static bool is_local(const struct ofport *port)
{
    return port->no == OFPP_LOCAL;
}

static bool mac_is_zero(struct eth_addr mac)
{
    static const struct eth_addr zero;
    return !memcmp(&mac, &zero, sizeof mac);
}

struct port_set *port_set_create(struct ofproto *ofproto)
{
    struct port_set *set = xzalloc(sizeof *set);
    set->ofproto = ofproto;
    return set;
}

struct ofport *port_set_find(const struct port_set *set, const char *name)
{
    struct ofport *port;
    hmap_for_each_with_hash (port, by_name, hash_string(name, 0), &set->ports) {
        if (!strcmp(port->name, name)) {
            return port;
        }
    }
    return NULL;
}

struct ofport *port_set_by_no(const struct port_set *set, ofp_port_t no)
{
    struct ofport *port;
    hmap_for_each_with_hash (port, by_no, hash_u64(no, 0), &set->by_no) {
        if (port->no == no) {
            return port;
        }
    }
    return NULL;
}

struct ofport *port_set_by_dp(uint32_t dp_no)
{
    struct ofport *port;
    hmap_for_each_with_hash (port, by_dp, hash_u64(dp_no, 0), &ports_by_dp) {
        if (port->dp.no == dp_no) {
            return port;
        }
    }
    return NULL;
}

/* Numbers. */

static ofp_port_t choose_no(struct port_set *set, ofp_port_t requested)
{
    if (requested > 0 && requested < OFPP_MAX && !port_set_by_no(set, requested)) {
        return requested;
    }
    /* Not the lowest free one: flows may still mean the port that had it. */
    for (uint32_t i = 1; i < OFPP_MAX; i++) {
        ofp_port_t no = (set->last_no + i - 1) % (OFPP_MAX - 1) + 1;
        if (!port_set_by_no(set, no)) {
            set->last_no = no;
            return no;
        }
    }
    return OFPP_NONE;
}

/* The datapath's side. */

/* On a dummy bridge the devices are dummies too, so that tests need no privilege. */
static const char *datapath_type(const struct ofproto *ofproto, const char *type)
{
    if (!*type) {
        type = "system";
    }
    bool device = !strcmp(type, "system") || !strcmp(type, "internal") || !strcmp(type, "tap")
                  || !strcmp(type, "afxdp");
    const char *bridge_type = ofproto->config.datapath_type;
    return device && bridge_type && !strcmp(bridge_type, "dummy") ? "dummy" : type;
}

static void index_dp(struct ofport *port, bool on)
{
    if (on) {
        hmap_insert(&ports_by_dp, &port->by_dp, hash_u64(port->dp.no, 0));
    } else if (port->dp.no != DP_PORT_NONE) {
        hmap_remove(&ports_by_dp, &port->by_dp);
        port->dp.no = DP_PORT_NONE;
    }
}

static bool mac_differs(const struct ofport *port)
{
    return !mac_is_zero(port->wanted_mac)
           && memcmp(&port->wanted_mac, &port->dp.mac, sizeof port->wanted_mac);
}

/* Sets what of MAC and MTU is not as wanted. The port goes on working if that fails. */
static void apply_wishes(struct ofport *port)
{
    struct dp_port_change change = {
        .mac = mac_differs(port) ? &port->wanted_mac : NULL,
        .mtu = port->wanted_mtu != port->dp.mtu ? port->wanted_mtu : 0,
    };
    if (!change.mac && !change.mtu) {
        return;
    }
    char *error = NULL;
    int errnum = backer_port_change(port->dp.no, &change, &port->dp, &error);
    if (errnum) {
        log_warn("%s: %s", port->name, error ? error : strerror(errnum));
    }
    free(error);
}

/* Its options, and for a local device the address that it is to have. */
static void all_options(const struct ofport *port, struct smap *all)
{
    const struct smap_node *option;
    smap_for_each (option, &port->options) {
        smap_set(all, option->key, option->value);
    }
    if (is_local(port) && !strcmp(port->type, "internal")) {
        smap_for_each (option, &port->ofproto->local_address) {
            smap_set(all, option->key, option->value);
        }
    }
}

void ofproto_set_local_address(struct ofproto *ofproto, const struct smap *address)
{
    const struct ofport *local = port_set_by_no(ofproto->ports, OFPP_LOCAL);
    if (smap_equals(address, &ofproto->local_address)) {
        return;
    }
    smap_clear(&ofproto->local_address);
    const struct smap_node *option;
    smap_for_each (option, address) {
        smap_set(&ofproto->local_address, option->key, option->value);
    }
    if (!smap_count(address) || !local || strcmp(local->type, "internal") || local->dp.no == DP_PORT_NONE) {
        return; /* an address that was set stays, as with Open vSwitch */
    }
    struct smap options = SMAP_INIT;
    struct dp_port_change change = { .options = &options };
    struct dp_port dp;
    char *error = NULL;
    all_options(local, &options);
    int errnum = backer_port_change(local->dp.no, &change, &dp, &error);
    if (errnum) {
        log_warn("%s: %s", local->name, error ? error : strerror(errnum));
    } else {
        log_info("%s: set the address %s", local->name, smap_get_or(address, "local_ip", ""));
    }
    free(error);
    smap_destroy(&options);
}

/* Gets the port into the datapath. */
static int open_port(struct ofport *port, uint32_t hint, char **errorp)
{
    struct dp_port dp;
    struct smap options = SMAP_INIT;
    all_options(port, &options);
    int errnum = backer_port_open(port->name, port->type, &options, hint, &dp, errorp);
    smap_destroy(&options);
    if (errnum) {
        return errnum;
    }
    const struct ofport *other = port_set_by_dp(dp.no);
    if (other) {
        *errorp = xasprintf("%s: the device is a port of bridge %s already", port->name,
                            other->ofproto->name);
        return EEXIST;
    }
    port->dp = dp;
    index_dp(port, true);
    apply_wishes(port);
    port_limits_renew(port);
    return 0;
}

void ofport_reconnect(struct ofport *port)
{
    if (!ofport_has_device(port) || port->dp.no != DP_PORT_NONE) {
        return;
    }
    char *error = NULL;
    int errnum = open_port(port, DP_PORT_NONE, &error);
    if (errnum) {
        log_warn("bridge %s: port %s is lost: %s", port->ofproto->name, port->name,
                 error ? error : strerror(errnum));
        snprintf(port->dp.error, sizeof port->dp.error, "%s", error ? error : strerror(errnum));
    }
    free(error);
    port_map_changed();
}

void ofport_disconnect(struct ofport *port)
{
    index_dp(port, false);
    port_map_changed();
}

/* OpenFlow's view. */

enum { OFPPF_10MB_FD = 1 << 1, OFPPF_100MB_FD = 1 << 3, OFPPF_1GB_FD = 1 << 5, OFPPF_10GB_FD = 1 << 6,
       OFPPF_40GB_FD = 1 << 7, OFPPF_100GB_FD = 1 << 8, OFPPF_OTHER = 1 << 10, OFPPF_COPPER = 1 << 11 };

static uint32_t link_features(uint32_t mbps)
{
    switch (mbps) {
    case 0:
        return 0;
    case 10:
        return OFPPF_10MB_FD;
    case 100:
        return OFPPF_100MB_FD;
    case 1000:
        return OFPPF_1GB_FD;
    case 10000:
        return OFPPF_10GB_FD | OFPPF_COPPER;
    case 40000:
        return OFPPF_40GB_FD;
    case 100000:
        return OFPPF_100GB_FD;
    default:
        return OFPPF_OTHER;
    }
}

static bool is_up(const struct ofport *port)
{
    return !ofport_has_device(port) || (port->dp.no != DP_PORT_NONE && port->dp.admin_up);
}

bool ofport_is_live(const struct ofport *port)
{
    return is_up(port) && (!ofport_has_device(port) || port->dp.carrier) && !(port->config & OFPPC_PORT_DOWN) && bfd_port_forwards(port);
}

void ofport_describe(const struct ofport *port, struct ofp_phy_port *to)
{
    memset(to, 0, sizeof *to);
    to->no = port->no;
    to->mac = port->dp.mac;
    snprintf(to->name, sizeof to->name, "%s", port->name);
    bool up = is_up(port);
    bool link = !ofport_has_device(port) || (up && port->dp.carrier);
    to->config = port->config | (up ? 0 : OFPPC_PORT_DOWN);
    to->state = !link ? OFPPS_LINK_DOWN : bfd_port_forwards(port) ? OFPPS_LIVE : 0;
    to->curr = link_features(port->dp.speed_mbps);
    to->curr_speed = to->max_speed = port->dp.speed_mbps * 1000u;
}

static void tell_controllers(struct ofport *port, enum ofp_port_reason reason)
{
    struct ofp_phy_port description;
    ofport_describe(port, &description);
    if (port->ofproto->connmgr) {
        connmgr_send_port_status(port->ofproto->connmgr, reason, &description);
    }
}

static void tell_configuration(void)
{
    const struct ofprotos_config *config = ofprotos_config();
    if (config->changed) {
        config->changed(config->aux);
    }
}

void ofport_liveness_changed(struct ofport *port)
{
    port_map_changed();
    tell_controllers(port, OFPPR_MODIFY);
    tell_configuration();
}

static bool is_same_port(const struct dp_port *a, const struct dp_port *b)
{
    return !strcmp(a->name, b->name) && !strcmp(a->type, b->type);
}

/* Its end may be told late: is there another one in its place by now? */
static bool is_replaced(const struct dp_port *dp)
{
    struct dp_port_stats stats;
    struct dp_port now;
    return !backer_port_stats(dp->no, &now, &stats) && is_same_port(&now, dp);
}

void port_set_event(const struct dp_port *dp, bool deleted)
{
    struct ofport *port = port_set_by_dp(dp->no);
    /* Also of a port of another type that had the number before. */
    if (!port || !is_same_port(&port->dp, dp) || (deleted && is_replaced(dp))) {
        return;
    }
    if (deleted) {
        index_dp(port, false);
        snprintf(port->dp.error, sizeof port->dp.error, "the port was deleted from the datapath");
        port->dp.carrier = false;
    } else {
        struct dp_port old = port->dp;
        port->dp = *dp;
        port->link_resets += old.carrier != dp->carrier;
        if (!memcmp(&old, dp, sizeof old)) {
            return;
        }
        if (old.carrier && !dp->carrier && mac_table_flush_port(port->ofproto->macs, port->no)) {
            revalidator_wake();
        }
    }
    log_dbg("bridge %s: port %s is %s", port->ofproto->name, port->name,
            port->dp.no == DP_PORT_NONE ? "gone" : port->dp.carrier ? "up" : "down");
    ofport_liveness_changed(port);
}

/* Adding, changing, deleting. */

static char *check_patch(const struct ofproto *ofproto, const struct ofproto_port_config *config)
{
    const char *peer = config->options ? smap_get(config->options, "peer") : NULL;
    if (!peer || !*peer) {
        return xasprintf("%s: patch type requires valid 'peer' argument", config->name);
    }
    if (!strcmp(peer, config->name)) {
        return xasprintf("%s: patch peer must not be self", config->name);
    }
    return NULL;
}

static void free_port(struct ofport *port)
{
    patch_counters_unref(port->counters);
    tunnel_port_destroy(port->tunnel, false);
    port_limits_destroy(port->limits);
    smap_destroy(&port->options);
    free(port->name);
    free(port->type);
    free(port);
}

static void set_wishes(struct ofport *port, const struct ofproto_port_config *config)
{
    port->wanted_mac = config->mac       ? *config->mac
                       : is_local(port) ? port->ofproto->config.mac
                                        : (struct eth_addr) { { 0 } };
    port->wanted_mtu = config->mtu;
}

static struct ofport *make_port(struct ofproto *ofproto, const struct ofproto_port_config *config)
{
    struct ofport *port = xzalloc(sizeof *port);
    port->ofproto = ofproto;
    port->name = xstrdup(config->name);
    bool local = !strcmp(config->name, ofproto->name);
    port->is_patch = !local && config->type && !strcmp(config->type, "patch");
    const char *type = local ? "internal" : config->type ? config->type : "";
    port->type = xstrdup(port->is_patch ? "patch" : datapath_type(ofproto, type));
    if (config->options) {
        smap_clone(&port->options, config->options);
    }
    port->dp.no = DP_PORT_NONE;
    snprintf(port->dp.name, sizeof port->dp.name, "%s", config->name);
    port->no = local ? OFPP_LOCAL : choose_no(ofproto->ports, config->requested);
    port->created_ms = clock_ms();
    if (port->is_patch || tunnel_config_is_type(port->type)) {
        port->counters = patch_counters_create();
        uint32_t hash = hash_string(port->name, 1);
        memcpy(port->dp.mac.ea, &hash, sizeof hash);
        port->dp.mac.ea[0] = (port->dp.mac.ea[0] & 0xfe) | 2; /* local, not a group */
    }
    set_wishes(port, config);
    return port;
}

static int add_port(struct ofproto *ofproto, const struct ofproto_port_config *config,
                    ofp_port_t *no, char **errorp)
{
    struct ofport *port = make_port(ofproto, config);
    int errnum = 0;
    if (port->no == OFPP_NONE) {
        *errorp = xasprintf("%s: bridge %s has no port number left", config->name, ofproto->name);
        errnum = ENOSPC;
    } else if (port->is_patch) {
        *errorp = check_patch(ofproto, config);
        errnum = *errorp ? EINVAL : 0;
    } else if (tunnel_config_is_type(port->type)) {
        errnum = tunnel_port_set(port, errorp);
    } else if (backer_connected()) {
        errnum = open_port(port, DP_PORT_NONE, errorp);
    } /* Else the port joins when there is a datapath. */
    if (errnum) {
        free_port(port);
        return errnum;
    }
    hmap_insert(&ofproto->ports->ports, &port->by_name, hash_string(port->name, 0));
    hmap_insert(&ofproto->ports->by_no, &port->by_no, hash_u64(port->no, 0));
    *no = port->no;
    port_map_changed();
    tell_controllers(port, OFPPR_ADD);
    return 0;
}

static void remove_port(struct ofport *port, bool from_datapath)
{
    struct ofproto *ofproto = port->ofproto;
    if (mac_table_flush_port(ofproto->macs, port->no)) {
        revalidator_wake();
    }
    uint32_t dp_no = port->dp.no;
    bfd_forget(port);
    tell_controllers(port, OFPPR_DELETE);
    index_dp(port, false);
    if (dp_no != DP_PORT_NONE && from_datapath) {
        backer_port_close(dp_no);
    }
    tunnel_port_destroy(port->tunnel, from_datapath);
    port->tunnel = NULL;
    hmap_remove(&ofproto->ports->ports, &port->by_name);
    hmap_remove(&ofproto->ports->by_no, &port->by_no);
    free_port(port);
    port_map_changed();
}

/* Brings a port that is there to the new configuration without taking it away. */
static int change_port(struct ofport *port, const struct ofproto_port_config *config, char **errorp)
{
    struct smap none = SMAP_INIT;
    const struct smap *options = config->options ? config->options : &none;
    if (port->is_patch) {
        *errorp = check_patch(port->ofproto, config);
        if (*errorp) {
            return EINVAL;
        }
    }
    bool new_options = !smap_equals(&port->options, options);
    if (new_options) {
        smap_clear(&port->options);
        const struct smap_node *option;
        smap_for_each (option, options) {
            smap_set(&port->options, option->key, option->value);
        }
        port_map_changed();
    }
    set_wishes(port, config);
    if (port->tunnel) {
        return new_options ? tunnel_port_set(port, errorp) : 0;
    }
    if (port->is_patch || !backer_connected()) {
        return 0;
    }
    if (port->dp.no == DP_PORT_NONE) {
        port_map_changed();
        return open_port(port, DP_PORT_NONE, errorp);
    }
    if (new_options) {
        struct dp_port_change change = { .options = &port->options };
        int errnum = backer_port_change(port->dp.no, &change, &port->dp, errorp);
        if (errnum) {
            return errnum;
        }
    }
    apply_wishes(port);
    return 0;
}

static bool same_type(const struct ofport *port, const struct ofproto_port_config *config)
{
    const char *type = is_local(port) ? "internal" : config->type ? config->type : "";
    bool patch = !is_local(port) && !strcmp(type, "patch");
    return !strcmp(port->type, patch ? "patch" : datapath_type(port->ofproto, type));
}

int ofproto_port_set(struct ofproto *ofproto, const struct ofproto_port_config *config,
                     ofp_port_t *no, char **errorp)
{
    *errorp = NULL;
    if (strlen(config->name) > DP_PORT_NAME_MAX) {
        *errorp = xasprintf("%s: the name is longer than %d characters", config->name,
                            DP_PORT_NAME_MAX);
        return ENAMETOOLONG;
    }
    struct ofport *port = port_set_find(ofproto->ports, config->name);
    struct ofproto_port_config again = *config;
    bool renumber = port && !is_local(port) && config->requested < OFPP_MAX
                    && config->requested != port->no
                    && !port_set_by_no(ofproto->ports, config->requested);
    if (port && (renumber || !same_type(port, config))) {
        again.requested = renumber ? config->requested : port->no;
        bool type_stays = same_type(port, config);
        remove_port(port, !type_stays);
        port = NULL;
    }
    if (!port) {
        return add_port(ofproto, &again, no, errorp);
    }
    *no = port->no;
    return change_port(port, config, errorp);
}

void ofproto_port_del(struct ofproto *ofproto, const char *name)
{
    struct ofport *port = port_set_find(ofproto->ports, name);
    if (port) {
        remove_port(port, true);
    }
}

void port_set_destroy(struct port_set *set, bool delete_ports)
{
    if (!set) {
        return;
    }
    struct ofport *port, *next;
    hmap_for_each_safe (port, next, by_name, &set->ports) {
        remove_port(port, delete_ports);
    }
    bundles_destroy(set);
    hmap_destroy(&set->ports);
    hmap_destroy(&set->by_no);
    free(set);
}

/* Status. */

static const char *driver_name(const struct ofport *port)
{
    return port->is_patch                      ? "patch"
           : port->tunnel                      ? tunnel_port_driver(port->tunnel)
           : !strcmp(port->type, "internal")   ? "tun"
           : !strcmp(port->type, "tap")        ? "tun"
           : !strcmp(port->type, "system")     ? "af_packet"
                                               : port->type;
}

static void get_stats(const struct ofport *port, struct dp_port_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    struct dp_port dp;
    if (!ofport_has_device(port)) {
        stats->rx_packets = __atomic_load_n(&port->counters->rx_packets, __ATOMIC_RELAXED);
        stats->rx_bytes = __atomic_load_n(&port->counters->rx_bytes, __ATOMIC_RELAXED);
        stats->tx_packets = __atomic_load_n(&port->counters->tx_packets, __ATOMIC_RELAXED);
        stats->tx_bytes = __atomic_load_n(&port->counters->tx_bytes, __ATOMIC_RELAXED);
    } else if (port->dp.no != DP_PORT_NONE) {
        if (backer_port_stats(port->dp.no, &dp, stats)) {
            memset(stats, 0, sizeof *stats);
        }
    }
}

bool ofproto_port_status(const struct ofproto *ofproto, const char *name,
                         struct ofproto_port_status *status)
{
    const struct ofport *port = port_set_find(ofproto->ports, name);
    if (!port) {
        return false;
    }
    memset(status, 0, sizeof *status);
    status->no = port->no;
    status->mac = port->dp.mac;
    status->mtu = port->dp.mtu;
    status->ifindex = port->dp.ifindex;
    status->speed_mbps = port->dp.speed_mbps;
    status->admin_up = !ofport_has_device(port) || port->dp.admin_up;
    status->carrier = !ofport_has_device(port) || (port->dp.no != DP_PORT_NONE && port->dp.carrier);
    status->link_resets = port->link_resets;
    static_assert(sizeof status->error == sizeof port->dp.error, "copied whole");
    memcpy(status->error, port->dp.error, sizeof status->error);
    status->driver = driver_name(port);
    status->tunnel = port->tunnel != NULL;
    if (port->tunnel) {
        tunnel_port_status(port->tunnel, &status->path);
    }
    return true;
}

bool ofproto_port_counters(const struct ofproto *ofproto, const char *name, struct dp_port_stats *stats)
{
    const struct ofport *port = port_set_find(ofproto->ports, name);
    memset(stats, 0, sizeof *stats);
    if (port) {
        get_stats(port, stats);
    }
    return port != NULL;
}

void ofproto_port_set_bfd(struct ofproto *ofproto, const char *name, const struct smap *settings)
{
    struct ofport *port = port_set_find(ofproto->ports, name);
    if (port) {
        bfd_configure(port, settings);
    }
}

void ofproto_port_bfd_status(const struct ofproto *ofproto, const char *name, struct smap *status)
{
    const struct ofport *port = port_set_find(ofproto->ports, name);
    if (port) {
        bfd_port_status(port, status);
    }
}

static void add_details(char *text, struct smap *details)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, '=');
        if (value) {
            *value++ = '\0';
            smap_set(details, line, value);
        }
    }
}

void ofproto_port_details(const struct ofproto *ofproto, const char *name, struct smap *details)
{
    const struct ofport *port = port_set_find(ofproto->ports, name);
    const char *const argv[] = { "port/status", name };
    if (!port || port->dp.no == DP_PORT_NONE || !(strstr(port->type, "vhostuser") || !strcmp(port->type, "afxdp"))) {
        return; /* the other kinds have nothing to say */
    }
    struct strbuf reply = STRBUF_INIT;
    if (!backer_command(ARRAY_SIZE(argv), argv, &reply)) {
        char *text = xstrdup(strbuf_str(&reply));
        add_details(text, details);
        free(text);
    }
    strbuf_destroy(&reply);
}

static int compare_description(const void *a_, const void *b_)
{
    const struct ofp_phy_port *a = a_, *b = b_;
    return (a->no > b->no) - (a->no < b->no);
}

void ofproto_ports_describe(const struct ofproto *ofproto, struct ofp_phy_port **ports, size_t *n)
{
    *n = 0;
    *ports = xcalloc(MAX(hmap_count(&ofproto->ports->ports), 1), sizeof **ports);
    struct ofport *port;
    hmap_for_each (port, by_name, &ofproto->ports->ports) {
        ofport_describe(port, &(*ports)[(*n)++]);
    }
    qsort(*ports, *n, sizeof **ports, compare_description);
}

bool ofproto_port_describe(const struct ofproto *ofproto, ofp_port_t no, struct ofp_phy_port *to)
{
    const struct ofport *port = port_set_by_no(ofproto->ports, no);
    if (port) {
        ofport_describe(port, to);
    }
    return port != NULL;
}

bool ofproto_port_stats(const struct ofproto *ofproto, ofp_port_t no, struct ofp_port_stats *to)
{
    const struct ofport *port = port_set_by_no(ofproto->ports, no);
    if (!port) {
        return false;
    }
    struct dp_port_stats stats;
    get_stats(port, &stats);
    int64_t age_ms = clock_ms() - port->created_ms;
    *to = (struct ofp_port_stats) {
        .no = no,
        .rx_packets = stats.rx_packets,
        .rx_bytes = stats.rx_bytes,
        .rx_dropped = stats.rx_dropped,
        .rx_errors = stats.rx_errors,
        .tx_packets = stats.tx_packets,
        .tx_bytes = stats.tx_bytes,
        .tx_dropped = stats.tx_dropped,
        .tx_errors = stats.tx_errors,
        .duration_sec = age_ms / 1000,
        .duration_nsec = age_ms % 1000 * 1000000,
    };
    return true;
}

/* The settings of a port that forwarding looks at; the rest is kept for whoever asks. */
enum ofp_error ofproto_port_mod_check(const struct ofproto *ofproto, const struct ofp_port_mod *mod)
{
    const struct ofport *port = port_set_by_no(ofproto->ports, mod->no);
    if (mod->optics.present) {
        return OFPBPC_BAD_TYPE; /* no port has optics */
    }
    if (!port) {
        return OFPPMFC_BAD_PORT;
    }
    return memcmp(&port->dp.mac, &mod->mac, sizeof mod->mac) ? OFPPMFC_BAD_HW_ADDR : OFPERR_OK;
}

enum ofp_error ofproto_port_mod(struct ofproto *ofproto, const struct ofp_port_mod *mod)
{
    struct ofport *port = port_set_by_no(ofproto->ports, mod->no);
    enum ofp_error error = ofproto_port_mod_check(ofproto, mod);
    if (error) {
        return error;
    }
    enum { KNOWN = OFPPC_PORT_DOWN | OFPPC_NO_STP | OFPPC_NO_RECV | OFPPC_NO_RECV_STP | OFPPC_NO_FLOOD
                   | OFPPC_NO_FWD | OFPPC_NO_PACKET_IN };
    uint32_t mask = mod->mask & KNOWN;
    uint32_t config = (port->config & ~mask) | (mod->config & mask);
    struct ofp_phy_port before, after;
    ofport_describe(port, &before);
    if (mask & OFPPC_PORT_DOWN && port->dp.no != DP_PORT_NONE) {
        struct dp_port_change change = { .set_admin = true,
                                         .admin_up = !(mod->config & OFPPC_PORT_DOWN) };
        char *reason = NULL;
        int errnum = backer_port_change(port->dp.no, &change, &port->dp, &reason);
        if (errnum) {
            log_warn("%s: %s", port->name, reason ? reason : strerror(errnum));
            free(reason);
            return OFPPMFC_EPERM;
        }
    }
    if (ofport_has_device(port)) {
        config &= ~OFPPC_PORT_DOWN; /* the device's own state says it */
    }
    port->config = config;
    ofport_describe(port, &after);
    if (before.config != after.config || before.state != after.state) {
        port_map_changed();
        port_map_publish();
        tell_controllers(port, OFPPR_MODIFY);
    }
    return OFPERR_OK;
}
