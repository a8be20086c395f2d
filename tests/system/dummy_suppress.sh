#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ARP and neighbour discovery suppression: who asks for a known address is answered by the switch, and nobody else hears it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dummy_lib.sh"

start_dummy_switch
weft-appctl time/stop >/dev/null
bridge br0 p1 p2 p3
of add-flow br0 actions=normal

# arp PORT OP SENDER TARGET [TO]: sender and target are hosts 1 to 9.
arp() {
    receive "p$1" "eth(src=02:00:00:00:00:0$3,dst=${5:-ff:ff:ff:ff:ff:ff}),eth_type(0x0806),arp(sip=10.0.0.$3,tip=10.0.0.$4,op=$2,sha=02:00:00:00:00:0$3,tha=00:00:00:00:00:00)"
}
# solicit PORT SENDER TARGET; advertise PORT SENDER
solicit() {
    receive "p$1" "eth(src=02:00:00:00:00:0$2,dst=33:33:ff:00:00:0$3),eth_type(0x86dd),ipv6(src=fd00::$2,dst=ff02::1:ff00:$3,label=0,proto=58,tclass=0,hlimit=255,frag=no),icmpv6(type=135,code=0),nd(target=fd00::$3,sll=02:00:00:00:00:0$2,tll=00:00:00:00:00:00)"
}
advertise() {
    receive "p$1" "eth(src=02:00:00:00:00:0$2,dst=33:33:00:00:00:01),eth_type(0x86dd),ipv6(src=fd00::$2,dst=ff02::1,label=0,proto=58,tclass=0,hlimit=255,frag=no),icmpv6(type=136,code=0),nd(target=fd00::$2,sll=00:00:00:00:00:00,tll=02:00:00:00:00:0$2)"
}
expect_sent() {
    local i=0 n
    for n; do
        i=$((i + 1))
        wait_sent "p$i" "$n"
    done
}

# --- Without it questions are flooded, and nothing is kept.
arp 2 1 2 2
expect_sent 1 0 1
arp 1 1 1 2
expect_sent 1 1 2

# --- For the whole bridge.
vsctl set Bridge br0 other_config:arp-suppress=true
weft-appctl revalidator/wait
arp 2 1 2 2 # news for everybody
expect_sent 2 1 3
arp 1 1 1 2
expect_sent 3 1 3
expect_match "$(sent p1 | tail -n 1)" '^02000000000102000000000208060001080006040002''0200000000020a000002''0200000000010a000001' "the answer"
arp 1 1 1 3 # nobody knows
expect_sent 3 2 4
arp 1 1 1 2 02:00:00:00:00:02 # to the owner itself
expect_sent 3 3 4
arp 2 1 1 1 # gratuitous: the address moved
expect_sent 4 3 5
arp 1 1 1 2 # from whom? its owner asks from behind another port now
wait_until '[ "$(sent p1 | wc -l)" -ge 5 ]'

# --- A guest of which the bridge knows no longer where it is, is asked itself.
weft-appctl fdb/flush br0 >/dev/null
weft-appctl revalidator/wait
before=$(sent p3 | wc -l)
arp 1 1 1 2
wait_sent p3 $((before + 1))

# --- IPv6.
before=$(sent p1 | wc -l) p3=$(sent p3 | wc -l)
advertise 2 2
wait_sent p1 $((before + 1))
wait_sent p3 $((p3 + 1))
solicit 1 1 2
wait_sent p1 $((before + 2))
expect_match "$(sent p1 | tail -n 1)" \
    '^02000000000102000000000286dd6000000000203afffd000000000000000000000000000002fd0000000000000000000000000000018800....60000000fd0000000000000000000000000000020201020000000002$' \
    "the advertisement"
wait_sent p3 $((p3 + 1))

# --- For one port: only what is behind it is answered for.
vsctl remove Bridge br0 other_config arp-suppress -- set Port p3 other_config:arp-suppress=true
weft-appctl revalidator/wait
arp 3 1 3 3
arp 2 1 2 2
weft-appctl revalidator/wait
before=$(sent p3 | wc -l)
arp 1 1 1 3
arp 1 1 1 2
wait_sent p3 $((before + 1))
