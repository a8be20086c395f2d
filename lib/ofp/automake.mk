# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/ofp/libofp.a
lib_ofp_libofp_a_SOURCES = \
	lib/ofp/action.h \
	lib/ofp/field.h \
	lib/ofp/match.h \
	lib/ofp/message.h \
	lib/ofp/ofp.h
