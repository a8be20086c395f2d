#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs Debian 12 packages.
# usage: install-packages.sh build|test|bench|list
#   build  what is needed to build Weft and to run quickstart.sh
#   test   that, and what check.sh needs: sanitizers, peers, tools
#   bench  that, and the peers that only "make bench" needs
#   list   installs nothing: prints the packages for building
set -eu
build="gcc make autoconf automake pkg-config libc6-dev linux-libc-dev
    libpcap-dev libxdp-dev libbpf-dev libcap-ng-dev libjemalloc-dev liburcu-dev libevent-dev libssl-dev libjansson-dev libmnl-dev
    libcmocka-dev cmake iproute2 iputils-ping"
test="ccache clang libclang-rt-14-dev git ethtool tcpdump iperf3 openssl python3 python3-scapy python3-os-ken
    python3-openvswitch openvswitch-switch openvswitch-common openvswitch-testcontroller
    valgrind qemu-system-x86 busybox-static cpio kmod lz4"
bench="openvswitch-switch-dpdk dpdk dpdk-dev"
case ${1-} in
    build) packages=$build ;;
    test) packages="$build $test" ;;
    bench) packages="$build $test $bench" ;;
    list) echo $build; exit 0 ;;
    *) echo "usage: $0 build|test|bench|list" >&2; exit 1 ;;
esac

missing=
for package in $packages; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "packages are missing; as root: apt-get install$missing" >&2
    exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null

# The service of a peer that is installed here must not start: tests run peers in directories of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $missing >/dev/null
