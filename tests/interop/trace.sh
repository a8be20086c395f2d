#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ofproto/trace beside Open vSwitch's, on dummy ports: the same flows, the same packets, the same words. See trace_cases.txt.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_root
need_tools ovs-ofctl ovs-appctl ovs-vsctl ovs-vswitchd ovsdb-server ovsdb-tool python3

start_dummy_switch
ports() {
    local n
    for n in 1 2 3 4; do
        printf '%s\n' "-- add-port br0 p$n -- set Interface p$n type=dummy ofport_request=$n"
    done
    for n in 7 8; do
        printf '%s\n' "-- add-port br1 p$n -- set Interface p$n type=dummy ofport_request=$n"
    done
    printf '%s\n' "-- add-port br0 to1 -- set Interface to1 type=patch options:peer=to0 ofport_request=10" \
        "-- add-port br1 to0 -- set Interface to0 type=patch options:peer=to1 ofport_request=10"
}
versions=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15
bridges="add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure protocols=$versions
    -- add-br br1 -- set Bridge br1 datapath_type=dummy fail_mode=secure protocols=$versions $(ports)"
vsctl $bridges

schema=/usr/share/openvswitch/vswitch.ovsschema
[ -e "$schema" ] || skip "needs $schema"
mkdir "$TESTDIR/ovs"
cd "$TESTDIR/ovs"
export OVS_RUNDIR=$TESTDIR/ovs OVS_DBDIR=$TESTDIR/ovs OVS_LOGDIR=$TESTDIR/ovs
ovsdb-tool create conf.db "$schema"
ovsdb-server conf.db --remote="punix:$TESTDIR/ovs/db.sock" --unixctl="$TESTDIR/ovs/db.ctl" --log-file=db.log 2>/dev/null &
on_exit "stop_pid $!"
wait_until "[ -S '$TESTDIR/ovs/db.sock' ]"
ovs-vsctl --timeout=20 --no-wait init
ovs-vswitchd --enable-dummy --disable-system --unixctl="$TESTDIR/ovs/switch.ctl" --log-file=switch.log 2>/dev/null &
on_exit "stop_pid $!"
ovs-vsctl --timeout=20 $bridges

weft_ctl=$(echo "$WEFT_RUNDIR"/weft-vswitchd.*.ctl)
timeout 300 python3 "$srcdir/tests/interop/trace.py" "$srcdir/tests/interop/trace_cases.txt" "$WEFT_RUNDIR" "$weft_ctl" \
    "$TESTDIR/ovs" "$TESTDIR/ovs/switch.ctl" ${CASE:-} || fail "traces differ from Open vSwitch's"
