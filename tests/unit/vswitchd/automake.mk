# SPDX-License-Identifier: Apache-2.0
unit_tests += tests/unit/vswitchd/vswitch_test
tests_unit_vswitchd_vswitch_test_SOURCES = \
	tests/unit/vswitchd/fake_ofproto.c tests/unit/vswitchd/fake_ofproto.h \
	tests/unit/vswitchd/vswitch_test.c
tests_unit_vswitchd_vswitch_test_LDADD = vswitchd/libvswitchd.a lib/ovsdb/libovsdb.a lib/ofp/libofp.a \
	$(weft_net_libs) $(CMOCKA_LIBS)
