# SPDX-License-Identifier: Apache-2.0
"""OpenFlow messages as hexadecimal text, right and wrong ones, of every version that has them.

corpus() yields (name, message) pairs. What is wrong in a message stands in its name."""
import struct

OF10, OF11, OF12, OF13, OF14, OF15 = range(1, 7)
VERSIONS = (OF10, OF11, OF12, OF13, OF14, OF15)
NICIRA, ONF, NETRONOME = 0x2320, 0x4F4E4600, 0x154D
ALL, ANY = 0xFFFFFFFC, 0xFFFFFFFF


def pad8(data):
    return data + bytes(-len(data) % 8)


def message(version, kind, body, xid=7):
    return struct.pack("!BBHI", version, kind, 8 + len(body), xid) + body


def vendor(version, owner, subtype, body, xid=7):
    return message(version, 4, struct.pack("!II", owner, subtype) + body, xid)


def stats(version, reply, number, body, flags=0):
    head = struct.pack("!HH", number, flags) + (b"" if version == OF10 else bytes(4))
    return message(version, (16 if version == OF10 else 18) + reply, head + body)


def vendor_stats(version, reply, owner, subtype, body):
    head = struct.pack("!II", owner, subtype) + (bytes(4) if version == OF10 else b"")
    return stats(version, reply, 0xFFFF, head + body)


def output(version, port):
    if version == OF10:
        return struct.pack("!HHHH", 0, 8, port & 0xFFFF, 0)
    return struct.pack("!HHIH6x", 0, 16, port, 0)


def prop(kind, content):
    return pad8(struct.pack("!HH", kind, 4 + len(content)) + content)


def bucket(version, number=0, weight=None, port=None, group=None, actions=None, extra=b""):
    """In the form with properties in 1.0 (as Nicira's message has it) and 1.5."""
    acts = output(version, 1) if actions is None else actions
    if version in (OF10, OF15):
        props = b"" if weight is None else prop(0, struct.pack("!H2x", weight))
        props += b"" if port is None else prop(1, struct.pack("!I", port))
        props += b"" if group is None else prop(2, struct.pack("!I", group))
        props += extra
        return struct.pack("!HHI", 8 + len(acts) + len(props), len(acts), number) + acts + props
    return struct.pack("!HHII4x", 16 + len(acts), weight or 0, ANY if port is None else port,
                       ANY if group is None else group) + acts


def group_mod(version, command, kind, number, buckets=b"", command_bucket=ANY, props=b"",
              buckets_len=None):
    head = struct.pack("!HBxI", command, kind, number)
    if version in (OF10, OF15):
        n = len(buckets) if buckets_len is None else buckets_len
        head += struct.pack("!H2xI", n, command_bucket)
    body = head + buckets + props
    return vendor(version, NICIRA, 31, body) if version == OF10 else message(version, 15, body)


def selection(method=b"hash", param=0, fields=b"", owner=NETRONOME, kind=1):
    return prop(0xFFFF, struct.pack("!II4x16sQ", owner, kind, method, param) + fields)


ETH_DST = struct.pack("!I", 0x80000606) + b"\xff" * 6
IPV4_SRC = struct.pack("!I", 0x80001604) + b"\xff\xff\0\0"


