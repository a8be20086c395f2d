#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two QEMU guests on tap devices that the switch has as ports: ping of all sizes, TCP in super-packets in both directions. Then the same between
# one over vhost-user and one on a tap device.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
. "$(dirname "$0")/guest_lib.sh"
need_guests

guest_start a tap=ta "connect=$WEFT_RUNDIR/va"
guest_start b tap=tb
start_datapathd
wait_until "sw ip link set ta up && sw ip link set tb up"
dpctl add-if ovs-system ta,port_no=1 tb,port_no=2 va,type=dpdkvhostuser,port_no=3
cross_connect 1 2
guest_wait a b
guest_address a eth0 10.0.0.1/24 fd00::1/64
guest_address b eth0 10.0.0.2/24 fd00::2/64
expect_match "$(guest_run a ethtool -k eth0)" '^tcp-segmentation-offload: on'

guest_ping a 10.0.0.2 0 56 1472 1473 8000 60000
guest_ping b fd00::1 0 56 1452 1453 8000 60000
guest_tcp a b 10.0.0.2 8
guest_tcp b a fd00::1 8
for port in ta tb; do
    [ "$(mean_size $port rx)" -gt 4000 ] || fail "TCP came in packets of $(mean_size $port rx) bytes from $port"
done
expect_eq "$(drop_count segmentation)" 0 "super-packets that could not be segmented"

dpctl del-flows
cross_connect 3 2
guest_address a eth1 10.0.1.1/24 fd01::1/64
guest_run b 'ip addr add 10.0.1.2/24 dev eth0 && ip addr add fd01::2/64 dev eth0'
expect_match "$(guest_run a ethtool -k eth1)" '^tcp-segmentation-offload: on'
before=$(port_stat tb rx_bytes)/$(port_stat tb rx_packets)
guest_ping a 10.0.1.2 0 56 1472 1473 8000 60000
guest_ping b fd01::1 0 56 1452 1453 8000 60000
guest_tcp a b 10.0.1.2 8
guest_tcp b a fd01::1 8
[ "$(mean_size va rx)" -gt 4000 ] || fail "TCP came in packets of $(mean_size va rx) bytes from va"
size=$((($(port_stat tb rx_bytes) - ${before%/*}) / ($(port_stat tb rx_packets) - ${before#*/})))
[ $size -gt 4000 ] || fail "TCP came in packets of $size bytes from tb to va"
expect_eq "$(drop_count segmentation)" 0 "super-packets that could not be segmented"
