#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two QEMU guests on tap devices that the switch has as ports: ping of all sizes, TCP in super-packets in both directions.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
. "$(dirname "$0")/guest_lib.sh"
need_guests

guest_start a tap=ta
guest_start b tap=tb
start_datapathd
wait_until "sw ip link set ta up && sw ip link set tb up"
dpctl add-if ovs-system ta,port_no=1 tb,port_no=2
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