def group_mods(version):
    b = lambda *args, **kwargs: bucket(version, *args, **kwargs)
    g = lambda *args, **kwargs: group_mod(version, *args, **kwargs)
    yield "group add all", g(0, 0, 1, b(0) + b(1, actions=b""))
    yield "group add select", g(0, 1, 2, b(0, 5) + b(1, 1) + b(2, 0))
    yield "group add indirect", g(0, 2, 3, b())
    yield "group add ff", g(0, 3, 4, b(0, port=3) + b(1, group=9) + b(2, port=0xFFFFFFFE))
    yield "group modify", g(1, 0, 5)
    yield "group add or modify", g(0x8000, 0, 5)
    yield "group delete", g(2, 0, 5)
    yield "group delete all", g(2, 0, ALL)
    yield "group bad type", g(0, 4, 5)
    yield "group bad command", g(9, 0, 5)
    yield "group indirect without bucket", g(0, 2, 3)
    yield "group indirect with two", g(0, 2, 3, b(0) + b(1))
    yield "group weight in all", g(0, 0, 3, b(0, 5))
    yield "group watch in all", g(0, 0, 3, b(0, port=1))
    yield "group watch in indirect", g(0, 2, 3, b(0, group=1))
    yield "group ff without watch", g(0, 3, 3, b(0))
    yield "group watch port that cannot be", g(0, 3, 3, b(0, port=0x12345678))
    yield "group bad bucket length", g(0, 0, 3, b"\0\4" + b()[2:])
    yield "group bucket too long", g(0, 0, 3, b"\1\0" + b()[2:])
    yield "group bad action", g(0, 0, 3, b(actions=struct.pack("!HHI", 0x77, 8, 0)))
    if version not in (OF10, OF15):
        return
    yield "group twice the same bucket", g(0, 0, 3, b(1) + b(1))
    yield "group bucket id too large", g(0, 0, 3, b(0xFFFFFF01))
    yield "group command bucket with add", g(0, 0, 3, b(1), 5)
    yield "group buckets longer than the message", g(0, 0, 3, b(1), buckets_len=200)
    yield "group actions longer than the bucket", g(0, 0, 3, b(1)[:2] + b"\0\x40" + b(1)[4:])
    yield "bucket property unknown", g(0, 1, 3, b(1, extra=prop(9, bytes(4))))
    yield "bucket experimenter unknown", g(0, 1, 3, b(1, extra=prop(0xFFFF, bytes(8))))
    yield "bucket property length", g(0, 1, 3, b(1, extra=struct.pack("!HHI", 0, 6, 0)))
    for where in (0, 7, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFF77):
        yield "insert bucket at %#x" % where, g(3, 0, 3, b(1, 7) + b(2), where)
        yield "remove bucket at %#x" % where, g(5, 0, 3, b"", where)
    yield "remove bucket with buckets", g(5, 0, 3, b(1), 1)
    s = lambda p, kind=1, command=0: g(command, kind, 6, b(1), props=p)
    yield "selection hash", s(selection())
    yield "selection hash fields", s(selection(fields=ETH_DST + IPV4_SRC, param=9))
    yield "selection hash one field", s(selection(fields=ETH_DST))
    yield "selection hash masked field", s(selection(fields=IPV4_SRC))
    yield "selection dp_hash", s(selection(b"dp_hash", 1 << 32))
    yield "selection dp_hash fields", s(selection(b"dp_hash", fields=ETH_DST))
    yield "selection unknown", s(selection(b"foo"))
    yield "selection unterminated", s(selection(b"0123456789abcdef"))
    yield "selection of all", g(0, 0, 6, b(1), props=selection())
    yield "selection in delete", s(selection(), 1, 2)
    yield "selection twice the same field", s(selection(fields=ETH_DST + ETH_DST))
    yield "selection unknown field", s(selection(fields=struct.pack("!II", 0x8000FE04, 1)))
    yield "selection other vendor", s(selection(owner=0x1234))
    yield "selection other type", s(selection(kind=2))
    yield "selection cut off", s(prop(0xFFFF, struct.pack("!II", NETRONOME, 1)))
    yield "group property unknown", s(prop(3, bytes(4)))


