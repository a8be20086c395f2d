#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Groups of each type on dummy ports: what packets meet, what controllers read back, and what is refused. ovs-ofctl is the controller.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-ofctl
start_dummy_switch
bridge br0 p1 p2 p3 p4

group() {
    OVS_RUNDIR=$WEFT_RUNDIR timeout 20 ovs-ofctl -O OpenFlow15 "$@"
}

# refused ERROR COMMAND...: the switch answers with the error.
refused() {
    local error=$1 answer
    shift
    answer=$(group "$@" 2>&1) && fail "$* was not refused"
    expect_match "$answer" "(OFPT_ERROR|Error) .*$error" "the answer to $*"
}

for i in 1 2 3 4; do
    declare "d$i=$(dp_port p$i)"
done
ip='in_port=1,udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64'

# --- All: every bucket on a copy; what follows sees the packet as it was.
group add-group br0 'group_id=1,type=all,bucket=set_field:02:00:00:00:00:99->eth_dst,output:2,bucket=output:3'
group add-flow br0 'in_port=1,actions=group:1,output:4'
expect_actions br0 "$ip" "clone(set(eth(dst=02:00:00:00:00:99)),$d2),$d3,$d4"
receive p1 "$(udp 1 2)"
wait_sent p2 1
wait_sent p3 1
wait_sent p4 1
expect_eq "$(sent p2 | cut -c1-12)$(sent p3 | cut -c1-12)" 020000000099020000000002 "the buckets' packets"

# --- A change of the group reaches cached flows; the group counts for all its buckets.
receive p1 "$(udp 1 2)" "$(udp 1 2)"
wait_sent p4 3
expect_match "$(group dump-group-stats br0)" 'group_id=1,.*ref_count=1,packet_count=3,byte_count=[1-9][0-9]*,bucket0:packet_count=3,byte_count=[0-9]*,bucket1:packet_count=3' "statistics"
group insert-buckets br0 'group_id=1,command_bucket_id=first,bucket=bucket_id:7,output:4'
expect_actions br0 "$ip" "$d4,clone(set(eth(dst=02:00:00:00:00:99)),$d2),$d3,$d4"
group remove-buckets br0 'group_id=1,command_bucket_id=0'
expect_match "$(group dump-groups br0)" 'group_id=1,type=all,bucket=bucket_id:7,actions=output:4,bucket=bucket_id:1,actions=output:3$' "what is left"
receive p1 "$(udp 1 2)"
wait_sent p4 5
wait_sent p3 4
wait_sent p2 3

# --- Indirect, and a chain.
group add-group br0 'group_id=2,type=indirect,bucket=group:1'
group mod-group br0 'group_id=1,type=all,bucket=output:2'
group add-flow br0 'in_port=1,actions=group:2'
expect_actions br0 "$ip" "$d2"

# --- Fast failover: the first bucket whose port has a link, or whose group has such a bucket.
group add-group br0 'group_id=3,type=ff,bucket=watch_port:2,output:2,bucket=watch_group:4,output:3,bucket=watch_port:4,output:4'
group add-group br0 'group_id=4,type=ff,bucket=watch_port:3,output:3'
group add-flow br0 'in_port=1,actions=group:3'
expect_actions br0 "$ip" "$d2"
receive p1 "$(udp 1 2)"
wait_sent p2 4
of mod-port br0 p2 down
expect_actions br0 "$ip" "$d3"
receive p1 "$(udp 1 2)"
wait_sent p3 5
of mod-port br0 p3 down
expect_actions br0 "$ip" "$d4"
of mod-port br0 p4 down
expect_match "$(trace br0 "$ip")" 'Dropped: .* \(no_live_bucket\)' "no bucket is alive"
group del-groups br0 group_id=4
for port in p2 p3 p4; do
    of mod-port br0 "$port" up
done
expect_actions br0 "$ip" "$d2"
of mod-port br0 p2 down
expect_actions br0 "$ip" "$d4"
of mod-port br0 p2 up

