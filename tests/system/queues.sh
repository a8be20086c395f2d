#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ports with several receive queues on two forwarding threads: veth, tap and internal. The queues go where pmd-rxq-affinity has them, both
# threads have work, packets of one flow stay in order, and nothing comes twice.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping python3
mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
[ ${#cpus[@]} -ge 2 ] || skip "needs two processors"
a=${cpus[0]} b=${cpus[1]}
flows=64 packets=100

vsctl() {
    weft-vsctl --timeout=20 "$@"
}
# queues CPU: what is polled there, as "veth-a:0 tap0:1".
queues() {
    weft-appctl dpif-netdev/pmd-rxq-show -pmd "$1" | awk '$1 == "port:" { printf "%s%s:%s", n++ ? " " : "", $2, $4 }'
}
# received CPU: packets that the thread there received since the counters were cleared.
received() {
    weft-appctl dpif-netdev/pmd-stats-show -pmd "$1" | awk '$1 == "packets" && $2 == "received:" { print $3 }'
}

switch_ns
start_vswitchd
guest ga veth-a 10.0.0.1/24 fd00::1/64
guest gb veth-b 10.0.0.2/24 fd00::2/64
ns_add gt gi
vsctl set Open_vSwitch . other_config:pmd-cpu-mask="$(printf %x $((1 << a | 1 << b)))" -- add-br br0
add=()
for port in "veth-a system" "veth-b system" "tap0 tap" "int0 internal"; do
    read -r name type <<<"$port"
    add+=(-- add-port br0 "$name" -- set Interface "$name" type="$type" options:n_rxq=2 other_config:pmd-rxq-affinity="0:$a,1:$b")
done
vsctl "${add[@]:1}"
expect_eq "$(vsctl get Interface veth-a error)$(vsctl get Interface tap0 error)$(vsctl get Interface int0 error)" '[][][]' "errors"
for name in veth-a veth-b tap0 int0; do
    expect_match "$(queues "$a")" "$name:0" "queues on processor $a"
    expect_match "$(queues "$b")" "$name:1" "queues on processor $b"
done

# give DEVICE NAMESPACE NUMBER: the switch's own device moves to a guest's namespace while the switch has it open.
give() {
    sw ip link set "$1" netns "$NS_PREFIX-$2"
    ns "$2" ip addr add "10.0.0.$3/24" dev "$1"
    ns "$2" ip addr add "fd00::$3/64" dev "$1"
    ns "$2" ip link set "$1" up
}
give tap0 gt 3
give int0 gi 4

# in_order FROM TO ADDRESS: sender and receiver stay on one processor, lest the kernel changes the order.
in_order() {
    rm -f "$TESTDIR/listening"
    wait_until ns "$1" ping -q -c 1 -W 1 "$3" # addresses are known, and a flow is installed
    weft-appctl dpif-netdev/pmd-stats-clear >/dev/null
    background ns "$2" python3 "$srcdir/tests/system/ordered_flows.py" receive "$3" $flows "$TESTDIR/listening"
    local receiver=$BACKGROUND_PID out=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out n
    wait_until "[ -e '$TESTDIR/listening' ]"
    background ns "$1" taskset -c "$a" python3 "$srcdir/tests/system/ordered_flows.py" send "$3" $flows $packets
    local sender=$BACKGROUND_PID
    wait_until "! kill -0 $receiver"
    wait "$receiver" || fail "$1 to $3: $(cat "$out")"
    stop_pid "$sender"
    n=$(cat "$out")
    [ "$n" -gt $((flows * packets / 2)) ] || fail "$1 to $3: only $n packets of $((flows * packets)) arrived"
    for cpu in "$a" "$b"; do
        [ "$(received "$cpu")" -gt $((n / 8)) ] || fail "$1 to $3: the thread on processor $cpu received only $(received "$cpu") of $n packets"
    done
    echo "$1 to $3: $n packets, $(received "$a") and $(received "$b") by the two threads"
}
in_order ga gb 10.0.0.2
in_order gt ga fd00::1
in_order gi gt 10.0.0.3
in_order gb gi fd00::4
tcp_transfer ga gb 10.0.0.2
tcp_transfer gt gi 10.0.0.4

# --- Another number, and what is none.
vsctl set Interface veth-a options:n_rxq=3
wait_until "[ \$(weft-appctl dpif-netdev/pmd-rxq-show | grep -c 'port: veth-a ') = 3 ]"
expect_eq "$(vsctl get Interface veth-a error)" '[]' "error with three queues"
wait_until ns ga ping -q -c 1 -W 1 10.0.0.2
vsctl set Interface veth-a options:n_rxq=17
expect_match "$(vsctl get Interface veth-a error)" 'n_rxq=17: must be 1 to 16'
vsctl set Interface veth-a options:n_rxq=2
expect_eq "$(vsctl get Interface veth-a error)" '[]' "error with two queues"
wait_until ns ga ping -q -c 1 -W 1 10.0.0.2

# --- A device that vanishes and comes back: all queues work again, and what the switch itself sends does not come back to it.
sw ip link del veth-a
wait_until "vsctl get Interface veth-a error | grep -q 'device is gone'"
ip -n "$SWITCH" link add veth-a type veth peer name eth0 netns "$NS_PREFIX-ga"
sw ip link set veth-a up
ns ga ip addr add 10.0.0.1/24 dev eth0
ns ga ip link set eth0 up
wait_until "[ \"\$(vsctl get Interface veth-a error)\" = '[]' ]"
in_order ga gb 10.0.0.2
before=$(port_stat veth-a rx_packets)
expect_match "$(ns gb ping -c 1 -b 10.0.0.255 -W 1 2>&1 || true)" 'transmitted' # a broadcast goes out of all other ports
sent=$(port_stat veth-a tx_packets)
wait_until "[ \$(port_stat veth-a tx_packets) -ge $sent ]"
[ $(($(port_stat veth-a rx_packets) - before)) -lt 5 ] || fail "veth-a receives what it sent"
