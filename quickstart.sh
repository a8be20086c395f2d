#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Weft and shows it at work: one bridge, four namespaces as guests of two tenants, each tenant on a VLAN of its own.
# Touches nothing outside its own namespaces and its own temporary directory, and cleans up unless --keep is given.
set -euo pipefail
cd "$(dirname "$0")"

keep=no
case ${1-} in
    --keep) keep=yes ;;
    "") ;;
    *) printf 'usage: sudo %s [--keep]\n' "$0" >&2; exit 1 ;;
esac
if [ "$(id -u)" != 0 ]; then
    printf 'quickstart.sh makes network namespaces: run it as root (sudo %s)\n' "$0" >&2
    exit 1
fi

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1. Packages and build"
scripts/install-packages.sh build
scripts/build.sh build
bin=$PWD/build/utilities

dir=$(mktemp -d /tmp/weft-quickstart.XXXXXX)
id=${dir##*.}
export WEFT_RUNDIR=$dir/run WEFT_DBDIR=$dir WEFT_LOGDIR=$dir
mkdir "$WEFT_RUNDIR"
switch=weft-$id            # the namespace in which the switch itself runs
guests="red1 red2 blue1 blue2"
in_switch="ip netns exec $switch"

cleanup() {
    status=$?
    trap - EXIT
    if [ -n "${kept-}" ]; then exit 0; fi
    for daemon in weft-vswitchd weft-datapathd; do
        scripts/stop-daemon.sh "$WEFT_RUNDIR/$daemon.pid" || true
    done
    for guest in $guests; do ip netns del "$id-$guest" 2>/dev/null || true; done
    ip netns del "$switch" 2>/dev/null || true
    if [ $status != 0 ]; then
        printf '\nquickstart.sh failed. The logs:\n' >&2
        tail -n 20 "$dir"/*.log >&2 || true
    fi
    rm -rf "$dir"
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say "2. Both daemons, in a namespace of their own"
ip netns add "$switch"
$in_switch ip link set lo up
$in_switch build/vswitchd/weft-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:warn
printf 'weft-vswitchd runs as pid %s, and started weft-datapathd as pid %s\n' \
    "$(cat "$WEFT_RUNDIR/weft-vswitchd.pid")" "$(cat "$WEFT_RUNDIR/weft-datapathd.pid")"

say "3. A bridge, and four guests: tenant red on VLAN 10, tenant blue on VLAN 20"
"$bin/weft-vsctl" add-br br0
n=0
for guest in $guests; do
    n=$((n + 1))
    case $guest in red*) vlan=10 ;; *) vlan=20 ;; esac
    ip netns add "$id-$guest"
    ip link add "$guest" netns "$switch" type veth peer name eth0 netns "$id-$guest"
    $in_switch ip link set "$guest" up
    ip -n "$id-$guest" addr add "10.0.0.$n/24" dev eth0
    ip -n "$id-$guest" link set eth0 up
    "$bin/weft-vsctl" add-port br0 "$guest" tag=$vlan
    printf '%-6s 10.0.0.%s  VLAN %s\n' "$guest" $n $vlan
done

say "4. Within a tenant, guests reach each other"
ip netns exec "$id-red1" ping -c 3 -i 0.2 -W 5 10.0.0.2
ip netns exec "$id-blue1" ping -c 3 -i 0.2 -W 5 10.0.0.4

say "5. The other tenant is not reachable"
if ip netns exec "$id-red1" ping -c 2 -i 0.2 -W 1 10.0.0.3; then
    printf 'red1 reached blue1: the tenants are not apart\n' >&2
    exit 1
fi
printf 'As it should be: no answer.\n'

say "6. What the switch says: weft-vsctl show"
"$bin/weft-vsctl" show
say "   OpenFlow flows: weft-ofctl dump-flows br0"
"$bin/weft-ofctl" dump-flows br0
say "   Cached megaflows: weft-dpctl dump-flows --names"
"$bin/weft-dpctl" --names dump-flows

if [ $keep = yes ]; then
    kept=yes
    say "Left running. Look around:"
    cat <<TXT
  export WEFT_RUNDIR=$WEFT_RUNDIR PATH=$bin:\$PATH
  ip netns exec $id-red1 ping 10.0.0.2
  weft-appctl fdb/show br0
  weft-appctl ofproto/trace br0 in_port=red1,dl_vlan=0xffff
  weft-ofctl add-flow br0 'priority=10,in_port=red2,actions=drop'
  ovs-vsctl --db=unix:$WEFT_RUNDIR/db.sock show      # Open vSwitch's own tool
Stop it:
  $PWD/scripts/stop-daemon.sh $WEFT_RUNDIR/weft-vswitchd.pid
  $PWD/scripts/stop-daemon.sh $WEFT_RUNDIR/weft-datapathd.pid
  for n in $switch $id-red1 $id-red2 $id-blue1 $id-blue2; do ip netns del \$n; done; rm -r $dir
TXT
else
    say "Done; everything is cleaned up. --keep leaves it running."
fi
