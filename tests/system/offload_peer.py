# SPDX-License-Identifier: Apache-2.0
"""An end of a network that sends packets with offload debts, and checks what comes of the others'.

    offload_peer.py NUMBER DEVICE|PROGRAM:ARGUMENT DIRECTORY

The device, or what speaks vhost-user (tests/system/vhost_pipe.c), carries virtio-net headers. Ends have the numbers 0 to 9 and the MAC
address 02:00:00:00:00:0NUMBER. Once a file "goNUMBER" is in the directory, with one of KINDS and numbers, it sends a packet of that kind to
each of the numbers and one to everybody. Each that has come, whole and with the right checksums, becomes a line "FROM KIND to-me|to-all" in the file "gotNUMBER"; what is wrong
becomes a line there that begins with "bad".
"""
import os
import select
import socket
import struct
import subprocess
import sys

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
SO_RCVBUFFORCE = 33
NEEDS_CSUM, TCPV4, TCPV6 = 1, 1, 4
MSS, LONG, SHORT = 1300, 15000, 1000
KINDS = ["tcp4-super", "tcp6-super", "tcp4-partial", "udp6-partial"]
TO_ALL = 100  # added to the number of the kind


def fold(data, start=0):
    if len(data) % 2:
        data += b"\0"
    total = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def payload(source, kind, length):
    return bytes((i * 7 + (i >> 8) + source * 13 + kind) & 0xFF for i in range(length))


def pseudo(l3, length, proto):
    if l3[0] >> 4 == 4:
        return l3[12:20] + struct.pack("!HH", proto, length)
    return l3[8:40] + struct.pack("!IHH", length, 0, proto)


def make(source, target, kind, to_all):
    name = KINDS[kind]
    v4, tcp, gso = "4" in name, "tcp" in name, "super" in name
    data = payload(source, kind, LONG if gso else SHORT)
    ports = struct.pack("!HH", 1000 + source, 2000 + kind + (TO_ALL if to_all else 0))
    proto = 6 if tcp else 17
    length = (20 if tcp else 8) + len(data)
    if v4:
        l3 = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0, 64, proto, 0, bytes([10, 9, 0, source]), bytes([10, 9, 1, target]))
        l3 = l3[:10] + struct.pack("!H", 0xFFFF ^ fold(l3)) + l3[12:]
    else:
        address = bytes([0xFD, 9]) + bytes(13)
        l3 = struct.pack("!IHBB", 0x60000000, length, proto, 64) + address + bytes([source]) + address + bytes([0x10 + target])
    owed = fold(pseudo(l3, length, proto))
    if tcp:
        l4 = ports + struct.pack("!IIBBHHH", 1, 1, 0x50, 0x10, 1000, owed, 0)
    else:
        l4 = ports + struct.pack("!HH", length, owed)
    mac = b"\xff" * 6 if to_all else bytes([2, 0, 0, 0, 0, target])
    packet = mac + bytes([2, 0, 0, 0, 0, source]) + (b"\x08\x00" if v4 else b"\x86\xdd") + l3 + l4 + data
    start = 14 + len(l3)
    header = struct.pack("<BBHHHH", NEEDS_CSUM, (TCPV4 if v4 else TCPV6) if gso else 0, start + 20 if gso else 0, MSS if gso else 0,
                         start, 16 if tcp else 6)
    return header, packet


