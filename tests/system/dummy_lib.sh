# SPDX-License-Identifier: Apache-2.0
# What the tests with dummy ports share: a switch that needs no privilege and no device, whose clock the test sets, and
# whose ports take packets by command and record what they send. A test begins with
#
#     . "$(dirname "$0")/lib.sh"
#     . "$(dirname "$0")/dummy_lib.sh"
#     start_dummy_switch

start_dummy_switch() {
    start_vswitchd --enable-dummy
}

# of COMMAND...: weft-ofctl.
of() {
    timeout 20 weft-ofctl "$@"
}

# vsctl COMMAND...: weft-vsctl, which waits for the switch to follow.
vsctl() {
    weft-vsctl --timeout=20 "$@"
}

# bridge NAME PORT...: a bridge without flows. Ports with a number at the end (p7, x12) get it as their OpenFlow port.
bridge() {
    local name=$1 port args=()
    shift
    for port; do
        args+=(-- add-port "$name" "$port" -- set Interface "$port" type=dummy options:tx_pcap="$TESTDIR/$port.pcap"
            ofport_request="${port##*[a-z]}")
    done
    vsctl add-br "$name" -- set Bridge "$name" datapath_type=dummy fail_mode=secure "${args[@]}"
}

# receive PORT FLOW|HEX...: the packets arrive at the port, one after the other.
receive() {
    weft-appctl netdev-dummy/receive "$@" >/dev/null
}

# sent PORT: the packets that the port sent, one a line, in hexadecimal.
sent() {
    python3 - "$TESTDIR/$1.pcap" <<'END'
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 24
while at + 16 <= len(data):
    n = struct.unpack_from("<I", data, at + 8)[0]
    print(data[at + 16:at + 16 + n].hex())
    at += 16 + n
END
}

# wait_sent PORT NUMBER: until the port has sent that many packets in all.
wait_sent() {
    wait_until "[ \$(sent $1 | wc -l) -ge $2 ]"
    expect_eq "$(sent "$1" | wc -l)" "$2" "packets sent by $1"
}

# trace BRIDGE FLOW [OPTION...]: what would happen to such a packet.
trace() {
    weft-appctl ofproto/trace "$@" | tee "$TESTDIR/trace"
}

# expect_actions BRIDGE FLOW ACTIONS: the datapath actions of a trace.
expect_actions() {
    expect_eq "$(trace "$1" "$2" | sed -n 's/^Datapath actions: //p')" "$3" "actions of $2 ($(cat "$TESTDIR/trace"))"
}

# dp_port NAME: its number in the datapath.
dp_port() {
    weft-dpctl show | sed -n "s/^ *port \([0-9]*\): $1\( .*\)\?$/\1/p"
}

# packets BRIDGE PATTERN: the packet counter of the OpenFlow flow whose text the pattern matches.
packets() {
    of dump-flows "$1" | sed -n "/$2/s/.*n_packets=\([0-9]*\).*/\1/p"
}

# drops REASON: how many packets the datapath dropped for it.
drops() {
    weft-dpctl drops | awk -v reason="$1" '$1 == reason { n = $2 } END { print n + 0 }'
}

# warp MS: the clock jumps, and what is due happens.
warp() {
    weft-appctl time/warp "$@" >/dev/null
}

# udp SRC DST [TTL]: a flow, in the datapath's words, of a UDP packet between hosts 1 to 9.
udp() {
    echo "eth(src=02:00:00:00:00:0$1,dst=02:00:00:00:00:0$2),eth_type(0x0800),ipv4(src=10.0.0.$1,dst=10.0.0.$2,proto=17,tos=0,ttl=${3:-64},frag=no),udp(src=1000,dst=2000)"
}
