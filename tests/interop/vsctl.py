#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds weft-vsctl against Debian's ovs-vsctl, command line by command line.

Both run each line on a database of their own. Their output, exit code and messages must be the same but for UUIDs, and so must
what is then in the databases. Where it says so, both run on the same database, and their output must be the same to the letter.

usage: vsctl.py WEFT-VSCTL COMMANDS THEIR-SOCKET OUR-SOCKET [OPTION...]

COMMANDS is a file of lines. "[SECTION]" empties both databases, and a line that begins with '#' is a comment. Before a command
line may stand words that end in ':', such as "sort: same: list Port":
    same:   both run on the database of theirs
    sort:   the records of the output come in any order
    words:  messages may be worded differently
    fails:  theirs is wrong, or a crash; ours must fail with a message
    schema: only where both databases have the schema of ovs-vsctl
"""
import hashlib
import json
import re
import shlex
import socket
import subprocess
import sys

WEFT, COMMANDS, THEIR_SOCKET, OUR_SOCKET, *OPTIONS = sys.argv[1:]
TIMEOUT_S = 30
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\S+\|\d+\|[a-z_]+\|([A-Z]+)\|")
FLAGS = ("same", "sort", "words", "fails", "schema")


class Database:
    """A connection of our own to a server, to look into the database and to empty it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(path)
        self.text = ""
        self.tables = self.call("get_schema", "Open_vSwitch")["tables"]

    def call(self, method, *params):
        self.socket.sendall(json.dumps({"method": method, "params": params, "id": 0}).encode())
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.text)
            except ValueError:
                data = self.socket.recv(1 << 20)
                if not data:
                    raise EOFError("the server has closed the connection")
                self.text += data.decode()
                continue
            self.text = self.text[end:].lstrip()
            if message.get("id") == 0 and message.get("error") is None:
                return message["result"]
            raise ValueError(message)

    def transact(self, *operations):
        results = self.call("transact", "Open_vSwitch", *operations)
        errors = [r for r in results if r and "error" in r]
        if errors:
            raise ValueError(errors)
        return results

    def empty(self):
        self.transact(*({"op": "delete", "table": table, "where": []} for table in self.tables))

    def rows(self, columns):
        """The rows, each with its table, as a list that does not depend on UUIDs."""
        results = self.transact(*({"op": "select", "table": t, "where": [], "columns": c + ["_uuid"]} for t, c in columns.items()))
        rows = {}
        for table, result in zip(columns, results):
            for row in result["rows"]:
                rows[row.pop("_uuid")[1]] = (table, json.dumps(row, sort_keys=True))
        names = {uuid: table for uuid, (table, _) in rows.items()}
        for _ in range(6):  # each round lets a row's name tell of rows one reference further away
            names = {uuid: table + hashlib.sha1(canonical(text, names).encode()).hexdigest()
                     for uuid, (table, text) in rows.items()}
        return sorted(f"{table} {brief(text)}  {names[uuid]}" for uuid, (table, text) in rows.items())


def brief(text):
    """The row without what is empty, and with no UUIDs."""
    row = json.loads(canonical(text, {}))
    return json.dumps({k: v for k, v in row.items() if v not in (["set", []], ["map", []], "", 0, False)}, sort_keys=True)


def canonical(text, names):
    """The JSON text with each UUID replaced by its name, and sets and maps in the order that this gives."""

    def order(value):
        if isinstance(value, dict):
            return {k: order(v) for k, v in value.items()}
        if isinstance(value, list):
            value = [order(v) for v in value]
            if len(value) == 2 and value[0] in ("set", "map") and isinstance(value[1], list):
                value[1].sort(key=json.dumps)
                if value[0] == "set" and len(value[1]) == 1:
                    return value[1][0]
        return value

    return json.dumps(order(json.loads(UUID.sub(lambda m: names.get(m[0], "UUID"), text))), sort_keys=True)


class Run:
    """A program at work; finish() waits for it and reads its results."""

    def __init__(self, program, words, path):
        self.process = subprocess.Popen([program, f"--db=unix:{path}", *OPTIONS, *words], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self):
        try:
            out, err = self.process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        self.code = self.process.returncode
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace").replace("ovs-", "weft-").replace("openvswitch", "weft")
        # What modules log beside the message of the tool itself.
        lines = [LOG_LINE.sub(r"\1|", line) for line in self.err.splitlines()]
        self.err = "\n".join(line for line in lines if not line.startswith("WARN|transaction error"))
        return self


def sort_records(text):
    separator = "\n\n" if "\n\n" in text else "\n"
    return sorted(text.strip("\n").split(separator))


def compare(flags, theirs, ours):
    """What differs, as a list of texts."""
    their_out, our_out = theirs.out, ours.out
    their_err, our_err = theirs.err, ours.err
    if "fails" in flags:
        return [] if ours.code == 1 and our_err.startswith("weft-vsctl: ") and not our_out else [f"ours: {ours.code} {our_out}{our_err}"]
    if "same" not in flags:
        their_out, our_out = UUID.sub("UUID", their_out), UUID.sub("UUID", our_out)
        their_err, our_err = UUID.sub("UUID", their_err), UUID.sub("UUID", our_err)
    if "sort" in flags:
        their_out, our_out = sort_records(their_out), sort_records(our_out)
    if "words" in flags:
        their_err, our_err = bool(their_err), bool(our_err)
    pairs = [("output", their_out, our_out), ("exit code", theirs.code, ours.code), ("messages", their_err, our_err)]
    return [f"{what}: theirs:\n{a}\n{what}: ours:\n{b}" for what, a, b in pairs if a != b]


def main():
    theirs, ours = Database(THEIR_SOCKET), Database(OUR_SOCKET)
    columns = {t: sorted(c for c, d in theirs.tables[t]["columns"].items() if c in ours.tables[t]["columns"])
               for t in theirs.tables if t in ours.tables}
    for table, column in ("Open_vSwitch", "cur_cfg"), ("Open_vSwitch", "next_cfg"), ("Interface", "ofport"):
        columns[table].remove(column)
    section, failures, n = "", 0, 0
    broken = False
    for number, line in enumerate(open(COMMANDS), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section, broken = line, False
            theirs.empty()
            ours.empty()
            continue
        if broken:
            continue
        flags = set()
        while line.split(" ", 1)[0][-1] == ":" and line.split(":", 1)[0] in FLAGS:
            flag, line = line.split(":", 1)
            flags.add(flag)
            line = line.lstrip()
        if "schema" in flags and theirs.tables != ours.tables:
            continue
        words = shlex.split(line)
        n += 1
        our_run = Run(WEFT, words, THEIR_SOCKET if "same" in flags else OUR_SOCKET)
        their_run = our_run if "fails" in flags else Run("ovs-vsctl", words, THEIR_SOCKET)
        problems = compare(flags, their_run.finish(), our_run if "fails" in flags else our_run.finish())
        a, b = theirs.rows(columns), ours.rows(columns)
        if a != b:
            problems += ["only in their database: " + row for row in a if row not in b]
            problems += ["only in our database: " + row for row in b if row not in a]
        if problems:
            failures += 1
            print(f"{COMMANDS}:{number}: {section} {line}", *problems, sep="\n", end="\n\n", file=sys.stderr)
            broken = a != b  # the rest of the section would say the same
    print(f"{n} command lines, {failures} differences")
    sys.exit(1 if failures or not n else 0)


main()
