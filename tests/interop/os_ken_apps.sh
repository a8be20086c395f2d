#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Applications for os-ken like those that it is known for, each version of OpenFlow in turn: a learning switch with a monitor, a
# firewall and a router that are configured by REST.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ping curl ovs-ofctl
/usr/bin/python3 -c 'import os_ken.cmd.manager' 2>/dev/null || skip "needs os-ken (python3-os-ken)"

switch_ns
start_vswitchd
weft-vsctl add-br br0 -- set-fail-mode br0 secure -- set Bridge br0 other_config:datapath-id=00000000000000ab
for i in 1 2 3; do
    guest h$i port$i 10.0.0.$i/24
    weft-vsctl add-port br0 port$i -- set Interface port$i ofport_request=$i
done
weft-vsctl set-controller br0 tcp:127.0.0.1:6653 -- set Controller br0 max_backoff=1000
any=OpenFlow10,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15
export OS_KEN_VERSION OS_KEN_REST=8080 PYTHONDONTWRITEBYTECODE=1

# app NAME VERSION: starts it, and waits until the switch is its.
app() {
    OS_KEN_VERSION=$2
    timeout 20 ovs-ofctl -O $any del-flows br0
    daemon_start os-ken /usr/bin/python3 -c 'from os_ken.cmd.manager import main; main()' \
        --ofp-tcp-listen-port 6653 --ofp-listen-host 127.0.0.1 "$srcdir/tests/interop/os_ken_$1.py"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
    wait_until 'flows | grep -q priority=0'
}
app_ends() {
    expect_eq "$(rest GET /errors)" '[]' "errors that $1 got in OpenFlow $OS_KEN_VERSION"
    daemon_kill os-ken
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = false ]'
}
# rest METHOD PATH [JSON]
rest() {
    sw curl -sS --fail-with-body --max-time 10 -X "$1" ${3:+-d "$3"} "http://127.0.0.1:8080$2" || fail "$*"
}
# says METHOD PATH REGEX: that is in the answer.
says() {
    rest "$1" "$2" | grep -qE -- "$3"
}
flows() {
    timeout 20 ovs-ofctl -O $any --no-names dump-flows br0
}
# reaches FROM ADDRESS [COUNT]
reaches() {
    ns "$1" ping -q -c "${3:-1}" -i 0.2 -W 1 "$2" >/dev/null
}
mac() {
    ns "$1" cat /sys/class/net/eth0/address
}

# --- A learning switch with a monitor.
for version in 1.0 1.2 1.3 1.4 1.5; do
    app learn $version
    for pair in "h1 10.0.0.2" "h2 10.0.0.3" "h3 10.0.0.1"; do
        wait_until reaches $pair
    done
    reaches h1 10.0.0.2 3 || fail "ping over installed flows in OpenFlow $version"
    # The flows end when they are idle for two seconds, in which a busy machine may do nothing else: packets go first each time.
    learned="cookie=0xabc,.* n_packets=[1-9][0-9]*, .*idle_timeout=2,.*priority=1,in_port=1,dl_src=$(mac h1),dl_dst=$(mac h2) actions=output:2\$"
    wait_until 'reaches h1 10.0.0.2 && flows | grep -qE -- "$learned"'
    wait_until "reaches h1 10.0.0.2 && says GET /monitor '\"rx_packets\": [1-9].*\"cookie\": 2748'"
    wait_until says GET /removed '"cookie": 2748, "reason": 0, "packets": [1-9]'
    app_ends "the learning switch"
done

# --- A firewall. os-ken's own sample knows 1.0, 1.2 and 1.3 only.
for version in 1.0 1.2 1.3 1.4 1.5; do
    app firewall $version
    ! reaches h1 10.0.0.2 || fail "a disabled firewall forwards"
    rest PUT /enable >/dev/null
    ! reaches h1 10.0.0.2 || fail "a firewall without rules forwards"
    wait_until says GET /blocked '^[1-9]'
    there=$(rest POST /rules '{"nw_src": "10.0.0.1", "nw_dst": "10.0.0.2", "nw_proto": 1, "actions": "ALLOW"}')
    ! reaches h1 10.0.0.2 || fail "replies pass"
    back=$(rest POST /rules '{"nw_src": "10.0.0.2/32", "nw_dst": "10.0.0.1/32", "nw_proto": 1, "actions": "ALLOW"}')
    wait_until reaches h1 10.0.0.2
    ! reaches h1 10.0.0.3 || fail "a host that no rule names is reached"
    wait_until says GET /rules "\"rule\": $there, .*\"actions\": \"ALLOW\", \"packets\": [1-9]"
    deny=$(rest POST /rules '{"nw_src": "10.0.0.0/24", "priority": 10, "actions": "DENY"}')
    wait_until "! reaches h1 10.0.0.2"
    rest DELETE "/rules/$deny" >/dev/null
    wait_until reaches h1 10.0.0.2
    rest DELETE "/rules/$back" >/dev/null
    wait_until "! reaches h1 10.0.0.2"
    rest PUT /disable >/dev/null
    wait_until "flows | grep -q 'priority=65534 actions=drop'"
    app_ends "the firewall"
done

# --- A router between three subnets, with a network behind one of the hosts.
for i in 1 2 3; do
    ns h$i ip addr flush dev eth0
    ns h$i ip addr add 10.0.$i.1/24 dev eth0
    ns h$i ip route add default via 10.0.$i.254
done
ns h3 ip addr add 10.9.0.1/32 dev lo
for version in 1.0 1.3 1.5; do
    app router $version
    for i in 1 2 3; do
        rest POST /addresses "{\"address\": \"10.0.$i.254/24\"}" >/dev/null
        wait_until reaches h$i 10.0.$i.254
    done
    for pair in "h1 10.0.2.1" "h2 10.0.3.1" "h3 10.0.1.1"; do
        wait_until reaches $pair
        reaches $pair 3 || fail "routed ping from $pair in OpenFlow $version"
    done
    expect_match "$(flows)" "priority=300,ip,nw_dst=10.0.2.1 actions=.*(set_field:|mod_dl_dst:)$(mac h2).*output:2\$" "flows in OpenFlow $version"
    [ $version = 1.0 ] || expect_match "$(ns h1 ping -c 1 -W 1 10.0.2.1)" 'ttl=63' "time to live after one hop"
    ! reaches h1 10.9.0.1 || fail "a network without a route is reached"
    rest POST /routes '{"destination": "10.9.0.0/24", "gateway": "10.0.3.1"}' >/dev/null
    wait_until reaches h1 10.9.0.1
    rest POST /routes '{"gateway": "10.0.3.1"}' >/dev/null
    wait_until says GET /router '"routes": .*"0.0.0.0/0", "10.0.3.1"'
    app_ends "the router"
done
