#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the learn action promises: the answer to the packet that taught a flow meets the flow; packets keep it alive; the end of a TCP
# connection shortens its life. And a bridge that waits for its controller says that it drops packets for that.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2 p3
# Flows age only by warps, however long the machine takes.
weft-appctl time/stop >/dev/null

# --- A packet of each of many hosts, and the answer right behind it: not one answer is flooded.
of add-flow br0 'in_port=1,actions=learn(table=1,idle_timeout=20,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),2'
of add-flow br0 'in_port=2,actions=resubmit(,1)'
of add-flow br0 'table=1,priority=1,actions=3'
for i in 1 2 3 4 5 6 7 8 9; do
    receive p1 "$(udp $i 2)"
    wait_sent p2 $i
    receive p2 "$(udp 2 $i)"
    wait_sent p1 $i
done
expect_eq "$(sent p3 | wc -l)" 0 "answers that did not meet their flow"
expect_eq "$(of dump-flows br0 table=1 | grep -c 'dl_dst=02:00:00:00:00:0')" 9 "learned flows"

# --- Cached packets keep the flow alive; without them it goes.
for i in 1 2 3 4; do
    warp 10000 1000
    receive p1 "$(udp 1 2)"
    wait_sent p2 $((9 + i))
    weft-appctl revalidator/wait
done
warp 5000 1000
wait_until "[ \$(of dump-flows br0 table=1 | grep -c 'dl_dst=02:00:00:00:00:0') = 1 ]"
warp 40000 1000
wait_until "[ \$(of dump-flows br0 table=1 | grep -c 'dl_dst=02:00:00:00:00:0') = 0 ]"

# --- The limit is kept, and told.
of del-flows br0
of add-flow br0 'in_port=1,actions=learn(table=1,limit=2,result_dst=NXM_NX_REG0[0],cookie=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),resubmit(,2)'
of add-flow br0 'table=2,reg0=1,actions=2'
of add-flow br0 'table=2,reg0=0,actions=3'
before2=$(sent p2 | wc -l)
for i in 1 2 3 4; do
    receive p1 "$(udp $i 2)"
    wait_until "[ \$((\$(sent p2 | wc -l) - $before2 + \$(sent p3 | wc -l))) -ge $i ]"
done
expect_eq "$(($(sent p2 | wc -l) - before2)) $(sent p3 | wc -l)" "2 2" "packets below and above the limit"
expect_eq "$(of dump-flows br0 table=1 | grep -c dl_dst)" 2 "learned flows below the limit"

# --- FIN and RST.
tcp() {
    echo "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2),tcp_flags($1)"
}
of del-flows br0
of add-flow br0 'tcp,idle_timeout=600,actions=fin_timeout(idle_timeout=7),2'
n=$(sent p2 | wc -l)
receive p1 "$(tcp 0x010)" # ack
wait_sent p2 $((n + 1))
expect_match "$(of dump-flows br0)" 'idle_timeout=600' "an open connection"
receive p1 "$(tcp 0x011)" # fin and ack
wait_sent p2 $((n + 2))
weft-appctl revalidator/wait
wait_until "of dump-flows br0 | grep -q 'idle_timeout=7,'"

# --- Secure, with a controller that is not there.
of del-flows br0
vsctl set-controller br0 "unix:$TESTDIR/nobody"
expect_match "$(trace br0 in_port=1)" 'Dropped: .* \(xlate_fail_mode\)' "a bridge that waits"
before=$(drops xlate_fail_mode)
receive p1 "$(udp 1 2)"
wait_until "[ \$(drops xlate_fail_mode) -gt $before ]"
vsctl del-controller br0
expect_match "$(trace br0 in_port=1)" 'Dropped: .* \(explicit\)' "a bridge that does not"
