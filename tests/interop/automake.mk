# SPDX-License-Identifier: Apache-2.0
interop_tests += tests/interop/ovs_tools.sh

# The database server without a switch.
check_PROGRAMS += tests/interop/ovsdb_serve
tests_interop_ovsdb_serve_SOURCES = tests/interop/ovsdb_serve.c
nodist_tests_interop_ovsdb_serve_SOURCES = vswitchd/vswitch_schema.c
tests_interop_ovsdb_serve_LDADD = $(weft_ovsdb_libs)

# Packets, flows and actions beside Open vSwitch's.
interop_tests += tests/interop/ovs_flows.sh
check_PROGRAMS += tests/interop/net_text
tests_interop_net_text_SOURCES = tests/interop/net_text.c $(net_test_help)
tests_interop_net_text_LDADD = $(weft_net_libs)

# Each action and each field in each version of OpenFlow beside Open vSwitch's.
interop_tests += tests/interop/ofp_text.sh
check_PROGRAMS += tests/interop/ofp_text
tests_interop_ofp_text_SOURCES = tests/interop/ofp_text.c
tests_interop_ofp_text_LDADD = $(weft_ofp_libs)

# weft-vsctl beside ovs-vsctl.
interop_tests += tests/interop/vsctl.sh

# Each command of weft-ofctl beside ovs-ofctl's, on Weft and on Open vSwitch.
interop_tests += tests/interop/ofctl.sh tests/interop/ofctl_hostile.sh

# OpenFlow messages beside os-ken and ovs-ofctl.
interop_tests += tests/interop/ofp_messages.sh
check_PROGRAMS += tests/interop/ofp_random
tests_interop_ofp_random_SOURCES = tests/interop/ofp_random.c $(ofp_make_message)
tests_interop_ofp_random_LDADD = $(weft_ofp_libs) $(CMOCKA_LIBS)

# Groups, meters and bundles, as ovs-ofctl gives them.
interop_tests += tests/interop/groups.sh tests/interop/meters.sh tests/interop/monitors.sh \
	tests/interop/qos.sh tests/interop/table_features.sh

# Controllers.
interop_tests += tests/interop/ovn_session.sh
interop_tests += tests/interop/faucet_session.sh
interop_tests += tests/interop/os_ken.sh tests/interop/testcontroller.sh
# Roles and settings of connections, beside Open vSwitch.
interop_tests += tests/interop/ofp_session.sh
# Monitors in the background and their control sockets.
interop_tests += tests/interop/ofctl_monitor.sh
interop_tests += tests/interop/os_ken_apps.sh tests/interop/os_ken_ofctl.sh
# What is not OpenFlow.
interop_tests += tests/interop/malformed_openflow.sh

# TLS.
interop_tests += tests/interop/tls.sh

# Figures of forwarding threads beside Open vSwitch's.
interop_tests += tests/interop/pmd.sh

# Traces beside Open vSwitch's.
interop_tests += tests/interop/trace.sh

# BFD with Open vSwitch at the other end.
interop_tests += tests/interop/bfd.sh

# Tunnels: their bytes beside scapy's, and the kernel at the other end.
interop_tests += tests/interop/tunnel_headers.sh tests/interop/kernel_vxlan.sh

# QEMU guests.
interop_tests += tests/interop/guest_tap.sh tests/interop/guest_vhost.sh tests/interop/guest_migrate.sh
interop_tests += tests/interop/guest_tunnels.sh
