# SPDX-License-Identifier: Apache-2.0
"""A controller that takes packets that controller(pause) sends it and brings them back, when it is told to.

dummy_resume.py SOCKET: reads commands from standard input, one a line, and answers each with a line.
  wait N        takes N packets in
  resume        brings all of them back, in their order
  resume FIELD  the same with a register changed: reg0=7
  hostile SEED  brings the first back many times with bytes of its continuation changed, and cut short
  barrier       "ok" once the switch has seen everything; else the first error since the last one
  connect       forgets the connection, but not the packets, and makes another one
"""
import random
import socket
import struct
import sys

OFP13, ERROR, ECHO_REQUEST, ECHO_REPLY, VENDOR, SET_CONFIG, BARRIER_REQUEST, BARRIER_REPLY = 4, 1, 2, 3, 4, 9, 20, 21
NX, SET_FORMAT, RESUME, PACKET_IN2 = 0x2320, 16, 28, 30
METADATA, CONTINUATION = 6, 8


class Switch:
    def __init__(self, path):
        self.path = path
        self.packets = []
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)
        self.sock.sendall(struct.pack(">BBHI", OFP13, 0, 8, 0))
        self.send(SET_CONFIG, struct.pack(">HH", 0, 0xffff))  # without it a management connection hears nothing
        self.vendor(SET_FORMAT, struct.pack(">I", 2))
        self.xid = 1
        self.error = None
        self.incoming = []
        return self.barrier()

    def send(self, kind, body):
        self.sock.sendall(struct.pack(">BBHI", OFP13, kind, 8 + len(body), getattr(self, "xid", 0)) + body)

    def vendor(self, subtype, body):
        self.send(VENDOR, struct.pack(">II", NX, subtype) + body)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("the switch has closed the connection")
            data += more
        return data

    def receive(self):
        _, kind, length, xid = struct.unpack(">BBHI", self.exactly(8))
        body = self.exactly(length - 8)
        if kind == ECHO_REQUEST:
            self.send(ECHO_REPLY, body)
        elif kind == ERROR:
            self.error = self.error or "error %d %d" % struct.unpack(">HH", body[:4])
        elif kind == VENDOR and struct.unpack(">II", body[:8]) == (NX, PACKET_IN2):
            self.incoming.append(body[8:])
        return kind, xid

    def wait(self, n):
        while len(self.incoming) < n:
            self.receive()
        self.packets = self.incoming
        self.incoming = []
        return "ok"

    def barrier(self):
        self.xid += 1
        self.send(BARRIER_REQUEST, b"")
        while self.receive() != (BARRIER_REPLY, self.xid):
            pass
        error, self.error = self.error, None
        return error or "ok"

    def resume(self, change=None):
        for packet in self.packets:
            props = list(properties(packet))
            if change:
                number, value = change[3:].split("=")
                header = struct.pack(">HBB", 1, int(number) << 1, 4)  # NXM_NX_REGn
                props = [(t, with_field(p, header, struct.pack(">I", int(value))) if t == METADATA else p) for t, p in props]
            self.vendor(RESUME, pack(props))
        return "ok"

    def hostile(self, seed):
        rnd = random.Random(int(seed))
        for i in range(500):
            props = []
            for kind, content in properties(self.packets[0]):
                if kind == CONTINUATION:
                    content = bytearray(content)
                    for _ in range(rnd.randint(1, 4)):
                        content[rnd.randrange(len(content))] = rnd.randrange(256)
                    content = bytes(content[:rnd.randrange(len(content))] if i % 2 else content)
                props.append((kind, content))
            self.vendor(RESUME, pack(props))
            if i % 50 == 49:
                self.barrier()
        return "ok"


def with_field(fields, header, value):
    out = b""
    while len(fields) >= 4:
        n = 4 + fields[3]
        if fields[:4] != header:
            out += fields[:n]
        fields = fields[n:]
    return out + header + value


def properties(data):
    while len(data) >= 4:
        kind, length = struct.unpack(">HH", data[:4])
        yield kind, data[4:length]
        data = data[(length + 7) // 8 * 8:]


def pack(props):
    out = b""
    for kind, content in props:
        out += struct.pack(">HH", kind, 4 + len(content)) + content
        out += b"\0" * (-len(out) % 8)
    return out


def main():
    switch = Switch(sys.argv[1])
    commands = {"wait": lambda n: switch.wait(int(n)), "resume": switch.resume, "barrier": switch.barrier,
                "connect": switch.connect, "hostile": switch.hostile}
    print("ok", flush=True)
    for line in sys.stdin:
        name, *args = line.split()
        print(commands[name](*args), flush=True)


main()
