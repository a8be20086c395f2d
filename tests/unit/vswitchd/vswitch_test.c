/* SPDX-License-Identifier: Apache-2.0 */
/* From database to switch and back: what a client's transaction makes vswitchd ask of ofproto/, and what it writes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/transaction.h"
#include "lib/ovsdb/txn_row.h"
#include "tests/unit/vswitchd/fake_ofproto.h"
#include "vswitchd/vswitch.h"
#include "vswitchd/vswitch_schema.h"

struct fixture {
    struct loop *loop;
    struct ovsdb *db;
    struct vswitch *vswitch;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char *error = NULL;
    fake_reset();
    f->loop = loop_create();
    f->db = ovsdb_open(vswitch_schema_text, NULL, &error);
    assert_null(error);
    f->vswitch = vswitch_create(f->loop, f->db);
    loop_run_once(f->loop, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    vswitch_destroy(f->vswitch, true);
    loop_run_once(f->loop, 0);
    ovsdb_close(f->db);
    loop_destroy(f->loop);
    free(f);
    fake_reset();
    return 0;
}

static const struct ovsdb_row *root(struct fixture *f)
{
    return ovsdb_only(f->db, "Open_vSwitch");
}

static const struct ovsdb_row *named(struct fixture *f, const char *table, const char *name)
{
    const struct ovsdb_row *row;
    ovsdb_for_each (row, f->db, table) {
        if (!strcmp(ovsdb_row_string(row, "name", ""), name)) {
            return row;
        }
    }
    fail_msg("no %s row %s", table, name);
    return NULL;
}

/* What a client does: everything in one transaction, next_cfg included. */
static struct ovsdb_txn *client_begin(struct fixture *f)
{
    struct ovsdb_txn *txn = ovsdb_txn_begin_for_client(f->db);
    ovsdb_txn_set_int(txn, root(f), "next_cfg", ovsdb_row_int(root(f), "next_cfg", 0) + 1);
    return txn;
}

static void client_commit(struct fixture *f, struct ovsdb_txn *txn)
{
    char *error = ovsdb_txn_commit(txn);
    if (error) {
        fail_msg("commit: %s", error);
    }
    loop_run_once(f->loop, 0);
}

static const struct ovsdb_row *add_port(struct ovsdb_txn *txn, const char *name, const char *type)
{
    const struct ovsdb_row *iface = ovsdb_txn_insert(txn, "Interface");
    ovsdb_txn_set_string(txn, iface, "name", name);
    ovsdb_txn_set_string(txn, iface, "type", type);
    const struct ovsdb_row *port = ovsdb_txn_insert(txn, "Port");
    ovsdb_txn_set_string(txn, port, "name", name);
    ovsdb_txn_set_refs(txn, port, "interfaces", &iface, 1);
    return port;
}

/* Bridge br0 with its local port and p1. */
static void add_bridge(struct fixture *f)
{
    struct ovsdb_txn *txn = client_begin(f);
    const struct ovsdb_row *ports[] = { add_port(txn, "br0", "internal"), add_port(txn, "p1", "tap") };
    const struct ovsdb_row *bridge = ovsdb_txn_insert(txn, "Bridge");
    ovsdb_txn_set_string(txn, bridge, "name", "br0");
    ovsdb_txn_set_refs(txn, bridge, "ports", ports, 2);
    ovsdb_txn_set_refs(txn, root(f), "bridges", &bridge, 1);
    client_commit(f, txn);
}

static void expect_log(const char *wanted)
{
    if (!strstr(strbuf_str(&fake_log), wanted)) {
        fail_msg("\"%s\" is not in the record:\n%s", wanted, strbuf_str(&fake_log));
    }
}

static void expect_no_log(const char *unwanted)
{
    if (strstr(strbuf_str(&fake_log), unwanted)) {
        fail_msg("\"%s\" is in the record:\n%s", unwanted, strbuf_str(&fake_log));
    }
}

static void makes_root_and_reports(void **state)
{
    struct fixture *f = *state;
    assert_non_null(root(f));
    assert_true(ovsdb_row_n(root(f), "iface_types") > 3);
    expect_log("complete\n");
}

