#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packet buffers lie in huge pages where the machine has enough free ones, and else in ordinary ones, which the log and memory/show tell;
# packets are forwarded in either.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dp_lib.sh"
need_root
pages=/proc/sys/vm/nr_hugepages
[ -w $pages ] || skip "needs $pages"

guest a veth-a 10.0.0.1/24
guest b veth-b 10.0.0.2/24

forward() {
    dpctl add-if ovs-system veth-a veth-b
    cross_connect veth-a veth-b
    wait_until ns a ping -q -c 1 -W 1 10.0.0.2
}

told='packet buffers lie in ordinary pages: too few huge pages are free'
had=$(cat $pages)
restore() { echo "$had" >$pages; }
on_exit restore

echo 0 >$pages
[ "$(awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo)" = 0 ] || skip "others use huge pages here"
start_datapathd
expect_match "$(dpctl command memory/show)" 'huge-pages:0'
grep -q "$told" "$WEFT_LOGDIR/weft-datapathd.log" || fail "the log does not tell that there are no huge pages"
forward
daemon_stop weft-datapathd

# Frames and tails of 2,048 buffers; room for another program that starts meanwhile.
echo 256 >$pages
[ "$(awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo)" -ge 128 ] || skip "this machine has no huge pages to give"
rm "$WEFT_LOGDIR/weft-datapathd.log"
start_datapathd --n-frames=2048
expect_match "$(dpctl command memory/show)" 'huge-pages:1'
! grep -q "$told" "$WEFT_LOGDIR/weft-datapathd.log" || fail "the log tells of ordinary pages"
forward
daemon_stop weft-datapathd
