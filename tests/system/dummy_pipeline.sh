#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pipeline of a bridge: priorities, action sets, loops, TTLs, port configuration, fragments, patch ports, VLAN modes, misses.
# What trace promises is also what packets meet; each drop is counted under its reason.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2 p3 p4
ip='in_port=1,udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64'
for i in 1 2 3 4; do
    declare "d$i=$(dp_port p$i)"
done

# expect_drop REASON COMMAND...: the command makes the datapath drop a packet for that reason.
expect_drop() {
    local reason=$1 before
    before=$(drops "$1")
    shift
    "$@"
    wait_until "[ \$(drops $reason) -gt $before ]"
}

# --- The highest priority wins; equal flows may overlap unless that is asked about.
of add-flow br0 'priority=10,ip,actions=output:2'
of add-flow br0 'priority=20,udp,actions=output:3'
of add-flow br0 'priority=30,udp,nw_dst=10.0.0.9,actions=output:4'
expect_actions br0 "$ip" "$d3"
expect_actions br0 "${ip/0.0.2/0.0.9}" "$d4"
expect_actions br0 "${ip/udp/icmp}" "$d2"
expect_fails of add-flow br0 'check_overlap,priority=20,ip,nw_src=10.0.0.0/8,actions=drop'
of add-flow br0 'check_overlap,priority=21,ip,nw_src=10.0.0.0/8,actions=drop'
of --strict del-flows br0 'priority=21,ip,nw_src=10.0.0.0/8'
of --strict del-flows br0 'priority=20,udp'
expect_actions br0 "$ip" "$d2"

# --- A bridge without a fitting flow drops, secure as it is, and says so.
of del-flows br0
expect_actions br0 "$ip" drop
expect_drop explicit receive p1 "$(udp 1 2)"

# --- An action set is carried out in the specification's order, not in that of its writing; the last of a kind counts.
of -O OpenFlow13 add-flow br0 'in_port=1,ip,actions=output:2,write_actions(output:3,set_field:1.2.3.4->ip_src,push_vlan:0x8100,output:4),goto_table:1'
of -O OpenFlow13 add-flow br0 'table=1,ip,actions=write_actions(set_field:5.6.7.8->ip_src)'
receive p1 "$(udp 1 2)"
wait_sent p2 1
wait_sent p4 1
expect_eq "$(sent p2 | cut -c25-28)" 0800 "what was sent before the action set"
expect_eq "$(sent p4 | cut -c25-36)$(sent p4 | cut -c61-68)" 81000000080005060708 "what the action set made"
of -O OpenFlow13 add-flow br0 'table=1,ip,actions=clear_actions'
expect_actions br0 "$ip" "$d2"

# --- Loops of resubmits end, with a reason.
of del-flows br0
of add-flow br0 'in_port=1,actions=output:2,resubmit(,1)'
of add-flow br0 'table=1,actions=output:2,resubmit(,1)'
expect_match "$(trace br0 "$ip")" 'Dropped: .* \(xlate_too_deep\)' "a loop"
expect_drop xlate_too_deep receive p1 "$(udp 1 2)"
expect_drop xlate_too_deep receive p1 "$(udp 1 2)"
of mod-flows br0 'table=1,actions=output:3'
expect_actions br0 "$ip" "$d2,$d3"

# --- A TTL that would reach 0 does not, on the slow path and over the cached flow; what was done before it stays done.
of del-flows br0
of add-flow br0 'in_port=1,ip,actions=output:2,dec_ttl,output:3'
sent2=$(sent p2 | wc -l) sent3=$(sent p3 | wc -l)
expect_drop ttl_expired receive p1 "$(udp 1 2 1)"
expect_drop ttl_expired receive p1 "$(udp 1 2 1)"
receive p1 "$(udp 1 2 2)"
wait_sent p3 $((sent3 + 1))
wait_sent p2 $((sent2 + 3))
expect_eq "$(sent p3 | tail -1 | cut -c45-46)" 01 "the TTL of 2 less one"

# --- Port configuration.
of del-flows br0
of add-flow br0 'actions=flood'
of mod-port br0 2 no-flood
of mod-port br0 3 no-forward
expect_actions br0 "$ip" "$d4,$(dp_port br0)"
of mod-port br0 1 no-receive
expect_match "$(trace br0 "$ip")" 'Dropped: .* \(xlate_port_config\)' "no-receive"
expect_drop xlate_port_config receive p1 "$(udp 1 2)"
of mod-port br0 1 receive
of mod-port br0 2 flood
of mod-port br0 3 forward
of add-flow br0 'actions=output:4'
of mod-port br0 4 down
expect_drop port_down receive p1 "$(udp 1 2)"
expect_match "$(of show br0)" 'config: +PORT_DOWN' "the port's configuration"
of mod-port br0 4 up
sent4=$(sent p4 | wc -l)
receive p1 "$(udp 1 2)"
wait_sent p4 $((sent4 + 1))

