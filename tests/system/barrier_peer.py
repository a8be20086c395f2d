#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A controller that does not trust barriers.

usage: barrier_peer.py SOCKET VERSION ROUNDS FLOWS RATE

Each round changes what happens to packets from port 1, awaits the barrier's reply, and at once sends one through device
host1, the other end of that port. It must come out of host2 or host3 (ports 2 and 3) as the new flows say, never as the old
ones did. VERSION is 1, 4 or 6. The packets have FLOWS source addresses, each with a cached flow of its own. RATE packets a
second come all the while from another process: those which left after a barrier's reply and arrived before the next change
are judged too.
"""
import os
import random
import select
import signal
import socket
import struct
import sys
import time

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = range(4)
ADD, MODIFY_STRICT, DELETE, DELETE_STRICT = 0, 2, 3, 4
FLOW_MOD, GROUP_MOD, PORT_MOD_1, PORT_MOD, METER_MOD, BUNDLE_CONTROL, BUNDLE_ADD = 14, 15, 15, 16, 29, 33, 34
NO_FWD = 1 << 5
TEST, FLOOD = b"weftTEST", b"weftFLOD"
NONE = 0xFFFFFFFF
WARM, FENCES = 1 << 32, 1 << 33  # numbers of other packets than the rounds'


def mac(i):
    return struct.pack("!HI", 0x0200, i)


def host(i):
    return mac(0x10000 + i)


def fence(port):
    """The source address of packets that go to that port whatever changes."""
    return mac(0xF0000 + port)


def frame(kind, source, number):
    return mac(0x99) + source + b"\x88\xb5" + kind + struct.pack("!QQ", number, time.monotonic_ns()) + bytes(26)


class Connection:
    def __init__(self, path, version):
        self.version, self.xid = version, 100
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.sock.sendall(self.message(HELLO, struct.pack("!HHI", 1, 8, 1 << version)))
        self.await_reply(HELLO, None)

    def message(self, kind, body=b""):
        self.xid += 1
        return struct.pack("!BBHI", self.version, kind, 8 + len(body), self.xid) + body

    def receive(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                sys.exit("the switch closed the connection")
            data += more
        return data

    def await_reply(self, kind, xid):
        while True:
            _, got, length, got_xid = struct.unpack("!BBHI", self.receive(8))
            body = self.receive(length - 8)
            if got == ECHO_REQUEST:
                self.sock.sendall(struct.pack("!BBHI", self.version, ECHO_REPLY, length, got_xid) + body)
            elif got == ERROR:
                sys.exit("error %d %d for %s" % (*struct.unpack("!HH", body[:4]), body[4:].hex()))
            elif got == kind and xid in (None, got_xid):
                return body

    def barrier(self, messages):
        """Sends the messages and a barrier in one piece; returns when the reply is there."""
        request = self.message(18 if self.version == 1 else 20)
        self.sock.sendall(b"".join(messages) + request)
        self.await_reply(request[1] + 1, self.xid)

    # --- What changes

    def output(self, port):
        return struct.pack("!HHHH", 0, 8, port, 0) if self.version == 1 else struct.pack("!HHIH6x", 0, 16, port, 0)

    def group(self, group):
        return struct.pack("!HHI", 22, 8, group)

    def flow(self, command, priority, actions=b"", meter=None, source=None):
        """A flow for all packets, or for those of one source address."""
        if self.version == 1:
            wildcards = 0x3FFFFF & ~(1 << 2 if source else 0)
            match = struct.pack("!IH6s26x", wildcards, 0, source or bytes(6)) + bytes(2)
            body = struct.pack("!QHHHHIHH", 0, command, 0, 0, priority, NONE, 0xFFFF, 0) + actions
            return self.message(FLOW_MOD, match + body)
        match = struct.pack("!HHI6s6x", 1, 14, 0x80000806, source)[:16] if source else struct.pack("!HH4x", 1, 4)
        instructions = b""
        if meter and self.version == 4:
            instructions = struct.pack("!HHI", 6, 8, meter)
        elif meter:
            actions = struct.pack("!HHI", 29, 8, meter) + actions
        if actions:
            instructions += struct.pack("!HH4x", 4, 8 + len(actions)) + actions
        return self.message(FLOW_MOD, struct.pack("!QQBBHHHIIIHH", 0, 0, 0, command, 0, 0, priority, NONE, NONE, NONE, 0, 0)
                            + match + instructions)

    def group_mod(self, command, group, port=None):
        bucket = b""
        if port and self.version == 4:
            bucket = struct.pack("!HHII4x", 32, 0, NONE, NONE) + self.output(port)
        elif port:
            bucket = struct.pack("!HHI", 24, 16, 1) + self.output(port)
        extra = struct.pack("!H2xI", len(bucket), NONE) if self.version == 6 else b""
        return self.message(GROUP_MOD, struct.pack("!HBxI", command, 2 if port else 0, group) + extra + bucket)

    def meter_mod(self, command, meter):
        band = struct.pack("!HHII4x", 1, 16, 1 << 30, 0) if command == 0 else b""  # passes everything
        return self.message(METER_MOD, struct.pack("!HHI", command, 1, meter) + band)

    def port_mod(self, port, hw_addr, config):
        if self.version == 1:
            return self.message(PORT_MOD_1, struct.pack("!H6sIII4x", port, hw_addr, config, NO_FWD, 0))
        body = struct.pack("!I4x6s2xII", port, hw_addr, config, NO_FWD)
        return self.message(PORT_MOD, body + (struct.pack("!I4x", 0) if self.version == 4 else b""))

    def bundle(self, messages):
        def control(kind):
            body = struct.pack("!IHH", 7, kind, 3)
            if self.version == 4:  # ONF's extension
                return self.message(4, struct.pack("!II", 0x4F4E4600, 2300) + body)
            return self.message(BUNDLE_CONTROL, body)

        def add(message):
            self.xid -= 1  # a message of a bundle has the xid of its envelope
            body = struct.pack("!I2xH", 7, 3) + message
            if self.version == 4:
                return self.message(4, struct.pack("!II", 0x4F4E4600, 2301) + body)
            return self.message(BUNDLE_ADD, body)

        inner = []
        opened = control(0)
        for message in messages:
            self.xid = struct.unpack("!I", message[4:8])[0]
            inner.append(add(message))
        self.xid += 1000
        return [opened, *inner, control(4)]


class Rules:
    """What the flows say: a base flow, at times one above it that has its own output, a group's, or a meter, and above
    these some for single hosts."""

    def __init__(self, conn, hw_addrs, flows):
        self.conn, self.hw_addrs, self.flows = conn, hw_addrs, flows
        self.hosts = {}  # ports by host
        self.base, self.high, self.how, self.blocked = 2, None, None, None
        self.meter = 1
        self.count = {}

    def setup(self):
        c = self.conn
        messages = [c.flow(DELETE, 0), c.flow(ADD, 1, c.output(2)),
                    *(c.flow(ADD, 9, c.output(port), source=fence(port)) for port in (2, 3))]
        if c.version != 1:
            messages[1:1] = [c.group_mod(2, 0xFFFFFFFC), c.meter_mod(2, 0xFFFFFFFF), c.group_mod(0, 1, 2)]
        messages += [c.port_mod(port, hw_addr, 0) for port, hw_addr in self.hw_addrs.items()]
        c.barrier(messages)

    def expected(self):
        """Takes a host, gives the port of its packets, 0: none."""
        hosts, rest, blocked = dict(self.hosts), self.high or self.base, self.blocked

        def port_of(i):
            port = hosts.get(i, rest)
            return 0 if port == blocked else port
        return port_of

    def change_host(self):
        """The messages of a change that moves one host's packets, and the host."""
        c, i = self.conn, random.randrange(self.flows)
        if i in self.hosts and random.random() < 0.5:
            port = self.hosts.pop(i)
            self.note("host's delete")
            return [c.flow(DELETE_STRICT, 5, source=host(i))], i
        port = 5 - self.hosts.get(i, self.high or self.base)
        command = MODIFY_STRICT if i in self.hosts and random.random() < 0.5 else ADD
        self.hosts[i] = port
        self.note("host's add or modify")
        return [c.flow(command, 5, c.output(port), source=host(i))], i

    def note(self, name):
        self.count[name] = self.count.get(name, 0) + 1

    def change(self):
        """The messages of a change that moves packets to another place than before."""
        c, now = self.conn, self.high or self.base
        other = 5 - now
        if self.blocked:
            name, messages = "port-mod", [c.port_mod(self.blocked, self.hw_addrs[self.blocked], 0)]
            self.blocked = None
        elif random.random() < 0.1:
            name, messages = "port-mod", [c.port_mod(now, self.hw_addrs[now], NO_FWD)]
            self.blocked = now
        elif not self.high:
            name, messages = self.raise_or_move(other)
        elif self.how == "group" and random.random() < 0.7:
            name, messages = "group-mod", [c.group_mod(1, 1, other)]
            self.high = other
        elif self.how == "meter":
            name, messages = "meter-mod", [c.meter_mod(2, self.meter)]
            self.high = None
            if self.base == now:
                messages.append(c.flow(MODIFY_STRICT, 1, c.output(other)))
                self.base = other
        elif self.base == other and random.random() < 0.5:
            name, messages = "delete", [c.flow(DELETE_STRICT, 2)]
            self.high = None
        elif c.version != 1 and random.random() < 0.4:
            name, messages = "bundle", c.bundle([c.flow(DELETE_STRICT, 2), c.flow(ADD, 1, c.output(other))])
            self.high, self.base = None, other
        else:
            command = random.choice((ADD, MODIFY_STRICT))
            name, messages = "add over" if command == ADD else "modify", [c.flow(command, 2, c.output(other))]
            self.high, self.how = other, "output"
        self.note(name)
        return messages

    def raise_or_move(self, other):
        c = self.conn
        how = random.choice(("output", "move") if c.version == 1 else ("output", "move", "group", "meter", "bundle"))
        if how == "move":
            self.base = other
            return "modify", [c.flow(MODIFY_STRICT, 1, c.output(other))]
        self.high, self.how = other, how
        if how == "group":
            return "add", [c.group_mod(1, 1, other), c.flow(ADD, 2, c.group(1))]
        if how == "meter":
            return "add", [c.meter_mod(0, self.meter), c.flow(ADD, 2, c.output(other), meter=self.meter)]
        if how == "bundle":
            return "bundle", c.bundle([c.flow(DELETE_STRICT, 1), c.flow(ADD, 2, c.output(other)),
                                       c.flow(ADD, 1, c.output(self.base))])
        return "add", [c.flow(ADD, 2, c.output(other))]


