# SPDX-License-Identifier: Apache-2.0
unit_tests += \
	tests/unit/datapath/arena_test \
	tests/unit/datapath/upcall_ring_test
tests_unit_datapath_arena_test_SOURCES = tests/unit/datapath/arena_test.c
tests_unit_datapath_arena_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_upcall_ring_test_SOURCES = tests/unit/datapath/upcall_ring_test.c
tests_unit_datapath_upcall_ring_test_LDADD = $(weft_dpclient_libs) $(CMOCKA_LIBS)
