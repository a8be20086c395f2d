# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/ovsdb/libovsdb.a
lib_ovsdb_libovsdb_a_SOURCES = \
	lib/ovsdb/ovsdb.h \
	lib/ovsdb/server.h \
	lib/ovsdb/transaction.h
