#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Monitors in the background: weft-ofctl beside ovs-ofctl, with all that their control sockets know. Each command must be answered alike, and
# both must print the same.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-ofctl ovs-appctl
start_dummy_switch
bridge bra a1 a2
bridge brb b1 b2
cd "$TESTDIR"

# start TOOL BRIDGE ARGUMENT...: a monitor in the background.
start() {
    local tool=$1 bridge=$2
    shift 2
    "$tool" monitor "$bridge" "$@" --detach --no-chdir --pidfile="$TESTDIR/$tool.pid" --unixctl="$TESTDIR/$tool.ctl" 2>"$tool.out" >"$tool.stdout" </dev/null
    on_exit "[ ! -e $TESTDIR/$tool.pid ] || stop_pid \$(cat $TESTDIR/$tool.pid)"
}
mask() {
    sed -E -e 's/xid=(0x)?[0-9a-f]+/xid=X/' -e 's/(weft|ovs)-ofctl/ofctl/g' -e 's/\bbr[ab]\b/%/g' -e 's/^.*ofctl\.ctl: /CTL: /' -e 's/^(weft|ovs)-appctl: .*ofctl[^:]*: /CTL: /'
}
# both COMMAND...: the two monitors answer the command alike.
both() {
    local ours theirs status=0
    theirs=$(timeout 20 ovs-appctl -t "$TESTDIR/ovs-ofctl.ctl" "$@" 2>&1; echo "status $?")
    ours=$(timeout 20 ovs-appctl -t "$TESTDIR/weft-ofctl.ctl" "$@" 2>&1; echo "status $?")
    expect_eq "$(mask <<<"$ours")" "$(mask <<<"$theirs")" "$*"
}
# printed FILE PATTERN...: both files have lines like these, and are alike.
printed() {
    local file=$1
    shift
    for pattern; do
        wait_until "grep -qE '$pattern' weft-ofctl.$file && grep -qE '$pattern' ovs-ofctl.$file"
    done
    expect_eq "$(mask <"weft-ofctl.$file")" "$(mask <"ovs-ofctl.$file")" "what is printed"
}
packet=in_port=1\ packet=ffffffffffff0000000000010806\ actions=controller

for tool in ovs weft; do
    start $tool-ofctl br$([ $tool = ovs ] && echo a || echo b) 65534 -P standard
    [ -s "$TESTDIR/$tool-ofctl.pid" ] || fail "$tool-ofctl has no pidfile"
done
kill -0 "$(cat weft-ofctl.pid)" || fail "the monitor does not run"

# --- Messages that are sent; those that are none.
both ofctl/send 0102000800000007
both ofctl/send 01020008 # too short
both ofctl/send 010200090000000700
both ofctl/send 0102000900000007
both ofctl/send 01020008000000zz
both ofctl/send 0102000800000008 0102 0107000800000009
both ofctl/send
both ofctl/barrier
printed out GET_CONFIG_REPLY BARRIER_REPLY

# --- Packets out and back again.
both ofctl/packet-out "$packet"
both ofctl/packet-out "in_port=1 actions=controller"
both ofctl/packet-out "in_port=1 packet=zz actions=controller"
both ofctl/barrier
printed out PACKET_IN

# --- Into another file; nothing is read while it is blocked.
for tool in ovs weft; do
    timeout 20 ovs-appctl -t "$TESTDIR/$tool-ofctl.ctl" ofctl/set-output-file "$TESTDIR/$tool-ofctl.more"
done
both ofctl/set-output-file /nosuch/file
both ofctl/unblock
both ofctl/block
both ofctl/block
both ofctl/send 0102000800000017
timeout 20 ovs-ofctl packet-out bra "$packet"
timeout 20 ovs-ofctl packet-out brb "$packet"
timeout 20 ovs-ofctl packet-out brb "$packet"
timeout 20 ovs-ofctl packet-out bra "$packet"
grep -q PACKET_IN weft-ofctl.more && fail "a blocked monitor printed"
both ofctl/unblock
both ofctl/barrier
printed more PACKET_IN BARRIER_REPLY
grep -q 'xid=0x17' weft-ofctl.more || fail "what was sent is not printed"
expect_eq "$(cat weft-ofctl.stdout)" "" "standard output"

# --- The end: by command, and by signal. The pidfile and the socket go.
both exit
wait_until "[ ! -e weft-ofctl.pid -a ! -e weft-ofctl.ctl -a ! -e ovs-ofctl.pid ]"
start weft-ofctl brb
pid=$(cat weft-ofctl.pid)
kill "$pid"
wait_until "[ ! -e weft-ofctl.pid -a ! -e weft-ofctl.ctl ] && ! kill -0 $pid"

# Found by the name of the tool, and snooping.
weft-vsctl set-controller brb punix:"$TESTDIR/controller" -- set Controller brb type=primary
weft-ofctl snoop brb --detach --pidfile 2>"$TESTDIR/snooped"
on_exit "stop_pid $(cat "$WEFT_RUNDIR/weft-ofctl.pid")"
wait_until "timeout 20 ovs-ofctl add-flow unix:$TESTDIR/controller priority=77,actions=drop && grep -q 'priority=77' $TESTDIR/snooped"
weft-appctl -t weft-ofctl exit
wait_until "[ ! -e $WEFT_RUNDIR/weft-ofctl.pid ]"

# In the foreground an interruption ends it as it would without a socket.
weft-ofctl monitor brb 64 2>"$TESTDIR/front" &
pid=$!
BACKGROUND_PIDS+=($pid)
wait_until "timeout 20 ovs-ofctl mod-port brb 1 no-flood; timeout 20 ovs-ofctl mod-port brb 1 flood; grep -q PORT_STATUS $TESTDIR/front"
kill -TERM $pid
status=0
wait $pid || status=$?
expect_eq $status 143 "status after SIGTERM"
