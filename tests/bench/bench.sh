#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The scorecard: each row beside its peers in one run (A B B A, medians), as a Markdown table with ratios.
# usage: bench.sh [ROW...]   rows: tcp udp64 idle; default: all. RUNS=N rounds (default 3), SECS=N per measurement (default 4).
. "$(dirname "$0")/../system/lib.sh"
. "$srcdir/tests/bench/switches.sh"
need_root
need_tools iperf3 ethtool ovs-vswitchd ovsdb-tool

RUNS=${RUNS:-3} SECS=${SECS:-4} WAIT_SECONDS=40
rows=${*:-tcp udp64 idle}
results=$TESTDIR/results
: >"$results"

# record ROW SWITCH VALUE
record() { echo "$1 $2 $3" >>"$results"; echo "$1 $2 $3" >&2; }

# cpu_ticks PID...: processor time in clock ticks.
cpu_ticks() {
    local pid total=0
    for pid; do total=$((total + $(awk '{ print $14 + $15 }' "/proc/$pid/stat"))); done
    echo $total
}

measure_tcp() {
    background ns b iperf3 -s -1 -p 5201
    wait_until "ns b ss -ltn | grep -q :5201"
    ns a iperf3 -c 10.0.0.2 -p 5201 -t "$SECS" --json >"$TESTDIR/iperf.json"
    wait "$BACKGROUND_PID" || true
    record tcp "$1" "$(python3 -c 'import json, sys
print("%.2f" % (json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 1e9))' "$TESTDIR/iperf.json")"
}

measure_udp64() {
    local mac_a mac_b before after ticks=0
    mac_a=$(ns a cat /sys/class/net/eth0/address)
    mac_b=$(ns b cat /sys/class/net/eth0/address)
    ns b ping -q -c 1 -W 1 10.0.0.1 >/dev/null
    before=$(ns b cat /sys/class/net/eth0/statistics/rx_packets)
    # shellcheck disable=SC2046
    ticks=$(cpu_ticks $("pids_$1"))
    ns a "$builddir/tests/bench/packet_blast" eth0 "$mac_a" "$mac_b" 1 "$SECS" >/dev/null
    after=$(ns b cat /sys/class/net/eth0/statistics/rx_packets)
    # shellcheck disable=SC2046
    ticks=$(($(cpu_ticks $("pids_$1")) - ticks))
    record udp64 "$1" "$(awk -v n=$((after - before)) -v s="$SECS" 'BEGIN { printf "%.3f", n / s / 1e6 }')"
    if [ $ticks -gt 0 ]; then
        record udp64ns "$1" "$(awk -v n=$((after - before)) -v t=$ticks 'BEGIN { printf "%.0f", t / 100 * 1e9 / (n ? n : 1) }')"
    fi
}

measure_idle() {
    local before end pids
    pids=$("pids_$1")
    # shellcheck disable=SC2086
    before=$(cpu_ticks $pids)
    end=$((SECONDS + SECS))
    wait_until "[ \$SECONDS -ge $end ]"
    # shellcheck disable=SC2086
    record idle "$1" "$(awk -v t=$(($(cpu_ticks $pids) - before)) -v s="$SECS" 'BEGIN { printf "%.2f", t / s }')"
}

# switches ROW: the switch under test first.
switches() {
    case $1 in
    tcp) echo weft bridge ovs_default ovs_tso ;;
    udp64) echo weft bridge ovs ;;
    idle) echo weft ovs ;;
    *) fail "no row named $1" ;;
    esac
}

for row in $rows; do
    order=$(switches "$row")
    back=$(tr ' ' '\n' <<<"$order" | tac | xargs)
    for ((run = 0; run < RUNS; run++)); do
        if ((run % 2)); then list=$back; else list=$order; fi
        for switch in $list; do
            "start_$switch"
            "measure_$row" "$switch"
            "stop_$switch"
        done
    done
done

python3 "$srcdir/tests/bench/table.py" "$results"
