# SPDX-License-Identifier: Apache-2.0
# Two hosts with a switch each, on one veth, and a guest on each, for the scorecard's row of TCP through tunnels; and one with guests over
# vhost-user, for that of encapsulation.
#   start_SWITCH, stop_SWITCH   for SWITCH weft_hosts, ovs_hosts, kernel_hosts: guests "a" and "b" with addresses 10.0.0.1 and 10.0.0.2, and
#                               VXLAN in between
#   start_SWITCH, stop_SWITCH   for SWITCH weft_vtep, ovs_vtep: testpmd's first guest sends into VXLAN, whose underlay is its second one
# A sourced library; needs tests/system/lib.sh, tests/bench/switches.sh and tests/bench/testpmd.sh.

TUNNEL_MTU=1450 # of the guests: what fits into the tunnel

# host_guests: namespaces h1 and h2, joined by eth0, and guests a and b, whose ends are va in h1 and vb in h2.
host_guests() {
    local n guest
    ns_add h1
    ns_add h2
    ip -n "$NS_PREFIX-h1" link add eth0 type veth peer name eth0 netns "$NS_PREFIX-h2"
    for n in 1 2; do
        ip -n "$NS_PREFIX-h$n" link set lo up
        ip -n "$NS_PREFIX-h$n" link set eth0 up
    done
    for guest in a:h1:1 b:h2:2; do
        IFS=: read -r guest n address <<<"$guest"
        ns_add "$guest"
        ip -n "$NS_PREFIX-$n" link add "v$guest" type veth peer name eth0 netns "$NS_PREFIX-$guest"
        ip -n "$NS_PREFIX-$n" link set "v$guest" up
        ip -n "$NS_PREFIX-$guest" addr add "10.0.0.$address/24" dev eth0
        ip -n "$NS_PREFIX-$guest" link set eth0 mtu "$TUNNEL_MTU" up
        [ "${OFFLOADS:-on}" = on ] || ns "$guest" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
    done
}

# underlay HOST NUMBER DEVICE
underlay() {
    ip -n "$NS_PREFIX-$1" addr add "172.16.0.$2/24" dev "$3"
    ip -n "$NS_PREFIX-$1" link set "$3" up
}

start_weft_hosts() {
    local n guest
    host_guests
    for n in 1 2; do
        guest=$(cut -d' ' -f$n <<<"va vb")
        mkdir -p "$TESTDIR/h$n/run" "$TESTDIR/h$n/db"
        WEFT_RUNDIR=$TESTDIR/h$n/run WEFT_DBDIR=$TESTDIR/h$n/db SWITCH=$NS_PREFIX-h$n daemon_start "h$n" weft-vswitchd --pidfile --log-file="$WEFT_LOGDIR/h$n.log"
        on_exit "'$srcdir/scripts/stop-daemon.sh' '$TESTDIR/h$n/run/weft-datapathd.pid'"
        wait_until "WEFT_RUNDIR=$TESTDIR/h$n/run weft-vsctl --timeout=5 show"
        WEFT_RUNDIR=$TESTDIR/h$n/run weft-vsctl add-br br-phy -- add-port br-phy eth0 -- add-br br0 -- add-port br0 "$guest" \
            -- add-port br0 vx -- set Interface vx type=vxlan "options:remote_ip=172.16.0.$((3 - n))" options:key=7
        underlay h$n $n br-phy
    done
    wait_for_ping
}
stop_weft_hosts() {
    local n
    for n in 1 2; do
        daemon_stop "h$n"
        "$srcdir/scripts/stop-daemon.sh" "$TESTDIR/h$n/run/weft-datapathd.pid"
        rm -rf "$TESTDIR/h$n"
    done
    remove_guests
}

# Open vSwitch 3.1 puts no packet into a tunnel that is to be segmented: it drops them where userspace-tso-enable is set. So this is its
# default, and guests that do not use offloads.
start_ovs_hosts() {
    local n guest
    OFFLOADS=off host_guests
    for n in 1 2; do
        guest=$(cut -d' ' -f$n <<<"va vb")
        SWITCH=$NS_PREFIX-h$n OVS_DIR=$TESTDIR/ovs$n OVS_NUMBER=$n start_ovs_daemons
        ovs-vsctl --db="unix:$TESTDIR/ovs$n/db.sock" --timeout=30 add-br br-phy -- set Bridge br-phy datapath_type=netdev -- add-port br-phy eth0 \
            -- add-br br0 -- set Bridge br0 datapath_type=netdev -- add-port br0 "$guest" \
            -- add-port br0 vx -- set Interface vx type=vxlan "options:remote_ip=172.16.0.$((3 - n))" options:key=7
        underlay h$n $n br-phy
    done
    wait_for_ping
}
stop_ovs_hosts() {
    local n
    for n in 1 2; do
        daemon_stop "ovs-vswitchd$n"
        daemon_stop "ovsdb-server$n"
    done
    remove_guests
}

