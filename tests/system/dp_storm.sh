#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A storm of packets without a flow from one port does not starve the cached flows of the others.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping python3

guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
guest c veth-c
start_datapathd
dpctl add-if ovs-system veth-a veth-b veth-c
cross_connect veth-a veth-b
wait_until ns a ping -q -c 1 -W 1 10.0.0.2

background ns c python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
n = 0
while True:
    n += 1
    try:
        s.send(b"\xff" * 6 + b"\x02" + n.to_bytes(5, "big") + b"\x08\x00" + bytes(50))
    except OSError:
        pass'
wait_until "[ \$(drop_count no_control) -gt 10000 ]"
before=$(drop_count no_control)
lost=$(ns a ping -q -c 200 -i 0.01 10.0.0.2 | grep -oE '[0-9.]+% packet loss')
[ "${lost%%[.%]*}" -le 5 ] || fail "$lost during the storm"
[ "$(drop_count no_control)" -gt $((before + 10000)) ] || fail "there was no storm"
tcp_transfer a b 10.0.0.2
