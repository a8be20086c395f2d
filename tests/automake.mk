# SPDX-License-Identifier: Apache-2.0
# Tests. Each list below becomes ctest entries with the list's label:
#   unit_tests     programs built here (cmocka), run as they are
#   fuzz_targets   programs built here; each replays tests/fuzz/corpus/NAME on every run
#   thread_tests   those of the unit tests that run threads: built and run with the thread sanitizer too
#   system_tests   scripts: the whole switch (exit 77 means skipped, with the reason on the last line)
#   interop_tests  scripts: the whole switch beside other people's software

EXTRA_DIST += tests/lint tests/system tests/interop tests/fuzz tests/bench tests/ctest.sh

include tests/unit/base/automake.mk
include tests/unit/net/automake.mk
include tests/unit/ofp/automake.mk
include tests/unit/ovsdb/automake.mk
include tests/unit/datapath/automake.mk
include tests/unit/ofproto/automake.mk
include tests/unit/vswitchd/automake.mk
include tests/system/automake.mk
include tests/interop/automake.mk
include tests/fuzz/automake.mk
include tests/bench/automake.mk

thread_tests += \
	tests/unit/base/coverage_test \
	tests/unit/base/log_test \
	tests/unit/base/rcu_test \
	tests/unit/datapath/datapath_test \
	tests/unit/datapath/flow_table_test \
	tests/unit/datapath/forwarder_test \
	tests/unit/datapath/port_qos_test \
	tests/unit/datapath/shortcut_test \
	tests/unit/datapath/server_test \
	tests/unit/datapath/server_clients_test \
	tests/unit/datapath/upcall_ring_test \
	tests/unit/ofproto/classifier_test \
	tests/unit/ofproto/mac_table_test \
	tests/unit/ofproto/transaction_test

check_PROGRAMS += $(unit_tests) $(fuzz_targets)

CTestTestfile.cmake: Makefile $(top_srcdir)/tests/ctest.sh
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/tests/ctest.sh '$(top_srcdir)' '$(top_builddir)' \
		"$(unit_tests)" "$(fuzz_targets)" "$(system_tests)" "$(interop_tests)" "$(thread_tests)" > $@.tmp && mv $@.tmp $@
CLEANFILES += CTestTestfile.cmake

.PHONY: check-fuzz-build check-threads-build
check-fuzz-build: $(fuzz_targets)
check-threads-build: $(thread_tests) CTestTestfile.cmake

CTEST_FLAGS = --output-on-failure -j2
# "all" first and by itself: it is a make of its own, which would build the same objects beside this one.
.PHONY: check-build check-programs
check-build: all
	$(MAKE) $(AM_MAKEFLAGS) check-programs
check-programs: $(check_PROGRAMS) CTestTestfile.cmake
# The long form of a test that is short otherwise: 50 hosts, each joined to each. By root; it takes some minutes.
.PHONY: check-mesh
check-mesh: check-build
	srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' MESH_HOSTS=50 $(top_srcdir)/tests/system/tunnel_mesh.sh
check-local: check-build
	cd $(top_builddir) && $(CTEST) $(CTEST_FLAGS)
