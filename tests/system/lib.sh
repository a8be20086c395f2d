# SPDX-License-Identifier: Apache-2.0
# What all system tests share. A test is a bash script that begins with
#
#     . "$(dirname "$0")/lib.sh"
#
# From then on errors end the script (set -e), and whatever the end is, everything that was started, made or
# configured through the functions below is gone again. The switch runs in a network namespace of its own ($SWITCH), so
# names of devices need not be unique and nothing of the host is touched. What a failed daemon wrote is shown.
#
#   srcdir, builddir   from ctest, else derived from this file's place and $PWD
#   TESTDIR            a private directory; WEFT_RUNDIR, WEFT_DBDIR and WEFT_LOGDIR lie in it and are exported

set -euo pipefail

srcdir=${srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [ -z "${builddir:-}" ]; then
    for builddir in "$PWD" "$srcdir/build" "$srcdir"; do
        [ ! -e "$builddir/config.status" ] || break
    done
fi
TESTNAME=$(basename "$0" .sh)
PATH=$builddir/utilities:$builddir/datapath:$builddir/vswitchd:$PATH

TESTDIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-test.XXXXXX")
export WEFT_RUNDIR=$TESTDIR/run WEFT_DBDIR=$TESTDIR/db WEFT_LOGDIR=$TESTDIR/log
export WEFT_PKGDATADIR=${WEFT_PKGDATADIR:-$srcdir/vswitchd}
export OVS_RUNDIR=$WEFT_RUNDIR OVS_DBDIR=$WEFT_DBDIR OVS_LOGDIR=$WEFT_LOGDIR
mkdir "$WEFT_RUNDIR" "$WEFT_DBDIR" "$WEFT_LOGDIR"

NS_PREFIX=${TESTDIR##*/}
SWITCH=            # the switch's namespace: the full name, empty until switch_ns made it
WAIT_SECONDS=${WAIT_SECONDS:-60}

declare -A DAEMON_PID=()
BACKGROUND_PIDS=()
NAMESPACES=()
EXIT_COMMANDS=()

# --- How a test ends -------------------------------------------------------------------------------------------

# skip REASON: ends the test as skipped; ctest shows the reason.
skip() {
    echo "skipped: $*"
    exit 77
}

# fail MESSAGE
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || skip "needs root"
}

# need_tools TOOL...
need_tools() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || skip "needs the program $tool"
    done
}

# on_exit COMMAND...: evaluated at the end, the last one first.
on_exit() {
    EXIT_COMMANDS+=("$*")
}

# stop_pid PID: ends a child of this script, and its process group if it leads one, with force if they do not go.
stop_pid() {
    local i whom=$1
    if kill -0 -- "-$1" 2>/dev/null; then whom=-$1; fi
    kill -- "$whom" 2>/dev/null || return 0
    for i in $(seq 100); do
        kill -0 -- "$whom" 2>/dev/null || break
        [ "$i" -lt 100 ] || kill -9 -- "$whom" 2>/dev/null || true
        sleep 0.05
    done
    wait "$1" 2>/dev/null || true
}

show_outputs() {
    local file
    for file in "$WEFT_LOGDIR"/*; do
        [ ! -s "$file" ] || { echo "--- ${file##*/}"; tail -n 60 "$file"; }
    done >&2
}

