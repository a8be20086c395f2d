# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += ofproto/libofproto.a
ofproto_libofproto_a_SOURCES = \
	ofproto/connmgr.h \
	ofproto/ofproto.h \
	ofproto/private.h \
	ofproto/rule.h \
	ofproto/table.h \
	ofproto/xlate.h
