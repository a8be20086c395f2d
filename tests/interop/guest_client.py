#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Talks to a QEMU guest, or to the QEMU around it.

usage: guest_client.py run SOCKET SECONDS COMMAND   a shell command in the guest: prints its output, ends with its status
       guest_client.py qmp SOCKET SECONDS JSON...   requests to QEMU's monitor: prints what each returns

A guest that does not answer in time is status 124, one that is not there 125.
"""
import base64
import json
import os
import socket
import sys
import time


class Gone(Exception):
    """Nobody is at the other end, or he did not answer in time."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Lines:
    """A Unix socket, read by lines until a deadline."""

    def __init__(self, path, seconds):
        self.deadline = time.monotonic() + seconds
        self.buffer = b""
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
        except OSError as error:
            raise Gone(125, f"{path}: {error.strerror}") from error

    def send(self, data):
        try:
            self.socket.settimeout(max(self.deadline - time.monotonic(), 0.01))
            self.socket.sendall(data)
        except socket.timeout as error:
            raise Gone(124, "no answer in time") from error
        except OSError as error:
            raise Gone(125, error.strerror) from error

    def line(self):
        while b"\n" not in self.buffer:
            try:
                self.socket.settimeout(max(self.deadline - time.monotonic(), 0.01))
                data = self.socket.recv(65536)
            except socket.timeout as error:
                raise Gone(124, "no answer in time") from error
            except OSError as error:
                raise Gone(125, error.strerror) from error
            if not data:
                raise Gone(125, "the connection was closed")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")


def run(path, seconds, command):
    lines = Lines(path, seconds)
    ident = os.urandom(8).hex().encode()
    # The empty line ends what an earlier client may have left half said.
    lines.send(b"\n" + ident + b" " + base64.b64encode(command.encode()) + b"\n")
    while True:
        words = lines.line().split(b" ")
        if words[0] == ident and len(words) == 3:
            output = base64.b64decode(words[2])
            if output:
                sys.stdout.buffer.write(output + b"\n")
            return int(words[1])


def qmp(path, seconds, *requests):
    lines = Lines(path, seconds)
    lines.line()
    for request in ('{"execute": "qmp_capabilities"}',) + requests:
        lines.send(request.encode() + b"\n")
        while True:
            answer = json.loads(lines.line())
            if "error" in answer:
                print(f"{request}: {answer['error']['desc']}", file=sys.stderr)
                return 1
            if "return" in answer:
                break
        if "qmp_capabilities" not in request:
            print(json.dumps(answer["return"]))
    return 0


try:
    sys.exit({"run": run, "qmp": qmp}[sys.argv[1]](sys.argv[2], float(sys.argv[3]), *sys.argv[4:]))
except Gone as gone:
    print(f"{sys.argv[2]}: {gone}", file=sys.stderr)
    sys.exit(gone.status)
