# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/ofproto/classifier_test
tests_unit_ofproto_classifier_test_SOURCES = tests/unit/ofproto/classifier_test.c tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h
tests_unit_ofproto_classifier_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/maglev_test
tests_unit_ofproto_maglev_test_SOURCES = tests/unit/ofproto/maglev_test.c
tests_unit_ofproto_maglev_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/log_file_test
tests_unit_ofproto_log_file_test_SOURCES = tests/unit/ofproto/log_file_test.c
tests_unit_ofproto_log_file_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/mac_table_test
tests_unit_ofproto_mac_table_test_SOURCES = tests/unit/ofproto/mac_table_test.c
tests_unit_ofproto_mac_table_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

fake_switch = tests/unit/ofproto/fake_switch.c tests/unit/ofproto/fake_switch.h
random_tables = tests/unit/ofproto/random_tables.c tests/unit/ofproto/random_tables.h \
	tests/unit/ofproto/random_packets.c tests/unit/ofproto/random_packets.h \
	tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h

unit_tests += tests/unit/ofproto/xlate_wildcard_test
tests_unit_ofproto_xlate_wildcard_test_SOURCES = tests/unit/ofproto/xlate_wildcard_test.c $(fake_switch) $(random_tables)
tests_unit_ofproto_xlate_wildcard_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/validity_test
tests_unit_ofproto_validity_test_SOURCES = tests/unit/ofproto/validity_test.c $(fake_switch) $(random_tables)
tests_unit_ofproto_validity_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/xlate_semantics_test
tests_unit_ofproto_xlate_semantics_test_SOURCES = tests/unit/ofproto/xlate_semantics_test.c \
	tests/unit/ofproto/xlate_twin.c tests/unit/ofproto/xlate_twin.h $(fake_switch) $(random_tables)
tests_unit_ofproto_xlate_semantics_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

ofproto_bridge = tests/unit/ofproto/bridge.c tests/unit/ofproto/bridge.h tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h

unit_tests += tests/unit/ofproto/flow_mod_test
tests_unit_ofproto_flow_mod_test_SOURCES = tests/unit/ofproto/flow_mod_test.c $(ofproto_bridge)
tests_unit_ofproto_flow_mod_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/transaction_test
tests_unit_ofproto_transaction_test_SOURCES = tests/unit/ofproto/transaction_test.c $(ofproto_bridge)
tests_unit_ofproto_transaction_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/table_config_test
tests_unit_ofproto_table_config_test_SOURCES = tests/unit/ofproto/table_config_test.c $(ofproto_bridge)
tests_unit_ofproto_table_config_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/state_log_test
tests_unit_ofproto_state_log_test_SOURCES = tests/unit/ofproto/state_log_test.c $(ofproto_bridge)
tests_unit_ofproto_state_log_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/flow_monitor_test
tests_unit_ofproto_flow_monitor_test_SOURCES = tests/unit/ofproto/flow_monitor_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_flow_monitor_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/message_bundle_test
tests_unit_ofproto_message_bundle_test_SOURCES = tests/unit/ofproto/message_bundle_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_message_bundle_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/versions_test
tests_unit_ofproto_versions_test_SOURCES = tests/unit/ofproto/versions_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_versions_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/connmgr_test
tests_unit_ofproto_connmgr_test_SOURCES = tests/unit/ofproto/connmgr_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_connmgr_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/ofconn_fuzz
tests_fuzz_ofconn_fuzz_SOURCES = tests/fuzz/ofconn_fuzz.c $(fuzz_main)
tests_fuzz_ofconn_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofconn_fuzz_LDADD = $(weft_ofproto_libs)

unit_tests += tests/unit/ofproto/xlate_test
tests_unit_ofproto_xlate_test_SOURCES = tests/unit/ofproto/xlate_test.c $(fake_switch)
tests_unit_ofproto_xlate_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/recirc_test
tests_unit_ofproto_recirc_test_SOURCES = tests/unit/ofproto/recirc_test.c
tests_unit_ofproto_recirc_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/userdata_test
tests_unit_ofproto_userdata_test_SOURCES = tests/unit/ofproto/userdata_test.c
tests_unit_ofproto_userdata_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/bfd_session_test
tests_unit_ofproto_bfd_session_test_SOURCES = tests/unit/ofproto/bfd_session_test.c
tests_unit_ofproto_bfd_session_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/translation_index_test
tests_unit_ofproto_translation_index_test_SOURCES = tests/unit/ofproto/translation_index_test.c
tests_unit_ofproto_translation_index_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/fair_queue_test
tests_unit_ofproto_fair_queue_test_SOURCES = tests/unit/ofproto/fair_queue_test.c
tests_unit_ofproto_fair_queue_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/roles_test
tests_unit_ofproto_roles_test_SOURCES = tests/unit/ofproto/roles_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_roles_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/controller_events_test
tests_unit_ofproto_controller_events_test_SOURCES = tests/unit/ofproto/controller_events_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_controller_events_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/table_features_test
tests_unit_ofproto_table_features_test_SOURCES = tests/unit/ofproto/table_features_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_table_features_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/continuation_test
tests_unit_ofproto_continuation_test_SOURCES = tests/unit/ofproto/continuation_test.c tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h
tests_unit_ofproto_continuation_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/xlate_actions_test
tests_unit_ofproto_xlate_actions_test_SOURCES = tests/unit/ofproto/xlate_actions_test.c $(fake_switch)
tests_unit_ofproto_xlate_actions_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/xlate_tunnel_test
tests_unit_ofproto_xlate_tunnel_test_SOURCES = tests/unit/ofproto/xlate_tunnel_test.c \
	tests/unit/ofproto/flows.c tests/unit/ofproto/flows.h $(fake_switch)
tests_unit_ofproto_xlate_tunnel_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/ofproto/errors_test
tests_unit_ofproto_errors_test_SOURCES = tests/unit/ofproto/errors_test.c tests/unit/ofproto/peer.c tests/unit/ofproto/peer.h $(ofproto_bridge)
tests_unit_ofproto_errors_test_LDADD = $(weft_ofproto_libs) $(CMOCKA_LIBS)
