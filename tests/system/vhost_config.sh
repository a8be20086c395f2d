#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests' network devices through the database: names of types, learning switch, what error and status say, link state, MTU, statistics.
. "$(dirname "$0")/lib.sh"
guest=$builddir/tests/system/vhost_guest
need_root
switch_ns
a=$TESTDIR/a b=$TESTDIR/b

vsctl() {
    weft-vsctl --timeout=20 "$@"
}

# column INTERFACE COLUMN[:KEY]
column() {
    vsctl --if-exists get interface "$1" "$2" | tr -d '"'
}

start_vswitchd
expect_match "$(vsctl get open_vswitch . iface_types)" 'dpdkvhostuser, dpdkvhostuserclient.*vhostuser, vhostuserclient'
vsctl set open_vswitch . other_config:stats-update-interval=1000 -- add-br br0 -- set bridge br0 datapath_type=netdev \
    -- add-port br0 va -- set interface va type=dpdkvhostuserclient options:vhost-server-path="$a" \
    -- add-port br0 vb -- set interface vb type=vhostuserclient options:vhost-server-path="$b" mtu_request=9000
wait_until "column va error | grep -q 'the socket is not there'"
[ "$(column va ofport)" -gt 0 ] || fail "no port number"
expect_eq "$(column va status:mode)" client "mode"
expect_eq "$(column va status:status)" disconnected "status before"
expect_eq "$(column va link_state)" down "link state before"
expect_eq "$(column vb mtu)" 9000 "MTU"

# They learn where each other is. Half way they wait for a switch that never dies, so that there is time to look.
"$guest" --features=mrg --pairs=2 --restart --lossy "$a" "$b" >"$TESTDIR/guest.out" &
pid=$!
wait_until "grep -q half '$TESTDIR/guest.out'"
wait_until "[ \"\$(column va status:status)\" = connected ]"
wait_until "[ \"\$(column va error)\" = '[]' ]"
expect_eq "$(column va status:num_of_vrings)" 4 "vrings"
expect_eq "$(column va status:vring_3_size)" 32 "size of a vring"
expect_match "$(column va status:features)" '^0x0000000140008000$'
expect_eq "$(column va status:socket)" "$a" "socket"
wait_until "[ \"\$(column va link_state)\" = up ]"
expect_match "$(weft-appctl fdb/show br0)" '02:02:02:02:[0-9a-f]{2}:0[01]'
wait_until "[ \"\$(column va statistics:rx_packets)\" -gt 0 ]"
expect_match "$(weft-appctl dpif-netdev/pmd-rxq-show)" 'va +queue-id: +1'

# A port that is down is a cable that was pulled; that it comes up again is what the guests wait for.
weft-ofctl mod-port br0 va down
wait_until "[ \"\$(column va status:status)\" = disconnected ]"
expect_eq "$(column va error)" '[]' "error of a port that is down"
weft-ofctl mod-port br0 vb down
weft-ofctl mod-port br0 va up
weft-ofctl mod-port br0 vb up
wait "$pid" || fail "the guests did not come back"

# What cannot be said is said at once, and is gone with its cause.
weft-vsctl --no-wait add-port br0 vc -- set interface vc type=vhostuserclient
wait_until "column vc error | grep -q 'needs options:vhost-server-path'"
weft-vsctl --no-wait set interface vc options:vhost-server-path="/$(printf 'x%.0s' {1..120})"
wait_until "column vc error | grep -q 'longer than 107 characters'"
vsctl set interface vc options:vhost-server-path="$TESTDIR/c"
wait_until "column vc error | grep -q 'the socket is not there'"
vsctl set interface vc type=dpdkvhostuser
wait_until "[ -S '$TESTDIR/c' ]"
wait_until "[ \"\$(column vc status:mode)\" = server ]"
