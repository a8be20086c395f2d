# SPDX-License-Identifier: Apache-2.0
"""A switch that answers weft-ofctl with nonsense: hostile_switch.py SOCKET KIND. Serves one connection after the other."""
import os
import socket
import struct
import sys

path, kind = sys.argv[1:]


def message(kind, body=b"", xid=1, version=1, length=None):
    return struct.pack(">BBHI", version, kind, len(body) + 8 if length is None else length, xid) + body


def read(conn):
    head = b""
    while len(head) < 8:
        more = conn.recv(8 - len(head))
        if not more:
            return None
        head += more
    left = struct.unpack(">H", head[2:4])[0] - 8
    while left > 0:
        left -= len(conn.recv(left)) or left
    return head[1], struct.unpack(">I", head[4:8])[0]


def answer(conn, request, xid):
    stats = struct.pack(">HH", 0xFFFF, 1) + struct.pack(">III", 0x2320, 0, 0)  # NXST_FLOW, more to come
    if kind == "short-header":
        conn.sendall(message(request + 1, xid=xid, length=4))
    elif kind == "cut":
        conn.sendall(message(request + 1, b"x" * 16, xid=xid, length=1000))
    elif kind == "version":
        conn.sendall(message(request + 1, xid=xid, version=9))
    elif kind == "garbage":
        conn.sendall(os.urandom(65536))
    elif kind == "wrong-type":
        conn.sendall(message(0x13 if request != 0x12 else 0x14, xid=xid))
    elif kind == "bad-flows":
        conn.sendall(message(0x11, stats + struct.pack(">HBB", 0xFFFF, 0, 0) + b"\xff" * 100, xid=xid))
    elif kind == "bad-error":
        conn.sendall(message(1, b"\xb0\xc2", xid=xid))
    elif kind == "error":
        conn.sendall(message(1, struct.pack(">HH", 0x7777, 0x7777) + b"\xff" * 60000, xid=xid))
    elif kind == "unasked":
        for i in range(50):
            conn.sendall(message(10, b"\xff" * 100, xid=0x99999999))
            conn.sendall(message(2, b"echo", xid=0x99999999))
    elif not kind.endswith("hello") and kind != "other-version":
        sys.exit("unknown kind " + kind)


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(8)
while True:
    conn, _ = listener.accept()
    try:
        conn.sendall({"no-hello": message(5), "bad-hello": message(0, b"\0\1\0\377", length=12),
                      "other-version": message(0, version=1, body=b"\0\1\0\10\0\0\0\200")}.get(kind, message(0)))
        while True:
            request = read(conn)
            if request is None:
                break
            if request[0] == 0x12:
                conn.sendall(message(0x13, xid=request[1]))
            elif request[0] not in (0, 1, 3):
                answer(conn, *request)
                if kind != "error":
                    break
    except OSError:
        pass
    conn.close()
