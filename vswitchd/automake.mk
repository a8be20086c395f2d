# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += vswitchd/libvswitchd.a
vswitchd_libvswitchd_a_SOURCES = \
	vswitchd/bridge.c vswitchd/bridge.h \
	vswitchd/bundle_config.c vswitchd/bundle_config.h \
	vswitchd/controllers.c vswitchd/controllers.h \
	vswitchd/datapathd.c vswitchd/datapathd.h \
	vswitchd/flow_tables.c vswitchd/flow_tables.h \
	vswitchd/iface.c vswitchd/iface.h \
	vswitchd/known_keys.c vswitchd/known_keys.h \
	vswitchd/names.h \
	vswitchd/qos.c vswitchd/qos.h \
	vswitchd/ovs_names.c vswitchd/ovs_names.h \
	vswitchd/vswitch.c vswitchd/vswitch.h \
	vswitchd/vswitch_schema.h

# The schema is installed for people and tools, and compiled in so that the daemon does not depend on that.
dist_pkgdata_DATA += vswitchd/vswitch.ovsschema
nodist_vswitchd_libvswitchd_a_SOURCES = vswitchd/vswitch_schema.c
vswitchd/vswitch_schema.c: vswitchd/vswitch.ovsschema
	$(AM_V_GEN)$(MKDIR_P) vswitchd && { \
	  echo '#include "vswitchd/vswitch_schema.h"'; \
	  echo 'const char vswitch_schema_text[] ='; \
	  sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $(top_srcdir)/vswitchd/vswitch.ovsschema; \
	  echo ';'; } > $@.tmp && mv $@.tmp $@
CLEANFILES += vswitchd/vswitch_schema.c

sbin_PROGRAMS += vswitchd/weft-vswitchd
vswitchd_weft_vswitchd_SOURCES = vswitchd/main.c
vswitchd_weft_vswitchd_LDADD = $(weft_vswitchd_libs)
