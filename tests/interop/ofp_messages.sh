#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Messages that os-ken encodes, and some that Open vSwitch sent, read the same in weft-ofctl and in ovs-ofctl.
set -e
for tool in ovs-ofctl python3; do
    command -v "$tool" >/dev/null || { echo "needs $tool"; exit 77; }
done
# os-ken is Debian's package, which another python3 in the path would not see.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -c 'import os_ken' 2>/dev/null || { echo "needs python3-os-ken"; exit 77; }
exec "$python" "$srcdir/tests/interop/ofp_messages.py" "$builddir/utilities/weft-ofctl" "$srcdir/tests/fuzz/corpus" \
    "$builddir/tests/interop/ofp_random"
