# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += datapath/libdatapath.a datapath/libdpclient.a
datapath_libdatapath_a_SOURCES = \
	datapath/datapath.h \
	datapath/port.h
datapath_libdpclient_a_SOURCES = \
	datapath/client.h
