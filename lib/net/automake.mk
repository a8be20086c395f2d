# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/net/libnet.a
lib_net_libnet_a_SOURCES = \
	lib/net/action.c \
	lib/net/action.h \
	lib/net/action_format.c \
	lib/net/action_scan.c \
	lib/net/action_validate.c \
	lib/net/addr_text.c \
	lib/net/compose.c \
	lib/net/crc32c.c \
	lib/net/csum.c \
	lib/net/csum.h \
	lib/net/field_text.c \
	lib/net/field_text.h \
	lib/net/flags_text.c \
	lib/net/flags_text.h \
	lib/net/flow.c \
	lib/net/flow.h \
	lib/net/flow_format.c \
	lib/net/flow_groups.c \
	lib/net/flow_groups.h \
	lib/net/flow_scan.c \
	lib/net/flow_text.h \
	lib/net/headers.h \
	lib/net/ipv6_ext.h \
	lib/net/mpls_text.c \
	lib/net/mpls_text.h \
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
	lib/net/scan.c \
	lib/net/scan.h \
	lib/net/segment.c \
	lib/net/segment.h \
	lib/net/set_text.c \
	lib/net/set_text.h \
	lib/net/vlan_text.c \
	lib/net/vlan_text.h
