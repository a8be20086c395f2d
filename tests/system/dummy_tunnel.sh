#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tunnel ports: options and what is wrong with them, which port a packet belongs to, outer headers, unknown neighbours, and packets that are
# dropped with a reason.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
weft-appctl time/stop >/dev/null # nobody asks for neighbours unless a packet does
bridge br0 p1
bridge int0 g1 g2
of add-flow br0 priority=0,actions=normal
weft-appctl netdev-dummy/ip4addr br0 1.1.2.88/24 >/dev/null
weft-appctl netdev-dummy/ip6addr br0 2001:cafe::88/64 >/dev/null
weft-appctl ovs/route/add 1.1.2.0/24 br0 >/dev/null
weft-appctl ovs/route/add 2001:cafe::/64 br0 >/dev/null
vsctl set Bridge br0 other_config:hwaddr=aa:55:aa:55:00:00

# tunnel NAME TYPE OPTION...: a port of int0.
tunnel() {
    local name=$1 type=$2
    shift 2
    vsctl add-port int0 "$name" -- set Interface "$name" type="$type" ofport_request="${name##*[a-z]}" "${@/#/options:}"
}
# refused SENTENCE TYPE OPTION...
refused() {
    local sentence=$1 type=$2
    shift 2
    vsctl add-port int0 bad -- set Interface bad type="$type" "${@/#/options:}" >"$TESTDIR/out" 2>&1 || true
    expect_eq "$(vsctl get Interface bad error)" "\"$sentence\"" "error of a $type port with $*"
    expect_eq "$(vsctl get Interface bad ofport)" -1 "number of a port that cannot be"
    vsctl del-port int0 bad
}

# --- Options.
tunnel t10 vxlan remote_ip=1.1.2.92 key=123
refused "bad: bad vxlan 'remote_ip'" vxlan remote_ip=bogus
refused "bad: vxlan type requires valid 'remote_ip' argument" vxlan key=5
refused "bad: multicast remote_ip=224.0.0.1 not allowed" vxlan remote_ip=224.0.0.1
refused "bad: bad geneve 'remote_ip'" geneve remote_ip=0.0.0.0
refused "bad: 'remote_ip' and 'local_ip' has to be of the same address family" vxlan remote_ip=1.2.3.4 local_ip=2001::1
refused "bad: gre type requires 'remote_ip=flow' with 'local_ip=flow'" gre remote_ip=1.2.3.4 local_ip=flow
refused "bad: ip6gre type requires addresses of IPv6" ip6gre remote_ip=1.2.3.4
refused "bad: 'key' of vxlan must be \\\"flow\\\" or a number up to 16777215, not \\\"16777216\\\"" vxlan remote_ip=1.2.3.4 key=16777216
refused "bad: 'in_key' of gre must be \\\"flow\\\" or a number up to 4294967295, not \\\"x\\\"" gre remote_ip=1.2.3.4 in_key=x
refused "bad: 'dst_port' must be a number from 1 to 65535, not \\\"65536\\\"" vxlan remote_ip=1.2.3.4 dst_port=65536
refused "bad: gre packets have no port ('dst_port')" gre remote_ip=1.2.3.4 dst_port=5
refused "bad: 'ttl' must be a number from 0 to 255, not \\\"256\\\"" vxlan remote_ip=1.2.3.4 ttl=256
refused "bad: invalid TOS 0x11: its two lowest bits are for congestion notification" vxlan remote_ip=1.2.3.4 tos=0x11
refused "bad: 'csum' must be true or false, not \\\"yes\\\"" vxlan remote_ip=1.2.3.4 csum=yes
refused "bad: unknown extension 'gpe'" vxlan remote_ip=1.2.3.4 exts=gpe
refused "bad: packet_type=legacy_l3 is not supported by vxlan ports" vxlan remote_ip=1.2.3.4 packet_type=legacy_l3
refused "bad: packet_type=ptap is not supported by gre ports" gre remote_ip=1.2.3.4 packet_type=ptap
refused "bad: packet_type=legacy_l3 is not supported by nvgre ports" nvgre remote_ip=1.2.3.4 packet_type=legacy_l3
refused "bad: packet_type=l2 is not supported by gre ports" gre remote_ip=1.2.3.4 packet_type=l2
refused "bad: vxlan packets have no sequence number ('seq')" vxlan remote_ip=1.2.3.4 seq=true
refused "bad: 'psk' asks for encryption, which is not supported" vxlan remote_ip=1.2.3.4 psk=secret
refused "bad: port 't10' has the same configuration (::->1.1.2.92, key=0x7b, legacy_l2, dp port=4789)" vxlan remote_ip=1.1.2.92 key=0x7b

