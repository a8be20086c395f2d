#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the CTestTestfile.cmake that "make check" drives ctest with.
# usage: ctest.sh SRCDIR BUILDDIR UNIT-TESTS FUZZ-TARGETS SYSTEM-TESTS INTEROP-TESTS THREAD-TESTS
set -e
src=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)

# entry LABEL NAME TIMEOUT COMMAND...
entry() {
    label=$1 name=$2 timeout=$3
    shift 3
    printf 'add_test([=[%s]=]' "$name"
    for word; do printf ' [=[%s]=]' "$word"; done
    printf ')\n'
    printf 'set_tests_properties([=[%s]=] PROPERTIES LABELS %s TIMEOUT %s SKIP_RETURN_CODE 77' \
        "$name" "$label" "$timeout"
    printf ' ENVIRONMENT [=[srcdir=%s;builddir=%s;PATH=%s:%s]=]' "$src" "$build" "$build/utilities" "$PATH"
    # Tests of the whole switch measure forwarding and own namespaces: one at a time.
    case $label in system | interop) printf ' RUN_SERIAL TRUE' ;; esac
    printf ')\n'
}

for script in "$src"/tests/lint/*.sh; do
    name=${script##*/}
    entry unit "lint/${name%.sh}" 120 "$script" "$src"
done
for test in $3; do
    name=${test#tests/unit/}
    label=unit
    case " $7 " in *" $test "*) label=threads ;; esac
    entry $label "unit/$name" 900 "$build/$test"
done
for test in $4; do
    name=${test#tests/fuzz/}
    entry fuzz "fuzz/$name" 300 "$build/$test" -runs=0 "$src/tests/fuzz/corpus/$name"
done
for test in $5; do
    name=${test#tests/system/}
    entry system "system/${name%.*}" 600 "$src/$test"
done
for test in $6; do
    name=${test#tests/interop/}
    entry interop "interop/${name%.*}" 900 "$src/$test"
done
