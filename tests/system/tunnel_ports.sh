#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tunnels over ports that take no debts (AF_XDP), and to a guest behind a device of the switch's own: pings of all sizes and TCP with offloads, both
# ways, whose content arrives as it was sent.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tunnel_lib.sh"
need_root
need_tools ethtool ping python3

wire
weft_host h1 1
weft_host h2 2
tenant h1 a veth-a 10.0.0.1
ns_add b
on h2 weft-vsctl add-port br0 int-b -- set Interface int-b type=internal
ip -n "$NS_PREFIX-h2" link set int-b netns "$NS_PREFIX-b"
ns b ip addr add 10.0.0.2/24 dev int-b
ns b ip addr add fd00::2/64 dev int-b
ns b ip link set int-b mtu 1400 up
ns a ip link set eth0 mtu 1400

# works TYPE OPTION...: the tunnel between both hosts.
works() {
    local n
    for n in 1 2; do
        on h$n weft-vsctl --if-exists del-port tun -- add-port br0 tun -- set Interface tun type="$1" \
            options:remote_ip=172.16.0.$((3 - n)) options:key=5 "${@:2}"
    done
    pings a 10.0.0.2 0 56 1372 1373 8000
    content a b 10.0.0.2
    content b a 10.0.0.1
    content a b fd00::2
}
# underlay TYPE: of both hosts.
underlay() {
    local n error
    for n in 1 2; do
        on h$n weft-vsctl del-port eth0 -- add-port br-phy eth0 -- set Interface eth0 type="$1"
        error=$(on h$n weft-vsctl get Interface eth0 error)
        [[ $error != *"no permission for XDP"* ]] || skip "no permission for XDP here"
        expect_eq "$error" '[]' "error of eth0 as $1"
    done
}
works vxlan
works gre options:csum=true
underlay afxdp
works vxlan
works geneve options:csum=true
works gre
# One host's takes bundles of datagrams, which its kernel cuts, the other's gets these one by one. An AF_XDP socket on a veth is not told what a packet still
# owes, so the device has to pay it, as one with a wire does.
ns h1 ethtool -K eth0 tx off >/dev/null
on h1 weft-vsctl set Interface eth0 type=system
expect_eq "$(on h1 weft-vsctl get Interface eth0 error)" '[]' "error of eth0 as system"
works vxlan options:csum=true
