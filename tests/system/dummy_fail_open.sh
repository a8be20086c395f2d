#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What becomes of a bridge whose controller goes: in standalone mode it is a learning switch after three probes in vain, until a controller is in
# charge again; in secure mode it goes on by its flows. The attempts to connect become rarer. The clock is the test's.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2
socket=$TESTDIR/controller.sock
controller() {
    background "$srcdir/tests/system/ofp_peer.py" listen unix "$socket"
    CONTROLLER=$BACKGROUND_PID
    wait_until "[ -S $socket ]"
}
controller_goes() {
    stop_pid "$CONTROLLER"
    rm -f "$socket"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = false ]'
}
status() {
    weft-vsctl --if-exists get Controller . "status:$1" | tr -d '"'
}
flows() {
    weft-appctl bridge/dump-flows br0 | sed -n 's/.*\(priority=.*\)/\1/p' | sort
}
is_standalone() {
    flows | grep -q '^priority=65536.*actions=NORMAL'
}

controller
vsctl set-fail-mode br0 standalone -- set-controller br0 "unix:$socket" -- set Controller br0 inactivity_probe=5000 max_backoff=4000
wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
expect_eq "$(status state)" ACTIVE
weft-appctl time/stop
of add-flow br0 priority=9,in_port=1,actions=output:2

controller_goes
expect_eq "$(status state)" BACKOFF "state without the controller"
warp 14900
expect_eq "$(flows)" "priority=9,in_port=1,actions=output:2" "flows within three probes"
warp 200
wait_until is_standalone
expect_eq "$(flows | grep -c .)" 1 "flows of a bridge that stands alone"
expect_eq "$(of dump-flows br0 | grep -c actions || true)" 0 "flows that show"
receive p2 "$(udp 2 1)"
wait_sent p1 1 # it forwards as a learning switch does
wait_until "[ -n \"\$(weft-vsctl --if-exists get Controller . status:last_error)\" ]"

# The controller is there again, and the switch connects within max_backoff; who only says hello is not in charge before half a minute has passed.
controller
warp 4000
wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
is_standalone || fail "a hello put the controller in charge"
for i in 1 2 3 4 5 6 7; do
    warp 4500
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
done
wait_until '! weft-appctl bridge/dump-flows br0 | grep -q actions=NORMAL'
receive p2 "$(udp 2 3)"
warp 100
expect_eq "$(sent p1 | wc -l)" 1 "packets that pass when the controller is in charge"

# A secure bridge keeps its flows.
vsctl set-fail-mode br0 secure
of add-flow br0 priority=9,in_port=1,actions=output:2
controller_goes
warp 60000
expect_eq "$(flows)" "priority=9,in_port=1,actions=output:2" "flows of a secure bridge"

# Without a controller a standalone bridge needs no patience.
vsctl del-controller br0 -- set-fail-mode br0 standalone
expect_match "$(flows)" '^priority=0,actions=NORMAL|^priority=0 actions=NORMAL|^priority=0.*NORMAL'
daemon_stop weft-vswitchd