# --- Groups in action sets. A set with a group has no other way out.
group add-flow br0 'in_port=1,actions=write_actions(output:4,group:1)'
expect_actions br0 "$ip" "$d2"

# --- Deleting a group deletes the flows that use it.
group add-flow br0 'table=3,priority=7,actions=write_actions(group:1)'
group add-flow br0 'table=3,priority=8,actions=clone(group:1)'
group add-flow br0 'table=3,priority=9,actions=group:2'
group del-groups br0 group_id=1
expect_eq "$(of dump-flows br0 | grep -c actions=)" 1 "flows that are left"
group del-groups br0
expect_eq "$(of dump-flows br0 | grep -c actions=)" 0 "flows that are left"
expect_eq "$(group dump-groups br0 | grep -c group_id)" 0 "groups that are left"

# --- What is refused.
group add-group br0 'group_id=1,type=all,bucket=output:1'
refused GROUP_EXISTS add-group br0 'group_id=1,type=all,bucket=output:1'
refused UNKNOWN_GROUP mod-group br0 'group_id=9,type=all,bucket=output:1'
refused UNKNOWN_GROUP insert-buckets br0 'group_id=9,command_bucket_id=first,bucket=bucket_id:1,output:1'
refused UNKNOWN_BUCKET insert-buckets br0 'group_id=1,command_bucket_id=5,bucket=bucket_id:1,output:1'
refused UNKNOWN_BUCKET remove-buckets br0 'group_id=1,command_bucket_id=5'
refused BUCKET_EXISTS insert-buckets br0 'group_id=1,command_bucket_id=first,bucket=bucket_id:0,output:1'
refused WATCH_UNSUPPORTED add-group br0 'group_id=9,type=all,bucket=watch_port:1,output:1'
refused BAD_OUT_GROUP add-flow br0 'actions=group:9'
refused BAD_ add-group br0 'group_id=9,type=all,bucket=ct(commit),output:1'
refused BAD_OUT_GROUP add-flow br0 'actions=write_actions(group:9)'
refused BAD_OUT_GROUP packet-out br0 'in_port=1,packet=0200000000010200000000020800,actions=group:9'

# --- Limits are settings.
vsctl set Open_vSwitch . other_config:group-limit=1
refused OUT_OF_GROUPS add-group br0 'group_id=20,type=all,bucket=output:1'
group mod-group br0 'group_id=1,type=all,bucket=output:1,bucket=output:2'
vsctl set Open_vSwitch . other_config:bucket-limit=2
refused OUT_OF_BUCKETS mod-group br0 'group_id=1,type=all,bucket=output:1,bucket=output:2,bucket=output:3'
vsctl clear Open_vSwitch . other_config

# --- Loops, of one group and of several, by addition and by modification, of actions and of what is watched.
refused LOOP add-group br0 'group_id=5,type=all,bucket=group:5'
group add-group br0 'group_id=5,type=all,bucket=group:6'
group add-group br0 'group_id=6,type=all,bucket=group:7'
refused LOOP add-group br0 'group_id=7,type=all,bucket=group:5'
group add-group br0 'group_id=7,type=all,bucket=output:1'
refused LOOP mod-group br0 'group_id=7,type=all,bucket=output:1,bucket=clone(group:6)'
refused LOOP insert-buckets br0 'group_id=7,command_bucket_id=last,bucket=bucket_id:9,group:5'
group add-group br0 'group_id=8,type=ff,bucket=watch_group:9,output:1'
refused LOOP add-group br0 'group_id=9,type=ff,bucket=watch_group:8,output:1'