def group_stats(version):
    b = lambda *args, **kwargs: bucket(version, *args, **kwargs)
    props = version in (OF10, OF15)

    def desc(kind, number, buckets, more=b""):
        tail = struct.pack("!H6x", len(buckets)) if props else b""
        body = tail + buckets + more
        return struct.pack("!HBxI", 8 + len(body), kind, number) + body

    def counters(number, *buckets):
        body = struct.pack("!III4xQQ", number, 3, 0, 1000, 64000)[:8] + bytes(4)
        body += struct.pack("!QQ", 1000, 64000)
        if version == OF10 or version >= OF13:
            body += struct.pack("!II", 12, 345000000)
        body += b"".join(struct.pack("!QQ", *x) for x in buckets)
        return struct.pack("!H2x", 4 + len(body)) + body

    def st(reply, number, nx, body):
        if version == OF10:
            return vendor_stats(version, reply, NICIRA, nx, body)
        return stats(version, reply, number, body)

    yield "group stats request", st(0, 6, 7, struct.pack("!I4x", 5))
    yield "group stats request all", st(0, 6, 7, struct.pack("!I4x", ALL))
    yield "group stats reply", st(1, 6, 7, counters(1, (1, 2), (3, 4)) + counters(2))
    yield "group stats reply empty", st(1, 6, 7, b"")
    yield "group stats reply cut off", st(1, 6, 7, counters(1, (1, 2))[:-8])
    request = struct.pack("!I4x", 5) if props else b""
    yield "group desc request", st(0, 7, 8, request)
    yield "group desc reply", st(1, 7, 8, desc(0, 1, b(0) + b(1)) + desc(1, 2, b(0, 5) + b(3, 1)))
    yield "group desc reply ff", st(1, 7, 8, desc(3, 3, b(0, port=2) + b(1, group=7)))
    yield "group desc reply empty", st(1, 7, 8, b"")
    if props:
        yield "group desc reply selection", st(1, 7, 8, desc(1, 2, b(0), selection(fields=ETH_DST)))
    if version in (OF10, OF11):
        st = lambda reply, _, nx, body: vendor_stats(version, reply, NICIRA, nx, body)
    yield "group features request", st(0, 8, 9, b"")
    actions = {OF10: 0xFFF, OF11: 0x1FFE7FF}.get(version, 0x3FF8001)
    yield "group features reply", st(1, 8, 9, struct.pack("!10I", 15, 7, 1, 2, 3, 4, actions, 1, 0,
                                                           actions))
    yield "group features reply two", st(1, 8, 9, struct.pack("!10I", 5, 0, 1, 2, 3, 4, 1, 1, 0, 0))


def meters(version):
    def band(kind, rate, burst, last=0):
        return struct.pack("!HHIIB3x", kind, 16, rate, burst, last)

    def mod(command, flags, number, bands=b""):
        return message(version, 29, struct.pack("!HHI", command, flags, number) + bands)

    yield "meter add", mod(0, 13, 1, band(1, 1000, 10) + band(2, 7, 3, 2))
    yield "meter modify", mod(1, 2, 5, band(1, 5, 0))
    yield "meter delete", mod(2, 0, 5)
    yield "meter delete all", mod(2, 0, 0xFFFFFFFF)
    yield "meter controller", mod(0, 1, 0xFFFFFFFE, band(1, 5, 5))
    yield "meter slowpath", mod(0, 1, 0xFFFFFFFD, band(1, 5, 5))
    yield "meter without flags", mod(0, 0, 1, band(1, 5, 5))
    yield "meter without bands", mod(0, 1, 1)
    yield "meter bad command", mod(3, 1, 1)
    yield "meter kbps and pktps", mod(0, 3, 1, band(1, 5, 0))
    yield "meter unknown band", mod(0, 1, 1, band(3, 5, 0))
    yield "meter band length", mod(0, 1, 1, struct.pack("!HHII4x", 1, 8, 5, 5))
    yield "meter band cut off", mod(0, 1, 1, band(1, 5, 0)[:8])
    for number, name in ((9, "stats"), (10, "config")):
        yield "meter %s request" % name, stats(version, 0, number, struct.pack("!I4x", 5))
        yield "meter %s request all" % name, stats(version, 0, number, struct.pack("!I4x", ANY))
        yield "meter %s reply empty" % name, stats(version, 1, number, b"")
    config = lambda flags, n, bands: struct.pack("!HHI", 8 + len(bands), flags, n) + bands
    yield "meter config reply", stats(version, 1, 10, config(5, 1, band(1, 9, 8)) +
                                      config(2, 2, band(1, 9, 8) + band(2, 6, 5, 1)))
    yield "meter config reply cut off", stats(version, 1, 10, config(5, 1, band(1, 9, 8))[:-8])
    def counters(number, *bands):
        body = b"".join(struct.pack("!QQ", *x) for x in bands)
        return struct.pack("!IH6xIQQII", number, 40 + len(body), 4, 100, 6400, 5, 1000000) + body
    yield "meter stats reply", stats(version, 1, 9, counters(1, (1, 2), (3, 4)) + counters(2))
    yield "meter features request", stats(version, 0, 11, b"")
    yield "meter features reply", stats(version, 1, 11, struct.pack("!IIIBB2x", 1000, 6, 15, 8, 0))
    yield "meter features reply none", stats(version, 1, 11, struct.pack("!IIIBB2x", 0, 0, 0, 0, 9))


