#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes one ctest directory out of several builds: each build's tests under the build's name.
# usage: combine-tests.sh DIRECTORY BUILD:LABELS...   (builds lie beside DIRECTORY; LABELS is a regular expression, empty for all)
set -eu
dir=$1
shift
mkdir -p "$dir"
: >"$dir/CTestTestfile.cmake"
for word; do
    build=${word%%:*}
    labels=${word#*:}
    awk -v build="$build" -v labels="$labels" '
        /^add_test/ { test = $0; next }
        {
            match($0, /LABELS [^ ]+/)
            label = substr($0, RSTART + 7, RLENGTH - 7)
            if (labels != "" && label !~ "^(" labels ")$") next
            sub(/\[=\[/, "[=[" build ":", test)
            sub(/\[=\[/, "[=[" build ":")
            print test
            print
        }' "$dir/../$build/CTestTestfile.cmake" >>"$dir/CTestTestfile.cmake"
done
