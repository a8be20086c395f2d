#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-datapathd keeps three capabilities in all its threads, as root and as another user, and works with them; idle, it sleeps.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
need_tools ping

guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24

# expect_capabilities UID: CAP_NET_ADMIN, CAP_NET_RAW and CAP_IPC_LOCK are the bits 12, 13 and 14.
expect_capabilities() {
    local status
    for status in /proc/"${DAEMON_PID[weft-datapathd]}"/task/*/status; do
        [ "$(awk '$1 == "CapEff:" { print $2 }' "$status")" = 0000000000007000 ] ||
            [ "$(awk '$1 == "CapEff:" { print $2 }' "$status")" = 0000000000003000 ] || # where root lacks the third
            fail "capabilities in $status: $(grep Cap "$status")"
        expect_eq "$(awk '$1 == "Uid:" { print $3 }' "$status")" "$1" "user of $status"
    done
}

forward() {
    dpctl add-if ovs-system veth-a veth-b
    cross_connect veth-a veth-b
    wait_until ns a ping -q -c 1 -W 1 10.0.0.2
}

start_datapathd
forward
expect_capabilities 0
expect_match "$(dpctl command memory/show)" '^heap'

# A second without packets costs no processor time worth mentioning.
ticks() { awk '{ print $14 + $15 }' /proc/"${DAEMON_PID[weft-datapathd]}"/stat; }
before=$(ticks)
ns a ping -q -c 3 -i 0.5 10.0.0.2 >/dev/null
[ $(($(ticks) - before)) -le 20 ] || fail "$(($(ticks) - before)) ticks of processor time in 1.5 idle seconds"
daemon_stop weft-datapathd

id nobody >/dev/null 2>&1 || skip "there is no user nobody"
chmod 755 "$TESTDIR"
chown nobody "$WEFT_RUNDIR" "$WEFT_LOGDIR"
chown -R nobody "$WEFT_LOGDIR"
start_datapathd --user=nobody
forward
expect_capabilities "$(id -u nobody)"
daemon_stop weft-datapathd
