#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Limits of ports under a clock that the test sets: policing of what comes in, policers and queues of what goes out, what OpenFlow and
# qos/show tell of queues, what is said where something is not possible, and restarts of both daemons.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"
start_dummy_switch
bridge br0 p1 p2
weft-appctl time/stop >/dev/null

# A thousand bytes, 8,000 bits.
frame=$(python3 -c 'print("020000000002" "020000000001" "0800" "4500" "03da" "00000000" "4011" "0000" "0a000001" "0a000002" "03e807d003c60000" + "00" * 958)')
# burst N: so many packets arrive at p1 at once, as far as the clock goes.
burst() {
    local packets=()
    for ((i = 0; i < $1; i++)); do packets+=("$frame"); done
    receive p1 "${packets[@]}"
}
# passes SENT DROPPED REASON: what p2 has sent, and what was dropped, in all.
passes() {
    wait_until "[ \$((\$(sent p2 | wc -l) + \$(drops $3))) -ge $(($1 + $2)) ]"
    expect_eq "$(sent p2 | wc -l) $(drops "$3")" "$1 $2" "packets that passed, and that exceeded ($3)"
}
problem() {
    wait_until "weft-vsctl --timeout=5 get Port $1 status | grep -q '$2'"
}

# --- What comes in: 80 kbit/s, 160 kbit at once.
of add-flow br0 in_port=1,actions=2
burst 1
passes 1 0 ingress_policing
vsctl set Interface p1 ingress_policing_rate=80 ingress_policing_burst=160
burst 30
passes 21 10 ingress_policing
warp 500
burst 10
passes 26 15 ingress_policing
vsctl set Interface p1 ingress_policing_rate=0 ingress_policing_kpkts_rate=1 ingress_policing_kpkts_burst=1
warp 3
burst 10
passes 36 15 ingress_policing
vsctl set Interface p1 ingress_policing_kpkts_rate=0
expect_match "$(of dump-ports br0 p1)" 'rx pkts=51, bytes=51000, drop=15,' "drops of the port"

# --- A policer: 1,972 bytes of IP a second, which are two packets.
vsctl -- set Port p2 qos=@q -- --id=@q create QoS type=egress-policer other_config:cir=1972 other_config:cbs=3944 >/dev/null
burst 10
passes 40 6 qos
warp 1000
burst 10
passes 42 14 qos
expect_eq "$(weft-appctl qos/show p2 | paste -sd,)" "QoS: p2 egress-policer,cbs: 3944,cir: 1972" "qos/show of a policer"
expect_eq "$(of queue-stats br0 p2 | tail -n +2)" "" "queues of a policer"

# --- Queues. Queue 0 is there unasked; packets of a queue that is not there use it.
vsctl --all destroy QoS -- clear Port p2 qos
vsctl -- set Port p2 qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=800000 queues:1=@q1 queues:5=@q5 \
    -- --id=@q1 create Queue other_config:max-rate=80000 other_config:burst=80000 \
    -- --id=@q5 create Queue other_config:min-rate=400000 dscp=10 >/dev/null
of add-flow br0 in_port=1,actions=set_queue:1,output:2
burst 15
passes 52 19 qos
of add-flow br0 in_port=1,actions=enqueue:2:1
burst 1
passes 52 20 qos
warp 100
burst 2
passes 53 21 qos
of add-flow br0 in_port=1,actions=set_queue:77,output:2
burst 3
passes 56 21 qos
of add-flow br0 in_port=1,actions=2
burst 4
passes 60 21 qos
of add-flow br0 'in_port=1,actions=set_queue:5,output:2,pop_queue,in_port'
burst 2
passes 62 21 qos
expect_eq "$(sent p2 | tail -n 2 | cut -c31-32 | paste -sd,)" 28,28 "DSCP of queue 5"
wait_until "[ \$(sent p1 | wc -l) = 2 ]"
expect_eq "$(sent p1 | tail -n 1 | cut -c31-32)" 00 "DSCP of what leaves elsewhere"
expect_match "$(trace br0 'in_port=1,udp')" 'set\(ipv4\(tos=0x28' "a trace"

