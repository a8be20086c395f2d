#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two QEMU guests over vhost-user: one with split rings that starts before the switch does, one with packed rings that starts after it. Ping of
# all sizes, TCP in super-packets, two queues; reboots, and restarts of QEMU and of both halves of the switch under traffic.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dp_lib.sh"
. "$(dirname "$0")/guest_lib.sh"
need_guests
a=$TESTDIR/a.sock b=$TESTDIR/b.sock

configure() {
    case $1 in
    a) guest_address a eth0 10.0.0.1/24 fd00::1/64 ;;
    b) guest_address b eth0 10.0.0.2/24 fd00::2/64 ;;
    esac
}

guest_start a "listen=$a,queues=2"
wait_until "[ -S '$a' ]"
start_datapathd
start_vswitchd
weft-vsctl add-br br0 -- set bridge br0 datapath_type=netdev \
    -- add-port br0 va -- set interface va type=dpdkvhostuserclient options:vhost-server-path="$a" \
    -- add-port br0 vb -- set interface vb type=dpdkvhostuserclient options:vhost-server-path="$b"
# Else one thread may have both queues of a port, and send to one queue only.
for port in va vb; do
    weft-vsctl set interface $port other_config:pmd-rxq-affinity=0:0,1:1
done
guest_start b "listen=$b,queues=2,packed=on"
guest_wait a b
configure a
configure b
features=$(weft-vsctl get interface va status:features | tr -d '"')
[ $((features >> 34 & 1)) = 0 ] || fail "a has packed rings: $features"
features=$(weft-vsctl get interface vb status:features | tr -d '"')
[ $((features >> 34 & 1)) = 1 ] || fail "b has no packed rings: $features"
for name in a b; do
    wait_until "[ \"\$(weft-vsctl get interface v$name status:num_of_vrings)\" = '\"4\"' ]"
    expect_match "$(guest_run $name ethtool -k eth0)" '^tcp-segmentation-offload: on'
done

guest_ping a 10.0.0.2 0 56 1472 1473 8000 60000
guest_ping b fd00::1 0 56 1452 1453 8000 60000
guest_tcp a b 10.0.0.2
guest_tcp b a fd00::1
for port in va vb; do
    [ "$(mean_size $port rx)" -gt 4000 ] || fail "TCP came in packets of $(mean_size $port rx) bytes from $port"
done
expect_eq "$(drop_count segmentation)" 0 "super-packets that could not be segmented"

# Both processors send, so that both queues and both forwarding threads have something to do.
for cpu in 0 1; do
    guest_run a "taskset -c $cpu ping -q -c 20 -i 0.01 10.0.0.2 >/dev/null"
    guest_run b "taskset -c $cpu ping -q -c 20 -i 0.01 10.0.0.1 >/dev/null"
done
for name in a b; do
    guest_run $name ethtool -S eth0 >"$TESTDIR/queues"
    for queue in rx_queue_0 rx_queue_1 tx_queue_0 tx_queue_1; do
        packets=$(sed -n "s/^ *${queue}_packets: //p" "$TESTDIR/queues")
        [ "$packets" -ge 20 ] || fail "$name: $packets packets in $queue"
    done
done

guest_reboot a
configure a
guest_ping a 10.0.0.2
guest_reboot b
configure b
guest_ping b fd00::1

# The switch, in parts, under traffic.
guest_stream a b 10.0.0.2
daemon_kill weft-vswitchd
guest_stream_goes_on b
start_vswitchd
guest_stream_goes_on b
daemon_kill weft-datapathd
start_datapathd
guest_stream_goes_on b
daemon_kill weft-vswitchd
daemon_kill weft-datapathd
start_datapathd
start_vswitchd
guest_stream_goes_on b
guest_stream_end a b

# QEMU, while the switch stays: killed, and then with the other format of rings than before; and a device more, with its socket at the switch's end.
guest_kill b
wait_until "weft-vsctl get interface vb error | grep -q 'nobody listens'"
weft-vsctl add-port br0 vs -- set interface vs type=dpdkvhostuser
guest_start b "listen=$b" "connect=$WEFT_RUNDIR/vs,packed=on"
guest_wait b
configure b
guest_ping b fd00::1 56 60000
guest_tcp a b 10.0.0.2
guest_address a eth0 10.0.1.1/24
guest_address b eth1 10.0.1.2/24
guest_stream a b 10.0.1.2 eth1
daemon_kill weft-datapathd
start_datapathd
guest_stream_goes_on b eth1
guest_stream_end a b eth1
