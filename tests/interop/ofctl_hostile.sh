#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# weft-ofctl and switches that answer with nonsense: it ends, says why, and neither crashes nor waits for ever.
. "$(dirname "$0")/../system/lib.sh"
need_tools python3

cd "$TESTDIR"
for kind in no-hello bad-hello other-version short-header cut version garbage wrong-type bad-flows bad-error error unasked; do
    background python3 "$srcdir/tests/interop/hostile_switch.py" "$TESTDIR/$kind" $kind
    wait_until test -S "$kind"
    for command in "show $kind" "dump-flows $kind" "--sort dump-flows $kind" "add-flow $kind actions=drop" "dump-ports $kind eth0" \
        "--names dump-flows $kind" "dump-tables $kind" "packet-out $kind 1 2 ffffffffffff0000000000010800" \
        "mod-port $kind 1 up" "replace-flows $kind /dev/null" "monitor $kind 64" "get-frags $kind" "probe $kind"; do
        status=0
        timeout 20 weft-ofctl $command >out 2>err </dev/null || status=$?
        case $status in
        0 | 1) ;;
        *) fail "$command: status $status: $(tail -n 5 err)" ;;
        esac
        if [ $status = 1 ]; then
            [ -s err ] || fail "$command: failed without a word"
        fi
        cp err "$WEFT_LOGDIR/$kind.err" # where a sanitizer's report is looked for
    done
    stop_pid "$BACKGROUND_PID"
done