class Receiver:
    def __init__(self, number, log):
        self.number, self.log, self.parts = number, log, {}

    def say(self, text):
        self.log.write(text + "\n")
        self.log.flush()

    def take(self, header, packet):
        if len(packet) < 54 or packet[6:11] != bytes([2, 0, 0, 0, 0]) or packet[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            return
        v4 = packet[12] == 8
        l3 = packet[14:]
        proto = l3[9] if v4 else l3[6]
        l3_len = 20 if v4 else 40
        if proto not in (6, 17) or len(l3) < l3_len + 20:
            return
        source, kind = struct.unpack_from("!HH", l3, l3_len)
        source, to_all, kind = source - 1000, kind - 2000 >= TO_ALL, (kind - 2000) % TO_ALL
        if not (0 <= source < 10 and 0 <= kind < len(KINDS)):
            return
        what = f"{source} {KINDS[kind]} {'to-all' if to_all else 'to-me'}"
        if not to_all and packet[5] != self.number:
            return self.say(f"bad: {what}: it is {packet[5]}'s") if packet[0] == 2 and packet[5] == 99 else None
        problem = self.check(header, l3, v4, l3_len, proto, (source, kind, to_all))
        if problem:
            self.say(f"bad: {what}: {problem}")
        elif sum(map(len, self.parts[source, kind, to_all].values())) == (LONG if "super" in KINDS[kind] else SHORT):
            self.say(what)

    def check(self, header, l3, v4, l3_len, proto, key):
        flags, gso, _, mss, start, offset = struct.unpack("<BBHHHH", header[:10])
        length = struct.unpack_from("!H", l3, 2)[0] if v4 else struct.unpack_from("!H", l3, 4)[0] + 40
        if length != len(l3) and not (length < len(l3) <= 46):
            return f"{len(l3)} bytes, the header says {length}"
        if v4 and fold(l3[:20]) != 0xFFFF:
            return "IP checksum"
        l4 = l3[l3_len:length]
        at = 16 if proto == 6 else 6
        head = 20 if proto == 6 else 8
        sum_before = pseudo(l3, len(l4), proto)
        if flags & NEEDS_CSUM:
            if (start, offset) != (14 + l3_len, at):
                return f"checksum owed at {start}+{offset}"
            if struct.unpack_from("!H", l4, at)[0] != fold(sum_before):
                return "owed checksum"
        elif fold(l4, fold(sum_before)) != 0xFFFF:
            return "checksum"
        if gso and (gso & 0x7F != (TCPV4 if v4 else TCPV6) or mss != MSS):
            return f"segmentation owed: {gso} {mss}"
        if not gso and len(l4) - head > max(MSS, SHORT):
            return f"{len(l4) - head} bytes in one segment"
        data = l4[head:]
        seq = struct.unpack_from("!I", l4, 4)[0] - 1 if proto == 6 else 0
        source, kind, _ = key
        if data != payload(source, kind, LONG)[seq:seq + len(data)]:
            return f"bytes at {seq}"
        parts = self.parts.setdefault(key, {})
        if seq in parts:
            return f"bytes at {seq} twice"
        parts[seq] = data
        return None


class Device:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.bind((name, 3))

    def fileno(self):
        return self.socket.fileno()

    def send(self, header, packet):
        self.socket.send(header + packet)

    def receive(self):
        data = self.socket.recv(1 << 17)
        return data[:10], data[10:]


class Pipe:
    """Length, header of twelve bytes, packet; both ways."""

    def __init__(self, words):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def fileno(self):
        return self.process.stdout.fileno()

    def send(self, header, packet):
        self.process.stdin.write(struct.pack("<I", 12 + len(packet)) + header + b"\0\0" + packet)

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.process.stdout.read(n - len(data))
            if not more:
                sys.exit("the guest's end is gone")
            data += more
        return data

    def receive(self):
        data = self.read(struct.unpack("<I", self.read(4))[0])
        return data[:10], data[12:]


def main():
    number, directory = int(sys.argv[1]), sys.argv[3]
    end = Pipe(sys.argv[2].split(":")) if ":" in sys.argv[2] else Device(sys.argv[2])
    go = f"{directory}/go{number}"
    # The switch learns where it is.
    hello = b"\xff" * 6 + bytes([2, 0, 0, 0, 0, number]) + b"\x88\xb5" + bytes(50)
    with open(f"{directory}/got{number}", "w", encoding="ascii") as log:
        receiver = Receiver(number, log)
        end.send(bytes(10), hello)
        while True:
            if select.select([end], [], [], 0.05)[0]:
                receiver.take(*end.receive())
            elif os.path.exists(go):
                with open(go, encoding="ascii") as file:
                    name, *targets = file.read().split()
                os.unlink(go)
                for target in targets:
                    end.send(*make(number, int(target), KINDS.index(name), False))
                end.send(*make(number, 9, KINDS.index(name), True))


main()
