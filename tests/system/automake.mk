# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/system/udp_stream
tests_system_udp_stream_SOURCES = tests/system/udp_stream.c
tests_system_udp_stream_LDADD = $(weft_base_libs)

# What a packet costs in each tier.
check_PROGRAMS += tests/system/instructions
tests_system_instructions_SOURCES = tests/system/instructions.c tests/bench/null_port.h
tests_system_instructions_LDADD = $(weft_datapath_libs)

system_tests += \
	tests/system/bad_config.sh \
	tests/system/barrier.sh \
	tests/system/crash_bundle.sh \
	tests/system/crash_counters.sh \
	tests/system/crash_datapathd.sh \
	tests/system/crash_vswitchd.sh \
	tests/system/forward.sh \
	tests/system/idle.sh \
	tests/system/instructions.sh \
	tests/system/in_band.sh \
	tests/system/journal.sh \
	tests/system/offloads.sh \
	tests/system/queues.sh \
	tests/system/soak.sh \
	tests/system/vlan.sh \
	tests/system/xdp.sh

system_tests += \
	tests/system/dp_command.sh \
	tests/system/dp_huge_pages.sh \
	tests/system/dp_internal.sh \
	tests/system/dp_privileges.sh \
	tests/system/dp_storm.sh \
	tests/system/dp_vanish.sh \
	tests/system/dp_veth.sh \
	tests/system/dp_xdp.sh

# Guests over vhost-user.
check_PROGRAMS += tests/system/vhost_guest
tests_system_vhost_guest_SOURCES = tests/system/vhost_guest.c tests/system/vhost_frontend.c tests/system/vhost_frontend.h \
	tests/unit/datapath/vhost_driver.c tests/unit/datapath/vhost_driver.h
tests_system_vhost_guest_LDADD = $(weft_datapath_libs)
system_tests += tests/system/vhost.sh
check_PROGRAMS += tests/system/vhost_hostile
tests_system_vhost_hostile_SOURCES = tests/system/vhost_hostile.c tests/system/vhost_frontend.c tests/system/vhost_frontend.h \
	tests/unit/datapath/vhost_driver.c tests/unit/datapath/vhost_driver.h
tests_system_vhost_hostile_LDADD = $(weft_datapath_libs) -lpthread
check_PROGRAMS += tests/system/vhost_pipe
tests_system_vhost_pipe_SOURCES = tests/system/vhost_pipe.c tests/system/vhost_frontend.c tests/system/vhost_frontend.h \
	tests/unit/datapath/vhost_driver.c tests/unit/datapath/vhost_driver.h
tests_system_vhost_pipe_LDADD = $(weft_datapath_libs)
system_tests += tests/system/vhost_hostile.sh tests/system/vhost_config.sh

# Dummy ports and a clock that the test sets: no privilege.
system_tests += \
	tests/system/dummy_beyond.sh \
	tests/system/dummy_dependents.sh \
	tests/system/dummy_fail_open.sh \
	tests/system/dummy_bfd.sh \
	tests/system/dummy_in_band.sh \
	tests/system/dummy_learn.sh \
	tests/system/dummy_limits.sh \
	tests/system/dummy_mac.sh \
	tests/system/dummy_threads.sh \
	tests/system/dummy_pipeline.sh \
	tests/system/dummy_qos.sh \
	tests/system/dummy_resume.sh \
	tests/system/dummy_set_field.sh \
	tests/system/dummy_slow_controller.sh \
	tests/system/dummy_suppress.sh \
	tests/system/dummy_timeouts.sh \
	tests/system/dummy_tunnel.sh \
	tests/system/flow_memory.sh \
	tests/system/dummy_underlay.sh \
	tests/system/malformed_json.sh

# Tunnels: hosts on one wire, with Weft or the kernel's own.
system_tests += \
	tests/system/tunnel_bfd.sh \
	tests/system/tunnel_fragments.sh \
	tests/system/tunnel_hosts.sh \
	tests/system/tunnel_kernel.sh \
	tests/system/tunnel_mesh.sh \
	tests/system/tunnel_mtu.sh \
	tests/system/tunnel_ports.sh

# Ten minutes of what tests/system/soak.sh does for seconds in every test run.
.PHONY: soak
soak: all tests/system/vhost_guest
	SOAK_SECONDS=$${SOAK_SECONDS:-600} srcdir=$(abs_top_srcdir) builddir=$(abs_top_builddir) $(top_srcdir)/tests/system/soak.sh
