# SPDX-License-Identifier: Apache-2.0

bin_PROGRAMS += utilities/weft-appctl
utilities_weft_appctl_SOURCES = utilities/weft-appctl.c
utilities_weft_appctl_LDADD = $(weft_dpclient_libs)
