#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of coalesce_fuzz: segments of TCP connections, made by scapy.

usage: segments.py DIRECTORY
"""
import os
import struct
import sys

from scapy.all import IP, TCP, Dot1Q, Ether, IPv6, Raw, raw

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"


def segments(v6=False, tags=0, n=4, size=50, last=20, options=(), how=0, changes=None, padding=b""):
    """As bytes of the corpus; 'changes' maps a segment's number to a function of its packet."""
    out = b""
    for i in range(n):
        packet = Ether(src=A, dst=B)
        for _ in range(tags):
            packet /= Dot1Q(vlan=5)
        packet /= IPv6(src="fd00::1", dst="fd00::2") if v6 else IP(src="10.0.0.1", dst="10.0.0.2", id=7 + i, flags="DF")
        packet /= TCP(sport=1, dport=2, seq=(2**32 - 60 + i * size) % 2**32, ack=9, flags="PA" if i == n - 1 else "A", options=list(options))
        packet /= Raw(bytes(range(last if i == n - 1 else size)))
        if changes and i in changes:
            changes[i](packet)
        frame = raw(packet) + padding
        out += struct.pack(">HB", len(frame), how) + frame
    return out


def flags(value):
    def change(packet):
        packet[TCP].flags = value
    return change


def bad_sum(packet):
    packet[TCP].chksum = 1


def marked(packet):
    packet[IP].tos = 3


OPTIONS = (("NOP", None), ("NOP", None), ("Timestamp", (1, 2)))
CORPUS = {
    "ipv4": segments(),
    "ipv6": segments(v6=True),
    "tags": segments(tags=2, options=OPTIONS),
    "tails": segments(how=1),
    "owed": segments(how=2),
    "owed6": segments(v6=True, how=7),
    "whole": segments(n=30, last=50, options=OPTIONS),
    "padded": segments(padding=b"\0\0"),
    "push": segments(changes={1: flags("PA")}),
    "fin": segments(changes={3: flags("FPA")}),
    "cwr": segments(changes={2: flags("CA")}),
    "syn": segments(changes={0: flags("S")}),
    "bad_sum": segments(changes={2: bad_sum}),
    "marked": segments(changes={2: marked}),
    "two": segments() + segments(v6=True, options=OPTIONS),
    "cut": segments()[:-30],
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, content in CORPUS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(content)
