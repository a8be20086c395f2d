/* SPDX-License-Identifier: Apache-2.0 */
/* One row of configuration that makes OpenFlow connections: a controller that the switch connects to, again and again with growing
 * pauses, or an address at which it listens. Main thread. */
#pragma once

#include <stdbool.h>

#include "lib/base/rcu.h"
#include "ofproto/ofproto.h"

struct connmgr;
struct controller;
struct ofconn;

/* Begins to connect or to listen. Null and a sentence in '*errorp' (the caller frees it) if the target is not one. */
struct controller *controller_create(struct connmgr *, const struct ofproto_controller_config *, char **errorp) WARN_UNUSED;

/* Its connections are closed soon. */
void controller_destroy(struct controller *);
void controller_configure(struct controller *, const struct ofproto_controller_config *); /* of the same target */

const char *controller_target(const struct controller *);
bool controller_is_primary(const struct controller *);
bool controller_is_in_band(const struct controller *); /* the switch connects to it, perhaps through itself */
int controller_probe_ms(const struct controller *);
void controller_status(const struct controller *, struct ofproto_controller_status *);

/* One of its connections said hello; is gone (it is destroyed after the call). */
void controller_opened(struct controller *, struct ofconn *);
void controller_closed(struct controller *, struct ofconn *);
