#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target with libFuzzer for some seconds, from its corpus. What it finds new is kept under build/fuzz/corpus.
# usage: fuzz.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift
TARGETS="check-fuzz-build" scripts/build.sh build/fuzz --enable-fuzzers --enable-asan CC=clang CFLAGS='-O1 -g'
targets=${*:-$(cd tests/fuzz && ls -- *_fuzz.c)}
for target in $targets; do
    name=${target%.c}
    mkdir -p "build/fuzz/corpus/$name"
    printf '== %s\n' "$name"
    "build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name"
done
