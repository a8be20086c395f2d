#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Passes one connection on to a database server, and tells what the client had it send at first.

usage: vsctl_traffic.py LISTEN-SOCKET SERVER-SOCKET

Prints a line "TABLE: COLUMN..." for each table of the "monitor" request, both sorted, and "bytes: N", the length of the reply.
"""
import json
import select
import socket
import sys

LISTEN, SERVER = sys.argv[1:]
TIMEOUT_S = 30


class Messages:
    """Cuts a stream of JSON texts into messages: the parsed one, and its length."""

    def __init__(self):
        self.text = ""

    def feed(self, data):
        self.text += data.decode()
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.text)
            except ValueError:
                return
            self.text = self.text[end:].lstrip()
            yield message, end


listener = socket.socket(socket.AF_UNIX)
listener.bind(LISTEN)
listener.listen(1)
listener.settimeout(TIMEOUT_S)
client, _ = listener.accept()
server = socket.socket(socket.AF_UNIX)
server.connect(SERVER)
peers = {client: server, server: client}
streams = {client: Messages(), server: Messages()}
monitor_id = None
lines = []
while True:
    ready, _, _ = select.select(list(peers), [], [], TIMEOUT_S)
    if not ready:
        sys.exit("nothing was said for %d s" % TIMEOUT_S)
    data = ready[0].recv(1 << 16)
    if not data:
        break
    for message, length in streams[ready[0]].feed(data):
        if message.get("method") == "monitor":
            monitor_id = message["id"]
            for table, request in sorted(message["params"][2].items()):
                lines.append(" ".join([table + ":"] + sorted(request["columns"])))
        elif ready[0] is server and monitor_id is not None and message.get("id") == monitor_id and "result" in message:
            lines.append("bytes: %d" % length)
            monitor_id = None
    peers[ready[0]].sendall(data)
print("\n".join(lines))
