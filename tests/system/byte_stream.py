#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One TCP connection, and the digest of what went through it: what checksums of the receiver's cannot tell, once a switch has vouched for them.

usage: byte_stream.py receive ADDRESS PORT        prints "ready", then the number of bytes and their digest
       byte_stream.py send ADDRESS PORT BYTES     prints the same of what it sent, in writes of random sizes
"""
import hashlib
import random
import socket
import sys

TIMEOUT = 60


def receive(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    digest, n = hashlib.sha256(), 0
    with socket.create_server((address, port), family=family) as server:
        print("ready", flush=True)
        server.settimeout(TIMEOUT)
        connection, _ = server.accept()
        connection.settimeout(TIMEOUT)
        with connection:
            while data := connection.recv(1 << 20):
                digest.update(data)
                n += len(data)
    print(n, digest.hexdigest())


def send(address, port, n_bytes):
    digest, rest = hashlib.sha256(), n_bytes
    draw = random.Random(1)
    with socket.create_connection((address, port), TIMEOUT) as connection:
        while rest:
            data = draw.randbytes(min(rest, draw.randrange(1, 200000)))
            connection.sendall(data)
            digest.update(data)
            rest -= len(data)
    print(n_bytes, digest.hexdigest())


if sys.argv[1] == "receive":
    receive(sys.argv[2], int(sys.argv[3]))
else:
    send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
