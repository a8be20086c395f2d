#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# controller(pause) and NXT_RESUME: a packet that went by way of a controller leaves the switch as if it had not, wherever in the
# pipeline it was paused; also when tables changed meanwhile, over another connection and after a restart. What is made up is refused.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"
need_tools python3

start_dummy_switch
bridge br0 p1 p2 p3 p4
bridge br1 p7 p8
vsctl -- add-port br0 to1 -- set Interface to1 type=patch options:peer=to0 ofport_request=10 \
    -- add-port br1 to0 -- set Interface to0 type=patch options:peer=to1 ofport_request=10

controller() {
    coproc python3 "$srcdir/tests/system/dummy_resume.py" "$WEFT_RUNDIR/$1.mgmt"
    CONTROLLER_PID=$COPROC_PID
    on_exit "stop_pid $CONTROLLER_PID"
    local answer
    read -r -t 20 answer <&"${COPROC[0]}"
    expect_eq "$answer" ok "the controller"
}

# tell COMMAND...: its answer in $ANSWER.
tell() {
    echo "$*" >&"${COPROC[1]}"
    read -r -t 60 ANSWER <&"${COPROC[0]}" || fail "no answer to $*"
}

# done_with: the controller goes.
done_with() {
    eval "exec ${COPROC[1]}>&-"
    wait "$CONTROLLER_PID" || true
}

flows() {
    of del-flows br0
    of del-flows br1
    local flow
    for flow; do
        of -O OpenFlow15 add-flow "${flow%% *}" "${flow#* }"
    done
}

# What all ports have sent, and what they have sent since $BEFORE.
everything() {
    python3 - "$TESTDIR" p1 p2 p3 p4 p7 p8 <<'END'
import struct, sys
for port in sys.argv[2:]:
    data, at = open(f"{sys.argv[1]}/{port}.pcap", "rb").read(), 24
    while at + 16 <= len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        print(port, data[at + 16:at + 16 + n].hex())
        at += 16 + n
END
}
since() {
    { diff <(echo "$BEFORE") <(everything) || true; } | sed -n 's/^> //p' | sort
}

# same PAUSES FLOW...: a packet goes through the flows, in which PAUSE stands for controller(pause) or for nothing.
same() {
    local pauses=$1 i wanted
    shift
    flows "${@//PAUSE,/}"
    BEFORE=$(everything)
    receive p1 "$(udp 1 2)"
    weft-appctl revalidator/wait
    wait_until "[ -n \"\$(since)\" ]"
    wanted=$(since)
    flows "${@//PAUSE/controller(pause)}"
    BEFORE=$(everything)
    receive p1 "$(udp 1 2)"
    for i in $(seq "$pauses"); do
        tell wait 1
        tell resume
        tell barrier
        expect_eq "$ANSWER" ok "resuming $*"
    done
    wait_until "[ \$(since | wc -l) -ge $(echo "$wanted" | wc -l) ]"
    expect_eq "$(since)" "$wanted" "packets with pauses: $*"
}

controller br0
same 1 'br0 in_port=1,actions=PAUSE,2'
same 1 'br0 in_port=1,actions=2,PAUSE,3'
same 2 'br0 in_port=1,actions=2,PAUSE,3,PAUSE,4'
same 1 'br0 in_port=1,actions=set_field:5->reg3,set_field:02:00:00:00:00:09->eth_src,PAUSE,resubmit(,1)' \
    'br0 table=1,reg3=5,actions=set_field:02:00:00:00:00:08->eth_dst,2' 'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=resubmit(,1),3' 'br0 table=1,actions=resubmit(,2),4' 'br0 table=2,actions=set_field:7->reg1,PAUSE,2'
same 1 'br0 in_port=1,actions=write_metadata:0x77,goto_table:1' 'br0 table=1,metadata=0x77,actions=PAUSE,2,goto_table:2' \
    'br0 table=2,metadata=0x77,actions=3'
