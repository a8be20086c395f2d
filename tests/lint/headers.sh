#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that each header compiles alone.
# usage: headers.sh SRCDIR, with "builddir" in the environment where configure was run elsewhere
cd "$1" || exit 1
build=${builddir:-$1}

flags="-std=gnu11 -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror"
flags="$flags -I. -I$build -D_GNU_SOURCE -D_LGPL_SOURCE -DRCU_QSBR"
[ -f "$build/config.h" ] && flags="$flags -U_GNU_SOURCE -include $build/config.h"
for module in liburcu-qsbr libevent jansson libmnl libpcap cmocka; do
    flags="$flags $(pkg-config --cflags $module 2>/dev/null)"
done
export flags

# The header is included from standard input, for a header as the main file draws warnings of its own. The compiler's own
# messages say what is missing where.
find lib datapath ofproto vswitchd utilities tests -name '*.h' | sort |
    xargs -P "$(nproc)" -n 8 sh -c '
        status=0
        for header; do
            if ! said=$(printf "#include \"%s\"\n" "$header" | ${CC:-cc} $flags -x c - 2>&1); then
                echo "$header: does not compile alone"
                echo "$said" | head -n 12 | sed "s/^/    /"
                status=1
            fi
        done
        exit $status' headers
