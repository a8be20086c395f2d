#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says the same to a switch whichever it is, and prints each answer in hexadecimal: roles and generations of two controllers, who may write,
what is sent unasked, settings of the connection, in all versions. Each of these sessions is one that Open vSwitch must be followed in.

usage: ofp_session.py SOCKET
"""
import select
import socket
import struct
import sys

NICIRA = 0x2320
EXPERIMENTER, GET_CONFIG, SET_CONFIG, FLOW_MOD, PACKET_OUT, BARRIER_10, BARRIER = 4, 7, 9, 14, 13, 18, 20
ROLE_REQUEST, GET_ASYNC, SET_ASYNC = 24, 26, 28
NOCHANGE, EQUAL, PRIMARY, SECONDARY = range(4)


class Peer:
    def __init__(self, path, version):
        self.version, self.data = version, b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.send(0, struct.pack("!HHI", 1, 8, 1 << version))
        self.receive()

    def send(self, kind, body=b"", xid=9):
        self.socket.sendall(struct.pack("!BBHI", self.version, kind, 8 + len(body), xid) + body)

    def receive(self):
        while len(self.data) < 8 or len(self.data) < struct.unpack("!H", self.data[2:4])[0]:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.data += more
        length = struct.unpack("!H", self.data[2:4])[0]
        message, self.data = self.data[:length], self.data[length:]
        return message

    def answers(self):
        """All that comes before the answer to a barrier."""
        barrier = BARRIER_10 if self.version == 1 else BARRIER
        self.send(barrier, xid=0xbbbb)
        while True:
            message = self.receive()
            if message[1] == barrier + 1 and message[4:8] == b"\0\0\xbb\xbb":
                return
            # What differs from switch to switch is no concern here.
            yield message.hex()

    def tell(self, what):
        for answer in self.answers():
            print(self.version, what, answer)

    def ask(self, what, kind, body=b""):
        self.send(kind, body)
        print(self.version, what)
        self.tell("   ")

    def nicira(self, what, subtype, body=b""):
        self.ask(what, EXPERIMENTER, struct.pack("!II", NICIRA, subtype) + body)

    def role(self, role, generation):
        if self.version < 3:
            self.nicira("role %d" % role, 10, struct.pack("!I", role))
        else:
            self.ask("role %d %d" % (role, generation), ROLE_REQUEST, struct.pack("!IIQ", role, 0, generation))


def one_controller(path, version, generation):
    peer = Peer(path, version)
    for role, number in ((NOCHANGE, 0), (PRIMARY, generation), (PRIMARY, generation - 1), (9, generation + 9),
                         (SECONDARY, 2**64 - 1), (SECONDARY, generation + 1), (EQUAL, 0)):
        peer.role(role, number)
    peer.socket.close()


def two_controllers(path, first, second, generation):
    a, b = Peer(path, first), Peer(path, second)
    a.role(PRIMARY, generation)
    b.role(PRIMARY, generation + 1)
    a.tell("demoted")
    zeros = bytes(72)
    a.ask("flow-mod of a secondary", FLOW_MOD, zeros)
    a.ask("packet-out of a secondary", PACKET_OUT, b"\xff" * 4 + zeros)
    a.ask("configuration by a secondary", SET_CONFIG, bytes(4))
    a.ask("configuration", GET_CONFIG)
    a.socket.close()
    b.socket.close()


def asynchronous(path, version):
    peer = Peer(path, version)
    peer.ask("defaults", GET_ASYNC)
    peer.nicira("Nicira's first form", 19, struct.pack("!6I", 1, 2, 3, 4, 5, 6))
    peer.ask("then", GET_ASYNC)
    for body in (struct.pack("!HHIHHI", 1, 8, 3, 0, 8, 1), struct.pack("!HHI", 99, 8, 3), struct.pack("!HHI", 1, 8, 0xff000000),
                 b"", struct.pack("!HHI", 7, 8, 0xff), struct.pack("!HHI", 7, 8, 7)):
        peer.nicira("Nicira's second form", 27, body)
        if version >= 5:
            peer.ask("properties", SET_ASYNC, body)
    if version == 4:
        peer.ask("the standard's form", SET_ASYNC, struct.pack("!6I", 7, 0, 1, 2, 3, 0))
    peer.ask("at last", GET_ASYNC)
    peer.socket.close()


def settings(path, version):
    peer = Peer(path, version)
    peer.ask("configuration of a service connection", GET_CONFIG)
    for flags, length in ((0, 99), (1, 0), (2, 5), (3, 0xffff), (4, 128), (8, 1), (0, 0)):
        peer.ask("flags %d, %d bytes" % (flags, length), SET_CONFIG, struct.pack("!HH", flags, length))
        peer.ask("configuration", GET_CONFIG)
    for form in (0, 1, 2, 3, 77):
        peer.nicira("packet-in format %d" % form, 16, struct.pack("!I", form))
    for form in (0, 2, 5):
        peer.nicira("flow format %d" % form, 12, struct.pack("!I", form))
    peer.nicira("controller id", 20, bytes(6) + b"\0\5")
    peer.nicira("controller id with padding that is not zero", 20, b"\1" * 8)
    peer.nicira("table ids on", 15, b"\1" + bytes(7))
    peer.nicira("no such message", 9999, bytes(8))
    peer.ask("no such experimenter", EXPERIMENTER, struct.pack("!II", 0xabcdef, 1))
    peer.ask("no such type", 99, bytes(100))
    peer.socket.close()


def main():
    path, generation = sys.argv[1], 100
    for version in range(1, 7):
        one_controller(path, version, generation)
        generation += 10
    for first in range(1, 7):
        for second in range(1, 7):
            two_controllers(path, first, second, generation)
            generation += 10
    for version in range(1, 7):
        asynchronous(path, version)
        settings(path, version)


main()
