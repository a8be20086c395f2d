#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-ofctl beside ovs-ofctl: the same commands, each tool on a bridge of its own, must print the same and end alike. Once on
# Weft and, where Open vSwitch's daemons are installed, once on that.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
. "$(dirname "$0")/ovs_dummy_lib.sh"
need_tools ovs-ofctl

cd "$TESTDIR"
printf 'in_port=1,actions=2\n\nip,actions=1 # a comment\n' >plain
printf 'in_port=1,actions=2\n\nbad,actions=1\n' >wrong
printf '# comment\ntable=0,priority=5,ip,actions=2\n\ndelete ip\nmodify ip,actions=3\ndelete_strict ip,priority=5\nadd in_port=1 actions=2  # foo\nmodify_strict tcp,actions=2\n' >mixed
printf 'in_port=1,actions=nosuchport\n' >named
printf 'in_port=1,actions=2\ncookie=3,idle_timeout=500,send_flow_rem,priority=9,ip,actions=1\nin_port=2,hard_timeout=700,importance=4,actions=5\n' >rich
printf 'table=0,in_port=1,actions=2\ntable=2,cookie=4,idle_timeout=500,priority=9,ip,actions=1\n' >tables
printf 'add group_id=21,type=all,bucket=1\n# c\ngroup_id=22,type=all\ndelete group_id=21\nmodify group_id=22,type=all,bucket=drop\nadd_or_mod group_id=23,type=indirect,bucket=2\n' >groups
printf 'add group_id=31,type=all\nfoo group_id=2\n' >badgroups
printf 'flow add in_port=1,actions=2\nflow in_port=1,actions=7\n\n# c\nflow delete in_port=3\ngroup add group_id=41,type=all,bucket=actions=1\nflow modify_strict in_port=1,actions=9\ngroup delete group_id=41\npacket-out in_port=1 packet=ffffffffffff0000000000010806 actions=2\n' >bundle
printf 'flow add in_port=1,actions=2\ngroup add group_id=51,type=all\ngroup add group_id=51,type=all\n' >badbundle
printf '\1\0\0\10\0\0\0\1\1\2\0\10\0\0\0\5' >messages
printf '\1\0\0\10\0\0\0\1\1\2\0\11\0\0\0\5' >cut

