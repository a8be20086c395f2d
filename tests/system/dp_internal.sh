#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Internal ports and taps: moved to other namespaces while they are in use, with offloads, MAC and MTU; made again after they were deleted.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping python3 ip

switch_ns
ns_add a b d e
start_datapathd
sw ip tuntap add dev tap-b mode tap
dpctl add-if ovs-system int-a,type=internal tap-b,type=tap int-c,type=internal
expect_fails 1 dpctl add-if ovs-system int-a,type=internal
sw ip link add there type veth peer name there-too
expect_fails 1 dpctl add-if ovs-system there,type=internal
expect_match "$(dpctl show)" '^  port 1: int-a \(internal\)$'

dpctl set-if ovs-system int-a,mac=02:00:00:00:00:0a,mtu=9000
expect_match "$(sw ip link show int-a)" 'mtu 9000'
expect_match "$(sw ip link show int-a)" '02:00:00:00:00:0a'
expect_fails 1 dpctl set-if ovs-system int-a,mtu=99999

monitor_start

# in_guest PORT NAMESPACE ADDRESS...
in_guest() {
    sw ip link set "$1" netns "$NS_PREFIX-$2"
    ns "$2" ip addr add "$3" dev "$1"
    ns "$2" ip -6 addr add "$4" dev "$1"
    ns "$2" ip link set "$1" up
}
in_guest int-a a 10.0.0.1/24 fc00::1/64
in_guest tap-b b 10.0.0.2/24 fc00::2/64
cross_connect int-a tap-b
# The state of a device in another namespace is looked at once a second.
wait_until "grep -q 'changed port 1: int-a .* admin up' '$monitor_out'"
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
ns a ping -q -c 3 -i 0.2 fc00::2

before_packets=$(port_stat int-a rx_packets) before_bytes=$(port_stat int-a rx_bytes)
tcp_transfer a b 10.0.0.2
packets=$(($(port_stat int-a rx_packets) - before_packets))
bytes=$(($(port_stat int-a rx_bytes) - before_bytes))
[ $((bytes / packets)) -gt 6000 ] || fail "TCP went in packets of $((bytes / packets)) bytes"
tcp_transfer b a fc00::1
udp_segments a b 10.0.0.2
udp_segments b a fc00::1

# Several queues, on a device that is there and on one that is made.
sw ip tuntap add dev mq mode tap multi_queue
expect_fails 1 dpctl add-if ovs-system mq,type=tap
expect_fails 1 dpctl add-if ovs-system mq,type=tap,n_rxq=99
dpctl add-if ovs-system mq,type=tap,n_rxq=3 mq2,type=internal,n_rxq=2
in_guest mq d 10.1.0.1/24 fc01::1/64
in_guest mq2 e 10.1.0.2/24 fc01::2/64
cross_connect mq mq2
wait_until ns d ping -q -c 1 -W 1 10.1.0.2
tcp_transfer d e 10.1.0.2
dpctl del-if ovs-system mq2
expect_fails ns e ip link show mq2
ns d ip link show mq >/dev/null # it was there before

# Deleted behind the switch's back, an internal port's device comes again, with its MAC.
dpctl set-if ovs-system int-c,mac=02:00:00:00:00:0c
sw ip link del int-c
wait_until "sw ip link show int-c | grep -q 02:00:00:00:00:0c"
wait_until "! dpctl show | grep -q 'int-c.*error'"
wait_until "! sw ip -br link show int-c | grep -q NO-CARRIER"

# When the datapath is killed its devices are gone.
daemon_kill weft-datapathd
expect_fails sw ip link show int-c
expect_fails ns a ip link show int-a
