#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures and builds in a directory of its own.
# usage: build.sh DIRECTORY [CONFIGURE-OPTION...]; TARGETS in the environment names what to make (default: all)
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
src=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -x "$src/configure" ] || [ "$src/configure.ac" -nt "$src/configure" ]; then
    "$src/autogen.sh" >"$dir/autogen.log" 2>&1 || { cat "$dir/autogen.log" >&2; exit 1; }
fi
cd "$dir"
wanted="$*"
if [ ! -f config.status ] || [ "$src/configure" -nt config.status ] ||
    [ "$(cat .configured 2>/dev/null)" != "$wanted" ]; then
    "$src/configure" -q "$@"
    printf '%s' "$wanted" >.configured
fi
# shellcheck disable=SC2086
exec make -s -j"$(nproc)" ${TARGETS:-all}
