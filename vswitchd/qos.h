/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: from the QoS and Queue rows of a Port, and the policing columns of its Interface, to the switch's port. */
#pragma once

#include "lib/base/compiler.h"

struct ofproto;
struct ovsdb_row;

/* Puts them in force, as far as they can be. Null, or what is not as the rows say (the caller frees it). */
char *qos_apply(struct ofproto *, const struct ovsdb_row *port, const struct ovsdb_row *iface) WARN_UNUSED;
