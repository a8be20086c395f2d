#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An underlay that is too small, and tunnels that may cut their packets (df_default=false): the kernel as the peer, then another Weft, over IPv4 and
# IPv6. Fragments are made and put together by either side; what else the host gets in fragments arrives as before.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools iperf3 ping python3

wire
weft_host h1 1
weft_host h3 3
kernel_host k 2
for n in 1 2 3; do
    ns wire ip link set w$n mtu 1400
done
ns k ip link set eth0 mtu 1400
for h in h1 h3; do
    ns $h ip link set eth0 mtu 1400
    ns $h ip link set br-phy mtu 1400
done
tenant h1 a veth-a 10.0.0.1
tenant h3 c veth-c 10.0.0.3
# The kernel answers its own senders that a packet does not fit; one behind a bridge that lets it be cut gets its way.
ns k ip link add kbr type bridge
ns k ip link add vx0 type vxlan id 5 local 172.16.0.2 remote 172.16.0.1 dstport 4789
ns_add b
ip -n "$NS_PREFIX-k" link add vb type veth peer name eth0 netns "$NS_PREFIX-b"
ns k ip link set vx0 mtu 1500 master kbr up
ns k ip link set vb master kbr up
ns k ip link set kbr up
ns b ip addr add 10.0.0.2/24 dev eth0
ns b ip addr add fd00::2/64 dev eth0
ns b ip link set eth0 up

# cut FROM TO-ADDRESS SIZE...: pings that may be cut, and whose outer packets are, in both directions.
cut() {
    local from=$1 address=$2 size
    shift 2
    wait_until ns "$from" ping -c 1 -W 1 "$address"
    for size; do
        wait_until ns "$from" ping -q -c 2 -i 0.01 -W 2 -M dont -s "$size" "$address"
    done
}
snmp() {
    ns k awk -v want="$1" '$1 == "Ip:" && !n { n = split($0, name); next } $1 == "Ip:" { for (i = 2; i <= n; i++) if (name[i] == want) print $i }' /proc/net/snmp
}
on h1 weft-vsctl add-port br0 tun -- set Interface tun type=vxlan options:remote_ip=172.16.0.2 options:key=5 options:df_default=false
cut a 10.0.0.2 56 1350 1351 1358 1422 1472 8000
cut b 10.0.0.1 1472 8000
[ "$(snmp ReasmOKs)" -gt 10 ] || fail "the kernel put $(snmp ReasmOKs) packets together"
[ "$(snmp FragCreates)" -gt 10 ] || fail "the kernel made $(snmp FragCreates) fragments"
expect_match "$(on h1 weft-appctl dpctl/dump-flows)" 'frag=later.*actions:reassemble' "the flow of fragments"
tcp a b 10.0.0.2
tcp b a 10.0.0.1

# What the host itself gets in fragments, at a port where no tunnel ends, and of another protocol.
ns k ping -q -c 3 -i 0.01 -s 4000 172.16.0.1 >/dev/null || fail "fragments of ICMP do not arrive"
wait_until ns k ping -q -c 2 -i 0.01 -W 1 -s 4000 fd16::1
cat >"$TESTDIR/datagram.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
if sys.argv[1] == "send":
    s.sendto(bytes(range(250)) * 16, (sys.argv[2], 999))
else:
    s.bind(("0.0.0.0", 999))
    print("ready", flush=True)
    sys.exit(s.recv(9000) != bytes(range(250)) * 16)
END
background ns h1 python3 "$TESTDIR/datagram.py" receive
log=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
wait_until grep -q ready "$log"
ns k python3 "$TESTDIR/datagram.py" send 172.16.0.1
wait "$BACKGROUND_PID" || fail "a datagram in fragments does not arrive"

# Without leave to cut, the sender is told.
on h1 weft-vsctl set Interface tun options:df_default=true
told() {
    ns a ping -c 1 -W 1 -M do -s 1472 10.0.0.2 >"$TESTDIR/ping" 2>&1
    grep -qE 'mtu ?= ?1350' "$TESTDIR/ping"
}
wait_until told
on h1 weft-vsctl del-port tun

# Weft to Weft.
for kind in vxlan gre; do
    for pair in "172.16.0.1 172.16.0.3" "fd16::1 fd16::3"; do
        [ "$kind" = vxlan ] || [ "$pair" = "fd16::1 fd16::3" ] || continue
        # shellcheck disable=SC2086
        set -- $pair
        on h1 weft-vsctl add-port br0 tun -- set Interface tun type=$kind options:remote_ip="$2" options:key=7 options:df_default=false
        on h3 weft-vsctl add-port br0 tun -- set Interface tun type=$kind options:remote_ip="$1" options:key=7 options:df_default=false
        ns a ip route flush cache
        cut a 10.0.0.3 56 1380 1472 8000
        wait_until ns c ping -q -c 2 -i 0.01 -W 2 -M do -s 1472 10.0.0.1
        tcp a c 10.0.0.3
        tcp c a 10.0.0.1
        on h1 weft-vsctl del-port tun
        on h3 weft-vsctl del-port tun
    done
done
drops=$(on h1 weft-dpctl drops; on h3 weft-dpctl drops)
expect_no_match "$drops" '^(mtu|tunnel_checksum|tunnel_truncated|segmentation) +[1-9]' "drops"
