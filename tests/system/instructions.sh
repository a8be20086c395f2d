#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Counts the instructions that a packet of a fixed trace costs in each tier of the datapath, and fails when one has
# grown by more than 5 % over instructions.txt. Another machine, load and processor make no difference.
#
# A new figure, when more instructions are worth it: run this script with --record from a build with gcc -O2 -g, and say in the
# commit why. --record also keeps what has become cheaper.
. "$(dirname "$0")/lib.sh"
need_tools valgrind
program=$builddir/tests/system/instructions
recorded=$srcdir/tests/system/instructions.txt

read -r compiler version n < <("$program" --build)
[ "$compiler" = gcc ] || skip "figures are for an optimised build by gcc without sanitizers"
measured=$TESTDIR/measured
for tier in parse signature megaflow output shortcut; do
    valgrind --tool=callgrind --toggle-collect=counted --callgrind-out-file=/dev/null "$program" $tier >"$TESTDIR/$tier" 2>&1 ||
        fail "$tier: $(cat "$TESTDIR/$tier")"
    total=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$TESTDIR/$tier")
    awk -v tier=$tier -v total="$total" -v n="$n" 'BEGIN { printf "%s %.1f\n", tier, total / n }' >>"$measured"
done
if [ "${1:-}" = --record ]; then
    { sed -n '/^#/p' "$recorded"; echo "gcc $version"; cat "$measured"; } >"$TESTDIR/new"
    cp "$TESTDIR/new" "$recorded"
    cat "$recorded"
    exit 0
fi
grep -qx "gcc $version" "$recorded" || skip "figures are for another version of gcc than $version"
worse=0
while read -r tier now; do
    before=$(awk -v tier=$tier '$1 == tier { print $2 }' "$recorded")
    [ -n "$before" ] || fail "$recorded has no figure for $tier"
    echo "$tier: $now instructions a packet, recorded $before"
    awk -v now="$now" -v before="$before" 'BEGIN { exit !(now > before * 1.05) }' && worse=1
done <"$measured"
[ $worse = 0 ] || fail "instructions a packet have grown by more than 5 %; see the head of $0"
