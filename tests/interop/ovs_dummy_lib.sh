# SPDX-License-Identifier: Apache-2.0
# Open vSwitch beside Weft, on ports in memory: for tests that ask both the same. Read after ../system/lib.sh.
#
#     need_ovs_dummy          skips the test where Open vSwitch is not installed
#     start_ovs_dummy         ovsdb-server and ovs-vswitchd in the directory $ovs, below the test's own
#     ovs add-br br0 ...      ovs-vsctl at it

ovs=$TESTDIR/ovs
ovs_schema=/usr/share/openvswitch/vswitch.ovsschema

has_ovs_dummy() {
    [ -x "$(command -v ovs-vswitchd)" ] && [ -e $ovs_schema ]
}

need_ovs_dummy() {
    need_tools ovs-vswitchd ovsdb-server ovsdb-tool ovs-vsctl
    [ -e $ovs_schema ] || skip "needs $ovs_schema"
}

start_ovs_dummy() {
    mkdir "$ovs"
    export OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs
    ovsdb-tool create "$ovs/conf.db" $ovs_schema
    daemon_start ovsdb-server ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --unixctl="$ovs/db.ctl"
    wait_until test -S "$ovs/db.sock"
    daemon_start ovs-vswitchd ovs-vswitchd "unix:$ovs/db.sock" --enable-dummy=override --disable-system --unixctl="$ovs/vs.ctl"
}

ovs() {
    ovs-vsctl --db="unix:$ovs/db.sock" --timeout=20 "$@"
}
