# SPDX-License-Identifier: Apache-2.0
# DPDK's testpmd as two guests of a virtual switch, over vhost-user: the generator of the scorecard's rows of guests. It runs on core 0;
# the switch under test forwards on core 1.
#   start_testpmd SIZE [FLOWS]   two virtio-user ports that listen at $TESTDIR/guest0.sock and guest1.sock. Without FLOWS a closed loop: each
#                                port sends what it received on the other one. With FLOWS each sends UDP packets to so many addresses; if that is
#                                "swap", each sends back what it received, with source and destination exchanged.
#   testpmd_ready                waits until the switch has connected
#   testpmd_go [BURSTS]          waits for that too, and begins to send; a closed loop with so many bursts of 32 a port
#   testpmd_rate SECS [PORT]     prints the packets a second that both ports received, or one of them
#   testpmd_received [PORT] [COLUMN]   so far; column 6 for bytes in place of packets
#   stop_testpmd
# A sourced library; needs tests/system/lib.sh and huge_pages() of tests/bench/switches.sh.

TESTPMD_MACS=(02:00:00:00:00:0a 02:00:00:00:00:0b)
# What the guests negotiate is part of the row.
TESTPMD_QUEUE=${TESTPMD_QUEUE:-queue_size=1024,mrg_rxbuf=1,in_order=1,packed_vq=0}

testpmd_say() { echo "$*" >&"$TESTPMD_IN"; }

start_testpmd() {
    local size=$1 flows=${2-} forward=(--forward-mode=io) fifo=$TESTDIR/testpmd.in
    if [ "$flows" = swap ]; then
        forward=(--forward-mode=5tswap --port-topology=loop)
    elif [ -n "$flows" ]; then
        forward=(--forward-mode=flowgen "--flowgen-flows=$flows")
    fi
    huge_pages
    rm -f "$fifo" "$TESTDIR"/guest?.sock
    mkfifo "$fifo"
    # --no-pci and --in-memory: nothing of the machine is touched but huge pages.
    stdbuf -oL dpdk-testpmd --lcores '0@0,1@0' --no-pci --in-memory --single-file-segments -m 256 --log-level=lib.eal:error \
        --vdev "net_virtio_user0,path=$TESTDIR/guest0.sock,server=1,mac=${TESTPMD_MACS[0]},$TESTPMD_QUEUE" \
        --vdev "net_virtio_user1,path=$TESTDIR/guest1.sock,server=1,mac=${TESTPMD_MACS[1]},$TESTPMD_QUEUE" \
        -- -i --nb-cores=1 --txd=1024 --rxd=1024 --txpkts="$size" --max-pkt-len=2000 \
        --eth-peer="0,${TESTPMD_MACS[1]}" --eth-peer="1,${TESTPMD_MACS[0]}" "${forward[@]}" \
        <"$fifo" >"$TESTDIR/testpmd.out" 2>&1 &
    TESTPMD_PID=$!
    on_exit "kill $TESTPMD_PID 2>/dev/null"
    exec {TESTPMD_IN}>"$fifo"
    # The second socket is made once somebody has connected to the first.
    wait_until test -S "$TESTDIR/guest0.sock"
}

# The prompt comes when both of its ports have their peers.
testpmd_ready() { wait_until grep -q 'testpmd> ' "$TESTDIR/testpmd.out"; }

# A closed loop needs packets to begin with; 16 bursts of 32 fill the rings half.
testpmd_go() {
    testpmd_ready
    if grep -q flowgen "/proc/$TESTPMD_PID/cmdline"; then
        testpmd_say start
    else
        testpmd_say start tx_first "${1:-16}"
    fi
}

testpmd_received() {
    local before port=${1-} column=${2:-2}
    before=$(grep -c 'NIC statistics for port 1' "$TESTDIR/testpmd.out" || true)
    testpmd_say show port stats all
    wait_until "[ \$(grep -c 'NIC statistics for port 1' '$TESTDIR/testpmd.out') -gt $before ] && tail -n 3 '$TESTDIR/testpmd.out' | grep -q '####'"
    grep 'RX-packets' "$TESTDIR/testpmd.out" | tail -n 2 |
        awk -v port="$port" -v column="$column" 'port == "" || port == NR - 1 { n += $column } END { printf "%.0f", n }'
}

testpmd_rate() {
    local before after start seconds
    before=$(testpmd_received "${2-}")
    start=$(date +%s.%N)
    read -r -t "$1" <> <(:) || true
    after=$(testpmd_received "${2-}")
    seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
    awk -v n=$((after - before)) -v s="$seconds" 'BEGIN { printf "%.3f", n / s / 1e6 }'
}

stop_testpmd() {
    testpmd_say quit
    exec {TESTPMD_IN}>&-
    wait "$TESTPMD_PID" 2>/dev/null || true
    rm -f "$TESTDIR"/guest?.sock
}

# The switches of these rows: start_SWITCH makes a bridge br0 of the ports g0 and g1, which connect to the guests' sockets, with one flow
# between them in each direction; normal_SWITCH makes it learn instead, exact_SWITCH gives each destination a megaflow of its own;
# cycles_SWITCH prints the cycles a packet that the forwarding thread has used since clear_SWITCH.