def bundles(version):
    def ctrl(*args, more=b""):
        body = struct.pack("!IHH", *args) + more
        return vendor(version, ONF, 2300, body) if version == OF13 else message(version, 33, body)

    def add(inner, flags=3):
        body = struct.pack("!I2xH", 5, flags) + inner
        return vendor(version, ONF, 2301, body) if version == OF13 else message(version, 34, body)

    for kind in range(9):
        yield "bundle control %d" % kind, ctrl(0x55, kind, kind & 3)
    yield "bundle control with a property", ctrl(1, 0, 3, more=prop(1, bytes(16)))
    yield "bundle add group", add(group_mod(version, 0, 0, 1, bucket(version)))
    yield "bundle add other xid", add(message(version, 20, b"", 99))
    yield "bundle add barrier", add(message(version, 20, b""))
    yield "bundle add nothing", add(b"")
    yield "bundle add too long", add(message(version, 20, b"")[:2] + b"\0\xff" + bytes(4))
    yield "bundle add too short", add(message(version, 20, b"")[:2] + b"\0\7" + bytes(4))
    yield "bundle add with padding", add(group_mod(version, 2, 0, ALL) + bytes(8))
    yield "bundle add of another version", add(group_mod(OF11, 2, 0, ALL))
    yield "bundle add unknown type", add(message(version, 77, b""))
    yield "bundle add meter", add(message(version, 29, struct.pack("!HHI", 2, 0, 1)))


NXM_IN_PORT = struct.pack("!IH", 0x00000002, 3)
NXM_IP = struct.pack("!IH", 0x00000602, 0x0800)


def oxm(*fields):
    body = b"".join(fields)
    return pad8(struct.pack("!HH", 1, 4 + len(body)) + body)


OXM_IN_PORT = struct.pack("!II", 0x80000004, 3)
OXM_IP = struct.pack("!IH", 0x80000A02, 0x0800)


def apply(version):
    action = output(version, 2)
    return struct.pack("!HH4x", 4, 8 + len(action)) + action


def monitor_stats(version, reply, body):
    if version <= OF12:
        return vendor_stats(version, reply, NICIRA, 2, body)
    if version == OF13:
        return vendor_stats(version, reply, ONF, 1870, body)
    return stats(version, reply, 16, body)


