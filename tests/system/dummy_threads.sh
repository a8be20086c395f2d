#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Forwarding threads on dummy ports: on which processors they run, which queues they poll, how long they sleep, what they count.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"
# Processors that this test may use; with fewer than two there is nothing to spread.
mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
[ ${#cpus[@]} -ge 2 ] || skip "needs two processors"
a=${cpus[0]} b=${cpus[1]}

# mask CPU...: as pmd-cpu-mask has it.
mask() {
    local cpu sum=0
    for cpu; do sum=$((sum | 1 << cpu)); done
    printf '%x' $sum
}
pmd() {
    local command=$1
    shift
    weft-appctl "dpif-netdev/pmd-$command" "$@"
}
# queues CPU: the queues polled there, as "p1:0 p1:1".
queues() {
    pmd rxq-show -pmd "$1" | awk '$1 == "port:" { printf "%s%s:%s", n++ ? " " : "", $2, $4 }'
}
threads() {
    pmd rxq-show | awk '$1 == "pmd" { printf "%s%d", n++ ? " " : "", $6 }'
}
# cpus_of_threads: where the kernel may run them.
cpus_of_threads() {
    local task
    for task in /proc/"$(cat "$WEFT_RUNDIR/weft-datapathd.pid")"/task/*; do
        if grep -q '^forward' "$task/comm"; then
            sed -n 's/^Cpus_allowed_list:\t//p' "$task/status"
        fi
    done | sort -n | tr '\n' ' '
}
warned() {
    grep -qF -- "$1" "$WEFT_LOGDIR/$2.log" || fail "$2's log does not have: $1"
}

start_dummy_switch
vsctl set Open_vSwitch . other_config:pmd-cpu-mask="$(mask "$a" "$b")"
bridge br0 p1 p2 p3 p4
of add-flow br0 in_port=1,actions=2
expect_eq "$(threads)" "$a $b" "threads"
expect_eq "$(cpus_of_threads)" "$a $b " "processors of the threads"

# --- All queues are polled, as many by each thread.
n_a=$(queues "$a" | wc -w) n_b=$(queues "$b" | wc -w)
[ $((n_a + n_b)) = 5 ] && [ $((n_a - n_b)) -ge -1 ] && [ $((n_a - n_b)) -le 1 ] || fail "queues: $(pmd rxq-show)"

# --- Ties, and the thread that is left alone by others for it.
vsctl set Interface p2 other_config:pmd-rxq-affinity="0:$b"
expect_eq "$(queues "$b")" "p2:0" "an isolated thread's queues"
expect_match "$(pmd rxq-show -pmd "$b")" 'isolated : true' "the isolated thread"
vsctl set Open_vSwitch . other_config:pmd-rxq-isolate=false
expect_match "$(pmd rxq-show -pmd "$b")" 'isolated : false' "no isolation"
expect_match "$(queues "$b")" 'p2:0 ' "more queues beside it"
vsctl remove Open_vSwitch . other_config pmd-rxq-isolate
expect_eq "$(queues "$b")" "p2:0" "isolated again"
vsctl set Interface p2 other_config:pmd-rxq-affinity="0:$b,5:0,nonsense"
warned "there is no queue 5" weft-datapathd
warned "must be QUEUE:CPU,..." weft-datapathd
expect_eq "$(queues "$b")" "p2:0" "the part that makes sense"
vsctl set Interface p2 other_config:pmd-rxq-affinity="0:999"
warned "no forwarding thread runs on processor 999" weft-datapathd
expect_match "$(queues "$a") $(queues "$b")" 'p2:0' "polled all the same"
vsctl set Interface p1 other_config:pmd-rxq-affinity="0:$a"
vsctl set Interface p2 other_config:pmd-rxq-affinity="0:$b"
expect_match "$(queues "$a") $(queues "$b")" 'p3:0' "polled though all threads are isolated"

# --- Each way of spreading, and what is none.
for policy in roundrobin group cycles; do
    vsctl set Open_vSwitch . other_config:pmd-rxq-assign=$policy
    expect_eq "$({ queues "$a"; echo; queues "$b"; } | wc -w)" 5 "queues polled under $policy"
done
vsctl set Open_vSwitch . other_config:pmd-rxq-assign=nonsense
warned "pmd-rxq-assign=nonsense: must be roundrobin, cycles or group" weft-vswitchd
vsctl remove Open_vSwitch . other_config pmd-rxq-assign
vsctl clear Interface p1 other_config -- clear Interface p2 other_config
expect_eq "$(pmd rxq-rebalance)" "pmd rxq rebalance requested." "a rebalance"

# --- Packets are counted where they are handled, also by threads that come while packets do.
receive p1 "$(udp 1 2)"
wait_sent p2 1
receive p1 "$(udp 1 2)" "$(udp 1 3)"
wait_sent p2 3
expect_eq "$(pmd stats-show | awk '/packets received/ { n += $3 } END { print n }')" 3 "packets received"
expect_eq "$(pmd stats-show | awk '/miss with success upcall/ { n += $NF } END { print n }')" 1 "misses"
expect_eq "$(pmd stats-show | awk '/megaflow hits:|smc hits|simple match hits/ && !/avg/ { n += $NF } END { print n }')" 2 "hits"
expect_match "$(pmd stats-show)" 'avg processing cycles per packet: [1-9][0-9]*\.[0-9]{2} \([1-9][0-9]*/3\)' "cycles"
expect_match "$(pmd perf-show)" 'Rx packets: +3  \([0-9]+ Kpps, [1-9][0-9]* cycles/pkt\)' "cycles in pmd-perf-show"
expect_match "$(pmd perf-show)" '- Upcalls: +1  \([ 0-9.]+ %, ([1-9][0-9]*\.[0-9]|0\.[1-9]) us/upcall\)' "time of misses in pmd-perf-show"
pmd stats-clear
expect_eq "$(pmd stats-show | awk '/packets received/ { n += $3 } END { print n }')" 0 "packets once cleared"
expect_match "$(weft-dpctl show)" 'hit:2 ' "the datapath's totals, which go on"
for set in "$a" "$b" "$a $b" "$b"; do
    vsctl set Open_vSwitch . other_config:pmd-cpu-mask="0x$(mask $set)"
    expect_eq "$(threads)" "$set" "threads"
    expect_eq "$(cpus_of_threads)" "$set " "processors"
    of del-flows br0 && of add-flow br0 in_port=1,actions=2
    receive p1 "$(udp 1 2)"
done
wait_sent p2 7
vsctl set Open_vSwitch . other_config:pmd-cpu-mask=nonsense
warned "pmd-cpu-mask=nonsense: must be a hexadecimal number" weft-vswitchd
expect_eq "$(threads)" "$b" "threads after a bad mask"
vsctl set Open_vSwitch . other_config:pmd-cpu-mask=4000000000000000000000000
warned "none of these processors can be used" weft-vswitchd

# --- A control program that comes later tells the datapath what is configured now.
daemon_stop weft-vswitchd
start_vswitchd --enable-dummy
expect_eq "$(threads)" "$b" "threads after a restart"
vsctl remove Open_vSwitch . other_config pmd-cpu-mask
wait_until "[ '$(threads)' != '$b' ]"
expect_match "$(pmd stats-show)" '^main thread:' "the main thread"

# --- Polling all the time, on request.
passes() {
    pmd perf-show | awk '/idle iterations/ { n += $4 } END { print n }'
}
sleeps() {
    pmd perf-show | awk '/sleep iterations/ { n += $4 } END { print n }'
}
vsctl set Open_vSwitch . other_config:pmd-sleep-max=0
before=$(passes)
wait_until "[ \$(passes) -gt $((before + 10000)) ]"
slept=$(sleeps)
receive p1 "$(udp 1 2)"
expect_eq "$(sleeps)" "$slept" "sleeps while polling all the time"
vsctl set Open_vSwitch . other_config:pmd-sleep-max=500
expect_match "$(pmd sleep-show)" 'max sleep:  500 us' "the longest sleep"
wait_until "[ \$(sleeps) -gt $((slept + 100)) ]"
vsctl set Open_vSwitch . other_config:pmd-sleep-max=1000000
warned "pmd-sleep-max=1000000: must be 0 to 10000 microseconds" weft-vswitchd
vsctl remove Open_vSwitch . other_config pmd-sleep-max
receive p1 "$(udp 1 2)"
wait_sent p2 9

# --- The versions of the inner loops; packets find their flows whichever is in use.
simd() {
    weft-appctl dpif/simd "$@"
}
for version in $(simd | grep -v 'not on this' | tr -d '*'); do
    expect_match "$(simd "$version")" "^\\* $version" "the version in use"
    receive p1 "$(udp 1 2)"
    expect_match "$(weft-appctl dpif-netdev/subtable-lookup-prio-get)" "  $version \\(Use count: [1-9][0-9]*, Priority: " "its use"
done
expect_match "$(weft-dpctl show)" 'missed:[1-9] ' "misses"
weft-appctl dpif-netdev/subtable-lookup-prio-set generic 255 | grep -q '^Lookup priority change affected [0-9]* dpcls ports and [0-9]* subtables.$'
expect_match "$(simd)" '^\* generic' "the version with the highest priority"
expect_fails 2 weft-appctl dpif/simd nonsense
expect_fails 2 weft-appctl dpif-netdev/subtable-lookup-prio-set nonsense 3
expect_fails 2 weft-appctl dpif-netdev/subtable-lookup-prio-set generic 256
expect_match "$(weft-appctl dpif-netdev/dpif-impl-get)" 'dpif_scalar \(pmds: ' "the one implementation"
expect_match "$(weft-appctl dpif-netdev/miniflow-parser-get)" 'scalar \(available: True pmds: ' "the one parser"
weft-appctl dpif-netdev/dpif-impl-set dpif_scalar | grep -q '^DPIF implementation set to dpif_scalar.$'
weft-appctl dpif-netdev/miniflow-parser-set scalar | grep -q '^Miniflow extract implementation set to scalar.$'
expect_fails 2 weft-appctl dpif-netdev/dpif-impl-set dpif_avx512
expect_fails 2 weft-appctl dpif-netdev/miniflow-parser-set avx512_ipv4_udp

# --- How long misses waited for their answer.
receive p3 "$(udp 3 4)"
wait_until "weft-appctl upcall/latency | grep -q '^upcalls answered: [1-9]'"
n=$(weft-appctl upcall/latency | sed -n 's/^upcalls answered: //p')
expect_eq "$(weft-appctl upcall/latency | awk '$1 == "<" { n += $4 } $1 == "longer" { n += $2 } END { print n }')" "$n" "the sum of the histogram"
expect_match "$(weft-appctl upcall/latency | tail -1)" ' 100\.0 %$' "the last line"
weft-appctl upcall/latency clear
expect_eq "$(weft-appctl upcall/latency)" "upcalls answered: 0" "once cleared"
expect_fails 2 weft-appctl upcall/latency nonsense

# --- A port with two queues, each on a thread of its own: what came on one queue leaves in its order.
vsctl set Open_vSwitch . other_config:pmd-cpu-mask="$(mask "$a" "$b")" -- add-port br0 p5 \
    -- set Interface p5 type=dummy ofport_request=5 options:n_rxq=2 other_config:pmd-rxq-affinity="0:$a,1:$b" \
    -- add-port br0 p6 -- set Interface p6 type=dummy ofport_request=6 options:tx_pcap="$TESTDIR/p6.pcap"
of add-flow br0 in_port=5,actions=6
expect_match "$(queues "$a")" 'p5:0' "where the first queue is polled"
expect_match "$(queues "$b")" 'p5:1' "where the second queue is polled"
receive p5 "$(udp 5 6)"
wait_sent p6 1
pmd stats-clear
numbered=
for i in $(seq 10 49); do numbered+=" 0200000000060200000000050800450000200000000040110000$(printf '0a0000050a00000603e807d0000c0000000000%02x' "$i")"; done
for q in 0 1; do
    # shellcheck disable=SC2086
    receive p5 --qid $q $numbered
done
wait_sent p6 81
for cpu in "$a" "$b"; do
    expect_eq "$(pmd stats-show -pmd "$cpu" | awk '/packets received/ { print $3 }')" 40 "packets of the queue on processor $cpu"
done
# Each number comes twice; of both queues' packets the first ones are in order, and so are the last ones.
sent p6 | tail -n 80 | grep -o '..$' | awk '{ n[$1]++; if (n[$1] == 1) a = a $1; else b = b $1 } END { print a; print b }' >"$TESTDIR/order"
expect_eq "$(sort -u "$TESTDIR/order" | wc -l)" 1 "orders"
expect_eq "$(head -n 1 "$TESTDIR/order")" "$(printf '%02x' $(seq 10 49))" "order"
vsctl set Interface p5 options:n_rxq=3
expect_eq "$(pmd rxq-show | grep -c 'port: p5 ')" 3 "queues"
vsctl set Interface p5 options:n_rxq=17
expect_match "$(vsctl get Interface p5 error)" 'n_rxq=17: must be 1 to 16'
vsctl del-port br0 p5 -- del-port br0 p6

# --- Commands that make no sense.
for bad in "stats-show -pmd" "stats-show -pmd x" "rxq-show -secs 61" "stats-show -x" "stats-show nobody" "perf-show -it 5"; do
    expect_fails 2 weft-appctl dpif-netdev/pmd-$bad
done
expect_eq "$(pmd stats-show -pmd 999)" "" "a thread that is not there"
pmd stats-show ovs-system | grep -q 'main thread'
