#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-datapathd alone between two namespaces on veth: ping, TCP in super-packets, VLAN tags, and a device that is the switch's only.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping python3 ip ethtool tcpdump

guest a veth-a 10.0.0.1/24 fc00::1/64
guest b veth-b 10.0.0.2/24 fc00::2/64
start_datapathd
dpctl add-if ovs-system veth-a veth-b,port_no=7
expect_match "$(dpctl show)" '^  port 1: veth-a$'
expect_match "$(dpctl show)" '^  port 7: veth-b$'

# Without a flow and a control program there is nothing but a counted drop.
ns a ping -c 1 -W 1 10.0.0.2 && fail "ping went through without a flow"
[ "$(drop_count no_control)" -gt 0 ] || fail "packets without a flow are not counted"

cross_connect veth-a veth-b
ns a ping -q -c 3 -i 0.2 10.0.0.2
ns a ping -q -c 3 -i 0.2 fc00::2
ns a ping -q -c 3 -i 0.2 -s 1400 10.0.0.2
expect_match "$(dpctl --names dump-flows)" 'in_port\(veth-a\).*packets:[1-9].*actions:veth-b$'

before_packets=$(port_stat veth-a rx_packets) before_bytes=$(port_stat veth-a rx_bytes)
tcp_transfer a b 10.0.0.2
packets=$(($(port_stat veth-a rx_packets) - before_packets))
bytes=$(($(port_stat veth-a rx_bytes) - before_bytes))
[ $((bytes / packets)) -gt 6000 ] || fail "TCP went in packets of $((bytes / packets)) bytes"
tcp_transfer b a fc00::1
udp_segments a b 10.0.0.2
udp_segments b a fc00::1

# A guest that offloads nothing gets through to one that does, and back.
ns a ethtool -K eth0 tx off tso off gso off >/dev/null
tcp_transfer a b 10.0.0.2
tcp_transfer b a 10.0.0.1
ns a ethtool -K eth0 tx on tso on gso on >/dev/null

# VLAN tags survive, although the kernel hands them over beside the packet.
background ns b tcpdump -i eth0 -nn -e -l -c 2 vlan 5
tcpdump_out=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
wait_until "grep -q listening '$tcpdump_out'"
ns a python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
for size in 60, 1500:
    s.send(bytes.fromhex("ffffffffffff0200000000018100a0058915") + bytes(size))'
wait_until "[ \$(grep -c 'vlan 5, p 5, ethertype Unknown (0x8915)' '$tcpdump_out') = 2 ]"

# The switch's own stack gets nothing from an attached device, and all of it again afterwards.
sw ip addr add 10.0.0.3/24 dev veth-a
ns a ping -c 1 -W 1 10.0.0.3 && fail "the host answers on an attached device"
dpctl del-if ovs-system veth-a
wait_until ns a ping -c 1 -W 1 10.0.0.3
expect_no_match "$(dpctl show)" veth-a
expect_fails 1 dpctl del-if ovs-system veth-a
expect_fails 1 dpctl add-if ovs-system no-such-device
expect_fails 1 dpctl add-if ovs-system veth-a,type=wrong
expect_fails 1 dpctl add-if ovs-system veth-a,bad_option=1
expect_fails 1 dpctl add-if ovs-system veth-b
daemon_stop weft-datapathd
