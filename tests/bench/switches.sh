# SPDX-License-Identifier: Apache-2.0
# The switches that are compared, each between guests "a" and "b" (namespaces), with the same functions:
#   start_SWITCH   makes the guests and joins them; addresses 10.0.0.1 and 10.0.0.2
#   stop_SWITCH    takes everything away again
#   pids_SWITCH    processes whose processor time is the switch's (none for the kernel's)
# and those that speak OpenFlow:
#   control_SWITCH      the process that keeps the tables
#   mgmt_SWITCH         the management socket of its bridge; ofctl_SWITCH runs ovs-ofctl
#   flow_limit_SWITCH   allows two million megaflows; flows_SWITCH prints how many there are
#   warm_SWITCH         sends packets of many flows until the switch dares to cache them and has used memory for them, and forgets these
#                       flows again
# A sourced library; needs tests/system/lib.sh.

# join NAMESPACE-NAME DEVICE: guest's veth in the namespace of the switch, see guest() in lib.sh.
make_guests() {
    guest a va 10.0.0.1/24
    guest b vb 10.0.0.2/24
    if [ "${OFFLOADS:-on}" = off ]; then
        local end
        for end in a b; do ns $end ethtool -K eth0 tx off tso off gso off gro off >/dev/null; done
    fi
}

remove_guests() {
    local name
    for name in "${NAMESPACES[@]}"; do ip netns del "$name" 2>/dev/null || true; done
    NAMESPACES=()
    SWITCH=
}

wait_for_ping() {
    wait_until ns a ping -q -c 1 -W 1 10.0.0.2
}