class Hosts:
    """The three devices beyond the ports, and what came out of two of them."""

    def __init__(self):
        self.socks = {}
        self.poll = select.poll()
        self.ports = {}
        for port in 1, 2, 3:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            s.bind(("host%d" % port, 0x88B5))
            s.setblocking(False)
            self.socks[port] = s
            if port > 1:
                self.poll.register(s, select.POLLIN)
                self.ports[s.fileno()] = port
        self.tests = {}   # number -> (port that it came out of, arrived)
        self.floods = []  # (sent, arrived, port, number)

    def drain(self, timeout):
        """Takes what has come, or comes within timeout ms. False: nothing."""
        events = self.poll.poll(timeout)
        for fd, _ in events:
            port = self.ports[fd]
            while True:
                try:
                    data, address = self.socks[port].recvfrom(256)
                except BlockingIOError:
                    break
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                number, sent = struct.unpack("!QQ", data[22:38])
                if data[14:22] == TEST:
                    self.tests.setdefault(number, []).append((port, time.monotonic_ns()))
                elif data[14:22] == FLOOD:
                    self.floods.append((sent, time.monotonic_ns(), port, number))
        return bool(events)

    def send(self, number, source):
        self.socks[1].send(frame(TEST, source, number))

    def await_test(self, number):
        """Awaits the packet; false: it did not come."""
        deadline = time.monotonic() + 2
        while number not in self.tests:
            self.drain(100)
            if time.monotonic() > deadline:
                return False
        return True


