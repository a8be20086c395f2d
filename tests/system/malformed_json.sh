#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Garbage on the database's and the control sockets: that connection closes or gets an error, nothing else happens.
. "$(dirname "$0")/lib.sh"

start_vswitchd --enable-dummy
control=$(ls "$WEFT_RUNDIR"/weft-vswitchd.*.ctl)
pid=${DAEMON_PID[weft-vswitchd]}

python3 - "$WEFT_RUNDIR/db.sock" "$control" <<'END' || fail "a connection did not end as it should"
import json, os, socket, sys

HOSTILE = {
    "no JSON": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zero bytes": bytes(1000),
    "binary": bytes(range(256)) * 16,
    "half a number": b'{"id": 1e, "method"',
    "bad UTF-8": b'{"id":1,"method":"\xff\xfe\xc0\x80","params":[]}',
    "a lone surrogate": b'{"id":1,"method":"\\ud800","params":[]}',
    "deep arrays": b"[" * 1000000,
    "deep objects": b'{"a":' * 1000000,
    "not an object": b"[1,2,3]",
    "no method": b'{"id":1,"params":[]}',
    "params that are no array": b'{"id":1,"method":"echo","params":{}}',
    "a method that is no string": b'{"id":1,"method":["echo"],"params":[]}',
    "an answer nobody asked for": b'{"id":99,"result":[],"error":null}',
    "a huge string": b'{"id":1,"method":"echo","params":["' + b"x" * 80000000,
    "a number out of range": b'{"id":1' + b"0" * 1000 + b',"method":"echo","params":[1e999999]}',
    "many keys": b'{"id":1,"method":"echo","params":[{' + b",".join(b'"k%d":1' % i for i in range(100000)) + b"}]} }",
}


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path)
    return s


def ask(s, method, params):
    s.sendall(json.dumps({"id": "me", "method": method, "params": params}).encode())
    text = ""
    while True:
        data = s.recv(65536)
        assert data, "the well-behaved connection was closed"
        text += data.decode()
        try:
            return json.loads(text)
        except ValueError:
            pass


def outcome(path, data):
    """Sends it all; the peer either closes, or answers with an error, or waits for the rest."""
    s = connect(path)
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while True:
            more = s.recv(65536)
            if not more:
                return "closed after: " + answer[:80].decode(errors="replace")
            answer += more
    except (BrokenPipeError, ConnectionResetError):
        return "closed at once"


calls = {sys.argv[1]: ("list_dbs", []), sys.argv[2]: ("version", [])}
for path, call in calls.items():
    bystander = connect(path)
    half = connect(path)
    half.sendall(b'{"id":1,"method":"ec')
    for name, data in HOSTILE.items():
        how = outcome(path, data)
        reply = ask(bystander, *call)
        assert reply["error"] is None, (name, reply)
        print(os.path.basename(path), name, how)
    half.sendall(json.dumps({"x": 1})[:0].encode() + b'ho","params":[]}')
    half.close()

# Database requests of all wrong shapes: an error each, on a connection that stays.
s = connect(sys.argv[1])
for method, params in [
    ("no_such_method", []), ("transact", []), ("transact", [1]), ("transact", ["nosuchdb"]),
    ("transact", ["Open_vSwitch", 5]), ("transact", ["Open_vSwitch", {"op": 7}]), ("transact", ["Open_vSwitch", {"op": "fly"}]),
    ("transact", ["Open_vSwitch", {"op": "insert", "table": "Nosuch", "row": {}}]),
    ("transact", ["Open_vSwitch", {"op": "insert", "table": "Bridge", "row": {"name": ["set", [1, "a"]]}}]),
    ("transact", ["Open_vSwitch", {"op": "select", "table": "Bridge", "where": [["name", "~", 1]]}]),
    ("transact", ["Open_vSwitch", {"op": "mutate", "table": "Bridge", "where": 3, "mutations": None}]),
    ("transact", ["Open_vSwitch", {"op": "wait", "table": "Bridge", "timeout": -1, "where": [], "columns": [], "until": "=", "rows": []}]),
    ("monitor", ["Open_vSwitch"]), ("monitor", ["Open_vSwitch", None, {"Nosuch": {}}]), ("monitor", ["Open_vSwitch", None, {"Bridge": 1}]),
    ("monitor_cond", ["Open_vSwitch", None, {"Bridge": [{"where": [["name"]]}]}]), ("monitor_cancel", [7]),
    ("cancel_not", []), ("lock", []), ("lock", [5]), ("unlock", ["nosuchlock!"]), ("steal", [[]]), ("get_schema", ["nosuchdb"]),
]:
    reply = ask(s, method, params)
    text = json.dumps(reply)
    assert reply["id"] == "me" and "error" in text and not (reply["error"] is None and "error" not in json.dumps(reply["result"])), reply
    assert reply["error"] is not None or '"error": ' in json.dumps(reply["result"]), (method, params, reply)
assert ask(s, "list_dbs", [])["error"] is None

# Control commands with too many, too long and unknown words.
s = connect(sys.argv[2])
for method, params in [("nosuch", []), ("version", ["x"] * 1000), ("vlog/set", ["x" * 1000000]), ("fdb/show", [5]), ("ofproto/trace", [None]),
                       ("fdb/show", ["%n%s"]), ("ofproto/trace", ["br0", "(" * 100000]), ("time/warp", ["-1"]), ("time/warp", ["1e9"])]:
    reply = ask(s, method, params)
    assert reply["error"], (method, reply)
END

# The switch that heard all this is the one that was started, and it works.
daemon_runs weft-vswitchd || fail "weft-vswitchd ended"
expect_eq "$(head -n 1 "$WEFT_RUNDIR/weft-vswitchd.pid")" "$pid" "process id"
weft-vsctl --timeout=20 add-br br0 -- set Bridge br0 datapath_type=dummy
expect_match "$(weft-appctl fdb/show br0)" 'port  VLAN  MAC' "fdb/show"
[ "$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")" -lt 500000 ] || fail "the memory of long messages was not given back"
