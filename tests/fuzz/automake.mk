# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: with --enable-fuzzers they link libFuzzer, otherwise tests/fuzz/replay.c replays their corpus.
if FUZZERS
fuzz_main =
else
fuzz_main = tests/fuzz/replay.c
endif

fuzz_targets += tests/fuzz/jsonrpc_fuzz
tests_fuzz_jsonrpc_fuzz_SOURCES = tests/fuzz/jsonrpc_fuzz.c $(fuzz_main)
tests_fuzz_jsonrpc_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_jsonrpc_fuzz_LDADD = $(weft_base_libs)

fuzz_targets += tests/fuzz/linkwatch_fuzz
tests_fuzz_linkwatch_fuzz_SOURCES = tests/fuzz/linkwatch_fuzz.c $(fuzz_main)
tests_fuzz_linkwatch_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_linkwatch_fuzz_LDADD = $(weft_base_libs)

fuzz_targets += tests/fuzz/route_msg_fuzz
tests_fuzz_route_msg_fuzz_SOURCES = tests/fuzz/route_msg_fuzz.c $(fuzz_main)
tests_fuzz_route_msg_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_route_msg_fuzz_LDADD = $(weft_base_libs)

fuzz_targets += tests/fuzz/bfd_fuzz
tests_fuzz_bfd_fuzz_SOURCES = tests/fuzz/bfd_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_bfd_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_bfd_fuzz_LDADD = $(weft_ofproto_libs)

fuzz_targets += tests/fuzz/dp_reply_fuzz
tests_fuzz_dp_reply_fuzz_SOURCES = tests/fuzz/dp_reply_fuzz.c $(fuzz_main)
tests_fuzz_dp_reply_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_dp_reply_fuzz_LDADD = $(weft_dpclient_libs)

fuzz_targets += tests/fuzz/dp_request_fuzz
tests_fuzz_dp_request_fuzz_SOURCES = tests/fuzz/dp_request_fuzz.c $(fuzz_main)
tests_fuzz_dp_request_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_dp_request_fuzz_LDADD = $(weft_datapath_libs)

fuzz_targets += tests/fuzz/tunnel_fuzz
tests_fuzz_tunnel_fuzz_SOURCES = tests/fuzz/tunnel_fuzz.c tests/fuzz/require.h $(net_test_help) $(fuzz_main)
tests_fuzz_tunnel_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_tunnel_fuzz_LDADD = $(weft_net_libs)

fuzz_targets += tests/fuzz/coalesce_fuzz
tests_fuzz_coalesce_fuzz_SOURCES = tests/fuzz/coalesce_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_coalesce_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_coalesce_fuzz_LDADD = $(weft_net_libs)

fuzz_targets += tests/fuzz/parse_fuzz
tests_fuzz_parse_fuzz_SOURCES = tests/fuzz/parse_fuzz.c tests/fuzz/require.h $(net_test_help) $(fuzz_main)
tests_fuzz_parse_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_parse_fuzz_LDADD = $(weft_net_libs)

fuzz_targets += tests/fuzz/flow_text_fuzz
tests_fuzz_flow_text_fuzz_SOURCES = tests/fuzz/flow_text_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_flow_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_flow_text_fuzz_LDADD = $(weft_net_libs)

fuzz_targets += tests/fuzz/action_text_fuzz
tests_fuzz_action_text_fuzz_SOURCES = tests/fuzz/action_text_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_action_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_action_text_fuzz_LDADD = $(weft_net_libs)

fuzz_targets += tests/fuzz/upcall_ring_fuzz
tests_fuzz_upcall_ring_fuzz_SOURCES = tests/fuzz/upcall_ring_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_upcall_ring_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_upcall_ring_fuzz_LDADD = $(weft_dpclient_libs)

# The database.
fuzz_targets += tests/fuzz/ovsdb_transact_fuzz tests/fuzz/ovsdb_journal_fuzz tests/fuzz/ovsdb_text_fuzz
tests_fuzz_ovsdb_transact_fuzz_SOURCES = \
	tests/fuzz/ovsdb_transact_fuzz.c tests/fuzz/ovsdb_schema.h $(fuzz_main)
