/* SPDX-License-Identifier: Apache-2.0 */
/* The table of messages. */
#pragma once

#include "lib/ofp/msg_header.h"

extern const struct msg_wire msg_table[];
extern const size_t msg_table_len;

/* The plain message of a number below MSG_N_PLAIN in OpenFlow 1.5 or older, or null. */
enum { MSG_N_PLAIN = 64 };
const struct msg_wire *msg_table_plain(enum ofp_version, uint32_t number);
