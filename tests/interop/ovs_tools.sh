#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's unmodified ovs-vsctl, ovs-ofctl, ovs-appctl and ovsdb-client configure and inspect Weft.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ovs-vsctl ovs-ofctl ovs-appctl ovsdb-client ping

switch_ns
start_vswitchd --ovs-names

# --- ovs-vsctl
ovs-vsctl --timeout=20 add-br br0
guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
ovs-vsctl --timeout=20 -- --may-exist add-port br0 veth-a tag=10 \
    -- set Interface veth-a external-ids:attached-mac='"02:00:00:00:00:01"' -- set Interface veth-a external-ids:iface-status=active
ovs-vsctl --timeout=20 add-port br0 veth-b tag=10 -- set Interface veth-b ofport_request=5
expect_eq "$(ovs-vsctl get Interface veth-b ofport)" 5 "ofport"
expect_match "$(ovs-vsctl show)" 'Bridge br0' "ovs-vsctl show"
expect_eq "$(ovs-vsctl list-ports br0 | sort | xargs)" "veth-a veth-b" "ports"
expect_eq "$(ovs-vsctl iface-to-br veth-a)" br0 "iface-to-br"
expect_eq "$(ovs-vsctl --no-heading --columns=tag list Port veth-a)" 10 "tag"
expect_match "$(ovs-vsctl get Bridge br0 datapath_id)" '^"[0-9a-f]{16}"$' "datapath_id"
expect_match "$(ovs-vsctl --timeout=20 add-port br0 nosuchdevice 2>&1 || true)" 'no device named nosuchdevice' "error of a missing device"
ovs-vsctl --timeout=20 --if-exists del-port nosuchdevice
wait_until ns a ping -c 1 -W 1 10.0.0.2
wait_until '[ "$(ovs-vsctl get Interface veth-a statistics:rx_packets)" -gt 0 ]'
expect_match "$(ovs-vsctl --if-exists --format=list --data=json --no-headings --columns=statistics list Interface veth-a)" \
    '\["map",\[\["rx_bytes"' "statistics as libvirt reads them"

# One transaction as Mininet sends it.
ovs-vsctl --timeout=20 -- --id=@c0 create Controller 'target="tcp:127.0.0.1:1"' max_backoff=1000 \
    -- --if-exists del-br s1 -- add-br s1 -- set bridge s1 'controller=[@c0]' other_config:datapath-id=00000000000000aa \
    fail_mode=secure other-config:disable-in-band=true
expect_eq "$(ovs-vsctl get Bridge s1 datapath_id)" '"00000000000000aa"' "datapath-id"
ovs-vsctl --timeout=20 del-br s1

# --- ovs-ofctl, OpenFlow 1.0 and 1.3
for version in OpenFlow10 OpenFlow13; do
    of="ovs-ofctl -O $version"
    expect_match "$($of show br0)" '5\(veth-b\)' "show in $version"
    $of del-flows br0
    expect_eq "$($of dump-flows br0 | grep -c actions || true)" 0 "flows after del-flows"
    ! ns a ping -c 1 -W 1 10.0.0.2 >/dev/null || fail "traffic without flows in $version"
    $of add-flow br0 'priority=10,ip,nw_dst=10.0.0.0/24,actions=normal'
    $of add-flow br0 'priority=9,arp,actions=normal'
    $of add-flow br0 'cookie=0x5,priority=8,tcp,tp_dst=80,actions=mod_nw_tos:32,output:5'
    ns a ping -q -c 2 -i 0.2 -W 2 10.0.0.2 >/dev/null || fail "traffic with flows in $version"
    expect_match "$($of dump-flows br0)" 'n_packets=[1-9][0-9]*.*priority=10,ip,nw_dst=10.0.0.0/24 actions=NORMAL' "dump-flows in $version"
    expect_match "$($of dump-flows br0 'cookie=0x5/-1')" 'tp_dst=80' "dump by cookie in $version"
    expect_match "$($of dump-aggregate br0)" 'flow_count=3' "dump-aggregate in $version"
    $of --strict mod-flows br0 'cookie=0x5,priority=8,tcp,tp_dst=80,actions=drop'
    expect_match "$($of dump-flows br0 tcp)" 'actions=drop' "mod-flows in $version"
    expect_match "$($of dump-ports br0 5)" 'rx pkts=[1-9]' "dump-ports in $version"
    expect_match "$($of dump-desc br0 2>&1)" 'Manufacturer' "dump-desc in $version"
    expect_match "$($of dump-tables br0)" 'table 0' "dump-tables in $version"
    $of del-flows br0 'cookie=0x5/-1'
    expect_match "$($of dump-aggregate br0)" 'flow_count=2' "delete by cookie in $version"
    $of mod-port br0 5 no-forward
    expect_match "$($of show br0)" 'NO_FWD' "mod-port in $version"
    $of mod-port br0 5 forward
    $of probe br0
    $of ping br0 64 >/dev/null
done
ovs-ofctl del-flows br0
ovs-ofctl add-flow br0 actions=normal
expect_fails ovs-ofctl add-flow br0 'priority=1,actions=output:nosuchport'

# --- ovs-appctl and ovsdb-client
expect_match "$(ovs-appctl version)" 'ovs-vswitchd' "ovs-appctl version"
expect_match "$(ovs-appctl fdb/show br0)" 'port  VLAN  MAC' "fdb/show"
expect_match "$(ovs-appctl ofproto/trace br0 in_port=5)" 'Datapath actions' "ofproto/trace"
expect_match "$(ovs-appctl dpctl/dump-flows)" 'recirc_id\(0\),in_port\(' "dpctl/dump-flows"
expect_match "$(ovs-appctl vlog/list)" 'console' "vlog/list"
expect_match "$(ovs-appctl coverage/show)" '[a-z]' "coverage/show"
expect_match "$(ovs-appctl memory/show)" '[a-z]' "memory/show"
sock=unix:$WEFT_RUNDIR/db.sock
expect_eq "$(ovsdb-client list-dbs "$sock" | xargs)" "Open_vSwitch _Server" "list-dbs"
expect_match "$(ovsdb-client dump "$sock" Bridge name)" 'br0' "ovsdb-client dump"
expect_match "$(ovsdb-client --timeout=10 transact "$sock" '["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["name"]}]')" \
    'br0' "ovsdb-client transact"

# Statistics keep their promise through all this: nothing wrong was logged.
expect_no_match "$(grep -E '\|(EMER|ERR)\|' "$WEFT_LOGDIR"/weft-*.log || true)" . "errors in the log"
