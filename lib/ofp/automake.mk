# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/ofp/libofp.a
lib_ofp_libofp_a_SOURCES = \
	lib/ofp/action.c \
	lib/ofp/action.h \
	lib/ofp/error.c \
	lib/ofp/error_table.c \
	lib/ofp/error_table.h \
	lib/ofp/field.c \
	lib/ofp/field.h \
	lib/ofp/field_table.c \
	lib/ofp/field_table.h \
	lib/ofp/match.c \
	lib/ofp/match.h \
	lib/ofp/message.h \
	lib/ofp/msg_header.h \
	lib/ofp/ofp.h \
	lib/ofp/ofpbuf.c \
	lib/ofp/port_number.c \
	lib/ofp/stats.h \
	lib/ofp/subfield.c \
	lib/ofp/version.c