# What the commands without a switch read.
printf '0000 0008 0001 0000\n# c\nffff 0018 00002320 0007 001f 00010004 00000000 00000001\n0000 0008\n00 00 00 10 00 01\n' >actions10
printf '0000 0010 00000001 0000 000000000000\n' >actions13
printf '0004 0018 00000000 0000 0010 00000001 0000 000000000000\n0001 0008 05 000000\n0001 0008 05 000001\n0009 0008 00000000\n0002 0018 00000000 00000000000000ff 00000000000000ff\n' >instructions13
printf '003820e2 0003 505400000005 000000000000 0000 00 00 0000 00 00 0000 00000000 00000000 0000 0000\n003820ff ffff 505400000005 000000000000 ffff 00 00 0806 00 00 0000 00000000 00000000 0000 0000\n' >match10
printf '0000 0058 00000000 000003f7 000000000000ffffffffffff 000000000000ffffffffffff 0000 00 00 0800 00 06 0a000001 00000000 00000000ffffffff 0050 0000 00000000 00 000000 0000000000000000ffffffffffffffff\n0001 0058 00000000 000003f7 000000000000ffffffffffff 000000000000ffffffffffff 0000 00 00 0800 00 06 0a000001 00000000 00000000ffffffff 0050 0000 00000000 00 000000 0000000000000000ffffffffffffffff\n' >match11
printf 'NXM_OF_IN_PORT(0001), NXM_OF_ETH_TYPE(0800), NXM_OF_IP_SRC_W(0a000000/ffffff00)\nNXM_OF_VLAN_TCI_W(1005/1fff)\nNXM_NX_REG0(00000005),NXM_OF_ETH_DST(002030405060)\n<any>\nNXM_OF_ETH_TYPE(0800),NXM_OF_IP_PROTO(06),NXM_OF_TCP_DST(0050)\n' >nxm
printf 'OXM_OF_IN_PORT(00000001), OXM_OF_ETH_TYPE(0800), OXM_OF_IPV4_SRC_W(0a000000/ffffff00)\nOXM_OF_VLAN_VID(1005),OXM_OF_VLAN_PCP(03)\nNXM_NX_REG0(00000005)\n<any>\nOXM_OF_METADATA(0000000000000005)\n' >oxm
printf 'foo(1)\n' >badnxm
base64 -d >pcap <<'END'
1MOyoQIABAAAAAAAAAAAAP//AAABAAAAAQAAACChBwA2AAAANgAAAAAAAAAAAgAAAAAAAQgARQAAKAABAABABmbNCgAAAQoAAAIT
iBn9AAAD5wAAAABQAiAASnQAAAEAAAAgoQcAPwAAAD8AAAAAAAAAAAIAAAAAAAEIAEUAADEAAQAAQAZmxAoAAAEKAAACE4gZ/QAA
A+gAAAAAUBggAEhLAAABAAAIAAAAAQECAAAAkNADADkAAAA5AAAAAAAAAAACAAAAAAABCABFAAArAAEAAEAGZsoKAAABCgAAAhOI
Gf0AAAPxAAAAAFAYIAA9UQAABQAIAgAAAJDQAwA6AAAAOgAAAAAAAAAAAgAAAAAAAQgARQAALAABAABABmbJCgAAAQoAAAITiBn9
AAAD9AAAAABQGCAASksAAAAAAAIDAAAAAAAAAD4AAAA+AAAAAAAAAAACAAAAAAABCABFAAAwAAEAAEAGZsUKAAABCgAAAhnpD6AA
AAAHAAAAAFAYIABRIwAAAQIACAAAAAUDAAAAAAAAAD4AAAA+AAAAAAAAAAACAAAAAAABCABFAAAwAAEAAEAGZsUKAAABCgAAAgBQ
D6AAAAAHAAAAAFAYIABqvAAAAQIACAAAAAUBAAAAIKEHADYAAAA2AAAAAAAAAAACAAAAAAABCABFAAAoAAEAAEAGZs0KAAABCgAA
AhOIGf0AAAP4AAAAAFABIABKZAAA
END

# What differs from run to run, from bridge to bridge and from tool to tool.
mask() {
    sed -E -e 's/^(weft|ovs)-ofctl: /ofctl: /' -e 's/xid=(0x)?[0-9a-f]+/xid=X/' -e 's/duration=[0-9.]+s?/duration=D/' \
        -e 's/time=[0-9.]+ ms/time=T/' -e 's/Finished in.*/Finished/' -e 's/(, (idle|hard)_age=)[0-9]+/\1A/g' \
        -e 's/addr:[0-9a-f:]+/addr:MAC/' -e 's/dpid:[0-9a-f]+/dpid:D/' -e 's/\bbr[ab]\b/%/g' -e 's/\b[ab]([12])\b/@\1/g' \
        -e 's/lookup=[0-9]+, matched=[0-9]+/lookup=N/' -e 's/duration:[0-9.]+s/duration:D/' \
        -e 's/^(00000000 ( [0-9a-f]{2}){4}) [^-]*-/\1 X-/' -e 's/^(00000000 .*) \|.*/\1/' -e '/^[0-9TZ:.-]*\|[0-9]*\|[a-z_]*\|(INFO|WARN)\|/d'
}

