/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges without a datapath and without controllers. */
#include "tests/unit/ofproto/fake_switch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"
#include "ofproto/backer.h"
#include "ofproto/in_band.h"
#include "ofproto/message_bundle.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/recirc.h"
#include "ofproto/table_private.h"

enum { FIRST_DP_NO = 100 };

bool fake_switch_wants_misses;
static uint32_t next_dp_no = FIRST_DP_NO;

/* The datapath. */

void backer_start(const struct ofprotos_config *config)
{
}

void backer_stop(void)
{
}

bool backer_connected(void)
{
    return true;
}

struct dp_client *backer_client(void)
{
    return NULL;
}

const char *backer_path(void)
{
    return NULL;
}

int backer_check(int error)
{
    return error;
}

void backer_complete(void)
{
}

void backer_detach(void)
{
}

void backer_set_n_handlers(unsigned int n)
{
}

unsigned int backer_n_handlers(void)
{
    return 0;
}

bool backer_port_adopt(const char *name, const char *type, struct dp_port *port)
{
    return false;
}

int backer_port_open(const char *name, const char *type, const struct smap *options, uint32_t hint,
                     struct dp_port *port, char **errorp)
{
    memset(port, 0, sizeof *port);
    port->no = next_dp_no++;
    snprintf(port->name, sizeof port->name, "%s", name);
    snprintf(port->type, sizeof port->type, "%s", type);
    port->mac = (struct eth_addr) { { 2, 0, 0, 0, 1, (uint8_t) port->no } };
    port->mtu = 1500;
    port->admin_up = port->carrier = true;
    return 0;
}

int backer_port_close(uint32_t dp_no)
{
    return 0;
}

int backer_port_change(uint32_t dp_no, const struct dp_port_change *change, struct dp_port *port, char **errorp)
{
    return 0;
}

int backer_port_stats(uint32_t dp_no, struct dp_port *port, struct dp_port_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    return 0;
}

int backer_command(int argc, const char *const argv[], struct strbuf *reply)
{
    (void) argc;
    (void) argv;
    (void) reply;
    return ENOTCONN;
}

int backer_operate(struct dp_op *op)
{
    return 0;
}

/* Controllers. */

struct connmgr *connmgr_create(struct ofproto *ofproto)
{
    return (struct connmgr *) ofproto;
}

void connmgr_destroy(struct connmgr *connmgr)
{
}

void connmgr_configure(struct connmgr *connmgr)
{
}

void connmgr_set_controllers(struct connmgr *connmgr, const struct ofproto_controller_config *configs, size_t n,
                             uint32_t versions)
{
}

bool connmgr_controller_status(const struct connmgr *connmgr, const char *target,
                               struct ofproto_controller_status *status)
{
    return false;
}

bool connmgr_has_controllers(const struct connmgr *connmgr)
{
    return false;
}

bool connmgr_is_connected(const struct connmgr *connmgr)
{
    return false;
}

bool connmgr_waits(const struct connmgr *connmgr)
{
    return false;
}

bool connmgr_wants_misses(const struct connmgr *connmgr)
{
    return fake_switch_wants_misses;
}

void connmgr_queue_packet_in(struct connmgr *connmgr, const struct ofp_packet_in *in, uint16_t controller_id)
{
}

void message_bundles_set_options(const struct smap *options)
{
}

void connmgr_reconnect(struct connmgr *connmgr)
{
}

void in_band_set_managers(const char *const *targets, size_t n)
{
}

void connmgr_send_flow_removed(struct connmgr *connmgr, const struct ofp_flow_removed *removed)
{
}

void connmgr_send_port_status(struct connmgr *connmgr, enum ofp_port_reason reason, const struct ofp_phy_port *port)
{
}

/* The switch. */

void fake_switch_start(void)
{
    /* Nothing is stored: there is no such directory. */
    setenv("WEFT_RUNDIR", "/nonexistent/fake_switch", 1);
    char *error = log_set("ANY:ANY:err");
    assert_null(error);
    hash_fixed_basis(11);
    rcu_thread_start();
    recirc_init();
    port_map_init();
}

void fake_switch_stop(void)
{
    struct ofproto *ofproto;
    while ((ofproto = ofproto_first())) {
        ofproto_destroy(ofproto, true);
    }
    port_map_destroy();
    for (int i = 0; i < 6; i++) {
        rcu_barrier_wait(); /* what is freed lets go of other things */
    }
    recirc_destroy();
    rcu_thread_end();
}

struct ofproto *fake_switch_bridge(const char *name)
{
    struct ofproto_config config = { .datapath_type = "" };
    char *error;
    struct ofproto *ofproto = ofproto_create(name, &config, &error);
    assert_null(error);
    assert_non_null(ofproto);
    return ofproto;
}

ofp_port_t fake_switch_port(struct ofproto *ofproto, const char *name, const char *type, const char *peer)
{
    struct smap options = SMAP_INIT;
    if (peer) {
        smap_set(&options, "peer", peer);
    }
    struct ofproto_port_config config = { .name = name, .type = type, .options = &options, .requested = OFPP_NONE };
    ofp_port_t no;
    char *error;
    assert_int_equal(ofproto_port_set(ofproto, &config, &no, &error), 0);
    smap_destroy(&options);
    return no;
}

void fake_switch_bundle(struct ofproto *ofproto, const char *port, enum ofproto_vlan_mode mode, int vlan,
                        const uint64_t *trunks)
{
    const char *ports[] = { port };
    struct ofproto_bundle_config config = {
        .name = port,
        .ports = ports,
        .n_ports = 1,
        .vlan_mode = mode,
        .vlan = vlan,
        .trunks = trunks,
    };
    ofproto_bundle_set(ofproto, &config);
}

uint32_t fake_switch_dp_no(struct ofproto *ofproto, const char *name)
{
    return port_set_find(ofproto->ports, name)->dp.no;
}

struct rule *fake_switch_flow(struct ofproto *ofproto, uint8_t table, uint16_t priority, const struct match *match,
                              const struct ofpbuf *actions)
{
    struct minimatch_key key;
    minimatch_key_init(&key, match);
    struct rule *rule = rule_create(ofproto, table, priority, &key, actions->data, actions->size);
    tables_insert(ofproto->tables, rule);
    return rule;
}

void fake_switch_flush(struct ofproto *ofproto)
{
    table_flush(ofproto);
}

void fake_switch_flows(struct ofproto *ofproto, const char *const *texts)
{
    fake_switch_flush(ofproto);
    for (; *texts; texts++) {
        struct ofp_flow_mod mod;
        char *error = ofp_flow_mod_parse(&mod, *texts, OFPFC_ADD, NULL);
        if (error) {
            fail_msg("%s: %s", *texts, error);
        }
        uint8_t table = mod.table == OFP_TABLE_ALL ? 0 : mod.table;
        fake_switch_flow(ofproto, table, mod.priority, &mod.match, &mod.actions)->cookie = mod.new_cookie;
        ofp_flow_mod_destroy(&mod);
    }
    tables_changed(ofproto->tables);
    port_map_publish();
}
