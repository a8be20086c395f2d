/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as a trace shows them: what a packet of this kind has, in OpenFlow's syntax. */
#pragma once

#include <stdbool.h>

#include "lib/net/flow.h"

struct ofp_names;
struct strbuf;

/* 'names' may be null: ports are numbers. */
void trace_flow_format(struct strbuf *, const struct flow *, const struct ofp_names *names);
void trace_megaflow_format(struct strbuf *, const struct flow *key, const struct flow *mask, const struct ofp_names *names);
bool trace_flow_same(const struct flow *, const struct flow *);
