#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TLS with real peers: ovs-ofctl, ovs-vsctl, ovsdb-client and os-ken over ssl, in both directions; and peers that must not get in.
. "$(dirname "$0")/../system/lib.sh"
need_root
need_tools openssl ovs-ofctl ovs-vsctl ovsdb-client ip
switch_ns

# issue CA NAME: a key and a certificate that the CA vouches for.
pki=$TESTDIR/pki
mkdir "$pki"
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$pki/$1-key.pem" -out "$pki/$1.pem" 2>/dev/null
}
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
        -keyout "$pki/$2-privkey.pem" -out "$pki/$2.csr" 2>/dev/null
    openssl x509 -req -in "$pki/$2.csr" -CA "$pki/$1.pem" -CAkey "$pki/$1-key.pem" -CAcreateserial -days 2 \
        -out "$pki/$2-cert.pem" 2>/dev/null
}
make_ca ca
make_ca other
issue ca sw
issue ca peer
issue other foreign
peer=(-p "$pki/peer-privkey.pem" -c "$pki/peer-cert.pem" -C "$pki/ca.pem")
foreign=(-p "$pki/foreign-privkey.pem" -c "$pki/foreign-cert.pem" -C "$pki/ca.pem")

start_vswitchd --enable-dummy
weft-vsctl set-ssl "$pki/sw-privkey.pem" "$pki/sw-cert.pem" "$pki/ca.pem"
expect_match "$(weft-vsctl get-ssl)" "^Private key: $pki/sw-privkey.pem"
weft-vsctl add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure -- set-manager pssl:6640:127.0.0.1

# The database, asked by OVS's tools and by our own.
db=ssl:127.0.0.1:6640
expect_eq "$(sw ovs-vsctl --timeout=10 --db=$db "${peer[@]}" list-br)" br0 "bridges that ovs-vsctl sees"
expect_eq "$(sw weft-vsctl --timeout=10 --db=$db "${peer[@]}" list-br)" br0 "bridges that weft-vsctl sees"
expect_match "$(sw ovsdb-client "${peer[@]}" list-dbs $db)" '^Open_vSwitch$'
sw ovs-vsctl --timeout=10 --db=$db "${peer[@]}" add-br br1 -- set Bridge br1 datapath_type=dummy
weft-vsctl br-exists br1 || fail "what ovs-vsctl did over TLS is not there"
expect_eq "$(weft-vsctl get Manager . status:bound_port)" '"6640"' "port of the manager"
big=$(head -c 2000000 /dev/zero | tr '\0' x)
sw ovsdb-client -t 20 "${peer[@]}" transact $db "$(printf '["Open_vSwitch",{"op":"comment","comment":"%.100000s"}]' "$big")" >/dev/null

# Strangers do not get in, and are told why; the others do not notice.
expect_fails sw ovs-vsctl --timeout=10 --db=$db "${foreign[@]}" list-br
expect_fails sw weft-vsctl --timeout=10 --db=$db "${foreign[@]}" list-br
expect_match "$(cat "$TESTDIR/stderr")" 'the peer refuses it \(unknown CA\)' "message of weft-vsctl"
expect_fails sw weft-vsctl --timeout=10 --db=$db -p "$pki/peer-privkey.pem" -c "$pki/peer-cert.pem" -C "$pki/other.pem" list-br
expect_match "$(cat "$TESTDIR/stderr")" "the peer's certificate is not accepted" "message of weft-vsctl"
expect_fails sw timeout 10 openssl s_client -ign_eof -connect 127.0.0.1:6640 -CAfile "$pki/ca.pem" </dev/null
expect_fails sw timeout 10 openssl s_client -ign_eof -tls1_1 -cipher ALL:@SECLEVEL=0 -connect 127.0.0.1:6640 -CAfile "$pki/ca.pem" \
    -key "$pki/peer-privkey.pem" -cert "$pki/peer-cert.pem" </dev/null
expect_match "$(cat "$WEFT_LOGDIR/weft-vswitchd.log")" "the peer's certificate is not accepted \(unable to get local issuer" "log"
expect_match "$(cat "$WEFT_LOGDIR/weft-vswitchd.log")" "the peer presents no certificate" "log"

