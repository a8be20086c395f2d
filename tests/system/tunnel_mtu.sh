#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests that know nothing of the tunnel's overhead: packets that are too big are answered by the switch, over IPv4 and IPv6, and TCP finds its
# way; the size that fits is shown. What cannot be answered is counted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools iperf3 ping

wire
weft_host h1 1
weft_host h2 2
tenant h1 a veth-a 10.0.0.1
tenant h2 b veth-b 10.0.0.2
for n in 1 2; do
    on h$n weft-vsctl add-port br0 tun -- set Interface tun type=vxlan options:remote_ip=172.16.0.$((3 - n)) options:key=5
done
pings a 10.0.0.2 56 1422

drops() {
    on h1 weft-dpctl drops | awk -v reason="$1" '$1 == reason { n = $2 } END { print n + 0 }'
}
# too_big MTU ADDRESS...: the first packet of 1500 bytes is answered with the MTU, by the guest's kernel remembered, and then fits.
too_big() {
    local mtu=$1 address=$2 size=$3
    ns a ping -M do -c 1 -W 2 -s "$size" "$address" >"$TESTDIR/ping" 2>&1 && fail "a packet that does not fit arrived at $address"
    expect_match "$(cat "$TESTDIR/ping")" "mtu ?= ?$mtu|mtu=$mtu|Packet too big" "the answer to a packet that does not fit"
    wait_until "ns a ip route get $address | grep -q 'mtu $mtu'"
    pings a "$address" 1400 "$size" 8000
}
too_big 1450 10.0.0.2 1472
too_big 1450 fd00::2 1452
[ "$(drops xlate_tunnel_mtu)" -ge 2 ] || fail "packets that are too big are not counted"

# TCP in both directions, of guests that have not met it.
ns a ip route flush cache
ns a ip -6 route flush cache
tcp a b 10.0.0.2
tcp b a 10.0.0.1
tcp b a fd00::1

# What is shown.
wait_until "on h1 weft-vsctl get Interface tun status | grep -q 'tunnel_mtu=\"1450\"'"
expect_match "$(on h1 weft-appctl ofproto/list-tunnels)" 'tun \(vxlan: .*mtu=1450\)' "list-tunnels"
ns h1 ip link set br-phy mtu 1400
wait_until "on h1 weft-vsctl get Interface tun status | grep -q 'tunnel_mtu=\"1350\"'"
ns a ip route flush cache
too_big 1350 10.0.0.2 1422
ns h1 ip link set br-phy mtu 1500

# A route that says less than its device.
ns h1 ip route add 172.16.0.2/32 dev br-phy src 172.16.0.1 mtu 1300
wait_until "on h1 weft-vsctl get Interface tun status | grep -q 'tunnel_mtu=\"1250\"'"
ns a ip route flush cache
too_big 1250 10.0.0.2 1372

# Nobody can be told of a frame that is no IP packet; it is counted.
before=$(drops xlate_tunnel_mtu)
ns a python3 - <<'END'
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("ffffffffffff" "020000000001" "1234") + bytes(1400))
END
wait_until "[ \$(on h1 weft-dpctl drops | awk '\$1 == \"xlate_tunnel_mtu\" { n = \$2 } END { print n + 0 }') -gt $before ]"
