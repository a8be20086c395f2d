#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Actions and fields in text become the same bytes as Debian's ovs-ofctl sends, in each version of OpenFlow, and print the same.
. "$(dirname "$0")/../system/lib.sh"
need_tools ovs-ofctl python3

python3 "$srcdir/tests/interop/ofp_text.py" "$builddir/tests/interop/ofp_text" || fail "Weft and Open vSwitch differ"
