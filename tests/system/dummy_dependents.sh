#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which cached flows the whole switch translates again: of many thousands, each with a megaflow of its own, only those that a change of
# rules, groups or addresses concerns.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

n_rules=250 per_rule=${FLOWS_PER_RULE:-100} # 400: a hundred thousand flows
n_flows=$((n_rules * per_rule))

start_dummy_switch
vsctl set Open_vSwitch . other_config:max-idle=3600000 other_config:flow-limit=$((2 * n_flows))
bridge br0 p1 p2 p3 p4
# The destination goes to a register, so that every address has a megaflow; then one rule for each block of addresses, and groups for some.
{
    echo 'ip,actions=move:NXM_OF_IP_DST[]->NXM_NX_REG0[],resubmit(,1)'
    for ((i = 0; i < n_rules; i++)); do
        if ((i < 10)); then out=group:1; else out=2; fi
        echo "table=1,ip,nw_dst=10.$((i / 256)).$((i % 256)).0/24,actions=output:$out"
    done
} | sed 's/output:group/group/' >"$TESTDIR/flows"
of -O OpenFlow13 add-group br0 'group_id=1,type=indirect,bucket=output:2'
of -O OpenFlow13 add-flows br0 "$TESTDIR/flows"

# Packets to all addresses, in one conversation with the control socket, never more than the upcall rings hold.
/usr/bin/python3 - "$n_rules" "$per_rule" "$WEFT_RUNDIR/weft-vswitchd.$(cat "$WEFT_RUNDIR/weft-vswitchd.pid").ctl" <<'END'
import json, re, socket, struct, sys, time
rules, per_rule = map(int, sys.argv[1:3])
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[3])
decoder, text = json.JSONDecoder(), ""

def send(method, *params):
    sock.sendall(json.dumps({"id": 0, "method": method, "params": params}).encode())

def receive():
    global text
    while True:
        try:
            reply, end = decoder.raw_decode(text)
        except ValueError:
            text += sock.recv(65536).decode()
            continue
        text = text[end:].lstrip()
        assert reply["error"] is None, reply
        return reply["result"]

def await_flows(n):
    deadline = time.monotonic() + 60
    while True:
        send("dpctl/show")
        if int(re.search(r"flows: (\d+)", receive()).group(1)) >= n:
            break
        assert time.monotonic() < deadline, "the flows were not cached"

head = bytes.fromhex("000000000002000000000001" "0800" "4500001c000000004011") + bytes(2) + bytes([10, 255, 0, 1])
packets = [(head + bytes([10, rule >> 8, rule & 255, i]) + struct.pack(">HHHH", 1000, 2000, 8, 0)).hex()
           for rule in range(rules) for i in range(per_rule)]
for i in range(0, len(packets), 1000):
    end = min(i + 1000, len(packets))
    for j in range(i, end, 50):
        send("netdev-dummy/receive", "p1", *packets[j:j + 50])
    for j in range(i, end, 50):
        receive()
    await_flows(end)
END

# translated: how many flows sweeps have translated again: kept, changed and deleted ones.
translated() {
    weft-appctl coverage/show | awk '$1 ~ /^revalidate_(kept|changed|deleted)$/ { n += $NF } END { print n + 0 }'
}

# expect_translated NUMBER WHAT COMMAND...: the command, once all sweeps are done, has made so many flows be translated again.
expect_translated() {
    local number=$1 what=$2 before
    shift 2
    weft-appctl revalidator/wait
    before=$(translated)
    "$@"
    weft-appctl revalidator/wait
    expect_eq $(($(translated) - before)) "$number" "$what: flows translated again"
}

expect_translated 0 "nothing changes" true
expect_translated 0 "a rule in a table that nobody uses" of add-flow br0 'table=7,ip,actions=drop'
expect_translated 0 "a rule for other addresses in the same table" of add-flow br0 'table=1,priority=40000,ip,nw_dst=11.0.0.0/8,actions=drop'
expect_translated "$per_rule" "one rule changes" of mod-flows br0 'table=1,ip,nw_dst=10.0.107.0/24,actions=output:3'
expect_translated "$per_rule" "one rule goes" of del-flows br0 'table=1,ip,nw_dst=10.0.108.0/24'
expect_translated 1 "a better rule for one address" of add-flow br0 'table=1,priority=40000,ip,nw_dst=10.0.109.9,actions=drop'
expect_translated $((10 * per_rule)) "a group changes" of -O OpenFlow13 mod-group br0 'group_id=1,type=indirect,bucket=output:3'

# What was concerned is right, and what was not, too.
expect_eq "$(weft-dpctl dump-flows | grep -c "actions:$(dp_port p3)\$")" $((11 * per_rule)) "flows to p3"
expect_eq "$(weft-dpctl dump-flows | grep -c 'actions:drop$')" $((per_rule + 1)) "flows that drop"
expect_eq "$(weft-dpctl dump-flows | grep -c "actions:$(dp_port p2)\$")" $((n_flows - 12 * per_rule - 1)) "flows to p2"

# A change of the configuration may concern everybody.
expect_translated "$n_flows" "the configuration changes" vsctl set Bridge br0 mcast_snooping_enable=false -- add-port br0 p5 -- \
    set Interface p5 type=dummy