def flood(rate, flows):
    """A process that sends all the while; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind(("host1", 0x88B5))
    number, burst = 0, max(rate // 500, 1)
    while os.getppid() != 1:
        for _ in range(burst):
            number += 1
            s.send(frame(FLOOD, host(number % flows), number))
        time.sleep(burst / rate)  # the pace, not a wait
    os._exit(0)


def judge(hosts, windows, flows):
    """How many packets came out where their window's flows do not say."""
    wrong = judged = at = 0
    for number, (_, end, expected, source) in enumerate(windows):
        port = expected(source)
        # One that is to be dropped may be on its way up to the control program when its fence arrives by a cached flow; what comes out after the
        # next change may be that change's doing. Old flows in the cache would have sent it ahead of the fence.
        got = [at for at, arrived in hosts.tests.get(number, []) if port or arrived < end]
        if got != ([port] if port else []):
            wrong += 1
            print("round %d: a packet of host %d, meant for port %d, came to %s" % (number, source, port, got or "none"))
    for sent, arrived, port, number in sorted(hosts.floods):
        while at < len(windows) and windows[at][1] <= sent:
            at += 1
        if at < len(windows) and windows[at][0] <= sent and arrived < windows[at][1]:
            judged += 1
            meant = windows[at][2](number % flows)
            if port != meant:
                wrong += 1
                print("round %d: one of many packets of host %d, meant for port %d, came to port %d" % (at, number % flows, meant, port))
    return wrong, judged


