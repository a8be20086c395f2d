#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that each source file and script has its licence line among the first three lines.
# usage: spdx.sh SRCDIR
cd "$1" || exit 1

status=0
# Build folders, which lie beside the sources, are passed over: they hold what configure and make wrote.
for file in $(find lib datapath ofproto vswitchd utilities tests scripts .ci autogen.sh quickstart.sh check.sh \
    Makefile.am configure.ac -type f 2>/dev/null | sort); do
    case $file in
    *.c | *.h | *.sh | *.py | *.mk | *.am | *.ac) ;;
    *.in | *.[0-9]) ;;
    */corpus/*) continue ;;
    *) [ "$(head -c 2 "$file" | tr -d '\0')" = '#!' ] || continue ;;
    esac
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0'; then
        echo "$file: no line with SPDX-License-Identifier: Apache-2.0 among the first three"
        status=1
    fi
done
exit $status
