# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += datapath/libdatapath.a datapath/libdpclient.a
datapath_libdatapath_a_SOURCES = \
	datapath/arena.c \
	datapath/arena.h \
	datapath/batch.h \
	datapath/bucket.h \
	datapath/coalesce_burst.c \
	datapath/coalesce_burst.h \
	datapath/cycles.c \
	datapath/cycles.h \
	datapath/datapath.c \
	datapath/datapath.h \
	datapath/datapath_ports.c \
	datapath/datapath_private.h \
	datapath/datapath_queues.c \
	datapath/datapath_threads.c \
	datapath/datapath_upcalls.c \
	datapath/execute.c \
	datapath/execute.h \
	datapath/execute_tunnel.c \
	datapath/execute_tunnel.h \
	datapath/flow_table.c \
	datapath/flow_table.h \
	datapath/forwarder.c \
	datapath/forwarder.h \
	datapath/line_mask.c \
	datapath/line_mask.h \
	datapath/line_ops.c \
	datapath/line_ops.h \
	datapath/line_ops_avx2.c \
	datapath/line_ops_avx512.c \
	datapath/line_ops_impl.h \
	datapath/megaflow.h \
	datapath/meter_table.c \
	datapath/meter_table.h \
	datapath/output.c \
	datapath/output.h \
	datapath/pipeline.c \
	datapath/pipeline.h \
	datapath/port.h \
	datapath/port_class.c \
	datapath/port_class.h \
	datapath/port_qos.c \
	datapath/port_qos.h \
	datapath/port_table.c \
	datapath/port_table.h \
	datapath/port_tunnel.c \
	datapath/port_tunnel.h \
	datapath/reclaim.c \
	datapath/reclaim.h \
	datapath/rx_assign.c \
	datapath/rx_assign.h \
	datapath/select_table.c \
	datapath/select_table.h \
	datapath/shortcut.c \
	datapath/shortcut.h \
	datapath/signature_cache.c \
	datapath/signature_cache.h \
	datapath/spin.h \
	datapath/stats_memory.c \
	datapath/stats_memory.h \
	datapath/subtable.c \
	datapath/subtable.h \
	datapath/tag_bucket.h \
	datapath/upcall.c \
	datapath/upcall.h \
	datapath/upcall_ring.c \
	datapath/reassembly.c \
	datapath/reassembly.h \
	datapath/wire_match.c \
	datapath/wire_match.h \
	datapath/worker.c \
	datapath/worker.h \
	datapath/worker_counters.h
datapath_libdpclient_a_SOURCES = \
	datapath/client.h \
	datapath/stats_memory.h \
	datapath/upcall_ring.c \
	datapath/upcall_ring.h

# The client's end of the socket.
datapath_libdpclient_a_SOURCES += \
	datapath/client.c \
	datapath/client_command.c \
	datapath/client_flow.c \
	datapath/client_port.c \
	datapath/client_qos.c \
	datapath/client_request.h \
	datapath/client_select.c \
	datapath/client_stats.c \
	datapath/client_upcall.c \
	datapath/protocol.c \
	datapath/protocol.h \
	datapath/protocol_wire.c

# The server's end.
datapath_libdatapath_a_SOURCES += \
	datapath/port_dummy.h \
	datapath/protocol.c \
	datapath/protocol.h \
	datapath/protocol_wire.c \
	datapath/server.c \
	datapath/server.h \
	datapath/server_command.c \
	datapath/server_config.c \
	datapath/server_pmd.c \
	datapath/server_pmd.h \
	datapath/server_simd.c \
	datapath/server_simd.h \
	datapath/server_flow.c \
	datapath/server_port.c \
	datapath/server_qos.c \
	datapath/server_request.h \
	datapath/server_select.c \
	datapath/server_upcall.c

# The kinds of ports.
datapath_libdatapath_a_SOURCES += \
	datapath/capture.c \
	datapath/capture.h \
	datapath/netdev.c \
	datapath/netdev.h \
	datapath/netdev_address.c \
	datapath/netdev_address.h \
	datapath/packet_socket.c \
	datapath/packet_socket.h \
	datapath/port_dummy.c \
	datapath/port_ingress.c \
	datapath/port_ingress.h \
	datapath/port_xdp.c \
	datapath/xdp_program.c \
	datapath/xdp_program.h \
	datapath/xdp_queue.c \
	datapath/xdp_queue.h \
	datapath/port_kinds.c \
	datapath/port_kinds.h \
	datapath/port_options.c \
	datapath/port_packet.c \
	datapath/port_pcap.c \
	datapath/port_tap.c \
	datapath/port_vhost.c \
	datapath/port_vhost.h \
	datapath/port_vnet.c \
	datapath/port_vnet.h \
	datapath/tap_steering.c \
	datapath/tap_steering.h \
	datapath/vhost_call.c \
	datapath/vhost_call.h \
	datapath/vhost_chain.c \
	datapath/vhost_chain.h \
	datapath/vhost_channel.c \
	datapath/vhost_channel.h \
	datapath/vhost_device.c \
	datapath/vhost_device.h \
	datapath/vhost_inflight.c \
	datapath/vhost_inflight.h \
	datapath/vhost_link.c \
	datapath/vhost_link.h \
	datapath/vhost_memory.c \
	datapath/vhost_memory.h \
	datapath/vhost_message.c \
	datapath/vhost_message.h \
	datapath/vhost_packed.c \
	datapath/vhost_ring.c \
	datapath/vhost_ring.h \
	datapath/vhost_split.c

# It parses no JSON and terminates no TLS, and links neither.
sbin_PROGRAMS += datapath/weft-datapathd
datapath_weft_datapathd_SOURCES = datapath/main.c
datapath_weft_datapathd_LDADD = datapath/libdatapath.a lib/net/libnet.a lib/base/libbase.a $(XDP_LIBS) $(PCAP_LIBS) \
	$(EVENT_LIBS) $(MNL_LIBS) $(CAPNG_LIBS) $(URCU_LIBS) $(URCU_CDS_LIBS) $(JEMALLOC_LIBS) -lpthread -lm
