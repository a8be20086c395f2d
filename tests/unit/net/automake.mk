# SPDX-License-Identifier: Apache-2.0
net_test_help = tests/unit/net/naive.c tests/unit/net/naive.h tests/unit/net/random_flow.c \
	tests/unit/net/random_flow.h tests/unit/net/random_actions.c tests/unit/net/random_actions.h \
	tests/unit/net/corpus.c tests/unit/net/corpus.h
EXTRA_DIST += tests/unit/net/parse_expected.txt

unit_tests += tests/unit/net/flow_test
tests_unit_net_flow_test_SOURCES = tests/unit/net/flow_test.c $(net_test_help)
tests_unit_net_flow_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/csum_test
tests_unit_net_csum_test_SOURCES = tests/unit/net/csum_test.c $(net_test_help)
tests_unit_net_csum_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/packet_test
tests_unit_net_packet_test_SOURCES = tests/unit/net/packet_test.c $(net_test_help)
tests_unit_net_packet_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/parse_test
tests_unit_net_parse_test_SOURCES = tests/unit/net/parse_test.c $(net_test_help)
tests_unit_net_parse_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/compose_test
tests_unit_net_compose_test_SOURCES = tests/unit/net/compose_test.c $(net_test_help)
tests_unit_net_compose_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/rewrite_test
tests_unit_net_rewrite_test_SOURCES = tests/unit/net/rewrite_test.c $(net_test_help)
tests_unit_net_rewrite_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/segment_test
tests_unit_net_segment_test_SOURCES = tests/unit/net/segment_test.c $(net_test_help)
tests_unit_net_segment_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/flow_text_test
tests_unit_net_flow_text_test_SOURCES = tests/unit/net/flow_text_test.c $(net_test_help)
tests_unit_net_flow_text_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/action_test
tests_unit_net_action_test_SOURCES = tests/unit/net/action_test.c $(net_test_help)
tests_unit_net_action_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/bundle_test
tests_unit_net_bundle_test_SOURCES = tests/unit/net/bundle_test.c $(net_test_help)
tests_unit_net_bundle_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/net/coalesce_test
tests_unit_net_coalesce_test_SOURCES = tests/unit/net/coalesce_test.c $(net_test_help)
tests_unit_net_coalesce_test_LDADD = $(weft_net_libs) $(CMOCKA_LIBS)