# --- Packet-out: from a port, from the controller, to a table.
of del-flows br0
of add-flow br0 'in_port=3,actions=output:4'
hex=$(sent p4 | tail -1)
of packet-out br0 CONTROLLER output:4 "$hex"
wait_sent p4 $((sent4 + 2))
of packet-out br0 3 table "$hex"
wait_sent p4 $((sent4 + 3))
expect_eq "$(sent p4 | tail -1)" "$hex" "the packet that went out"

# --- Fragments: later ones have no ports, unless the bridge is told to see zeros; or it drops them.
of del-flows br0
of add-flow br0 'priority=10,udp,tp_dst=0,actions=output:2'
of add-flow br0 'priority=5,udp,actions=output:3'
of set-frags br0 normal
expect_actions br0 "$ip,tp_dst=0,nw_frag=later" "$d2"
expect_actions br0 "$ip,tp_dst=7,nw_frag=first" "$d2"
of set-frags br0 nx-match
expect_actions br0 "$ip,tp_dst=7,nw_frag=first" "$d3"
of set-frags br0 drop
expect_match "$(trace br0 "$ip,nw_frag=later")" 'Dropped: .* \(xlate_fragment\)' "fragments"
expect_drop xlate_fragment receive p1 "$(udp 1 2 | sed 's/frag=no/frag=later/; s/,udp(.*//')"
of set-frags br0 normal

# --- Patch ports: what one bridge sends to its end, the other receives; a patch port without peer drops.
of del-flows br0
bridge br1 x11 x12
vsctl add-port br0 pa -- set Interface pa type=patch options:peer=pb ofport_request=10 \
    -- add-port br1 pb -- set Interface pb type=patch options:peer=pa ofport_request=20
of add-flow br0 'in_port=1,actions=mod_vlan_vid:9,output:10,strip_vlan,output:2'
of add-flow br1 'in_port=20,dl_vlan=9,actions=strip_vlan,output:11,output:in_port'
of add-flow br0 'in_port=10,actions=output:3'
sent2=$(sent p2 | wc -l) sent3=$(sent p3 | wc -l)
receive p1 "$(udp 1 2)"
wait_sent x11 1
wait_sent p3 $((sent3 + 1))
wait_sent p2 $((sent2 + 1))
expect_eq "$(sent x11 | cut -c25-28)" 0800 "what passed both bridges"
expect_match "$(of dump-ports br1 20)" 'rx pkts=1,.*' "the patch port's statistics"
# Two bridges that throw a packet to and fro come to an end too.
of add-flow br0 'priority=60000,in_port=10,actions=in_port'
of add-flow br1 'priority=60000,in_port=20,actions=in_port'
expect_drop xlate_too_deep receive p1 "$(udp 1 3)"
vsctl del-port br1 pb
expect_actions br0 "$ip" "$d2"

# --- VLAN modes.
of del-flows br0
of add-flow br0 'actions=normal'
vsctl del-port br0 pa -- set Port p1 tag=10 -- set Port p2 tag=20 -- set Port p3 trunks=10,30 -- set Port p4 tag=10 vlan_mode=native-tagged
flow="in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff"
push="push_vlan(vid=10,pcp=0)"
expect_actions br0 "$flow" "$push,$d3,$d4,$(dp_port br0)"
vsctl set Port p4 vlan_mode=native-untagged
expect_actions br0 "$flow" "$push,$d3,pop_vlan,$d4,$push,$(dp_port br0)"
expect_match "$(trace br0 "$flow,dl_vlan=20,dl_vlan_pcp=0")" 'Dropped: .* \(xlate_vlan\)' "a tagged packet on an access port"
expect_match "$(trace br0 "${flow/=1/=3},dl_vlan=20,dl_vlan_pcp=0")" 'Dropped: .* \(xlate_vlan\)' "a VLAN that the trunk does not carry"
expect_actions br0 "${flow/=1/=3},dl_vlan=10,dl_vlan_pcp=0" "pop_vlan,$d1,$d4,$push,$(dp_port br0)"
expect_drop xlate_vlan receive p1 "$(udp 1 2 | sed 's/,eth_type(0x0800),\(.*\)/,eth_type(0x8100),vlan(vid=20,pcp=0),encap(eth_type(0x0800),\1)/')"
expect_match "$(trace br0 "${flow/dst=ff:ff:ff:ff:ff:ff/dst=01:80:c2:00:00:00}")" 'Dropped: .* \(xlate_reserved_mac\)' "a reserved address"

# --- Without secure mode, a bridge without a controller is an ordinary switch.
vsctl add-br br2 -- set Bridge br2 datapath_type=dummy -- add-port br2 y1 -- set Interface y1 type=dummy \
    -- add-port br2 y2 -- set Interface y2 type=dummy
expect_match "$(of dump-flows br2)" 'priority=0 actions=NORMAL' "flows of a standalone bridge"
expect_match "$(trace br2 "in_port=y1,dl_dst=02:00:00:00:00:07")" "actions: .*$(dp_port y2)" "a standalone bridge"
