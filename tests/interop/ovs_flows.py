#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds Weft's parser and its flow and action text against Debian's Open vSwitch.

usage: ovs_flows.py NET_TEXT CORPUS SCRATCH-FILE OVS-VSWITCHD-CTL
"""
import os
import random
import struct
import subprocess
import sys

NET_TEXT, CORPUS, SCRATCH, CTL = sys.argv[1:]
DATAPATH = "dummy@ovs-dummy"
N_MUTANTS, N_FLOWS = 100, 150

PROTOCOLS = {"arp": (0x0806, None), "rarp": (0x8035, None), "mpls": (0x8847, None), "mplsm": (0x8848, None),
             "ip": (0x0800, None), "icmp": (0x0800, 1), "tcp": (0x0800, 6), "udp": (0x0800, 17), "sctp": (0x0800, 132),
             "ipv6": (0x86dd, None), "icmp6": (0x86dd, 58), "tcp6": (0x86dd, 6), "udp6": (0x86dd, 17),
             "sctp6": (0x86dd, 132)}
NAMES = {"dl_vlan": "vlan0", "dl_vlan_pcp": "pcp0", "dl_vlan1": "vlan1", "dl_vlan_pcp1": "pcp1", "icmp_type": "tp_src",
         "icmp_code": "tp_dst", "mpls_lse1": "lse1", "mpls_lse2": "lse2"}
IGNORED = {"in_port", "vlan_tci", "vlan_tci1", "nd_reserved", "nd_options_type"}

failures = 0


def fail(*lines):
    global failures
    failures += 1
    if failures <= 10:
        print(*lines, sep="\n", file=sys.stderr)


def run(*command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def mutate(packet):
    m = bytearray(packet)
    for _ in range(random.choice((1, 1, 2, 3))):
        i = random.randrange(12, len(m))
        m[i] = random.choice((0, 0xff, random.randrange(256), m[i] ^ 1 << random.randrange(8)))
    cut = random.random()
    if cut < 0.4:
        return bytes(m[:random.randrange(14, len(m) + 1)])
    return bytes(m) + bytes(random.randrange(400) if cut > 0.8 else 0)


def write_pcap():
    seeds = [open(os.path.join(CORPUS, name), "rb").read() for name in sorted(os.listdir(CORPUS))]
    seeds = [s for s in seeds if len(s) > 14]
    with open(SCRATCH, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for packet in seeds + [mutate(s) for s in seeds for _ in range(N_MUTANTS)]:
            f.write(struct.pack("=IIII", 0, 0, len(packet), len(packet)) + packet)


def theirs(line):
    flow = {}
    for word in line.split(","):
        key, _, value = word.partition("=")
        if key in PROTOCOLS:
            eth_type, protocol = PROTOCOLS[key]
            flow["dl_type"] = "0x%04x" % eth_type
            if protocol is not None:
                flow["nw_proto"] = str(protocol)
        elif key not in IGNORED:
            flow[NAMES.get(key, key)] = value
    return flow


def ours(line):
    result, text = line.split()
    return result, dict(word.split("=", 1) for word in text.split(","))


def compare_packet(ovs_line, weft_line):
    o, (result, w) = theirs(ovs_line), ours(weft_line)
    for field in ("tp_src", "tp_dst", "tcp_flags", "lse1", "lse2"):
        o.setdefault(field, "0")
        w.setdefault(field, "0")
    if result == "bad_version":
        return False  # OVS takes any version for the one that the Ethernet type says
    if w.get("nw_proto") == "59" and result in ("truncated", "bad_length"):
        return False  # a chain of extension headers that is cut: OVS knows nothing, Weft still knows TTL and TOS
    if w.get("ipv6_src") and o.get("nw_proto") == "1":
        return False  # OVS looks for ICMPv4 in IPv6
    if w.get("nw_frag") == "no" and o.get("nw_frag") == "first" and w.get("ipv6_src"):
        return False  # OVS takes reserved bits of the fragment header for a fragment
    if o != w:
        fail("OVS:  " + ovs_line, "Weft: " + weft_line)
    return True


def compare_packets():
    write_pcap()
    o = run("ovs-ofctl", "parse-pcap", SCRATCH).splitlines()
    w = run(NET_TEXT, "packets", SCRATCH).splitlines()
    if len(o) != len(w):
        fail("%d packets in OVS, %d in Weft" % (len(o), len(w)))
        return
    compared = sum(compare_packet(a, b) for a, b in zip(o, w))
    print("%d of %d packets compared" % (compared, len(o)))
    if compared < len(o) * 9 // 10:
        fail("too few packets compared")


def ovs(*command):
    return run("ovs-appctl", "-t", CTL, *command)


def dump():
    lines = ovs("dpctl/dump-flows", DATAPATH).splitlines()
    lines = [line for line in lines if "actions:" in line]
    if len(lines) != 1:
        return None
    flow, _, actions = lines[0].partition(", actions:")
    return flow.split(", packets:")[0], actions


def add_and_dump(flow, actions):
    """The flow and actions as OVS prints them, or what it says against them."""
    for _ in range(10):
        ovs("dpctl/del-flows", DATAPATH)
        error = ovs("dpctl/add-flow", DATAPATH, flow, actions)
        if error:
            return None, error
        printed = dump()
        if printed:
            return printed
    return None, "the revalidator deletes the flow each time"  # it may, for the flow is not its own


def compare_flows():
    lines = run(NET_TEXT, "flows", str(N_FLOWS), "1").splitlines()
    for verbose, plain in zip(lines[::2], lines[1::2]):
        printed, error = add_and_dump(verbose, "2")
        if not printed:
            fail("refused: " + verbose, error)
        elif printed != plain:
            fail("OVS:  " + printed, "Weft: " + plain)
    print("%d flows compared" % (len(lines) // 2))


ACTIONS = [
    "2,3", "push_vlan(vid=5,pcp=0),push_vlan(tpid=0x88a8,vid=5,pcp=3),pop_vlan,2",
    "set(eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02)),2", "set(eth(src=00:00:00:00:01:00/ff:ff:ff:ff:ff:00)),2",
    "set(ipv4(src=1.2.3.0/255.255.255.0,ttl=4)),2", "set(ipv4(src=1.2.3.4,dst=1.2.3.5,tos=0x4/0xfc,ttl=3)),2",
    "set(ipv6(src=::1,dst=::2,label=0x5/0xf,tclass=0x4,hlimit=3)),2",
    "set(tcp(src=5,dst=6)),set(tcp(src=5)),set(udp(dst=5/0xff)),set(sctp(dst=5)),2",
    "set(icmp(type=1,code=2)),set(nd(target=::1,sll=00:00:00:00:00:01)),2",
    "set(arp(sip=1.2.3.4,tip=1.2.3.5,op=1,sha=00:00:00:00:00:01,tha=00:00:00:00:00:01)),set(arp(sip=1.2.3.4)),2",
    "set(mpls(label=5,tc=1,ttl=4,bos=1)),2", "set(mpls(label=5/0xf,tc=1/1,ttl=4/0xff,bos=1/1)),2",
    "set(skb_mark(0x5)),set(skb_priority(0x6)),set(skb_mark(0x5/0xff)),2", "trunc(100),2",
    "clone(2,3),clone(drop),sample(sample=50.0%,actions(2,3))", "drop",
]


def compare_actions():
    weft = run(NET_TEXT, "actions", text="\n".join(ACTIONS) + "\n").splitlines()
    flow = "in_port(1),packet_type(ns=0,id=0),eth(),eth_type(0x1234)"
    for given, w in zip(ACTIONS, weft):
        _, o = add_and_dump(flow, given.replace("clone(drop)", "clone()"))
        if o != w or w != given:
            fail("given: " + given, "OVS:   " + o, "Weft:  " + w)
    print("%d action lists compared" % len(ACTIONS))


random.seed(1)
compare_packets()
compare_flows()
compare_actions()
sys.exit(1 if failures else 0)
