#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets, flows and actions mean the same to Weft and to Debian's Open vSwitch (its datapath of dummy ports), and read the same.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ovs-ofctl ovs-appctl ovs-vsctl ovs-vswitchd ovsdb-server ovsdb-tool python3

cd "$TESTDIR"
schema=/usr/share/openvswitch/vswitch.ovsschema
[ -e "$schema" ] || skip "needs $schema"
ovsdb-tool create conf.db "$schema"
ovsdb-server conf.db --remote="punix:$TESTDIR/db.sock" --unixctl="$TESTDIR/db.ctl" --log-file="$TESTDIR/db.log" \
    2>/dev/null &
on_exit "stop_pid $!"
wait_until "[ -S '$TESTDIR/db.sock' ]"
vsctl="ovs-vsctl --timeout=20 --db=unix:$TESTDIR/db.sock"
$vsctl --no-wait init
ovs-vswitchd "unix:$TESTDIR/db.sock" --enable-dummy --disable-system --unixctl="$TESTDIR/switch.ctl" \
    --log-file="$TESTDIR/switch.log" 2>/dev/null &
on_exit "stop_pid $!"
$vsctl add-br br0 -- set bridge br0 datapath_type=dummy -- add-port br0 p1 -- set interface p1 type=dummy \
    -- add-port br0 p2 -- set interface p2 type=dummy -- add-port br0 p3 -- set interface p3 type=dummy

python3 "$srcdir/tests/interop/ovs_flows.py" "$builddir/tests/interop/net_text" \
    "$srcdir/tests/fuzz/corpus/parse_fuzz" "$TESTDIR/packets.pcap" "$TESTDIR/switch.ctl" \
    || fail "Weft and Open vSwitch differ"
