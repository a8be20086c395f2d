#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same bytes to Weft and to Open vSwitch, in every version: roles, asynchronous messages and settings of connections get the same answers.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
. "$(dirname "$0")/ovs_dummy_lib.sh"
need_tools python3
need_ovs_dummy

start_dummy_switch
bridge br0
start_ovs_dummy
ovs add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure

session() {
    timeout 60 python3 "$srcdir/tests/interop/ofp_session.py" "$1/br0.mgmt"
}
session "$ovs" >"$TESTDIR/wanted"
session "$WEFT_RUNDIR" >"$TESTDIR/got"
diff "$TESTDIR/wanted" "$TESTDIR/got" || fail "Weft (>) answers otherwise than Open vSwitch (<)"
[ "$(wc -l <"$TESTDIR/got")" -gt 800 ] || fail "the sessions were short"
daemon_stop weft-vswitchd
