# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/net/libnet.a
lib_net_libnet_a_SOURCES = \
	lib/net/action.c \
	lib/net/action.h \
	lib/net/action_validate.c \
	lib/net/crc32c.c \
	lib/net/csum.c \
	lib/net/csum.h \
	lib/net/flow.c \
	lib/net/flow.h \
	lib/net/flow_text.h \
	lib/net/headers.h \
	lib/net/ipv6_ext.h \
	lib/net/packet.c \
	lib/net/packet.h \
	lib/net/parse.c \
	lib/net/parse.h \
	lib/net/place.c \
	lib/net/place.h \
	lib/net/reason.c \
	lib/net/reason.h \
	lib/net/rewrite.c \
	lib/net/rewrite.h \
	lib/net/rewrite_set.c \
	lib/net/segment.c \
	lib/net/segment.h
