/* SPDX-License-Identifier: Apache-2.0 */
/* Why a packet was sent to the controller, in words. */
#pragma once

#include "lib/ofp/message.h"

void packet_in_reason_format(struct strbuf *,
                             unsigned int reason); /* the number if it has no word */
bool packet_in_reason_parse(const char *, uint8_t *reason) WARN_UNUSED;
