# SPDX-License-Identifier: Apache-2.0
# What the tests of weft-datapathd without a control program share; read after lib.sh.

dpctl() {
    weft-dpctl --timeout=20 "$@"
}

# monitor_start: records the port events from now on in the file $monitor_out.
monitor_start() {
    monitor_out=$WEFT_LOGDIR/background-${#BACKGROUND_PIDS[@]}.out
    background dpctl monitor
    wait_until "grep -q '^watching' '$monitor_out'"
}

# port_stat NAME rx_packets|rx_bytes|tx_packets|tx_bytes|rx_dropped|tx_dropped
port_stat() {
    dpctl -s show | awk -v name="$1" -v what="$2" '
        $1 == "port" { here = $3 == name }
        here && $1 == "RX" && $2 ~ /^packets/ { split($2, a, ":"); v["rx_packets"] = a[2]; split($4, a, ":"); v["rx_dropped"] = a[2] }
        here && $1 == "TX" && $2 ~ /^packets/ { split($2, a, ":"); v["tx_packets"] = a[2]; split($4, a, ":"); v["tx_dropped"] = a[2] }
        here && $1 == "RX" && $2 ~ /^bytes/ { split($2, a, ":"); v["rx_bytes"] = a[2]; split($4, a, ":"); v["tx_bytes"] = a[2] }
        END { printf "%.0f\n", v[what] + 0 }'
}

# drop_count REASON
drop_count() {
    dpctl -m drops | awk -v name="$1" '$1 == name { print $2 }'
}

# cross_connect A B: everything that comes in on one port goes out of the other.
cross_connect() {
    dpctl add-flow "in_port($1)" "$2"
    dpctl add-flow "in_port($2)" "$1"
}

# mean_size NAME rx|tx: bytes per packet since the switch was started.
mean_size() {
    echo $(($(port_stat "$1" "$2_bytes") / $(port_stat "$1" "$2_packets")))
}

# udp_segments FROM TO ADDRESS: one send of 28,000 bytes that is cut into datagrams of 1,400 as late as possible; all must arrive, whole.
udp_segments() {
    rm -f "$TESTDIR/listening"
    background ns "$2" timeout 20 python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 7778))
s.settimeout(10)
open(sys.argv[2], "w").close()
for i in range(20):
    data = s.recv(65536)
    assert data == bytes([i]) * 1400, (i, len(data))' "$3" "$TESTDIR/listening"
    wait_until "[ -e '$TESTDIR/listening' ]"
    ns "$1" python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1400) # UDP_SEGMENT
s.sendto(b"".join(bytes([i]) * 1400 for i in range(20)), (sys.argv[1], 7778))' "$3"
    wait "$BACKGROUND_PID" || fail "UDP segments did not arrive whole in $2"
}

# tcp_transfer FROM TO ADDRESS: sends 64 MiB over TCP from namespace to namespace and checks that they arrive.
tcp_transfer() {
    rm -f "$TESTDIR/listening"
    background ns "$2" python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family)
s.bind((sys.argv[1], 7777))
s.listen()
open(sys.argv[2], "w").close()
c, _ = s.accept()
n = 0
while True:
    data = c.recv(1 << 20)
    if not data:
        break
    n += len(data)
c.sendall(b"%d" % n)' "$3" "$TESTDIR/listening"
    wait_until "[ -e '$TESTDIR/listening' ]"
    local got
    got=$(ns "$1" timeout 60 python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family)
s.connect((sys.argv[1], 7777))
block = bytes(1 << 20)
for i in range(64):
    s.sendall(block)
s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())' "$3")
    expect_eq "$got" $((64 << 20)) "bytes received over TCP by $2"
}
