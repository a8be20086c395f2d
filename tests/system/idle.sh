#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An idle switch with ten ports makes no work: its threads are asleep but for a few timers.
# Wake-ups are counted, rather than time measured, so that a loaded machine does not matter.
. "$(dirname "$0")/lib.sh"
need_root

switch_ns
start_vswitchd
weft-vsctl add-br br0
for i in $(seq 10); do
    sw ip link add "p$i" type veth peer name "q$i"
    sw ip link set "p$i" up
    sw ip link set "q$i" up
    weft-vsctl add-port br0 "p$i"
done

# ticks: processor time of both daemons, in clock ticks (1/100 s).
ticks() {
    local total=0 name pid
    for name in weft-vswitchd weft-datapathd; do
        pid=$(cat "$WEFT_RUNDIR/$name.pid")
        total=$((total + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
    done
    echo $total
}
# Neighbour discovery of the devices dies down first.
settle_end=$((SECONDS + 5))
wait_until "[ \$SECONDS -ge $settle_end ]"
before=$(ticks)
end=$((SECONDS + 10))
wait_until "[ \$SECONDS -ge $end ]"
used=$(($(ticks) - before))
echo "both daemons used $used ticks in 10 s"
# One per cent of a core for 10 s is 10 ticks.
[ $used -le 10 ] || fail "both daemons used $used ticks of processor time in 10 idle seconds"