# run TOOL A|B LINE: the tool's output and status for the line, on its bridge.
run() {
    local line=$3 status=0
    line=${line//%/br$2}
    line=${line//@/$2}
    eval "timeout 20 $1 $line" >"$1.out" 2>"$1.err" <plain || status=$?
    case $line in
    *dump-flows* | *diff-flows* | *dump-group* | *dump-meter* | *meter-stats*)
        mask <"$1.out" | sort ;; # Open vSwitch tells flows, groups and meters in no certain order
    *) mask <"$1.out" ;;
    esac
    mask <"$1.err" | sed 's/^/stderr: /'
    echo "status $status"
}

# The lines of the files of commands, each once for every version that it names. "!" in front: the tools are known to differ.
commands() {
    local line version versions differs
    while IFS= read -r line; do
        differs=
        case $line in "!"*) differs='! ' line=${line#!} ;; esac
        case $line in
        "" | "#"*) ;;
        "{"*)
            versions=${line#"{"}
            for version in $(echo "${versions%%"}"*}" | tr , ' '); do
                echo "$differs-O OpenFlow$version ${line#*"} "}"
            done
            ;;
        *) echo "$differs$line" ;;
        esac
    done <"$srcdir/tests/interop/$1"
}

# compare WHERE FILE
compare() {
    local line different=0 n=0 wanted
    commands "$2" >lines
    while IFS= read -r line; do
        wanted=alike
        case $line in "! "*) wanted=different line=${line#! } ;; esac
        run ovs-ofctl a "$line" >theirs
        run weft-ofctl b "$line" >ours
        n=$((n + 1))
        { echo "$line" && cat theirs; } >"answers.$1.$2.$n"
        if [ $wanted = different ]; then
            ! cmp -s theirs ours || fail "ofctl $line: the tools do not differ any more: take the line off the exceptions"
        elif ! cmp -s theirs ours; then
            different=$((different + 1))
            echo "--- $1: ofctl $line"
            diff theirs ours || true
        fi
    done <lines
    [ $different = 0 ] || fail "$different of $n commands differ on $1"
    echo "$n commands are alike on $1"
}

# What the switches answer differently to the same tool: who made them, what dummy ports and queues count, exporters.
different_switches='dump-desc|dump-ports |queue-stats|dump-ipfix'

# compare_switches FILE: ovs-ofctl says the same of Weft and of Open vSwitch.
compare_switches() {
    local weft ovs different=0 n=0
    for weft in "answers.Weft.$1."*; do
        ovs="answers.Open vSwitch.${weft#answers.Weft.}"
        ! head -n 1 "$weft" | grep -qE "$different_switches" || continue
        n=$((n + 1))
        # Open vSwitch shows that 1.0 resets counters with each addition. Ages are shown or not as seconds pass.
        sed -E 's/reset_counts //; s#(/run|/ovs)/%#/%#; s/, (idle|hard)_age=A//g' "$weft" | sort >ours
        sed -E 's/reset_counts //; s#(/run|/ovs)/%#/%#; s/, (idle|hard)_age=A//g' "$ovs" | sort >theirs
        if ! cmp -s theirs ours; then
            different=$((different + 1))
            echo "--- Weft and Open vSwitch: $(head -n 1 "$weft")"
            diff theirs ours || true
        fi
    done
    [ $different = 0 ] || fail "Weft and Open vSwitch answer $different of $n commands differently"
    echo "Weft and Open vSwitch answer $n commands alike"
}

