#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Weft for another processor and runs its unit tests under QEMU's user emulation: shows that nothing leans on x86.
# usage: cross-build.sh DIRECTORY [UNIT-TEST...]    as root, on Debian; DIRECTORY holds the other processor's libraries and the build
# Without names all unit tests run. The host gets a cross compiler and the emulator; the libraries stay in DIRECTORY.
set -euo pipefail
arch=arm64 triple=aarch64-linux-gnu cpu=aarch64
[ $# -ge 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 1; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
src=$(cd "$(dirname "$0")/.." && pwd)
root=$dir/root

export DEBIAN_FRONTEND=noninteractive
"$src/scripts/install-packages.sh" build
dpkg-query -W gcc-$triple qemu-user-static >/dev/null 2>&1 ||
    apt-get install -y -q --no-install-recommends gcc-$triple qemu-user-static >"$dir/apt.log" 2>&1

# A package database of its own, so that the host does not become one of two architectures.
if [ ! -e "$dir/complete" ]; then
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$root"
    : >"$dir/apt/status"
    cat >"$dir/apt/apt.conf" <<END
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
Dir::State "$dir/apt";
Dir::State::lists "$dir/apt/lists";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt";
END
    libraries=$("$src/scripts/install-packages.sh" list | tr ' ' '\n' | grep '^lib.*-dev$\|^linux-libc-dev$')
    # shellcheck disable=SC2086
    APT_CONFIG=$dir/apt/apt.conf sh -c 'apt-get update -q && apt-get install -y --download-only "$@"' sh \
        $libraries libgcc-12-dev >"$dir/download.log" 2>&1 || { tail "$dir/download.log" >&2; exit 1; }
    for package in "$dir"/apt/archives/*.deb; do
        dpkg -x "$package" "$root"
    done
    if [ ! -L "$root/lib" ]; then # packages of before /lib was /usr/lib
        cp -a "$root/lib/." "$root/usr/lib/"
        rm -r "$root/lib"
        ln -s usr/lib "$root/lib"
    fi
    find "$root/usr/lib/$triple" -type l -lname '/*' | while read -r link; do
        ln -sfn "$root$(readlink "$link")" "$link"
    done
    touch "$dir/complete"
fi

export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$triple/pkgconfig:$root/usr/share/pkgconfig
TARGETS="all check-build" "$src/scripts/build.sh" "$dir/build" --host=$triple --enable-Werror CC="$triple-gcc --sysroot=$root" \
    CFLAGS='-O2 -g' LDFLAGS="-Wl,-rpath-link,$root/usr/lib/$triple"

cd "$dir/build"
export srcdir=$src builddir=$PWD
# The emulator does not have what these need: to start the test's own program again, all of route netlink, and asynchronous I/O.
beyond='base/(daemon|linkwatch|underlay)_test|datapath/vhost_call_test'
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(printf '%s\n' tests/unit/*/*_test | grep -vE "$beyond")
failed=0
for test; do
    status=0
    timeout 900 qemu-$cpu-static -L "$root" -E LD_LIBRARY_PATH="$root/usr/lib/$triple" "$test" >"$dir/test.log" 2>&1 || status=$?
    case $status in
    0) echo "passed $test" ;;
    77) echo "skipped $test" ;;
    *)
        echo "FAILED $test"
        tail -n 20 "$dir/test.log"
        failed=$((failed + 1))
        ;;
    esac
done
[ $failed = 0 ] || { echo "$failed unit tests failed" >&2; exit 1; }
