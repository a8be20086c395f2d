# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/ofp/field_test
tests_unit_ofp_field_test_SOURCES = tests/unit/ofp/field_test.c
tests_unit_ofp_field_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/field_map_test
tests_unit_ofp_field_map_test_SOURCES = tests/unit/ofp/field_map_test.c
tests_unit_ofp_field_map_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/codec_golden_test
tests_unit_ofp_codec_golden_test_SOURCES = tests/unit/ofp/codec_golden_test.c tests/unit/ofp/golden_flow_mods.inc
tests_unit_ofp_codec_golden_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/roundtrip_test
tests_unit_ofp_roundtrip_test_SOURCES = tests/unit/ofp/roundtrip_test.c tests/unit/ofp/generate.c tests/unit/ofp/generate.h
tests_unit_ofp_roundtrip_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/message_test
tests_unit_ofp_message_test_SOURCES = tests/unit/ofp/message_test.c tests/unit/ofp/generate.c tests/unit/ofp/generate.h
tests_unit_ofp_message_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/port_props_test
tests_unit_ofp_port_props_test_SOURCES = tests/unit/ofp/port_props_test.c
tests_unit_ofp_port_props_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/group_test
tests_unit_ofp_group_test_SOURCES = tests/unit/ofp/group_test.c tests/unit/ofp/generate.c tests/unit/ofp/generate.h
tests_unit_ofp_group_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/extension_test
tests_unit_ofp_extension_test_SOURCES = tests/unit/ofp/extension_test.c tests/unit/ofp/generate.c tests/unit/ofp/generate.h
tests_unit_ofp_extension_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

ofp_make_message = tests/unit/ofp/make_message.c tests/unit/ofp/make_state_message.c tests/unit/ofp/make_message.h tests/unit/ofp/generate.c tests/unit/ofp/generate.h
unit_tests += tests/unit/ofp/version_test
tests_unit_ofp_version_test_SOURCES = tests/unit/ofp/version_test.c $(ofp_make_message)
tests_unit_ofp_version_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofp/multipart_test
tests_unit_ofp_multipart_test_SOURCES = tests/unit/ofp/multipart_test.c
tests_unit_ofp_multipart_test_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)
