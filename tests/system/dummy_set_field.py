# SPDX-License-Identifier: Apache-2.0
"""What each set-field must make of a packet, by scapy, which fills in lengths and checksums.

Case N arrives at port N, whose flow sends it back to where it came from.

    dummy_set_field.py flows          prints the flows
    dummy_set_field.py packets        prints the packets, in hexadecimal, a line each
    dummy_set_field.py check DIR      compares what DIR/pN.pcap recorded with what is wanted, twice
"""
import copy
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import ARP, ICMP, IP, TCP, UDP, Dot1Q, Ether, ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6ND_NA, \
    ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6, Raw, rdpcap  # noqa: E402
from scapy.contrib.mpls import MPLS  # noqa: E402
from scapy.layers.sctp import SCTP  # noqa: E402

DATA = Raw(bytes(range(37)))
ETH = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = ETH / IP(src="10.0.0.1", dst="10.0.0.2", ttl=64, tos=0x41, id=7)
V6 = ETH / IPv6(src="fd00::1", dst="fd00::2", hlim=64, tc=0x41, fl=0x12345)
ARPS = ETH / ARP(op=1, hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", hwdst="00:00:00:00:00:00", pdst="10.0.0.2")
NS = V6 / ICMPv6ND_NS(tgt="fd00::5") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01")
NA = V6 / ICMPv6ND_NA(tgt="fd00::5", R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:01")
TAGGED = ETH / Dot1Q(vlan=5, prio=2) / V4[IP] / UDP(sport=1000, dport=2000) / DATA
LABEL = ETH / MPLS(label=100, cos=3, s=1, ttl=60) / V4[IP] / UDP(sport=1000, dport=2000) / DATA

cases = []  # tuples of actions, packet, wanted packet


def prerequisites(packet):
    """The match without which OpenFlow refuses to set the packet's fields."""
    for layer, match in (Dot1Q, "dl_vlan=5"), (MPLS, "mpls"), (ARP, "arp"), (ICMPv6ND_NS, "icmp6,icmp_type=135,icmp_code=0"), \
            (ICMPv6ND_NA, "icmp6,icmp_type=136,icmp_code=0"), (ICMP, "icmp"):
        if packet.haslayer(layer):
            return match
    version = "6" if packet.haslayer(IPv6) else ""
    for layer, match in (TCP, "tcp"), (UDP, "udp"), (SCTP, "sctp"):
        if packet.haslayer(layer):
            return match + version
    return "icmp6"


def whole(actions, packet, wanted):
    cases.append((actions, packet, wanted))


def case(actions, packet, *changes):
    wanted = copy.deepcopy(packet)
    for layer, field, value in changes:
        setattr(wanted[layer], field, value)
    whole(actions, packet, wanted)


def udp(net):
    return net / UDP(sport=1000, dport=2000) / DATA


def tcp(net):
    return net / TCP(sport=1000, dport=2000, flags="PA", seq=5, options=[("MSS", 1400)]) / DATA


for net in V4, V6:
    for packet in udp(net), tcp(net), net / SCTP(sport=1000, dport=2000) / DATA:
        name = packet.lastlayer().underlayer.name.lower()
        transport = packet.lastlayer().underlayer.__class__
        case(f"set_field:5555->{name}_src", packet, (transport, "sport", 5555))
        case(f"set_field:65535->{name}_dst", packet, (transport, "dport", 65535))
for packet in udp(V4), tcp(V4), V4 / ICMP(id=1, seq=1) / DATA:
    case("set_field:192.168.77.3->ip_src", packet, (IP, "src", "192.168.77.3"))
    case("set_field:255.1.2.3->ip_dst", packet, (IP, "dst", "255.1.2.3"))
    case("set_field:0.0.9.0/0.0.255.0->ip_dst", packet, (IP, "dst", "10.0.9.2"))
for packet in udp(V6), tcp(V6), V6 / ICMPv6EchoRequest(id=1, seq=1, data=bytes(DATA)):
    case("set_field:fd99::abcd->ipv6_src", packet, (IPv6, "src", "fd99::abcd"))
    case("set_field:ff02::1:2->ipv6_dst", packet, (IPv6, "dst", "ff02::1:2"))
case("set_field:0x54321->ipv6_label", udp(V6), (IPv6, "fl", 0x54321))
case("set_field:46->ip_dscp", udp(V4), (IP, "tos", 46 << 2 | 1))
case("set_field:3->nw_ecn", udp(V4), (IP, "tos", 0x43))
case("set_field:9->nw_ttl", udp(V4), (IP, "ttl", 9))
case("set_field:46->ip_dscp", udp(V6), (IPv6, "tc", 46 << 2 | 1))
case("set_field:3->nw_ecn", udp(V6), (IPv6, "tc", 0x43))
case("set_field:9->nw_ttl", udp(V6), (IPv6, "hlim", 9))
case("dec_ttl", udp(V4), (IP, "ttl", 63))
case("dec_ttl", udp(V6), (IPv6, "hlim", 63))
case("set_field:3->icmp_type", V4 / ICMP(type=8, code=0) / DATA, (ICMP, "type", 3))
case("set_field:13->icmp_code", V4 / ICMP(type=8, code=0) / DATA, (ICMP, "code", 13))
case("set_field:4->icmpv6_code", V6 / ICMPv6DestUnreach(code=1) / DATA, (ICMPv6DestUnreach, "code", 4))
case("set_field:02:aa:bb:cc:dd:ee->eth_src", udp(V4), (Ether, "src", "02:aa:bb:cc:dd:ee"))
case("set_field:02:aa:bb:cc:dd:ee->eth_dst", udp(V6), (Ether, "dst", "02:aa:bb:cc:dd:ee"))
case("set_field:01:00:00:00:00:00/01:00:00:00:00:00->eth_dst", udp(V4), (Ether, "dst", "03:00:00:00:00:02"))
case("set_field:2->arp_op", ARPS, (ARP, "op", 2))
case("set_field:10.9.9.1->arp_spa", ARPS, (ARP, "psrc", "10.9.9.1"))
case("set_field:10.9.9.2->arp_tpa", ARPS, (ARP, "pdst", "10.9.9.2"))
case("set_field:02:aa:bb:cc:dd:ee->arp_sha", ARPS, (ARP, "hwsrc", "02:aa:bb:cc:dd:ee"))
case("set_field:02:aa:bb:cc:dd:ee->arp_tha", ARPS, (ARP, "hwdst", "02:aa:bb:cc:dd:ee"))
case("set_field:fd00::77->nd_target", NS, (ICMPv6ND_NS, "tgt", "fd00::77"))
case("set_field:02:aa:bb:cc:dd:ee->nd_sll", NS, (ICMPv6NDOptSrcLLAddr, "lladdr", "02:aa:bb:cc:dd:ee"))
case("set_field:fd00::77->nd_target", NA, (ICMPv6ND_NA, "tgt", "fd00::77"))
case("set_field:02:aa:bb:cc:dd:ee->nd_tll", NA, (ICMPv6NDOptDstLLAddr, "lladdr", "02:aa:bb:cc:dd:ee"))
case("set_field:4103->vlan_vid", TAGGED, (Dot1Q, "vlan", 7))
case("set_field:6->vlan_pcp", TAGGED, (Dot1Q, "prio", 6))
case("set_field:1048575->mpls_label", LABEL, (MPLS, "label", 1048575))
case("set_field:6->mpls_tc", LABEL, (MPLS, "cos", 6))
case("set_mpls_ttl(7)", LABEL, (MPLS, "ttl", 7))
case("dec_mpls_ttl", LABEL, (MPLS, "ttl", 59))

untagged = copy.deepcopy(TAGGED[IP])
whole("pop_vlan", TAGGED, ETH / untagged)
whole("push_vlan:0x8100,set_field:4105->vlan_vid", udp(V4), ETH / Dot1Q(vlan=9) / udp(V4)[IP])
whole("push_vlan:0x88a8,set_field:4105->vlan_vid", TAGGED,
      Ether(src=ETH.src, dst=ETH.dst, type=0x88a8) / Dot1Q(vlan=9, prio=2) / TAGGED[Dot1Q])
whole("pop_mpls:0x0800", LABEL, ETH / LABEL[IP])
whole("push_mpls:0x8847,set_field:200->mpls_label", udp(V4), ETH / MPLS(label=200, cos=0, s=1, ttl=64) / udp(V4)[IP])
whole("push_mpls:0x8847,set_field:200->mpls_label", LABEL, ETH / MPLS(label=200, cos=3, s=0, ttl=60) / LABEL[MPLS])

# A UDP checksum of 0 says that there is none, and stays. One that comes out as 0 is sent as 0xffff.
case("set_field:10.7.7.7->ip_src", V4 / UDP(sport=1, dport=2, chksum=0) / DATA, (IP, "src", "10.7.7.7"))
port = (1000 + UDP(bytes(udp(V4)[UDP])).chksum) % 65535
case(f"set_field:{port}->udp_src", udp(V4), (UDP, "sport", port))
assert UDP(bytes(cases[-1][2])[34:]).chksum == 0xffff

if sys.argv[1] == "flows":
    for n, (actions, packet, wanted) in enumerate(cases, 1):
        print(f"in_port={n},{prerequisites(packet)},actions={actions},in_port")
elif sys.argv[1] == "packets":
    for actions, packet, wanted in cases:
        print(bytes(packet).hex())
else:
    bad = 0
    for n, (actions, packet, wanted) in enumerate(cases, 1):
        got = [bytes(p).hex() for p in rdpcap(f"{sys.argv[2]}/p{n}.pcap")]
        wanted = bytes(wanted).hex()
        if got != [wanted, wanted]:
            bad += 1
            print(f"{actions}:\n   sent {bytes(packet).hex()}\n wanted {wanted}\n    got {' and '.join(got)}")
    sys.exit(bad != 0)
