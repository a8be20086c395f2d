#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of parse_fuzz: one file for each kind of packet that the parser knows, made by scapy.

usage: packets.py DIRECTORY
"""
import os
import sys

from scapy.all import (ARP, BOOTP, DHCP, DNS, DNSQR, GRE, ICMP, IP, LLC, SCTP, SNAP, STP, TCP, UDP, VXLAN, AH, Dot1AD,
                       Dot1Q, Dot3, Ether, ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,
                       ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPOption_RR, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, RouterAlert,
                       SCTPChunkData, SCTPChunkInit, raw)
from scapy.contrib.igmp import IGMP
from scapy.contrib.mpls import MPLS

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
E = Ether(src=A, dst=B)
E4 = Ether(src=A, dst=B, type=0x0800)
I4 = IP(src="10.1.2.3", dst="192.0.2.9", ttl=64, id=7)
I6 = IPv6(src="fd00::1", dst="2001:db8::2", hlim=64, fl=0x12345, tc=0x2e)
NS = IPv6(src="fe80::1", dst="ff02::1:ff00:2", hlim=255)
TCPS = TCP(sport=40000, dport=80, flags="S", seq=1000,
           options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)])
DATA = Raw(b"GET / HTTP/1.1\r\n\r\n")

PACKETS = {
    "arp_request": E / ARP(op=1, hwsrc=A, psrc="10.1.2.3", pdst="10.1.2.4"),
    "arp_reply_padded": E / ARP(op=2, hwsrc=A, hwdst=B, psrc="10.1.2.3", pdst="10.1.2.4") / Raw(bytes(18)),
    "arp_op_256": E / ARP(op=256, hwsrc=A, psrc="10.1.2.3", pdst="10.1.2.4"),
    "arp_not_ethernet": E / ARP(hwtype=6, op=1, hwsrc=A, psrc="10.1.2.3", pdst="10.1.2.4"),
    "rarp": Ether(src=A, dst="ff:ff:ff:ff:ff:ff", type=0x8035) / raw(ARP(op=3, hwsrc=A, hwdst=A)),
    "tcp4_syn": E / I4 / TCPS,
    "tcp4_data": E / I4 / TCP(sport=40000, dport=80, flags="PA") / DATA,
    "tcp4_flags": E / I4 / TCP(sport=1, dport=2, flags="FSRPAUEC"),
    "tcp4_offset_4": E / I4 / TCP(sport=1, dport=2, dataofs=4) / DATA,
    "tcp4_offset_15": E / I4 / TCP(sport=1, dport=2, dataofs=15),
    "tcp4_options": E / IP(src="10.1.2.3", dst="10.2.2.3", options=[IPOption_RR(length=39, routers=["0.0.0.0"] * 9)]) / TCPS,
    "tcp4_padded": E / I4 / TCP(sport=1, dport=2) / Raw(b""),
    "tcp4_long_padding": raw(E / I4 / TCP(sport=1, dport=2)) + bytes(300),
    "udp4": E / I4 / UDP(sport=53, dport=5353) / DNS(rd=1, qd=DNSQR(qname="example.org")),
    "udp4_no_checksum": E / I4 / UDP(sport=68, dport=67, chksum=0) / BOOTP(chaddr=b"\2\0\0\0\0\1") / DHCP(options=[("message-type", "discover"), "end"]),
    "udp4_vxlan": E / I4 / UDP(sport=50000, dport=4789) / VXLAN(vni=5) / E / I4 / UDP(sport=1, dport=2),
    "sctp4": E / I4 / SCTP(sport=5000, dport=5001) / SCTPChunkInit(init_tag=1),
    "sctp6": E / I6 / SCTP(sport=5000, dport=5001) / SCTPChunkData(data=b"hello"),
    "icmp4_echo": E / I4 / ICMP(type=8) / Raw(b"abcdefgh"),
    "icmp4_unreachable": E / I4 / ICMP(type=3, code=4) / I4 / UDP(sport=1, dport=2),
    "igmp_report": E / IP(src="10.1.2.3", dst="239.1.1.1", ttl=1) / IGMP(type=0x16, gaddr="239.1.1.1"),
    "gre4": E / I4 / GRE(proto=0x6558) / E / I4,
    "ip4_proto_0": E / IP(src="10.1.2.3", dst="192.0.2.9", proto=0) / DATA,
    "ip4_first_fragment": E / IP(src="10.1.2.3", dst="192.0.2.9", flags="MF") / UDP(sport=1, dport=2, len=4000) / Raw(bytes(24)),
    "ip4_later_fragment": E / IP(src="10.1.2.3", dst="192.0.2.9", frag=4, proto=17) / Raw(bytes(32)),
    "ip4_ihl_4": raw(E4) + b"\x44" + raw(I4 / TCPS)[1:],
    "ip4_version_6": raw(E4) + b"\x65" + raw(I4 / TCPS)[1:],
    "ip4_too_long": raw(E4) + raw(I4 / TCPS)[:2] + b"\xff\xff" + raw(I4 / TCPS)[4:],
    "ip4_too_short": raw(E4) + raw(I4 / TCPS)[:2] + b"\x00\x13" + raw(I4 / TCPS)[4:],
    "tcp6": E / I6 / TCPS,
    "udp6": E / I6 / UDP(sport=53, dport=5353) / DATA,
    "icmp6_echo": E / I6 / ICMPv6EchoRequest(data=b"abcdefgh"),
    "icmp6_unreachable": E / I6 / ICMPv6DestUnreach(code=4) / I6 / UDP(sport=1, dport=2),
    "nd_solicit": E / NS / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=A),
    "nd_advert": E / NS / ICMPv6ND_NA(tgt="fe80::2", R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=B),
    "nd_no_options": E / NS / ICMPv6ND_NS(tgt="fe80::2"),
    "nd_two_addresses": E / NS / ICMPv6ND_NA(tgt="fe80::2") / ICMPv6NDOptDstLLAddr(lladdr=B) / ICMPv6NDOptSrcLLAddr(lladdr=A),
    "nd_same_option_twice": E / NS / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=A) / ICMPv6NDOptSrcLLAddr(lladdr=B),
    "nd_option_length_0": E / NS / ICMPv6ND_NS(tgt="fe80::2") / Raw(b"\1\0" + bytes(6)),
    "nd_code_1": E / NS / ICMPv6ND_NS(tgt="fe80::2", code=1) / ICMPv6NDOptSrcLLAddr(lladdr=A),
    "mld_hop_by_hop": E / IPv6(src="fe80::1", dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(nh=58, options=[RouterAlert(), PadN(optdata=b"")]) / Raw(b"\x8f\0\0\0\0\0\0\1\4\0\0\0" + bytes(16)),
    "ip6_all_extensions": E / I6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(addresses=["::1"], segleft=1) / AH(payloadlen=4, icv=bytes(12)) / IPv6ExtHdrDestOpt() / TCPS,
    "ip6_eight_extensions": E / I6 / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2),
    "ip6_nine_extensions": E / I6 / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2),
    "ip6_first_fragment": E / I6 / IPv6ExtHdrFragment(m=1, id=5) / UDP(sport=1, dport=2, len=4000) / Raw(bytes(24)),
    "ip6_later_fragment": E / I6 / IPv6ExtHdrFragment(offset=4, id=5, nh=17) / Raw(bytes(32)),
    "ip6_atomic_fragment": E / I6 / IPv6ExtHdrFragment(id=5) / UDP(sport=1, dport=2),
    "ip6_no_next": E / IPv6(src="fd00::1", dst="fd00::2", nh=59),
    "ip6_padded": raw(E / I6 / UDP(sport=1, dport=2)) + bytes(20),
    "vlan": E / Dot1Q(vlan=5, prio=3) / I4 / TCPS,
    "vlan_dei": E / Dot1Q(vlan=4095, id=1) / I4 / TCPS,
    "vlan_arp": E / Dot1Q(vlan=5) / ARP(op=1, hwsrc=A, psrc="10.1.2.3", pdst="10.1.2.4"),
    "qinq": E / Dot1AD(vlan=100) / Dot1Q(vlan=5, prio=3) / I6 / UDP(sport=1, dport=2),
    "three_tags": E / Dot1AD(vlan=100) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / I4 / TCPS,
    "mpls": E / MPLS(label=100, cos=3, ttl=64, s=1) / I4 / TCPS,
    "mpls_three": E / MPLS(label=100, s=0) / MPLS(label=200, s=0) / MPLS(label=300, s=1) / I4 / TCPS,
    "mpls_four": E / MPLS(label=100, s=0) / MPLS(label=200, s=0) / MPLS(label=300, s=0) / MPLS(label=400, s=1) / I4,
    "mpls_no_bottom": E / MPLS(label=100, s=0) / MPLS(label=200, s=0),
    "vlan_mpls": E / Dot1Q(vlan=5) / MPLS(label=100, s=1) / I6,
    "llc_stp": Dot3(src=A, dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(),
    "snap_ip": Dot3(src=A, dst=B) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0, code=0x0800) / I4 / TCPS,
    "snap_cdp": Dot3(src=A, dst=B) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0xc, code=0x2000) / DATA,
    "lldp": Ether(src=A, dst="01:80:c2:00:00:0e", type=0x88cc) / Raw(b"\2\7\4\2\0\0\0\0\1\4\3\5p1\6\2\0\x78\0\0"),
    "lacp": Ether(src=A, dst="01:80:c2:00:00:02", type=0x8809) / Raw(b"\1\1" + bytes(108)),
    "unknown_type": Ether(src=A, dst=B, type=0x1234) / DATA,
    "no_payload": Ether(src=A, dst=B, type=0x0800),
    "runt": b"\2\0\0\0\0\1\2\0\0",
}


def main():
    for name, packet in PACKETS.items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(packet if isinstance(packet, bytes) else raw(packet))


main()
