#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# BFD over tunnels: two Weft hosts that are joined by VXLAN and by Geneve, each with a session of its own. A fast-failover group leaves the tunnel
# whose path is lost and returns; a restart of weft-vswitchd goes unnoticed; then Open vSwitch is the peer over a tunnel of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools ping

wire
weft_host h1 1
weft_host h2 2
tenant h1 a veth-a 10.0.0.1 -- set Interface veth-a ofport_request=1
tenant h2 b veth-b 10.0.0.2 -- set Interface veth-b ofport_request=1
for n in 1 2; do
    on h$n weft-vsctl add-port br0 t10 -- set Interface t10 type=vxlan ofport_request=10 options:remote_ip=172.16.0.$((3 - n)) options:key=5 \
        -- add-port br0 t11 -- set Interface t11 type=geneve ofport_request=11 options:remote_ip=fd16::$((3 - n)) options:key=5
    # The peer is missed after three seconds, so that a busy machine does not make paths come and go.
    for t in t10 t11; do
        on h$n weft-vsctl set Interface $t bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=30
    done
    on h$n weft-ofctl -O OpenFlow13 del-flows br0
    on h$n weft-ofctl -O OpenFlow13 add-group br0 'group_id=1,type=ff,bucket=watch_port:10,output:10,bucket=watch_port:11,output:11'
    on h$n weft-ofctl -O OpenFlow13 add-flow br0 'in_port=1,actions=group:1'
    on h$n weft-ofctl -O OpenFlow13 add-flow br0 'in_port=10,actions=output:1'
    on h$n weft-ofctl -O OpenFlow13 add-flow br0 'in_port=11,actions=output:1'
done
# is HOST PORT KEY VALUE
is() { [ "$(on "$1" weft-vsctl get Interface "$2" bfd_status:"$3" | tr -d '"')" = "$4" ]; }
for h in h1 h2; do
    for t in t10 t11; do
        wait_until is $h $t state up
        wait_until is $h $t forwarding true
    done
done
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
goes_by() { on "$1" weft-appctl ofproto/trace br0 in_port=1,ip | grep '^Datapath actions:' | grep -q "tnl_port($2)"; }
wait_until goes_by h1 4789
expect_eq "$(on h1 weft-vsctl get Interface t10 bfd_status:diagnostic)" '"No Diagnostic"' "diagnostic"

# kill -9: the sessions of the other side know nothing of it, and what flows goes on.
flaps() { on "$1" weft-vsctl get Interface t10 bfd_status:flap_count; on "$1" weft-vsctl get Interface t11 bfd_status:flap_count; }
before=$(flaps h2)
kill -9 "${DAEMON_PID[h1]}"
wait "${DAEMON_PID[h1]}" 2>/dev/null || true
ns b ping -q -c 3 -i 0.1 -W 2 10.0.0.1 >/dev/null || fail "traffic while weft-vswitchd is gone"
start_weft h1
wait_until is h1 t10 state up
wait_until is h1 t11 state up
expect_eq "$(flaps h2)" "$before" "flaps of the peer through a restart"

# The path of one tunnel is lost: IPv4 alone. Both sides leave it, and TCP sees no more than a pause.
ns h1 ip addr del 172.16.0.1/24 dev br-phy
wait_until is h1 t10 forwarding false
wait_until is h2 t10 forwarding false
wait_until goes_by h1 6081
wait_until goes_by h2 6081
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
expect_match "$(on h2 weft-vsctl get Interface t10 bfd_status)" 'Control Detection Time Expired' "why the path is lost"
is h2 t11 state up || fail "the other tunnel's session went down"
ns h1 ip addr add 172.16.0.1/24 dev br-phy
wait_until is h1 t10 forwarding true
wait_until is h2 t10 forwarding true
wait_until goes_by h1 4789
wait_until ns b ping -q -c 1 -W 1 10.0.0.1

# Open vSwitch at the other end of a tunnel.
command -v ovs-vswitchd >/dev/null || exit 0
host o 3
ovs=$TESTDIR/ovs
mkdir "$ovs"
ovsdb-tool create "$ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
start_ovs() { background env OVS_RUNDIR="$ovs" OVS_DBDIR="$ovs" OVS_LOGDIR="$ovs" ip netns exec "$NS_PREFIX-o" "$@"; }
start_ovs ovsdb-server "$ovs/conf.db" "--remote=punix:$ovs/db.sock" --pidfile="$ovs/ovsdb-server.pid" --unixctl="$ovs/ovsdb-server.ctl"
wait_until test -S "$ovs/db.sock"
peer() { ns o timeout 20 ovs-vsctl --db="unix:$ovs/db.sock" "$@"; }
peer --no-wait init
start_ovs ovs-vswitchd "unix:$ovs/db.sock" --pidfile="$ovs/ovs-vswitchd.pid" --unixctl="$ovs/ovs-vswitchd.ctl"
peer add-br br-phy -- set Bridge br-phy datapath_type=netdev -- add-port br-phy eth0 -- add-br br0 -- set Bridge br0 datapath_type=netdev
ns o ip addr add 172.16.0.3/24 dev br-phy
ns o ip link set br-phy up
peer add-port br0 t -- set Interface t type=vxlan options:remote_ip=172.16.0.1 options:key=9
on h1 weft-vsctl add-port br0 t12 -- set Interface t12 type=vxlan options:remote_ip=172.16.0.3 options:key=9
peer set Interface t bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=30
on h1 weft-vsctl set Interface t12 bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=30
wait_until is h1 t12 state up
wait_until '[ "$(peer get Interface t bfd_status:forwarding)" = "\"true\"" ]'
peer set Interface t bfd:enable=false
wait_until is h1 t12 forwarding false
