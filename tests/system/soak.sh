#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Mixed traffic (veth, tap, internal, guests over vhost-user, a VXLAN tunnel to the kernel's) while ports, guests, rules, groups and
# meters come and go, first with weft-vswitchd being killed from time to time, then without. Whenever all is quiet again, both daemons have
# exactly what they had before: descriptors of each kind, ports, no flow in the datapath, no packet buffer in use, and no more heap.
# SOAK_SECONDS says how long ("make soak": ten minutes).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools iperf3 ping ip
seconds=${SOAK_SECONDS:-12}
kill_every=$((seconds > 60 ? 10 : 3))
bin=$builddir/tests/system
heap_slack=131072 # bytes: what allocators and tables that have grown once keep

vsctl() {
    weft-vsctl --timeout=20 "$@"
}

# --- The network ------------------------------------------------------------------------------------------------

switch_ns
start_datapathd --n-threads=2
start_vswitchd
vsctl add-br br0 -- add-br br1 -- add-br br-phy
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
guest c veth-c 10.0.0.5/24
guest k phy0 172.16.0.2/24
ns_add t i
sw ip addr add 172.16.0.1/24 dev br-phy
sw ip link set br-phy up
ns k ip link add vx type vxlan id 77 remote 172.16.0.1 dstport 4789
ns k ip addr add 10.0.0.9/24 dev vx
ns k ip link set vx up mtu 1450
vsctl add-port br-phy phy0 -- add-port br0 veth-a -- set Interface veth-a options:n_rxq=2 -- add-port br0 veth-b \
    -- add-port br0 tap0 -- set Interface tap0 type=tap options:n_rxq=2 -- add-port br0 int0 -- set Interface int0 type=internal \
    -- add-port br0 vx -- set Interface vx type=vxlan options:remote_ip=172.16.0.2 options:key=77
for n in a b; do
    vsctl add-port br1 "v$n" -- set Interface "v$n" type=dpdkvhostuserclient options:vhost-server-path="$TESTDIR/v$n"
done
sw ip link set tap0 netns "$NS_PREFIX-t"
sw ip link set int0 netns "$NS_PREFIX-i"
ns t ip addr add 10.0.0.3/24 dev tap0
ns i ip addr add 10.0.0.4/24 dev int0

# set_links up|down: of all who could send a packet.
set_links() {
    local pair
    for pair in "a eth0" "b eth0" "c eth0" "t tap0" "i int0" "k vx" "k eth0" "switch br-phy"; do
        # shellcheck disable=SC2086
        ns ${pair% *} ip link set ${pair#* } "$1"
    done
}
set_links up
for n in 2 3 4 9; do
    wait_until ns a ping -q -c 1 -W 1 "10.0.0.$n"
done
background ns b iperf3 -s
background ns t iperf3 -s

# --- What goes on, in rounds until $TESTDIR/stop is there. While weft-vswitchd is away commands fail, and packets get lost.

traffic() {
    local n
    for n in 2 3 4 5 9; do
        ns a ping -q -c 10 -i 0.002 -W 1 -s $((RANDOM % 9000)) "10.0.0.$n" || true
    done
    ns i iperf3 -c 10.0.0.2 -n 20M --connect-timeout 1000 || true
    ns b iperf3 -c 10.0.0.3 -u -b 50M -l 1400 -t 1 --connect-timeout 1000 || true
}
guests() {
    local features=(legacy "" mrg mrg,indirect,event,offload packed packed,mrg,indirect,event,offload packed,order,mrg)
    timeout 60 "$bin/vhost_guest" --lossy --features="${features[RANDOM % 7]}" --pairs=$((1 + RANDOM % 2)) --packets=400 "$TESTDIR/va" "$TESTDIR/vb" ||
        touch "$TESTDIR/fault"
}
churn() {
    local kind=$((RANDOM % 6)) port=x$RANDOM
    case $kind in
    0) port=veth-c && vsctl add-port br0 veth-c -- set Interface veth-c options:n_rxq=$((1 + RANDOM % 3)) && ns c ping -q -c 5 -i 0.01 -W 1 10.0.0.1 ;;
    1) vsctl add-port br0 $port -- set Interface $port type=internal ;;
    2) vsctl add-port br0 $port -- set Interface $port type=tap options:n_rxq=2 ;;
    3) vsctl add-port br1 $port -- set Interface $port type=dpdkvhostuser ;;
    4) vsctl add-port br0 $port -- set Interface $port type=vxlan options:remote_ip=172.16.0.$((RANDOM % 200 + 3)) options:key=5 ;;
    5) port=veth-c && vsctl add-port br0 veth-c -- set Interface veth-c type=afxdp && ns c ping -q -c 5 -i 0.01 -W 1 10.0.0.1 ;;
    esac || true
    vsctl --if-exists del-port $port || true
}
rules() {
    local i
    for i in 1 2 3; do
        weft-ofctl -O OpenFlow13 add-flow br0 "priority=$((RANDOM % 100 + 1)),ip,nw_dst=10.0.$((RANDOM % 4)).0/$((RANDOM % 9 + 16)),actions=normal" || true
    done
    weft-ofctl -O OpenFlow13 add-group br0 "group_id=$((RANDOM % 5 + 1)),type=select,bucket=actions=normal" || true
    weft-ofctl -O OpenFlow13 add-meter br0 "meter=$((RANDOM % 5 + 1)),pktps,band=type=drop,rate=100000" || true
    weft-ofctl -O OpenFlow13 add-flow br0 "priority=$((RANDOM % 100 + 1)),udp,tp_dst=$((RANDOM % 9000)),actions=meter:1,normal" || true
    weft-ofctl -O OpenFlow13 del-groups br0 || true
    weft-ofctl -O OpenFlow13 del-meters br0 || true
    weft-ofctl -O OpenFlow13 del-flows br0 "udp" || true
}
# forever NAME: and notes the number of rounds.
forever() {
    local n=0
    while [ ! -e "$TESTDIR/stop" ]; do
        "$1"
        n=$((n + 1))
        echo $n >"$TESTDIR/rounds.$1"
    done
}
loops=()
start_loops() {
    rm -f "$TESTDIR/stop"
    loops=()
    local name
    for name in traffic guests churn churn rules; do
        background forever $name
        loops+=("$BACKGROUND_PID")
    done
}
stop_loops() {
    local pid
    touch "$TESTDIR/stop"
    for pid in "${loops[@]}"; do
        wait "$pid" || fail "a loop ended with an error"
    done
    [ ! -e "$TESTDIR/fault" ] || fail "guests did not get through to each other"
}

