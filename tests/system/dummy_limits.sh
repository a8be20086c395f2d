#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Limits are settings: what goes beyond one is refused with the standard's error and counted, what is there stays, and a higher limit lets
# more in again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
bridge br0 p1 p2

# counter NAME: how often it has happened.
counter() {
    weft-appctl coverage/read-counter "$1"
}
# refused NUMBER COUNTER ERROR COMMAND...: the command fails with the error, and is counted.
refused() {
    local before
    before=$(counter "$1")
    expect_fails of "${@:3}"
    expect_match "$(cat "$TESTDIR/stderr")" "$2" "the error of $*"
    expect_eq "$(counter "$1")" $((before + 1)) "counted: $1"
}
limit() {
    vsctl set Open_vSwitch . "other_config:$1=$2"
}

# --- Flows, of a table.
vsctl --id=@t create Flow_Table flow_limit=2 -- set Bridge br0 flow_tables:1=@t >/dev/null
of add-flow br0 'table=1,in_port=1,actions=1'
of add-flow br0 'table=1,in_port=2,actions=1'
refused flow_table_full OFPFMFC_TABLE_FULL add-flow br0 'table=1,in_port=3,actions=1'
of add-flow br0 'table=1,in_port=2,actions=2' # one that is there
of add-flow br0 'table=2,in_port=3,actions=1'

# --- Groups and buckets.
limit group-limit 1
of -O OpenFlow13 add-group br0 'group_id=1,type=all,bucket=output:1'
refused group_mod_full OFPGMFC_OUT_OF_GROUPS -O OpenFlow13 add-group br0 'group_id=2,type=all,bucket=output:1'
limit bucket-limit 1
refused group_mod_full OFPGMFC_OUT_OF_BUCKETS -O OpenFlow13 mod-group br0 'group_id=1,type=all,bucket=output:1,bucket=output:2'
limit bucket-limit 10
limit group-limit 2
of -O OpenFlow13 add-group br0 'group_id=2,type=all,bucket=output:1'

# --- Meters, of all bridges.
bridge br1 p7
limit meter-limit 2
of -O OpenFlow13 add-meter br0 'meter=1,kbps,band=type=drop,rate=100'
of -O OpenFlow13 add-meter br1 'meter=1,kbps,band=type=drop,rate=100'
refused meter_full OFPMMFC_OUT_OF_METERS -O OpenFlow13 add-meter br0 'meter=2,kbps,band=type=drop,rate=100'
of -O OpenFlow13 mod-meter br0 'meter=1,kbps,band=type=drop,rate=200'
expect_match "$(of -O OpenFlow13 meter-features br0)" 'max_meter:2 ' "what the switch says of its meters"
limit meter-limit 1 # both stay
expect_match "$(of -O OpenFlow13 dump-meters br1)" 'meter=1 kbps' "a meter beyond a lower limit"
of -O OpenFlow13 del-meter br1 meter=1
refused meter_full OFPMMFC_OUT_OF_METERS -O OpenFlow13 add-meter br1 'meter=2,kbps,band=type=drop,rate=100'
limit meter-limit 2
of -O OpenFlow13 add-meter br1 'meter=2,kbps,band=type=drop,rate=100'

# --- Learned flows: for actions that name no limit.
limit learn-limit 3
of add-flow br0 'table=0,in_port=1,actions=learn(table=5,cookie=0x77,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])'
for i in 1 2 3 4 5; do
    receive p1 "$(udp $i 9)"
    weft-appctl revalidator/wait
done
expect_eq "$(of dump-flows br0 table=5 | grep -c cookie=0x77)" 3 "learned flows"
[ "$(counter flow_learn_limit)" -ge 2 ] || fail "flows that were not learned are not counted"
limit learn-limit 4
receive p1 "$(udp 6 9)"
wait_until '[ "$(of dump-flows br0 table=5 | grep -c cookie=0x77)" = 4 ]'

# --- Learned flows of a bridge, all together, whatever their cookies, tables and own limits. Those that are there may be learned again.
limit learn-limit 0
limit learned-flow-limit 5
of add-flow br0 'table=0,in_port=2,actions=learn(table=6,cookie=0x78,limit=10,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])'
before=$(counter flow_learn_limit)
for i in 1 2 3 1; do
    receive p2 "$(udp $i 9)"
    weft-appctl revalidator/wait
done
expect_eq "$(of dump-flows br0 | grep -c '^ cookie=0x7')" 5 "learned flows of both cookies"
expect_eq "$(of dump-flows br0 table=6 | grep -c cookie=0x78)" 1 "learned flows of one"
[ "$(counter flow_learn_limit)" -ge $((before + 2)) ] || fail "flows beyond the limit of all are not counted"
daemon_kill weft-vswitchd # what was learned is known as such
start_vswitchd --enable-dummy
receive p2 "$(udp 4 9)"
weft-appctl revalidator/wait
expect_eq "$(of dump-flows br0 | grep -c '^ cookie=0x7')" 5 "learned flows after a restart"
of del-flows br0 'table=5,cookie=0x77/-1'
receive p2 "$(udp 5 9)"
wait_until '[ "$(of dump-flows br0 table=6 | grep -c cookie=0x78)" = 2 ]'
of add-flow br0 'table=6,cookie=0x79,in_port=9,actions=drop' # of a controller: another matter
limit learned-flow-limit 0

# --- Resubmits: tables that a packet goes through.
of del-flows br0
for i in $(seq 10); do
    of add-flow br0 "table=$((i - 1)),in_port=1,actions=resubmit(,$i)"
done
of add-flow br0 "table=10,in_port=1,actions=2"
expect_actions br0 in_port=1 "$(dp_port p2)"
limit resubmit-limit 10
before=$(counter xlate_actions_too_many_resubmits)
expect_match "$(trace br0 in_port=1)" 'Translation failed \(Too many resubmits\)' "eleven tables"
[ "$(counter xlate_actions_too_many_resubmits)" -gt "$before" ] || fail "too many resubmits are not counted"
limit resubmit-limit 11
expect_actions br0 in_port=1 "$(dp_port p2)"

# --- Monitors, of a connection.
limit monitor-limit 2
of del-flows br0
before=$(counter flow_monitor_refused)
expect_fails of -O OpenFlow14 monitor br0 watch: watch: watch:
expect_match "$(cat "$TESTDIR/stderr" "$TESTDIR/stdout")" OFPMOFC_UNKNOWN "a third monitor"
expect_eq "$(counter flow_monitor_refused)" $((before + 1)) "monitors that were refused"
