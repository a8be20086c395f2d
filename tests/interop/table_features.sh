#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests to change what tables can do: Weft takes and refuses what Open vSwitch does, with the same errors.
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

timeout 60 python3 "$srcdir/tests/interop/table_features.py" "$ovs/br0.mgmt" >"$TESTDIR/wanted"
timeout 60 python3 "$srcdir/tests/interop/table_features.py" "$WEFT_RUNDIR/br0.mgmt" >"$TESTDIR/got"
diff "$TESTDIR/wanted" "$TESTDIR/got" || fail "Weft (>) answers otherwise than Open vSwitch (<)"
[ "$(wc -l <"$TESTDIR/got")" -gt 100 ] || fail "the sessions were short"
