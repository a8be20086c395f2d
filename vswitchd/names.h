/* SPDX-License-Identifier: Apache-2.0 */
/* What Weft tells tools about itself where they expect Open vSwitch. */
#pragma once

/* The Open vSwitch release whose tools, schema and commands Weft answers to. Agents compare Open_vSwitch.ovs_version with what they need. */
#define VSWITCHD_OVS_VERSION "3.1.0"
