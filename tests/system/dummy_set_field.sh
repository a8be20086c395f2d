#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every set-field, push, pop and decrement, on packets through the switch: the first of each kind, which the slow path sends
# back, and the second, over the cached flow, come out as scapy says, with all checksums.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"
cases() {
    /usr/bin/python3 "$srcdir/tests/system/dummy_set_field.py" "$@"
}
/usr/bin/python3 -c 'import scapy' 2>/dev/null || skip "needs scapy (python3-scapy)"

cases packets >"$TESTDIR/packets"
cases flows >"$TESTDIR/flows"
n=$(wc -l <"$TESTDIR/flows")
[ "$n" -gt 60 ] || fail "only $n cases"

start_dummy_switch
bridge br0 $(seq -f p%.0f "$n")
of -O OpenFlow13 add-flows br0 "$TESTDIR/flows"

lookups() {
    weft-dpctl show | sed -n 's/^ *lookups: //p'
}
receive_all() {
    local i=0 packet
    while read -r packet; do
        i=$((i + 1))
        receive p$i "$packet"
    done <"$TESTDIR/packets"
}
# tx_packets: what all ports have sent.
tx_packets() {
    of dump-ports br0 | sed -n 's/.*tx pkts=\([0-9]*\).*/\1/p' | paste -sd+ | bc
}
receive_all
wait_until "[ \$(tx_packets) = $n ]"
receive_all
wait_until "[ \$(tx_packets) = $((2 * n)) ]"
expect_eq "$(lookups)" "hit:$n missed:$n lost:0" "which way the packets went"
cases check "$TESTDIR" || fail "wrong packets"
expect_no_match "$(weft-dpctl drops | awk '$2 > 0')" . "drops"
