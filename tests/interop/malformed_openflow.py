# SPDX-License-Identifier: Apache-2.0
"""Sends a switch malformed OpenFlow and looks at the errors: malformed_openflow.py SOCKET"""
import socket
import struct
import sys

HELLO, ERROR, ECHO, ECHO_REPLY = 0, 1, 2, 3
ANY, NO_BUFFER = 0xffffffff, 0xffffffff
XID = 0x77


def msg(version, kind, body=b"", xid=XID):
    return struct.pack("!BBHI", version, kind, 8 + len(body), xid) + body


class Connection:
    def __init__(self, version, hello=None):
        self.version = version
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(20)
        self.s.connect(sys.argv[1])
        if hello is None:
            self.s.sendall(msg(version, HELLO))
            assert self.read()[1] == HELLO
        else:
            self.s.sendall(hello)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.s.recv(n - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            data += more
        return data

    def read(self):
        """(version, type, xid, body), or None at the end."""
        head = self.exactly(8)
        if head is None:
            return None
        version, kind, length, xid = struct.unpack("!BBHI", head)
        return version, kind, xid, self.exactly(length - 8)

    def works(self):
        self.s.sendall(msg(self.version, ECHO, b"alive", 0x99))
        while True:
            answer = self.read()
            if answer is None:
                return False
            if answer[1] == ECHO_REPLY:
                return answer[2:] == (0x99, b"alive")


def flow_mod10(actions=b"", command=0, match=bytes(40)):
    return msg(1, 14, match + struct.pack("!QHHHHIHH", 0, command, 0, 0, 1, NO_BUFFER, 0xffff, 0) + actions)


def flow_mod13(match=b"\0\1\0\4" + bytes(4), instructions=b"", table=0, command=0):
    return msg(4, 14, struct.pack("!QQBBHHHIIIHxx", 0, 0, table, command, 0, 0, 1, NO_BUFFER, ANY, ANY, 0) + match + instructions)


def oxm_match(oxm):
    length = 4 + len(oxm)
    return struct.pack("!HH", 1, length) + oxm + bytes(-length % 8)


def apply(actions):
    return struct.pack("!HHxxxx", 4, 8 + len(actions)) + actions


def output13(port):
    return struct.pack("!HHIHxxxxxx", 0, 16, port, 0)


def clone(actions):
    return struct.pack("!HHIHxxxxxx", 0xffff, 16 + len(actions), 0x2320, 42) + actions


def nested(depth):
    return clone(nested(depth - 1)) if depth else output13(1)


def group_mod13(command, group, actions=None):
    bucket = b"" if actions is None else struct.pack("!HHIIxxxx", 16 + len(actions), 0, ANY, ANY) + actions
    return msg(4, 15, struct.pack("!HBxI", command, 0, group) + bucket)


def to_group(group):
    return struct.pack("!HHI", 22, 8, group)


def role13(role, generation):
    return msg(4, 24, struct.pack("!IxxxxQ", role, generation))


# Name, version, message, type and code of the error that the specification wants.
CASES = [
    ("an unknown type, 1.0", 1, msg(1, 99), (1, 1)),
    ("an unknown type, 1.3", 4, msg(4, 99), (1, 1)),
    ("an unknown vendor, 1.0", 1, msg(1, 4, struct.pack("!II", 0xdead, 1)), (1, 3)),
    ("an unknown experimenter, 1.3", 4, msg(4, 4, struct.pack("!II", 0xdead, 1)), (1, 3)),
    ("an unknown Nicira subtype", 1, msg(1, 4, struct.pack("!II", 0x2320, 60000)), (1, 4)),
    ("an unknown statistic, 1.0", 1, msg(1, 16, struct.pack("!HH", 77, 0)), (1, 2)),
    ("an unknown multipart type, 1.3", 4, msg(4, 18, struct.pack("!HHI", 77, 0, 0)), (1, 2)),
    ("a configuration that is too short", 4, msg(4, 9, b"\0"), (1, 6)),
    ("a flow-mod that is too short, 1.0", 1, msg(1, 14, bytes(30)), (1, 6)),
    ("a flow-mod that is too short, 1.3", 4, msg(4, 14, bytes(30)), (1, 6)),
    ("a features request with more than its header", 4, msg(4, 5, b"more"), (1, 6)),
    ("a packet-out that is too short", 1, msg(1, 13, b"\0"), (1, 6)),
    ("an unknown flow-mod command, 1.0", 1, flow_mod10(command=77), (3, 4)),
    ("an unknown flow-mod command, 1.3", 4, flow_mod13(command=77), (5, 6)),
    ("an unknown action, 1.0", 1, flow_mod10(struct.pack("!HHI", 777, 8, 0)), (2, 0)),
    ("an action of length 0, 1.0", 1, flow_mod10(struct.pack("!HHI", 0, 0, 0)), (2, 1)),
    ("an action that is longer than the message, 1.0", 1, flow_mod10(struct.pack("!HHI", 0, 800, 0)), (2, 1)),
    ("an action of an unknown vendor, 1.0", 1, flow_mod10(struct.pack("!HHIQ", 0xffff, 16, 0xdead, 0)), (2, 2)),
    ("an unknown action, 1.3", 4, flow_mod13(instructions=apply(struct.pack("!HHI", 777, 8, 0))), (2, 0)),
    ("an action of length 4, 1.3", 4, flow_mod13(instructions=apply(struct.pack("!HHI", 0, 4, 0))), (2, 1)),
    ("output to a port that cannot be", 4, flow_mod13(instructions=apply(output13(0x12345))), (2, 4)),
    ("a group that is not there", 4, flow_mod13(instructions=apply(struct.pack("!HHI", 22, 8, 5))), (2, 9)),
    ("a group that is not there, in an action set", 4,
     flow_mod13(instructions=struct.pack("!HHxxxxHHI", 3, 16, 22, 8, 5)), (2, 9)),
    ("a meter that is not there", 4, flow_mod13(instructions=struct.pack("!HHI", 6, 8, 5)), (12, 2)),
    ("an unknown instruction", 4, flow_mod13(instructions=struct.pack("!HHI", 77, 8, 0)), (3, 0)),
    ("an instruction of an unknown experimenter", 4, flow_mod13(instructions=struct.pack("!HHIQ", 0xffff, 16, 0xdead, 0)), (3, 5)),
    ("an instruction of length 0", 4, flow_mod13(instructions=struct.pack("!HHI", 4, 0, 0)), (3, 7)),
    ("a table that is not there", 4, flow_mod13(table=255), (5, 2)),
    ("a goto backwards", 4, flow_mod13(table=9, instructions=struct.pack("!HHBxxx", 1, 8, 3)), (3, 2)),
    ("an unknown match type", 4, flow_mod13(match=b"\0\7\0\4" + bytes(4)), (4, 0)),
    ("a match that is longer than the message", 4, flow_mod13(match=b"\0\1\1\0" + bytes(4)), (4, 1)),
    ("an unknown field", 4, flow_mod13(oxm_match(struct.pack("!HBBI", 0x8000, 100 << 1, 4, 1))), (4, 6)),
    ("a field's bad length", 4, flow_mod13(oxm_match(struct.pack("!HBBI", 0x8000, 5 << 1, 4, 0x0800))), (4, 1)),
    ("a bad value", 4, flow_mod13(oxm_match(struct.pack("!HBBHxx", 0x8000, 6 << 1, 2, 0x3fff))), (4, 7)),
    ("a missing prerequisite", 4, flow_mod13(oxm_match(struct.pack("!HBBI", 0x8000, 11 << 1, 4, 1))), (4, 9)),
    ("a mask of a field that has none", 4, flow_mod13(oxm_match(struct.pack("!HBBII", 0x8000, 0 << 1 | 1, 8, 0, 0xff))), (4, 8)),
    ("bits outside the mask", 4, flow_mod13(oxm_match(struct.pack("!HBB6s6s", 0x8000, 3 << 1 | 1, 12, b"\2\0\0\0\0\1", b"\2\0\0\0\0\0"))), (4, 5)),
    ("actions in a hundred clones", 4, flow_mod13(instructions=apply(nested(100))), (2, 7)),
    ("a group of itself", 4, group_mod13(0, 9, to_group(9)), (6, 7)),
    ("a group that is not there is modified", 4, group_mod13(1, 9, b""), (6, 8)),
    ("a field twice", 4, flow_mod13(oxm_match(2 * struct.pack("!HBBI", 0x8000, 0 << 1, 4, 1))), (4, 10)),
    ("a packet-out from a buffer that is not there", 4,
     msg(4, 13, struct.pack("!IIHxxxxxx", 5, 0xfffffffd, 0)), (1, 8)),
    ("a port-mod of a port that is not there", 4, msg(4, 16, struct.pack("!IxxxxQIIIxxxx", 999, 0, 0, 0, 0)), (7, 0)),
    ("a role that there is not", 4, role13(99, 0), (11, 2)),
    ("a generation that is over", 4, role13(2, 4), (11, 0)),
    ("a loop of groups by modification", 4, group_mod13(1, 1, to_group(2)), (6, 7)),
]

def state(c):
    """The matches, priorities and instructions of all flows, all groups and all meters."""
    flow_stats, group_desc, meter_config = 1, 7, 10
    c.s.sendall(msg(4, 18, struct.pack("!HHxxxxBxxxIIxxxxQQ", flow_stats, 0, 255, ANY, ANY, 0, 0) + b"\0\1\0\4" + bytes(4)))
    flows, data = [], c.read()[3][8:]
    while data:
        length = struct.unpack("!H", data[:2])[0]
        flows.append((data[2], data[12:14], data[48:length]))
        data = data[length:]
    c.s.sendall(msg(4, 18, struct.pack("!HHxxxx", group_desc, 0)))
    groups = c.read()[3][8:]
    c.s.sendall(msg(4, 18, struct.pack("!HHxxxxIxxxx", meter_config, 0, ANY)))
    return flows, groups, c.read()[3][8:]


# What the last cases need: a generation, and two groups of which one contains the other.
prepared = Connection(4)
for message in role13(2, 5), group_mod13(0, 1, b""), group_mod13(0, 2, to_group(1)):
    prepared.s.sendall(message)
assert prepared.works()

bad = 0
bystander, connections = Connection(4), {v: Connection(v) for v in (1, 4)}
before = state(bystander)
for name, version, message, wanted in CASES:
    c = connections[version]
    c.s.sendall(message)
    c.s.sendall(msg(version, ECHO, b"", 0x1234))
    got, echoed = None, False
    while not echoed:
        answer = c.read()
        if answer is None:
            got = (got, "and the connection is closed")
            connections[version] = Connection(version)
            break
        echoed = answer[1] == ECHO_REPLY
        if answer[1] == ERROR:
            got = struct.unpack("!HH", answer[3][:4])
            quoted = answer[3][4:]
            if answer[0] != version or answer[2] != XID or quoted != message[:len(quoted)] or len(quoted) < min(64, len(message)):
                got = (got, "with wrong version, xid or quotation")
    if got != wanted:
        bad += 1
        print(f"{name}: wanted {wanted}, got {got}")
    assert bystander.works(), name

# All that was refused has changed nothing.
after = state(bystander)
if after != before:
    bad += 1
    print(f"what was refused has changed the state: {before} to {after}")
prepared.s.sendall(group_mod13(2, 0xfffffffc))
assert prepared.works()

# What leaves no way to find the next message, or to agree on a version, ends the connection, and only that one.
for name, first in [("a length of 0", struct.pack("!BBHI", 4, ECHO, 0, 1)), ("a length of 7", struct.pack("!BBHI", 4, ECHO, 7, 1))]:
    c = Connection(4)
    c.s.sendall(first + bytes(100))
    while c.read():
        pass
    assert bystander.works(), name
for name, hello in [("no hello", msg(4, ECHO)), ("version 0", msg(0, HELLO)), ("HTTP", b"GET / HTTP/1.1\r\n\r\n" * 2000),
                    ("a hello without common version", msg(4, HELLO, struct.pack("!HHI", 1, 8, 1 << 20)))]:
    c = Connection(4, hello)
    c.s.settimeout(3)
    errors = []
    try:
        while answer := c.read():
            if answer[1] == ERROR:
                errors.append(struct.unpack("!HH", answer[3][:4]))
    except socket.timeout:
        bad += 1
        print(f"{name}: the connection stays open")
    if "common" in name and errors != [(0, 0)]:
        bad += 1
        print(f"{name}: wanted HELLO_FAILED, INCOMPATIBLE, got {errors}")
    assert bystander.works(), name

# Half messages wait for their rest; a connection that dribbles disturbs nobody.
c = Connection(1)
for byte in msg(1, ECHO, b"slow"):
    c.s.sendall(bytes([byte]))
assert c.read()[3] == b"slow"
Connection(4).s.sendall(flow_mod13()[:20])
assert bystander.works()
sys.exit(bad != 0)
