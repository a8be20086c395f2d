# SPDX-License-Identifier: Apache-2.0
# Benchmarks: "make bench" prints the scorecard. ROWS chooses rows, RUNS and SECS how often and how long.
EXTRA_PROGRAMS += tests/bench/packet_blast
tests_bench_packet_blast_SOURCES = tests/bench/packet_blast.c
tests_bench_packet_blast_LDADD = $(weft_net_libs)
EXTRA_PROGRAMS += tests/bench/udp_pingpong
tests_bench_udp_pingpong_SOURCES = tests/bench/udp_pingpong.c

EXTRA_PROGRAMS += tests/bench/flow_mod_stream
tests_bench_flow_mod_stream_SOURCES = tests/bench/flow_mod_stream.c
tests_bench_flow_mod_stream_LDADD = $(weft_net_libs)

# The limits of rows of guests.
EXTRA_PROGRAMS += tests/bench/null_switch tests/bench/copy_bandwidth
tests_bench_null_switch_SOURCES = tests/bench/null_switch.c
tests_bench_null_switch_LDADD = $(weft_datapath_libs)
tests_bench_copy_bandwidth_SOURCES = tests/bench/copy_bandwidth.c
tests_bench_copy_bandwidth_LDADD = $(weft_base_libs)

.PHONY: bench
bench: all tests/bench/null_switch tests/bench/copy_bandwidth tests/bench/packet_blast tests/bench/flow_mod_stream \
	tests/bench/classifier_bench tests/bench/flow_lookup_bench tests/bench/tunnel_bench tests/bench/udp_pingpong tests/system/udp_stream
	$(top_srcdir)/tests/bench/setup.sh
	srcdir=$(abs_top_srcdir) builddir=$(abs_top_builddir) $(top_srcdir)/tests/bench/bench.sh $(ROWS)

# Cycles per packet of the switching core, without devices.
EXTRA_PROGRAMS += tests/bench/flow_lookup_bench
tests_bench_flow_lookup_bench_SOURCES = tests/bench/flow_lookup_bench.c tests/bench/null_port.h
tests_bench_flow_lookup_bench_LDADD = $(weft_datapath_libs)
EXTRA_PROGRAMS += tests/bench/tunnel_bench
tests_bench_tunnel_bench_SOURCES = tests/bench/tunnel_bench.c tests/bench/null_port.h
tests_bench_tunnel_bench_LDADD = $(weft_datapath_libs)

# Lookups and updates of one OpenFlow table, beside plain tuple space search.
EXTRA_PROGRAMS += tests/bench/classifier_bench
tests_bench_classifier_bench_SOURCES = tests/bench/classifier_bench.c tests/bench/classbench.c tests/bench/classbench.h \
	tests/bench/tuple_space.c tests/bench/tuple_space.h
tests_bench_classifier_bench_LDADD = $(weft_ofproto_libs)
