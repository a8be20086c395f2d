/* SPDX-License-Identifier: Apache-2.0 */
/* Bridge.flow_tables: from Flow_Table rows to the settings of a switch's tables. Main thread. */
#pragma once

struct ofproto;
struct ovsdb_row;

/* All tables, those without a row too, as the Bridge row has them. */
void flow_tables_apply(struct ofproto *, const struct ovsdb_row *bridge);
