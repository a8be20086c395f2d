# SPDX-License-Identifier: Apache-2.0
"""A client of OpenFlow that speaks as os-ken encodes, one message after the other, and notices each error that comes back."""
import socket
import struct

from os_ken.ofproto import ofproto_parser, ofproto_protocol

HELLO, ERROR, ECHO_REQUEST = 0, 1, 2


class Refused(Exception):
    def __init__(self, type_, code, data=b""):
        super().__init__("error %d %d" % (type_, code))
        self.type, self.code, self.data = type_, code, data


class Client:
    """sock: a connected socket. Messages that nobody asked for collect in 'unasked'."""

    def __init__(self, sock, version, bitmap=False):
        self.dp = ofproto_protocol.ProtocolDesc(version=version)
        self.o, self.p = self.dp.ofproto, self.dp.ofproto_parser
        self.version, self.sock, self.xid, self.unasked = version, sock, 1000, []
        self.barrier_type = 18 if version == 1 else 20
        sock.settimeout(10)
        sock.sendall(self.raw(HELLO, struct.pack("!HHI", 1, 8, 1 << version) if bitmap else b""))
        kind, _, _ = self.read()
        assert kind == HELLO, kind

    @classmethod
    def connect(cls, path, version, bitmap=False):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        return cls(sock, version, bitmap)

    @classmethod
    def listen(cls, path, version, ready=lambda: None):
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        ready()
        server.settimeout(20)
        return cls(server.accept()[0], version)

    # --- Bytes

    def raw(self, kind, body=b"", xid=None):
        if xid is None:
            self.xid += 1
            xid = self.xid
        return struct.pack("!BBHI", self.version, kind, 8 + len(body), xid) + body

    def encode(self, message):
        """An os-ken message, or bytes that raw() made."""
        if isinstance(message, bytes):
            return message
        self.xid += 1
        message.xid = None
        message.set_xid(self.xid)
        message.serialize()
        return bytes(message.buf)

    def recv(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("the switch closed the connection")
            data += more
        return data

    def read(self):
        """(type, xid, whole message); answers echo requests by itself."""
        while True:
            head = self.recv(8)
            _, kind, length, xid = struct.unpack("!BBHI", head)
            data = head + self.recv(length - 8)
            if kind != ECHO_REQUEST:
                return kind, xid, data
            self.sock.sendall(self.raw(3, data[8:], xid))

    def decode(self, data):
        version, kind, length, xid = struct.unpack("!BBHI", data[:8])
        return ofproto_parser.msg(self.dp, version, kind, length, xid, data)

    # --- Conversations

    def send(self, *messages):
        self.sock.sendall(b"".join(self.encode(m) for m in messages))

    def collect(self, xid, is_last):
        """Messages with that xid until one of them is the last; raises the error that any message got."""
        answers = []
        while True:
            kind, got, data = self.read()
            if kind == ERROR:
                raise Refused(*struct.unpack("!HH", data[8:12]), data[12:])
            if got == xid:
                answers.append(data)
                if is_last(data):
                    return answers
            elif kind != self.barrier_type + 1:  # what a refused request left behind
                self.unasked.append(data)

    def ask_raw(self, message, multipart=False):
        data = self.encode(message)
        self.sock.sendall(data)
        return self.collect(struct.unpack("!I", data[4:8])[0], lambda answer: not multipart or not answer[11] & 1)

    def ask(self, message):
        """The decoded answer to a request that has one."""
        return self.decode(self.ask_raw(message)[0])

    def ask_all(self, message):
        """What all parts of a multipart reply hold."""
        items = []
        for data in self.ask_raw(message, multipart=True):
            body = self.decode(data).body
            items += body if isinstance(body, list) else [body]
        return items

    def barrier(self):
        self.ask_raw(self.raw(self.barrier_type))

    def do(self, *messages):
        """All of them succeed, and have been carried out."""
        self.send(*messages)
        self.barrier()

    def refusal(self, *messages):
        """The error that they get, as (type, code), or None."""
        try:
            self.do(*messages)
            return None
        except Refused as error:
            self.barrier()
            return error.type, error.code

    def taken(self, kind):
        """The decoded messages of a type that came unasked, which are forgotten."""
        found = [self.decode(m) for m in self.unasked if m[1] == kind]
        self.unasked = [m for m in self.unasked if m[1] != kind]
        return found

    def await_unasked(self, kind, condition=lambda message: True):
        """The next message of a type that came or comes unasked."""
        for message in self.taken(kind):
            if condition(message):
                return message
        while True:
            got, _, data = self.read()
            if got == kind and condition(self.decode(data)):
                return self.decode(data)
            self.unasked.append(data)
