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
guest native n1 10.0.0.6/24

# A second bridge stands for a guest that sends tagged frames: a trunk to the first over a veth, and an access port for each of
# the guest's VLANs.
weft-vsctl add-br br1
sw ip link add t1 type veth peer name t1-far
sw ip link set t1 up
sw ip link set t1-far up
ns_add trunk
weft-vsctl add-port br1 t1-far
for vlan in 10 20 30; do
    weft-vsctl add-port br1 v$vlan tag=$vlan -- set Interface v$vlan type=internal
    sw ip link set v$vlan netns "$NS_PREFIX-trunk"
    ns trunk ip link set v$vlan up
done
ns trunk ip addr add 10.0.0.5/24 dev v10

weft-vsctl add-port br0 r1 tag=10 -- add-port br0 r2 tag=10 -- add-port br0 b1 tag=20 \
    -- add-port br0 t1 trunks=10,20 -- add-port br0 n1 tag=10 vlan_mode=native-untagged

reaches() {
    ns "$1" ping -q -c 1 -W 1 "$2" >/dev/null
}
wait_until reaches red1 10.0.0.2
wait_until reaches red1 10.0.0.5
reaches red1 10.0.0.6 || fail "access to native-untagged"
reaches native 10.0.0.5 || fail "native-untagged to trunk"
! reaches red1 10.0.0.3 || fail "red reached blue"
! reaches blue1 10.0.0.5 || fail "blue reached the trunk's red device"
! reaches blue1 10.0.0.6 || fail "blue reached native"

# The same address on the trunk's blue device is another host.
ns trunk ip addr flush dev v10
ns trunk ip addr add 10.0.0.7/24 dev v20
wait_until reaches blue1 10.0.0.7

# A VLAN that the trunk does not carry gets in nowhere.
ns trunk ip addr flush dev v20
ns trunk ip addr add 10.0.0.8/24 dev v30
! ns trunk ping -q -c 2 -i 0.1 -W 1 10.0.0.1 >/dev/null || fail "VLAN 30 reached VLAN 10"

# Cached flows change with the configuration, at once.
weft-vsctl set Port r2 tag=20
! reaches red1 10.0.0.2 || fail "r2 moved to VLAN 20 and is still reached"
weft-vsctl set Port r1 tag=20
wait_until reaches red1 10.0.0.2

# A native-tagged port hands out its native VLAN with the tag, which an untagged guest does not understand; the far bridge does.
weft-vsctl set Port r1 tag=10 -- set Port r2 tag=10 -- set Port n1 vlan_mode=native-tagged
! reaches native 10.0.0.1 || fail "native-tagged sent untagged frames"
ns trunk ip addr flush dev v30
ns trunk ip addr add 10.0.0.5/24 dev v10
weft-vsctl set Port t1 vlan_mode=native-tagged tag=10 trunks=20
wait_until ns trunk ping -q -c 1 -W 1 10.0.0.1