# --- Bundles: flows and groups in one, all or nothing.
of del-flows br0
group del-groups br0
cat > "$TESTDIR/good" <<'END'
group group_id=1,type=all,bucket=output:2,bucket=output:3
flow add in_port=1,actions=group:1
group group_id=2,type=indirect,bucket=output:4
flow add in_port=2,actions=group:2
END
group bundle br0 "$TESTDIR/good"
expect_actions br0 "$ip" "$d2,$d3"
cat > "$TESTDIR/bad" <<'END'
group delete group_id=4294967292
flow add in_port=1,actions=output:4
flow add in_port=2,actions=group:2
END
refused BAD_OUT_GROUP bundle br0 "$TESTDIR/bad"
expect_actions br0 "$ip" "$d2,$d3"
printf 'in_port=%d,actions=output:2\n' {1..5000} > "$TESTDIR/many"
group --bundle add-flows br0 "$TESTDIR/many"
expect_eq "$(of dump-flows br0 | grep -c actions=)" 5000 "flows of a bundle"
OVS_RUNDIR=$WEFT_RUNDIR timeout 20 ovs-ofctl -O OpenFlow13 --bundle replace-flows br0 "$TESTDIR/many"

# --- Select: connections spread over the buckets by one cached flow, stay where they are, and move when their bucket dies.
connection() {
    echo "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=$1,dst=2000)"
}
# spread: 60 packets of as many connections.
spread() {
    local flows=()
    for i in {1001..1060}; do
        flows+=("$(connection "$i")")
    done
    receive p1 "${flows[@]}"
}
# total: packets that the three ports have sent.
total() {
    echo $(($(sent p2 | wc -l) + $(sent p3 | wc -l) + $(sent p4 | wc -l)))
}
# ports PORT: the UDP ports of the last 60 packets that the switch has sent there.
ports_since() {
    sent "$1" | tail -n +"$(($2 + 1))" | cut -c69-72 | sort
}
of del-flows br0
group del-groups br0
for method in '' selection_method=dp_hash, 'selection_method=dp_hash,selection_method_param=0x100000000,' \
    'selection_method=hash,fields(ip_src,udp_src=0x0fff),'; do
    group add-group br0 "group_id=9,type=select,${method}bucket=bucket_id:1,weight:2,output:2,bucket=bucket_id:2,weight:1,watch_port:3,output:3,bucket=bucket_id:3,weight:1,set_field:02:00:00:00:00:77->eth_dst,output:4"
    group add-flow br0 'in_port=1,actions=group:9'
    receive p1 "$(connection 1)"
    wait_until "[ \$(weft-dpctl dump-flows | grep -c select) -eq 1 ]"
    before=$(total) b2=$(sent p2 | wc -l) b3=$(sent p3 | wc -l) b4=$(sent p4 | wc -l)
    spread
    wait_until "[ \$(total) -eq $((before + 60)) ]"
    for b in "p2 $b2" "p3 $b3" "p4 $b4"; do
        set -- $b
        [ "$(sent "$1" | wc -l)" -gt "$2" ] || fail "$method: nothing went to $1"
    done
    expect_eq "$(weft-dpctl dump-flows | grep -c 'in_port')" 1 "cached flows of $method"
    expect_match "$(group dump-group-stats br0)" 'group_id=9,.*packet_count=61,' "statistics of $method"
    counts=$(group dump-group-stats br0 | grep -o 'bucket[0-9]:packet_count=[0-9]*' | cut -d= -f2 | paste -sd+)
    expect_eq "$((counts))" 61 "what the buckets counted together"
    first2=$(ports_since p2 "$b2") first4=$(ports_since p4 "$b4")

    # The same connections go the same way again.
    b2=$(sent p2 | wc -l) b4=$(sent p4 | wc -l) before=$(total)
    spread
    wait_until "[ \$(total) -eq $((before + 60)) ]"
    expect_eq "$(ports_since p2 "$b2")" "$first2" "connections of p2"

    # A bucket dies: its connections go elsewhere, most others stay.
    of mod-port br0 p3 down
    b2=$(sent p2 | wc -l) b3=$(sent p3 | wc -l) b4=$(sent p4 | wc -l) before=$(total)
    spread
    wait_until "[ \$(total) -eq $((before + 60)) ]"
    expect_eq "$(sent p3 | wc -l)" "$b3" "packets to the dead bucket"
    lost=$(comm -23 <(echo "$first2") <(ports_since p2 "$b2") | wc -l)
    [ "$lost" -le 6 ] || fail "$method: $lost connections of a live bucket moved"
    of mod-port br0 p3 up
    group del-groups br0