start_weft_vhost() {
    huge_pages
    switch_ns # for br0's device
    start_datapathd --max-flows=2097152 # twice a million destinations
    start_vswitchd
    weft-vsctl set Open_vSwitch . other_config:pmd-cpu-mask=0x2 other_config:flow-limit=2000000 other_config:max-idle=100000 \
        -- add-br br0 -- set-fail-mode br0 secure \
        -- add-port br0 g0 -- set Interface g0 type=vhostuserclient "options:vhost-server-path=$TESTDIR/guest0.sock" ofport_request=1 \
        -- add-port br0 g1 -- set Interface g1 type=vhostuserclient "options:vhost-server-path=$TESTDIR/guest1.sock" ofport_request=2
    cross_flows weft
}
stop_weft_vhost() {
    daemon_stop weft-vswitchd
    daemon_stop weft-datapathd
    remove_guests
    rm -rf "${WEFT_DBDIR:?}"/* "${WEFT_RUNDIR:?}"/*
}
clear_weft_vhost() { weft-appctl dpif-netdev/pmd-stats-clear >/dev/null; }
cycles_weft_vhost() { weft-appctl dpif-netdev/pmd-stats-show | cycles_of_thread; }
flows_weft_vhost() { flows_weft; }
allow_flows_weft_vhost() { :; }

start_ovs_vhost() {
    huge_pages
    switch_ns
    OVS_VSWITCHD=/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk OVS_DPDK=yes start_ovs_daemons
    ovs-vsctl --db="unix:$TESTDIR/ovs/db.sock" --timeout=30 add-br br0 -- set Bridge br0 datapath_type=netdev fail_mode=secure \
        -- add-port br0 g0 -- set Interface g0 type=dpdkvhostuserclient "options:vhost-server-path=$TESTDIR/guest0.sock" ofport_request=1 \
        -- add-port br0 g1 -- set Interface g1 type=dpdkvhostuserclient "options:vhost-server-path=$TESTDIR/guest1.sock" ofport_request=2
    cross_flows ovs
    flow_limit_ovs
}
stop_ovs_vhost() { stop_ovs; }
clear_ovs_vhost() { ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" dpif-netdev/pmd-stats-clear >/dev/null; }
cycles_ovs_vhost() { ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" dpif-netdev/pmd-stats-show | cycles_of_thread; }
flows_ovs_vhost() { flows_ovs; }
# Its limit begins far below the configured one, and falls when its revalidators take long.
allow_flows_ovs_vhost() { ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" upcall/set-flow-limit 2000000 >/dev/null; }

cross_flows() {
    "ofctl_$1" add-flow "$("mgmt_$1")" in_port=1,actions=output:2
    "ofctl_$1" add-flow "$("mgmt_$1")" in_port=2,actions=output:1
}
normal_weft_vhost() { normal weft; }
normal_ovs_vhost() { normal ovs; }
normal() {
    "ofctl_$1" del-flows "$("mgmt_$1")"
    "ofctl_$1" add-flow "$("mgmt_$1")" actions=NORMAL
}
exact_weft_vhost() { exact weft; }
exact_ovs_vhost() { exact ovs; }
exact() {
    "ofctl_$1" del-flows "$("mgmt_$1")"
    "ofctl_$1" add-flow "$("mgmt_$1")" "ip,in_port=1,actions=move:NXM_OF_IP_DST[]->NXM_NX_REG0[],output:2"
    "ofctl_$1" add-flow "$("mgmt_$1")" "ip,in_port=2,actions=move:NXM_OF_IP_DST[]->NXM_NX_REG0[],output:1"
}

purge_weft_vhost() { weft-appctl revalidator/purge >/dev/null; }
purge_ovs_vhost() {
    ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" revalidator/purge
    flow_limit_ovs
}

# DPDK's own forwarding between two vhost ports, without a switch: what its rings can do.
start_raw_vhost() {
    local fifo=$TESTDIR/raw.in
    rm -f "$fifo"
    mkfifo "$fifo"
    huge_pages
    dpdk-testpmd --lcores '0@1,1@1' --no-pci --in-memory --single-file-segments -m 256 --log-level=lib.eal:error \
        --vdev "net_vhost0,iface=$TESTDIR/guest0.sock,client=1" --vdev "net_vhost1,iface=$TESTDIR/guest1.sock,client=1" \
        -- -i --nb-cores=1 --txd=1024 --rxd=1024 --max-pkt-len=2000 --forward-mode=io --auto-start \
        <"$fifo" >"$TESTDIR/raw.out" 2>&1 &
    RAW_PID=$!
    exec {RAW_IN}>"$fifo"
    on_exit "kill $RAW_PID 2>/dev/null"
}
stop_raw_vhost() {
    echo quit >&"$RAW_IN"
    exec {RAW_IN}>&-
    wait "$RAW_PID" 2>/dev/null || true
}
clear_raw_vhost() { :; }
cycles_raw_vhost() { :; }
normal_raw_vhost() { :; }

# Weft's rings and packet memory without the rest of it.
start_null_vhost() {
    huge_pages
    "$builddir/tests/bench/null_switch" "$TESTDIR/guest0.sock" "$TESTDIR/guest1.sock" >"$TESTDIR/null.out" 2>&1 &
    NULL_PID=$!
    on_exit "kill $NULL_PID 2>/dev/null"
}
stop_null_vhost() { wait "$NULL_PID" || fail "the null switch failed: $(cat "$TESTDIR/null.out")"; }
clear_null_vhost() { :; }
# It tells when it ends.
cycles_null_vhost() {
    kill "$NULL_PID"
    wait_until grep -q '^cycles ' "$TESTDIR/null.out"
    sed -n 's/^cycles //p' "$TESTDIR/null.out"
}

# The line of the thread that has forwarded most; without the cycles in which it found nothing to do, which say how fast the generator is.
cycles_of_thread() { sed -n 's/.*avg processing cycles per packet: \([0-9.]*\).*/\1/p' | sort -n | tail -n 1; }
