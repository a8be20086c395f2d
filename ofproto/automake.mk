# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += ofproto/libofproto.a
ofproto_libofproto_a_SOURCES = \
	ofproto/connmgr.h \
	ofproto/mac_table.h \
	ofproto/ofproto.h \
	ofproto/port_map.h \
	ofproto/private.h \
	ofproto/rule.h \
	ofproto/table.h \
	ofproto/ukey.h \
	ofproto/xlate.h
