# SPDX-License-Identifier: Apache-2.0
"""table_features.py SOCKET: asks a switch what its tables can do, sends that back with one thing changed, and prints how each change was
received. OpenFlow 1.3 to 1.5."""
import socket
import struct
import sys

ERROR, ECHO_REQUEST, REQUEST, REPLY, FEATURES, MORE = 1, 2, 18, 19, 12, 1
HEAD, COMMAND, NAME, MATCH, WRITE, CONFIG, MAX, PROPS = 16, 3, 8, 40, 48, 56, 60, 64


class Switch:
    def __init__(self, path, version):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(path)
        self.version = version
        self.sock.sendall(struct.pack("!BBHIHHI", version, 0, 16, 1, 1, 8, 1 << version))
        assert self.read()[0] == 0

    def recv(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def read(self):
        while True:
            head = self.recv(8)
            _, kind, length, xid = struct.unpack("!BBHI", head)
            data = head + self.recv(length - 8)
            if kind != ECHO_REQUEST:
                return kind, data
            self.sock.sendall(struct.pack("!BBHI", self.version, 3, length, xid) + data[8:])

    def send(self, entries):
        """In as many messages as it takes. Its answer: the entries that it has then, or an error."""
        parts, size = [[]], 0
        for entry in entries:
            if size + len(entry) > 60000:
                parts.append([])
                size = 0
            parts[-1].append(entry)
            size += len(entry)
        for i, part in enumerate(parts):
            body = struct.pack("!HHI", FEATURES, MORE if i + 1 < len(parts) else 0, 0) + b"".join(part)
            self.sock.sendall(struct.pack("!BBHI", self.version, REQUEST, 8 + len(body), 7) + body)
        entries = []
        while True:
            kind, data = self.read()
            if kind == ERROR:
                kind, code = struct.unpack_from("!HH", data, 8)
                return "error %d %d" % (kind, code) + (" %x %d" % struct.unpack_from("!IH", data, 12)[:2] if kind == 0xffff else "")
            at = HEAD
            while at < len(data):
                length = struct.unpack_from("!H", data, at)[0]
                entries.append(bytearray(data[at:at + length]))
                at += length
            if not struct.unpack_from("!H", data, 10)[0] & MORE:
                return entries


def name_of(entry):
    return bytes(entry[NAME:NAME + 32]).rstrip(b"\0").decode()


def props(entry):
    at = PROPS
    while at < len(entry):
        kind, length = struct.unpack_from("!HH", entry, at)
        yield kind, at, (length + 7) // 8 * 8
        at += (length + 7) // 8 * 8


def without(entry, *kinds):
    entry[:] = entry[:PROPS] + b"".join(bytes(entry[at:at + n]) for kind, at, n in props(entry) if kind not in kinds)
    resize(entry)


def add(entry, prop):
    entry[:] = bytes(entry) + prop + bytes(-len(prop) % 8)
    resize(entry)


def resize(entry):
    struct.pack_into("!H", entry, 0, len(entry))


def put(at, form, value):
    return lambda e: struct.pack_into(form, e, at, value)


def rename(entry, name):
    entry[NAME:NAME + 32] = name.encode().ljust(32, b"\0")


def shorten(entry):
    for _, at, _ in props(entry):
        struct.pack_into("!H", entry, at + 2, 3)
        return


# What is done to table 9 of all.
CHANGES = [
    ("nothing", lambda e: None),
    ("more entries", put(MAX, "!I", 2000000)),
    ("fewer entries", put(MAX, "!I", 1000)),
    ("no entries", put(MAX, "!I", 0)),
    ("less metadata to match", put(MATCH, "!Q", 0xffff)),
    ("no metadata to match", put(MATCH, "!Q", 0)),
    ("no metadata to write", put(WRITE, "!Q", 0)),
    ("configuration", put(CONFIG, "!I", 3)),
    ("eviction", put(CONFIG, "!I", 4)),
    ("vacancy", put(CONFIG, "!I", 8)),
    ("unknown bits", put(CONFIG, "!I", 0x80000000)),
    ("name", lambda e: rename(e, "nine")),
    ("name of 32 bytes", lambda e: rename(e, "x" * 32)),
    ("no instructions", lambda e: without(e, 0)),
    ("no next tables", lambda e: without(e, 2)),
    ("no actions", lambda e: without(e, 4, 6)),
    ("no fields", lambda e: without(e, 8, 10)),
    ("no set-field", lambda e: without(e, 12, 14)),
    ("no properties", lambda e: without(e, *range(64))),
    ("twice the instructions", lambda e: add(e, struct.pack("!HHHHHH", 0, 12, 1, 4, 4, 4))),
    ("no instruction at all", lambda e: add(e, struct.pack("!HH", 1, 4))),
    ("instructions of misses", lambda e: add(e, struct.pack("!HHHHHH", 1, 12, 1, 4, 4, 4))),
    ("an unknown property", lambda e: add(e, struct.pack("!HHI", 0x123, 8, 0))),
    ("an experimenter's property", lambda e: add(e, struct.pack("!HHIII", 0xfffe, 12, 0x4711, 1, 0))),
    ("an unknown instruction", lambda e: add(e, struct.pack("!HHHH", 1, 8, 77, 4))),
    ("an instruction cut off", lambda e: add(e, struct.pack("!HHHH", 1, 8, 1, 8))),
    ("an unknown action", lambda e: add(e, struct.pack("!HHHH", 5, 8, 77, 4))),
    ("an unknown field", lambda e: add(e, struct.pack("!HHHH", 15, 8, 0x7777, 4))),
    ("a length below the header", shorten),
    ("an entry cut off", put(0, "!H", 62)),
    ("a table twice", put(2, "!B", 8)),
    ("table 254", put(2, "!B", 254)),
    ("all tables", put(2, "!B", 255)),
    ("a reserved byte", put(4, "!B", 1)),
]


def outcome(answer):
    if isinstance(answer, str):
        return answer
    return "taken: " + ",".join(name_of(e) for e in answer[3:10])


FIRST = 13  # those of the changes that are not about properties


for version in (4, 5, 6):
    switch = Switch(sys.argv[1], version)
    original = switch.send([])
    print("version", version, "tables", len(original))

    def tries(what, command, change, alone=False):
        entries = [bytearray(e) for e in original]
        for e in entries:
            e[COMMAND] = command if version == 6 else e[COMMAND]
        change(entries[9])
        print("version %d, %s, command %d:" % (version, what, command), outcome(switch.send(entries[9:10] if alone else entries)))

    # All tables of a request take long: not every change is tried in every form.
    for what, change in CHANGES if version == 4 else CHANGES[:FIRST]:
        tries(what, 0, change)
    for command in range(5) if version == 6 else ():
        tries("name, alone", command, lambda e: rename(e, "nine"), True)
    for what, change in CHANGES if version == 6 else ():
        tries(what + ", alone", 1, change, True)
    print("version", version, "all but one", outcome(switch.send(original[:-1])))
    print("version", version, "in another order", outcome(switch.send(original[::-1])))
