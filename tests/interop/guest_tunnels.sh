#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tunnels to the kernel of a QEMU guest, which has those that the host's kernel may lack: GRE in all its forms, over IPv4 and IPv6, with Ethernet
# and with IP in it, NVGRE as keyed GRE, Geneve and VXLAN. The guest is on a tap of the bridge that holds the underlay. Ping of all sizes, over
# IPv4 and IPv6 and in both directions, and TCP with offloads in both directions.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
. "$(dirname "$0")/guest_lib.sh"
need_guests
need_tools ping busybox

guest_start g tap=tg
start_vswitchd
weft-vsctl add-br br-phy -- add-br br0
wait_until "sw ip link set tg up"
weft-vsctl add-port br-phy tg
sw ip addr add 172.16.0.1/24 dev br-phy
sw ip addr add fd16::1/64 dev br-phy
sw ip link set br-phy up
guest a veth-a 10.0.0.1/24 fd00::1/64
weft-vsctl add-port br0 veth-a
ns a ip link set eth0 address 02:00:00:00:00:0a
guest_wait g
guest_address g eth0 172.16.0.2/24 fd16::2/64
wait_until "guest_run g ping -c 1 -W 1 172.16.0.1"
wait_until "guest_run g ping -c 1 -W 1 fd16::1"
guest_run g "dd if=/dev/urandom of=/tmp/data bs=1M count=1 2>/dev/null"
head -c 2000000 /dev/urandom >"$TESTDIR/data"

# Guest and namespace have the same file behind a transfer.
to_guest() {
    guest_background g "rm -f /tmp/got; nc -l -p 7777 <>/run/silence >/tmp/got.part && mv /tmp/got.part /tmp/got"
    guest_run g "until netstat -ltn | grep -q ':7777 '; do usleep 20000; done"
    ns a timeout 60 busybox nc "$2" 7777 <"$TESTDIR/data" || fail "$1: TCP to the guest"
    wait_until "guest_run g '[ -e /tmp/got ]'"
    expect_eq "$(guest_run g 'md5sum </tmp/got')" "$(md5sum <"$TESTDIR/data")" "$1: TCP to the guest"
}
from_guest() {
    # Its own input must not end, or the connection does.
    mkfifo "$TESTDIR/silence" 2>/dev/null || true
    ns a timeout 60 busybox nc -l -p 7778 <>"$TESTDIR/silence" >"$TESTDIR/got" &
    local pid=$!
    wait_until "ns a ss -ltn | grep -q ':7778 '"
    guest_run g "nc $2 7778 </tmp/data" || fail "$1: TCP from the guest"
    wait "$pid" || fail "$1: TCP from the guest does not end"
    expect_eq "$(md5sum <"$TESTDIR/got")" "$(guest_run g 'md5sum </tmp/data')" "$1: TCP from the guest"
}

# check WHAT: the guest's device is t0, ours t.
check() {
    local size
    guest_run g "ip link set t0 address 02:00:00:00:00:0b 2>/dev/null; ip addr add 10.0.0.2/24 dev t0 && ip addr add fd00::2/64 dev t0 && ip link set t0 up" \
        || fail "$1: the guest's device"
    [ "${2:-l2}" = l2 ] || guest_run g "ip route replace fd00::1/128 dev t0"
    wait_until ns a ping -c 1 -W 1 10.0.0.2
    wait_until ns a ping -c 1 -W 1 fd00::2
    # The first that is too big for the path is answered by the switch, and those behind it come in fitting pieces.
    wait_until ns a ping -c 1 -W 1 -s 1472 10.0.0.2
    wait_until ns a ping -c 1 -W 1 -s 1452 fd00::2
    for size in 0 56 1300 1400 1473 8000 30000; do
        ns a ping -q -c 1 -W 5 -s $size 10.0.0.2 >/dev/null || fail "$1: ping -s $size"
        ns a ping -q -c 1 -W 5 -s $size fd00::2 >/dev/null || fail "$1: IPv6, ping -s $size"
    done
    guest_ping g 10.0.0.1 1300 1473 30000
    guest_ping g fd00::1 1400 8000
    to_guest "$1" 10.0.0.2
    from_guest "$1" fd00::1
    guest_run g "ip link del t0"
}
# tunnel TYPE OPTION...: ours, then "--" and the guest's.
tunnel() {
    local ours=() type=$1
    shift
    while [ "$1" != -- ]; do
        ours+=("options:$1")
        shift
    done
    shift
    weft-vsctl --if-exists del-port br0 t -- add-port br0 t -- set Interface t type="$type" ofport_request=9 "${ours[@]}"
    expect_eq "$(weft-vsctl get Interface t error)" '[]' "the port of type $type"
    guest_run g "modprobe -a ip_gre ip6_gre geneve vxlan; /guest/ip link add t0 type $*" || fail "the guest has no $*"
}
v4=(local 172.16.0.2 remote 172.16.0.1) v6=(local fd16::2 remote fd16::1)

