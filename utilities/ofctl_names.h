/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a switch's ports and tables. The switch is asked the first time that a name must be translated, and never if none must. */
#pragma once

#include "lib/ofp/message.h"

/* For reading what the user wrote: null with --no-names. 'target' must outlive it; one target per program. */
const struct ofp_names *ofctl_names_accepted(const char *target);

/* For printing: null unless names are wanted. */
const struct ofp_names *ofctl_names_shown(const char *target);

/* Finds a port of the switch by number (unless it is OFPP_NONE) or by name. False if there is none. */
bool ofctl_port_find(const char *target, ofp_port_t number, const char *name, struct ofp_phy_port *port) WARN_UNUSED;

/* The i-th port of the switch, in the order in which it tells them. False if there are fewer. */
bool ofctl_port_at(const char *target, size_t i, struct ofp_phy_port *port) WARN_UNUSED;