same 2 'br0 in_port=1,actions=PAUSE,write_actions(set_field:02:00:00:00:00:09->eth_src,output:2),goto_table:1' \
    'br0 table=1,actions=PAUSE,3'
same 1 'br0 in_port=1,actions=clone(set_field:02:00:00:00:00:09->eth_src,PAUSE,2),3'
same 1 'br0 in_port=1,actions=set_field:9->reg0,push:NXM_NX_REG0[],set_field:4->reg0,PAUSE,pop:NXM_NX_REG1[],output:NXM_NX_REG0[],resubmit(,1)' \
    'br0 table=1,reg1=9,actions=2' 'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=check_pkt_larger(20)->NXM_NX_REG0[0],PAUSE,resubmit(,1)' 'br0 table=1,reg0=1,actions=2' \
    'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=resubmit(,1),4' 'br0 table=1,actions=check_pkt_larger(20)->NXM_NX_REG0[0],resubmit(,2),PAUSE,3' \
    'br0 table=2,reg0=1,actions=2'
same 1 'br0 in_port=1,actions=push_vlan:0x8100,set_field:4106->vlan_vid,PAUSE,push_mpls:0x8847,set_field:77->mpls_label,2'

# --- Options of tunnels: their values and which are there are in the metadata, and what was to be done with them in the continuation.
of add-tlv-map br0 '{class=1,type=2,len=4}->tun_metadata0,{class=1,type=3,len=60}->tun_metadata1,{class=1,type=4,len=8}->tun_metadata7'
same 1 'br0 in_port=1,actions=set_field:0x1234->tun_metadata0,PAUSE,resubmit(,1)' 'br0 table=1,tun_metadata0=0x1234,actions=2' \
    'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=set_field:0->tun_metadata1,PAUSE,resubmit(,1)' 'br0 table=1,tun_metadata1,actions=2' \
    'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=set_field:7->tun_metadata1,delete_field:tun_metadata1,PAUSE,resubmit(,1)' \
    'br0 table=1,tun_metadata1,actions=2' 'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=PAUSE,set_field:0x56/0xff->tun_metadata7,move:NXM_NX_TUN_METADATA7[0..7]->NXM_NX_REG0[0..7],resubmit(,1)' \
    'br0 table=1,reg0=0x56,tun_metadata7=0x56,actions=2' 'br0 table=1,priority=1,actions=3'
same 1 'br0 in_port=1,actions=resubmit(,1),3' 'br0 table=1,actions=load:0x99->NXM_NX_TUN_METADATA1[200..207],resubmit(,2),PAUSE,2' \
    'br0 table=2,tun_metadata1[200..207]=0x99,actions=4'

# --- Meters in what was to be done and in what was done: each packet passes each of them once.
of -O OpenFlow15 add-meter br0 'meter=1,pktps,stats,band=type=drop,rate=100000'
of -O OpenFlow15 add-meter br0 'meter=2,pktps,stats,band=type=drop,rate=100000'
of -O OpenFlow15 add-meter br0 'meter=3,pktps,burst,stats,band=type=drop,rate=1,burst_size=1'
metered() {
    of -O OpenFlow15 meter-stats br0 meter=$1 | grep -o 'packet_in_count:[0-9]*'
}
same 1 'br0 in_port=1,actions=meter:1,PAUSE,resubmit(,1)' 'br0 table=1,actions=meter:2,2'
expect_eq "$(metered 1) $(metered 2)" "packet_in_count:2 packet_in_count:2" "packets of the meters" # with and without the pause

