/* SPDX-License-Identifier: Apache-2.0 */
/* What controllers are told of each other (OpenFlow 1.5 sections 7.3.5.20 and 7.4.7): that one was added or removed, came or went, or changed its
 * role. Connections of 1.5 hear of it that ask for it (OFPT_SET_ASYNC); by default none does. Main thread. */
#pragma once

#include "lib/ofp/controller_status.h"

struct connmgr;
struct controller;
struct ofconn;

/* The controller as it is now. They are not numbered. */
void controller_events_describe(const struct controller *, enum ofp_controller_status_reason, struct ofp_controller_status *);

/* Tells whoever wants to hear. */
void controller_events_send(struct connmgr *, const struct ofp_controller_status *);
void controller_events_tell(struct connmgr *, const struct controller *, enum ofp_controller_status_reason);

/* The connection has another role. Nothing if it is no controller's. */
void controller_events_role(const struct ofconn *);
