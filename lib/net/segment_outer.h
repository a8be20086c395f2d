/* SPDX-License-Identifier: Apache-2.0 */
/* The outer headers of a piece of a super-packet that is in tunnels. */
#pragma once

#include "lib/net/segment.h"

/* Makes them true for the piece, whose own headers are, and which owes its L4 checksum. */
void segment_outer_fix(const struct segmenter *, struct packet *piece);
