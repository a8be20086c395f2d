#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Meters: what passes them under a clock that the test sets, what is read back, what is refused. ovs-ofctl is the controller.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-ofctl
start_dummy_switch
bridge br0 p1 p2 p3
weft-appctl time/stop >/dev/null
d1=$(dp_port p1) d2=$(dp_port p2)

meter() {
    OVS_RUNDIR=$WEFT_RUNDIR timeout 20 ovs-ofctl -O "${version:-OpenFlow13}" "$@"
}

refused() {
    local error=$1 answer
    shift
    answer=$(meter "$@" 2>&1) && fail "$* was not refused"
    expect_match "$answer" "(OFPT_ERROR|Error) .*$error" "the answer to $*"
}

# burst N: as many packets at once.
burst() {
    local flows=()
    for ((i = 0; i < $1; i++)); do
        flows+=("$(udp 1 2)")
    done
    receive p1 "${flows[@]}"
}

# --- The features, as OVS tells them, with a band more.
expect_match "$(meter meter-features br0)" 'max_meter:262144 max_bands:8 max_color:0' "limits"
expect_match "$(meter meter-features br0)" 'band_types: drop dscp_remark' "bands"
expect_match "$(meter meter-features br0)" 'capabilities: kbps pktps burst stats' "capabilities"

# --- A meter by packets: its burst at once, then its rate.
meter add-meter br0 meter=1,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5
expect_match "$(meter dump-meters br0)" 'meter=1 pktps burst stats bands=' "flags"
expect_match "$(meter dump-meters br0)" 'type=drop rate=10 burst_size=5' "burst as it was written"
meter add-flow br0 in_port=1,actions=meter:1,output:2
burst 20
wait_until "[ \$(drops meter) -eq 15 ]"
expect_eq "$(sent p2 | wc -l)" 5 "packets of a burst"
warp 300
burst 20
wait_until "[ \$(drops meter) -eq 32 ]"
expect_eq "$(sent p2 | wc -l)" 8 "packets of 300 ms more"
expect_match "$(meter meter-stats br0 meter=1)" 'meter:1 flow_count:1 packet_in_count:40 .*bands:' "statistics"
expect_match "$(meter meter-stats br0 meter=1)" '0: packet_count:32 ' "statistics of the band"

# --- Changed under the flow; a band that marks instead of dropping.
meter mod-meter br0 meter=1,pktps,burst,bands=type=dscp_remark,rate=10,burst_size=1,prec_level=1
meter add-flow br0 in_port=1,ip,actions=meter:1,output:2
n=$(sent p2 | wc -l)
receive p1 "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0x28,ttl=64,frag=no),udp(src=1000,dst=2000)" \
    "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0x28,ttl=64,frag=no),udp(src=1000,dst=2000)"
wait_sent p2 $((n + 2))
expect_eq "$(sent p2 | tail -n 2 | cut -c31-32 | paste -sd,)" 28,30 "DSCP AF11, then AF12"

# --- Packet-ins: the controller's meter, and one that an action names.
meter add-meter br0 meter=controller,pktps,burst,bands=type=drop,rate=1,burst_size=1
meter add-flow br0 in_port=1,actions=output:3,controller
expect_match "$(trace br0 in_port=1)" "meter\\([0-9]*\\),userspace" "a packet-in passes the controller's meter"
expect_match "$(meter dump-meters br0)" 'meter=controller pktps' "its name"
meter del-meter br0 meter=controller
expect_eq "$(trace br0 in_port=1 | grep -c 'meter(')" 0 "meters after the deletion"
meter add-flow br0 'in_port=1,actions=controller(max_len=100,meter_id=1),output:3'
expect_match "$(trace br0 in_port=1)" "meter\\([0-9]*\\),userspace" "a packet-in passes the meter of its action"

# --- Deleting a meter deletes the flows that use it.
version=OpenFlow15 meter add-flow br0 in_port=2,actions=meter:1,output:1
meter add-flow br0 in_port=3,actions=meter:1,output:1
meter del-meter br0 meter=1
expect_eq "$(of dump-flows br0 | grep -c 'actions=meter')" 0 "flows with the meter"
meter del-meters br0
expect_eq "$(meter dump-meters br0 | grep -c meter=)" 0 "meters that are left"

# --- What is refused.
meter add-meter br0 meter=7,kbps,bands=type=drop,rate=1000
refused METER_EXISTS add-meter br0 meter=7,kbps,bands=type=drop,rate=1000
refused UNKNOWN_METER mod-meter br0 meter=8,kbps,bands=type=drop,rate=1000
refused INVALID_METER add-meter br0 meter=all,kbps,bands=type=drop,rate=1000
refused BAD_FLAGS add-meter br0 meter=9,kbps,pktps,bands=type=drop,rate=1000
expect_match "$(meter meter-stats br0 meter=9 2>&1)" UNKNOWN_METER "statistics of none"
refused INVALID_METER add-flow br0 actions=meter:9,output:1
meter del-meter br0 meter=9

# --- A datapath that starts again gets the meters back, and a flow-mod names one that is there.
meter add-flow br0 in_port=1,actions=meter:7,output:2

# --- Meters survive a kill of weft-vswitchd, under their numbers in the datapath.
meter add-meter br0 meter=8,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5,type=dscp_remark,rate=5,burst_size=7,prec_level=2
meter add-meter br0 meter=6,kbps,bands=type=drop,rate=99
meter mod-meter br0 meter=7,kbps,bands=type=drop,rate=2000
meter del-meter br0 meter=6
receive p1 "$(udp 1 2)"
before=$(meter dump-meters br0) actions=$(trace br0 in_port=1 | grep '^Datapath actions')
daemon_kill weft-vswitchd
start_vswitchd --enable-dummy
expect_eq "$(meter dump-meters br0)" "$before" "meters after the restart"
expect_eq "$(trace br0 in_port=1 | grep '^Datapath actions')" "$actions" "the number in the datapath"
expect_match "$(meter meter-stats br0 meter=7)" 'flow_count:1 packet_in_count:1 ' "statistics"
