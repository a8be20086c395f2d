#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# MAC learning: addresses are learned, move, age by the bridge's time, and vanish with their port.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2 p3
of add-flow br0 actions=normal
weft-appctl time/stop

# where HOST: the port on which the host was learned.
where() {
    weft-appctl fdb/show br0 | awk -v mac="02:00:00:00:00:0$1" '$3 == mac { print $1 }'
}

# An unknown destination is flooded to all but the port of arrival; the source is known from then on.
receive p1 "$(udp 1 2)"
wait_sent p2 1
wait_sent p3 1
expect_eq "$(where 1)" 1 "the source's port"
receive p2 "$(udp 2 1)"
wait_sent p1 1
expect_eq "$(where 2)" 2 "the answer's port"
expect_eq "$(sent p3 | wc -l)" 1 "packets that the third port saw"

# The first direction's cached flow was made when the destination was unknown: now it must go to p2 alone.
weft-appctl revalidator/wait
receive p1 "$(udp 1 2)"
wait_sent p2 2
expect_eq "$(sent p3 | wc -l)" 1 "packets that the third port saw after learning"

# The host moves to p3: a cached flow towards it follows.
receive p3 "$(udp 2 1)"
wait_sent p1 2
expect_eq "$(where 2)" 3 "port after the move"
weft-appctl revalidator/wait
receive p1 "$(udp 1 2)"
wait_sent p3 2
expect_eq "$(sent p2 | wc -l)" 2 "packets to the port of before"

# Multicast sources are not learned.
receive p1 "$(udp 1 2 | sed 's/src=02:/src=03:/')"
expect_no_match "$(weft-appctl fdb/show br0)" '03:00' "learned addresses"

# Ageing: traffic over a cached flow keeps an address young, silence makes it go.
vsctl set Bridge br0 other_config:mac-aging-time=20
for i in 1 2 3; do
    warp 8000
    receive p1 "$(udp 1 2)"
    weft-appctl revalidator/wait
done
expect_eq "$(where 1)" 1 "an address in use after 24 s"
wait_until '[ -z "$(weft-appctl fdb/show br0 | grep 02:00:00:00:00:02)" ]'
warp 21000
wait_until '! weft-appctl fdb/show br0 | grep 02:00:00:00:00:01'

# A port that leaves takes its addresses with it; fdb/flush forgets all.
receive p1 "$(udp 1 9)"
receive p2 "$(udp 2 9)"
wait_until '[ "$(weft-appctl fdb/show br0 | grep -c 02:00)" = 2 ]'
vsctl del-port br0 p2
expect_eq "$(where 2)" '' "an address of a deleted port"
expect_eq "$(where 1)" 1 "an address of another port"
weft-appctl fdb/flush br0 >/dev/null
expect_no_match "$(weft-appctl fdb/show br0)" '02:00' "addresses after a flush"

# The table is bounded: the oldest address makes room.
vsctl set Bridge br0 other_config:mac-table-size=10
for i in $(seq 10 30); do
    receive p1 "$(udp 1 9 | sed "s/src=02:00:00:00:00:01/src=02:00:00:00:01:$i/")"
    warp 1000
done
wait_until '[ "$(weft-appctl fdb/show br0 | grep -c 02:00)" = 10 ]'
wait_until 'weft-appctl fdb/show br0 | grep 02:00:00:00:01:30'
