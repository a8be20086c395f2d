#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# os-ken's ofctl libraries by REST, in OpenFlow 1.0, 1.2, 1.3, 1.4 and 1.5: flows, groups and meters are added, changed and deleted, every
# statistic is read, and nothing gets an error.
. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/dummy_lib.sh"
need_tools curl
/usr/bin/python3 -c 'import os_ken.cmd.manager' 2>/dev/null || skip "needs os-ken (python3-os-ken)"
need_root # a namespace for the ports of its two servers

switch_ns
daemon_start weft-vswitchd weft-vswitchd --pidfile --log-file --enable-dummy
wait_until 'weft-vsctl --timeout=5 show'
bridge br0 p1 p2 p3
vsctl set Bridge br0 other_config:datapath-id=00000000000000ab -- set-controller br0 tcp:127.0.0.1:6653 -- set Controller br0 max_backoff=1000
export OS_KEN_VERSION OS_KEN_REST=8080 PYTHONDONTWRITEBYTECODE=1

rest() {
    sw curl -sS --fail-with-body --max-time 10 -X "$1" ${3:+-d "$3"} "http://127.0.0.1:8080$2" || fail "$*"
}
# change KIND COMMAND JSON: it is carried out without an error.
change() {
    rest POST "/$1/$2" "$3" >/dev/null
    rest POST /barrier >/dev/null
    expect_eq "$(rest GET /errors)" '[]' "errors of $1 $2 $3 in OpenFlow $version"
}
# reads NAME REGEX: the statistics match.
reads() {
    expect_match "$(rest GET "/stats/$1")" "$2" "$1 in OpenFlow $version"
}
# flow MATCH ACTIONS [MORE]: a flow as this version's library takes it.
flow() {
    case $version in
    1.4 | 1.5) echo "{\"match\": {$1}, \"instructions\": [{\"type\": \"APPLY_ACTIONS\", \"actions\": [$2]}]${3:+, $3}}" ;;
    *) echo "{\"match\": {$1}, \"actions\": [$2]${3:+, $3}}" ;;
    esac
}
out() {
    echo "{\"type\": \"OUTPUT\", \"port\": $1}"
}

for version in 1.0 1.2 1.3 1.4 1.5; do
    OS_KEN_VERSION=$version
    daemon_start os-ken /usr/bin/python3 -c 'from os_ken.cmd.manager import main; main()' \
        --ofp-tcp-listen-port 6653 --ofp-listen-host 127.0.0.1 "$srcdir/tests/interop/os_ken_ofctl.py"
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = true ]'
    wait_until 'rest GET /stats/desc_stats | grep -q "Open vSwitch"'
    stats=flow_stats
    [ $version != 1.5 ] || stats=flow_desc_stats

    # Flows.
    change flow add "$(flow '"in_port": 1, "dl_type": 2048, "nw_dst": "10.0.0.0/8"' "$(out 2)" '"priority": 7, "cookie": 17')"
    change flow add "$(flow '"in_port": 2, "dl_dst": "02:00:00:00:00:01"' "$(out 1), $(out 3)" '"priority": 8, "cookie": 18')"
    reads $stats '"cookie": 17.*"priority": 7|"priority": 7.*"cookie": 17'
    change flow modify_strict "$(flow '"in_port": 1, "dl_type": 2048, "nw_dst": "10.0.0.0/8"' "$(out 3)" '"priority": 7')"
    receive p1 "$(udp 1 2)"
    wait_until "[ \$(packets br0 in_port=1) = 1 ]"
    reads aggregate_flow_stats '"?(flow_count)"?: 2'
    change flow delete_strict "$(flow '"in_port": 2, "dl_dst": "02:00:00:00:00:01"' '' '"priority": 8')"
    reads aggregate_flow_stats '"?(flow_count)"?: 1'
    reads table_stats '"lookup_count": [1-9]'
    reads port_stats '"rx_packets": [1-9]'
    reads port_desc '"name": "p3"'
    reads queue_stats '^\{"171": '

    # Groups and meters.
    if [ $version != 1.0 ]; then
        # 1.5 wants a bucket's number, and that of all for the command.
        bucket() {
            echo "{\"bucket_id\": $1, \"weight\": ${2:-0}, \"actions\": [$(out $1)]}"
        }
        change group add "{\"type\": \"ALL\", \"group_id\": 1, \"command_bucket_id\": 4294967295, \"buckets\": [$(bucket 1), $(bucket 2)]}"
        change flow add "$(flow '"in_port": 3' '{"type": "GROUP", "group_id": 1}')"
        change group modify "{\"type\": \"ALL\", \"group_id\": 1, \"command_bucket_id\": 4294967295, \"buckets\": [$(bucket 2)]}"
        reads group_stats '"group_id": 1'
        reads group_desc '"type": "ALL".*"group_id": 1|"group_id": 1.*"type": "ALL"'
        reads group_features '"max_groups": '
        change group delete '{"group_id": 1, "command_bucket_id": 4294967295}'
        expect_no_match "$(rest GET /stats/group_desc)" '"group_id": 1' "a group that is gone, in OpenFlow $version"
    fi
    case $version in 1.3 | 1.4 | 1.5)
        change meter add '{"meter_id": 1, "flags": ["KBPS", "STATS"], "bands": [{"type": "DROP", "rate": 1000}]}'
        change meter modify '{"meter_id": 1, "flags": ["KBPS", "STATS"], "bands": [{"type": "DROP", "rate": 2000}]}'
        case $version in
        1.5) change flow add '{"match": {"in_port": 3}, "instructions": [{"type": "APPLY_ACTIONS", "actions": [{"type": "METER", "meter_id": 1}]}]}' ;;
        1.4) change flow add '{"match": {"in_port": 3}, "instructions": [{"type": "METER", "meter_id": 1}]}' ;;
        1.3) change flow add '{"match": {"in_port": 3}, "actions": [{"type": "METER", "meter_id": 1}]}' ;;
        esac
        reads meter_stats '"meter_id": 1'
        case $version in
        1.5) reads meter_desc '"rate": 2000' ;;
        *) reads meter_config '"rate": 2000'; reads meter_features '"max_meter": ' ;; # os-ken has fields in 1.5 that OVS has not
        esac
        change meter delete '{"meter_id": 1}'
        reads role '"role": ' ;;
    esac
    change flow delete '{}'
    expect_eq "$(of dump-flows br0 | grep -c actions= || true)" 0 "flows that are left"
    expect_eq "$(rest GET /errors)" '[]' "errors in OpenFlow $version"
    daemon_kill os-ken
    wait_until '[ "$(weft-vsctl get Controller . is_connected)" = false ]'
done
daemon_stop weft-vswitchd
