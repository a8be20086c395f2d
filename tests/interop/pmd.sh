#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What dpif-netdev/pmd-... print beside Open vSwitch's, all numbers taken for the same: exporters parse it.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_root
need_tools ovs-appctl ovs-vsctl ovs-vswitchd ovsdb-server ovsdb-tool
schema=/usr/share/openvswitch/vswitch.ovsschema
[ -e "$schema" ] || skip "needs $schema"

# One thread each, which is a polling one in OVS.
start_dummy_switch
vsctl set Open_vSwitch . other_config:pmd-cpu-mask=1
bridge br0 p1 p2
of add-flow br0 actions=normal

ovs=$TESTDIR/ovs
mkdir "$ovs"
weft_ctl=$(echo "$WEFT_RUNDIR"/weft-vswitchd.*.ctl)
export OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs
ovsdb-tool create "$ovs/conf.db" "$schema"
daemon_start ovsdb-server ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --unixctl="$ovs/db.ctl"
wait_until "[ -S '$ovs/db.sock' ]"
ovs-vsctl --timeout=20 --no-wait init -- set Open_vSwitch . other_config:pmd-cpu-mask=1
daemon_start ovs-vswitchd ovs-vswitchd "unix:$ovs/db.sock" --enable-dummy --disable-system --unixctl="$ovs/vs.ctl"
ovs-vsctl --timeout=20 add-br br0 -- set Bridge br0 datapath_type=dummy \
    -- add-port br0 p1 -- set Interface p1 type=dummy-pmd -- add-port br0 p2 -- set Interface p2 type=dummy-pmd

ask() {
    ovs-appctl -t "$weft_ctl" "dpif-netdev/$@" >"$TESTDIR/weft.txt"
    ovs-appctl -t "$ovs/vs.ctl" "dpif-netdev/$@" >"$TESTDIR/ovs.txt"
}
# Numbers, the blanks before them, and lines of ports, of which Weft has its bridge's own besides.
masked() {
    sed -e 's/ *-\?[0-9][0-9.]*/ N/g' -e 's/NOT AVAIL/ N %/' -e '/^ *port:/s/p N/PORT/; /port: br/d' "$1" | sort -u
}
same() {
    ask "$@"
    diff <(masked "$TESTDIR/ovs.txt") <(masked "$TESTDIR/weft.txt") || fail "$* differs (<: Open vSwitch)"
}

same pmd-stats-show
same pmd-perf-show
for ctl in "$weft_ctl" "$ovs/vs.ctl"; do
    for i in 1 2 3; do
        ovs-appctl -t "$ctl" netdev-dummy/receive p1 "$(udp 1 2)"
    done
    wait_until "ovs-appctl -t $ctl dpif-netdev/pmd-stats-show | grep -q 'packets received: 3'"
done
same pmd-stats-show
same pmd-stats-show -pmd 0
same pmd-stats-show -pmd 99
same pmd-perf-show
same pmd-perf-show -nh
same pmd-rxq-show
same pmd-rxq-show -secs 10
same pmd-rxq-rebalance
same pmd-stats-clear
same pmd-stats-show