# watch_flows TOOL A|B VERSION: what the tool prints of flows that are there, come, change and go.
watch_flows() {
    local pid
    ovs-ofctl del-flows "br$2"
    ovs-ofctl add-flow "br$2" table=3,in_port=2,actions=1
    timeout 60 "$1" -O "OpenFlow$3" monitor "br$2" 'watch:!own' >"$1.flows" 2>&1 &
    pid=$!
    BACKGROUND_PIDS+=("$pid")
    wait_until grep -q "in_port=2" "$1.flows"
    # The monitor says nothing when it is ready: a flow comes and goes until it is told of.
    wait_until "ovs-ofctl add-flow br$2 table=9,actions=1; ovs-ofctl del-flows br$2 table=9; sleep 0.1; grep -q 'DELETED.*table=9' $1.flows"
    ovs-ofctl -O "OpenFlow$3" add-flow "br$2" table=1,in_port=1,cookie=5,idle_timeout=700,hard_timeout=800,priority=9,actions=2
    ovs-ofctl -O "OpenFlow$3" mod-flows "br$2" table=1,actions=3
    ovs-ofctl -O "OpenFlow$3" --strict del-flows "br$2" table=1,priority=9,in_port=1
    wait_until grep -q 'DELETED.*table=1 ' "$1.flows"
    stop_pid "$pid"
    mask <"$1.flows" | head -n 1
    mask <"$1.flows" | grep event= | grep -v table=9
}

# Flow monitors in each form, with each tool.
compare_flow_monitors() {
    local version
    for version in 10 11 12 13 14 15; do
        watch_flows ovs-ofctl a $version >theirs
        watch_flows weft-ofctl b $version >ours
        diff theirs ours || fail "monitors of flows in version $version differ on $1"
        cp theirs "flows.$1.$version"
    done
    echo "monitors of flows are alike on $1"
}

# watch TOOL A|B: what the tool's monitor prints while a packet goes to the controller and a port goes down and up.
watch() {
    local pid
    timeout 60 "$1" monitor "br$2" 64 >"$1.monitor" 2>&1 &
    pid=$!
    BACKGROUND_PIDS+=("$pid")
    # The monitor says nothing when it is ready: packets go out until one comes back.
    wait_until "timeout 20 ovs-ofctl packet-out br$2 'in_port=1 packet=ffffffffffff0000000000010806 actions=controller'; sleep 0.1; grep -q PACKET_IN $1.monitor"
    timeout 20 ovs-ofctl mod-port "br$2" 1 no-flood
    timeout 20 ovs-ofctl mod-port "br$2" 1 flood
    wait_until "[ \$(grep -c PORT_STATUS $1.monitor) -ge 2 ]"
    stop_pid "$pid"
    mask <"$1.monitor" | awk '/PACKET_IN/ { if (seen++) exit } { print }' | head -n 2
    mask <"$1.monitor" | grep -A3 PORT_STATUS
}

compare_monitors() {
    watch ovs-ofctl a >theirs
    watch weft-ofctl b >ours
    diff theirs ours || fail "monitors differ on $1"
}

compare "no switch" ofctl_offline_commands.txt
# Debian's ovs-ofctl does not have this option yet: the same digits as without it.
[ "$(weft-ofctl compose-packet --bare udp 0102)" = \
    "$(weft-ofctl compose-packet udp 0102 | sed 's/^[0-9a-f]* //' | tr -d ' \n-')" ] || fail "--bare prints other digits"

start_dummy_switch
bridge bra a1 a2
bridge brb b1 b2
compare Weft ofctl_commands.txt
compare Weft ofctl_extended_commands.txt
compare_monitors Weft
compare_flow_monitors Weft

if has_ovs_dummy; then
    start_ovs_dummy
    export WEFT_RUNDIR=$ovs
    for b in a b; do
        ovs -- add-br br$b \
            -- set bridge br$b datapath_type=dummy fail_mode=secure -- add-port br$b ${b}1 \
            -- set interface ${b}1 type=dummy ofport_request=1 -- add-port br$b ${b}2 -- set interface ${b}2 type=dummy ofport_request=2
    done
    compare "Open vSwitch" ofctl_commands.txt
    compare "Open vSwitch" ofctl_extended_commands.txt
    compare_monitors "Open vSwitch"
    compare_flow_monitors "Open vSwitch"
    for version in 10 11 12 13 14 15; do
        diff "flows.Open vSwitch.$version" "flows.Weft.$version" || fail "monitored flows differ in version $version"
    done
    compare_switches ofctl_commands.txt
    compare_switches ofctl_extended_commands.txt
fi
