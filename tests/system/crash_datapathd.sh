#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of weft-datapathd: its monitor starts it again, weft-vswitchd puts ports and flows back, traffic resumes by itself.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ping

switch_ns
start_vswitchd
pidfile=$WEFT_RUNDIR/weft-datapathd.pid
weft-vsctl add-br br0 -- add-port br0 int0 -- set Interface int0 type=internal
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
weft-vsctl add-port br0 veth-a -- add-port br0 veth-b
weft-ofctl add-flow br0 priority=3,arp,actions=normal
wait_until ns a ping -c 1 -W 1 10.0.0.2
ofport=$(weft-vsctl get Interface veth-b ofport)
flows=$(weft-ofctl --no-stats dump-flows br0 | sort)

for round in 1 2; do
    pid=$(cat "$pidfile")
    kill -9 "$pid"
    wait_until "[ -s '$pidfile' ] && [ \"\$(cat '$pidfile')\" != $pid ]"
    wait_until ns a ping -q -c 1 -W 1 10.0.0.2
    expect_eq "$(weft-vsctl get Interface veth-b ofport)" "$ofport" "port number in round $round"
    expect_eq "$(weft-ofctl --no-stats dump-flows br0 | sort)" "$flows" "flows in round $round"
    sw ip link show int0 >/dev/null || fail "the internal port is not back in round $round"
done