stats='port p2 queue 0: bytes=7000, pkts=7, errors=0,
port p2 queue 1: bytes=11000, pkts=11, errors=7,
port p2 queue 5: bytes=2000, pkts=2, errors=0,'
for version in 10 11 12 13 14 15; do
    expect_eq "$(of -O OpenFlow$version queue-stats br0 p2 | sed -n 's/ *\(port .*errors=[0-9]*,\).*/\1/p' | sed 's/port 2/port p2/;s/"//g')" "$stats" \
        "statistics of queues, version $version"
done
expect_match "$(of -O OpenFlow13 queue-stats br0 p2 5)" '1 queues' "one queue"
expect_match "$(of -O OpenFlow13 queue-stats br0 p2 5)" 'duration=0.1' "its age"
expect_match "$(of queue-stats br0 p2 7 2>&1)" OFPQOFC_BAD_QUEUE "a queue that is not there"
expect_match "$(of -O OpenFlow14 queue-get-config br0 p2 7 2>&1)" NXQOFC_QUEUE_ERROR "the configuration of a queue that is not there"
for version in 12 13 14; do
    expect_eq "$(of -O OpenFlow$version queue-get-config br0 p2 | tail -n +2 | paste -sd,)" \
        "queue 0: min_rate:1.5% max_rate:100.0%,queue 1: min_rate:1.5% max_rate:10.0%,queue 5: min_rate:50.0% max_rate:100.0%" \
        "configuration of queues, version $version"
done
expect_match "$(weft-appctl qos/show p2 | paste -sd,)" \
    '^QoS: p2 linux-htb,max-rate: 800000,,Default:,.*,,Queue 1:,  burst: 80000,  min-rate: 12000,  max-rate: 80000,  tx_packets: 11,  tx_bytes: 11000,  tx_errors: 7,,Queue 5:' "qos/show"
expect_match "$(weft-appctl qos/show-types p2)" 'QoS type: linux-htb' "qos/show-types"
expect_fails 2 weft-appctl qos/show nosuch

# --- A kill of weft-vswitchd: the counters go on. One of the datapath: limits are there again.
daemon_kill weft-vswitchd
start_vswitchd --enable-dummy
wait_until "weft-appctl qos/show p2 | grep -q 'tx_packets: 11'"
kill -9 "$(head -n 1 "$WEFT_RUNDIR/weft-datapathd.pid")"
wait_until "weft-appctl qos/show p2 | grep -A5 'Queue 1' | grep -q 'tx_packets: 0'"

# --- Away again.
vsctl --all destroy QoS -- --all destroy Queue -- clear Port p2 qos
expect_eq "$(weft-appctl qos/show p2)" "QoS not configured on p2" "qos/show without"
expect_match "$(of queue-stats br0)" '0 queues' "queues that are left"

# --- What cannot be is said.
vsctl -- set Port p2 qos=@q -- --id=@q create QoS type=linux-sfq >/dev/null
problem p2 'QoS type linux-sfq is not supported'
vsctl -- set Port p2 qos=@q -- --id=@q create QoS type=egress-policer other_config:cir=1x >/dev/null
problem p2 'cir=1x is not a number; egress-policer needs'
vsctl -- set Port p2 qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=100000 queues:1=@q1 queues:61440=@q1 -- --id=@q1 create Queue \
    other_config:min-rate=99000 other_config:priority=1 >/dev/null
problem p2 'queue 61440 is not possible.*come to 111000, more than'
expect_match "$(cat "$WEFT_LOGDIR/weft-vswitchd.log")" 'Queue: other_config:priority is not supported' "a key that has no effect"
vsctl -- add-port br0 x1 -- set Interface x1 type=patch options:peer=x2 ingress_policing_rate=10
problem x1 'type patch has no device'
vsctl clear Port p2 qos -- del-port x1
wait_until "[ \"\$(weft-vsctl --timeout=5 get Port p2 status)\" = {} ]"
