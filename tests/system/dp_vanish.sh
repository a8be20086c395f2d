#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A device that vanishes leaves its port with an error; when it is back, packets flow again by themselves. Link state is announced.
# kill -9 of weft-datapathd leaves nothing behind on a device.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping ip

guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
start_datapathd
dpctl add-if ovs-system veth-a veth-b
cross_connect veth-a veth-b
wait_until ns a ping -q -c 1 -W 1 10.0.0.2

monitor_start
ns a ip link set eth0 down
wait_until "grep -q 'port 1: veth-a .* link down' '$monitor_out'"
ns a ip link set eth0 up
wait_until "tail -n 1 '$monitor_out' | grep -q 'port 1: veth-a .* admin up link up'"

sw ip link del veth-a
wait_until "dpctl show | grep -q 'port 1: veth-a error: the device is gone'"
ns b ping -c 1 -W 1 10.0.0.1 && fail "ping answered by a device that is gone"
ip -n "$SWITCH" link add veth-a type veth peer name eth0 netns "$NS_PREFIX-a"
ip -n "$SWITCH" link set veth-a up
ns a ip addr add 10.0.0.1/24 dev eth0
ns a ip link set eth0 up
wait_until "! dpctl show | grep -q error"
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
expect_match "$(cat "$monitor_out")" 'error: the device is gone'
[ "$(grep -c deleted "$monitor_out")" = 0 ] || fail "the port was deleted"
dpctl del-if ovs-system 2
wait_until "grep -q 'deleted port 2: veth-b' '$monitor_out'"
dpctl add-if ovs-system veth-b,port_no=2

# Killed, the datapath gives its devices back: the host answers again, nothing is promiscuous or filtered.
sw ip addr add 10.0.0.3/24 dev veth-a
ns a ping -c 1 -W 1 10.0.0.3 && fail "the host answers on an attached device"
daemon_kill weft-datapathd
wait_until ns a ping -c 1 -W 1 10.0.0.3
expect_no_match "$(sw ip -d link show veth-a)" 'promiscuity [1-9]'
expect_eq "$(sw tc filter show dev veth-a ingress)" "" "filters left on the device"

# The next one starts over the socket that was left.
start_datapathd
expect_no_match "$(dpctl show)" 'port '
dpctl add-if ovs-system veth-a veth-b
cross_connect veth-a veth-b
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
daemon_stop weft-datapathd
[ ! -e "$WEFT_RUNDIR/datapath.sock" ] || fail "the socket is left after an orderly end"
