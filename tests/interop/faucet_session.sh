#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A session like Faucet's, in OpenFlow 1.3 as os-ken encodes it: no request gets an error, and the answers are Open vSwitch's. Tables get names.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
. "$(dirname "$0")/ovs_dummy_lib.sh"
need_tools ovs-ofctl
need_ovs_dummy
/usr/bin/python3 -c 'import os_ken.ofproto.ofproto_v1_3' 2>/dev/null || skip "needs os-ken (python3-os-ken)"
export PYTHONDONTWRITEBYTECODE=1

start_dummy_switch
bridge br0 p1 p2 p3
start_ovs_dummy
ovs add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure
for i in 1 2 3; do
    ovs add-port br0 p$i -- set Interface p$i type=dummy ofport_request=$i
done

# session VSCTL DIRECTORY NAME: Open vSwitch takes sockets only in its own directory.
session() {
    "$1" set-controller br0 "unix:$2/faucet.sock" -- set Controller br0 max_backoff=1000 connection_mode=out-of-band
    timeout 60 /usr/bin/python3 "$srcdir/tests/interop/faucet_session.py" "$2/faucet.sock" >"$TESTDIR/$3.out" ||
        fail "the session with $3 ended after: $(tail -n 1 "$TESTDIR/$3.out")"
}
session ovs "$ovs" ovs
session vsctl "$WEFT_RUNDIR" weft
diff "$TESTDIR/ovs.out" "$TESTDIR/weft.out" || fail "Weft (>) answers otherwise than Open vSwitch (<)"

# Tables get their names from controllers, too.
for version in 13 15; do
    for dir in "$ovs" "$WEFT_RUNDIR"; do
        timeout 20 ovs-ofctl -O OpenFlow$version mod-table "$dir/br0.mgmt" 3 name:name$version 2>"$TESTDIR/stderr" ||
            fail "mod-table in $dir: $(head -n 1 "$TESTDIR/stderr")"
        expect_match "$(timeout 20 ovs-ofctl -O OpenFlow$version dump-table-features "$dir/br0.mgmt" | grep 'name1')" \
            "^ *table 3 \\(\"name$version\"\\)" "table's name"
    done
done
vsctl -- --id=@t create Flow_Table name=configured -- set Bridge br0 flow_tables:3=@t >/dev/null
timeout 20 ovs-ofctl -O OpenFlow15 mod-table "$WEFT_RUNDIR/br0.mgmt" 3 name:other
expect_match "$(timeout 20 ovs-ofctl -O OpenFlow15 dump-table-features "$WEFT_RUNDIR/br0.mgmt" | grep 'table 3 ')" '"configured"' \
    "a name from the database goes before"
daemon_stop weft-vswitchd
