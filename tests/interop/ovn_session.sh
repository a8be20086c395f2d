#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The four connections of OVN's controller, in OpenFlow 1.5: of its flows only those are refused that need connection tracking or
# sampling, the others are installed in one bundle, and a packet comes to the controller and is resumed.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools ovs-ofctl
/usr/bin/python3 -c 'import os_ken.ofproto.ofproto_v1_5' 2>/dev/null || skip "needs os-ken (python3-os-ken)"
export PYTHONDONTWRITEBYTECODE=1

start_dummy_switch
bridge br0 p1 p2 p3
timeout 100 /usr/bin/python3 "$srcdir/tests/interop/ovn_session.py" "$WEFT_RUNDIR/br0.mgmt" "$srcdir/tests/interop/ovn_flows.txt" "$TESTDIR"
daemon_stop weft-vswitchd
