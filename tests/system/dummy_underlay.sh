#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Routes and neighbours of tunnels by hand: the commands, their words and their errors are those that users of ovs-appctl know.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1

# says EXPECTED COMMAND...; refuses EXPECTED COMMAND...: the answer, or the error that the tool exits with 2 for.
says() {
    local expected=$1
    shift
    expect_eq "$(weft-appctl "$@")" "$expected" "$*"
}
refuses() {
    local expected=$1 status=0
    shift
    weft-appctl "$@" >"$TESTDIR/out" 2>"$TESTDIR/err" || status=$?
    expect_eq "$status" 2 "exit status of $*"
    grep -qxF "$expected" "$TESTDIR/err" || fail "$* says: $(cat "$TESTDIR/err")"
}

says OK netdev-dummy/ip4addr br0 1.1.2.88/24
says OK netdev-dummy/ip6addr br0 2001:cafe::88/24
says OK ovs/route/add 1.1.2.92/24 br0
says OK ovs/route/add 2001:cafe::92/24 br0
says OK ovs/route/add 1.1.1.0/24 br0 1.1.2.1
says OK ovs/route/add 3.3.3.0/24 br0 1.1.2.1 pkt_mark=5
refuses "Error while inserting route." ovs/route/add 4.3.3.0/24 nodev
refuses "Error while inserting route." ovs/route/add 4.3.3.0/24 br0 src=9.9.9.9
refuses "Invalid parameters" ovs/route/add 4.3.3.0 br0
refuses "Invalid parameters" ovs/route/add 4.3.3.0/33 br0
refuses "Invalid pkt_mark or gateway" ovs/route/add 4.3.3.0/24 br0 foo
refuses "Invalid pkt_mark or gateway" ovs/route/add 4.3.3.0/24 br0 2001::1
refuses "Invalid pkt_mark" ovs/route/add 4.3.3.0/24 br0 1.1.2.1 foo=3
expect_eq "$(weft-appctl ovs/route/show | grep -v ^Cached)" "Route Table:
User: 1.1.1.0/24 dev br0 GW 1.1.2.1 SRC 1.1.2.88
User: 1.1.2.0/24 dev br0 SRC 1.1.2.88
User: 3.3.3.0/24 MARK 5 dev br0 GW 1.1.2.1 SRC 1.1.2.88
User: 2001:ca00::/24 dev br0 SRC 2001:cafe::88" "routes"

says "src 1.1.2.88
gateway 1.1.2.1
dev br0" ovs/route/lookup 1.1.1.5
says "src 1.1.2.88
gateway ::
dev br0" ovs/route/lookup 1.1.2.5
says "src 1.1.2.88
gateway 1.1.2.1
dev br0" ovs/route/lookup 3.3.3.3 pkt_mark=5
says "src 2001:cafe::88
gateway ::
dev br0" ovs/route/lookup 2001:cafe::5
refuses "Invalid parameters" ovs/route/lookup foo
refuses "Invalid pkt_mark" ovs/route/lookup 1.1.1.5 pkt_mark=x
refuses "Not found" ovs/route/del 3.3.3.0/24
says OK ovs/route/del 3.3.3.0/24 pkt_mark=0x5
refuses "Invalid parameters" ovs/route/del x

heading="IP                                            MAC                 Bridge
=========================================================================="
says "$heading" tnl/arp/show
says OK tnl/neigh/set br0 1.1.2.92 f8:bc:12:44:34:b6
says OK tnl/arp/set br0 2001:cafe::92 f8:bc:12:44:34:b7
says OK tnl/arp/set brx 1.1.1.1 f8:bc:12:44:34:b7
refuses "bad IP address" tnl/arp/set br0 foo f8:bc:12:44:34:b7
refuses "bad MAC address" tnl/arp/set br0 1.1.1.1 zz
says "$heading
1.1.1.1                                       f8:bc:12:44:34:b7   brx
1.1.2.92                                      f8:bc:12:44:34:b6   br0
2001:cafe::92                                 f8:bc:12:44:34:b7   br0" tnl/neigh/show
says OK tnl/arp/flush brx
says "$heading
1.1.2.92                                      f8:bc:12:44:34:b6   br0
2001:cafe::92                                 f8:bc:12:44:34:b7   br0" tnl/neigh/show
says 900 tnl/neigh/aging
says OK tnl/arp/aging 300
says 300 tnl/neigh/aging
for wrong in 0 4000 foo 99999999999; do
    refuses "bad aging value" tnl/neigh/aging $wrong
done

# --- What is known is forgotten when its time is over.
says OK tnl/arp/flush
weft-appctl time/stop >/dev/null
says OK tnl/arp/set br0 1.1.2.93 f8:bc:12:44:34:b8
warp 290000 10000
weft-appctl tnl/arp/show | grep -q 1.1.2.93 || fail "forgotten too early"
warp 20000 1000
says "$heading" tnl/arp/show

says "Tunnel UDP source port range: 32768-61000" tnl/egress_port_range
says OK tnl/egress_port_range 35190 35190
says "Tunnel UDP source port range: 35190-35190" tnl/egress_port_range
says "Invalid min." tnl/egress_port_range 70000 3
says "Invalid max." tnl/egress_port_range 3 0
says OK tnl/egress_port_range 41000 40000
says "Tunnel UDP source port range: 40000-41000" tnl/egress_port_range
