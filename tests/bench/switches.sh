# SPDX-License-Identifier: Apache-2.0
# The switches that are compared, each between guests "a" and "b" (namespaces), with the same functions:
#   start_SWITCH   makes the guests and joins them; addresses 10.0.0.1 and 10.0.0.2
#   stop_SWITCH    takes everything away again
#   pids_SWITCH    processes whose processor time is the switch's (none for the kernel's)
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

# Open vSwitch in user space, in directories of its own. OVS_TSO=true turns its segmentation offload on.
start_ovs() {
    local dir=$TESTDIR/ovs
    mkdir -p "$dir"
    rm -rf "${dir:?}"/*
    switch_ns
    make_guests
    OVS_SCHEMA=/usr/share/openvswitch/vswitch.ovsschema
    ovsdb-tool create "$dir/conf.db" $OVS_SCHEMA
    OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir daemon_start ovsdb-server \
        ovsdb-server "$dir/conf.db" "--remote=punix:$dir/db.sock" --pidfile="$dir/ovsdb-server.pid" \
        --unixctl="$dir/ovsdb-server.ctl" --log-file="$dir/ovsdb-server.log"
    wait_until test -S "$dir/db.sock"
    ovs-vsctl --db="unix:$dir/db.sock" --no-wait init
    ovs-vsctl --db="unix:$dir/db.sock" --no-wait set Open_vSwitch . "other_config:userspace-tso-enable=${OVS_TSO:-false}"
    OVS_RUNDIR=$dir OVS_DBDIR=$dir OVS_LOGDIR=$dir daemon_start ovs-vswitchd \
        ovs-vswitchd "unix:$dir/db.sock" --pidfile="$dir/ovs-vswitchd.pid" \
        --unixctl="$dir/ovs-vswitchd.ctl" --log-file="$dir/ovs-vswitchd.log"
    ovs-vsctl --db="unix:$dir/db.sock" --timeout=30 add-br br0 -- set Bridge br0 datapath_type=netdev \
        -- add-port br0 va -- add-port br0 vb
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
start_ovs_tso() { OVS_TSO=true start_ovs; }
stop_ovs_tso() { stop_ovs; }
pids_ovs_tso() { pids_ovs; }
# Without segmentation offload Open vSwitch needs guests that do not use it.
start_ovs_default() { OFFLOADS=off start_ovs; }
stop_ovs_default() { stop_ovs; }
pids_ovs_default() { pids_ovs; }
