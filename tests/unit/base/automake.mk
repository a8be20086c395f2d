# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/base/hmap_test
tests_unit_base_hmap_test_SOURCES = tests/unit/base/hmap_test.c
tests_unit_base_hmap_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/id_map_test
tests_unit_base_id_map_test_SOURCES = tests/unit/base/id_map_test.c
tests_unit_base_id_map_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/bytequeue_test
tests_unit_base_bytequeue_test_SOURCES = tests/unit/base/bytequeue_test.c
tests_unit_base_bytequeue_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/clock_test
tests_unit_base_clock_test_SOURCES = tests/unit/base/clock_test.c
tests_unit_base_clock_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/coverage_test
tests_unit_base_coverage_test_SOURCES = tests/unit/base/coverage_test.c
tests_unit_base_coverage_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/rcu_test
tests_unit_base_rcu_test_SOURCES = tests/unit/base/rcu_test.c
tests_unit_base_rcu_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/smap_test
tests_unit_base_smap_test_SOURCES = tests/unit/base/smap_test.c
tests_unit_base_smap_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/utf8_test
tests_unit_base_utf8_test_SOURCES = tests/unit/base/utf8_test.c
tests_unit_base_utf8_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/uuid_test
tests_unit_base_uuid_test_SOURCES = tests/unit/base/uuid_test.c
tests_unit_base_uuid_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/log_test
tests_unit_base_log_test_SOURCES = tests/unit/base/log_test.c
tests_unit_base_log_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/loop_test
tests_unit_base_loop_test_SOURCES = tests/unit/base/loop_test.c
tests_unit_base_loop_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/stream_test
tests_unit_base_stream_test_SOURCES = tests/unit/base/stream_test.c
tests_unit_base_stream_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/jsonrpc_test
tests_unit_base_jsonrpc_test_SOURCES = tests/unit/base/jsonrpc_test.c
tests_unit_base_jsonrpc_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/unixctl_test
tests_unit_base_unixctl_test_SOURCES = tests/unit/base/unixctl_test.c
tests_unit_base_unixctl_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/pidfile_test
tests_unit_base_pidfile_test_SOURCES = tests/unit/base/pidfile_test.c
tests_unit_base_pidfile_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/linkwatch_test
tests_unit_base_linkwatch_test_SOURCES = tests/unit/base/linkwatch_test.c tests/unit/base/namespace.c tests/unit/base/namespace.h
tests_unit_base_linkwatch_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/daemon_test
tests_unit_base_daemon_test_SOURCES = tests/unit/base/daemon_test.c
tests_unit_base_daemon_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/strbuf_test
tests_unit_base_strbuf_test_SOURCES = tests/unit/base/strbuf_test.c
tests_unit_base_strbuf_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/stream_tls_test
tests_unit_base_stream_tls_test_SOURCES = tests/unit/base/stream_tls_test.c tests/unit/base/tls_files.c tests/unit/base/tls_files.h
tests_unit_base_stream_tls_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/next_hop_test
tests_unit_base_next_hop_test_SOURCES = tests/unit/base/next_hop_test.c
tests_unit_base_next_hop_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/base/underlay_test
tests_unit_base_underlay_test_SOURCES = tests/unit/base/underlay_test.c tests/unit/base/namespace.c tests/unit/base/namespace.h
tests_unit_base_underlay_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)
