# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += \
	docs/man/weft-appctl.8 \
	docs/man/weft-vsctl.8 \
	docs/man/weft-vswitchd.8 \
	docs/man/weft-datapathd.8 \
	docs/man/weft-dpctl.8 \
	docs/man/weft-ofctl.8
