#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The scorecard: each row beside its peers in one run (A B B A, medians), as a Markdown table with ratios.
# usage: bench.sh [ROW...]   rows: tcp udp64 latency idle tse classifier flowmods setup vhost64 vhost64normal vhost1500 vhostflows vhostsetup copy
# tunnel (tunnelcycles, tunneltcp and vhosttunnel); default: all.
# RUNS=N rounds (default 3), SECS=N per measurement (default 4), FLOWS=N flow-mods (default 1000000), RULES=FILE: a rule set in
# ClassBench's format for row classifier in place of those that are drawn.
. "$(dirname "$0")/../system/lib.sh"
. "$srcdir/tests/bench/switches.sh"
. "$srcdir/tests/bench/testpmd.sh"
. "$srcdir/tests/bench/tunnel.sh"
need_root
need_tools iperf3 ethtool ovs-vswitchd ovsdb-tool dpdk-testpmd

RUNS=${RUNS:-3} SECS=${SECS:-4} WAIT_SECONDS=90 FLOWS=${FLOWS:-1000000}
VHOST_FLOWS=${VHOST_FLOWS:-10 1000 10000 100000 1000000}
rows=${*:-tcp udp64 latency idle tse classifier flowmods setup vhost64 vhost64normal vhost1500 vhostflows vhostsetup copy tunnel}
rows=" $rows "
rows=${rows/ tunnel / tunnelcycles tunneltcp vhosttunnel }
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

