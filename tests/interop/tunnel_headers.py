#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts frames into tunnels of every kind and takes scapy's out, on a running weft-datapathd; compares all bytes with scapy's.

usage: tunnel_headers.py CAPTURE-OF-PORT-2
"""
import subprocess
import sys

from scapy.all import GRE, IP, TCP, UDP, VXLAN, Ether, IPv6, Raw, raw, rdpcap
from scapy.contrib.geneve import GENEVE, GeneveOptions

A, B = "02:00:00:00:00:22", "02:00:00:00:00:21"
INNER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.1", dst="10.0.0.2") \
    / TCP(sport=1, dport=2, flags="PA") / Raw(bytes(range(101)))
IP4 = "eth(dst=%s,src=%s,dl_type=0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=%%d,tos=0x8,ttl=63,frag=0x4000)," % (A, B)
IP6 = "eth(dst=%s,src=%s,dl_type=0x86dd),ipv6(src=2001:db8::1,dst=2001:db8::2,label=74565,proto=%%d,tclass=0x8,hlimit=63)," % (A, B)
O4 = Ether(src=B, dst=A) / IP(src="192.0.2.1", dst="192.0.2.2", tos=8, ttl=63, flags="DF", id=0)
O6 = Ether(src=B, dst=A) / IPv6(src="2001:db8::1", dst="2001:db8::2", tc=8, hlim=63, fl=74565)
OPTIONS = [GeneveOptions(classid=0x102, type=0x80, data=b"\x01\x02\x03\x04\x05\x06\x07\x08"), GeneveOptions(classid=0xffff, type=1)]
OPTIONS_TEXT = "options({class=0x102,type=0x80,len=8,0x102030405060708}{class=0xffff,type=0x1,len=0})"
MORE = [GeneveOptions(classid=i, type=i, data=bytes([i]) * 124) for i in (1,)] + [GeneveOptions(classid=2, type=2, data=bytes([2]) * 120)]
MORE_TEXT = "options({class=0x1,type=0x1,len=124,0x%s}{class=0x2,type=0x2,len=120,0x%s})" % ("01" * 124, "02" * 120)


def cases():
    """(tunnel port, type, header text behind IP, scapy's headers behind IP, payload, what the tunnel's key must say)"""
    for csum in (0, 0xffff):
        def udp(port, csum=csum):
            return UDP(sport=4660, dport=port, **({} if csum else {"chksum": 0}))
        text = "udp(src=4660,dst=%%d,csum=0x%x)," % csum
        yield 3, 4, text % 4789 + "vxlan(flags=0x8000000,vni=0xabcdef)", udp(4789) / VXLAN(flags=8, vni=0xabcdef), INNER, "tun_id=0xabcdef"
        yield 4, 4, text % 4789 + "vxlan(flags=0x88480123,vni=0x1)", \
            udp(4789) / Raw(bytes.fromhex("8848012300000100")), INNER, "tun_id=0x1,vxlan(gbp(id=291,flags=0x48))"
        yield 5, 5, text % 6081 + "geneve(vni=0x64)", udp(6081) / GENEVE(vni=0x64), INNER, "tun_id=0x64"
        yield 5, 5, text % 6081 + "geneve(oam,crit,vni=0x64,%s)" % OPTIONS_TEXT, \
            udp(6081) / GENEVE(vni=0x64, oam=1, critical=1, optionlen=4, options=OPTIONS), INNER, \
            "tun_id=0x64,geneve(%s,flags(%s" % (OPTIONS_TEXT[len("options("):], "oam|csum|key)" if csum else "oam|key)")
        yield 5, 5, text % 6081 + "geneve(vni=0x64,%s)" % MORE_TEXT, udp(6081) / GENEVE(vni=0x64, optionlen=63, options=MORE), INNER, \
            "tun_id=0x64,geneve(%s" % MORE_TEXT[len("options("):]
    for flags in range(8):
        names = [("csum=0x0", 0x8000), ("key=0xfedcba98", 0x2000), ("seq=0x0", 0x1000)]
        chosen = [n for i, n in enumerate(names) if flags >> i & 1]
        fields = {}
        if flags & 1:
            fields["chksum_present"] = 1
        if flags & 2:
            fields.update(key_present=1, key=0xfedcba98)
        if flags & 4:
            fields.update(seqnum_present=1, seqence_number=0)
        for proto, payload in ((0x6558, INNER), (0x800, INNER[IP])):
            text = "gre((flags=0x%x,proto=0x%x)%s)" % (sum(n[1] for n in chosen), proto, "".join("," + n[0] for n in chosen))
            yield 6, 3, text, GRE(proto=proto, **fields), payload, "tun_id=0x%x" % (0xfedcba98 if flags & 2 else 0)
    # NVGRE: 24 bits of virtual subnet, 8 of flow.
    yield 6, 3, "gre((flags=0x2000,proto=0x6558),key=0x12345677)", GRE(proto=0x6558, key_present=1, key=0x12345677), INNER, "tun_id=0x12345677"


def dpctl(*words):
    subprocess.run(["weft-dpctl", "--timeout=20", *words], check=True, stdout=subprocess.DEVNULL)


SENT = 0


def through(frame, capture):
    """What leaves port 2 when 'frame' comes in on port 1."""
    global SENT
    dpctl("command", "netdev-dummy/receive", "p1", frame.hex())
    sent = [bytes(p) for p in rdpcap(capture)]
    if len(sent) != SENT + 1:
        raise SystemExit("nothing left the switch")
    SENT += 1
    return sent[-1]


def compare(what, got, want):
    if got != want:
        raise SystemExit("%s\n weft  %s\n scapy %s" % (what, got.hex(), want.hex()))


def main():
    capture = sys.argv[1]
    sequence = 0
    for port, kind, text, headers, payload, key in cases():
        for version, outer_text, outer in ((4, IP4, O4), (6, IP6, O6)):
            if isinstance(headers, GRE) and headers.seqnum_present:
                headers.seqence_number = sequence
                sequence += 1
            want = raw(outer / headers / payload)
            size = len(want) - len(raw(payload))
            number = 109 if kind == 3 and version == 6 else kind
            push = "tnl_push(tnl_port(%d),header(size=%d,type=%d,%s%s),out_port(2))" % (
                port, size, number, outer_text % (47 if kind == 3 else 17), text)
            dpctl("del-flows")
            dpctl("add-flow", "in_port(1)", push + ",2")
            compare(push, through(raw(INNER), capture), want)
            ends = "src=192.0.2.1,dst=192.0.2.2" if version == 4 else "ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2"
            dpctl("del-flows")
            dpctl("add-flow", "in_port(1)", "tnl_pop(%d)" % port)
            dpctl("add-flow", "in_port(%d),tunnel(%s,%s,tos=0x8,ttl=63),eth()" % (port, key, ends), "2")
            inner = raw(payload) if isinstance(payload, Ether) else bytes(12) + b"\x08\x00" + raw(payload)
            compare("decapsulated: " + push, through(want, capture), inner)
    print("%d frames" % SENT)


main()