def flow_monitors(version):
    def ask(number, flags, port, table, fields=True, command=0, group=ANY, match_len=None):
        if version <= OF12:
            match = NXM_IN_PORT + NXM_IP if fields else b""
            return struct.pack("!IHHHB5x", number, flags, port & 0xFFFF, len(match) if match_len is
                               None else match_len, table) + pad8(match)
        match = oxm(OXM_IN_PORT, OXM_IP) if fields else oxm()
        if version == OF13:
            n = struct.unpack("!H", match[2:4])[0] if match_len is None else match_len
            return struct.pack("!IHHIB3x", number, flags, n, port, table) + match
        return struct.pack("!IIIHBB", number, port, group, flags, table, command) + match

    def update(event, reason=0, table=1, cookie=5, actions=True, fields=True, idle=7, hard=8,
               more=b""):
        acts = (output(version, 2) if version <= OF12 else apply(version)) if actions else b""
        acts += more
        if version <= OF13:
            match = NXM_IN_PORT if fields else b""
            if version == OF13:
                match = oxm(OXM_IN_PORT) if fields else oxm()
            n = len(match) if version <= OF12 else struct.unpack("!H", match[2:4])[0]
            match = pad8(match)
            return struct.pack("!HHHHHHHBxQ", 24 + len(match) + len(acts), event, reason, 9, idle,
                               hard, n, table, cookie) + match + acts
        match = oxm(OXM_IN_PORT) if fields else oxm()
        return struct.pack("!HHBBHHH4xQ", 24 + len(match) + len(acts), event, table, reason, idle,
                           hard, 9, cookie) + match + acts

    req = lambda *args, **kwargs: monitor_stats(version, 0, ask(*args, **kwargs))
    new = version >= OF14
    yield "monitor request", req(1, 0x5F if new else 0x3F, 0xFFFFFFFF, 0xFF, False)
    yield "monitor request with a match", req(1, 0x0B, 2, 3)
    for bit in range(5) if new else range(16):
        yield "monitor request flag %d" % bit, req(1, 1 << bit, ANY, 0xFF, False)
    yield "monitor request no flags", req(1, 0, ANY, 0xFF, False)
    yield "two monitor requests", monitor_stats(version, 0, ask(1, 2, 3, 4) + ask(2, 4, 5, 6, False))
    yield "monitor request empty", monitor_stats(version, 0, b"")
    yield "monitor request cut off", monitor_stats(version, 0, ask(1, 2, 3, 4)[:-8])
    yield "monitor request bad port", req(1, 2, 0x12345678, 4) if version >= OF13 else \
        req(1, 2, 0xFFFB, 4)
    if not new:
        yield "monitor request match too long", req(1, 2, 3, 4, match_len=80)
        yield "monitor request match too short", req(1, 2, 3, 4, match_len=3)
    else:
        for command in range(1, 4):
            yield "monitor request command %d" % command, req(1, 2, ANY, 0xFF, command=command)
        yield "monitor request group", req(1, 2, ANY, 0xFF, group=7)
    rep = lambda *updates: monitor_stats(version, 1, b"".join(updates))
    for event in range(9):
        yield "monitor update %d" % event, rep(update(event))
        yield "monitor update short %d" % event, rep(struct.pack("!HHI", 8, event, 0x1234))
    for reason in range(9):
        yield "monitor removed %d" % reason, rep(update(2 if new else 1, reason))
    yield "monitor update without actions", rep(update(1, actions=False, idle=0, hard=0))
    yield "monitor update matches all", rep(update(1, fields=False, cookie=0))
    yield "monitor updates", rep(update(1), update(3 if new else 2), struct.pack("!HHI", 8, 4 if new
                                                                               else 3, 9))
    yield "monitor update none", rep()
    yield "monitor update length 0", rep(struct.pack("!HHI", 0, 1, 0))
    yield "monitor update length odd", rep(struct.pack("!HHI", 12, 1, 0) + bytes(8))
    yield "monitor update too long", rep(struct.pack("!HHI", 64, 1, 0) + bytes(8))
    if version <= OF12:
        yield "monitor cancel", vendor(version, NICIRA, 21, struct.pack("!I", 77))
        yield "monitor paused", vendor(version, NICIRA, 22, b"")
        yield "monitor resumed", vendor(version, NICIRA, 23, b"")
    if version == OF13:
        yield "monitor cancel", vendor(version, ONF, 1870, struct.pack("!I", 77))
        yield "monitor paused", vendor(version, ONF, 1871, b"")
        yield "monitor resumed", vendor(version, ONF, 1872, b"")


