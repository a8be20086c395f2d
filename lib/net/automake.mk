# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/net/libnet.a
lib_net_libnet_a_SOURCES = \
	lib/net/action.h \
	lib/net/csum.h \
	lib/net/flow.h \
	lib/net/flow_text.h \
	lib/net/headers.h \
	lib/net/packet.h \
	lib/net/parse.h \
	lib/net/reason.h