tunnel t11 vxlan remote_ip=1.1.2.92 key=flow
tunnel t12 vxlan remote_ip=flow key=flow
tunnel t13 vxlan remote_ip=1.1.2.92 local_ip=1.1.2.88 key=123
tunnel t14 vxlan remote_ip=1.1.2.93 dst_port=8472
tunnel t15 geneve remote_ip=2001:cafe::92 key=flow csum=true
tunnel t16 gre remote_ip=1.1.2.92 key=5
tunnel t17 nvgre remote_ip=1.1.2.92 key=6
tunnel t18 vxlan remote_ip=flow local_ip=flow key=flow dst_port=8472
expect_eq "$(weft-appctl tnl/ports/show)" "Listening ports:
genev_sys_6081 (6081) ref_cnt=1
gre_sys (6) ref_cnt=2
vxlan_sys_4789 (4789) ref_cnt=4
vxlan_sys_8472 (8472) ref_cnt=2" "listeners"
expect_eq "$(weft-appctl ofproto/list-tunnels | grep t1[15])" \
"port 4789: t11 (vxlan: ::->1.1.2.92, key=flow, legacy_l2, dp port=4789, ttl=64, mtu=1450)
port 6081: t15 (geneve: ::->2001:cafe::92, key=flow, legacy_l2, dp port=6081, ttl=64, csum=true, mtu=1430)" "tunnels"

# --- Which port a packet belongs to.
# belongs LISTENER TUNNEL FLOW PORT
inner="eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x1234)"
belongs() {
    of del-flows int0
    of add-flow int0 "in_port=$3,actions=g1"
    trace "tunnel($2),in_port($1),$inner" >"$TESTDIR/trace"
    expect_eq "$(sed -n 's/^Datapath actions: //p' "$TESTDIR/trace")" "$(dp_port g1)" \
        "a packet of tunnel($2): $(cat "$TESTDIR/trace")"
}
base="dst=1.1.2.88,tos=0x0,ttl=64,flags(key)"
belongs 4789 "tun_id=123,src=1.1.2.92,$base" 13
belongs 4789 "tun_id=123,src=1.1.2.92,dst=1.1.2.89,ttl=64,flags(key)" 10
belongs 4789 "tun_id=124,src=1.1.2.92,$base" 11
belongs 4789 "tun_id=124,src=1.1.2.94,$base" 12
belongs 8472 "tun_id=0,src=1.1.2.93,$base" 14
belongs 8472 "tun_id=1,src=1.1.2.93,$base" 18
belongs 6 "tun_id=0x5,src=1.1.2.92,$base" 16
belongs 6 "tun_id=0x6ab,src=1.1.2.92,$base" 17
trace "tunnel(tun_id=0x77,src=1.1.2.92,$base),in_port(6),$inner" | grep -q "no tunnel port has this key" || fail "an unknown key"
expect_match "$(cat "$TESTDIR/trace")" xlate_tunnel_unknown "the trace of an unknown key"

# --- Fragments that may be a tunnel's, for this host: of GRE and UDP, and not of TCP, of another host's or in a VLAN.
# fragment MATCH WANTED
fragment() {
    trace br0 "in_port=p1,dl_src=f8:bc:12:44:34:b6,$1" >"$TESTDIR/trace"
    expect_eq "$(sed -n 's/^Datapath actions: //p' "$TESTDIR/trace")" "$2" "a fragment, $1: $(cat "$TESTDIR/trace")"
}
to_us="dl_dst=aa:55:aa:55:00:00"
for kind in first later; do
    fragment "$to_us,udp,nw_dst=1.1.2.88,ip_frag=$kind" reassemble
    fragment "$to_us,ip,nw_proto=47,nw_dst=1.1.2.88,ip_frag=$kind" reassemble
    fragment "$to_us,udp6,ipv6_dst=2001:cafe::88,ip_frag=$kind" reassemble
    fragment "$to_us,tcp,nw_dst=1.1.2.88,ip_frag=$kind" "$(dp_port br0)"
    fragment "$to_us,udp,nw_dst=1.1.2.89,ip_frag=$kind" "$(dp_port br0)"
done

