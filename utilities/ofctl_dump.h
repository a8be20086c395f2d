/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a switch's flows. */
#pragma once

#include "lib/ofp/message.h"

struct connection;

/* Called with each flow, whose match and actions are valid until it returns. */
typedef void ofctl_flow_cb(void *aux, const struct ofp_flow_stats *);

/* Agrees on a format and asks the switch for the flows. Ends the program if the switch refuses or cannot be understood. */
void ofctl_flows_fetch(struct connection *, const struct ofp_flow_stats_request *, ofctl_flow_cb *, void *aux);

/* Requests everything. */
void ofctl_flow_stats_request_all(struct ofp_flow_stats_request *);
