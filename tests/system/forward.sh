#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests on a veth, a tap and an internal port reach each other: ping of all sizes, IPv4 and IPv6, and TCP.
. "$(dirname "$0")/lib.sh"
need_root
need_tools iperf3 ping

switch_ns
start_vswitchd
weft-vsctl add-br br0
guest a veth-a 10.0.0.1/24 fd00::1/64
guest b veth-b 10.0.0.2/24 fd00::2/64
ns_add t i
weft-vsctl add-port br0 veth-a -- add-port br0 veth-b -- add-port br0 int0 -- set Interface int0 type=internal \
    -- add-port br0 tap0 -- set Interface tap0 type=tap

# give DEVICE NAMESPACE NUMBER: the switch's own device moves to a guest's namespace while the switch has it open.
give() {
    sw ip link set "$1" netns "$NS_PREFIX-$2"
    ns "$2" ip addr add "10.0.0.$3/24" dev "$1"
    ns "$2" ip addr add "fd00::$3/64" dev "$1"
    ns "$2" ip link set "$1" up
}
give tap0 t 3
give int0 i 4

for pair in "a 10.0.0.2 fd00::2" "a 10.0.0.4 fd00::4" "i 10.0.0.2 fd00::2" "t 10.0.0.1 fd00::1" "t 10.0.0.4 fd00::4"; do
    read -r from v4 v6 <<<"$pair"
    wait_until ns "$from" ping -c 1 -W 1 "$v4"
    wait_until ns "$from" ping -6 -c 1 -W 1 "$v6"
    for size in 0 56 1472 1473 8000 65000; do
        ns "$from" ping -q -c 2 -i 0.01 -W 2 -s $size "$v4" >/dev/null || fail "$from: ping -s $size $v4"
    done
    ns "$from" ping -6 -q -c 2 -i 0.01 -W 2 -s 20000 "$v6" >/dev/null || fail "$from: ping $v6"
done

# tcp FROM TO ADDRESS: a megabyte a direction arrives whole.
tcp() {
    background ns "$2" iperf3 -s -1 -p 5201
    wait_until "ns $2 ss -ltn | grep -q :5201"
    ns "$1" iperf3 -c "$3" -p 5201 -n 20M --json >"$TESTDIR/iperf.json" || fail "TCP from $1 to $3"
    wait "$BACKGROUND_PID" || fail "iperf3 server of $2"
}
tcp a b 10.0.0.2
tcp b a fd00::1
tcp a i 10.0.0.4
tcp i b 10.0.0.2
tcp t b fd00::2
tcp a t 10.0.0.3

# What one guest sends to another does not go to the third.
weft-appctl fdb/show br0 >"$TESTDIR/fdb"
expect_match "$(cat "$TESTDIR/fdb")" ' 0 ' "learned addresses"
expect_no_match "$(weft-vsctl get Interface veth-a error)" '[a-z]' "error of veth-a"