start_kernel_hosts() {
    local n guest host
    host_guests
    for n in 1 2; do
        guest=$(cut -d' ' -f$n <<<"va vb") host=$NS_PREFIX-h$n
        underlay h$n $n eth0
        ip -n "$host" link add br0 type bridge
        ip -n "$host" link add vx type vxlan id 7 remote "172.16.0.$((3 - n))" dstport 4789
        ip -n "$host" link set "$guest" master br0
        ip -n "$host" link set vx master br0 up
        ip -n "$host" link set br0 up
    done
    wait_for_ping
}
stop_kernel_hosts() { remove_guests; }

# vtep VSCTL APPCTL TYPE: makes of br0 with the guests' ports g0 and g1 a tunnel's end: g0 on br0, and g1 on br-phy, behind which the other end is said to
# be. Both UDP ports are 4789, so that what comes back from there with source and destination exchanged is for this end.
vtep() {
    $1 del-port g1 -- add-br br-phy -- set Bridge br-phy fail_mode=secure datapath_type=netdev \
        -- add-port br-phy g1 -- set Interface g1 type="$3" "options:vhost-server-path=$TESTDIR/guest1.sock" ofport_request=2 \
        -- add-port br0 vx -- set Interface vx type=vxlan options:remote_ip=172.16.0.2 options:key=7 ofport_request=3
    sw ip addr add 172.16.0.1/24 dev br-phy
    sw ip link set br-phy up
    wait_until "$2 ovs/route/lookup 172.16.0.2 | grep -q br-phy"
    $2 tnl/arp/set br-phy 172.16.0.2 "${TESTPMD_MACS[1]}" >/dev/null
    $2 tnl/egress_port_range 4789 4789 >/dev/null
}
# vtep_flows SWITCH RUNDIR
vtep_flows() {
    "ofctl_$1" del-flows "$2/br0.mgmt"
    "ofctl_$1" add-flow "$2/br0.mgmt" in_port=1,actions=output:3
    "ofctl_$1" add-flow "$2/br0.mgmt" in_port=3,actions=output:1
    "ofctl_$1" add-flow "$2/br-phy.mgmt" in_port=LOCAL,actions=output:2
    "ofctl_$1" add-flow "$2/br-phy.mgmt" in_port=2,udp,tp_dst=4789,actions=LOCAL
}
start_weft_vtep() {
    start_weft_vhost
    vtep weft-vsctl weft-appctl vhostuserclient
    vtep_flows weft "$WEFT_RUNDIR"
}
stop_weft_vtep() { stop_weft_vhost; }
start_ovs_vtep() {
    start_ovs_vhost
    vtep "ovs-vsctl --db=unix:$TESTDIR/ovs/db.sock --timeout=30" "ovs-appctl -t $TESTDIR/ovs/ovs-vswitchd.ctl" dpdkvhostuserclient
    vtep_flows ovs "$TESTDIR/ovs"
}
stop_ovs_vtep() { stop_ovs_vhost; }

# measure_vtep ROW SWITCH SIZE: a closed loop, in which each packet is encapsulated on its way to the second guest and decapsulated on its way back. A few packets go
# round first, so that there are megaflows and none of the others is lost. That the second guest's packets are in a tunnel, their length tells.
measure_vtep() {
    local name=${2%_vtep} n bytes
    [ "$name" != ovs ] || name=ovs_dpdk
    start_testpmd "$3" swap
    testpmd_go 1
    wait_until '[ "$(testpmd_received 1)" -gt 10000 ]'
    testpmd_say stop
    testpmd_go
    wait_until '[ "$(testpmd_received 1)" -gt 100000 ]'
    "clear_$2"
    record "$1" "$name" "$(testpmd_rate "$SECS")"
    record "${1/:/_cycles:}" "$name" "$("cycles_$2")"
    n=$(testpmd_received 1) bytes=$(testpmd_received 1 6)
    stop_testpmd
    [ $((bytes / (n + 1))) -ge $(($3 + 40)) ] || fail "$2: $n packets of $bytes bytes: they are not encapsulated"
}
clear_weft_vtep() { clear_weft_vhost; }
clear_ovs_vtep() { clear_ovs_vhost; }
cycles_weft_vtep() { cycles_weft_vhost; }
cycles_ovs_vtep() { cycles_ovs_vhost; }
