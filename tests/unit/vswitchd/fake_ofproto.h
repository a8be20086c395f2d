/* SPDX-License-Identifier: Apache-2.0 */
/* A record of what the configuration asks of ofproto/, in place of switches: vswitchd's tests look at the record. */
#pragma once

#include "ofproto/ofproto.h"

/* Each call that changes something appends a line such as "port br0 p1 type=tap request=7" to this. */
extern struct strbuf fake_log;

/* What ofprotos_connected() says. */
extern bool fake_connected;

/* How often a port was asked for its counters. */
extern unsigned int fake_n_counted;

/* Adding a port of this name fails with ENODEV, or works again with null. */
void fake_fail_port(const char *name);

void fake_reset(void);
