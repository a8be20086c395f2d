/* SPDX-License-Identifier: Apache-2.0 */
/* The text of vswitchd/vswitch.ovsschema, compiled in so that nothing need be installed. */
#pragma once

extern const char vswitch_schema_text[];
