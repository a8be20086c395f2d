#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# QoS and queues as ovs-vsctl configures them, and what ovs-ofctl and ovs-appctl read of them: the same from Weft as from Open vSwitch, whose
# queues are the kernel's.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools ip tc ovs-vswitchd ovs-ofctl ovs-vsctl ovs-appctl ovsdb-tool
switch_ns
sw ip link add o0 type veth peer name o1
sw tc qdisc add dev o0 root htb 2>/dev/null || skip "needs the kernel's htb"
sw tc qdisc del dev o0 root
sw ip link add w0 type veth peer name w1
# Nothing but what the test sends is to be counted.
sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
for d in o0 o1 w0 w1; do sw ip link set $d up; done

ovs=$TESTDIR/ovs
mkdir "$ovs"
ovsdb-tool create "$ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
daemon_start ovsdb-server ovsdb-server "$ovs/conf.db" --remote="punix:$ovs/db.sock" --unixctl="$ovs/db.ctl"
wait_until test -S "$ovs/db.sock"
OVS_RUNDIR=$ovs OVS_DBDIR=$ovs OVS_LOGDIR=$ovs daemon_start ovs-vswitchd ovs-vswitchd "unix:$ovs/db.sock" \
    --pidfile="$ovs/ovs-vswitchd.pid" --unixctl="$ovs/vs.ctl"
start_vswitchd

# both COMMAND...: ovs-vsctl on the two databases; "%0" is the device of each.
both() {
    timeout 30 ovs-vsctl --timeout=20 --db="unix:$ovs/db.sock" "${@//%/o}" >/dev/null
    timeout 30 ovs-vsctl --timeout=20 --db="unix:$WEFT_RUNDIR/db.sock" "${@//%/w}" >/dev/null
}
# Bursts that nobody configured are Weft's own, and so are rates in OpenFlow: Open vSwitch tells none.
mask() {
    sed -E -e 's/\b[ow]([01])\b/%\1/g' -e 's/xid=(0x)?[0-9a-f]+/xid=X/' -e 's/duration=([0-9.]+s?|\?)/duration=D/' -e '/burst: (12512|524288)$/d' \
        -e 's/ min_rate:.*//' -e 's#[^ ]*(vs|weft-vswitchd[.0-9]*)\.ctl#CTL#'
}
# alike COMMAND...: what ovs-ofctl or ovs-appctl says.
alike() {
    local theirs ours
    theirs=$(OVS_RUNDIR=$ovs timeout 20 "${@//%/o}" 2>&1 | mask) || true
    ours=$(OVS_RUNDIR=$WEFT_RUNDIR timeout 20 "${@//%/w}" 2>&1 | mask) || true
    [ "${sorted:-}" = "" ] || { theirs=$(sort <<<"$theirs") ours=$(sort <<<"$ours"); }
    expect_eq "$ours" "$theirs" "$*"
    [ -n "$ours" ] || fail "$*: neither says anything"
}
# shown: qos/show, whose lines come in no certain order within a queue.
shown() {
    local theirs ours
    theirs=$(timeout 20 ovs-appctl -t "$ovs/vs.ctl" qos/show "o0" | mask | awk '/^(Queue|Default)/ { at = $0 } { print at, $0 }' | sort)
    ours=$(weft-appctl qos/show w0 | mask | awk '/^(Queue|Default)/ { at = $0 } { print at, $0 }' | sort)
    expect_eq "$ours" "$theirs" "qos/show"
}

both add-br %b -- set Bridge %b datapath_type=netdev -- add-port %b %0 -- set Interface %0 ofport_request=1
queues() {
    shown
    for version in 10 11 12 13 14 15; do
        alike ovs-ofctl -O OpenFlow$version queue-stats %b
        alike ovs-ofctl -O OpenFlow$version queue-stats %b 1 "$1"
        alike ovs-ofctl -O OpenFlow$version queue-stats %b 1 9
        alike ovs-ofctl -O OpenFlow$version queue-get-config %b 1
    done
    alike ovs-ofctl -O OpenFlow14 queue-get-config %b 1 "$1"
    alike ovs-ofctl -O OpenFlow14 queue-get-config %b 1 9
}
both -- set Port %0 qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=8000000 queues:1=@q1 queues:5=@q5 \
    -- --id=@q1 create Queue other_config:min-rate=1000000 other_config:max-rate=2000000 other_config:priority=3 \
    -- --id=@q5 create Queue other_config:burst=800000 dscp=10
queues 5
both clear Port %0 qos -- --all destroy QoS -- --all destroy Queue
shown
alike ovs-ofctl queue-stats %b
both -- set Port %0 qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=1000000000 queues:0=@q0 queues:2=@q2 \
    -- --id=@q0 create Queue other_config:max-rate=5000000 other_config:burst=100000 -- --id=@q2 create Queue other_config:min-rate=7 other_config:burst=20000
queues 2

# Counters, of packets that the local port sends out by queue 2.
for b in o w; do
    rundir=$ovs
    [ $b = o ] || rundir=$WEFT_RUNDIR
    OVS_RUNDIR=$rundir timeout 20 ovs-ofctl packet-out ${b}b "in_port=local packet=$(printf '02%.0s' $(seq 100)) actions=set_queue:2,1"
done
wait_until "OVS_RUNDIR=$WEFT_RUNDIR timeout 20 ovs-ofctl queue-stats wb 1 2 | grep -q 'bytes=100, pkts=1'"
expect_match "$(OVS_RUNDIR=$WEFT_RUNDIR timeout 20 ovs-ofctl queue-stats wb 1 0)" 'bytes=0, pkts=0' "the other queue"
