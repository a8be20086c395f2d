# SPDX-License-Identifier: Apache-2.0
ovsdb_test_sources = tests/unit/ovsdb/helper.c tests/unit/ovsdb/helper.h
ovsdb_test_libs = $(weft_ovsdb_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ovsdb/execution_test
tests_unit_ovsdb_execution_test_SOURCES = tests/unit/ovsdb/execution_test.c $(ovsdb_test_sources)
tests_unit_ovsdb_execution_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/twin_test
tests_unit_ovsdb_twin_test_SOURCES = tests/unit/ovsdb/twin_test.c $(ovsdb_test_sources)
tests_unit_ovsdb_twin_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/journal_test
tests_unit_ovsdb_journal_test_SOURCES = tests/unit/ovsdb/journal_test.c $(ovsdb_test_sources)
tests_unit_ovsdb_journal_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/datum_test
tests_unit_ovsdb_datum_test_SOURCES = tests/unit/ovsdb/datum_test.c $(ovsdb_test_sources)
nodist_tests_unit_ovsdb_datum_test_SOURCES = vswitchd/vswitch_schema.c
tests_unit_ovsdb_datum_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/monitor_test
tests_unit_ovsdb_monitor_test_SOURCES = tests/unit/ovsdb/monitor_test.c $(ovsdb_test_sources)
tests_unit_ovsdb_monitor_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/server_test
tests_unit_ovsdb_server_test_SOURCES = tests/unit/ovsdb/server_test.c $(ovsdb_test_sources)
nodist_tests_unit_ovsdb_server_test_SOURCES = vswitchd/vswitch_schema.c
tests_unit_ovsdb_server_test_LDADD = $(ovsdb_test_libs)

unit_tests += tests/unit/ovsdb/replica_test
tests_unit_ovsdb_replica_test_SOURCES = tests/unit/ovsdb/replica_test.c $(ovsdb_test_sources)
tests_unit_ovsdb_replica_test_LDADD = $(ovsdb_test_libs)
