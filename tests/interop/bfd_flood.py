#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends BFD packets of all sorts out of a device, as fast as it can.

usage: bfd_flood.py DEVICE COUNT
"""
import random
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(control):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(control), 0, 0, 255, 17, 0, bytes([169, 254, 1, 1]), bytes([169, 254, 1, 0]))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    udp = struct.pack("!HHHH", 49152, 3784, 8 + len(control), 0)
    return bytes.fromhex("002320000001020000000007") + b"\x08\x00" + ip + udp + control


def main():
    device, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(1)
    frames = []
    for _ in range(256):
        control = bytearray(struct.pack("!BBBBIIIII", 0x20, rng.choice([0, 0x40, 0x80, 0xc0]), 3, 24, rng.randrange(1 << 32), 0, 1, 1, 0))
        for _ in range(rng.randrange(3)):
            control[rng.randrange(len(control))] = rng.randrange(256)
        frames.append(frame(bytes(control[:rng.choice([24, 24, 24, 10])])))
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, 0))
    sent = 0
    while sent < count:
        try:
            sock.send(frames[sent % len(frames)])
            sent += 1
        except OSError:
            pass  # the device's queue is full


main()
