#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# VXLAN against the kernel's: over IPv4 and IPv6, with and without checksums, with the group policy extension. Pings of all sizes and TCP
# with offloads, both ways.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools iperf3 ping python3 tcpdump

wire
weft_host w 1
kernel_host k 2
tenant w a veth-a 10.0.0.1

# peer REMOTE OPTION...: the kernel's end, with address 10.0.0.2 in the tenants' network; vx OPTION...: ours.
peer() {
    local remote=$1
    shift
    ns k ip link del vx 2>/dev/null || true
    ns k ip link add vx address 02:00:00:00:00:77 type vxlan id 77 remote "$remote" dstport 4789 "$@"
    ns k ip addr add 10.0.0.2/24 dev vx
    ns k ip addr add fd00::2/64 dev vx
    ns k ip link set vx up
}
vx() {
    on w weft-vsctl --if-exists del-port vx -- add-port br0 vx -- set Interface vx type=vxlan options:key=77 "$@"
}
# works MTU: the guests' own MTU is that of the path.
works() {
    ns a ip link set eth0 mtu "$1"
    ns k ip link set vx mtu "$1"
    pings a 10.0.0.2 0 56 1000 $(($1 - 28)) $(($1 - 27)) 8000 30000
    pings k 10.0.0.1 0 1400 20000
    pings a fd00::2 1300 9000
    tcp a k 10.0.0.2
    tcp k a 10.0.0.1
    tcp k a fd00::1
}

# bundled FROM TO ADDRESS: of TCP from a guest of ours, segments leave in bundles of datagrams, which a veth passes on whole.
bundled() {
    background ns k timeout 60 tcpdump -nn -U -w "$TESTDIR/bundles.pcap" -i eth0 -c 1 'udp dst port 4789 and greater 4000'
    local capture=$BACKGROUND_PID
    wait_until "[ -s $TESTDIR/bundles.pcap ]"
    content "$1" "$2" "$3"
    wait "$capture" || fail "no bundles of datagrams"
    rm "$TESTDIR/bundles.pcap"
}

peer 172.16.0.1 udpcsum
vx options:remote_ip=172.16.0.2
works 1450
bundled a k 10.0.0.2
on w weft-dpctl dump-flows >"$TESTDIR/flows"
expect_match "$(cat "$TESTDIR/flows")" 'tnl_push\(tnl_port\(4789\),header\(size=50,type=4,.*src=172.16.0.1,dst=172.16.0.2.*vxlan\(flags=0x8000000,vni=0x4d\)' flows
expect_match "$(cat "$TESTDIR/flows")" 'tunnel\(tun_id=0x4d,src=172.16.0.2,dst=172.16.0.1' flows
expect_match "$(on w weft-appctl tnl/arp/show)" '^172.16.0.2 .* br-phy$' neighbours

# With checksums here, and none there.
peer 172.16.0.1 noudpcsum
vx options:remote_ip=172.16.0.2 options:csum=true
works 1450

# Over IPv6, whose outer headers are 20 bytes longer.
peer fd16::1
vx options:remote_ip=fd16::2
works 1430
bundled a k fd00::2
expect_match "$(on w weft-appctl tnl/neigh/show)" '^fd16::2 .* br-phy$' neighbours

# The group policy extension: what OpenFlow sets arrives as the kernel's mark, and the other way round.
peer 172.16.0.1 gbp
vx options:remote_ip=172.16.0.2 options:exts=gbp
pings a 10.0.0.2 56 1400
on w weft-ofctl add-flow br0 'priority=20,icmp,in_port=veth-a,actions=set_field:0x123->tun_gbp_id,normal'
on w weft-ofctl add-flow br0 'priority=30,icmp,tun_gbp_id=0x321,actions=normal'
background ns k timeout 20 tcpdump -nn -U -w "$TESTDIR/gbp.pcap" -i eth0 -c 4 udp port 4789
wait_until "[ -s $TESTDIR/gbp.pcap ]"
pings a 10.0.0.2 56
wait_until "tcpdump -nn -x -r $TESTDIR/gbp.pcap udp dst port 4789 2>/dev/null | tr -d ' \n\t' | grep -qi '88000123\|8800.*0123'"

# Nothing but what the key says: another network's packets do not come in.
ns k ip link del vx
ns k ip link add vx address 02:00:00:00:00:77 type vxlan id 78 remote 172.16.0.1 dstport 4789
ns k ip addr add 10.0.0.2/24 dev vx
ns k ip link set vx up
before=$(on w weft-dpctl drops | awk '$1 == "xlate_tunnel_unknown" { n = $2 } END { print n + 0 }')
ns k ping -q -c 2 -i 0.2 -W 1 10.0.0.1 >/dev/null && fail "the other network's packets came in"
wait_until "[ \$(on w weft-dpctl drops | awk '\$1 == \"xlate_tunnel_unknown\" { n = \$2 } END { print n + 0 }') -gt $before ]"
