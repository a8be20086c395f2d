#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-datapathd and weft-dpctl without privilege: options, dummy and pcap ports, flows from text, commands, exit codes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"

expect_fails 1 weft-datapathd --n-threads=0
expect_fails 1 weft-datapathd --no-such-option
expect_fails 1 weft-datapathd word
weft-datapathd --help | grep -q -- --max-flows
weft-datapathd --version | grep -q '^weft-datapathd (Weft) '
expect_fails 1 dpctl show
expect_fails 1 dpctl no-such-command
expect_fails 1 dpctl add-flow one
expect_eq "$(dpctl parse-actions 'push_vlan(vid=5,pcp=0),2')" 'push_vlan(vid=5,pcp=0),2' "actions"
expect_fails 1 dpctl parse-actions 'no_such_action(1)'

start_datapathd --enable-dummy
expect_eq "$(dpctl dump-dps)" system@ovs-system "name"
dpctl add-if system@ovs-system p1,type=dummy p2,type=dummy,tx_pcap="$TESTDIR/p2.pcap" p3,type=dummy,tx_pcap="$TESTDIR/p3.pcap"
expect_fails 1 dpctl add-if other-dp p4,type=dummy
echo "not a capture" >"$TESTDIR/precious"
expect_fails 1 dpctl add-if ovs-system p4,type=dummy,tx_pcap="$TESTDIR/precious"
expect_eq "$(cat "$TESTDIR/precious")" "not a capture" "a file that is no capture"

flow='recirc_id(0),in_port(1),eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,frag=no),udp(src=1000,dst=2000)'
dpctl add-flow 'in_port(p1),eth_type(0x0800),ipv4(src=10.0.0.0/255.255.255.0,frag=no)' 'p2,push_vlan(vid=5,pcp=0),3'
expect_fails 1 dpctl add-flow 'in_port(p1),eth_type(0x0800),ipv4(src=10.0.0.0/255.255.255.0,frag=no)' 2
expect_fails 1 dpctl add-flow 'nonsense(1)' 2
for i in 1 2 3; do
    dpctl command netdev-dummy/receive p1 "$flow"
done
expect_match "$(dpctl dump-flows)" 'in_port\(1\).*src=10.0.0.0/255.255.255.0.*packets:3, .*actions:2,push_vlan\(vid=5,pcp=0\),3$'
expect_match "$(dpctl -m dump-flows)" '^ufid:[0-9a-f-]{36}, '
ufid=$(dpctl -m dump-flows | grep -o 'ufid:[0-9a-f-]*')
expect_match "$(dpctl get-flow "$ufid")" 'packets:3'
expect_eq "$(port_stat p1 rx_packets)" 3 "packets received"
expect_eq "$(port_stat p2 tx_packets)" 3 "packets sent"
if command -v tcpdump >/dev/null; then
    expect_match "$(tcpdump -nr "$TESTDIR/p2.pcap" 2>/dev/null)" '10.0.0.1.1000 > 10.0.0.2.2000'
    expect_eq "$(tcpdump -nr "$TESTDIR/p3.pcap" vlan 5 2>/dev/null | wc -l)" 3 "tagged packets"
fi

dpctl mod-flow 'in_port(p1),eth_type(0x0800),ipv4(src=10.0.0.0/255.255.255.0,frag=no)' drop
dpctl command netdev-dummy/receive p1 "$flow"
expect_eq "$(port_stat p2 tx_packets)" 3 "packets sent after the flow was changed"
expect_match "$(dpctl drops)" '^explicit +1 '
expect_match "$(dpctl dump-flows)" 'packets:4'

# What was printed can be read again.
dpctl dump-flows >"$TESTDIR/flows"
dpctl del-flows
expect_eq "$(dpctl dump-flows)" "" "flows after del-flows"
dpctl add-flows "$TESTDIR/flows"
expect_match "$(dpctl dump-flows)" 'packets:0, bytes:0, used:never, actions:drop'
expect_match "$(dpctl -s del-flow 'in_port(p1),eth_type(0x0800),ipv4(src=10.0.0.0/255.255.255.0,frag=no)')" '^packets:0, bytes:0$'
expect_fails 1 dpctl del-flow 'in_port(p1)'
expect_fails 1 dpctl get-flow ufid:00000000-0000-0000-0000-000000000000

# A capture is replayed in, and out again to another.
dpctl add-if ovs-system in,type=pcap,port_no=10,rx_pcap="$TESTDIR/p2.pcap",rx_rate=100 out,type=pcap,port_no=11,tx_pcap="$TESTDIR/out.pcap"
dpctl add-flow 'in_port(10)' 11
dpctl add-if ovs-system in2,type=pcap,port_no=12,rx_pcap="$TESTDIR/p2.pcap"
wait_until "[ \$(port_stat in rx_packets) = 3 ] && [ \$(port_stat in2 rx_packets) = 3 ]"
expect_fails 1 dpctl add-if ovs-system in3,type=pcap
expect_fails 1 dpctl add-if ovs-system in3,type=pcap,rx_pcap=/no/such/file
expect_fails 1 dpctl add-if ovs-system in3,type=pcap,rx_pcap="$TESTDIR/precious"
mkfifo "$TESTDIR/fifo"
expect_fails 1 dpctl add-if ovs-system in3,type=pcap,rx_pcap="$TESTDIR/fifo"
expect_fails 1 dpctl add-if ovs-system in3,type=pcap,tx_pcap="$TESTDIR/fifo"

# Commands.
expect_match "$(dpctl command list-commands)" netdev-dummy/receive
expect_match "$(dpctl command memory/show)" 'ports:6'
expect_match "$(dpctl command coverage/show)" dp_request
expect_match "$(dpctl command version)" '^weft-datapathd \(Weft\)'
dpctl command vlog/set dp_server:file:dbg
expect_match "$(dpctl command vlog/list)" '^dp_server .*DBG'
expect_fails 1 dpctl command no/such/command
expect_fails 1 dpctl command vlog/set a:b:c:d
expect_fails 1 dpctl command netdev-dummy/receive p1 "$flow)"
dpctl command time/stop
expect_eq "$(dpctl command time/warp 5000 1000)" warped "time/warp"

monitor_start
dpctl command netdev-dummy/set-admin-state p2 down
wait_until "grep -q 'port 2: p2 .* link down' '$monitor_out'"

expect_fails 1 weft-datapathd # the socket is in use
dpctl command exit
wait_until "! kill -0 ${DAEMON_PID[weft-datapathd]}"
daemon_start weft-datapathd weft-datapathd
wait_until dpctl show
expect_fails 1 dpctl add-if ovs-system p1,type=dummy
expect_fails 1 dpctl command time/stop
