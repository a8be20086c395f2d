#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What OpenFlow has and Open vSwitch leaves out, on real bytes: copying TTLs, backbone tags, IPv6 extension headers, and writing the
# fields that say which header follows. Flows are given in OpenFlow 1.3 to 1.5.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2 p3
eth=020000000002020000000001
udp64=${eth}08004500001c00000000401166cf0a0000010a00000203e807d00008e023

flow() {
    of -O OpenFlow15 add-flow br0 "$1"
}

# out PACKET: what p2 sends when p1 receives the packet.
out() {
    local n
    n=$(sent p2 | wc -l)
    receive p1 "$1"
    wait_sent p2 $((n + 1))
    OUT=$(sent p2 | tail -1)
}

# --- TTLs: from IP to a label that was pushed, and back again, with the checksum right.
flow 'in_port=1,ip,actions=push_mpls:0x8847,set_mpls_ttl(9),copy_ttl_out,2'
out "$udp64"
expect_eq "${OUT:28:8}" 00000140 "a label with IP's TTL" # bottom of stack, TTL 64
of del-flows br0
flow 'in_port=1,mpls,actions=copy_ttl_in,pop_mpls:0x0800,2'
out "${eth}88470000510945${udp64:30}"
expect_eq "${OUT:24:4} ${OUT:44:2} ${OUT:48:4}" "0800 09 9dcf" "IP with the label's TTL"
of del-flows br0
flow 'in_port=1,mpls,actions=copy_ttl_out,2'
out "${eth}8847000050090000610745${udp64:30}"
expect_eq "${OUT:28:16}" 0000500700006107 "a label with the next one's TTL"

# --- Backbone tags: pushed, matched, written, popped; what was inside is what it was.
of del-flows br0
flow 'in_port=1,ip,actions=push_pbb:0x88e7,set_field:0x123456->pbb_isid,2'
out "$udp64"
expect_eq "${OUT:24:12}${OUT:36:24}${OUT:60:4}" "88e700123456${eth}0800" "an I-TAG"
tagged=$OUT
of del-flows br0
flow 'in_port=1,dl_type=0x88e7,pbb_isid=0x123456,actions=pop_pbb,resubmit(,1)'
flow 'in_port=1,priority=1,actions=drop'
flow 'table=1,udp,udp_dst=2000,actions=2'
out "$tagged"
expect_eq "$OUT" "$udp64" "a packet without its I-TAG"

# --- Types: the packet is another one then, and its new header is seen.
of del-flows br0
flow 'in_port=1,ip,actions=set_field:0x1234->eth_type,2'
out "$udp64"
expect_eq "${OUT:24:4} ${OUT:28}" "1234 ${udp64:28}" "another Ethernet type"
of del-flows br0
flow 'in_port=1,udp,actions=set_field:6->ip_proto,resubmit(,1)'
flow 'table=1,tcp,actions=3'
flow 'table=1,ip,nw_proto=6,actions=2'
out "$udp64" # the bytes are too few for TCP's header, but the protocol is TCP's
expect_eq "${OUT:46:2} ${OUT:48:4}" "06 66da" "another protocol, with the checksum of the header"
of del-flows br0
flow 'in_port=1,mpls,actions=set_field:0->mpls_bos,2'
out "${eth}884700005109${udp64:28}"
expect_eq "${OUT:28:8}" 00005009 "not the last label any more"

# --- Extension headers.
of del-flows br0
v6=fd000000000000000000000000000001fd000000000000000000000000000002
flow 'in_port=1,ipv6,ipv6_exthdr=0x40/0x40,actions=2'
flow 'in_port=1,ipv6,priority=1,actions=3'
hop="${eth}86dd6000000000100040${v6}11000104000000000000271000080000"
plain="${eth}86dd6000000000081140${v6}0000271000080000"
out "$hop"
expect_eq "$OUT" "$hop" "a hop-by-hop header"
receive p1 "$plain"
wait_sent p3 1
expect_eq "$(sent p3)" "$plain" "no extension header"
