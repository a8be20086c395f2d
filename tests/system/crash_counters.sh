#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of weft-vswitchd: counters of groups, buckets and flows go on where they were, with what came while nobody was there; the table of
# tunnel options and the flows that use it are as they were.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2 p3
of -O OpenFlow15 add-group br0 'group_id=1,type=all,bucket=bucket_id=1,actions=2,bucket=bucket_id=2,actions=3'
of -O OpenFlow15 add-group br0 'group_id=2,type=indirect,bucket=bucket_id=1,actions=2'
of -O OpenFlow15 add-group br0 'group_id=3,type=select,selection_method=dp_hash,bucket=bucket_id=1,weight=1,actions=2,bucket=bucket_id=2,weight=1,actions=3'
of -O OpenFlow15 add-group br0 'group_id=4,type=ff,bucket=bucket_id=1,watch_port=2,actions=2,bucket=bucket_id=2,watch_port=3,actions=3'
for i in 1 2 3 4; do
    of -O OpenFlow15 add-flow br0 "udp,tp_dst=$i,actions=group:$i"
done
of add-tlv-map br0 '{class=0x102,type=0x80,len=4}->tun_metadata0,{class=0x102,type=1,len=60}->tun_metadata5,{class=1,type=2,len=124}->tun_metadata9'
of del-tlv-map br0 '{class=0x102,type=1,len=60}->tun_metadata5' # a hole, which must stay one
of add-flow br0 'table=1,tun_metadata0=0x1234,actions=set_field:0x77->tun_metadata9,move:NXM_NX_TUN_METADATA0[0..15]->NXM_NX_REG0[0..15]'
of -O OpenFlow13 add-flow br0 'table=1,tun_metadata9,actions=delete_field:tun_metadata9,resubmit(,2)'
of -O OpenFlow15 add-group br0 'group_id=5,type=indirect,bucket=bucket_id=1,actions=set_field:5->tun_metadata0,2'
of add-flow br0 'table=2,priority=1,in_port=1,actions=learn(table=3,NXM_NX_TUN_METADATA0[0..31]=0x99,output:NXM_OF_IN_PORT[]),3'
of add-flow br0 'table=4,tun_metadata0=0/0xff,actions=2'

# packet GROUP CONNECTION
packet() {
    echo "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.$2,proto=17,tos=0,ttl=64,frag=no),udp(src=$((1000 + $2)),dst=$1)"
}

# send HOW: a round of packets, which HOW delivers.
send() {
    local group i
    for group in 1 2 3 4; do
        for i in $(seq 20); do
            "$@" p1 "$(packet "$group" "$i")"
        done
    done
}
# While weft-vswitchd is gone.
receive_alone() {
    weft-dpctl command netdev-dummy/receive "$@" >/dev/null
}

# counters: of groups and their buckets, without times.
counters() {
    of -O OpenFlow15 dump-group-stats br0 | sed -n 's/duration=[^,]*,//; s/^ *group_id=/group_id=/p' | sort
}
# group_packets ID: its counter, then those of its buckets and their sum.
group_packets() {
    counters | sed -n "s/^group_id=$1,//p" | grep -o 'packet_count=[0-9]*' | cut -d= -f2 | xargs
}
state() {
    of --no-stats dump-flows br0 | sort
    of -O OpenFlow15 dump-groups br0 | sort
    of dump-tlv-map br0
}

send receive
weft-appctl revalidator/wait
send receive
weft-appctl revalidator/wait
wait_until '[ "$(group_packets 4)" = "40 40 0" ]'
expect_eq "$(group_packets 1)" "40 40 40" "group 1"
expect_eq "$(group_packets 2)" "40 40" "group 2"
read -r all first second <<<"$(group_packets 3)"
expect_eq "$all $((first + second))" "40 40" "group 3"
[ "$first" -gt 0 ] && [ "$second" -gt 0 ] || fail "the connections of group 3 all went to one bucket"
counters >"$TESTDIR/counters.before"
state >"$TESTDIR/state.before"

for round in 1 2; do
    daemon_kill weft-vswitchd
    send receive_alone
    start_vswitchd --enable-dummy
    vsctl set Open_vSwitch . external_ids:restarted=$round
    state >"$TESTDIR/state.after"
    diff <(grep -v NXT_TLV "$TESTDIR/state.before") <(grep -v NXT_TLV "$TESTDIR/state.after") || fail "the state differs after restart $round"
    n=$((40 + 20 * round))
    wait_until "[ \"\$(group_packets 4)\" = '$n $n 0' ]"
    expect_eq "$(group_packets 1)" "$n $n $n" "group 1 after restart $round"
    expect_eq "$(group_packets 2)" "$n $n" "group 2 after restart $round"
    # The buckets' table of the last run goes when all cached flows have been translated again.
    wait_until "[ \"\$(group_packets 3 | awk '{ print \$1, \$2 + \$3 }')\" = '$n $n' ]"
    read -r all b1 b2 <<<"$(group_packets 3)"
    expect_eq "$b1 $b2" "$((first * n / 40)) $((second * n / 40))" "the buckets of group 3 after restart $round"
    expect_eq "$(packets br0 'tp_dst=3 ')" "$n" "the flow of group 3 after restart $round"
done

# The options can still be changed, and those in use not be taken away, in whatever: flow, learn action or bucket.
for option in '{class=0x102,type=0x80,len=4}->tun_metadata0' '{class=1,type=2,len=124}->tun_metadata9'; do
    ! of del-tlv-map br0 "$option" 2>"$TESTDIR/error" || fail "an option in use was taken away"
    expect_match "$(cat "$TESTDIR/error")" NXTTMFC_INVALID_TLV_DEL "an option in use"
done
of del-flows br0
! of del-tlv-map br0 2>"$TESTDIR/error" || fail "an option in use by a group was taken away"
expect_match "$(cat "$TESTDIR/error")" NXTTMFC_INVALID_TLV_DEL "an option in use by a group"
of -O OpenFlow15 del-groups br0
of del-tlv-map br0
send receive
weft-appctl revalidator/wait
daemon_kill weft-vswitchd
start_vswitchd --enable-dummy
expect_eq "$(of dump-tlv-map br0 | grep -c '^ *0x')" 0 "options after their deletion"
expect_eq "$(counters)" "" "groups after their deletion"
