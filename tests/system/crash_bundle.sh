#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-vswitchd is killed while it commits a bundle that replaces all flows: afterwards all of it is there, or nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2
n=20000

# generation COOKIE: flow-mods for all flows of a generation, and one that takes out the others.
generation() {
    echo delete
    seq "$n" | awk -v c="$1" '{ printf "add cookie=%d,priority=%d,tcp,nw_dst=10.%d.%d.%d,tp_dst=%d,actions=2\n",
                                c, $1 % 100, $1 / 65536, $1 / 256 % 256, $1 % 256, $1 % 1000 }'
}

# cookies: how many flows of which generation.
cookies() {
    of --no-stats dump-flows br0 | grep -o 'cookie=[^,]*' | sort | uniq -c | awk '{ print $1, $2 }'
}

for i in 1 2; do
    generation $i >"$TESTDIR/generation.$i"
done
of -O OpenFlow14 --bundle add-flows br0 "$TESTDIR/generation.1"
expect_eq "$(cookies)" "$n cookie=0x1" "flows of the first bundle"

old=1 n_new=0
for delay in 0.15 0.3 0.5 0.02; do
    new=$((3 - old))
    timeout 20 weft-ofctl -O OpenFlow14 --bundle add-flows br0 "$TESTDIR/generation.$new" >/dev/null 2>&1 &
    client=$!
    sleep $delay # there is nothing to wait for: any instant will do
    daemon_kill weft-vswitchd
    wait $client || true
    start_vswitchd --enable-dummy
    vsctl set Open_vSwitch . external_ids:restarted=$delay
    found=$(cookies)
    case $found in
        "$n cookie=0x$old") ;;
        "$n cookie=0x$new") old=$new n_new=$((n_new + 1)) ;;
        *) fail "after a kill $delay s into a bundle there are: $found" ;;
    esac
done
echo "$n_new of 4 bundles were there"
