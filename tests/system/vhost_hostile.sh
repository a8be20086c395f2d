#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile guests' ends over vhost-user, all kinds at once, beside two guests who just talk to each other: their packets all
# arrive, and at the end no buffer, descriptor or mapping is left. VHOST_HOSTILE_SECONDS makes it longer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
bin=$builddir/tests/system
seconds=${VHOST_HOSTILE_SECONDS:-4}
seed=${VHOST_HOSTILE_SEED:-$RANDOM}
echo "seed $seed"

# count_fds, count_maps: of the datapath.
count_fds() {
    ls "/proc/${DAEMON_PID[weft-datapathd]}/fd" | wc -l
}
count_maps() {
    grep -c 'memfd:guest' "/proc/${DAEMON_PID[weft-datapathd]}/maps" || true
}

start_datapathd
for name in a b m r p c f g; do
    dpctl add-if system@ovs-system "v$name,type=vhostuserclient,vhost-server-path=$TESTDIR/$name"
done
cross_connect va vb
dpctl add-flow 'in_port(vm)' va # to a good guest, and from it
dpctl add-flow 'in_port(vr)' vp
dpctl add-flow 'in_port(vp)' vr
dpctl add-flow 'in_port(vc)' vr
dpctl add-flow 'in_port(vf)' vf # back to where it came from
dpctl add-flow 'in_port(vg)' vg
wait_until "dpctl show | grep -c 'the socket is not there' | grep -qx 8"
fds=$(count_fds)

pids=()
"$bin/vhost_hostile" "$TESTDIR/m" messages "$seconds" "$seed" & pids+=($!)
"$bin/vhost_hostile" "$TESTDIR/r" rings "$seconds" "$seed" & pids+=($!)
"$bin/vhost_hostile" "$TESTDIR/p" rings "$seconds" "$seed" packed & pids+=($!)
"$bin/vhost_hostile" "$TESTDIR/c" memory "$seconds" "$seed" & pids+=($!)
"$bin/vhost_hostile" "$TESTDIR/f" calls "$seconds" "$seed" & pids+=($!)
"$bin/vhost_hostile" "$TESTDIR/g" calls "$seconds" "$seed" packed & pids+=($!)
expect_match "$("$bin/vhost_guest" --features=mrg --rounds=2 --packets=4000 "$TESTDIR/a" "$TESTDIR/b")" '^[0-9]+ packets arrived'
for pid in "${pids[@]}"; do
    wait "$pid" || fail "a hostile guest was not let in again"
done

# The good guests lost nothing, and nothing is left of the bad ones.
expect_eq "$(port_stat va tx_dropped)" 0 "packets dropped on the way to a good guest"
wait_until "dpctl show | grep -c 'the socket is not there' | grep -qx 8"
expect_eq "$(count_fds)" "$fds" "open descriptors"
expect_eq "$(count_maps)" 0 "mappings of guests' memory"
wait_until "dpctl command memory/show | grep -q 'frames-in-use:0'"
[ "$(port_stat vr rx_packets)" -gt 0 ] || fail "no ring was attacked in earnest"
grep -q 'memory has gone' "$WEFT_LOGDIR/weft-datapathd.log" || fail "no memory was lost"
expect_match "$(port_stat vf tx_packets) $(port_stat vg tx_packets)" '^[1-9][0-9]+ [1-9][0-9]+$'
daemon_stop weft-datapathd