def main():
    path, version, rounds, flows, rate = sys.argv[1], *map(int, sys.argv[2:])
    random.seed(version)
    hw_addrs = {}
    for port in 2, 3:
        with open("/sys/class/net/port%d/address" % port) as f:
            hw_addrs[port] = bytes.fromhex(f.read().strip().replace(":", ""))
    conn, hosts = Connection(path, version), Hosts()
    rules = Rules(conn, hw_addrs, flows)
    rules.setup()
    for source in range(flows):
        hosts.send(WARM + source, host(source))
        if not hosts.await_test(WARM + source):
            sys.exit("a packet was lost before anything changed")
    flooder = flood(rate, flows) if rate else 0
    lost = 0
    windows = []  # (barrier's reply, next change, ports of hosts, the test packet's host)
    try:
        for number in range(rounds):
            if flows > 1 and not rules.blocked and random.random() < 0.3:
                messages, source = rules.change_host()
            else:
                messages, source = rules.change(), random.randrange(flows)
            expected = rules.expected()
            conn.barrier(messages)
            start = time.monotonic_ns()
            hosts.send(number, host(source))
            last = number
            if not expected(source):  # it is dropped; one that follows it shows that it was handled
                last += FENCES
                hosts.send(last, fence(5 - rules.blocked))
            if not hosts.await_test(last):
                lost += 1
                if lost == 20:
                    sys.exit("%d of %d packets came nowhere, which should have come to a port" % (lost, number))
            hosts.drain(0)
            windows.append((start, time.monotonic_ns(), expected, source))
    finally:
        if flooder:
            os.kill(flooder, signal.SIGKILL)
            os.waitpid(flooder, 0)
    while hosts.drain(200):
        pass
    wrong, judged = judge(hosts, windows, flows)
    print("OpenFlow 0x%02x: %d rounds (%s), %d cached flows, %d packets a second, %d of them judged: %d wrong" % (
        version, rounds, ", ".join("%d %s" % (n, name) for name, n in sorted(rules.count.items())), flows, rate, judged, wrong))
    sys.exit(wrong != 0)


main()