done

# A field that was written on the way is the same for all: it is not hashed by the datapath.
group add-group br0 'group_id=9,type=select,selection_method=hash,fields(ip_src,udp_src),bucket=bucket_id:1,output:2,bucket=bucket_id:2,output:3'
group add-flow br0 'in_port=1,udp,actions=set_field:7->udp_src,group:9'
expect_match "$(trace br0 "$ip")" 'select\(.*fields\(nw_src\),' "what the datapath hashes"
group add-flow br0 'in_port=1,udp,actions=set_field:7->udp_src,set_field:1.2.3.4->ip_src,group:9'
expect_match "$(trace br0 "$ip")" 'select\(table=[0-9]*,alg=fields,basis=[0-9]*,(fields\(\),)?bucket' "nothing to hash"

# --- More buckets than one list of actions holds: each connection has a cached flow of its own.
of del-flows br0
group del-groups br0
buckets=""
for i in {1..800}; do
    buckets+=",bucket=bucket_id:$i,set_field:10.1.$((i / 250)).$((i % 250))->ip_dst,output:$((i % 3 + 2))"
done
echo "group_id=30,type=select,selection_method=dp_hash,selection_method_param=0x100000000$buckets" >"$TESTDIR/large"
group add-groups br0 "$TESTDIR/large"
group add-flow br0 'in_port=1,udp,actions=group:30'
before=$(total)
spread
wait_until "[ \$(total) -eq $((before + 60)) ]"
expect_eq "$(weft-dpctl dump-flows | grep -c 'in_port')" 60 "cached flows"

# --- Groups, and the flows that use them, survive a kill of weft-vswitchd; so do bundles, whole.
of del-flows br0
group del-groups br0
group add-group br0 'group_id=1,type=select,selection_method=hash,fields(ip_src=255.255.0.0,udp_src),bucket=bucket_id:4,weight:3,output:2,bucket=bucket_id:5,output:3'
group insert-buckets br0 'group_id=1,command_bucket_id=first,bucket=bucket_id:9,watch_port:4,set_field:1.2.3.4->ip_dst,output:4'
group add-group br0 'group_id=2,type=all,bucket=output:1'
group add-group br0 'group_id=3,type=all,bucket=output:1'
group mod-group br0 'group_id=2,type=ff,bucket=watch_group:1,output:3'
group del-groups br0 group_id=3
group bundle br0 "$TESTDIR/good" 2>/dev/null && fail "group 1 was added twice"
sed -e 's/group_id=1/group_id=11/' -e 's/group:1$/group:11/' -e 's/group_id=2/group_id=12/' -e 's/group:2$/group:12/' "$TESTDIR/good" > "$TESTDIR/more"
group bundle br0 "$TESTDIR/more"
for i in {1..3000}; do
    echo "group_id=$((i % 7 + 100)),type=all,bucket=output:$((i % 4 + 1)),bucket=output:$((i % 3 + 1))"
done > "$TESTDIR/churn"
sed 's/^/group add_or_mod /' "$TESTDIR/churn" > "$TESTDIR/churn.bundle"
group bundle br0 "$TESTDIR/churn.bundle"
before=$(group dump-groups br0 | grep group_id) flows=$(group --no-stats dump-flows br0 | sort)
expect_match "$before" 'group_id=11,' "what is to survive"
daemon_kill weft-vswitchd
start_vswitchd --enable-dummy
expect_eq "$(group dump-groups br0 | grep group_id)" "$before" "groups after the restart"
expect_eq "$(group --no-stats dump-flows br0 | sort)" "$flows" "flows after the restart"
expect_actions br0 "${ip/in_port=1/in_port=2}" "$d4"
group del-groups br0 group_id=12
daemon_kill weft-vswitchd
start_vswitchd --enable-dummy
expect_eq "$(group dump-groups br0 | grep -c group_id=12)" 0 "groups that were deleted"
