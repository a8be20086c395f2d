#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Pings many addresses from one process, each once a second until it answers. Usage: ping_all.py SECONDS ADDRESS...
# Ends with 1, and names them, if some have not answered by then.
import os
import select
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def echo(ident):
    request = struct.pack("!BBHHH", 8, 0, 0, ident, 1) + bytes(48)
    return request[:2] + struct.pack("!H", checksum(request)) + request[4:]


def main():
    deadline = time.monotonic() + float(sys.argv[1])
    missing = set(sys.argv[2:])
    ident = os.getpid() & 0xFFFF
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setblocking(False)
    again = 0.0
    while missing:
        now = time.monotonic()
        if now >= deadline:
            sys.exit("no answer from " + " ".join(sorted(missing)))
        if now >= again:
            again = now + 1
            for address in missing:
                try:
                    sock.sendto(echo(ident), (address, 0))
                except OSError:
                    pass  # the kernel knows no way for now; it is asked again
        if not select.select([sock], [], [], again - now)[0]:
            continue
        packet, (address, _) = sock.recvfrom(2048)
        if packet[20] == 0 and struct.unpack("!H", packet[24:26])[0] == ident:
            missing.discard(address)


main()
