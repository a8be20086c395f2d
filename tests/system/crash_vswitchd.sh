#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of weft-vswitchd under a stream over cached flows: no packet is lost, and the restarted program has
# the same OpenFlow flows, cached flows with their counters, ports and learned addresses, and sets up new flows.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ping

rate=10000 seconds=6
switch_ns
start_datapathd
start_vswitchd
weft-vsctl add-br br0
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
guest c veth-c 10.0.0.3/24
weft-vsctl add-port br0 veth-a -- set Interface veth-a ofport_request=7 -- add-port br0 veth-b -- add-port br0 veth-c
weft-ofctl add-flow br0 'table=0,priority=100,udp,tp_dst=7000,cookie=0x123,actions=normal'
weft-ofctl add-flow br0 'table=5,priority=7,ip,nw_dst=10.9.0.0/16,idle_timeout=300,actions=drop'
wait_until ns a ping -c 1 -W 1 10.0.0.2

background ns b "$builddir/tests/system/udp_stream" receive 7000 $((rate * seconds))
receiver=$BACKGROUND_PID output=$WEFT_LOGDIR/background-0.out
wait_until grep -q ready "$output"
background ns a "$builddir/tests/system/udp_stream" send 10.0.0.2 7000 $rate $((rate * seconds))

# packets FLOW-PATTERN: the counter of an OpenFlow flow.
packets() {
    weft-ofctl dump-flows br0 | sed -n "s/.*n_packets=\([0-9]*\).*$1.*/\1/p"
}
flows() {
    weft-ofctl --no-stats dump-flows br0 | sort
}
wait_until '[ "$(weft-ofctl dump-flows br0 | sed -n "s/.*n_packets=\([0-9]*\).*tp_dst=7000.*/\1/p")" -gt 5000 ]'

flows >"$TESTDIR/flows.before"
ofports_before=$(for i in veth-a veth-b veth-c; do weft-vsctl get Interface $i ofport; done)
ufids_before=$(weft-dpctl -m dump-flows | grep 'dst=7000\|udp' | grep -o 'ufid:[0-9a-f-]*' | sort)
fdb_before=$(weft-appctl fdb/show br0 | awk 'NR > 1 { print $1, $2, $3 }' | sort)
count_before=$(packets tp_dst=7000)
daemon_kill weft-vswitchd

# Forwarding goes on with nobody above it.
cached_before=$(weft-dpctl dump-flows | grep -o 'packets:[0-9]*' | sort -t: -k2n | tail -1)
wait_until "[ \"\$(weft-dpctl dump-flows | grep -o 'packets:[0-9]*' | sort -t: -k2n | tail -1)\" != \"$cached_before\" ]"
start_vswitchd
weft-vsctl --timeout=20 set Open_vSwitch . external_ids:restarted=1

flows >"$TESTDIR/flows.after"
diff "$TESTDIR/flows.before" "$TESTDIR/flows.after" || fail "OpenFlow flows differ after the restart"
expect_eq "$(for i in veth-a veth-b veth-c; do weft-vsctl get Interface $i ofport; done)" "$ofports_before" "port numbers"
expect_eq "$(weft-vsctl get Interface veth-a ofport)" 7 "requested port number"
expect_eq "$(weft-dpctl -m dump-flows | grep 'dst=7000\|udp' | grep -o 'ufid:[0-9a-f-]*' | sort)" "$ufids_before" "cached flows"
for address in $(awk '{ print $3 }' <<<"$fdb_before"); do
    expect_match "$(weft-appctl fdb/show br0)" "$address" "learned addresses"
done
count_after=$(packets tp_dst=7000)
[ "$count_after" -ge "$count_before" ] || fail "the flow's counter went from $count_before to $count_after"

# New flows work, between the old guests and from one that had no flow.
ns c ping -q -c 2 -i 0.2 -W 2 10.0.0.1 >/dev/null || fail "a new flow after the restart"

wait "$receiver" || fail "the receiver"
expect_match "$(cat "$output")" "received $((rate * seconds)) lost 0 duplicated 0" "the stream"

# Every packet of the stream is counted once, before and after the crash.
wait_until "[ \"\$(weft-ofctl dump-flows br0 | sed -n 's/.*n_packets=\\([0-9]*\\).*tp_dst=7000.*/\\1/p')\" -ge $((rate * seconds)) ]"
expect_eq "$(packets tp_dst=7000)" $((rate * seconds)) "packets of the flow"
