# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/ofproto/classifier_test
tests_unit_ofproto_classifier_test_SOURCES = tests/unit/ofproto/classifier_test.c tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h
tests_unit_ofproto_classifier_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/log_file_test
tests_unit_ofproto_log_file_test_SOURCES = tests/unit/ofproto/log_file_test.c
tests_unit_ofproto_log_file_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/mac_table_test
tests_unit_ofproto_mac_table_test_SOURCES = tests/unit/ofproto/mac_table_test.c
tests_unit_ofproto_mac_table_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)
