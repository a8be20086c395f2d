#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests over vhost-user: both ring formats with what goes with them, several queues, both ends of the socket, guests that
# reboot and crash, a switch that is killed under traffic; and what a port says while its socket is not as it should be.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
guest=$builddir/tests/system/vhost_guest
a=$TESTDIR/a b=$TESTDIR/b

add_clients() {
    dpctl add-if system@ovs-system "va,type=vhostuserclient,vhost-server-path=$a" "vb,type=dpdkvhostuserclient,vhost-server-path=$b"
    cross_connect va vb
}

# port_error NAME
port_error() {
    dpctl show | sed -n "s/^ *port [0-9]*: $1 .*error: //p"
}

start_datapathd
add_clients
wait_until "port_error va | grep -q 'the socket is not there'"

# Every format, one guest that leaves in peace and one that crashes, and again without a word to the switch.
for features in legacy "" mrg,indirect,event,offload order,mrg packed packed,mrg,indirect,event,offload packed,order,mrg; do
    echo "features: $features"
    expect_match "$("$guest" --features="$features" --rounds=2 --packets=1000 "$a" "$b")" '^[0-9]+ packets arrived'
done
expect_match "$("$guest" --features=mrg --pairs=4 "$a" "$b")" '^[0-9]+ packets arrived'
expect_match "$("$guest" --features=packed --pairs=4 --slots "$a" "$b")" '^[0-9]+ packets arrived'
expect_match "$("$guest" --pairs=16 --slots "$a" "$b")" '^[0-9]+ packets arrived'
expect_eq "$(port_stat va rx_dropped)" 0 "packets dropped"
expect_eq "$(drop_count bad_offload)" 0 "bad offloads"
wait_until "port_error va | grep -q 'the socket is not there'"

# The switch is killed under traffic, and another one goes on with the same rings.
for options in "mrg --inflight" mrg "packed --inflight" packed "packed,mrg,event" "packed,mrg,order --inflight" packed,mrg,order; do
    out=$TESTDIR/restart.out
    : >"$out" # the guest is not to be found half way by what the one before it said
    # shellcheck disable=SC2086
    "$guest" --restart --features=$options "$a" "$b" >"$out" &
    pid=$!
    wait_until "grep -q half '$out'"
    daemon_kill weft-datapathd
    start_datapathd
    add_clients
    wait $pid || fail "the guests did not survive the switch ($options)"
    expect_match "$(cat "$out")" 'packets arrived'
done

# Nobody listens; no permission is no test for root; a path that cannot be.
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TESTDIR/dead"
dpctl add-if system@ovs-system "vd,type=vhostuserclient,vhost-server-path=$TESTDIR/dead"
wait_until "port_error vd | grep -q 'nobody listens'"
expect_fails 1 dpctl add-if system@ovs-system vl,type=vhostuserclient
expect_fails 1 dpctl add-if system@ovs-system "vl,type=vhostuserclient,vhost-server-path=relative"
expect_fails 1 dpctl add-if system@ovs-system "vl,type=vhostuserclient,vhost-server-path=/$(printf 'x%.0s' {1..120})"
expect_fails 1 dpctl add-if system@ovs-system "vl,type=vhostuserclient,vhost-server-path=$a,no-such-option=1"

# The switch listens; a socket that nobody listens at any more is no obstacle, a directory that is missing only for a while.
dpctl del-flows
dpctl del-if system@ovs-system va vb vd
dpctl add-if system@ovs-system vs,type=dpdkvhostuser "vt,type=vhostuser,vhost-server-path=$TESTDIR/later/t"
dpctl add-if system@ovs-system "vd,type=vhostuser,vhost-server-path=$TESTDIR/dead"
cross_connect vs vt
wait_until "port_error vt | grep -q 'cannot listen'"
wait_until "[ \"\$(port_error vd)\" = \"the guest's end is not connected\" ]"
mkdir "$TESTDIR/later"
wait_until "[ -S '$TESTDIR/later/t' ]"
expect_match "$("$guest" --connect --features=mrg --rounds=3 "$WEFT_RUNDIR/vs" "$TESTDIR/later/t")" '^[0-9]+ packets arrived'
dpctl del-if system@ovs-system vs vt vd
expect_eq "$(ls "$TESTDIR/later")" "" "sockets left behind"
