# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/ovsdb/libovsdb.a
lib_ovsdb_libovsdb_a_SOURCES = \
	lib/ovsdb/atom.c lib/ovsdb/atom.h \
	lib/ovsdb/client.c lib/ovsdb/client.h \
	lib/ovsdb/commit.c \
	lib/ovsdb/condition.c lib/ovsdb/condition.h \
	lib/ovsdb/database.c lib/ovsdb/database.h \
	lib/ovsdb/datum.c lib/ovsdb/datum.h \
	lib/ovsdb/datum_json.c \
	lib/ovsdb/datum_text.c \
	lib/ovsdb/error.c lib/ovsdb/error.h \
	lib/ovsdb/execution.c lib/ovsdb/execution.h \
	lib/ovsdb/execution_op.h \
	lib/ovsdb/execution_rows.c \
	lib/ovsdb/integrity.h \
	lib/ovsdb/integrity_keys.c \
	lib/ovsdb/integrity_refs.c \
	lib/ovsdb/journal.c lib/ovsdb/journal.h \
	lib/ovsdb/lock.c lib/ovsdb/lock.h \
	lib/ovsdb/managers.c lib/ovsdb/managers.h \
	lib/ovsdb/monitor.c lib/ovsdb/monitor.h \
	lib/ovsdb/mutation.c lib/ovsdb/mutation.h \
	lib/ovsdb/open.c \
	lib/ovsdb/ovsdb.h \
	lib/ovsdb/read.c \
	lib/ovsdb/record.c lib/ovsdb/record.h \
	lib/ovsdb/remote.c lib/ovsdb/remote.h \
	lib/ovsdb/replay.c \
	lib/ovsdb/replica.c lib/ovsdb/replica.h \
	lib/ovsdb/rowset.c lib/ovsdb/rowset.h \
	lib/ovsdb/schema.c lib/ovsdb/schema.h \
	lib/ovsdb/server.c \
	lib/ovsdb/server.h \
	lib/ovsdb/server_core.h \
	lib/ovsdb/server_db.c lib/ovsdb/server_db.h \
	lib/ovsdb/session.c lib/ovsdb/session.h \
	lib/ovsdb/session_methods.h \
	lib/ovsdb/session_monitor.c \
	lib/ovsdb/session_transact.c \
	lib/ovsdb/symtab.c lib/ovsdb/symtab.h \
	lib/ovsdb/transaction.c lib/ovsdb/transaction.h \
	lib/ovsdb/txn_row.h \
	lib/ovsdb/type.c lib/ovsdb/type.h \
	lib/ovsdb/write.c
