/* SPDX-License-Identifier: Apache-2.0 */
/* The bridges: start and end of each and of the whole, and what happens once a second. */
#include "ofproto/ofproto.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/memory.h"
#include "lib/base/paths.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "lib/base/uuid.h"
#include "ofproto/backer.h"
#include "ofproto/bfd.h"
#include "ofproto/commands.h"
#include "ofproto/dp_settings.h"
#include "ofproto/group_change.h"
#include "ofproto/limits.h"
#include "ofproto/group_table.h"
#include "ofproto/in_band.h"
#include "ofproto/mac_store.h"
#include "ofproto/mac_table.h"
#include "ofproto/message_bundle.h"
#include "ofproto/meter_table.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/references.h"
#include "ofproto/private.h"
#include "ofproto/recirc.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel.h"

LOG_MODULE(ofproto);

enum { RUN_INTERVAL_MS = 1000 };

static struct ofprotos_config global;
static struct hmap bridges = HMAP_INIT; /* struct ofproto.by_name; main */
static struct loop_timer *run_timer;

const struct ofprotos_config *ofprotos_config(void)
{
    return &global;
}

/* The whole. */

static void run(void *aux)
{
    ofproto_push_stats();
    bool macs_changed = false;
    struct ofproto *ofproto;
    hmap_for_each (ofproto, by_name, &bridges) {
        table_expire(ofproto);
        macs_changed |= mac_table_expire(ofproto->macs, clock_ms());
    }
    if (macs_changed) {
        revalidator_wake();
    }
    tunnel_run();
    loop_timer_set_in(run_timer, RUN_INTERVAL_MS);
}

char *ofprotos_start(const struct ofprotos_config *config)
{
    global = *config;
    char *error = tunnel_start(config->loop);
    if (error) {
        return error;
    }
    recirc_init();
    port_map_init();
    if (config->unixctl) {
        commands_register(config->unixctl);
    }
    bfd_start(config->loop, config->unixctl);
    memory_register(tables_count_memory, NULL);
    run_timer = loop_timer_create(config->loop, run, NULL);
    loop_timer_set_in(run_timer, RUN_INTERVAL_MS);
    backer_set_n_handlers(config->n_handlers);
    backer_start(&global);
    return NULL;
}

void ofprotos_stop(bool cleanup)
{
    struct ofproto *ofproto;
    while ((ofproto = ofproto_first())) {
        ofproto_destroy(ofproto, cleanup);
    }
    backer_stop();
    bfd_stop();
    memory_unregister(tables_count_memory, NULL);
    loop_timer_destroy(run_timer);
    run_timer = NULL;
    port_map_destroy();
    /* What is freed lets go of other things: rules that wait behind others to be unlinked, then of the table's reference, then free. */
    for (int i = 0; i < 6; i++) {
        rcu_barrier_wait();
    }
    recirc_destroy();
    tunnel_stop();
    dp_settings_forget();
    hmap_destroy(&bridges);
    hmap_init(&bridges);
}

bool ofprotos_connected(void)
{
    return backer_connected();
}

void ofprotos_complete(void)
{
    port_map_publish();
    ofproto_log_complete();
    backer_complete();
}

void ofprotos_set_options(const struct smap *options)
{
    revalidator_set_options(options);
    message_bundles_set_options(options);
    dp_settings_apply(options);
    group_change_set_options(options);
    limits_set_options(options);
    long long n = smap_get_int(options, "n-handler-threads", 0);
    backer_set_n_handlers(n > 0 && n <= 64 ? n : global.n_handlers);
}

/* Finding bridges. */

struct ofproto *ofproto_find(const char *name)
{
    struct ofproto *ofproto;
    hmap_for_each_with_hash (ofproto, by_name, hash_string(name, 0), &bridges) {
        if (!strcmp(ofproto->name, name)) {
            return ofproto;
        }
    }
    return NULL;
}

