/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a switch that several commands read and change. */
#pragma once

#include "lib/ofp/message.h"

struct connection;

/* Each ends the program when the switch refuses. */
void ofctl_switch_config_get(struct connection *, struct ofp_switch_config *);
void ofctl_switch_config_set(struct connection *, const struct ofp_switch_config *);
