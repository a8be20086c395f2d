# SPDX-License-Identifier: Apache-2.0
interop_tests += tests/interop/ovs_tools.sh
