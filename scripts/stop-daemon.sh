#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stops the daemon of a pidfile and waits until it is gone; its monitor, if it has one, ends with it.
# usage: stop-daemon.sh PIDFILE
set -eu
pid=$(cat "$1" 2>/dev/null) || exit 0
[ -n "$pid" ] && [ -d "/proc/$pid" ] || exit 0
kill -TERM "$pid"
timeout 10 tail -s 0.1 --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
