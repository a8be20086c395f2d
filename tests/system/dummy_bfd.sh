#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What translation does with BFD packets: those of a port with a session are the session's, whatever the tables say; others are not, and need not be
# told apart by their ports.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2
of add-flow br0 in_port=1,actions=output:2
p1=$(dp_port p1) p2=$(dp_port p2)
# udp_to PORT: a flow of OpenFlow from p1.
udp_to() {
    echo "in_port=1,udp,dl_src=02:00:00:00:00:99,dl_dst=00:23:20:00:00:01,nw_src=169.254.1.1,nw_dst=169.254.1.0,nw_ttl=255,tp_src=49152,tp_dst=$1"
}
megaflow() {
    trace "$@" | sed -n 's/^Megaflow: //p'
}

expect_actions br0 "$(udp_to 3784)" "$p2"
vsctl set Interface p1 bfd:enable=true
expect_match "$(trace br0 "$(udp_to 3784)")" 'BFD packet, goes to the session of port p1' "the story of a BFD packet"
expect_match "$(trace br0 "$(udp_to 3784)" | tail -n 1)" '^Datapath actions: userspace\(' "what becomes of a BFD packet"
expect_match "$(trace br0 "$(udp_to 3784 | sed 's/udp/udp,nw_frag=later/; s/,tp_src.*//')" | tail -n 1)" "^Datapath actions: $p2\$" "a later fragment"
expect_actions br0 "$(udp_to 3785)" "$p2"
expect_match "$(megaflow br0 "$(udp_to 2000)")" 'tp_dst=(0/0x800|0x0/0x800)|tp_dst=[0-9x]*/0x(400|800)' "one bit of the port"
expect_no_match "$(megaflow br0 "$(udp_to 2000)")" 'tp_src|nw_ttl' "bits that nobody needs"
# Ports without a session forward the packets of others.
expect_actions br0 "$(udp_to 3784 | sed 's/in_port=1/in_port=2/')" drop
of add-flow br0 in_port=2,actions=output:1
expect_actions br0 "$(udp_to 3784 | sed 's/in_port=1/in_port=2/')" "$p1"

# It sends slowly to a peer that is silent, out of its port only, and not after it was disabled.
wait_until '[ -n "$(sent p1)" ]'
expect_match "$(sent p1 | head -n 1)" '^002320000001............0800450*c0' "a BFD frame"
expect_eq "$(sent p2)" "" "what left by the other port"
vsctl set Interface p1 bfd:enable=false
expect_actions br0 "$(udp_to 3784)" "$p2"
expect_eq "$(weft-vsctl get Interface p1 bfd_status)" "{}" "the status without a session"
