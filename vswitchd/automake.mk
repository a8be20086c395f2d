# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += vswitchd/libvswitchd.a
vswitchd_libvswitchd_a_SOURCES =
