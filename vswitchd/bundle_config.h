/* SPDX-License-Identifier: Apache-2.0 */
/* VLANs of a port: from a Port row to a bundle of the switch. */
#pragma once

struct ofproto;
struct ovsdb_row;

/* Makes the bundle what the Port row says. Main thread. */
void bundle_config_apply(struct ofproto *, const struct ovsdb_row *port);
