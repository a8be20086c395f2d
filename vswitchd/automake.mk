# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += vswitchd/libvswitchd.a
vswitchd_libvswitchd_a_SOURCES = \
	vswitchd/bridge.c vswitchd/bridge.h \
	vswitchd/bundle_config.c vswitchd/bundle_config.h \
	vswitchd/controllers.c vswitchd/controllers.h \
	vswitchd/datapathd.c vswitchd/datapathd.h \
	vswitchd/iface.c vswitchd/iface.h \
	vswitchd/known_keys.c vswitchd/known_keys.h \
	vswitchd/names.h \
	vswitchd/ovs_names.c vswitchd/ovs_names.h \
	vswitchd/vswitch.c vswitchd/vswitch.h \
	vswitchd/vswitch_schema.h
