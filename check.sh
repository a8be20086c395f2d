#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what tests need, builds Weft plain and with sanitizers, and runs every test. Ends with ctest's summary.
# usage: sudo ./check.sh [--long]   (--long also fuzzes and soaks for minutes, and builds for arm64)
set -euo pipefail
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ]; then
    printf 'check.sh installs packages and makes network namespaces: run it as root (sudo %s).\n' "$0" >&2
    printf 'Without root, "make check" runs what needs no privilege.\n' >&2
    exit 1
fi
long=no
[ "${1-}" != --long ] || long=yes

scripts/install-packages.sh test
export PATH=/usr/lib/ccache:$PATH CCACHE_DIR=${CCACHE_DIR:-$PWD/build/ccache}
mkdir -p build

stage() { printf '\n== %s\n' "$*"; }

stage "build: gcc, warnings are errors"
TARGETS=check-build scripts/build.sh build/plain --enable-Werror CC=gcc CFLAGS='-O2 -g'

stage "build: clang, warnings are errors"
scripts/build.sh build/clang --enable-Werror CC=clang CFLAGS='-O1'

stage "build: address and undefined-behaviour sanitizers"
TARGETS=check-build scripts/build.sh build/asan --enable-asan CC=gcc CFLAGS='-O1 -g'

stage "build: thread sanitizer"
TARGETS=check-threads-build scripts/build.sh build/tsan --enable-tsan CC=gcc CFLAGS='-O1 -g'

if [ $long = yes ]; then
    stage "fuzzing: a minute for each target"
    scripts/fuzz.sh 60

    stage "soak: ten minutes"
    make -C build/plain soak

    stage "another processor: arm64, units under emulation"
    scripts/cross-build.sh build/cross
fi

# One ctest run over all builds, so that one summary tells all.
stage "tests"
scripts/combine-tests.sh build/all plain: asan:'unit|threads|fuzz|system' tsan:'threads' >/dev/null
cd build/all
exec ctest --output-on-failure -j2
