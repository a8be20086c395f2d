#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bytes of every kind of tunnel beside scapy's, into tunnels and out of them, on dummy ports.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
need_tools python3
/usr/bin/python3 -c 'import scapy' 2>/dev/null || skip "python3-scapy is not installed"

start_datapathd --enable-dummy
dpctl add-if ovs-system "p1,type=dummy,port_no=1" "p2,type=dummy,port_no=2,tx_pcap=$TESTDIR/sent.pcap" \
    vx,type=vxlan,port_no=3 vxg,type=vxlan,port_no=4,gbp=true gen,type=geneve,port_no=5 gre,type=gre,port_no=6
/usr/bin/python3 "$srcdir/tests/interop/tunnel_headers.py" "$TESTDIR/sent.pcap" || fail "headers differ from scapy's"
expect_eq "$(drop_count tunnel_checksum)" 0 "packets of scapy with a checksum that Weft takes for wrong"
