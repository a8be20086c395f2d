# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += ofproto/libofproto.a
ofproto_libofproto_a_SOURCES = \
	ofproto/classifier.c \
	ofproto/classifier.h \
	ofproto/connmgr.h \
	ofproto/counters.c \
	ofproto/counters.h \
	ofproto/flow_expiry.c \
	ofproto/flow_marks.c \
	ofproto/flow_marks.h \
	ofproto/flow_mod.c \
	ofproto/flow_removed.c \
	ofproto/flow_removed.h \
	ofproto/log_file.c \
	ofproto/log_file.h \
	ofproto/mac_table.h \
	ofproto/minimatch.c \
	ofproto/minimatch.h \
	ofproto/ofproto.h \
	ofproto/port_map.h \
	ofproto/prefix_trie.c \
	ofproto/prefix_trie.h \
	ofproto/private.h \
	ofproto/rule.c \
	ofproto/rule.h \
	ofproto/state_log.c \
	ofproto/state_log.h \
	ofproto/subtable.c \
	ofproto/subtable.h \
	ofproto/table.c \
	ofproto/table.h \
	ofproto/table_private.h \
	ofproto/ukey.h \
	ofproto/xlate.h