# Messages of 1.5 may have a meter behind other actions, which text may not: controller(pause),meter:3,output:2.
flows
python3 - "$WEFT_RUNDIR/br0.mgmt" <<'END'
import socket, struct, sys
pause = struct.pack(">HHIH6xHH4x", 0xffff, 24, 0x2320, 37, 4, 4)
actions = pause + struct.pack(">HHI", 29, 8, 3) + struct.pack(">HHIH6x", 0, 16, 2, 0xffff)
body = struct.pack(">QQBBHHHIIIHH", 0, 0, 0, 0, 0, 0, 32768, 0xffffffff, 0xffffffff, 0xffffffff, 0, 0)
body += struct.pack(">HHHBBI4x", 1, 12, 0x8000, 0, 4, 1) + struct.pack(">HH4x", 4, 8 + len(actions)) + actions
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
for kind, data in (0, b""), (14, body), (20, b""):
    sock.sendall(struct.pack(">BBHI", 6, kind, 8 + len(data), 1) + data)
data = b""
while data[-8:-6] != b"\x06\x15":
    more = sock.recv(4096)
    assert more, "the switch closed the connection"
    data += more
END
expect_match "$(of -O OpenFlow15 dump-flows br0)" 'actions=controller.pause.,meter:3,output:2' "a meter behind another action"
BEFORE=$(everything)
receive p1 "$(udp 1 2)" "$(udp 1 2)" "$(udp 1 2)"
tell wait 3
tell resume
tell barrier
expect_eq "$ANSWER" ok "resuming into a meter"
wait_until "[ \"\$(metered 3)\" = packet_in_count:3 ]"
expect_eq "$(since | cut -d' ' -f1 | xargs)" p2 "what the meter of a continuation lets pass"

# --- A pause behind a patch port is the business of that bridge's controllers; what comes after the port does not wait.
done_with
controller br1
flows 'br0 in_port=1,actions=10,2' 'br1 in_port=10,actions=set_field:02:00:00:00:00:09->eth_src,controller(pause),7,8'
BEFORE=$(everything)
receive p1 "$(udp 1 2)"
tell wait 1
wait_until "[ \$(since | wc -l) -ge 1 ]"
expect_eq "$(since | cut -d' ' -f1 | xargs)" p2 "what does not wait"
tell resume
tell barrier
expect_eq "$ANSWER" ok "resuming behind a patch port"
wait_until "[ \$(since | wc -l) -ge 3 ]"
expect_eq "$(since | cut -d' ' -f1 | xargs)" "p2 p7 p8" "what waited"
done_with

controller br0
flows 'br0 in_port=1,actions=set_field:6->reg1,controller(pause),resubmit(,1)' 'br0 table=1,reg1=6,actions=2' \
    'br0 table=1,reg1=7,actions=3'
receive p1 "$(udp 1 2)"
tell wait 1

# --- The controller may change registers; flows of the time of the resumption count; another connection will do.
BEFORE=$(everything)
tell resume reg1=7
tell barrier
expect_eq "$ANSWER" ok "a changed register"
wait_until "[ \$(since | wc -l) -ge 1 ]"
expect_match "$(since)" '^p3 ' "a changed register"
of -O OpenFlow15 add-flow br0 'table=1,reg1=6,actions=4'
tell connect
BEFORE=$(everything)
tell resume
tell barrier
expect_eq "$ANSWER" ok "another connection"
wait_until "[ \$(since | wc -l) -ge 1 ]"
expect_match "$(since)" '^p4 ' "flows that came meanwhile"

# --- A restart of the switch.
daemon_stop weft-vswitchd
start_vswitchd --enable-dummy
wait_until "of dump-flows br0 | grep -q 'reg1=0x6'"
tell connect
BEFORE=$(everything)
tell resume
tell barrier
expect_eq "$ANSWER" ok "after a restart"
wait_until "[ \$(since | wc -l) -ge 1 ]"
expect_match "$(since)" '^p4 ' "after a restart"

# --- Bytes that are not the switch's own.
for seed in 1 2 3 4; do
    tell hostile "$seed"
    expect_eq "$ANSWER" ok "hostile continuations"
done
tell barrier
of -O OpenFlow15 del-flows br0
expect_eq "$(of dump-flows br0 | grep -c actions || true)" 0 "the switch after hostile continuations"
done_with