# --- A broadcast ARP request that reaches a device's port is told from news by one bit, not by a megaflow for each question.
of add-flow int0 priority=0,actions=normal
trace int0 "in_port=g1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2" >"$TESTDIR/trace"
expect_match "$(cat "$TESTDIR/trace")" '^Megaflow: .*arp_spa=0.0.0.0/0.0.0.2,arp_tpa=0.0.0.2/0.0.0.2' "what is looked at of an ARP request"
expect_no_match "$(cat "$TESTDIR/trace")" '^Megaflow: .*arp_sha' "what is looked at of an ARP request"
trace int0 "in_port=g1,arp,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.1" >"$TESTDIR/trace"
expect_match "$(cat "$TESTDIR/trace")" '^Megaflow: .*arp_spa=10.0.0.1,arp_tpa=10.0.0.1' "what is looked at of news"

# --- Outer headers. The neighbour is asked for, and its answer noticed.
of del-flows int0
of add-flow int0 'in_port=g1,actions=t10'
receive g1 "$(udp 1 2)"
wait_sent p1 1
expect_match "$(sent p1)" "ffffffffffffaa55aa5500000806000108000604" "an ARP request"
expect_eq "$(drops xlate_tunnel_neighbour)" 1 "packets for an unknown neighbour"
receive p1 "eth(src=f8:bc:12:44:34:b6,dst=aa:55:aa:55:00:00),eth_type(0x0806),arp(sip=1.1.2.92,tip=1.1.2.88,op=2,sha=f8:bc:12:44:34:b6,tha=aa:55:aa:55:00:00)"
wait_until 'weft-appctl tnl/arp/show | grep -q "^1.1.2.92  *f8:bc:12:44:34:b6   br0"'
weft-appctl revalidator/wait
receive g1 "$(udp 1 2)"
wait_sent p1 2
expect_match "$(sent p1 | tail -n 1)" "f8bc124434b6aa55aa550000080045000.*40004011....010102580101025c....12b5003a00000800000000007b00020000000002020000000001" \
    "a packet in VXLAN"

# --- Outer headers of every kind, as the datapath is told.
# pushes PORT OPENFLOW-ACTIONS HEADER...: the actions in the trace of a UDP packet have each of these pieces.
pushes() {
    local actions=$1 piece
    shift
    of del-flows int0
    of add-flow int0 "in_port=g1,actions=$actions"
    trace int0 "in_port=g1,udp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0x2c,nw_ecn=1,nw_ttl=7,tp_src=1,tp_dst=2" >"$TESTDIR/trace"
    for piece; do
        grep -q "^Datapath actions: .*$piece" "$TESTDIR/trace" || fail "no $piece in $(cat "$TESTDIR/trace")"
    done
}
weft-appctl tnl/arp/set br0 1.1.2.93 f8:bc:12:44:34:b7 >/dev/null
weft-appctl tnl/arp/set br0 2001:cafe::92 f8:bc:12:44:34:b8 >/dev/null
pushes t10 "src=1.1.2.88,dst=1.1.2.92,proto=17,tos=0x1,ttl=64,frag=0x4000" "udp(src=0,dst=4789,csum=0x0)" "vni=0x7b" "),$(dp_port p1)))$"
pushes t14 "dst=f8:bc:12:44:34:b7" "dst=8472"
pushes set_tunnel:5,t11 "vni=0x5)"
pushes 'set_field:1.1.2.93->tun_dst,set_tunnel:6,t12' "dst=f8:bc:12:44:34:b7" "dst=1.1.2.93" "vni=0x6)"
pushes set_tunnel:7,t15 "ipv6(src=2001:cafe::88,dst=2001:cafe::92" "udp(src=0,dst=6081,csum=0xffff)" "geneve(vni=0x7"
pushes t16 "proto=47" "gre((flags=0x2000,proto=0x6558),key=0x5)"
pushes t17 "gre((flags=0x2000,proto=0x6558),key=0x600)"
pushes set_tunnel:7,t18 "drop"
# A list of hosts for what goes to all, on a port where flows say to whom.
of add-group int0 'group_id=7,type=all,bucket=set_field:1.1.2.92->tun_dst,output:t12,bucket=set_field:1.1.2.93->tun_dst,output:t12'
pushes 'set_tunnel:6,group:7' "dst=1.1.2.92,.*vni=0x6).*dst=1.1.2.93,.*vni=0x6)"
# And one that NORMAL makes of the ports.
pushes normal "dst=1.1.2.92,.*vni=0x7b).*dst=1.1.2.93,.*dst=8472"
vsctl set Interface t10 options:tos=inherit options:ttl=inherit options:csum=true options:df_default=false
pushes t10 "tos=0x2d,ttl=7,frag=0x0)" "csum=0xffff" "),mtu(1500),out_port("
expect_no_match "$(cat "$TESTDIR/trace")" check_pkt_len "what may be cut"
vsctl set Interface t10 options:tos=0x20 options:egress_pkt_mark=5
pushes t10 drop # there is no route for the mark
weft-appctl ovs/route/add 1.1.2.0/24 br0 pkt_mark=5 >/dev/null
pushes t10 "tos=0x21"

