#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AF_XDP ports as they are configured: through the database, with changes of mode and what is wrong in "error".
. "$(dirname "$0")/lib.sh"
need_root
need_tools ping ethtool

guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24
for end in a b; do
    ns $end ethtool -K eth0 tx off tso off gso off >/dev/null
done
start_vswitchd
weft-vsctl --timeout=20 add-br br0 -- add-port br0 veth-a -- set Interface veth-a type=afxdp -- add-port br0 veth-b -- set Interface veth-b type=afxdp options:xdp-mode=generic
error=$(weft-vsctl get Interface veth-a error)
[[ $error != *"no permission for XDP"* ]] || skip "no permission for XDP here"
expect_eq "$error" '[]' "error"
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
sw ip link show dev veth-b | grep -q xdpgeneric || fail "veth-b is not in generic mode"

# The bridge's own address is the lowest of its devices', as with other ports for devices.
lowest=$(sw cat /sys/class/net/veth-a/address /sys/class/net/veth-b/address | sort | head -n 1)
wait_until "[ \"\$(sw cat /sys/class/net/br0/address)\" = $lowest ]"

# status NAME KEY
status() {
    weft-vsctl --if-exists get Interface "$1" status:"$2" | tr -d '"'
}
wait_until "[ \"\$(status veth-a xdp-mode)\" = native ]"
wait_until "[ \"\$(status veth-b xdp-mode)\" = generic ]"
expect_eq "$(status veth-a n_rxq) $(status veth-a n_txq) $(status veth-a use-need-wakeup)" "1 1 true" "status"

# --- Another mode, other rings, under the same port.
weft-vsctl --timeout=20 set Interface veth-b options:xdp-mode=native options:n_rxq_desc=128
expect_eq "$(weft-vsctl get Interface veth-b error)" '[]' "error"
! sw ip link show dev veth-b | grep -q xdpgeneric || fail "veth-b is still in generic mode"
wait_until "[ \"\$(status veth-b xdp-mode)\" = native ]"
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
weft-appctl dpif-netdev/pmd-rxq-show | grep -q 'port: veth-b ' || fail "veth-b is not polled"

# --- What is wrong, and right again.
weft-vsctl --timeout=20 set Interface veth-b options:xdp-mode=fast
expect_match "$(weft-vsctl get Interface veth-b error)" 'xdp-mode=fast: must be best-effort, native-with-zerocopy, native or generic'
weft-vsctl --timeout=20 remove Interface veth-b options xdp-mode
expect_eq "$(weft-vsctl get Interface veth-b error)" '[]' "error once the option is gone"
wait_until ns a ping -q -c 1 -W 1 10.0.0.2
sw ip link del veth-b
wait_until "weft-vsctl get Interface veth-b error | grep -q 'device is gone'"
wait_until "[ -z \"\$(status veth-b xdp-mode)\" ]"

# --- The control program goes and comes back, and nothing happens to the port.
weft-vsctl del-port br0 veth-b
guest c veth-b 10.0.0.3/24
ns c ethtool -K eth0 tx off tso off gso off >/dev/null
weft-vsctl --timeout=20 add-port br0 veth-b -- set Interface veth-b type=afxdp
wait_until ns a ping -q -c 1 -W 1 10.0.0.3
daemon_kill weft-vswitchd
start_vswitchd
ns a ping -q -c 3 -i 0.2 10.0.0.3
expect_eq "$(weft-vsctl get Interface veth-b error)" '[]' "error after a restart"

# --- Several queues, as many as are asked for, each on its thread.
sw ip link add va4 numrxqueues 4 numtxqueues 4 type veth peer name vb4 numrxqueues 4 numtxqueues 4
sw ip link set va4 up
sw ip link set vb4 up
if sw ethtool -L va4 rx 4 tx 4 2>/dev/null; then
    weft-vsctl --timeout=20 add-port br0 va4 -- set Interface va4 type=afxdp
    wait_until "[ \"\$(status va4 n_rxq)\" = 4 ]"
    expect_eq "$(weft-appctl dpif-netdev/pmd-rxq-show | grep -c 'port: va4 ')" 4 "queues"
    weft-vsctl --timeout=20 set Interface va4 options:n_rxq=2
    wait_until "[ \"\$(status va4 n_rxq)\" = 2 ]"
    expect_eq "$(weft-appctl dpif-netdev/pmd-rxq-show | grep -c 'port: va4 ')" 2 "queues that were asked for"
    expect_eq "$(weft-vsctl get Interface va4 error)" '[]' "error with two queues"
fi
weft-vsctl --timeout=20 del-br br0
! sw ip link show | grep -q xdp || fail "a program is left behind"
