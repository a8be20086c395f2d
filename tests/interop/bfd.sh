#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# BFD with Open vSwitch as the peer, over two links: sessions come up, both tools tell the same of them, a restart of weft-vswitchd goes unnoticed,
# a fast-failover group leaves a path that is lost, and a guest that floods its port with BFD packets disturbs nobody.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ip ovs-vswitchd ovsdb-tool python3

switch_ns
start_vswitchd
weft-vsctl add-br br0
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
for i in 0 1; do
    sw ip link add w$i type veth peer name o$i
    sw ip link set w$i up
    sw ip link set o$i up
done
weft-vsctl add-port br0 veth-a -- add-port br0 w0 -- set Interface w0 ofport_request=10 \
    -- add-port br0 w1 -- set Interface w1 ofport_request=11

ovs=$TESTDIR/ovs
mkdir "$ovs"
ovsdb-tool create "$ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs daemon_start ovsdb-server ovsdb-server "$ovs/conf.db" \
    "--remote=punix:$ovs/db.sock" --pidfile="$ovs/ovsdb-server.pid" --unixctl="$ovs/ovsdb-server.ctl"
wait_until test -S "$ovs/db.sock"
peer_vsctl() { timeout 20 ovs-vsctl --db="unix:$ovs/db.sock" "$@"; }
peer_vsctl --no-wait init
OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs daemon_start ovs-vswitchd ovs-vswitchd "unix:$ovs/db.sock" \
    --pidfile="$ovs/ovs-vswitchd.pid" --unixctl="$ovs/ovs-vswitchd.ctl"
peer_vsctl add-br br1 -- set Bridge br1 datapath_type=netdev -- set-fail-mode br1 secure -- add-port br1 veth-b \
    -- add-port br1 o0 -- add-port br1 o1

of_weft() { weft-vsctl get Interface "$1" bfd_status:"$2" | tr -d '"'; }
of_peer() { peer_vsctl get Interface "$1" bfd_status:"$2" | tr -d '"'; }
both_up() { [ "$(of_weft w$1 state) $(of_peer o$1 state)" = "up up" ]; }

# Weft is to be missed for five seconds before the peer says so; Weft says so after half a second.
weft-vsctl set Interface w0 bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=50 \
    -- set Interface w1 bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=50
expect_eq "$(of_weft w0 forwarding)" false "forwarding before the peer has a session"
peer_vsctl set Interface o0 bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=5 \
    -- set Interface o1 bfd:enable=true bfd:min_rx=100 bfd:min_tx=100 bfd:mult=5
for i in 0 1; do
    wait_until both_up $i
    expect_eq "$(of_weft w$i forwarding) $(of_weft w$i diagnostic) $(of_weft w$i remote_state) $(of_weft w$i flap_count)" \
        "true No Diagnostic up 1" "the status of w$i"
done

# The same words in the same order.
words() { sed 's/:.*//'; }
expect_eq "$(weft-appctl bfd/show w0 | words)" "$(ovs-appctl -t "$ovs/ovs-vswitchd.ctl" bfd/show o0 | words)" "what bfd/show tells"
expect_eq "$(weft-appctl bfd/show | words | sed 's/ w\([01]\) / o\1 /' | sort)" \
    "$(ovs-appctl -t "$ovs/ovs-vswitchd.ctl" bfd/show | words | sort)" "what bfd/show tells of all"
expect_eq "$(peer_vsctl get Interface o0 bfd_status | tr ',' '\n' | sed 's/=.*//; s/[{ ]//g' | sort)" \
    "$(weft-vsctl get Interface w0 bfd_status | tr ',' '\n' | sed 's/=.*//; s/[{ ]//g' | sort)" "the keys of bfd_status"
expect_fails weft-appctl bfd/show veth-a

