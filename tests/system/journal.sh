#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The configuration survives a restart; a damaged journal starts with its last whole transaction, and the log says what was dropped.
. "$(dirname "$0")/lib.sh"

start_vswitchd --enable-dummy
weft-vsctl add-br br0 -- set Bridge br0 datapath_type=dummy
weft-vsctl add-port br0 p1 -- set Interface p1 type=dummy ofport_request=9
weft-vsctl add-port br0 p2 -- set Interface p2 type=dummy
daemon_stop weft-vswitchd

start_vswitchd --enable-dummy
expect_eq "$(weft-vsctl list-ports br0 | xargs)" "p1 p2" "ports after a restart"
expect_eq "$(weft-vsctl get Interface p1 ofport)" 9 "port number after a restart"
daemon_kill weft-vswitchd

# A torn tail: the last record lacks its end.
journal=$WEFT_DBDIR/conf.db
size=$(stat -c %s "$journal")
start_vswitchd --enable-dummy
weft-vsctl --no-wait set Bridge br0 external_ids:torn=yes
daemon_kill weft-vswitchd
[ "$(stat -c %s "$journal")" -gt "$size" ] || fail "the journal did not grow"
truncate -s -5 "$journal"
start_vswitchd --enable-dummy
expect_eq "$(weft-vsctl list-ports br0 | xargs)" "p1 p2" "ports after a torn tail"
expect_match "$(cat "$WEFT_LOGDIR/weft-vswitchd.log")" 'conf.db.*(drop|damag|ignor|trunc)' "the log"