cleanup() {
    local status=$? i name pid file
    trap - EXIT
    trap '' INT TERM
    set +e
    for ((i = ${#EXIT_COMMANDS[@]} - 1; i >= 0; i--)); do
        eval "${EXIT_COMMANDS[i]}"
    done
    for pid in "${BACKGROUND_PIDS[@]}"; do
        stop_pid "$pid"
    done
    for name in "${!DAEMON_PID[@]}"; do
        stop_pid "${DAEMON_PID[$name]}"
    done
    for file in "$WEFT_RUNDIR"/*.pid; do # daemons that other daemons started
        [ ! -s "$file" ] || stop_pid "$(head -n 1 "$file")"
    done
    # The datapath that weft-vswitchd started by itself is nobody's child.
    "$srcdir/scripts/stop-daemon.sh" "$TESTDIR/run/weft-datapathd.pid"
    for name in "${NAMESPACES[@]}"; do
        ip netns del "$name" 2>/dev/null
    done
    if grep -lE 'ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:' \
        "$WEFT_LOGDIR"/* >"$TESTDIR/sanitizers" 2>/dev/null; then
        echo "FAILED: a sanitizer found a fault" >&2
        [ $status != 0 ] && [ $status != 77 ] || status=1
    fi
    [ $status = 0 ] || [ $status = 77 ] || show_outputs
    if [ -n "${KEEP_TESTDIR:-}" ]; then
        echo "kept $TESTDIR"
    else
        rm -rf "$TESTDIR"
    fi
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- Waiting and checking --------------------------------------------------------------------------------------

# wait_until COMMAND...: until the command (words, or one string to evaluate) succeeds; fails after WAIT_SECONDS.
wait_until() {
    local deadline=$((SECONDS + WAIT_SECONDS))
    while :; do
        if [ $# = 1 ]; then
            if (eval "$1") >/dev/null 2>&1; then return 0; fi
        elif "$@" >/dev/null 2>&1; then
            return 0
        fi
        [ $SECONDS -lt $deadline ] || fail "waited $WAIT_SECONDS s in vain for: $*"
        sleep 0.05
    done
}

# expect_eq GOT WANTED [WHAT]
expect_eq() {
    [ "$1" = "$2" ] || fail "${3:-value}: got '$1', wanted '$2'"
}

# expect_match TEXT EXTENDED-REGEX [WHAT]: some line of the text matches.
expect_match() {
    grep -qE -- "$2" <<<"$1" || fail "${3:-text}: nothing matches '$2' in: $1"
}

# expect_no_match TEXT EXTENDED-REGEX [WHAT]
expect_no_match() {
    ! grep -qE -- "$2" <<<"$1" || fail "${3:-text}: '$2' is in: $1"
}

# expect_fails [STATUS] COMMAND...: the command fails, with that status if one is given.
expect_fails() {
    local wanted= status=0
    case $1 in [0-9]*) wanted=$1; shift ;; esac
    "$@" >"$TESTDIR/stdout" 2>"$TESTDIR/stderr" || status=$?
    [ $status != 0 ] || fail "did not fail: $*"
    [ -z "$wanted" ] || expect_eq $status "$wanted" "exit status of $*"
}

# --- Namespaces and devices ------------------------------------------------------------------------------------

# ns_add NAME...: makes namespaces; their full names are unique on the machine.
ns_add() {
    local name full
    for name; do
        full=$NS_PREFIX-$name
        ip netns add "$full"
        NAMESPACES+=("$full")
        ip -n "$full" link set lo up
        # Addresses are usable at once, and no IPv6 chatter disturbs what a test counts.
        ip netns exec "$full" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
            net.ipv6.conf.default.router_solicitations=0 2>/dev/null || true
    done
}

# ns NAME COMMAND...: runs the command in the namespace.
ns() {
    local name=$NS_PREFIX-$1
    shift
    ip netns exec "$name" "$@"
}

# switch_ns: makes the namespace that the switch runs in, unless there is one.
switch_ns() {
    [ -z "$SWITCH" ] || return 0
    ns_add switch
    SWITCH=$NS_PREFIX-switch
}

# sw COMMAND...: runs the command where the switch runs.
sw() {
    if [ -n "$SWITCH" ]; then
        ip netns exec "$SWITCH" "$@"
    else
        "$@"
    fi
}

# guest NAME DEVICE [ADDRESS/LEN...]: makes namespace NAME with device eth0, a veth whose other end is the switch's DEVICE.
guest() {
    local name=$1 device=$2 address
    shift 2
    switch_ns
    ns_add "$name"
    ip -n "$SWITCH" link add "$device" type veth peer name eth0 netns "$NS_PREFIX-$name"
    ip -n "$SWITCH" link set "$device" up
    for address; do
        ip -n "$NS_PREFIX-$name" addr add "$address" dev eth0
    done
    ip -n "$NS_PREFIX-$name" link set eth0 up
}

# --- Processes -------------------------------------------------------------------------------------------------

# background COMMAND...: starts it; BACKGROUND_PID is its process id. Its output goes to a file that failures show.
background() {
    # A process group of its own, so that what a function starts ends with it.
    set -m
    "$@" >"$WEFT_LOGDIR/background-${#BACKGROUND_PIDS[@]}.out" 2>&1 </dev/null &
    BACKGROUND_PID=$!
    set +m
    BACKGROUND_PIDS+=("$BACKGROUND_PID")
}

# daemon_start NAME COMMAND...: starts a daemon in the foreground of a child, in the switch's namespace.
daemon_start() {
    local name=$1
    shift
    if [ -n "$SWITCH" ]; then
        ip netns exec "$SWITCH" "$@" >>"$WEFT_LOGDIR/$name.out" 2>&1 </dev/null &
    else
        "$@" >>"$WEFT_LOGDIR/$name.out" 2>&1 </dev/null &
    fi
    DAEMON_PID[$name]=$!
}

# daemon_runs NAME
daemon_runs() {
    kill -0 "${DAEMON_PID[$1]}" 2>/dev/null
}

# daemon_stop NAME: an orderly end, which must succeed.
daemon_stop() {
    local pid=${DAEMON_PID[$1]} status=0
    unset "DAEMON_PID[$1]"
    kill "$pid"
    wait "$pid" || status=$?
    case $status in
    0 | 143) ;;
    *) fail "$1 ended with status $status" ;;
    esac
}

# daemon_kill NAME: kill -9.
daemon_kill() {
    local pid=${DAEMON_PID[$1]}
    unset "DAEMON_PID[$1]"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
}

# start_datapathd [OPTION...]: weft-datapathd, ready for requests.
start_datapathd() {
    daemon_start weft-datapathd weft-datapathd --pidfile --log-file "$@"
    wait_until "! kill -0 ${DAEMON_PID[weft-datapathd]} || weft-dpctl show"
    daemon_runs weft-datapathd || fail "weft-datapathd did not start"
}

# start_vswitchd [OPTION...]: weft-vswitchd, ready for configuration. It starts a weft-datapathd unless one runs.
start_vswitchd() {
    daemon_start weft-vswitchd weft-vswitchd --pidfile --log-file "$@"
    wait_until "! kill -0 ${DAEMON_PID[weft-vswitchd]} || weft-vsctl --timeout=5 show"
    daemon_runs weft-vswitchd || fail "weft-vswitchd did not start"
}
