/* SPDX-License-Identifier: Apache-2.0 */
/* The text of weft-vsctl --help. */
#pragma once

void vsctl_usage_print(void);
