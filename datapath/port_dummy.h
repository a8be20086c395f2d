/* SPDX-License-Identifier: Apache-2.0 */
/* What tests do to dummy ports through the control socket. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"

struct port;

bool port_is_dummy(const struct port *);

/* Hands the port 'n' bytes as a packet that arrives on receive queue 'q'. 0, ENOBUFS if too many
 * wait already, EMSGSIZE, or EINVAL for a queue that does not exist. */
int port_dummy_receive(struct port *, unsigned int q, const void *data, size_t n) WARN_UNUSED;

/* Has the forwarding thread taken all packets? */
bool port_dummy_is_drained(const struct port *);

void port_dummy_set_carrier(struct port *, bool up);
