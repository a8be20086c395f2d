#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# VLAN modes keep tenants apart: access, trunk with a list, native-tagged, native-untagged.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ping

switch_ns
start_vswitchd
weft-vsctl add-br br0
guest red1 r1 10.0.0.1/24
guest red2 r2 10.0.0.2/24
guest blue1 b1 10.0.0.3/24
guest trunk t1
guest native n1 10.0.0.6/24

# The trunk guest has a device on each VLAN.
for vlan in 10 20 30; do
    ns trunk ip link add link eth0 name eth0.$vlan type vlan id $vlan
    ns trunk ip link set eth0.$vlan up
done
ns trunk ip addr add 10.0.0.5/24 dev eth0.10

weft-vsctl add-port br0 r1 tag=10 -- add-port br0 r2 tag=10 -- add-port br0 b1 tag=20 \
    -- add-port br0 t1 trunks=10,20 -- add-port br0 n1 tag=10 vlan_mode=native-untagged

reaches() {
    ns "$1" ping -q -c 1 -W 1 "$2" >/dev/null
}
wait_until reaches red1 10.0.0.2
reaches red1 10.0.0.5 || fail "access to trunk"
reaches red1 10.0.0.6 || fail "access to native-untagged"
reaches native 10.0.0.5 || fail "native-untagged to trunk"
! reaches red1 10.0.0.3 || fail "red reached blue"
! reaches blue1 10.0.0.5 || fail "blue reached the trunk's red device"
! reaches blue1 10.0.0.6 || fail "blue reached native"

# The same address on the trunk's blue device is another host.
ns trunk ip addr add 10.0.0.7/24 dev eth0.20
wait_until reaches blue1 10.0.0.7

# A VLAN that the trunk does not carry gets in nowhere.
ns trunk ip addr flush dev eth0.10
ns trunk ip addr flush dev eth0.20
ns trunk ip addr add 10.0.0.8/24 dev eth0.30
! ns trunk ping -q -c 2 -i 0.1 -W 1 10.0.0.1 >/dev/null || fail "VLAN 30 reached VLAN 10"

# Cached flows change with the configuration, at once.
weft-vsctl set Port r2 tag=20
! reaches red1 10.0.0.2 || fail "r2 moved to VLAN 20 and is still reached"
weft-vsctl set Port r1 tag=20
wait_until reaches red1 10.0.0.2

# A native-tagged port hands out its native VLAN with the tag.
weft-vsctl set Port r1 tag=10 -- set Port r2 tag=10 -- set Port n1 vlan_mode=native-tagged
! reaches native 10.0.0.1 || fail "native-tagged sent untagged frames"
ns native ip addr flush dev eth0
ns native ip link add link eth0 name eth0.10 type vlan id 10
ns native ip addr add 10.0.0.6/24 dev eth0.10
ns native ip link set eth0.10 up
wait_until reaches native 10.0.0.1
