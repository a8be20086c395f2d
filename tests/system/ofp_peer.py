#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A controller that does nothing: it says hello and answers echo requests.

usage: ofp_peer.py listen ADDRESS         for any number of switches
       ofp_peer.py silent ADDRESS         the same, but says nothing at all
       ofp_peer.py connect ADDRESS FILE   to a switch; writes the in_port of each packet-in to FILE
       ofp_peer.py stall ADDRESS          to a switch; reads nothing more after the hello

ADDRESS is that of a socket: HOST PORT, or unix PATH.
"""
import socket
import struct
import sys
import threading

VERSION, HELLO, ECHO_REQUEST, ECHO_REPLY, PACKET_IN = 1, 0, 2, 3, 10


def message(kind, body=b"", xid=1):
    return struct.pack("!BBHI", VERSION, kind, 8 + len(body), xid) + body


def read(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def serve(sock, packets=None):
    try:
        sock.sendall(message(HELLO))
        while True:
            _, kind, length, xid = struct.unpack("!BBHI", read(sock, 8))
            body = read(sock, length - 8)
            if kind == ECHO_REQUEST:
                sock.sendall(message(ECHO_REPLY, body, xid))
            elif kind == PACKET_IN and packets:
                packets.write("%d\n" % struct.unpack("!H", body[6:8]))
                packets.flush()
    except (EOFError, OSError):
        sock.close()


def main():
    mode, host, port = sys.argv[1:4]
    if host == "unix":
        sock, address = socket.socket(socket.AF_UNIX), port
    else:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        address = (host, int(port))
    if mode == "connect":
        sock.connect(address)
        serve(sock, open(sys.argv[4], "w"))
        return
    if mode == "stall":
        sock.connect(address)
        sock.sendall(message(HELLO))
        threading.Event().wait()
    sock.bind(address)
    sock.listen(5)
    silent = []
    while True:
        conn = sock.accept()[0]
        if mode == "silent":
            silent.append(conn)
        else:
            threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
