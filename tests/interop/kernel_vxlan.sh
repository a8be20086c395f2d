#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-datapathd alone, with flows written down, against the kernel's VXLAN: over IPv4 and IPv6, with and without outer checksums, with
# the group policy extension; ping of all sizes, TCP in super-packets in both directions, and packets that Weft must not take.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
need_root
need_tools ping python3 ip ethtool

guest a veth-a
guest peer veth-u 192.0.2.2/24 2001:db8::2/64
a_mac=02:00:00:00:00:0a switch_mac=02:00:00:00:00:01
ns a ip link set eth0 address $a_mac mtu 1400
ns a ip addr add 10.0.0.1/24 dev eth0
ns a ip addr add fd00::1/64 dev eth0
peer_mac=$(ns peer cat /sys/class/net/eth0/address)
ns peer ip neigh add 192.0.2.1 lladdr $switch_mac dev eth0
ns peer ip neigh add 2001:db8::1 lladdr $switch_mac dev eth0
start_datapathd
dpctl add-if ovs-system veth-a,port_no=1 veth-u,port_no=2 vx,type=vxlan,port_no=3 vxg,type=vxlan,port_no=4,gbp=true

# kernel OPTION...: the kernel's end.
kernel() {
    ns peer ip link add vx0 type vxlan id 100 dev eth0 dstport 4789 "$@"
    ns peer ip link set vx0 address 02:00:00:00:00:0b mtu 1400 up
    ns peer ip addr add 10.0.0.2/24 dev vx0
    ns peer ip addr add fd00::2/64 dev vx0
}

# ours VERSION CSUM FLAGS PORT: our end, with what the UDP checksum and the VXLAN flags of the header are, and the tunnel's port.
ours() {
    local size=50 type=0x0800 ip="ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=0x4000)"
    if [ "$1" = 6 ]; then
        size=70 type=0x86dd ip="ipv6(src=2001:db8::1,dst=2001:db8::2,label=0,proto=17,tclass=0x0,hlimit=64)"
    fi
    dpctl del-flows
    dpctl add-flow "in_port(1)" "tnl_push(tnl_port($4),header(size=$size,type=4,eth(dst=$peer_mac,src=$switch_mac,dl_type=$type),$ip,udp(src=0,dst=4789,csum=$2),vxlan(flags=$3,vni=0x64)),out_port(2)),2"
    dpctl add-flow "in_port(2),eth_type($type),ipv$1(proto=17),udp(dst=4789)" "tnl_pop($4)"
    dpctl add-flow "in_port($4),tunnel(tun_id=0x64),eth()" 1
}

# traffic WHAT
traffic() {
    local size
    wait_until ns a ping -c 1 -W 1 10.0.0.2
    wait_until ns peer ping -c 1 -W 1 fd00::1
    for size in 0 56 1372 1373 8000 60000; do
        ns a ping -q -c 2 -i 0.01 -W 2 -s $size 10.0.0.2 >/dev/null || fail "$1: ping -s $size"
        ns peer ping -q -c 2 -i 0.01 -W 2 -s $size fd00::1 >/dev/null || fail "$1: ping -s $size the other way"
    done
    tcp_transfer a peer 10.0.0.2
    tcp_transfer peer a fd00::1
}

kernel local 192.0.2.2 remote 192.0.2.1 noudpcsum
ours 4 0x0 0x8000000 3
traffic "IPv4"
[ "$(mean_size veth-a rx)" -gt 4000 ] || fail "TCP from the guest came in packets of $(mean_size veth-a rx) bytes"
[ "$(mean_size vx rx)" -gt 4000 ] || fail "TCP from the kernel came in packets of $(mean_size vx rx) bytes"
ns a ethtool -K eth0 tx off tso off gso off >/dev/null
traffic "IPv4 without offloads"
ns a ethtool -K eth0 tx on tso on gso on >/dev/null

# What is not for this tunnel.
before=$(drop_count tunnel_unknown)
ours 4 0x0 0x88000005 3
ns a ping -c 1 -W 1 10.0.0.2 && fail "the kernel takes a group policy that it was not told of"
ours 4 0x0 0x8000000 4
traffic "IPv4, a port that would take group policies"
ns peer ip link del vx0

kernel local 192.0.2.2 remote 192.0.2.1 udpcsum gbp
ours 4 0xffff 0x88000007 4
traffic "IPv4 with checksums and group policy"
ns peer ip link del vx0

kernel local 2001:db8::2 remote 2001:db8::1
ours 6 0xffff 0x8000000 3
traffic "IPv6"
ns peer ip link del vx0
kernel local 2001:db8::2 remote 2001:db8::1 udp6zerocsumtx udp6zerocsumrx
ours 6 0x0 0x8000000 3
traffic "IPv6 without checksums"

expect_eq "$(drop_count tunnel_unknown)" "$before" "packets with a wrong header"
expect_eq "$(drop_count tunnel_checksum)" 0 "packets with a wrong checksum"
expect_eq "$(drop_count segmentation)" 0 "super-packets that could not be segmented"