struct ofproto *ofproto_first(void)
{
    return HMAP_ENTRY(hmap_first(&bridges), struct ofproto, by_name);
}

struct ofproto *ofproto_next(const struct ofproto *ofproto)
{
    return HMAP_ENTRY(hmap_next(&bridges, &ofproto->by_name), struct ofproto, by_name);
}

const char *ofproto_name(const struct ofproto *ofproto)
{
    return ofproto->name;
}

uint64_t ofproto_datapath_id(const struct ofproto *ofproto)
{
    return ofproto->datapath_id;
}

/* Configuration. */

static char *dup_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

static void free_config(struct ofproto_config *config)
{
    free((char *) config->datapath_type);
    free((char *) config->dp_desc);
    free((char *) config->dp_sn);
    free((uint16_t *) config->flood_vlans);
}

static void copy_config(struct ofproto_config *to, const struct ofproto_config *from)
{
    struct ofproto_config old = *to;
    *to = *from;
    to->datapath_type = dup_or_null(from->datapath_type);
    to->dp_desc = dup_or_null(from->dp_desc);
    to->dp_sn = dup_or_null(from->dp_sn);
    to->flood_vlans = from->n_flood_vlans
                          ? xmemdup(from->flood_vlans, from->n_flood_vlans * sizeof *from->flood_vlans)
                          : NULL;
    free_config(&old);
}

static void configure_macs(struct ofproto *ofproto)
{
    const struct ofproto_config *config = &ofproto->config;
    uint64_t flood[VLAN_N / 64] = { 0 };
    for (size_t i = 0; i < config->n_flood_vlans; i++) {
        uint16_t vlan = config->flood_vlans[i];
        if (vlan < VLAN_N) {
            flood[vlan / 64] |= UINT64_C(1) << vlan % 64;
        }
    }
    if (mac_table_configure(ofproto->macs, config->mac_aging_time, config->mac_table_size,
                            config->n_flood_vlans ? flood : NULL)) {
        revalidator_wake();
    }
}

/* The datapath id that goes with a MAC address: OVS has the same rule. */
static uint64_t id_from_mac(struct eth_addr mac)
{
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof mac.ea; i++) {
        id = id << 8 | mac.ea[i];
    }
    return id;
}

static void choose_datapath_id(struct ofproto *ofproto)
{
    uint64_t id = ofproto->config.datapath_id;
    if (!id) {
        id = id_from_mac(ofproto->config.mac);
    }
    const struct ofport *local = port_set_by_no(ofproto->ports, OFPP_LOCAL);
    if (!id && local) {
        id = id_from_mac(local->dp.mac);
    }
    ofproto->datapath_id = id;
}

static char *configure_local_port(struct ofproto *ofproto)
{
    struct ofproto_port_config local = {
        .name = ofproto->name,
        .type = "internal",
        .requested = OFPP_LOCAL,
    };
    ofp_port_t no;
    char *error;
    int errnum = ofproto_port_set(ofproto, &local, &no, &error);
    if (errnum && !error) {
        error = xasprintf("%s: %s", ofproto->name, strerror(errnum));
    }
    return error;
}

void ofproto_configure(struct ofproto *ofproto, const struct ofproto_config *config)
{
    bool new_mac = memcmp(&config->mac, &ofproto->config.mac, sizeof config->mac);
    copy_config(&ofproto->config, config);
    __atomic_store_n(&ofproto->fail_secure, config->fail_secure, __ATOMIC_RELAXED);
    configure_macs(ofproto);
    struct ofport *local = port_set_by_no(ofproto->ports, OFPP_LOCAL);
    if (new_mac && local) {
        char *error = configure_local_port(ofproto);
        if (error) {
            log_warn("bridge %s: %s", ofproto->name, error);
            free(error);
        }
    }
    choose_datapath_id(ofproto);
    connmgr_configure(ofproto->connmgr);
    port_map_changed();
}

