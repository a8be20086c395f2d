# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/base/hmap_test
tests_unit_base_hmap_test_SOURCES = tests/unit/base/hmap_test.c
tests_unit_base_hmap_test_LDADD = $(weft_base_libs) $(CMOCKA_LIBS)
