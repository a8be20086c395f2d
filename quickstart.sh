#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Weft and shows it at work: two hosts, each a namespace with a Weft of its own, and two tenants with the same addresses, kept apart by VXLAN
# between the hosts. Touches nothing outside its own namespaces and its own temporary directory, and cleans up unless --keep is given.
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
hosts="host1 host2"
guests="red1 red2 blue1 blue2"

cleanup() {
    status=$?
    trap - EXIT
    if [ -n "${kept-}" ]; then exit 0; fi
    for host in $hosts; do
        for daemon in weft-vswitchd weft-datapathd; do
            scripts/stop-daemon.sh "$dir/$host/$daemon.pid" || true
        done
    done
    for name in $guests $hosts; do ip netns del "$id-$name" 2>/dev/null || true; done
    if [ $status != 0 ]; then
        printf '\nquickstart.sh failed. The logs:\n' >&2
        tail -n 20 "$dir"/*/*.log >&2 || true
    fi
    rm -rf "$dir"
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# on HOST COMMAND...: runs it on the host.
on() {
    local host=$1
    shift
    WEFT_RUNDIR=$dir/$host WEFT_DBDIR=$dir/$host WEFT_LOGDIR=$dir/$host ip netns exec "$id-$host" "$@"
}
ping_from() {
    ip netns exec "$id-$1" ping -c 3 -i 0.2 -W 5 "$2"
}

say "2. Two hosts on a wire, each with both daemons; the bridge br-phy has the wire and the host's address"
for host in $hosts; do
    mkdir "$dir/$host"
    ip netns add "$id-$host"
    ip -n "$id-$host" link set lo up
done
ip link add wire netns "$id-host1" type veth peer name wire netns "$id-host2"
for host in $hosts; do
    ip -n "$id-$host" link set wire up
    on $host build/vswitchd/weft-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:warn
    on $host "$bin/weft-vsctl" add-br br-phy -- add-port br-phy wire -- add-br br0
    ip -n "$id-$host" addr add "172.16.0.${host#host}/24" dev br-phy
    ip -n "$id-$host" link set br-phy up
    printf '%s  172.16.0.%s  weft-vswitchd is pid %s, weft-datapathd pid %s\n' $host "${host#host}" \
        "$(cat "$dir/$host/weft-vswitchd.pid")" "$(cat "$dir/$host/weft-datapathd.pid")"
done

say "3. A tunnel for each tenant: VXLAN network 10 for red, 20 for blue"
for host in $hosts; do
    for vni in 10 20; do
        on $host "$bin/weft-vsctl" add-port br0 "vxlan$vni" tag=$vni -- set Interface "vxlan$vni" type=vxlan \
            "options:remote_ip=172.16.0.$((3 - ${host#host}))" options:key=$vni
    done
done

say "4. Four guests, a red and a blue one on each host. Both tenants use the same addresses, and an MTU of 1500"
for guest in $guests; do
    n=${guest: -1}
    case $guest in red*) vlan=10 ;; *) vlan=20 ;; esac
    ip netns add "$id-$guest"
    ip link add "$guest" netns "$id-host$n" type veth peer name eth0 netns "$id-$guest"
    ip -n "$id-host$n" link set "$guest" up
    ip -n "$id-$guest" addr add "10.0.0.$n/24" dev eth0
    ip -n "$id-$guest" link set eth0 up
    on "host$n" "$bin/weft-vsctl" add-port br0 "$guest" tag=$vlan
    printf '%-6s 10.0.0.%s on host%s\n' "$guest" "$n" "$n"
done

say "5. Each tenant's guests reach each other, from host to host"
ip netns exec "$id-red1" ping -q -c 1 -W 5 10.0.0.2 >/dev/null || true # the switches ask for each other's addresses
ping_from red1 10.0.0.2
ping_from blue1 10.0.0.2

say "6. The tenants are apart: blue2 leaves, and red2, who has the same address, does not answer in its place"
ip -n "$id-blue2" link set eth0 down
if ip netns exec "$id-blue1" ping -c 2 -i 0.2 -W 1 10.0.0.2; then
    printf 'blue1 reached red2: the tenants are not apart\n' >&2
    exit 1
fi
printf 'As it should be: no answer.\n'
ip -n "$id-blue2" link set eth0 up

say "7. Nobody had to lower an MTU: the switch tells a sender how much fits into the tunnel"
ip netns exec "$id-red1" ping -M do -c 1 -W 2 -s 1472 10.0.0.2 || true
ip netns exec "$id-red2" ping -M do -q -c 1 -W 2 -s 1472 10.0.0.1 >/dev/null || true # the other side learns it, too
ip netns exec "$id-red1" ping -q -c 2 -i 0.2 -W 2 -s 8000 10.0.0.2

say "8. On the wire: the outer packets, as they leave host1 for host2 and come back"
if command -v tcpdump >/dev/null; then
    on host1 timeout 10 tcpdump -nn -i wire -c 4 udp port 4789 >"$dir/capture" 2>/dev/null &
    capture=$!
    for _ in 1 2 3 4 5 6; do
        ip netns exec "$id-red1" ping -q -c 1 -W 1 10.0.0.2 >/dev/null
        ip netns exec "$id-blue1" ping -q -c 1 -W 1 10.0.0.2 >/dev/null || true
        kill -0 $capture 2>/dev/null || break
    done
    wait $capture || true
    cat "$dir/capture"
else
    on host1 "$bin/weft-dpctl" dump-flows | grep tnl_push || true
    printf '(install tcpdump to see the packets themselves)\n'
fi

say "9. What host1 says: weft-vsctl show"
on host1 "$bin/weft-vsctl" show
say "   Tunnels: weft-appctl ofproto/list-tunnels"
on host1 "$bin/weft-appctl" ofproto/list-tunnels
say "   Cached megaflows of IPv4: weft-dpctl --names dump-flows"
on host1 "$bin/weft-dpctl" --names dump-flows | grep 'eth_type(0x0800)'

if [ $keep = yes ]; then
    kept=yes
    say "Left running. Look around:"
    cat <<TXT
  export WEFT_RUNDIR=$dir/host1 PATH=$bin:\$PATH
  ip netns exec $id-red1 ping 10.0.0.2
  weft-appctl fdb/show br0
  weft-appctl tnl/neigh/show
  weft-appctl ofproto/trace br0 in_port=red1,dl_vlan=0xffff
  ip netns exec $id-host1 tcpdump -nn -i wire udp port 4789
  ovs-vsctl --db=unix:$dir/host1/db.sock show      # Open vSwitch's own tool
Stop it:
  for h in $hosts; do for d in weft-vswitchd weft-datapathd; do $PWD/scripts/stop-daemon.sh $dir/\$h/\$d.pid; done; done
  for n in $guests $hosts; do ip netns del $id-\$n; done; rm -r $dir
TXT
else
    say "Done; everything is cleaned up. --keep leaves it running."
fi