# A peer of TLS 1.2 may not ask for another handshake on its connection, which would cost it little and the switch much. (A line that begins
# with R makes s_client ask.)
renegotiate() {
    echo R | sw timeout 20 openssl s_client -tls1_2 -connect "$1" -CAfile "$pki/ca.pem" -key "$pki/peer-privkey.pem" \
        -cert "$pki/peer-cert.pem" >"$TESTDIR/renegotiate" 2>&1
}
expect_fails renegotiate 127.0.0.1:6640
expect_match "$(cat "$TESTDIR/renegotiate")" 'Verify return code: 0 \(ok\)' "the first handshake of TLS 1.2"
expect_match "$(cat "$TESTDIR/renegotiate")" RENEGOTIATING "the peer that asked for another handshake"
expect_match "$(cat "$TESTDIR/renegotiate")" 'no renegotiation' "the answer to another handshake"
expect_eq "$(sw ovs-vsctl --timeout=10 --db=$db "${peer[@]}" br-exists br0 && echo yes)" yes "the others meanwhile"

# OpenFlow, with the switch as the server.
weft-vsctl set-controller br0 pssl:6653:127.0.0.1
of=ssl:127.0.0.1:6653
for tool in ovs-ofctl weft-ofctl; do
    wait_until sw $tool -t 5 "${peer[@]}" show $of
    sw $tool -t 10 "${peer[@]}" add-flow $of "priority=7,actions=drop"
    expect_match "$(sw $tool -t 10 "${peer[@]}" dump-flows $of)" 'priority=7 actions=drop' "flows that $tool sees"
    sw $tool -t 10 "${peer[@]}" del-flows $of
    expect_fails sw $tool -t 10 "${foreign[@]}" show $of
done
# A reply of many records of TLS: a thousand flows.
for i in $(seq 1000); do echo "priority=$i,dl_src=02:00:00:00:$((i / 100 + 10)):$((i % 90 + 10)),actions=drop"; done |
    sw ovs-ofctl -t 20 "${peer[@]}" add-flows $of -
expect_eq "$(sw ovs-ofctl -t 20 "${peer[@]}" dump-flows $of | grep -c priority)" 1000 "flows over TLS"
weft-ofctl del-flows br0

# The tools learn the CA certificate from the switch, which sends it along.
sw weft-ofctl -t 10 -p "$pki/peer-privkey.pem" -c "$pki/peer-cert.pem" --bootstrap-ca-cert="$TESTDIR/learned.pem" show $of >/dev/null
cmp "$TESTDIR/learned.pem" "$pki/ca.pem" || fail "weft-ofctl learned another CA certificate"

# New files take effect, without a word: the switch is now known to nobody.
issue other sw
expect_fails sw ovs-ofctl -t 10 "${peer[@]}" show $of
issue ca sw
sw ovs-ofctl -t 10 "${peer[@]}" show $of >/dev/null