def table_messages(version):
    def prop8(kind, *content):
        return struct.pack("!HH", kind, 8) + struct.pack(*content)

    def mod(table, config, props=b""):
        return message(version, 17, struct.pack("!B3xI", table, config) + props)

    for config in (0, 1, 2, 3, 4, 8, 12, 16):
        yield "table mod %d" % config, mod(5, config)
        yield "table mod all %d" % config, mod(255, config)
    if version < OF14:
        return
    eviction = prop8(2, "!I", 5)
    vacancy = prop8(3, "!BBBx", 20, 80, 40)
    yield "table mod eviction", mod(5, 4, eviction)
    yield "table mod eviction flags", mod(5, 4, prop8(2, "!I", 0x17))
    yield "table mod vacancy", mod(5, 8, prop8(3, "!BBBx", 20, 80, 0))
    yield "table mod vacancy now", mod(5, 8, vacancy)
    yield "table mod vacancy backwards", mod(5, 8, prop8(3, "!BBBx", 80, 20, 0))
    yield "table mod vacancy same", mod(5, 8, prop8(3, "!BBBx", 20, 20, 0))
    yield "table mod vacancy 101", mod(5, 8, prop8(3, "!BBBx", 20, 101, 0))
    yield "table mod both", mod(5, 12, eviction + prop8(3, "!BBBx", 20, 80, 0))
    yield "table mod unknown property", mod(5, 8, prop8(7, "!I", 0))
    yield "table mod experimenter", mod(5, 8, pad8(struct.pack("!HHII", 0xFFFF, 12, 1, 2)))
    yield "table mod property length", mod(5, 8, struct.pack("!HHQ4x", 3, 12, 0))

    def desc(table, config, props=b""):
        return struct.pack("!HBxI", 8 + len(props), table, config) + props

    yield "table desc request", stats(version, 0, 14, b"")
    yield "table desc reply", stats(version, 1, 14, desc(0, 12, eviction + vacancy) + desc(1, 0) +
                                    desc(2, 0, eviction + vacancy))
    yield "table desc reply of some", stats(version, 1, 14, desc(0, 4, eviction) + desc(9, 8,
                                                                                      vacancy))
    yield "table desc reply cut off", stats(version, 1, 14, desc(0, 4, eviction)[:-8])
    yield "table desc reply unknown property", stats(version, 1, 14, desc(0, 4, prop8(7, "!I", 0)))
    for reason in range(6):
        body = struct.pack("!B7x", reason) + desc(3, 12, eviction + vacancy)
        yield "table status %d" % reason, message(version, 31, body)
    inner = [group_mod(version, 0, 0, 1, bucket(version)),
             message(version, 29, struct.pack("!HHI", 2, 0, 1)), message(version, 20, b""),
             message(version, 29, b"")]
    for i, inside in enumerate(inner):
        yield "requestforward %d" % i, message(version, 32, inside)
    yield "requestforward too long", message(version, 32, inner[0][:2] + b"\1\0" + inner[0][4:])
    yield "requestforward too short", message(version, 32, inner[0][:8][:2] + b"\0\4" + bytes(4))
    yield "requestforward of nothing", message(version, 32, b"")


def tlv_tables(version):
    maps = struct.pack("!HBBH2x", 0xFFFF, 1, 4, 0) + struct.pack("!HBBH2x", 0x102, 0x80, 124, 63)
    for command in range(4):
        head = struct.pack("!H6x", command)
        yield "tlv mod %d" % command, vendor(version, NICIRA, 24, head + maps)
        yield "tlv mod %d without maps" % command, vendor(version, NICIRA, 24, head)
    for n in (0, 3, 5, 128, 252):
        one = struct.pack("!HBBH2x", 1, 2, n, 3)
        yield "tlv mod length %d" % n, vendor(version, NICIRA, 24, struct.pack("!H6x", 0) + one)
    yield "tlv mod index 64", vendor(version, NICIRA, 24, struct.pack("!H6xHBBH2x", 0, 1, 2, 4, 64))
    yield "tlv request", vendor(version, NICIRA, 25, b"")
    yield "tlv reply", vendor(version, NICIRA, 26, struct.pack("!IH10x", 256, 64) + maps)
    yield "tlv reply empty", vendor(version, NICIRA, 26, struct.pack("!IH10x", 256, 64))


