#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A flood of packet-ins, and a controller that does not read: another one gets all of its packets, the switch's memory stays bounded, commands
# are answered, and the status tells what was dropped. A service connection and one without asynchronous messages hear nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

peer=$srcdir/tests/system/ofp_peer.py
start_dummy_switch
bridge br0 p1 p2
for name in good slow service deaf; do
    targets+=("punix:$TESTDIR/$name.sock")
done
vsctl set-controller br0 "${targets[@]}"
# row NAME: the Controller row of the target.
row() {
    weft-vsctl --bare --columns=_uuid find Controller "target=\"punix:$TESTDIR/$1.sock\""
}
for name in good slow deaf; do
    vsctl set Controller "$(row $name)" type=primary
done
vsctl set Controller "$(row deaf)" enable_async_messages=false -- set Controller "$(row slow)" controller_queue_size=50 inactivity_probe=0
of add-flow br0 actions=CONTROLLER
for name in good service deaf; do
    background "$peer" connect unix "$TESTDIR/$name.sock" "$TESTDIR/$name"
done
background "$peer" stall unix "$TESTDIR/slow.sock"
for name in good slow service deaf; do
    wait_until "[ \"\$(weft-vsctl get Controller $(row $name) is_connected)\" = true ]"
done

rss() {
    sed -n 's/^VmRSS: *\([0-9]*\) kB/\1/p' "/proc/${DAEMON_PID[weft-vswitchd]}/status"
}
# A packet of 1,400 bytes, from each of the two ports in turn.
packet=ffffffffffff0200000000018888$(printf '55%.0s' $(seq 1386))
packets=()
for i in $(seq 40); do packets+=("$packet"); done
n=0
flood() {
    local i
    for i in $(seq "$1"); do
        receive p1 "${packets[@]}"
        receive p2 "${packets[@]}"
        n=$((n + 80))
        wait_until "[ \$(wc -l <$TESTDIR/good) -ge $n ]"
    done
}
weft-appctl time/stop # no probes
flood 5
before=$(rss)
flood 15
expect_eq "$(wc -l <"$TESTDIR/good")" $n "packet-ins that a controller got beside one that does not read"
expect_eq "$(sort "$TESTDIR/good" | uniq -c | awk '{ print $1, $2 }' | tr '\n' ';')" "$((n / 2)) 1;$((n / 2)) 2;" "packet-ins of each port"
after=$(rss)
[ $((after - before)) -lt 8192 ] || fail "the switch grew from $before to $after KiB"
expect_eq "$(cat "$TESTDIR/service" "$TESTDIR/deaf" | wc -l)" 0 "packet-ins to those who want none"


warp 6000
wait_until "weft-vsctl get Controller $(row slow) status | grep -q packet-in-action-dropped"
slow=$(weft-vsctl get Controller "$(row slow)" status)
expect_match "$slow" 'packet-in-action-backlog="50"'
expect_match "$slow" 'packet-in-action-dropped="[1-9][0-9][0-9]+"'
daemon_stop weft-vswitchd
