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
