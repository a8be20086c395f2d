# SPDX-License-Identifier: Apache-2.0
# Two hosts with a switch each, on one veth, and a guest on each, for the scorecard's row of TCP through tunnels.
#   start_SWITCH, stop_SWITCH   for SWITCH weft_hosts, ovs_hosts, kernel_hosts: guests "a" and "b" with addresses 10.0.0.1 and 10.0.0.2, and
#                               VXLAN in between
# A sourced library; needs tests/system/lib.sh and tests/bench/switches.sh.

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
