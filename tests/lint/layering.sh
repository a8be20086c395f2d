#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks who includes whom: the table below is that of the design, one line per folder. Includes in quotation marks name
# their folder, the own one too.
# usage: layering.sh SRCDIR
cd "$1" || exit 1

# allowed FOLDER: the patterns of what files in it may include, as an extended regular expression.
allowed() {
    case $1 in
    lib/base) echo 'lib/base/' ;;
    lib/net) echo 'lib/(base|net)/' ;;
    lib/ofp) echo 'lib/(base|net|ofp)/' ;;
    lib/ovsdb) echo 'lib/(base|ovsdb)/' ;;
    datapath) echo 'lib/(base|net)/|datapath/' ;;
    ofproto) echo 'lib/|ofproto/|datapath/client\.h$' ;;
    vswitchd) echo 'lib/|vswitchd/|ofproto/ofproto\.h$|datapath/client\.h$' ;;
    # The datapath parses no JSON: its tools are clients of the interface that it publishes.
    utilities) echo 'lib/|utilities/|datapath/client\.h$' ;;
    esac
}

status=0
for folder in lib/base lib/net lib/ofp lib/ovsdb datapath ofproto vswitchd utilities; do
    [ -d "$folder" ] || continue
    # Lines of the form FILE:LINE:INCLUDED
    bad=$(find "$folder" -name '*.[ch]' -exec grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null {} + |
        sed -E 's/^([^:]*:[0-9]+:)[^"]*"([^"]*)".*/\1\2/' |
        grep -vE "^[^:]*:[0-9]+:($(allowed "$folder"))")
    if [ -n "$bad" ]; then
        status=1
        echo "$folder may include only $(allowed "$folder"), but:"
        echo "$bad" | sed 's/^/    /'
    fi
done
exit $status
