#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ovs-testcontroller drives a bridge: in each version of OpenFlow and in each of its ways, over TCP and a unix socket, with
# real pings; it restarts, and the connection and the flows are back.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ping ovs-testcontroller ovs-ofctl

switch_ns
start_vswitchd
weft-vsctl add-br br0 -- set-fail-mode br0 secure
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
for name in a b; do
    weft-vsctl add-port br0 veth-$name
done
a=$(weft-vsctl get Interface veth-a ofport)
b=$(weft-vsctl get Interface veth-b ofport)
any=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15

# controller OPTION...: starts it and waits until the bridge has found it.
controller() {
    daemon_start testcontroller ovs-testcontroller --pidfile="$TESTDIR/testcontroller.pid" --unixctl=none -vconsole:warn "$@"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
}
controller_gone() {
    daemon_kill testcontroller
    rm -f "$TESTDIR/testcontroller.pid"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = false ]'
    timeout 20 ovs-ofctl -O $any del-flows br0
}
reaches() {
    ns a ping -q -c "${1:-1}" -i 0.2 -W 1 10.0.0.2 >/dev/null
}
flows() {
    timeout 20 ovs-ofctl -O $any --no-stats dump-flows br0
}
# on_target TARGET: the bridge's controller, over TCP or a unix socket.
on_target() {
    weft-vsctl set-controller br0 "$1" -- set Controller br0 max_backoff=1000 inactivity_probe=1000 connection_mode=out-of-band
}

# A learning switch in each version: exact flows, which time out after 60 seconds, carry the pings.
on_target tcp:127.0.0.1:6653
for version in 10 11 12 13 14 15; do
    weft-vsctl set Bridge br0 protocols=OpenFlow$version
    controller -O OpenFlow$version ptcp:6653:127.0.0.1
    wait_until reaches
    reaches 3 || fail "ping in OpenFlow$version"
    wait_until "flows | grep -qE 'icmp,in_port=(veth-a|$a),.*actions=output:(veth-b|$b)\$'"
    expect_match "$(flows)" 'idle_timeout=60' "flows in OpenFlow$version"

    # It restarts: the bridge is its again, and what it had forgotten it learns.
    controller_gone
    ! reaches || fail "a secure bridge without controller and flows forwards"
    controller -O OpenFlow$version ptcp:6653:127.0.0.1
    wait_until reaches
    controller_gone
done

# Its other ways, over a unix socket.
weft-vsctl clear Bridge br0 protocols
on_target "unix:$TESTDIR/controller.sock"
# way FLOWS OPTION...: hosts reach each other, and the flows match.
way() {
    local wanted=$1
    shift
    controller "$@" "punix:$TESTDIR/controller.sock"
    wait_until reaches
    reaches 3 || fail "ping with $*"
    if [ -n "$wanted" ]; then
        wait_until "flows | grep -qE '$wanted'"
    else
        expect_eq "$(flows | grep -c 'priority=[1-9].*actions=\(output\|FLOOD\|NORMAL\)' || true)" 0 "flows with $*"
    fi
    controller_gone
}
way 'actions=FLOOD' --hub
way '' --noflow
way '' -n --hub
way 'in_port=.*dl_dst=.*actions=output:' -w
way 'actions=enqueue:|actions=set_queue:1,output:' -q 1
way 'actions=(NORMAL|FLOOD)' --normal # 3.1 floods what it has not learned, and learns nothing
controller --max-idle=permanent "punix:$TESTDIR/controller.sock"
wait_until reaches
expect_no_match "$(flows)" idle_timeout "permanent flows"
controller_gone
