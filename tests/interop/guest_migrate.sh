#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A QEMU guest with two devices over vhost-user, one with split and one with packed rings, moves to another QEMU with sockets and ports of its own
# while it receives and sends over TCP: what it gets during the move is written into memory that has been copied already, so that the dirty-page
# log must tell of it.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
. "$(dirname "$0")/guest_lib.sh"
need_guests

add_port() {
    weft-vsctl add-port br0 "$1" -- set interface "$1" type=dpdkvhostuserclient options:vhost-server-path="$TESTDIR/$1"
}

# migration_is STATUS
migration_is() {
    guest_qmp a '{"execute": "query-migrate"}' | grep -q "\"status\": \"$1\""
}

start_datapathd -vvhost_link:file:dbg
start_vswitchd
weft-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
for port in a0 a1 b0 m0 m1; do
    add_port $port
done
guest_start a "listen=$TESTDIR/a0" "listen=$TESTDIR/a1,packed=on"
guest_start b "listen=$TESTDIR/b0"
guest_wait a b
guest_address a eth0 10.0.0.1/24
guest_address a eth1 10.0.1.1/24
guest_address b eth0 10.0.0.2/24 10.0.1.2/24

# The destination: the same machine with the same addresses.
GUEST_NUMBER[m]=${GUEST_NUMBER[a]}
GUEST_OPTIONS=(-incoming "unix:$TESTDIR/migration")
guest_start m "listen=$TESTDIR/m0" "listen=$TESTDIR/m1,packed=on"
wait_until "[ -S '$TESTDIR/migration' ]"

guest_stream b a 10.0.0.1 eth0
guest_stream b a 10.0.1.1 eth1
guest_qmp a '{"execute": "migrate", "arguments": {"uri": "unix:'"$TESTDIR"'/migration"}}' >"$TESTDIR/qmp"
wait_until "migration_is completed || migration_is failed"
migration_is completed || fail "the migration failed: $(guest_qmp a '{"execute": "query-migrate"}')"
guest_stop a
guest_wait m
guest_stream_goes_on m eth0
guest_stream_goes_on m eth1
guest_stream_end b m eth0
guest_stream_end b m eth1
guest_tcp m b 10.0.0.2
guest_ping m 10.0.1.2 56 60000

log=$WEFT_LOGDIR/weft-datapathd.log
for port in a0 a1; do
    grep -q "$port: SET_LOG_BASE" "$log" || fail "QEMU did not ask $port for a log of dirty pages"
done
expect_match "$(weft-appctl fdb/show br0)" "^ *$(weft-vsctl get interface m1 ofport) +0 +$(guest_mac m 1)"
