#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In-band control with real packets: a controller and a manager that are reached through the switch's own local port, on the link and behind a
# router, by IPv4 and IPv6, connect although the bridge fails secure and has no flows; and do not where it is switched off.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ip ping

peer=$srcdir/tests/system/ofp_peer.py
switch_ns
start_vswitchd
weft-vsctl add-br br0 -- set-fail-mode br0 secure -- set Bridge br0 other_config:hwaddr=02:00:00:00:00:01
guest ctl veth-c 10.0.0.9/24 fd00::9/64
guest other veth-o 10.0.0.5/24
weft-vsctl add-port br0 veth-c -- add-port br0 veth-o
sw ip addr add 10.0.0.1/24 dev br0
sw ip addr add fd00::1/64 dev br0 nodad
sw ip link set br0 up
sw sysctl -qw net.ipv4.neigh.br0.retrans_time_ms=200
# The controller's guest is a router too.
ns ctl ip addr add 10.9.0.9/32 dev lo
sw ip route add 10.9.0.0/24 via 10.0.0.9

for address in 10.0.0.9 10.9.0.9 fd00::9; do
    background ns ctl "$peer" listen $address 6653
done
background ns ctl "$peer" silent 10.0.0.9 6640
wait_until "ns ctl ss -ltn | grep -c ':6653' | grep -q 3"

hidden() {
    weft-appctl bridge/dump-flows br0
}
connected() {
    [ "$(weft-vsctl get Controller . is_connected)" = true ]
}
never_connects() {
    # It has tried and failed: its packets went nowhere.
    wait_until "weft-vsctl get Controller . status:last_error"
    ! connected || fail "$*"
}

# Without controllers nothing passes, and there are no flows.
expect_eq "$(hidden | grep -c priority=1800)" 0 "flows without controllers"
expect_fails sw ping -q -c 1 -W 1 10.0.0.9

for address in 10.0.0.9 10.9.0.9 '[fd00::9]'; do
    weft-vsctl set-controller br0 "tcp:$address:6653" -- set Controller br0 max_backoff=1000 inactivity_probe=1000
    wait_until connected
    # The next hop's address is found once the kernel knows it.
    wait_until "weft-appctl bridge/dump-flows br0 | grep -q priority=180003"
    expect_eq "$(weft-ofctl dump-flows br0 | grep -c actions || true)" 0 "flows that show"
    # Only control passes: no ping, and no other guest.
    expect_fails sw ping -q -c 1 -W 1 10.0.0.9
    expect_fails ns other ping -q -c 1 -W 1 10.0.0.9
    weft-vsctl del-controller br0
    wait_until '! weft-appctl bridge/dump-flows br0 | grep -q priority=1800'
done

# OVS's flows, and no others.
weft-vsctl set-controller br0 tcp:10.0.0.9:6653
mac=$(ns ctl cat /sys/class/net/eth0/address)
wait_until connected
wait_until "weft-appctl bridge/dump-flows br0 | grep -q priority=180003"
expect_eq "$(hidden | sed -n 's/.*\(priority=180.*\)/\1/p' | sort)" "$(sort <<END
priority=180008,tcp,nw_src=10.0.0.9,tp_src=6653,actions=NORMAL
priority=180007,tcp,nw_dst=10.0.0.9,tp_dst=6653,actions=NORMAL
priority=180006,arp,arp_spa=10.0.0.9,arp_op=1,actions=NORMAL
priority=180005,arp,arp_tpa=10.0.0.9,arp_op=2,actions=NORMAL
priority=180004,arp,dl_src=$mac,arp_op=1,actions=NORMAL
priority=180003,arp,dl_dst=$mac,arp_op=2,actions=NORMAL
priority=180002,arp,dl_src=02:00:00:00:00:01,arp_op=1,actions=NORMAL
priority=180001,arp,dl_dst=02:00:00:00:00:01,arp_op=2,actions=NORMAL
priority=180000,udp,in_port=LOCAL,dl_src=02:00:00:00:00:01,tp_src=68,tp_dst=67,actions=NORMAL
END
)" "flows of in-band control"
weft-vsctl set Bridge br0 other_config:in-band-queue=3
wait_until "weft-appctl bridge/dump-flows br0 | grep -q 'priority=180008.*actions=set_queue:3,NORMAL'"
weft-vsctl remove Bridge br0 other_config in-band-queue
# They stay when a controller deletes everything.
weft-ofctl del-flows br0
expect_eq "$(hidden | grep -c priority=1800)" 9 "flows of in-band control after del-flows"

