#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mesh of hosts, each joined to each by VXLAN, with two tenants: it comes up, every guest reaches all of its tenant, and when a host is lost the others
# go on. MESH_HOSTS says how many: a few by default, 50 for the long form.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools ping python3

n=${MESH_HOSTS:-5}
WAIT_SECONDS=$((20 + n * 2))
# The kernel's neighbours of all namespaces are in one table, which is for 1,024 of them: when it is full the kernel does not even answer ARP.
if [ "$n" -gt 10 ]; then
    for file in /proc/sys/net/ipv4/neigh/default/gc_thresh3 /proc/sys/net/ipv6/neigh/default/gc_thresh3; do
        on_exit "echo $(cat $file) >$file"
        echo $((n * n * 8)) >$file
    done
fi
phase() { echo "$1: $SECONDS s"; }
wire
for i in $(seq "$n"); do
    weft_host "h$i" "$i"
done

phase "$n hosts"
# A frame from one tunnel goes to guests, and not into the next tunnel: tunnels are protected from each other.
for i in $(seq "$n"); do
    commands=()
    for j in $(seq "$n"); do
        [ "$i" != "$j" ] || continue
        for key in 10 20; do
            commands+=(-- add-port br0 "t$key.$j" tag=$key protected=true -- set Interface "t$key.$j" type=vxlan
                options:remote_ip=172.16.0.$j options:key=$key)
        done
    done
    on "h$i" weft-vsctl "${commands[@]:1}"
    tenant "h$i" "r$i" red "10.0.0.$i" tag=10
    tenant "h$i" "b$i" blue "10.0.0.$i" tag=20
done

# all_pairs HOST...: each guest of these reaches each other of its tenant; a few guests at a time.
all_pairs() {
    local i j tenant addresses pids=() failed=
    for i; do
        addresses=()
        for j; do
            [ "$i" = "$j" ] || addresses+=("10.0.0.$j")
        done
        for tenant in r b; do
            ns "$tenant$i" python3 "$srcdir/tests/system/ping_all.py" "$WAIT_SECONDS" "${addresses[@]}" >"$TESTDIR/$tenant$i.pings" 2>&1 &
            pids+=("$tenant$i:$!")
            while [ "$(jobs -pr | wc -l)" -gt $(($(nproc) * 4 + ${#DAEMON_PID[@]})) ]; do
                sleep 0.05
            done
        done
    done
    for i in "${pids[@]}"; do
        wait "${i#*:}" || { failed=yes; echo "${i%:*}: $(cat "$TESTDIR/${i%:*}.pings")"; }
    done
    [ -z "$failed" ] || fail "not all pairs reach each other"
}
phase "$((n * (n - 1) * 2)) tunnels and $((2 * n)) guests"
hosts=$(seq "$n")
# shellcheck disable=SC2086
all_pairs $hosts
phase "all pairs"
for i in $hosts; do
    cat "/proc/${DAEMON_PID[h$i]}/smaps_rollup" "/proc/$(head -n 1 "$TESTDIR/h$i/run/weft-datapathd.pid")/smaps_rollup"
done | awk '/^Pss:/ { n += $2 } END { printf "memory of the daemons: %d MiB\n", n / 1024 }'
expect_eq "$(on h1 weft-appctl ofproto/list-tunnels | wc -l)" $((2 * (n - 1))) "tunnels of a host"
expect_eq "$(on h1 weft-appctl tnl/ports/show | tail -n 1)" "vxlan_sys_4789 (4789) ref_cnt=$((2 * (n - 1)))" "listeners"
expect_eq "$(on h1 weft-appctl tnl/neigh/show | grep -c ' br-phy$')" $((n - 1)) "neighbours"

# The last host is lost, with all that ran on it.
kill -9 "${DAEMON_PID[h$n]}"
"$srcdir/scripts/stop-daemon.sh" "$TESTDIR/h$n/run/weft-datapathd.pid"
ns r1 ping -q -c 1 -W 1 "10.0.0.$n" >/dev/null && fail "the lost host answers"
# shellcheck disable=SC2046
all_pairs $(seq $((n - 1)))
phase "all pairs without the lost host"