static void adds_and_deletes_bridge(void **state)
{
    struct fixture *f = *state;
    add_bridge(f);
    expect_log("create br0 ");
    expect_log("port br0 br0 type=internal");
    expect_log("port br0 p1 type=tap");
    expect_log("bundle br0 p1 mode=1 vlan=-1 trunks=all");
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "br0"), "ofport", 0), 65534);
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "p1"), "ofport", 0), 1);
    assert_false(ovsdb_row_has(named(f, "Interface", "p1"), "error"));
    assert_string_equal(ovsdb_row_string(named(f, "Interface", "p1"), "link_state", ""), "up");
    assert_int_equal(ovsdb_row_int(root(f), "cur_cfg", 0), ovsdb_row_int(root(f), "next_cfg", -1));
    assert_int_equal(strlen(ovsdb_row_string(named(f, "Bridge", "br0"), "datapath_id", "")), 16);

    struct ovsdb_txn *txn = client_begin(f);
    ovsdb_txn_clear(txn, root(f), "bridges");
    client_commit(f, txn);
    expect_log("destroy br0 with ports");
    assert_null(ovsdb_first(f->db, "Interface"));
}

static void reports_failed_port_and_retries(void **state)
{
    struct fixture *f = *state;
    fake_fail_port("p1");
    add_bridge(f);
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "p1"), "ofport", 0), (int64_t) -1);
    assert_string_equal(ovsdb_row_string(named(f, "Interface", "p1"), "error", ""), "p1: no such device");
    assert_int_equal(ovsdb_row_int(root(f), "cur_cfg", 0), ovsdb_row_int(root(f), "next_cfg", -1));
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "br0"), "ofport", 0), 65534);

    fake_fail_port(NULL);
    clock_warp(1000);
    loop_run_once(f->loop, 0);
    loop_run_once(f->loop, 0);
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "p1"), "ofport", 0), 1);
    assert_false(ovsdb_row_has(named(f, "Interface", "p1"), "error"));
}

static void refuses_bond(void **state)
{
    struct fixture *f = *state;
    add_bridge(f);
    struct ovsdb_txn *txn = client_begin(f);
    const struct ovsdb_row *second = ovsdb_txn_insert(txn, "Interface");
    ovsdb_txn_set_string(txn, second, "name", "p2");
    const struct ovsdb_row *ifaces[] = { named(f, "Interface", "p1"), second };
    ovsdb_txn_set_refs(txn, named(f, "Port", "p1"), "interfaces", ifaces, 2);
    client_commit(f, txn);
    assert_int_equal(ovsdb_row_int(named(f, "Interface", "p2"), "ofport", 0), (int64_t) -1);
    assert_non_null(strstr(ovsdb_row_string(named(f, "Interface", "p2"), "error", ""), "bonds"));
}

static void passes_vlans(void **state)
{
    struct fixture *f = *state;
    static const int64_t trunks[] = { 20, 30 };
    add_bridge(f);

    struct ovsdb_txn *txn = client_begin(f);
    ovsdb_txn_set_int(txn, named(f, "Port", "p1"), "tag", 10);
    client_commit(f, txn);
    expect_log("bundle br0 p1 mode=0 vlan=10 trunks=all");

    txn = client_begin(f);
    ovsdb_txn_set_ints(txn, named(f, "Port", "p1"), "trunks", trunks, 2);
    ovsdb_txn_set_string(txn, named(f, "Port", "p1"), "vlan_mode", "native-untagged");
    client_commit(f, txn);
    expect_log("bundle br0 p1 mode=3 vlan=10 trunks=10,20,30,\n");

    txn = client_begin(f);
    ovsdb_txn_set_string(txn, named(f, "Port", "p1"), "vlan_mode", "trunk");
    client_commit(f, txn);
    expect_log("bundle br0 p1 mode=1 vlan=-1 trunks=20,30,\n");
}

/* Limits, with the defaults of what is left out. */
static void passes_limits(void **state)
{
    struct fixture *f = *state;
    add_bridge(f);
    struct ovsdb_txn *txn = client_begin(f);
    const struct ovsdb_row *qos = ovsdb_txn_insert(txn, "QoS");
    ovsdb_txn_set_string(txn, qos, "type", "linux-htb");
    ovsdb_txn_set_key(txn, qos, "other_config", "max-rate", "100000000");
    ovsdb_txn_set_refs(txn, named(f, "Port", "p1"), "qos", &qos, 1);
    ovsdb_txn_set_int(txn, named(f, "Interface", "p1"), "ingress_policing_rate", 10);
    ovsdb_txn_set_int(txn, named(f, "Interface", "p1"), "ingress_policing_kpkts_rate", 3);
    ovsdb_txn_set_int(txn, named(f, "Interface", "p1"), "ingress_policing_kpkts_burst", 4);
    client_commit(f, txn);
    expect_log("limits br0 p1 linux-htb rate=100000000 in=10000/8000000 packets=3000/4000\n");
    expect_log("queue 0 min=12000 max=100000000 burst=5000000 dscp=-1\n");
    assert_false(ovsdb_row_has(named(f, "Port", "p1"), "status"));

    txn = client_begin(f);
    ovsdb_txn_set_string(txn, qos, "type", "trtcm-policer");
    client_commit(f, txn);
    assert_string_equal(ovsdb_row_map_get(named(f, "Port", "p1"), "status", "qos_problem", ""), "QoS type trtcm-policer is not supported");
    expect_log("limits br0 p1 - rate=0 in=10000/8000000");
}

