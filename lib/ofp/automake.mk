# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += lib/ofp/libofp.a
lib_ofp_libofp_a_SOURCES =
