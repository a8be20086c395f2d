#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Flow monitors in their three forms: ovs-ofctl is told what it is told by Open vSwitch.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-ofctl ovs-appctl
start_dummy_switch
bridge br0 p1 p2 p3
export OVS_RUNDIR=$WEFT_RUNDIR

for version in OpenFlow10 OpenFlow13 OpenFlow14 OpenFlow15; do
    flows() {
        timeout 20 ovs-ofctl -O "$version" "$@"
    }
    flows del-flows br0
    flows add-flow br0 in_port=1,priority=5,actions=2
    flows add-flow br0 table=3,in_port=2,cookie=7,actions=drop
    ovs-ofctl -O "$version" monitor br0 watch: >"$TESTDIR/$version" 2>&1 --detach --no-chdir \
        --pidfile="$TESTDIR/$version.pid" --unixctl="$TESTDIR/$version.ctl"
    on_exit "stop_pid $(cat "$TESTDIR/$version.pid")"
    wait_until "grep -q 'table=3' '$TESTDIR/$version'"
    flows add-flow br0 in_port=3,priority=6,actions=output:2,3
    flows mod-flows br0 in_port=3,actions=output:1
    flows add-flow br0 in_port=3,priority=6,cookie=9,actions=output:4
    flows del-flows br0 in_port=1
    flows del-flows br0
    wait_until "grep -q 'DELETED.*table=3' '$TESTDIR/$version'"
    ovs-appctl -t "$TESTDIR/$version.ctl" exit
    cat >"$TESTDIR/wanted" <<'END'
 event=INITIAL table=0 cookie=0 in_port=1 actions=output:2
 event=INITIAL table=3 cookie=0x7 in_port=2
 event=ADDED table=0 cookie=0 in_port=3 actions=output:2,output:3
 event=MODIFIED table=0 cookie=0 in_port=3 actions=output:1
 event=ADDED table=0 cookie=0x9 in_port=3 actions=output:4
 event=DELETED reason=delete table=0 cookie=0 in_port=1 actions=output:2
 event=DELETED reason=delete table=0 cookie=0x9 in_port=3 actions=output:4
 event=DELETED reason=delete table=3 cookie=0x7 in_port=2
END
    [ "$version" \< OpenFlow14 ] && sed -i s/INITIAL/ADDED/ "$TESTDIR/wanted"
    expect_eq "$(grep ' event=' "$TESTDIR/$version")" "$(cat "$TESTDIR/wanted")" "updates of $version"
done
