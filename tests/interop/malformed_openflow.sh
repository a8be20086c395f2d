#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Malformed OpenFlow gets the specification's error, which quotes it; the connection stays where the specification keeps it,
# and other connections notice nothing.
. "$(dirname "$0")/../system/lib.sh"

start_vswitchd --enable-dummy
weft-vsctl add-br br0 -- set Bridge br0 datapath_type=dummy
python3 "$srcdir/tests/interop/malformed_openflow.py" "$WEFT_RUNDIR/br0.mgmt" || fail "wrong errors"
daemon_runs weft-vswitchd || fail "weft-vswitchd ended"
