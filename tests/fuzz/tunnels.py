#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of tunnel_fuzz: packets in tunnels of every kind, made by scapy, behind a byte for the kind and one for the debt.

usage: tunnels.py DIRECTORY
"""
import os
import sys

from scapy.all import GRE, IP, TCP, UDP, VXLAN, Dot1Q, Ether, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, Raw, raw
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.mpls import MPLS

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
O4 = Ether(src=A, dst=B) / IP(src="192.0.2.1", dst="192.0.2.2")
O6 = Ether(src=A, dst=B) / IPv6(src="2001:db8::1", dst="2001:db8::2")
INNER = Ether(src=B, dst=A) / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(sport=1, dport=2) / Raw(bytes(range(200)))
IP4 = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / Raw(b"abc")
V = UDP(sport=50000, dport=4789)
V0 = UDP(sport=50000, dport=4789, chksum=0)
G = UDP(sport=50000, dport=6081)
K_GRE, K_VXLAN, K_GBP, K_GENEVE = range(4)
OPTION = GeneveOptions(classid=0x102, type=0x80, data=b"\1\2\3\4")

TUNNELS = {
    "gre4": (K_GRE, 0, O4 / GRE(proto=0x6558) / INNER),
    "gre4_all": (K_GRE, 0, O4 / GRE(proto=0x6558, chksum_present=1, key_present=1, key=5, seqnum_present=1, seqence_number=7) / INNER),
    "gre6_key": (K_GRE, 0, O6 / GRE(proto=0x6558, key_present=1, key=5) / INNER),
    "gre4_ip": (K_GRE, 0, O4 / GRE(proto=0x800) / IP4),
    "gre4_mpls": (K_GRE, 0, O4 / GRE(proto=0x8847) / MPLS(label=5, s=1) / IP4),
    "gre4_padded": (K_GRE, 0, raw(O4 / GRE(proto=0x800) / IP4) + bytes(9)),
    "gre4_route": (K_GRE, 0, O4 / GRE(proto=0x6558, routing_present=1) / INNER),
    "gre4_pptp": (K_GRE, 0, O4 / GRE(proto=0x880b, version=1) / INNER),
    "vxlan4": (K_VXLAN, 0, O4 / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_no_csum": (K_VXLAN, 0, O4 / V0 / VXLAN(vni=5, flags=8) / INNER),
    "vxlan6": (K_VXLAN, 0, O6 / V / VXLAN(vni=0xffffff, flags=8) / INNER),
    "vxlan4_tag": (K_VXLAN, 0, Ether(src=A, dst=B) / Dot1Q(vlan=3) / O4[IP] / V0 / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_gbp": (K_GBP, 0, O4 / V0 / VXLAN(vni=5, flags=0x88, gpid=77) / INNER),
    "vxlan4_owes": (K_VXLAN, 4 | 16, O4 / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_valid": (K_VXLAN, 8, O4 / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_super": (K_VXLAN, 1, O4 / V0 / VXLAN(vni=5, flags=8) / INNER),
    "vxlan6_super": (K_VXLAN, 1, O6 / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan6_options": (K_VXLAN, 0, O6 / IPv6ExtHdrDestOpt() / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan6_fragment": (K_VXLAN, 0, O6 / IPv6ExtHdrFragment(m=1) / V / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_no_vni": (K_VXLAN, 0, O4 / V0 / VXLAN(vni=5, flags=0) / INNER),
    "vxlan4_fragment": (K_VXLAN, 0, Ether(src=A, dst=B) / IP(src="1.2.3.4", dst="1.2.3.5", flags="MF") / V0 / VXLAN(flags=8) / INNER),
    "vxlan4_short_udp": (K_VXLAN, 0, O4 / UDP(sport=5, dport=4789, len=10) / VXLAN(vni=5, flags=8) / INNER),
    "vxlan4_twice": (K_VXLAN, 0, O4 / V0 / VXLAN(vni=5, flags=8) / O4 / V0 / VXLAN(vni=6, flags=8) / INNER),
    "geneve4": (K_GENEVE, 0, O4 / G / GENEVE(vni=5) / INNER),
    "geneve6_option": (K_GENEVE, 0, O6 / G / GENEVE(vni=5, critical=1, optionlen=2, options=OPTION) / INNER),
    "geneve4_ip": (K_GENEVE, 0, O4 / G / GENEVE(vni=5, proto=0x800) / IP4),
    "geneve4_bad_option": (K_GENEVE, 0, O4 / UDP(sport=5, dport=6081, chksum=0) / GENEVE(vni=5, optionlen=1, options=OPTION) / INNER),
    "geneve4_version": (K_GENEVE, 0, O4 / UDP(sport=5, dport=6081, chksum=0) / GENEVE(version=1, vni=5) / INNER),
    "short": (K_VXLAN, 0, raw(O4 / V / VXLAN(vni=5, flags=8))),
}


def main():
    for name, (kind, debt, packet) in TUNNELS.items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(bytes([kind, debt]) + raw(packet))


main()