# OpenFlow, with the switch as the client; it learns the CA certificate by bootstrap.
if /usr/bin/python3 -c 'import os_ken.cmd.manager' 2>/dev/null; then
    export OS_KEN_EVENTS=$TESTDIR/events OS_KEN_VERSION=1.3
    : >"$OS_KEN_EVENTS"
    cat "$pki/peer-cert.pem" "$pki/ca.pem" >"$pki/chain.pem"
    weft-vsctl -- --bootstrap set-ssl "$pki/sw-privkey.pem" "$pki/sw-cert.pem" "$TESTDIR/booted.pem"
    daemon_start os-ken /usr/bin/python3 -c 'from os_ken.cmd.manager import main; main()' \
        --ofp-ssl-listen-port 6654 --ofp-listen-host 127.0.0.1 --ctl-privkey "$pki/peer-privkey.pem" \
        --ctl-cert "$pki/chain.pem" --ca-certs "$pki/ca.pem" "$srcdir/tests/interop/os_ken_switch.py"
    weft-vsctl set Bridge br0 protocols=OpenFlow13 -- set-controller br0 ssl:127.0.0.1:6654 \
        -- set Controller br0 max_backoff=1000
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
    wait_until grep -q '^features' "$OS_KEN_EVENTS"
    cmp "$TESTDIR/booted.pem" "$pki/ca.pem" || fail "the switch learned another CA certificate"
    expect_eq "$(stat -c %a "$TESTDIR/booted.pem")" 444 "mode of the CA certificate"

    # A controller that is not who it should be: the row says so.
    daemon_stop os-ken
    issue other imp
    daemon_start os-ken /usr/bin/python3 -c 'from os_ken.cmd.manager import main; main()' \
        --ofp-ssl-listen-port 6654 --ofp-listen-host 127.0.0.1 --ctl-privkey "$pki/imp-privkey.pem" \
        --ctl-cert "$pki/imp-cert.pem" --ca-certs "$pki/ca.pem" "$srcdir/tests/interop/os_ken_switch.py"
    wait_until "weft-vsctl get Controller . status:last_error | grep -q 'is not accepted (unable to get local issuer'"
    daemon_stop os-ken
else
    echo "not tried: os-ken over ssl (needs python3-os-ken)"
fi

# A manager that the switch connects to: ovsdb-client listens.
weft-vsctl set-ssl "$pki/sw-privkey.pem" "$pki/sw-cert.pem" "$pki/ca.pem" -- set-manager ssl:127.0.0.1:6641
expect_match "$(sw timeout 20 ovsdb-client "${peer[@]}" list-dbs pssl:6641:127.0.0.1)" '^Open_vSwitch$' "active manager"

# ovs-ofctl snoop sees what is said to controllers, decrypted.
weft-vsctl del-manager -- set-controller br0 pssl:6653:127.0.0.1 -- set Bridge br0 protocols=[] -- set Controller br0 type=primary
background sw timeout 20 ovs-ofctl snoop br0
snooped=$WEFT_LOGDIR/background-$((${#BACKGROUND_PIDS[@]} - 1)).out
wait_until "sw ss -xH state connected | grep -q br0.snoop"
sw ovs-ofctl -t 10 "${peer[@]}" add-flow $of priority=77,actions=drop
wait_until "grep -q 'FLOW_MOD.*priority=77' $snooped"

# Garbage ends one connection, in words; the others go on.
weft-vsctl set-controller br0 pssl:6653:127.0.0.1 ptcp:6655:127.0.0.1
sw bash -c 'exec 3<>/dev/tcp/127.0.0.1/6655; printf "\1\0\0\10\0\0\0\1\1\2\0\3garbage" >&3; timeout 10 cat <&3 >/dev/null'
wait_until grep -q 'the peer sent what is not OpenFlow' "$WEFT_LOGDIR/weft-vswitchd.log"
sw ovs-ofctl -t 10 "${peer[@]}" dump-flows $of >/dev/null

# Without keys the error is in words.
weft-vsctl del-ssl -- set-controller br0 ssl:127.0.0.1:6699
wait_until "weft-vsctl get Controller . status:last_error | grep -q 'refused\|no private key is configured'"
daemon_stop weft-vswitchd

# The same by the daemon's options, as ovsdb-server has them; only TLS 1.3.
cd "$pki"
start_vswitchd --enable-dummy --remote=pssl:6640:127.0.0.1 -p sw-privkey.pem -c sw-cert.pem -C ca.pem --ssl-protocols=TLSv1.3
cd "$TESTDIR"
expect_eq "$(sw ovs-vsctl --timeout=10 --db=$db "${peer[@]}" br-exists br0 && echo yes)" yes "the bridge that ovs-vsctl sees"
expect_fails sw weft-vsctl --timeout=10 --db=$db "${peer[@]}" --ssl-protocols=TLSv1.2 list-br
expect_fails weft-vswitchd --ssl-protocols=SSLv3
expect_match "$(cat "$TESTDIR/stderr")" 'SSLv3.*is not a version of TLS'
daemon_stop weft-vswitchd
