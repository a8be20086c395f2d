#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same bytes to Weft and to Open vSwitch, in every version: roles, asynchronous messages and settings of connections get the same answers.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-vswitchd ovsdb-server ovsdb-tool ovs-vsctl python3
schema=/usr/share/openvswitch/vswitch.ovsschema
[ -e $schema ] || skip "needs $schema"

start_dummy_switch
bridge br0
ovs=$TESTDIR/ovs
mkdir "$ovs"
export OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs
ovsdb-tool create "$ovs/conf.db" $schema
daemon_start ovsdb-server ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --unixctl="$ovs/db.ctl"
wait_until test -S "$ovs/db.sock"
daemon_start ovs-vswitchd ovs-vswitchd "unix:$ovs/db.sock" --enable-dummy=override --disable-system --unixctl="$ovs/vs.ctl"
ovs-vsctl --db="unix:$ovs/db.sock" --timeout=20 add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure

session() {
    timeout 60 python3 "$srcdir/tests/interop/ofp_session.py" "$1/br0.mgmt"
}
session "$ovs" >"$TESTDIR/wanted"
session "$WEFT_RUNDIR" >"$TESTDIR/got"
diff "$TESTDIR/wanted" "$TESTDIR/got" || fail "Weft (>) answers otherwise than Open vSwitch (<)"
[ "$(wc -l <"$TESTDIR/got")" -gt 800 ] || fail "the sessions were short"
daemon_stop weft-vswitchd
