#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two hosts with Weft and two tenants with the same addresses, over every kind of tunnel: guests reach those of their tenant and no others; a
# kill -9 of weft-vswitchd stops nothing; routes and neighbours that change are followed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools iperf3 ping python3 tcpdump

wire
weft_host h1 1
weft_host h2 2
tenant h1 red1 red1 10.0.0.1 tag=10
tenant h2 red2 red2 10.0.0.2 tag=10
tenant h1 blue1 blue1 10.0.0.1 tag=20
tenant h2 blue2 blue2 10.0.0.2 tag=20

# tunnels TYPE V6 OPTION...: one for each tenant between the hosts.
tunnels() {
    local type=$1 v6=$2 n remote tenant key
    shift 2
    for n in 1 2; do
        remote=172.16.0.$((3 - n))
        [ -z "$v6" ] || remote=fd16::$((3 - n))
        on h$n weft-vsctl --if-exists del-port tun10 -- --if-exists del-port tun20
        for key in 10 20; do
            on h$n weft-vsctl add-port br0 tun$key tag=$key -- set Interface tun$key type="$type" options:remote_ip="$remote" \
                options:key=$key "$@"
        done
    done
}
apart() {
    local tenant
    for tenant in red blue; do
        pings ${tenant}1 10.0.0.2 56 1300 1472 8000
        tcp ${tenant}1 ${tenant}2 10.0.0.2 5M
        tcp ${tenant}2 ${tenant}1 10.0.0.1 5M
    done
    # The other tenant has the same addresses, and hears nothing.
    ns blue2 ip link set eth0 down
    wait_until "! ns blue1 ping -c 1 -W 1 10.0.0.2"
    pings red1 10.0.0.2 56
    ns blue2 ip link set eth0 up
}
for guest in red1 red2 blue1 blue2; do
    ns $guest ip link set eth0 mtu 1400
done
# whole FROM TO: of TCP through the tunnel, the receiving guest gets segments put together again.
whole() {
    background ns "$2" timeout 60 tcpdump -nn -U -w "$TESTDIR/whole.pcap" -i eth0 -c 1 'tcp dst port 7777 and greater 4000'
    local capture=$BACKGROUND_PID
    wait_until "[ -s $TESTDIR/whole.pcap ]"
    content "$1" "$2" 10.0.0.2
    wait "$capture" || fail "segments from $1 came one by one"
    rm "$TESTDIR/whole.pcap"
}
tunnels vxlan ""
apart
whole red1 red2
tunnels geneve "" options:csum=true
apart
whole red1 red2
tunnels gre "" options:csum=true options:seq=true
apart
tunnels nvgre ""
apart
tunnels ip6gre 6
apart
tunnels geneve 6
apart

# --- Options: what OpenFlow writes on one host, the other one sees, behind options that it does not know.
for host in h1 h2; do
    on $host weft-ofctl add-tlv-map br0 '{class=0x102,type=0x80,len=4}->tun_metadata0,{class=0x103,type=0x1,len=8}->tun_metadata1'
done
on h1 weft-ofctl add-tlv-map br0 '{class=0x104,type=0x5,len=4}->tun_metadata2'
on h1 weft-ofctl add-flow br0 'priority=20,in_port=red1,actions=set_field:0x77->tun_metadata2,set_field:0x1234567->tun_metadata0,set_field:0x8877665544332211->tun_metadata1,normal'
on h2 weft-ofctl add-flow br0 'priority=20,in_port=tun10,actions=drop'
on h2 weft-ofctl add-flow br0 'priority=30,in_port=tun10,tun_metadata0=0x1230067/0xfff00ff,tun_metadata1=0x8877665544332211,actions=normal'
pings red1 10.0.0.2 56
on h2 weft-ofctl add-flow br0 'priority=40,icmp,in_port=tun10,tun_metadata0,actions=normal,controller'
background on h2 weft-ofctl monitor br0 65534
monitor_output=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
wait_until "ns red1 ping -c 1 -W 1 10.0.0.2; grep -q 'tun_metadata0=0x1234567,tun_metadata1=0x8877665544332211' '$monitor_output'"
stop_pid "$BACKGROUND_PID"
on h2 weft-ofctl --strict del-flows br0 'priority=40,icmp,in_port=tun10,tun_metadata0'
on h1 weft-ofctl mod-flows br0 'in_port=red1,actions=set_field:0x1234567->tun_metadata0,normal'
wait_until "! ns red1 ping -c 1 -W 1 10.0.0.2"
on h1 weft-ofctl del-flows br0 in_port=red1
on h2 weft-ofctl del-flows br0 in_port=tun10
pings red1 10.0.0.2 56

# --- What is cached goes on while weft-vswitchd is away, and is adopted when it is back.
background ns red1 ping -i 0.01 -q -w 8 10.0.0.2
pinger=$BACKGROUND_PID output=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
wait_until "on h1 weft-dpctl dump-flows | grep -q tnl_push"
ufids=$(on h1 weft-dpctl -m dump-flows | grep tnl_push | grep -o 'ufid:[0-9a-f-]*' | sort)
daemon_kill h1
ns red1 ping -c 5 -i 0.2 -W 1 -q 10.0.0.2 >/dev/null || fail "the tunnel ended with weft-vswitchd"
start_weft h1
wait_until "on h1 weft-appctl tnl/ports/show | grep -q genev_sys_6081"
wait "$pinger" || fail "ping during the restart"
expect_match "$(cat "$output")" ' 0% packet loss' "pings during the restart"
for ufid in $ufids; do
    on h1 weft-dpctl -m dump-flows | grep -q "$ufid" && kept=yes
done
[ -n "${kept-}" ] || fail "no flow of before the restart is there"
pings blue1 10.0.0.2 56

# --- A neighbour's address changes; a route goes.
tunnels vxlan ""
pings red1 10.0.0.2 56
ns h2 ip link set br-phy address 02:00:00:00:77:01
wait_until "ns h2 ip addr show br-phy | grep -q 02:00:00:00:77:01"
ns h2 ping -c 1 -W 2 172.16.0.1 >/dev/null || true
ns h2 arping -c 1 -U -I br-phy 172.16.0.2 >/dev/null 2>&1 || true
pings red1 10.0.0.2 56
ns h1 ip link set br-phy down
wait_until "on h1 weft-vsctl get Interface tun10 status | grep -q tunnel_problem"
wait_until "! ns red1 ping -c 1 -W 1 10.0.0.2"
ns h1 ip link set br-phy up
pings red1 10.0.0.2 56