measure_tcp() { measure_stream tcp "$1"; }
measure_stream() {
    background ns b iperf3 -s -1 -p 5201
    wait_until "ns b ss -ltn | grep -q :5201"
    ns a iperf3 -c 10.0.0.2 -p 5201 -t "$SECS" --json >"$TESTDIR/iperf.json"
    wait "$BACKGROUND_PID" || true
    record "$1" "$2" "$(python3 -c 'import json, sys
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

# One packet at a time, so that each finds all threads asleep.
measure_latency() {
    local p50 p99
    background ns b "$builddir/tests/bench/udp_pingpong" echo 9001
    wait_until "ns b ss -lun | grep -q :9001"
    read -r _ p50 _ p99 _ < <(ns a "$builddir/tests/bench/udp_pingpong" ask 10.0.0.2 9001 "$SECS")
    stop_pid "$BACKGROUND_PID"
    record latency "$1" "$p50"
    record latency99 "$1" "$p99"
}

# What the switching core forwards for one port while another has made as many masks as it can.
measure_tse() {
    local alone attacked
    read -r alone attacked _ < <("$builddir/tests/bench/flow_lookup_bench" --attack | tail -1)
    record tse weft "$attacked"
    record tse alone "$alone"
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

# Each size of rule set is a row of its own: both searches are in one program, on the same rules and packets.
measure_classifier() {
    local rules masks plain weft masked updates
    # shellcheck disable=SC2086
    while read -r rules masks plain weft masked _ _ updates; do
        [ "$rules" != rules ] || continue
        record "classifier:$rules:$masks" weft "$(awk -v n="$weft" 'BEGIN { printf "%.3f", n / 1e6 }')"
        record "classifier:$rules:$masks" plain "$(awk -v n="$plain" 'BEGIN { printf "%.3f", n / 1e6 }')"
        record "masked:$rules:$masks" weft "$(awk -v n="$masked" 'BEGIN { printf "%.3f", n / 1e6 }')"
        record "updates:$rules:$masks" weft "$(awk -v n="$updates" 'BEGIN { printf "%.3f", n / 1e6 }')"
    done < <("$builddir/tests/bench/classifier_bench" ${RULES:+--rules "$RULES"})
}

# resident PID: bytes.
resident() { awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$1/status"; }

seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f", b - a }'; }

# thousands N SECONDS
thousands() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.1f", n / s / 1e3 }'; }

# stream_flows SWITCH ROW stream|bundle: from a client that sends ahead; also the processor time that the switch takes for each, which a busy machine
# changes less.
stream_flows() {
    local seconds ticks pid
    pid=$("control_$1")
    ticks=$(cpu_ticks "$pid")
    seconds=$("$builddir/tests/bench/flow_mod_stream" "$("mgmt_$1")" "$FLOWS" "$3")
    record "$2" "$1" "$(thousands "$FLOWS" "$seconds")"
    record "$2cpu" "$1" "$(awk -v n="$FLOWS" -v t=$(($(cpu_ticks "$pid") - ticks)) 'BEGIN { printf "%.2f", t * 1e4 / n }')"
}

# Distinct flows from the same clients for both switches: one that sends ahead, once with a barrier at the end and once in a bundle, and
# ovs-ofctl, which waits for each flow, and lists them. During the first 1,000 packets a second pass on a flow that is cached.
measure_flowmods() {
    local start before pid receiver mgmt ticks n_packets=$((10 * 1000)) n_waited=$((FLOWS / 10))
    local count=$WEFT_LOGDIR/background-${#BACKGROUND_PIDS[@]}.out
    awk -v n="$n_waited" 'BEGIN { for (i = 0; i < n; i++)
        printf "priority=%d,tcp,nw_dst=10.%d.%d.%d,tp_dst=%d,actions=drop\n", 1 + i % 1000, int(i / 65536), int(i / 256) % 256, i % 256, 1 + i % 60000 }' \
        >"$TESTDIR/flows"
    pid=$("control_$1") mgmt=$("mgmt_$1")
    before=$(resident "$pid")
    background ns b "$builddir/tests/system/udp_stream" receive 9000 "$n_packets"
    receiver=$BACKGROUND_PID
    wait_until grep -q ready "$count"
    background ns a "$builddir/tests/system/udp_stream" send 10.0.0.2 9000 1000 "$n_packets"
    stream_flows "$1" flowmods stream
    record flowbytes "$1" "$(awk -v n="$FLOWS" -v b=$(($(resident "$pid") - before)) 'BEGIN { printf "%.0f", b / n }')"
    wait "$receiver" || true
    record flowloss "$1" "$(sed -n 's/.*lost \([0-9]*\).*/\1/p' "$count")"

    start=$(date +%s.%N)
    "ofctl_$1" dump-flows "$mgmt" >/dev/null
    record flowdump "$1" "$(thousands "$FLOWS" "$(seconds_since "$start")")"

    "ofctl_$1" del-flows "$mgmt"
    stream_flows "$1" flowbundle bundle

    "ofctl_$1" del-flows "$mgmt"
    start=$(date +%s.%N)
    ticks=$(cpu_ticks "$pid")
    "ofctl_$1" add-flows "$mgmt" "$TESTDIR/flows"
    record flowwait "$1" "$(thousands "$n_waited" "$(seconds_since "$start")")"
    record flowwaitcpu "$1" "$(awk -v n="$n_waited" -v t=$(($(cpu_ticks "$pid") - ticks)) 'BEGIN { printf "%.2f", t * 1e4 / n }')"
}

# Each packet needs a megaflow of its own, because the destination goes to a register; the switch has one core, the sender the other.
measure_setup() {
    local mac_a mac_b start n
    mac_a=$(ns a cat /sys/class/net/eth0/address)
    mac_b=$(ns b cat /sys/class/net/eth0/address)
    "flow_limit_$1"
    "ofctl_$1" add-flow "$("mgmt_$1")" "priority=10,ip,actions=move:NXM_OF_IP_DST[]->NXM_NX_REG0[],NORMAL"
    "warm_$1" "$mac_a" "$mac_b"
    n=$("flows_$1")
    start=$(date +%s.%N)
    ns a taskset -c 0 "$builddir/tests/bench/packet_blast" eth0 "$mac_a" "$mac_b" 1048576 "$SECS" >/dev/null
    record setup "$1" "$(awk -v n=$(($("flows_$1") - n)) -v s="$(seconds_since "$start")" 'BEGIN { printf "%.1f", n / s / 1e3 }')"
}

# Guests over vhost-user. A row's name ends with what is measured: the packet's size, or the number of destinations.
# measure_guests ROW SWITCH SIZE [FLOWS]
measure_guests() {
    local row=$1 switch=$2 cycles
    local name=${switch%_vhost}
    [ "$name" != ovs ] || name=ovs_dpdk
    start_testpmd "$3" "${4-}"
    testpmd_go
    if [ -n "${4-}" ] && [ "$name" != raw ]; then warm_guests "$switch" "$4"; fi
    "clear_$switch"
    record "$row" "$name" "$(testpmd_rate "$SECS")"
    cycles=$("cycles_$switch")
    [ -z "$cycles" ] || record "${row%%:*}_cycles${row#"${row%%:*}"}" "$name" "$cycles"
    stop_testpmd
}

# Until the megaflows of all destinations are there, both ways, or there come no more.
warm_guests() {
    local n=0 most=0 since=$SECONDS
    while [ "$n" -lt $(($2 * 2)) ] && [ $((SECONDS - since)) -lt 5 ]; do
        "allow_flows_$1"
        n=$("flows_$1")
        if [ "$n" -gt "$most" ]; then most=$n since=$SECONDS; fi
        sleep 0.2
    done
    echo "$1: $n megaflows for $2 destinations" >&2
}

# New megaflows, every packet of a guest one: what the slow path takes where the way to it costs little. Both switches are warm: their flow limit is
# raised, and the memory for as many flows as they make in that time is in use. (Open vSwitch's limit falls again under load: it cannot be waited for a
# number of flows.)
measure_vhostsetup() {
    local n start
    "exact_$1"
    start_testpmd 64 300000
    testpmd_go
    read -r -t "$SECS" <> <(:) || true
    stop_testpmd
    "purge_$1"
    start_testpmd 64 1000000
    testpmd_ready
    n=$("flows_$1")
    start=$(date +%s.%N)
    testpmd_go
    wait_until "[ \$(date +%s%N) -ge $(($(date +%s%N) + SECS * 1000000000)) ]"
    n=$(($("flows_$1") - n))
    record vhostsetup "$(case $1 in weft*) echo weft ;; *) echo ovs_dpdk ;; esac)" "$(thousands $n "$(seconds_since "$start")")"
    stop_testpmd
}

# One core's copies of packets from memory to memory: the limit of what copies once.
measure_copy() {
    local size
    for size in 64 1500; do
        record "copy:$size" weft "$(taskset -c 1 "$builddir/tests/bench/copy_bandwidth" "$size" "$SECS")"
    done
}

# Cycles a packet of the switching core alone, over those of plain forwarding.
measure_tunnelcycles() {
    local direction kind all ports alone more
    while IFS=';' read -r direction kind all ports alone more; do
        record "tunnelcycles:$direction:$kind" weft "$alone"
        [ "$direction" = forward ] || record "tunnelmore:$direction:$kind" weft "${more#+}"
    done < <("$builddir/tests/bench/tunnel_bench" | sed -nE '2,$ s/^(\w+),? *(.*[^ ]|)  +([0-9.]+) +([0-9.]+) +([-0-9.]+) +([-+0-9.]+)$/\1;\2;\3;\4;\5;\6/p' | tr ' ' '_')
}

# Guests' TCP between two hosts, each with a switch of its own.
measure_tunneltcp() { measure_stream tunneltcp "$(sed 's/_hosts//; s/^ovs$/ovs_default/; s/^kernel$/bridge/' <<<"$1")"; }

# A guest's packets into a tunnel and out of it.
measure_vhosttunnel() {
    measure_vtep vhosttunnel:64 "$1" 64
    measure_vtep vhosttunnel:1400 "$1" 1400
}

measure_vhost64() { measure_guests vhost64 "$1" 64; }
measure_vhost1500() { measure_guests vhost1500 "$1" 1500; }
measure_vhost64normal() {
    "normal_$1"
    measure_guests vhost64normal "$1" 64
}
measure_vhostflows() {
    local n
    "exact_$1"
    for n in $VHOST_FLOWS; do
        measure_guests "vhostflows:$n" "$1" 64 "$n"
    done
}

# switches ROW: the switch under test first.
switches() {
    case $1 in
    tcp) echo weft bridge ovs_default ovs_tso ;;
    udp64) echo weft bridge ovs ;;
    latency) echo weft direct bridge ovs_default ;;
    idle) echo weft ovs ;;
    tse) echo in_process ;;
    classifier) echo in_process ;;
    flowmods) echo weft ovs_default ;;
    setup) echo weft ovs ovs_dpdk ;;
    vhost64 | vhost1500) echo weft_vhost null_vhost ovs_vhost raw_vhost ;;
    copy | tunnelcycles) echo in_process ;;
    tunneltcp) echo weft_hosts kernel_hosts ovs_hosts ;;
    vhosttunnel) echo weft_vtep ovs_vtep ;;
    vhost64normal | vhostflows | vhostsetup) echo weft_vhost ovs_vhost ;;
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
