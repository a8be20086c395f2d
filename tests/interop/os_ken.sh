#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A learning switch on os-ken drives a bridge, in OpenFlow 1.0 and 1.2 to 1.5, with real pings; then it dies.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ping ovs-ofctl
/usr/bin/python3 -c 'import os_ken.cmd.manager' 2>/dev/null || skip "needs os-ken (python3-os-ken)"

switch_ns
start_vswitchd
weft-vsctl add-br br0 -- set-fail-mode br0 secure -- set Bridge br0 other_config:datapath-id=00000000000000ab
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
weft-vsctl add-port br0 veth-a -- add-port br0 veth-b
export OS_KEN_EVENTS=$TESTDIR/events OS_KEN_VERSION

# controller VERSION: starts os-ken and waits until the switch has found it.
on_exit "[ \$status = 0 ] || cat $TESTDIR/events >&2"
controller() {
    OS_KEN_VERSION=$1
    : >"$OS_KEN_EVENTS"
    daemon_start os-ken /usr/bin/python3 -c 'from os_ken.cmd.manager import main; main()' \
        --ofp-tcp-listen-port 6653 --ofp-listen-host 127.0.0.1 "$srcdir/tests/interop/os_ken_switch.py"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
}
event() {
    WAIT_SECONDS=${EVENT_SECONDS:-20} wait_until grep -qE "^$1" "$OS_KEN_EVENTS"
}
reaches() {
    ns a ping -q -c "${1:-1}" -i 0.2 -W 1 10.0.0.2 >/dev/null
}

weft-vsctl set-controller br0 tcp:127.0.0.1:6653 -- set Controller br0 max_backoff=1000 inactivity_probe=1000
for version in 1.0 1.2 1.3 1.4 1.5; do
    weft-vsctl set Bridge br0 protocols=OpenFlow${version/./}
    controller $version
    event 'features 00000000000000ab'
    event barrier

    # Pings teach it; after that the flows forward, and the controller hears no more of them.
    wait_until reaches
    event 'packet-in [0-9]+ .* reason [01]'
    wait_until "ovs-ofctl -O OpenFlow${version/./} dump-flows br0 | grep -q 'priority=10,in_port=[0-9].*output:'"
    reaches 3 || fail "ping over installed flows with OpenFlow $version"
    # Unused, they time out, and it is told so with their counters.
    event 'flow-removed cookie 7 reason 0 packets [1-9]'

    # Ports come and go.
    weft-vsctl add-port br0 int0 -- set Interface int0 type=internal
    event 'port-status int0 reason 0'
    weft-vsctl del-port br0 int0
    event 'port-status int0 reason 1'

    # It had an answer to each question, and an error for each mistake.
    for answer in 'echo-reply weft' 'config 0' 'desc .*[A-Za-z]' 'stats OFPTableStatsReply [1-9]' 'stats OFPPortStatsReply 3' \
        'stats OFPFlow(Desc)?StatsReply' 'aggregate'; do
        event "$answer"
    done
    case $version in
    1.0) ;; # errors in OpenFlow 1.0 end os-ken 2.5's connections: OFPET_EXPERIMENTER is not defined there
    *)
        [ $version = 1.2 ] || event 'stats OFPPortDescStatsReply 3'
        case $version in 1.4 | 1.5)
            event 'stats OFPQueueDescStatsReply 3'
            event 'async 12' ;;
        esac
        event 'role 2 1'
        event 'error 3 2 64' ;; # BAD_INSTRUCTION, BAD_TABLE_ID: a goto that leads backwards
    esac

    # It is killed. A secure bridge goes on with the flows it has, and learns nothing new.
    daemon_kill os-ken
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = false ]'
    wait_until "! ovs-ofctl -O OpenFlow${version/./} dump-flows br0 | grep -q priority=10"
    ! reaches || fail "a secure bridge without controller forwards"
done

# A standalone bridge becomes an ordinary switch after three tries to inactivity, and the controller's again when it returns.
# With all versions switched on, the two agree on what os-ken has.
weft-vsctl set-fail-mode br0 standalone -- clear Bridge br0 protocols
wait_until reaches
controller 1.3
event barrier
wait_until reaches
event packet-in
