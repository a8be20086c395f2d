/* SPDX-License-Identifier: Apache-2.0 */
/* A flow-mod kept small: only the lines of its match that are in use. */
#pragma once

#include "lib/ofp/message.h"

struct packed_flow;

/* Takes over the actions of 'fm'. */
struct packed_flow *packed_flow_make(const struct ofp_flow_mod *fm);
/* The flow-mod again; its actions stay the packed flow's. */
void packed_flow_get(const struct packed_flow *, struct ofp_flow_mod *fm);
void packed_flow_destroy(struct packed_flow *);
