# SPDX-License-Identifier: Apache-2.0

bin_PROGRAMS += utilities/weft-appctl
utilities_weft_appctl_SOURCES = utilities/weft-appctl.c
utilities_weft_appctl_LDADD = $(weft_dpclient_libs)

bin_PROGRAMS += utilities/weft-dpctl
utilities_weft_dpctl_SOURCES = \
	utilities/dpctl.h \
	utilities/dpctl_flow.c \
	utilities/dpctl_port.c \
	utilities/weft-dpctl.c
utilities_weft_dpctl_LDADD = $(weft_dpclient_libs)

bin_PROGRAMS += utilities/weft-vsctl
utilities_weft_vsctl_SOURCES = \
	utilities/vsctl.h \
	utilities/vsctl_bond.c \
	utilities/vsctl_bridge.c \
	utilities/vsctl_command.c \
	utilities/vsctl_commit.c utilities/vsctl_commit.h \
	utilities/vsctl_control.c \
	utilities/vsctl_fetch.c utilities/vsctl_fetch.h \
	utilities/vsctl_general.c \
	utilities/vsctl_generic.c \
	utilities/vsctl_lookup.c utilities/vsctl_lookup.h \
	utilities/vsctl_model.c utilities/vsctl_model.h \
	utilities/vsctl_port.c utilities/vsctl_port.h \
	utilities/vsctl_query.c \
	utilities/vsctl_run.c \
	utilities/vsctl_set.c utilities/vsctl_set.h \
	utilities/vsctl_table.c utilities/vsctl_table.h \
	utilities/vsctl_usage.c utilities/vsctl_usage.h \
	utilities/vsctl_zone.c \
	utilities/weft-vsctl.c
utilities_weft_vsctl_LDADD = $(weft_ovsdb_libs)

bin_PROGRAMS += utilities/weft-ofctl
utilities_weft_ofctl_SOURCES = \
	utilities/ofctl.h \
	utilities/ofctl_bundle.c \
	utilities/ofctl_bundle.h \
	utilities/ofctl_bundle_file.c \
	utilities/ofctl_codec.c \
	utilities/ofctl_connection.c \
	utilities/ofctl_control.c \
	utilities/ofctl_control.h \
	utilities/ofctl_connection.h \
	utilities/ofctl_diff.c \
	utilities/ofctl_dump.c \
	utilities/ofctl_dump.h \
	utilities/ofctl_echo.c \
	utilities/ofctl_encode.c \
	utilities/ofctl_flow_file.c \
	utilities/ofctl_flow_file.h \
	utilities/ofctl_flow_format.c \
	utilities/ofctl_flow_format.h \
	utilities/ofctl_flow_mod.c \
	utilities/ofctl_flow_table.c \
	utilities/ofctl_flow_table.h \
	utilities/ofctl_group.c \
	utilities/ofctl_group.h \
	utilities/ofctl_hex.c \
	utilities/ofctl_hex.h \
	utilities/ofctl_lines.c \
	utilities/ofctl_lines.h \
	utilities/ofctl_meter.c \
	utilities/ofctl_monitor.c \
	utilities/ofctl_multipart.c \
	utilities/ofctl_multipart.h \
	utilities/ofctl_names.c \
	utilities/ofctl_names.h \
	utilities/ofctl_nicira.c \
	utilities/ofctl_nx_match.c \
	utilities/ofctl_vlan.c \
	utilities/ofctl_offline.c \
	utilities/ofctl_packed_flow.c \
	utilities/ofctl_packed_flow.h \
	utilities/ofctl_packet_out.c \
	utilities/ofctl_packet_out.h \
	utilities/ofctl_pcap.c \
	utilities/ofctl_port.c \
	utilities/ofctl_port.h \
	utilities/ofctl_print.c \
	utilities/ofctl_protocol.c \
	utilities/ofctl_protocol.h \
	utilities/ofctl_switch.c \
	utilities/ofctl_switch.h \
	utilities/ofctl_table.c \
	utilities/weft-ofctl.c
utilities_weft_ofctl_LDADD = $(weft_ofp_libs)
