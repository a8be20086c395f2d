#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the caps of size: 1,000 lines for a .c file, 400 for a .h file, 100 for a function (from its opening to its closing
# brace, each of which stands at the start of a line).
# usage: size.sh SRCDIR
cd "$1" || exit 1

find lib datapath ofproto vswitchd utilities tests -name '*.[ch]' | sort | xargs awk '
    function end_of_file() {
        cap = file ~ /\.h$/ ? 400 : 1000
        if (lines > cap) {
            printf "%s: %d lines, the cap is %d\n", file, lines, cap
            bad = 1
        }
    }
    FNR == 1 {
        if (file != "") {
            end_of_file()
        }
        file = FILENAME
        start = 0
    }
    { lines = FNR }

    # The line of the name: it begins with a word, has a parenthesis, and is no prototype and no macro.
    /^[a-zA-Z_].*\(/ && !/;[ \t]*$/ && !start { name = $0 }
    /^\{/ || (/^[a-zA-Z_].*\).*\{[ \t]*$/ && !/=/) { start = FNR }
    /^\}/ {
        if (start && FNR - start + 1 > 100) {
            printf "%s:%d: function of %d lines, the cap is 100: %s\n", FILENAME, start, FNR - start + 1, name
            bad = 1
        }
        start = 0
    }
    END {
        end_of_file()
        exit bad
    }'
