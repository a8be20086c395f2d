# SPDX-License-Identifier: Apache-2.0
datapath_harness = tests/unit/datapath/harness.c tests/unit/datapath/harness.h
unit_tests += \
	tests/unit/datapath/arena_test \
	tests/unit/datapath/datapath_test \
	tests/unit/datapath/execute_test \
	tests/unit/datapath/flow_table_test \
	tests/unit/datapath/forwarder_test \
	tests/unit/datapath/netdev_address_test \
	tests/unit/datapath/rx_assign_test \
	tests/unit/datapath/signature_cache_test \
	tests/unit/datapath/upcall_ring_test
tests_unit_datapath_arena_test_SOURCES = tests/unit/datapath/arena_test.c
tests_unit_datapath_arena_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_netdev_address_test_SOURCES = tests/unit/datapath/netdev_address_test.c
tests_unit_datapath_netdev_address_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_datapath_test_SOURCES = tests/unit/datapath/datapath_test.c $(datapath_harness)
tests_unit_datapath_datapath_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_forwarder_test_SOURCES = tests/unit/datapath/forwarder_test.c $(datapath_harness)
tests_unit_datapath_forwarder_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_execute_test_SOURCES = tests/unit/datapath/execute_test.c $(datapath_harness)
tests_unit_datapath_execute_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_flow_table_test_SOURCES = tests/unit/datapath/flow_table_test.c
tests_unit_datapath_flow_table_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_rx_assign_test_SOURCES = tests/unit/datapath/rx_assign_test.c
tests_unit_datapath_rx_assign_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_signature_cache_test_SOURCES = tests/unit/datapath/signature_cache_test.c
tests_unit_datapath_signature_cache_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
tests_unit_datapath_upcall_ring_test_SOURCES = tests/unit/datapath/upcall_ring_test.c
tests_unit_datapath_upcall_ring_test_LDADD = $(weft_dpclient_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/protocol_test
tests_unit_datapath_protocol_test_SOURCES = tests/unit/datapath/protocol_test.c
tests_unit_datapath_protocol_test_LDADD = $(weft_dpclient_libs) $(CMOCKA_LIBS)

dp_server_test_help = tests/unit/datapath/server_fixture.c tests/unit/datapath/server_fixture.h
unit_tests += tests/unit/datapath/server_test
tests_unit_datapath_server_test_SOURCES = tests/unit/datapath/server_test.c $(dp_server_test_help)
tests_unit_datapath_server_test_LDADD = datapath/libdpclient.a $(weft_datapath_libs) $(CMOCKA_LIBS)
unit_tests += tests/unit/datapath/server_clients_test
tests_unit_datapath_server_clients_test_SOURCES = tests/unit/datapath/server_clients_test.c $(dp_server_test_help)
tests_unit_datapath_server_clients_test_LDADD = datapath/libdpclient.a $(weft_datapath_libs) $(CMOCKA_LIBS)
unit_tests += tests/unit/datapath/server_select_test
tests_unit_datapath_server_select_test_SOURCES = tests/unit/datapath/server_select_test.c $(dp_server_test_help)
tests_unit_datapath_server_select_test_LDADD = datapath/libdpclient.a $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/port_ingress_test
tests_unit_datapath_port_ingress_test_SOURCES = tests/unit/datapath/port_ingress_test.c
tests_unit_datapath_port_ingress_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/select_test
tests_unit_datapath_select_test_SOURCES = tests/unit/datapath/select_test.c $(datapath_harness)
tests_unit_datapath_select_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/meter_test
tests_unit_datapath_meter_test_SOURCES = tests/unit/datapath/meter_test.c $(datapath_harness)
tests_unit_datapath_meter_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/vhost_memory_test
tests_unit_datapath_vhost_memory_test_SOURCES = tests/unit/datapath/vhost_memory_test.c
tests_unit_datapath_vhost_memory_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/port_qos_test
tests_unit_datapath_port_qos_test_SOURCES = tests/unit/datapath/port_qos_test.c $(datapath_harness)
tests_unit_datapath_port_qos_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/vhost_ring_test
tests_unit_datapath_vhost_ring_test_SOURCES = tests/unit/datapath/vhost_ring_test.c \
	tests/unit/datapath/vhost_driver.c tests/unit/datapath/vhost_driver.h
tests_unit_datapath_vhost_ring_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/vhost_recover_test
tests_unit_datapath_vhost_recover_test_SOURCES = tests/unit/datapath/vhost_recover_test.c \
	tests/unit/datapath/vhost_driver.c tests/unit/datapath/vhost_driver.h
tests_unit_datapath_vhost_recover_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/fragment_test
tests_unit_datapath_fragment_test_SOURCES = tests/unit/datapath/fragment_test.c $(datapath_harness)
tests_unit_datapath_fragment_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/tunnel_test
tests_unit_datapath_tunnel_test_SOURCES = tests/unit/datapath/tunnel_test.c $(datapath_harness) \
	tests/unit/net/random_actions.c tests/unit/net/random_actions.h
tests_unit_datapath_tunnel_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/vhost_call_test
tests_unit_datapath_vhost_call_test_SOURCES = tests/unit/datapath/vhost_call_test.c
tests_unit_datapath_vhost_call_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/wire_match_test
tests_unit_datapath_wire_match_test_SOURCES = tests/unit/datapath/wire_match_test.c \
	tests/unit/net/random_flow.c tests/unit/net/random_flow.h
tests_unit_datapath_wire_match_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)

unit_tests += tests/unit/datapath/shortcut_test
tests_unit_datapath_shortcut_test_SOURCES = tests/unit/datapath/shortcut_test.c $(datapath_harness)
tests_unit_datapath_shortcut_test_LDADD = $(weft_datapath_libs) $(CMOCKA_LIBS)