# Switched off, for the bridge or the controller.
weft-vsctl set Bridge br0 other_config:disable-in-band=true
expect_eq "$(hidden | grep -c priority=1800)" 0 "flows when it is disabled"
weft-vsctl del-controller br0
weft-vsctl set-controller br0 tcp:10.0.0.9:6653 -- set Controller br0 max_backoff=1000
sw ip neigh flush dev br0
never_connects "connected although in-band control is disabled"
weft-vsctl remove Bridge br0 other_config disable-in-band
wait_until connected
weft-vsctl del-controller br0
weft-vsctl set-controller br0 tcp:10.0.0.9:6653 -- set Controller br0 connection_mode=out-of-band
sw ip neigh flush dev br0
never_connects "connected although it is out of band"
weft-vsctl set Controller br0 connection_mode=in-band
wait_until connected
weft-vsctl del-controller br0

# The controller's row gives the local port its address and the way to other networks.
sw ip addr del 10.0.0.1/24 dev br0
sw ip route flush 10.9.0.0/24
sw ip link set br0 down
weft-vsctl set-controller br0 tcp:10.9.0.9:6653 \
    -- set Controller br0 max_backoff=1000 connection_mode=out-of-band local_ip=10.0.0.1 local_netmask=255.255.255.128 local_gateway=10.0.0.9
expect_eq "$(sw ip -o -4 addr show dev br0)" "" "the address that a controller out of band names"
weft-vsctl set Controller br0 connection_mode=in-band
wait_until connected
expect_match "$(sw ip -o -4 addr show dev br0)" 'inet 10.0.0.1/25 ' "the address of the local port"
expect_match "$(sw ip route show default)" 'via 10.0.0.9 dev br0' "the default route"
pid=$(cat "$WEFT_RUNDIR/weft-datapathd.pid")
kill -9 "$pid"
wait_until "[ -s '$WEFT_RUNDIR/weft-datapathd.pid' ] && [ \"\$(cat '$WEFT_RUNDIR/weft-datapathd.pid')\" != $pid ]"
wait_until 'sw ip -o -4 addr show dev br0 | grep -q "inet 10.0.0.1/25 "' # of another device of the name
wait_until connected
weft-vsctl clear Controller br0 local_netmask -- set Controller br0 local_ip=10.0.0.2
wait_until 'sw ip -o -4 addr show dev br0 | grep -q "inet 10.0.0.2/8 "'
weft-vsctl set Controller br0 local_ip=10.0.0.300
wait_until "grep -q 'options:local_ip=10.0.0.300 is not an IPv4 address' '$WEFT_LOGDIR/weft-vswitchd.log'"
weft-vsctl del-controller br0
expect_match "$(sw ip -o -4 addr show dev br0)" 'inet 10.0.0.2/8 ' "the address when the controller has gone"
sw ip addr flush dev br0
sw ip addr add 10.0.0.1/24 dev br0

# A manager has the same right of way.
sw ip neigh flush dev br0
weft-vsctl set-manager tcp:10.0.0.9:6640
wait_until '[ "$(weft-vsctl get Manager . is_connected)" = true ]'
expect_eq "$(hidden | grep -c 'priority=18000[78].*=6640')" 2 "flows for the manager"
weft-vsctl del-manager
expect_eq "$(hidden | grep -c priority=1800)" 0 "flows without a manager"
daemon_stop weft-vswitchd