# --- What the daemons have ----------------------------------------------------------------------------------------

pid_of() {
    cat "$WEFT_RUNDIR/$1.pid"
}
# fds NAME: the daemon's descriptors by kind.
fds() {
    local fd
    for fd in /proc/"$(pid_of "$1")"/fd/*; do
        readlink "$fd" || true
    done | sed 's/:\[[0-9]*\]$//' | sort | uniq -c
}
datapath_memory() {
    dpctl command memory/show
}
# heap NAME: bytes in use; 0 where there are no figures.
heap() {
    local out
    case $1 in
    weft-datapathd) out=$(datapath_memory) ;;
    *) out=$(weft-appctl memory/show) ;;
    esac
    out=$(sed -n 's/^heap:.*allocated:\([0-9]*\).*/\1/p' <<<"$out")
    echo "${out:-0}"
}
# quiet: back to the rules and ports of the beginning, and no packet anywhere.
quiet() {
    local port
    for port in $(vsctl list-ports br0) $(vsctl list-ports br1); do
        case $port in x* | veth-c) vsctl del-port "$port" ;; esac
    done
    weft-ofctl del-flows br0
    weft-ofctl add-flow br0 actions=normal
    set_links down
    wait_until "weft-dpctl del-flows && datapath_memory | grep -q 'datapath-flows:0 .*frames-in-use:0 .*tails-in-use:0'"
}
# snapshot NAME
snapshot() {
    fds "$1"
    if [ "$1" = weft-datapathd ]; then
        datapath_memory | grep -o 'ports:[0-9]*\|datapath-flows:[0-9]*\|masks:[0-9]*\|[a-z]*-in-use:[0-9]*'
    else
        weft-ofctl dump-flows br0 | grep -c actions
        vsctl list-ports br0 | wc -l
    fi
}
# expect_same NAME BEFORE HEAP-BEFORE: a descriptor that is about to be closed is no leak.
expect_same() {
    local now
    if ! (WAIT_SECONDS=20 wait_until "[ \"\$(snapshot $1)\" = \"\$(cat '$2')\" ]") 2>/dev/null; then
        fail "$1 has something else than before: $(diff "$2" <(snapshot "$1"))"
    fi
    now=$(heap "$1")
    echo "$1: heap $3 before, $now now"
    [ $((now - $3)) -le $heap_slack ] || fail "$1: $((now - $3)) bytes more on the heap"
}

# --- With kills, and without; each time first for a while in which everything happens that happens only once ---------

# run_for SECONDS [kill]
run_for() {
    local end=$((SECONDS + $1)) next=$((SECONDS + kill_every))
    start_loops
    while [ $SECONDS -lt $end ]; do
        sleep 0.5
        if [ "${2:-}" = kill ] && [ $SECONDS -ge $next ]; then
            daemon_kill weft-vswitchd
            start_vswitchd
            next=$((SECONDS + kill_every))
            n_kills=$((n_kills + 1))
        fi
    done
    stop_loops
    quiet
    echo "rounds: $(head -q -n 1 "$TESTDIR"/rounds.* | tr '\n' ' ')(churn guests rules traffic)"
}
n_kills=0
run_for $((seconds / 6)) kill
snapshot weft-datapathd >"$TESTDIR/datapathd"
heap_d=$(heap weft-datapathd)
set_links up
run_for $((seconds / 3)) kill
expect_same weft-datapathd "$TESTDIR/datapathd" "$heap_d"
set_links up
run_for $((seconds / 6))
snapshot weft-vswitchd >"$TESTDIR/vswitchd"
heap_v=$(heap weft-vswitchd)
set_links up
run_for $((seconds / 3))
expect_same weft-datapathd "$TESTDIR/datapathd" "$heap_d"
expect_same weft-vswitchd "$TESTDIR/vswitchd" "$heap_v"
[ $n_kills -gt 0 ] || fail "weft-vswitchd was never killed"

# It still works.
set_links up
for n in 2 3 4 9; do
    wait_until ns a ping -q -c 1 -W 1 "10.0.0.$n"
done
daemon_stop weft-vswitchd
daemon_stop weft-datapathd
