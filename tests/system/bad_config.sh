#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wrong configuration: ofport is -1 and error says why, and everything else goes on.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ping

switch_ns
start_vswitchd
weft-vsctl add-br br0
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
weft-vsctl add-port br0 veth-a -- add-port br0 veth-b
wait_until ns a ping -c 1 -W 1 10.0.0.2

# refused NAME PATTERN [SETTING...]: adding the port fails with ovs-vsctl's exit status, and says why.
refused() {
    local name=$1 pattern=$2 status=0
    shift 2
    weft-vsctl --timeout=20 add-port br0 "$name" -- set Interface "$name" "$@" 2>"$TESTDIR/stderr" || status=$?
    expect_eq $status 65 "exit status for $name"
    expect_match "$(cat "$TESTDIR/stderr")" "$name" "message for $name"
    expect_eq "$(weft-vsctl get Interface "$name" ofport)" -1 "ofport of $name"
    expect_match "$(weft-vsctl get Interface "$name" error)" "$pattern" "error of $name"
}
refused nodev 'no device named nodev' external_ids:x=y
refused odd 'nonsense' type=nonsense
refused patch0 'peer' type=patch
refused p1 'file|rx|tx' type=pcap
refused thisnameistoolongforadevice 'long|name|device' type=internal

# What is wrong with the mac of one port is no matter to the others.
weft-vsctl set Interface veth-b mac='"nonsense"'
wait_until 'expect_match "$(weft-vsctl get Interface veth-b error)" nonsense'
weft-vsctl clear Interface veth-b mac
wait_until 'expect_eq "$(weft-vsctl get Interface veth-b error)" "[]"'
ns a ping -q -c 1 -W 2 10.0.0.2 >/dev/null || fail "the good ports stopped"

# A name that is taken, in the words of ovs-vsctl.
expect_fails 1 weft-vsctl add-port br0 veth-a
expect_fails 1 weft-vsctl add-br br0

# The device that was missing comes: the port recovers by itself.
sw ip link add nodev type veth peer name nodev-peer
wait_until '[ "$(weft-vsctl get Interface nodev ofport)" -gt 0 ]'
expect_eq "$(weft-vsctl get Interface nodev error)" '[]' "error of nodev"

# A typing error in a key is reported with what was meant.
weft-vsctl set Bridge br0 other_config:mac-aging-tme=60
wait_until "grep -q 'mac-aging-tme is not known; did you mean mac-aging-time' $WEFT_LOGDIR/weft-vswitchd.log"