def conntrack(version):
    def tuple_prop(kind, *props):
        return prop(kind, b"\0\0\0\0" + b"".join(props))

    addr = lambda kind, *bytes_: prop(kind, bytes(10) + b"\xff\xff" + bytes(bytes_))
    v6 = prop(0, bytes.fromhex("20010db8000000000000000000000001"))
    u16 = lambda kind, x: prop(kind, struct.pack("!H", x))
    flush = lambda proto, family, *props: vendor(
        version, NICIRA, 32, struct.pack("!BB6x", proto, family) + b"".join(props))
    yield "flush zone", vendor(version, NICIRA, 29, struct.pack("!6xH", 7))
    yield "flush zone not zero", vendor(version, NICIRA, 29, struct.pack("!6BH", 1, 0, 0, 0, 0, 0, 7))
    yield "flush all", flush(0, 0)
    yield "flush a zone", flush(0, 0, u16(2, 7))
    yield "flush orig", flush(6, 2, tuple_prop(0, addr(0, 10, 0, 0, 1), addr(1, 10, 0, 0, 2),
                                               u16(2, 80), u16(3, 81)))
    yield "flush orig and reply", flush(17, 2, tuple_prop(0, addr(0, 10, 0, 0, 1)),
                                        tuple_prop(1, addr(1, 10, 0, 0, 2)), u16(2, 9))
    yield "flush ipv6", flush(6, 10, tuple_prop(0, v6))
    yield "flush icmp", flush(1, 2, tuple_prop(0, addr(0, 10, 0, 0, 1), u16(4, 5), prop(5, b"\10"),
                                               prop(6, b"\1")))
    yield "flush unknown property", flush(6, 2, prop(9, b"\0\0\0\0"))
    yield "flush unknown tuple property", flush(6, 2, tuple_prop(0, prop(9, bytes(4))))
    yield "flush not zero", vendor(version, NICIRA, 32, struct.pack("!BBB5x", 6, 2, 1))


def ipfix(version):
    bridge = struct.pack("!10QI4x", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
    yield "ipfix bridge request", vendor_stats(version, 0, NICIRA, 3, b"")
    yield "ipfix bridge reply", vendor_stats(version, 1, NICIRA, 3, bridge)
    yield "ipfix flow request", vendor_stats(version, 0, NICIRA, 4, b"")
    yield "ipfix flow reply", vendor_stats(version, 1, NICIRA, 4, bridge + bridge)
    yield "ipfix flow reply none", vendor_stats(version, 1, NICIRA, 4, b"")


def packet_ins(version):
    packet = bytes.fromhex("ffffffffffff0000000000010806") + bytes(46)
    metadata = prop(6, NXM_IN_PORT)
    full = [prop(0, packet), prop(3, b"\2"), struct.pack("!HH4xQ", 4, 16, 99), prop(5, b"\1"),
            metadata, prop(7, b"\1\2\3")]
    pin2 = lambda *props: vendor(version, NICIRA, 30, b"".join(props))
    resume = lambda *props: vendor(version, NICIRA, 28, b"".join(props))
    yield "packet-in2", pin2(*full)
    yield "packet-in2 cut", pin2(*full, prop(1, struct.pack("!I", 1000)))
    yield "packet-in2 buffer", pin2(*full, prop(2, struct.pack("!I", 0x123)))
    yield "packet-in2 without packet", pin2(metadata)
    yield "packet-in2 unknown property", pin2(prop(0, packet), prop(77, b"\0\0\0\0"))
    yield "resume", resume(prop(0, packet), metadata)
    yield "resume without packet", resume(metadata)


def corpus():
    for version in VERSIONS:
        families = [group_mods, group_stats, flow_monitors, tlv_tables, conntrack, ipfix, packet_ins]
        families += [table_messages] if version >= OF11 else []
        families += [meters, bundles] if version >= OF13 else []
        for family in families:
            for name, data in family(version):
                yield "1.%d %s" % (version - 1, name), data.hex()
