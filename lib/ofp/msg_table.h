/* SPDX-License-Identifier: Apache-2.0 */
/* The table of messages. */
#pragma once

#include "lib/ofp/msg_header.h"

extern const struct msg_wire msg_table[];
extern const size_t msg_table_len;
