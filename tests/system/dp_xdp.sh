#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AF_XDP ports on veth: both modes, several queues, and all that can go wrong with a device, a mode and a queue.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping python3 ip ethtool

guest a veth-a 10.0.0.1/24 fc00::1/64
guest b veth-b 10.0.0.2/24 fc00::2/64
# AF_XDP knows no offload: what guests send must be complete.
for end in a b; do
    ns $end ethtool -K eth0 tx off tso off gso off >/dev/null
done
start_datapathd
if ! dpctl add-if ovs-system veth-a,type=afxdp 2>"$TESTDIR/error"; then
    ! grep -q 'no permission for XDP' "$TESTDIR/error" || skip "no permission for XDP here"
    fail "$(cat "$TESTDIR/error")"
fi
# program DEVICE: what XDP program is on it, "none", "native" or "generic".
program() {
    case $(sw ip link show dev "$1") in
    *xdpgeneric*) echo generic ;;
    *xdp*) echo native ;;
    *) echo none ;;
    esac
}
expect_eq "$(program veth-a)" native "the best mode of a veth"
dpctl del-if ovs-system veth-a
expect_eq "$(program veth-a)" none "after the port was deleted"

# --- Packets of all sizes, both ways; a port of another kind sends super-packets, which are cut.
both_ways() {
    cross_connect veth-a veth-b
    ns a ping -q -c 2 -i 0.2 10.0.0.2
    ns a ping -q -c 2 -i 0.2 fc00::2
    ns a ping -q -c 2 -i 0.2 -s 1400 10.0.0.2
    tcp_transfer a b 10.0.0.2
    tcp_transfer b a 10.0.0.1
    dpctl del-flows ovs-system
}
for mode in native generic best-effort; do
    dpctl add-if ovs-system "veth-a,type=afxdp,xdp-mode=$mode" "veth-b,type=afxdp,xdp-mode=$mode,n_rxq_desc=256,n_txq_desc=256"
    [ $mode = best-effort ] || expect_eq "$(program veth-a)" $mode "mode"
    [ $mode = best-effort ] || both_ways
    # The host's stack does not see what comes.
    expect_eq "$(sw cat /proc/net/snmp | awk '/^Icmp: [0-9]/ { print $2 }')" 0 "ICMP messages that the host got"
    dpctl del-if ovs-system veth-a veth-b
done
dpctl add-if ovs-system veth-a,type=afxdp veth-b
ns b ethtool -K eth0 tx on tso on gso on >/dev/null
both_ways
ns b ethtool -K eth0 tx off tso off gso off >/dev/null
dpctl del-if ovs-system veth-a veth-b
frames() { dpctl command memory/show | sed -n 's/.*frames-in-use:\([0-9]*\).*/\1/p'; }
expect_eq "$(frames)" 0 "frames in use once all ports are gone"

# --- Several queues, each polled.
sw ip link add va4 numrxqueues 4 numtxqueues 4 type veth peer name vb4 numrxqueues 4 numtxqueues 4
sw ip link set va4 up
sw ip link set vb4 up
sw ethtool -L va4 rx 4 tx 4 2>/dev/null || skip "this kernel's veth has one queue"
dpctl add-if ovs-system va4,type=afxdp
expect_eq "$(dpctl command dpif-netdev/pmd-rxq-show | grep -c 'port: va4 ')" 4 "queues of a device that has four"
dpctl del-if ovs-system va4

# --- What is refused, and why.
refused() {
    local reason=$1 error
    shift
    error=$(dpctl add-if ovs-system "$@" 2>&1) && fail "$* was not refused"
    expect_match "$error" "$reason" "why $* is refused"
}
refused 'there is no device named nosuch' nosuch,type=afxdp
refused 'has 1 receive queues, not 3' veth-a,type=afxdp,n_rxq=3
refused 'n_rxq=99: must be 1 to 16' veth-a,type=afxdp,n_rxq=99
refused 'xdp-mode=fast: must be' veth-a,type=afxdp,xdp-mode=fast
refused 'does not support xdp-mode native-with-zerocopy' veth-a,type=afxdp,xdp-mode=native-with-zerocopy
refused 'n_rxq_desc=100: must be a power of two' veth-a,type=afxdp,n_rxq_desc=100
refused 'no option "nonsense"' veth-a,type=afxdp,nonsense=1
refused 'loopback' lo,type=afxdp
refused 'queues need [0-9]+ packet buffers' va4,type=afxdp,n_rxq_desc=4096,n_txq_desc=4096
sw ip link set veth-a mtu 3000
refused 'an MTU is at most' veth-a,type=afxdp
sw ip link set veth-a mtu 1500
dpctl add-if ovs-system veth-a,type=afxdp
# Another switch on the same device.
other_datapathd() {
    WEFT_RUNDIR=$TESTDIR/other sw weft-datapathd --n-threads=1 >"$TESTDIR/other.out" 2>&1
}
mkdir "$TESTDIR/other"
background other_datapathd
other=$BACKGROUND_PID
wait_until "WEFT_RUNDIR=$TESTDIR/other weft-dpctl show"
error=$(WEFT_RUNDIR=$TESTDIR/other weft-dpctl add-if ovs-system veth-a,type=afxdp 2>&1) && fail "two switches on one device"
expect_match "$error" 'another XDP program or AF_XDP socket has the device'
stop_pid "$other"

# --- A device that vanishes and comes back.
dpctl add-if ovs-system veth-b,type=afxdp
sw ip link del veth-a
wait_until "weft-dpctl show | grep -q 'the device is gone'"
ip -n "$SWITCH" link add veth-a type veth peer name eth0 netns "$NS_PREFIX-a"
sw ip link set veth-a up
ip -n "$NS_PREFIX-a" addr add 10.0.0.1/24 dev eth0
ip -n "$NS_PREFIX-a" addr add fc00::1/64 dev eth0
ip -n "$NS_PREFIX-a" link set eth0 up
ns a ethtool -K eth0 tx off tso off gso off >/dev/null
wait_until "! weft-dpctl show | grep -q error:"
both_ways

# --- A datapath that is killed leaves nothing behind; the next one takes the devices.
daemon_kill weft-datapathd
wait_until "! ip -n $SWITCH link show | grep -q xdp"
start_datapathd
wait_until "weft-dpctl add-if ovs-system veth-a,type=afxdp"
wait_until "weft-dpctl add-if ovs-system veth-b,type=afxdp"
both_ways
daemon_stop weft-datapathd

# --- Without the right to load programs there are no such ports, and a sentence that says so; all else works.
need_tools setpriv
cat >"$TESTDIR/without" <<'END'
#!/bin/sh
exec setpriv --bounding-set -bpf,-sys_admin,-perfmon -- "$@"
END
chmod +x "$TESTDIR/without"
daemon_start weft-datapathd "$TESTDIR/without" "$builddir/datapath/weft-datapathd" --pidfile --log-file
wait_until weft-dpctl show
refused 'no permission for XDP: weft-datapathd must be started with CAP_BPF and CAP_NET_ADMIN' veth-a,type=afxdp
dpctl add-if ovs-system veth-a veth-b
cross_connect veth-a veth-b
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
grep -q 'no ports of type afxdp' "$WEFT_LOGDIR/weft-datapathd.log" || fail "the log does not say that there is no program"