tunnel gre remote_ip=172.16.0.2 -- gretap "${v4[@]}"
check "GRE"
tunnel gre remote_ip=172.16.0.2 key=77 csum=true seq=true -- gretap "${v4[@]}" key 77 csum seq
check "GRE with key, checksum and sequence"
# NVGRE: the subnet is the key's upper 24 bits; what else is in it is for the network to balance by.
tunnel nvgre remote_ip=172.16.0.2 key=5001 -- gretap "${v4[@]}" ikey $((5001 << 8)) okey $((5001 << 8 | 0x5a))
check "NVGRE"
tunnel ip6gre remote_ip=fd16::2 key=78 -- ip6gretap "${v6[@]}" key 78
check "GRE over IPv6"
tunnel gre remote_ip=fd16::2 key=79 csum=true seq=true -- ip6gretap "${v6[@]}" key 79 csum seq encaplimit none
check "GRE over IPv6 with key, checksum and sequence"
tunnel geneve remote_ip=172.16.0.2 key=80 -- geneve id 80 remote 172.16.0.1 dstport 6081
check "Geneve"
tunnel geneve remote_ip=fd16::2 key=81 csum=true -- geneve id 81 remote fd16::1 dstport 6081
check "Geneve over IPv6"
tunnel vxlan remote_ip=172.16.0.2 key=82 csum=true -- vxlan id 82 "${v4[@]}" dstport 4789 udpcsum
check "VXLAN"
tunnel vxlan remote_ip=fd16::2 key=83 -- vxlan id 83 "${v6[@]}" dstport 4789
check "VXLAN over IPv6"

# IP in GRE, without Ethernet: the flows are a router's. What comes out of the tunnel has no addresses of Ethernet until they are set.
tunnel gre remote_ip=172.16.0.2 key=84 packet_type=legacy_l3 -- gre "${v4[@]}" key 84
weft-ofctl del-flows br0
weft-ofctl add-flow br0 "in_port=veth-a,ip,actions=output:t"
weft-ofctl add-flow br0 "in_port=veth-a,ipv6,actions=output:t"
weft-ofctl add-flow br0 "in_port=t,actions=mod_dl_src:02:00:00:00:00:0b,mod_dl_dst:02:00:00:00:00:0a,output:veth-a"
ns a ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:0b dev eth0
ns a ip neigh replace fd00::2 lladdr 02:00:00:00:00:0b dev eth0
check "IP in GRE" l3

# Super-packets came from the namespace, and nothing was lost for its checksum or form.
[ "$(mean_size veth-a rx)" -gt 4000 ] || fail "TCP from the namespace came in packets of $(mean_size veth-a rx) bytes"
drops=$(weft-dpctl drops)
expect_no_match "$drops" '^(tunnel_[a-z]*|xlate_tunnel_(unknown|ecn|key|remote)|segmentation|bad_offload) +[1-9]' "drops"
