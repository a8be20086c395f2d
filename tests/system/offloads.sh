#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Offloads between all kinds of ports: system (veth), tap, internal, AF_XDP, vhost-user with offloads and without, and a VXLAN tunnel. From
# each to each, and to all at once, super-packets and packets whose checksums are owed; what comes out has the right bytes and checksums.
. "$(dirname "$0")/lib.sh"
need_root
need_tools ip python3 ethtool
peer=$srcdir/tests/system/offload_peer.py
pipe=$builddir/tests/system/vhost_pipe

vsctl() {
    weft-vsctl --timeout=20 "$@"
}
switch_ns
start_vswitchd
guest n0 veth0
guest n3 veth3
guest n6 veth6 172.16.0.2/24
ns_add n1 n2
ns n3 ethtool -K eth0 tx off tso off gso off >/dev/null # AF_XDP knows no offload
vsctl add-br br-phy -- add-port br-phy veth6
sw ip addr add 172.16.0.1/24 dev br-phy
sw ip link set br-phy up
ns n6 ip link add vx type vxlan id 77 remote 172.16.0.1 dstport 4789
ns n6 ip link set vx up mtu 1450
vsctl add-br br0 -- add-port br0 veth0 -- add-port br0 tap1 -- set Interface tap1 type=tap -- add-port br0 int2 -- set Interface int2 type=internal \
    -- add-port br0 v4 -- set Interface v4 type=dpdkvhostuserclient options:vhost-server-path="$TESTDIR/v4" \
    -- add-port br0 v5 -- set Interface v5 type=dpdkvhostuserclient options:vhost-server-path="$TESTDIR/v5" \
    -- add-port br0 vx -- set Interface vx type=vxlan options:remote_ip=172.16.0.2 options:key=77
sw ip link set tap1 netns "$NS_PREFIX-n1"
sw ip link set int2 netns "$NS_PREFIX-n2"
ns n1 ip link set tap1 up
ns n2 ip link set int2 up
kinds=(system tap internal afxdp vhost vhost-plain vxlan)
numbers="0 1 2 3 4 5 6"
vsctl add-port br0 veth3 -- set Interface veth3 type=afxdp
if [ "$(vsctl get Interface veth3 error)" != '[]' ]; then
    echo "without AF_XDP: $(vsctl get Interface veth3 error)"
    vsctl del-port veth3
    numbers="0 1 2 4 5 6"
fi
wait_until ns n6 ping -q -c 1 -W 1 172.16.0.1

# Each end says hello, from which the switch learns where it is.
for n in $numbers; do
    case $n in
    0 | 3) background ns n$n python3 "$peer" $n eth0 "$TESTDIR" ;;
    1) background ns n1 python3 "$peer" 1 tap1 "$TESTDIR" ;;
    2) background ns n2 python3 "$peer" 2 int2 "$TESTDIR" ;;
    4) background python3 "$peer" 4 "$pipe:$TESTDIR/v4:offload" "$TESTDIR" ;;
    5) background python3 "$peer" 5 "$pipe:$TESTDIR/v5:plain" "$TESTDIR" ;;
    6) background ns n6 python3 "$peer" 6 vx "$TESTDIR" ;;
    esac
done
for n in $numbers; do
    wait_until "weft-appctl fdb/show br0 | grep -q '02:00:00:00:00:0$n'"
done

# One kind of packet after the other, so that what it is cut into fits a guest's ring. Nobody sends what his device did not agree to: the
# plain guest takes only.
for from in ${numbers/5/}; do
    for kind in tcp4-super tcp6-super tcp4-partial udp6-partial; do
        echo "$kind ${numbers/$from/}" >"$TESTDIR/go.$from"
        mv "$TESTDIR/go.$from" "$TESTDIR/go$from"
        for to in ${numbers/$from/}; do
            wait_until "grep -q ^bad '$TESTDIR/got$to' || [ \$(grep -c '^$from $kind' '$TESTDIR/got$to') = 2 ]"
            ! grep -q '^bad' "$TESTDIR/got$to" || fail "${kinds[from]} to ${kinds[to]}: $(grep ^bad "$TESTDIR/got$to")"
        done
    done
    echo "from ${kinds[from]}: all arrived"
done
expect_eq "$(weft-dpctl -m drops | awk '$1 == "bad_offload" { print $2 }')" 0 "packets with offloads that make no sense"
wait_until "weft-dpctl command memory/show | grep -q 'tails-in-use:0'"
