#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-vsctl does and says what Debian's ovs-vsctl does, on Weft's database server and on Debian's.
. "$(dirname "$0")/../system/lib.sh"
need_tools ovs-vsctl ovsdb-server ovsdb-tool python3

cd "$TESTDIR"
schema=/usr/share/openvswitch/vswitch.ovsschema
[ -e "$schema" ] || skip "needs $schema"
weft="$builddir/utilities/weft-vsctl"

# serve_debian NAME and serve_weft NAME: an empty database on NAME.sock.
serve_debian() {
    ovsdb-tool create "$1.db" "$schema"
    ovsdb-server "$1.db" --remote="punix:$TESTDIR/$1.sock" --unixctl="$TESTDIR/$1.ctl" --log-file="$TESTDIR/$1.log" \
        </dev/null >"$1.out" 2>&1 &
    on_exit "stop_pid $!"
    wait_until "[ -S '$TESTDIR/$1.sock' ]"
}

serve_weft() {
    # It serves until its standard input ends, which does not happen before this script does.
    mkfifo "$1.in"
    "$builddir/tests/interop/ovsdb_serve" "$TESTDIR/$1.db" "punix:$TESTDIR/$1.sock" <>"$1.in" >"$1.out" 2>&1 &
    on_exit "stop_pid $!"
    wait_until "[ -S '$TESTDIR/$1.sock' ]"
}

compare() {
    python3 "$srcdir/tests/interop/vsctl.py" "$weft" "$srcdir/tests/interop/vsctl_commands.txt" "$@" \
        || fail "weft-vsctl and ovs-vsctl differ on $1"
}

serve_debian debian1
serve_debian debian2
compare "$TESTDIR/debian1.sock" "$TESTDIR/debian2.sock" --no-wait

serve_weft weft1
serve_weft weft2
compare "$TESTDIR/weft1.sock" "$TESTDIR/weft2.sock"

# --- What needs a switch behind the database, or another client beside this one.
db="--db=unix:$TESTDIR/weft1.sock"
vsctl() { timeout 30 "$weft" "$db" "$@"; }

# A new interface that could not be set up: the change is made, and the exit code tells.
vsctl --if-exists del-br br0 -- add-br br0
status=0
message=$(vsctl add-port br0 good -- add-port br0 bad0 2>&1) || status=$?
expect_eq $status 65 "exit code for a bad interface"
expect_match "$message" "^weft-vsctl: Error detected while setting up 'bad0': .*\.  See weft-vswitchd log for details\.$" "message"
expect_match "$message" 'The default log directory is ' "where the log is"
expect_eq "$(vsctl list-ports br0 | xargs)" "bad0 good" "ports in spite of the error"
vsctl --no-wait add-port br0 bad1
vsctl set Interface bad0 external_ids:a=b # not new any more
status=0
vsctl -t 1 wait-until Interface nosuch 2>/dev/null || status=$?
expect_eq $status 142 "exit code after a timeout"
vsctl wait-until Interface later type=internal -- get Interface later type >later.out &
waiter=$!
vsctl add-port br0 later -- set Interface later type=internal
wait "$waiter"
expect_eq "$(cat later.out)" internal "what wait-until waited for"

# Many at the same time: none undoes what another did, and nothing is added twice.
pids=()
for i in $(seq 24); do
    vsctl --may-exist add-port br0 "p$((i % 6))" -- set Interface "p$((i % 6))" "external_ids:k$i=v" &
    pids+=($!)
    vsctl set-controller br0 "tcp:127.0.0.1:$i" "tcp:127.0.0.2:$i" &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || fail "one of many at the same time"
done
expect_eq "$(vsctl list-ports br0 | grep -c '^p')" 6 "ports"
expect_eq "$(vsctl --bare --columns=external_ids find Interface | tr ' ' '\n' | grep -c '^k')" 24 "external ids"
expect_eq "$(vsctl get-controller br0 | wc -l)" 2 "controllers"

# --- What is copied: what the command needs to know of every port and no more, however much there is.

# copied COMMAND...: runs it; what it had the server send, as vsctl_traffic.py tells.
copied() {
    rm -f traffic.sock
    python3 "$srcdir/tests/interop/vsctl_traffic.py" "$TESTDIR/traffic.sock" "$TESTDIR/weft1.sock" >traffic.out 2>&1 &
    local relay=$!
    on_exit "stop_pid $relay"
    wait_until "[ -S '$TESTDIR/traffic.sock' ]"
    timeout 30 "$weft" --db="unix:$TESTDIR/traffic.sock" "$@" >/dev/null || fail "through the relay: $*"
    wait "$relay" || fail "relay: $(cat traffic.out)"
    cat traffic.out
}

# of_ports: the lines on Port and Interface.
of_ports() { grep -E '^(Port|Interface):' | xargs; }
bytes() { sed -n 's/^bytes: //p'; }

expect_eq "$(copied add-port br0 new0 | of_ports)" "Interface: name Port: fake_bridge interfaces name tag" "add-port"
expect_eq "$(copied add-port br0 new1 -- set Interface new1 type=internal options:a=b | of_ports)" \
    "Interface: name options type Port: fake_bridge interfaces name tag" "add-port and set"
expect_eq "$(copied del-port br0 new1 | of_ports)" "Interface: name Port: fake_bridge interfaces name tag" "del-port"
expect_eq "$(copied --if-exists get Interface new0 ofport external_ids:a | of_ports)" "Interface: external_ids name ofport" "get"
expect_eq "$(copied --columns=_uuid,type find Interface name=new0 | of_ports)" "Interface: name type" "find"
expect_eq "$(copied clear Port new0 tag trunks | of_ports)" "Port: name tag trunks" "clear"
expect_eq "$(copied remove Port new0 trunks 5 | of_ports)" "Port: name trunks" "remove"

before=$(copied port-to-br new0 | bytes)
long=$(printf 'v%.0s' $(seq 2000))
vsctl set Interface new0 "external_ids:long=$long" -- set Port new0 "external_ids:long=$long" "other_config:long=$long"
expect_eq "$(copied port-to-br new0 | bytes)" "$before" "bytes, now that there is more that add-port does not need"
expect_eq "$(vsctl get Interface new0 external_ids:long)" "$long" "what is needed is copied"