# --- The source port is nothing that the underlay's bridge could know before the datapath has drawn it.
vsctl remove Interface t10 options egress_pkt_mark
of add-flow br0 'priority=10,udp,tp_src=40000,actions=drop'
pushes t10 "recirc(0x"
weft-appctl tnl/egress_port_range 40000 41000 >/dev/null
pushes t10 "udp(src=40000,span=1000,dst=4789" "recirc(0x"
weft-appctl tnl/egress_port_range 40000 40000 >/dev/null
pushes t10 drop
weft-appctl tnl/egress_port_range 40001 40001 >/dev/null
pushes t10 "udp(src=40001,dst=4789" "),$(dp_port p1)$"
weft-appctl tnl/egress_port_range 32768 61000 >/dev/null
of del-flows br0 udp
pushes t10 "udp(src=0,dst=4789" "),$(dp_port p1)$"
of add-flow br0 'priority=10,udp,tp_dst=4789,in_port=LOCAL,actions=drop'
pushes t10 drop
of del-flows br0 udp

# --- Packets that no tunnel takes are dropped, and the datapath counts why.
# dropped REASON ACTIONS
dropped() {
    local before
    of del-flows int0
    of add-flow int0 "in_port=g1,actions=$2"
    weft-appctl revalidator/wait
    before=$(drops "$1")
    receive g1 "$(udp 1 2)"
    wait_until "[ \$(drops $1) = $((before + 1)) ]"
}
dropped xlate_tunnel_remote t12
dropped xlate_tunnel_remote 'set_field:224.0.0.1->tun_dst,t12'
dropped xlate_tunnel_key set_tunnel64:0x1000000,t11
dropped xlate_tunnel_route 'set_field:9.9.9.9->tun_dst,t12'
dropped xlate_tunnel_neighbour 'set_field:1.1.2.99->tun_dst,t12'
dropped action_unsuited 'output(port=t10,max_len=64)'
of add-flow br0 'priority=10,in_port=LOCAL,actions=normal,p1'
vsctl add-port br0 t19 -- set Interface t19 type=vxlan options:remote_ip=1.1.2.92 options:key=99 ofport_request=19
of add-flow br0 'priority=10,in_port=LOCAL,actions=t19'
dropped xlate_tunnel_recursion t10
vsctl del-port br0 t19
of del-flows br0
of add-flow br0 priority=0,actions=normal

# --- Congestion in the tunnel.
of del-flows int0
of add-flow int0 actions=g2
congestion() {
    trace "tunnel(tun_id=123,src=1.1.2.92,dst=1.1.2.88,tos=$1,ttl=64,flags(key)),in_port(4789),$(udp 1 2 | sed "s/tos=0/tos=$2/")" >"$TESTDIR/trace"
    expect_match "$(sed -n 's/^Datapath actions: //p' "$TESTDIR/trace")" "$3" "outer TOS $1, inner $2: $(cat "$TESTDIR/trace")"
}
congestion 0x3 0x0 "drop"
congestion 0x3 0x2 "tos=0x3/0x3"
congestion 0x1 0x2 "tos=0x1/0x3"
congestion 0x2 0x1 "^$(dp_port g2)$"
congestion 0x0 0x1 "^$(dp_port g2)$"

# --- What the status says.
weft-appctl tnl/arp/flush >/dev/null
tunnel t20 vxlan remote_ip=9.9.9.9
# says PATTERN PORT
says() {
    wait_until "warp 5000 1000; weft-vsctl get Interface $2 status | grep -q '$1'"
}
says 'tunnel_problem="\(no route to 9.9.9.9\|the route leaves by [^ ]*, which is no port of a bridge\)"' t20
says 'tunnel_egress_iface=br0.*tunnel_problem="1.1.2.92 does not answer on br0"' t11
weft-appctl tnl/arp/set br0 1.1.2.92 f8:bc:12:44:34:b6 >/dev/null
says 'tunnel_egress_iface_carrier=.*tunnel_source_ip="1.1.2.88"}' t11
expect_match "$(vsctl get Interface t11 status)" 'tunnel_mtu="1450"' "the MTU of a tunnel"
