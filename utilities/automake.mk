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