void ofprotos_set_managers(const char *const *targets, size_t n)
{
    in_band_set_managers(targets, n);
}

void ofproto_set_controllers(struct ofproto *ofproto, const struct ofproto_controller_config *configs,
                             size_t n)
{
    connmgr_set_controllers(ofproto->connmgr, configs, n, ofproto->config.versions);
}

bool ofproto_controller_status(const struct ofproto *ofproto, const char *target,
                               struct ofproto_controller_status *status)
{
    return connmgr_controller_status(ofproto->connmgr, target, status);
}

/* Start and end of a bridge. */

static void restore_macs(struct ofproto *ofproto)
{
    char *file = xasprintf("%s.fdb", ofproto->name);
    char *path = paths_in_rundir(file);
    int error = 0;
    struct mac_store *store = mac_store_open(path, &error);
    if (store) {
        mac_table_attach_store(ofproto->macs, store, clock_ms());
    } else {
        log_warn("%s: %s: learned addresses will not survive a restart", path, strerror(error));
    }
    free(path);
    free(file);
}

static void free_ofproto(struct ofproto *ofproto, bool delete_ports)
{
    connmgr_destroy(ofproto->connmgr);
    ofproto->connmgr = NULL;
    tables_destroy(ofproto->tables);
    references_destroy(ofproto->references);
    meter_table_destroy(ofproto->meters, delete_ports);
    group_table_destroy(ofproto->groups);
    port_set_destroy(ofproto->ports, delete_ports);
    mac_table_unref(ofproto->macs);
    free_config(&ofproto->config);
    smap_destroy(&ofproto->local_address);
    free(ofproto->name);
    free(ofproto);
}

struct ofproto *ofproto_create(const char *name, const struct ofproto_config *config, char **errorp)
{
    *errorp = NULL;
    if (!*name || strchr(name, '/') || strlen(name) > DP_PORT_NAME_MAX) {
        *errorp = xasprintf("\"%s\" is not a name for a bridge", name);
        return NULL;
    }
    if (ofproto_find(name)) {
        *errorp = xasprintf("%s: there is a bridge of this name", name);
        return NULL;
    }
    struct ofproto *ofproto = xzalloc(sizeof *ofproto);
    ofproto->name = xstrdup(name);
    ofproto->id = uuid_random();
    copy_config(&ofproto->config, config);
    ofproto->fail_secure = config->fail_secure;
    ofproto->macs = mac_table_create(config->mac_aging_time, config->mac_table_size);
    configure_macs(ofproto);
    ofproto->ports = port_set_create(ofproto);
    *errorp = configure_local_port(ofproto);
    if (*errorp) {
        free_ofproto(ofproto, true);
        return NULL;
    }
    choose_datapath_id(ofproto);
    restore_macs(ofproto);
    ofproto->groups = group_table_create(ofproto);
    ofproto->meters = meter_table_create(ofproto);
    ofproto->references = references_create();
    ofproto->tables = tables_create(ofproto);
    hmap_insert(&bridges, &ofproto->by_name, hash_string(name, 0));
    ofproto_log_restore(ofproto);
    ofproto->connmgr = connmgr_create(ofproto);
    port_map_changed();
    log_info("bridge %s: made, with datapath id %016llx", name,
             (unsigned long long) ofproto->datapath_id);
    return ofproto;
}

void ofproto_destroy(struct ofproto *ofproto, bool delete_ports)
{
    if (!ofproto) {
        return;
    }
    if (delete_ports) {
        mac_table_forget_store(ofproto->macs);
        ofproto_log_forget(ofproto);
    } else {
        /* The program ends: cached flows go on as they are. */
        backer_detach();
    }
    /* Unlink: no new translation finds the bridge. Then wait until none is under way and no cached flow holds a pointer to it. */
    hmap_remove(&bridges, &ofproto->by_name);
    port_map_changed();
    port_map_publish();
    ofproto_barrier();
    free_ofproto(ofproto, delete_ports);
}