# A group that fails over. BFD's own packets do not go through the tables, which have nothing for them.
weft-ofctl -O OpenFlow13 del-flows br0
weft-ofctl -O OpenFlow13 add-group br0 'group_id=1,type=ff,bucket=watch_port:10,output:10,bucket=watch_port:11,output:11'
weft-ofctl -O OpenFlow13 add-flow br0 'in_port=veth-a,actions=group:1'
weft-ofctl -O OpenFlow13 add-flow br0 'in_port=10,actions=output:veth-a'
weft-ofctl -O OpenFlow13 add-flow br0 'in_port=11,actions=output:veth-a'
dp_of() { weft-dpctl show | sed -n "s/^ *port \([0-9]*\): $1.*/\1/p"; }
goes_to() { weft-appctl ofproto/trace br0 in_port=veth-a,ip | grep -q "^Datapath actions: $(dp_of "$1")\$"; }
goes_to w0 || fail "the group does not take the first path"
peer_flows() {
    for path in o0 o1; do ovs-ofctl add-flow "$ovs/br1.mgmt" "in_port=$path,actions=output:veth-b"; done
    ovs-ofctl add-flow "$ovs/br1.mgmt" "in_port=veth-b,actions=output:$1"
}
peer_flows o0
wait_until ns a ping -q -c 1 -W 1 10.0.0.2

# A restart, the hard way: the peer notices nothing, and the session is the same.
before=$(weft-appctl bfd/show w0 | grep 'Local Discriminator')
kill -9 "${DAEMON_PID[weft-vswitchd]}"
wait "${DAEMON_PID[weft-vswitchd]}" 2>/dev/null || true
start_vswitchd
wait_until both_up 0
wait_until both_up 1
expect_eq "$(weft-appctl bfd/show w0 | grep 'Local Discriminator')" "$before" "the discriminator after a restart"
expect_eq "$(of_peer o0 flap_count) $(of_weft w0 flap_count)" "1 1" "flaps that a restart has made"

# The peer falls silent.
peer_vsctl set Interface o0 bfd:enable=false
wait_until '[ "$(of_weft w0 state)" = down ]'
expect_eq "$(of_weft w0 diagnostic) $(of_weft w0 forwarding)" "Control Detection Time Expired false" "a silent peer"
wait_until goes_to w1
peer_flows o1
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
expect_match "$(weft-ofctl -O OpenFlow14 dump-ports-desc br0 | grep -A2 '(w0)' | xargs)" 'state: 0$' "the port is not live"
# It comes back.
peer_vsctl set Interface o0 bfd:enable=true
wait_until both_up 0
wait_until goes_to w0

# The peer says that the path behind it is down; the operator knows better.
peer_vsctl set Interface o0 bfd:cpath_down=true
wait_until '[ "$(of_weft w0 forwarding)" = false ]'
expect_eq "$(of_weft w0 state) $(of_weft w0 remote_diagnostic)" "up Concatenated Path Down" "a path that is down further away"
weft-appctl bfd/set-forwarding w0 true
wait_until '[ "$(of_weft w0 forwarding)" = true ]'
weft-appctl bfd/set-forwarding w0 normal
peer_vsctl set Interface o0 bfd:cpath_down=false
wait_until '[ "$(of_weft w0 forwarding)" = true ]'
expect_fails weft-appctl bfd/set-forwarding w0 perhaps

# A guest sends BFD packets as fast as it can, malformed ones among them, on a port with a session of its own.
flaps=$(of_weft w1 flap_count)
weft-vsctl set Interface veth-a bfd:enable=true bfd:min_rx=100
ns a /usr/bin/python3 "$srcdir/tests/interop/bfd_flood.py" eth0 40000
expect_eq "$(of_weft w1 state) $(of_weft w1 flap_count)" "up $flaps" "a session beside a flood"
wait_until "weft-appctl coverage/show | grep -q 'bfd_discarded'"
weft-vsctl remove Interface veth-a bfd enable
wait_until '[ "$(weft-vsctl get Interface veth-a bfd_status)" = "{}" ]'

# Settings that cannot be are reported.
weft-vsctl set Interface w1 bfd:mult=0 bfd:colour=blue
wait_until "grep -q 'bfd:mult=\"0\" is not usable' $WEFT_LOGDIR/weft-vswitchd.log"
wait_until "grep -q 'bfd:colour is not supported' $WEFT_LOGDIR/weft-vswitchd.log"
daemon_stop weft-vswitchd
daemon_stop ovs-vswitchd
daemon_stop ovsdb-server