static void own_writes_and_remarks_change_nothing(void **state)
{
    struct fixture *f = *state;
    add_bridge(f);
    strbuf_clear(&fake_log);

    /* Statistics are written back without touching the switch. */
    clock_warp(5000);
    loop_run_once(f->loop, 0);
    assert_int_equal(ovsdb_row_int_value_at(named(f, "Interface", "p1"), "statistics", 0), 0);
    assert_int_equal(ovsdb_row_n(named(f, "Interface", "p1"), "statistics"), 8);
    assert_int_equal(fake_log.length, 0);
    assert_true(fake_n_counted > 0);

    /* A remark in external_ids reconfigures, but touches no port, and asks none for its counters. */
    fake_n_counted = 0;
    struct ovsdb_txn *txn = client_begin(f);
    ovsdb_txn_set_key(txn, named(f, "Interface", "p1"), "external_ids", "iface-id", "x");
    client_commit(f, txn);
    expect_no_log("port br0 p1");
    assert_int_equal(fake_n_counted, 0);

    txn = client_begin(f);
    ovsdb_txn_set_int(txn, named(f, "Interface", "p1"), "mtu_request", 9000);
    client_commit(f, txn);
    expect_log("port br0 p1 type=tap mtu=9000");
    expect_no_log("port br0 br0");
}

static void waits_for_the_datapath(void **state)
{
    struct fixture *f = *state;
    fake_connected = false;
    add_bridge(f);
    expect_no_log("create");
    assert_int_not_equal(ovsdb_row_int(root(f), "cur_cfg", 0), ovsdb_row_int(root(f), "next_cfg", -1));
    fake_connected = true;
    vswitch_poke(f->vswitch);
    loop_run_once(f->loop, 0);
    expect_log("create br0");
    assert_int_equal(ovsdb_row_int(root(f), "cur_cfg", 0), ovsdb_row_int(root(f), "next_cfg", -1));
}

static void configures_bridge_and_controllers(void **state)
{
    struct fixture *f = *state;
    add_bridge(f);
    struct ovsdb_txn *txn = client_begin(f);
    const struct ovsdb_row *bridge = named(f, "Bridge", "br0");
    const struct ovsdb_row *controller = ovsdb_txn_insert(txn, "Controller");
    ovsdb_txn_set_string(txn, controller, "target", "tcp:127.0.0.1:6653");
    ovsdb_txn_set_int(txn, controller, "max_backoff", 1000);
    ovsdb_txn_set_string(txn, controller, "local_ip", "10.0.0.1");
    ovsdb_txn_set_string(txn, controller, "local_gateway", "10.0.0.9");
    ovsdb_txn_set_refs(txn, bridge, "controller", &controller, 1);
    ovsdb_txn_set_key(txn, bridge, "other_config", "datapath-id", "00000000000000aa");
    client_commit(f, txn);
    expect_log("controller br0 tcp:127.0.0.1:6653 backoff=1000 probe=5000");
    expect_log("address br0 10.0.0.1/ via 10.0.0.9");
    assert_string_equal(ovsdb_row_string(named(f, "Bridge", "br0"), "datapath_id", ""), "00000000000000aa");
    assert_true(ovsdb_row_bool(ovsdb_first(f->db, "Controller"), "is_connected", false));
}

int main(void)
{
    clock_stop();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_root_and_reports, setup, teardown),
        cmocka_unit_test_setup_teardown(adds_and_deletes_bridge, setup, teardown),
        cmocka_unit_test_setup_teardown(reports_failed_port_and_retries, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_bond, setup, teardown),
        cmocka_unit_test_setup_teardown(passes_vlans, setup, teardown),
        cmocka_unit_test_setup_teardown(passes_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(own_writes_and_remarks_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_the_datapath, setup, teardown),
        cmocka_unit_test_setup_teardown(configures_bridge_and_controllers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
