#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What an OpenFlow flow costs in memory: at most 320 bytes of resident memory each, of many that differ in address, port and priority.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

n_flows=${FLOWS:-100000}
limit=320

start_dummy_switch
weft-appctl memory/show | grep -q 'heap:.*allocated' || skip "figures are for a build with its own allocator, without sanitizers"
bridge br0 p1
# resident: bytes, when nothing is left to be freed.
resident() {
    weft-appctl revalidator/wait
    awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$(cat "$WEFT_RUNDIR/weft-vswitchd.pid")/status"
}
# flows FIRST NUMBER
flows() {
    awk -v i="$1" -v n="$2" 'BEGIN { for (n += i; i < n; i++)
        printf "priority=%d,tcp,nw_dst=10.%d.%d.%d,tp_dst=%d,actions=drop\n", 1 + i % 1000, int(i / 65536), int(i / 256) % 256, i % 256, 1 + i % 60000 }'
}
# What the first flows bring about is not theirs.
flows 0 1000 >"$TESTDIR/first"
flows 1000 "$n_flows" >"$TESTDIR/more"
of add-flows br0 "$TESTDIR/first"
before=$(resident)
timeout 100 weft-ofctl add-flows br0 "$TESTDIR/more"
each=$((($(resident) - before) / n_flows))
expect_match "$(of dump-aggregate br0)" "flow_count=$((n_flows + 1000))"
echo "$each bytes a flow"
[ $each -gt 50 ] || fail "$each bytes a flow cannot be: something else has shrunk"
[ $each -le $limit ] || fail "$each bytes of resident memory for each of $n_flows flows, more than $limit"
