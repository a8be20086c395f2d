#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Time: idle and hard timeouts of OpenFlow flows with their counters, and the end of unused cached flows.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2
weft-appctl time/stop
of add-flow br0 'priority=10,udp,nw_src=10.0.0.1,idle_timeout=20,actions=output:2'
of add-flow br0 'priority=10,udp,nw_src=10.0.0.2,hard_timeout=30,actions=output:2'
of add-flow br0 'priority=10,udp,nw_src=10.0.0.3,idle_timeout=20,hard_timeout=50,actions=output:2'
of add-flow br0 'priority=1,actions=drop'

has() {
    of dump-flows br0 | grep "nw_src=10.0.0.$1 "
}

# Traffic, cached or not, keeps idle flows; a hard timeout knows no mercy. The counters count every packet.
for i in 1 2 3 4; do
    for host in 1 2 3; do
        receive p1 "$(udp $host 9)"
    done
    wait_sent p2 $((i <= 3 ? 3 * i : 11))
    weft-appctl revalidator/wait
    if [ $i = 3 ]; then
        expect_eq "$(packets br0 nw_src=10.0.0.1)" 3 "packets of the first flow"
        expect_match "$(has 1)" 'n_bytes=126, .*idle_age=0,' "bytes and age"
    fi
    warp 10000
done
wait_until '! of dump-flows br0 | grep nw_src=10.0.0.2'
has 1 >/dev/null || fail "a flow in use is gone"
has 3 >/dev/null || fail "a flow in use, before its hard timeout, is gone"
expect_eq "$(packets br0 nw_src=10.0.0.1)" 4 "packets of the first flow"
expect_match "$(has 1)" 'duration=40s.*idle_age=10' "duration and age"

# After its hard timeout the packets fall to the flow below, cached flow or not.
wait_until '[ "$(packets br0 "priority=1 ")" = 1 ]'
warp 11000
wait_until '! of dump-flows br0 | grep nw_src=10.0.0.3'
wait_until '! of dump-flows br0 | grep nw_src=10.0.0.1'
expect_eq "$(of dump-flows br0 | grep -c actions)" 1 "flows left"

# Cached flows end after ten seconds without a packet, and not before.
of add-flow br0 'priority=10,udp,actions=output:2'
weft-appctl revalidator/purge
receive p1 "$(udp 1 9)"
wait_until 'weft-dpctl dump-flows | grep in_port'
warp 6000
receive p1 "$(udp 1 9)"
weft-appctl revalidator/wait
warp 6000
expect_match "$(weft-appctl dpctl/dump-flows)" 'packets:1, .*used:(6\.|5\.99)' "a cached flow that was used six seconds ago"
warp 6000
wait_until '! weft-dpctl dump-flows | grep in_port'
expect_eq "$(packets br0 priority=10)" 2 "packets after the cached flow is gone"

# A flow that is modified keeps counters and age; one added over it starts anew.
of mod-flows br0 "udp,actions=output:1"
expect_eq "$(packets br0 priority=10)" 2 "packets after a modification"
of add-flow br0 'priority=10,udp,actions=output:2'
expect_eq "$(packets br0 priority=10)" 0 "packets after an addition"