tests_fuzz_ovsdb_transact_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ovsdb_transact_fuzz_LDADD = $(weft_ovsdb_libs)
tests_fuzz_ovsdb_journal_fuzz_SOURCES = \
	tests/fuzz/ovsdb_journal_fuzz.c tests/fuzz/ovsdb_schema.h $(fuzz_main)
tests_fuzz_ovsdb_journal_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ovsdb_journal_fuzz_LDADD = $(weft_ovsdb_libs)
tests_fuzz_ovsdb_text_fuzz_SOURCES = tests/fuzz/ovsdb_text_fuzz.c $(fuzz_main)
tests_fuzz_ovsdb_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ovsdb_text_fuzz_LDADD = $(weft_ovsdb_libs)

# One for each version, and one for versions that are not known.
ofp_decode = tests/fuzz/ofp_decode.c tests/fuzz/ofp_decode.h tests/fuzz/require.h
fuzz_targets += tests/fuzz/ofp_decode_fuzz
tests_fuzz_ofp_decode_fuzz_SOURCES = tests/fuzz/ofp_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp10_decode_fuzz
tests_fuzz_ofp10_decode_fuzz_SOURCES = tests/fuzz/ofp10_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp10_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp10_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp11_decode_fuzz
tests_fuzz_ofp11_decode_fuzz_SOURCES = tests/fuzz/ofp11_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp11_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp11_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp12_decode_fuzz
tests_fuzz_ofp12_decode_fuzz_SOURCES = tests/fuzz/ofp12_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp12_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp12_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp13_decode_fuzz
tests_fuzz_ofp13_decode_fuzz_SOURCES = tests/fuzz/ofp13_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp13_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp13_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp14_decode_fuzz
tests_fuzz_ofp14_decode_fuzz_SOURCES = tests/fuzz/ofp14_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp14_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp14_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp15_decode_fuzz
tests_fuzz_ofp15_decode_fuzz_SOURCES = tests/fuzz/ofp15_decode_fuzz.c $(ofp_decode) $(fuzz_main)
tests_fuzz_ofp15_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp15_decode_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp_actions_fuzz
tests_fuzz_ofp_actions_fuzz_SOURCES = tests/fuzz/ofp_actions_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_ofp_actions_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp_actions_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/ofp_text_fuzz
tests_fuzz_ofp_text_fuzz_SOURCES = tests/fuzz/ofp_text_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_ofp_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp_text_fuzz_LDADD = $(weft_ofp_libs)

fuzz_targets += tests/fuzz/userdata_fuzz
tests_fuzz_userdata_fuzz_SOURCES = tests/fuzz/userdata_fuzz.c $(fuzz_main)
tests_fuzz_userdata_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_userdata_fuzz_LDADD = $(weft_ofproto_libs)

fuzz_targets += tests/fuzz/continuation_fuzz
tests_fuzz_continuation_fuzz_SOURCES = tests/fuzz/continuation_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_continuation_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_continuation_fuzz_LDADD = $(weft_ofproto_libs)

fuzz_targets += tests/fuzz/ofp_object_text_fuzz
tests_fuzz_ofp_object_text_fuzz_SOURCES = tests/fuzz/ofp_object_text_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_ofp_object_text_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_ofp_object_text_fuzz_LDADD = $(weft_ofp_libs)

# Guests.
fuzz_targets += tests/fuzz/vhost_message_fuzz tests/fuzz/vhost_ring_fuzz
tests_fuzz_vhost_message_fuzz_SOURCES = tests/fuzz/vhost_message_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_vhost_message_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_vhost_message_fuzz_LDADD = $(weft_datapath_libs)
tests_fuzz_vhost_ring_fuzz_SOURCES = tests/fuzz/vhost_ring_fuzz.c tests/fuzz/require.h $(fuzz_main)
tests_fuzz_vhost_ring_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LIB)
tests_fuzz_vhost_ring_fuzz_LDADD = $(weft_datapath_libs)