start_weft() {
    switch_ns
    start_datapathd
    start_vswitchd
    make_guests
    weft-vsctl add-br br0 -- add-port br0 va -- add-port br0 vb
    wait_for_ping
}
stop_weft() {
    daemon_stop weft-vswitchd
    daemon_stop weft-datapathd
    remove_guests
    rm -rf "${WEFT_DBDIR:?}"/* "${WEFT_RUNDIR:?}"/*
}
pids_weft() {
    echo "${DAEMON_PID[weft-datapathd]}"
}

control_weft() { echo "${DAEMON_PID[weft-vswitchd]}"; }
mgmt_weft() { echo "$WEFT_RUNDIR/br0.mgmt"; }
ofctl_weft() { ovs-ofctl "$@"; }
flow_limit_weft() { weft-vsctl set Open_vSwitch . other_config:flow-limit=2000000 other_config:max-idle=60000; }
flows_weft() { weft-dpctl show | sed -n 's/.*flows: //p'; }
# As many as the others have seen by then: memory that a machine has never used costs it more than memory that it has.
warm_weft() {
    ns a "$builddir/tests/bench/packet_blast" eth0 "$1" "$2" 350000 5 >/dev/null
    weft-appctl revalidator/purge
}

# No switch: one veth from guest to guest.
start_direct() {
    switch_ns
    make_guests
    sw ip link del va
    sw ip link del vb
    ip -n "$NS_PREFIX-a" link add eth0 type veth peer name eth0 netns "$NS_PREFIX-b"
    local end
    for end in a:1 b:2; do
        ip -n "$NS_PREFIX-${end%:*}" addr add "10.0.0.${end#*:}/24" dev eth0
        ip -n "$NS_PREFIX-${end%:*}" link set eth0 up
    done
    wait_for_ping
}
stop_direct() { remove_guests; }
pids_direct() { :; }

# Benchmarks that compare searches in one program need no switch.
start_in_process() { :; }
stop_in_process() { :; }

start_bridge() {
    switch_ns
    make_guests
    sw ip link add br0 type bridge
    sw ip link set br0 up
    sw ip link set va master br0
    sw ip link set vb master br0
    wait_for_ping
}
stop_bridge() { remove_guests; }
pids_bridge() { :; }

# Open vSwitch's daemons in user space, in directories of their own. OVS_TSO=true turns its segmentation offload on. Of several, each has its own
# OVS_DIR and OVS_NUMBER.
start_ovs_daemons() {
    local dir=${OVS_DIR:-$TESTDIR/ovs}
    mkdir -p "$dir"
    rm -rf "${dir:?}"/*
    OVS_SCHEMA=/usr/share/openvswitch/vswitch.ovsschema
    ovsdb-tool create "$dir/conf.db" $OVS_SCHEMA
    OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir daemon_start "ovsdb-server${OVS_NUMBER-}" \
        ovsdb-server "$dir/conf.db" "--remote=punix:$dir/db.sock" --pidfile="$dir/ovsdb-server.pid" \
        --unixctl="$dir/ovsdb-server.ctl" --log-file="$dir/ovsdb-server.log"
    wait_until test -S "$dir/db.sock"
    ovs-vsctl --db="unix:$dir/db.sock" --no-wait init
    ovs-vsctl --db="unix:$dir/db.sock" --no-wait set Open_vSwitch . "other_config:userspace-tso-enable=${OVS_TSO:-false}"
    if [ -n "${OVS_DPDK:-}" ]; then
        ovs-vsctl --db="unix:$dir/db.sock" --no-wait set Open_vSwitch . other_config:dpdk-init=true \
            other_config:pmd-cpu-mask=0x2 other_config:dpdk-socket-mem=512 other_config:dpdk-extra=--no-pci
    fi
    OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir daemon_start "ovs-vswitchd${OVS_NUMBER-}" \
        "${OVS_VSWITCHD:-ovs-vswitchd}" "unix:$dir/db.sock" --pidfile="$dir/ovs-vswitchd.pid" \
        --unixctl="$dir/ovs-vswitchd.ctl" --log-file="$dir/ovs-vswitchd.log"
}

# The same between the guests.
start_ovs() {
    local from_a=() from_b=()
    switch_ns
    make_guests
    start_ovs_daemons
    if [ -n "${OVS_DPDK:-}" ]; then
        from_a=(-- set Interface va type=dpdk options:dpdk-devargs=eth_af_packet0,iface=va)
        from_b=(-- set Interface vb type=dpdk options:dpdk-devargs=eth_af_packet1,iface=vb)
    fi
    ovs-vsctl --db="unix:$TESTDIR/ovs/db.sock" --timeout=30 add-br br0 -- set Bridge br0 datapath_type=netdev \
        -- add-port br0 va "${from_a[@]}" -- add-port br0 vb "${from_b[@]}"
    wait_for_ping
}
stop_ovs() {
    daemon_stop ovs-vswitchd
    daemon_stop ovsdb-server
    remove_guests
}
pids_ovs() {
    echo "${DAEMON_PID[ovs-vswitchd]}"
}
control_ovs() { pids_ovs; }
mgmt_ovs() { echo "$TESTDIR/ovs/br0.mgmt"; }
ofctl_ovs() { ovs-ofctl "$@"; }
# Its limit begins at 10,000 flows, grows by 1,000 with each pass over them, and falls when a pass takes long: the second command sets it as it stands.
flow_limit_ovs() {
    ovs-vsctl --db="unix:$TESTDIR/ovs/db.sock" set Open_vSwitch . other_config:flow-limit=2000000 other_config:max-idle=60000
    ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" upcall/set-flow-limit 2000000 >/dev/null
}
flows_ovs() {
    ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" dpctl/show 2>/dev/null | sed -n 's/.*flows: //p'
}
warm_ovs() {
    ns a "$builddir/tests/bench/packet_blast" eth0 "$1" "$2" 350000 5 >/dev/null
    ovs-appctl -t "$TESTDIR/ovs/ovs-vswitchd.ctl" revalidator/purge
    flow_limit_ovs
}

# Room for DPDK's memory, until the end of the script. Pages that others have are left to them.
huge_pages() {
    local setting=/proc/sys/vm/nr_hugepages wanted=640 free
    [ ! -d "$TESTDIR/huge" ] || return 0
    mkdir "$TESTDIR/huge"
    on_exit "umount $TESTDIR/huge"
    free=$(awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo)
    if [ "$free" -lt $wanted ]; then
        on_exit "echo $(cat $setting) >$setting"
        echo $(($(cat $setting) + wanted - free)) >$setting
    fi
    mount -t hugetlbfs none "$TESTDIR/huge"
}

# Open vSwitch with DPDK, its polling thread on core 1; the veths through DPDK's AF_PACKET driver.
start_ovs_dpdk() {
    [ -x /usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk ] || fail "needs the package openvswitch-switch-dpdk"
    huge_pages
    OVS_VSWITCHD=/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk OVS_DPDK=yes start_ovs
}
stop_ovs_dpdk() { stop_ovs; }
pids_ovs_dpdk() { pids_ovs; }
control_ovs_dpdk() { pids_ovs; }
mgmt_ovs_dpdk() { mgmt_ovs; }
ofctl_ovs_dpdk() { ofctl_ovs "$@"; }
flow_limit_ovs_dpdk() { flow_limit_ovs; }
flows_ovs_dpdk() { flows_ovs; }
warm_ovs_dpdk() { warm_ovs "$@"; }
start_ovs_tso() { OVS_TSO=true start_ovs; }
stop_ovs_tso() { stop_ovs; }
pids_ovs_tso() { pids_ovs; }
# Without segmentation offload Open vSwitch needs guests that do not use it.
start_ovs_default() { OFFLOADS=off start_ovs; }
stop_ovs_default() { stop_ovs; }
pids_ovs_default() { pids_ovs; }
control_ovs_default() { pids_ovs; }
mgmt_ovs_default() { mgmt_ovs; }
ofctl_ovs_default() { ofctl_ovs "$@"; }
