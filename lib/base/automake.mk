# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES = \
	lib/base/bytequeue.c lib/base/bytequeue.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/clock_unixctl.c lib/base/clock_unixctl.h \
	lib/base/compiler.h \
	lib/base/coverage.c lib/base/coverage.h \
	lib/base/daemon.c lib/base/daemon.h \
	lib/base/daemon_monitor.c lib/base/daemon_monitor.h \
	lib/base/daemon_user.c lib/base/daemon_user.h \
	lib/base/hash.c lib/base/hash.h \
	lib/base/hmap.c lib/base/hmap.h \
	lib/base/id_map.c lib/base/id_map.h \
	lib/base/inet_addr.c lib/base/inet_addr.h \
	lib/base/jsonrpc.c lib/base/jsonrpc.h \
	lib/base/jsonrpc_call.c \
	lib/base/jsonrpc_msg.c \
	lib/base/linkwatch.c lib/base/linkwatch.h \
	lib/base/linkwatch_msg.c lib/base/linkwatch_msg.h \
	lib/base/netlink_batch.c lib/base/netlink_batch.h \
	lib/base/log.c lib/base/log.h \
	lib/base/log_level.c lib/base/log_level.h \
	lib/base/log_syslog.c lib/base/log_syslog.h \
	lib/base/loop.c lib/base/loop.h \
	lib/base/loop_timer.c lib/base/loop_timer.h \
	lib/base/memory.c lib/base/memory.h \
	lib/base/next_hop.c lib/base/next_hop.h \
	lib/base/mem.c lib/base/mem.h \
	lib/base/paths.c lib/base/paths.h \
	lib/base/pidfile.c lib/base/pidfile.h \
	lib/base/rcu.c lib/base/rcu.h \
	lib/base/route_ask.c lib/base/route_ask.h \
	lib/base/route_msg.c lib/base/route_msg.h \
	lib/base/signals.c lib/base/signals.h \
	lib/base/smap.c lib/base/smap.h \
	lib/base/strbuf.c lib/base/strbuf.h \
	lib/base/listener.c \
	lib/base/stream.c lib/base/stream.h \
	lib/base/stream_name.c lib/base/stream_name.h \
	lib/base/stream_tls.c lib/base/stream_tls.h \
	lib/base/tls.c lib/base/tls.h \
	lib/base/tls_context.c lib/base/tls_private.h \
	lib/base/types.h \
	lib/base/underlay.c lib/base/underlay.h \
	lib/base/underlay_address.c lib/base/underlay_answer.c \
	lib/base/underlay_private.h lib/base/underlay_user.c \
	lib/base/unixctl.c lib/base/unixctl.h \
	lib/base/unixctl_builtin.c lib/base/unixctl_builtin.h \
	lib/base/utf8.c lib/base/utf8.h \
	lib/base/uuid.c lib/base/uuid.h
