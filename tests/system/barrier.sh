#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reply to a barrier means that no packet is handled by the old flows any more, those of the cache included: a packet
# right behind it, thousands of times, in three versions of OpenFlow, in a quiet switch, a busy one and one with many cached flows.
. "$(dirname "$0")/lib.sh"
need_root
need_tools python3

switch_ns
start_vswitchd
weft-vsctl set Open_vSwitch . other_config:max-idle=60000 -- add-br br0 -- set-fail-mode br0 secure
for i in 1 2 3; do
    sw ip link add port$i type veth peer name host$i
    sw sysctl -qw net.ipv6.conf.port$i.disable_ipv6=1 net.ipv6.conf.host$i.disable_ipv6=1
    sw ip link set port$i up
    sw ip link set host$i up
    weft-vsctl add-port br0 port$i -- set Interface port$i ofport_request=$i
done

# rounds VERSION ROUNDS FLOWS RATE
rounds() {
    sw timeout 100 "$srcdir/tests/system/barrier_peer.py" "$WEFT_RUNDIR/br0.mgmt" "$@" ||
        fail "packets were handled by old flows, or lost: $(weft-dpctl drops | paste -sd" ")"
}
for version in 1 4 6; do
    rounds $version 1500 1 0
    rounds $version 1000 3 2000
    rounds $version 150 3000 2000
done
daemon_stop weft-vswitchd
