# SPDX-License-Identifier: Apache-2.0
# What the tests with tunnels share: hosts, each a namespace with a Weft of its own, on one wire. A test begins with
#
#     . "$(dirname "$0")/lib.sh"
#     . "$(dirname "$0")/tunnel_lib.sh"

# on HOST COMMAND...: runs it in the host's namespace, against the host's Weft.
on() {
    local host=$1
    shift
    WEFT_RUNDIR=$TESTDIR/$host/run WEFT_DBDIR=$TESTDIR/$host/db WEFT_LOGDIR=$WEFT_LOGDIR \
        ip netns exec "$NS_PREFIX-$host" "$@"
}

# wire: what all hosts are on: a Linux bridge in a namespace of its own.
wire() {
    ns_add wire
    ns wire ip link add wire type bridge
    ns wire ip link set wire up
}

# host NAME NUMBER: a namespace whose eth0 is on the wire.
host() {
    ns_add "$1"
    ip -n "$NS_PREFIX-wire" link add "w$2" type veth peer name eth0 netns "$NS_PREFIX-$1"
    ns wire ip link set "w$2" master wire up
    ns "$1" ip link set eth0 up
}

# start_weft HOST: both daemons.
start_weft() {
    mkdir -p "$TESTDIR/$1/run" "$TESTDIR/$1/db"
    # No function in between: what is started must be the child itself, so that it can be killed.
    WEFT_RUNDIR=$TESTDIR/$1/run WEFT_DBDIR=$TESTDIR/$1/db ip netns exec "$NS_PREFIX-$1" \
        weft-vswitchd --pidfile --log-file="$WEFT_LOGDIR/$1.log" >>"$WEFT_LOGDIR/$1.out" 2>&1 </dev/null &
    DAEMON_PID[$1]=$!
    on_exit "'$srcdir/scripts/stop-daemon.sh' '$TESTDIR/$1/run/weft-datapathd.pid'"
    on_exit "stop_pid ${DAEMON_PID[$1]}"
    wait_until "on $1 weft-vsctl --timeout=5 show"
}

# weft_host NAME NUMBER: a host with Weft: eth0 is a port of br-phy, whose local port has the addresses 172.16.0.NUMBER and fd16::NUMBER;
# br0 is the tenants' bridge.
weft_host() {
    host "$1" "$2"
    start_weft "$1"
    on "$1" weft-vsctl add-br br-phy -- add-port br-phy eth0 -- add-br br0
    ns "$1" ip addr add "172.16.0.$2/24" dev br-phy
    ns "$1" ip addr add "fd16::$2/64" dev br-phy
    ns "$1" ip link set br-phy up
}

# kernel_host NAME NUMBER: one with the kernel's tunnels.
kernel_host() {
    host "$1" "$2"
    ns "$1" ip addr add "172.16.0.$2/24" dev eth0
    ns "$1" ip addr add "fd16::$2/64" dev eth0
}

# tenant HOST GUEST DEVICE ADDRESS [OPTION...]: a guest on the host's br0; the options are the port's.
tenant() {
    local host=$1 guest=$2 device=$3 address=$4
    shift 4
    ns_add "$guest"
    ip -n "$NS_PREFIX-$host" link add "$device" type veth peer name eth0 netns "$NS_PREFIX-$guest"
    ns "$host" ip link set "$device" up
    ns "$guest" ip addr add "$address/24" dev eth0
    ns "$guest" ip addr add "fd00::${address##*.}/64" dev eth0
    ns "$guest" ip link set eth0 up
    on "$host" weft-vsctl add-port br0 "$device" "$@"
}

# pings FROM ADDRESS SIZE...
pings() {
    local from=$1 address=$2 size
    shift 2
    wait_until ns "$from" ping -c 1 -W 1 "$address"
    for size; do
        ns "$from" ping -q -c 2 -i 0.01 -W 2 -s "$size" "$address" >/dev/null || fail "$from: ping -s $size $address"
    done
}

# tcp FROM TO ADDRESS [BYTES]
tcp() {
    background ns "$2" iperf3 -s -1 -p 5201
    wait_until "ns $2 ss -ltn | grep -q :5201"
    ns "$1" iperf3 -c "$3" -p 5201 -n "${4:-20M}" --json >"$TESTDIR/iperf.json" || fail "TCP from $1 to $3"
    wait "$BACKGROUND_PID" || fail "iperf3 server of $2"
}

# content FROM TO ADDRESS: what TCP brings is what was sent.
content() {
    local out sent
    background ns "$2" python3 "$srcdir/tests/system/byte_stream.py" receive "$3" 7777
    out=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
    wait_until grep -q ready "$out"
    sent=$(ns "$1" python3 "$srcdir/tests/system/byte_stream.py" send "$3" 7777 20000000) || fail "TCP from $1 to $3"
    wait "$BACKGROUND_PID" || fail "the receiver of $2: $(cat "$out")"
    expect_eq "$(tail -n 1 "$out")" "$sent" "what $2 received from $1"
}
