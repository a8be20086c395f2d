/* SPDX-License-Identifier: Apache-2.0 */
/* Tells controllers that a flow is gone. Main thread. */
#pragma once

#include "lib/ofp/message.h"

struct rule;

/* If the flow was added with the flag that asks for it. The rule is still there or just taken out. */
void flow_removed_send(const struct rule *, enum ofp_removed_reason);
