/* SPDX-License-Identifier: Apache-2.0 */
/* Ports as the user names them. */
#pragma once

#include "lib/ofp/ofp.h"

/* By number, reserved name, or name in the switch 'target', which is asked only then. Ends the program if there is no such port. */
ofp_port_t ofctl_port_number(const char *target, const char *name);
