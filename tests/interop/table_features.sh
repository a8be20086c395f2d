#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests to change what tables can do: Weft takes and refuses what Open vSwitch does, with the same errors.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
. "$(dirname "$0")/ovs_dummy_lib.sh"
need_tools python3
need_ovs_dummy

start_dummy_switch
bridge br0
start_ovs_dummy
ovs add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure

timeout 60 python3 "$srcdir/tests/interop/table_features.py" "$ovs/br0.mgmt" >"$TESTDIR/wanted"
timeout 60 python3 "$srcdir/tests/interop/table_features.py" "$WEFT_RUNDIR/br0.mgmt" >"$TESTDIR/got"
diff "$TESTDIR/wanted" "$TESTDIR/got" || fail "Weft (>) answers otherwise than Open vSwitch (<)"
[ "$(wc -l <"$TESTDIR/got")" -gt 100 ] || fail "the sessions were short"
