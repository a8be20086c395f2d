#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that each path that docs/architecture.md names between backquotes exists: what begins with one of our folders and has
# an extension or ends with a slash. Patterns such as port_*.c have to match something.
# usage: paths.sh SRCDIR
cd "$1" || exit 1

document=docs/architecture.md
if [ ! -f $document ]; then
    echo "skipped: there is no $document"
    exit 77
fi

# exists WORD...: whether the first word, a pattern that the shell has replaced by its matches, is there.
exists() {
    [ -e "$1" ]
}

status=0
for word in $(grep -oE '`[^` ]+`' $document | tr -d '`' | sort -u |
    grep -E '^(lib|datapath|ofproto|vswitchd|utilities|tests|docs|scripts)/' | grep -E '/$|\.[a-z]+$'); do
    # shellcheck disable=SC2086
    if ! exists $word; then
        echo "$document names $word, which does not exist"
        grep -nF "$word" $document | sed 's/^/    /'
        status=1
    fi
done
exit $status
