#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Drives a bridge over the four connections that OVN's controller has, in OpenFlow 1.5, with flows as Open vSwitch's library encodes them.

usage: ovn_session.py SOCKET FLOWS DIRECTORY    the bridge's, a file of flows, and where to make a socket
"""
import os
import re
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from of_client import Client, Refused

NICIRA = 0x2320
PATH, FLOWS, DIRECTORY = sys.argv[1:]
FLOW_MOD, GROUP_MOD, METER_MOD, MULTIPART, BUNDLE_CONTROL, BUNDLE_ADD = 14, 15, 29, 18, 33, 34
ALL = 0xFFFFFFFF
DURATION, IDLE, PACKETS = 0, 1, 4  # of OXS
UNTIL_CONNTRACK = re.compile(r"\b(ct|ct_clear|sample)\b *[(,]")
PACKET = bytes.fromhex("0a0000000002" "0a0000000001" "0800" "4500001c000000004011" "66bf" "0a000001" "0a000002" "0044004300080000")


def encode(command, lines):
    """The flow-mods or group-mods that ovs-ofctl makes of the lines: it takes this program for a switch."""
    path, messages = os.path.join(DIRECTORY, "recorder.sock"), []
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(5)

    def serve():
        while True:
            try:
                conn = server.accept()[0]
            except OSError:
                return
            stream = conn.makefile("rb")
            conn.sendall(struct.pack("!BBHIHHI", 6, 0, 16, 1, 1, 8, 1 << 6))
            while True:
                head = stream.read(8)
                if len(head) < 8:
                    break
                _, kind, length, xid = struct.unpack("!BBHI", head)
                data = head + stream.read(length - 8)
                if kind in (FLOW_MOD, GROUP_MOD):
                    messages.append(data)
                elif kind == 20:
                    conn.sendall(struct.pack("!BBHI", 6, 21, 8, xid))
                elif kind == MULTIPART:  # neither tables nor ports
                    conn.sendall(struct.pack("!BBHIHH4x", 6, 19, 16, xid, *struct.unpack("!H", data[8:10]), 0))

    threading.Thread(target=serve, daemon=True).start()
    subprocess.run(["ovs-ofctl", "-O", "OpenFlow15", "--no-names", command, "unix:" + path, "-"], input="\n".join(lines).encode(), check=True,
                   timeout=30, stdout=subprocess.DEVNULL)
    server.close()
    os.unlink(path)
    return messages


def experimenter(c, subtype, body=b""):
    return c.raw(4, struct.pack("!II", NICIRA, subtype) + body)


def control(c, kind, number=0):
    return c.raw(BUNDLE_CONTROL, struct.pack("!IHH", number, kind, 3))


def add(c, message, number=0):
    """A message in a bundle, both with one xid."""
    c.xid += 1
    return c.raw(BUNDLE_ADD, struct.pack("!I2xH", number, 3) + message[:4] + struct.pack("!I", c.xid) + message[8:], c.xid)


def error_of(function, *arguments):
    try:
        function(*arguments)
        return None
    except Refused as error:
        return error.type, error.code


def check(condition, *words):
    if not condition:
        sys.exit(" ".join(map(str, words)))


def features(sample):
    c = Client.connect(PATH, 6, bitmap=True)
    meters, = c.ask_raw(c.p.OFPMeterFeaturesStatsRequest(c.dp, 0), multipart=True)
    check(len(meters) == 32 and struct.unpack("!I", meters[16:20])[0] >= 65535, "meters", meters.hex())
    c.barrier()
    groups, = c.ask_all(c.p.OFPGroupFeaturesStatsRequest(c.dp, 0))
    check(groups.max_groups[1] >= 65535, "select groups", groups.max_groups)
    c.barrier()
    c.ask_raw(control(c, 0))
    check(c.refusal(add(c, sample)) == (2, 3), "a sample in a bundle is not refused when it is added")
    check(error_of(c.ask_raw, control(c, 6)) is None, "the bundle is gone")
    c.barrier()
    print("ct-flush:", c.refusal(experimenter(c, 32, bytes(8))))
    c.barrier()


def flow_mod(command, table, match=struct.pack("!HH4x", 1, 4)):
    return struct.pack("!BBHI", 6, FLOW_MOD, 56, 0) + struct.pack("!QQBBHHHIIIHH", 0, 0, table, command, 0, 0, 0x8000, ALL, ALL, ALL, 0, 0) + match


def group_mod_delete_all():
    return struct.pack("!BBHI", 6, GROUP_MOD, 24, 0) + struct.pack("!HBxIH2xI", 2, 0, 0xFFFFFFFC, 0, ALL)


def refused_lines(c, lines):
    """Which flows are refused, each asked for by itself."""
    refused = []
    for line, message in zip(lines, encode("add-flows", lines)):
        error = c.refusal(message)
        if error:
            refused.append(line)
            print("refused with %d, %d: %s" % (*error, line))
        check(bool(error) == bool(UNTIL_CONNTRACK.search(line)), "otherwise than expected:", error, line)
    return refused


def instances(lines):
    """The shapes, for several logical datapaths and ports."""
    for datapath in range(1, 9):
        for line in lines:
            yield re.sub(r"\bQ\b", hex(datapath), re.sub(r"\bP\b", str(datapath + 1), re.sub(r"V\b", str(datapath), line)))


def ofctrl(lines):
    c = Client.connect(PATH, 6, bitmap=True)
    c.ask_raw(experimenter(c, 25))
    c.barrier()
    mapping = struct.pack("!H6xHBBHH", 0, 0x0102, 0x80, 4, 0, 0)
    c.do(experimenter(c, 24, mapping))
    reply = c.ask_raw(experimenter(c, 25))[0]
    check(struct.pack("!HBB", 0x0102, 0x80, 4) in reply, "no such tunnel option:", reply.hex())
    print("tunnel option a second time:", c.refusal(experimenter(c, 24, mapping)))
    groups = encode("add-groups", [
        "group_id=1,type=select,selection_method=dp_hash,selection_method_param=0x100000000,"
        "bucket=bucket_id:0,weight:100,actions=load:0xa000003->NXM_OF_IP_DST[],resubmit(,22),"
        "bucket=bucket_id:1,weight:100,actions=load:0xa000004->NXM_OF_IP_DST[],resubmit(,22)",
        "group_id=2,type=select,selection_method=hash,fields(eth_src,ip_proto,ip_src),bucket=bucket_id:1,watch_port:2,actions=output:2,"
        "bucket=bucket_id:2,watch_port:3,actions=output:3"])
    meter = c.raw(METER_MOD, struct.pack("!HHI", 0, 2 | 4 | 8, 1) + struct.pack("!HHII4x", 1, 16, 1000, 100))
    c.do(c.raw(METER_MOD, struct.pack("!HHI", 2, 1, ALL)), meter, *groups)
    some = [re.sub(r"\bQ\b", "0x1", re.sub(r"\bP\b", "1", re.sub(r"V\b", "1", line))) for line in lines]
    refused_lines(c, some)

    # All is replaced at once.
    good = [line for line in lines if not UNTIL_CONNTRACK.search(line)]
    flows = encode("add-flows", sorted(set(instances(good))))
    c.ask_raw(control(c, 0, 1))
    c.send(*(add(c, m, 1) for m in (flow_mod(3, 0xFF), group_mod_delete_all(), *groups, *flows)))
    check(error_of(c.ask_raw, control(c, 4, 1)) is None, "the bundle is refused")
    c.barrier()
    c.do(c.raw(METER_MOD, struct.pack("!HHI", 1, 2 | 4 | 8, 1) + struct.pack("!HHII4x", 1, 16, 2000, 100)))
    check(not c.unasked, "unasked:", [m.hex() for m in c.unasked])
    return c, len(flows)


def statistics(c, table):
    """What OFPMP_FLOW_DESC says of each flow of a table: its fields of OXS, by number."""
    flows = []
    for data in c.ask_raw(c.p.OFPFlowDescStatsRequest(c.dp, 0, table, c.o.OFPP_ANY, c.o.OFPG_ANY, 0, 0, c.p.OFPMatch()), multipart=True):
        at = 16
        while at < len(data):
            length, = struct.unpack("!H", data[at:at + 2])
            match_length, = struct.unpack("!H", data[at + 26:at + 28])
            fields, oxs = {}, at + 24 + (match_length + 7) // 8 * 8
            end = oxs + struct.unpack("!H", data[oxs + 2:oxs + 4])[0]
            oxs += 4
            while oxs < end:
                fields[data[oxs + 2] >> 1] = data[oxs + 4:oxs + 4 + data[oxs + 3]]
                oxs += 4 + data[oxs + 3]
            flows.append(fields)
            at += length
    return flows


def packet_in2(data):
    """The properties of an NXT_PACKET_IN2, by type."""
    check(struct.unpack("!II", data[8:16]) == (NICIRA, 30), "not a packet-in2:", data.hex())
    properties, at = {}, 16
    while at + 4 <= len(data):
        kind, length = struct.unpack("!HH", data[at:at + 4])
        check(4 <= length <= len(data) - at, "length of property", kind, length)
        properties[kind] = data[at + 4:at + length]
        at += (length + 7) // 8 * 8
    return properties


def inject(c, actions_table, datapath, in_port):
    """As pinctrl sends a packet: registers set, then the pipeline from some table."""
    resubmit = struct.pack("!HHIHHB3x", 0xFFFF, 16, NICIRA, 14, 0xFFF8, actions_table)
    fields = b"".join(struct.pack("!HHIQ", 25, 16, 0x80000408, datapath) if name == "metadata" else
                      struct.pack("!HHHBBI4x", 25, 16, 1, (14 if name == "reg14" else 15) << 1, 4, value)
                      for name, value in (("metadata", datapath), ("reg14", in_port)))
    actions = fields + resubmit
    match = struct.pack("!HHII4x", 1, 12, 0x80000004, 0xFFFFFFFD)
    c.send(c.raw(13, struct.pack("!IH2x", ALL, len(actions)) + match + actions + PACKET))


def pinctrl():
    c = Client.connect(PATH, 6, bitmap=True)
    c.ask_raw(c.raw(7))
    c.send(experimenter(c, 16, struct.pack("!I", 2)), c.raw(9, struct.pack("!HH", 0, 0xFFFF)))
    c.barrier()
    # A DHCP request comes with what to do about it, and is resumed as it was.
    inject(c, 27, 2, 3)
    kind, _, data = c.read()
    check(kind == 4, "instead of a packet-in:", data.hex())
    p = packet_in2(data)
    check(p[0].startswith(PACKET), "packet", p[0].hex())
    check(p[3][-1:] and 27 in p[3], "table", p[3].hex())
    check(p[5][0] == 1, "reason", p[5].hex())
    check(struct.pack("!IQ", 0x80000408, 2) in p[6] and struct.pack("!HBBI", 1, 14 << 1, 4, 3) in p[6], "metadata", p[6].hex())
    check(bytes(p[7]).hex().startswith("000000020000000000" "01de1000000063"), "userdata", p[7].hex())
    check(8 in p, "no continuation")
    body = b"".join(struct.pack("!HH", kind, 4 + len(p[kind])) + p[kind] + bytes(-len(p[kind]) % 8 and (4 - len(p[kind])) % 8)
                    for kind in (0, 3, 4, 5, 6, 8) if kind in p)
    c.do(experimenter(c, 28, body))
    return c


def main():
    with open(FLOWS) as f:
        lines = [line.strip() for line in f if line.strip() and line[0] != "#"]
    sample = encode("add-flows", ["actions=sample(probability=1,collector_set_id=1)"])[0]
    features(sample)
    ofctrl_conn, n = ofctrl(lines)
    pinctrl_conn = pinctrl()
    c = Client.connect(PATH, 6, bitmap=True)
    flows = statistics(c, c.o.OFPTT_ALL)
    check(len(flows) == n, "flows of the bundle:", len(flows), "of", n)
    # What was never hit has been idle since it was made.
    unused = statistics(c, 66)
    check(unused and all(f[DURATION][:4] == f[IDLE][:4] and not any(f[PACKETS]) for f in unused), "never hit:", unused)
    check(sum(any(f[PACKETS]) for f in statistics(c, 27)) == 1, "flows that the packet hit")
    for conn in ofctrl_conn, pinctrl_conn, c:
        conn.barrier()
        check(not conn.unasked, "unasked:", [m.hex() for m in conn.unasked])
    print("%d flows of %d shapes" % (n, len(lines)))


main()
