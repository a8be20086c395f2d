#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A DHCP reply reaches the local port of a bridge with in-band control, once and beside what flows do with it; other packets do not, and need not be
# told apart by their ports.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2
of add-flow br0 priority=1,in_port=1,actions=output:2
local=$(dp_port br0) p2=$(dp_port p2)
# dhcp SRC DST: a flow of OpenFlow from p1.
dhcp() {
    echo "in_port=1,udp,dl_src=02:00:00:00:00:99,dl_dst=02:00:00:00:00:01,nw_src=10.0.0.9,nw_dst=10.0.0.1,tp_src=$1,tp_dst=$2"
}
megaflow() {
    trace "$@" | sed -n 's/^Megaflow: //p'
}

expect_actions br0 "$(dhcp 67 68)" "$p2"
vsctl set-controller br0 tcp:192.0.2.1:6653
wait_until "weft-appctl bridge/dump-flows br0 | grep -q priority=180008"
of add-flow br0 priority=1,in_port=1,actions=output:2 # the first controller begins with an empty table
expect_actions br0 "$(dhcp 67 68)" "$local,$p2"
expect_actions br0 "$(dhcp 67 69)" "$p2"
expect_actions br0 "$(dhcp 66 68)" "$p2"
expect_match "$(megaflow br0 "$(dhcp 1000 2000)")" 'tp_dst=1024/0xfc00|tp_dst=0x400/0x400|tp_dst=1024/0x400' "one bit of the port"
expect_no_match "$(megaflow br0 "$(dhcp 1000 2000)")" 'tp_src' "bits of the other port"

# No second time.
of add-flow br0 priority=5,actions=LOCAL,2
expect_actions br0 "$(dhcp 67 68)" "$local,$p2"
of add-flow br0 priority=5,actions=drop
expect_actions br0 "$(dhcp 67 68)" "$local"

# What the local port sends is the hidden flow's.
of del-flows br0
expect_no_match "$(trace br0 "in_port=LOCAL,udp,dl_src=$(weft-vsctl get Interface br0 mac_in_use | tr -d '"'),dl_dst=ff:ff:ff:ff:ff:ff,tp_src=68,tp_dst=67")" 'drop'
vsctl set Bridge br0 other_config:disable-in-band=true
expect_actions br0 "$(dhcp 67 68)" drop
daemon_stop weft-vswitchd
